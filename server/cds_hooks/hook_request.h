#ifndef NEEDLEWISE_SERVER_CDS_HOOKS_HOOK_REQUEST_H_
#define NEEDLEWISE_SERVER_CDS_HOOKS_HOOK_REQUEST_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "rules/engine/violation.h"
#include "server/fhir/json_document.h"

namespace needlewise {

// A service, one for each hook that is served.
struct HookService {
  absl::string_view id;
  absl::string_view hook;
  absl::string_view title;
  absl::string_view description;
  // Members of the context that the hook requires beside `userId` and
  // `patientId`; null-terminated.
  const char* const* required_context;
};

// All of them, in order of id.
const std::vector<HookService>& HookServices();

// Null where there is none of this id.
const HookService* FindHookService(absl::string_view id);

// A call of a service, as read.
struct HookRequest {
  // The whole document; everything else may be read from it.
  JsonDocument document;
  std::string hook_instance;
  std::string patient_id;
  // Without a slash at the end. Empty: none given.
  std::string fhir_server;
  // Empty: none given.
  std::string access_token;

  // What was given for a key; null: the key is missing.
  const JsonValue* Prefetch(absl::string_view key) const;
};

// Reads a call. Every fault is appended to `*violations`; unknown members and
// extensions are none. Nothing where there is a fault.
std::unique_ptr<HookRequest> ReadHookRequest(absl::string_view body,
                                             const HookService& service,
                                             Violations* violations);

// Whether a text has the form of a FHIR id.
bool IsFhirId(absl::string_view text);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_CDS_HOOKS_HOOK_REQUEST_H_
