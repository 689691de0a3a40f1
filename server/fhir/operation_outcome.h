#ifndef NEEDLEWISE_SERVER_FHIR_OPERATION_OUTCOME_H_
#define NEEDLEWISE_SERVER_FHIR_OPERATION_OUTCOME_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "rules/engine/violation.h"
#include "server/http_message.h"

namespace needlewise {

// An answer that is a FHIR OperationOutcome with one issue. `code` is one of
// FHIR's issue types, for instance `required`.
HttpResponse OutcomeResponse(int status, absl::string_view code,
                             absl::string_view diagnostics);

// The same with an issue for each violation, which names its place in
// `expression`. `issue_code`: `invalid`, `required`.
HttpResponse ViolationsResponse(int status, absl::string_view issue_code,
                                const Violations& violations);

// The same for an error of a call: 400 with its violations, 409, 429, 500,
// 503.
HttpResponse ErrorResponse(const absl::Status& status);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_FHIR_OPERATION_OUTCOME_H_
