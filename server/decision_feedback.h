#ifndef NEEDLEWISE_SERVER_DECISION_FEEDBACK_H_
#define NEEDLEWISE_SERVER_DECISION_FEEDBACK_H_

#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "needlewise/v1/decision_log.pb.h"
#include "server/recording.h"

namespace needlewise {

// Records what a clinician did with a decision, and calls `done` once that is
// committed, or with what is wrong: from any thread, perhaps before it returns.
// Blocks while it reads the decision from the log.
void StartFeedback(
    Recording* recording, const v1::ReportFeedbackRequest& request,
    const std::string& caller,
    absl::AnyInvocable<void(absl::Status, const v1::ReportFeedbackResponse&)>
        done);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_FEEDBACK_H_
