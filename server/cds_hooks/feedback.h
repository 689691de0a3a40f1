// What a clinician did with a card, on its way into the decision log.

#ifndef NEEDLEWISE_SERVER_CDS_HOOKS_FEEDBACK_H_
#define NEEDLEWISE_SERVER_CDS_HOOKS_FEEDBACK_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "needlewise/v1/decision_log.pb.h"
#include "rules/engine/violation.h"
#include "server/fhir/json.h"

namespace needlewise {

// The reasons that a card offers for deciding otherwise, as codings of the
// system `urn:needlewise:override-reason`.
Json OverrideReasonCodings();

// The reason of a code of that system; OTHER for any other.
v1::OverrideReason OverrideReasonOf(absl::string_view system,
                                    absl::string_view code);

// Reads the body of a feedback call into requests to the decision log, one for
// each card, whose `request_id` follows from what it says, so that the same
// feedback counts once. `decision_of` gives the id of the decision that a card
// was of; NOT_FOUND, which is a fault; or why it cannot tell, which is given
// back. Every fault is appended to `*violations`.
absl::StatusOr<std::vector<v1::ReportFeedbackRequest>> ReadFeedback(
    absl::string_view body,
    absl::FunctionRef<absl::StatusOr<std::string>(absl::string_view card)>
        decision_of,
    Violations* violations);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_CDS_HOOKS_FEEDBACK_H_
