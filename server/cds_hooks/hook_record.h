#ifndef NEEDLEWISE_SERVER_CDS_HOOKS_HOOK_RECORD_H_
#define NEEDLEWISE_SERVER_CDS_HOOKS_HOOK_RECORD_H_

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "needlewise/config/v1/server_config.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/engine/violation.h"
#include "server/cds_hooks/hook_request.h"
#include "server/cds_hooks/http_fetcher.h"
#include "server/fhir/json_document.h"
#include "server/fhir/resource_set.h"

namespace needlewise {

// The record of the patient of a call: what was sent, and what was fetched.
// Refers to the call, which must outlive it.
struct HookRecord {
  ResourceSet resources;
  // Documents that were fetched.
  std::deque<JsonDocument> fetched;
  // For each key of the templates: `missing`, `null`, `empty`, `failed`,
  // `given`, `fetched`.
  std::map<std::string, std::string> states;
  // What is needed and was neither sent nor fetched; not empty: the call is to
  // be answered 412.
  Violations missing;
};

// Gathers the record. Faults of what was sent, and another patient than that of
// the context, are appended to `*violations`. `fetcher` may be null.
void ReadHookRecord(const config::v1::CdsHooks& config,
                    const CompiledCatalog& catalog, const HookRequest& request,
                    const HttpFetcher* fetcher, HookRecord* record,
                    Violations* violations);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_CDS_HOOKS_HOOK_RECORD_H_
