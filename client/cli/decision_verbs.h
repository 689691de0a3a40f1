// Verbs about decisions that were made: the log, feedback, receipts.

#ifndef NEEDLEWISE_CLIENT_CLI_DECISION_VERBS_H_
#define NEEDLEWISE_CLIENT_CLI_DECISION_VERBS_H_

#include "client/cli/exit_code.h"
#include "client/cli/invocation.h"

namespace needlewise {

ExitCode RunDecisions(const Invocation& invocation);
ExitCode RunFeedback(const Invocation& invocation);

// Checks a receipt without a server; OK where it holds, else NO.
ExitCode RunVerify(const Invocation& invocation);

}  // namespace needlewise

#endif  // NEEDLEWISE_CLIENT_CLI_DECISION_VERBS_H_
