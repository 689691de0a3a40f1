#ifndef NEEDLEWISE_CLIENT_CLI_BATCH_H_
#define NEEDLEWISE_CLIENT_CLI_BATCH_H_

#include "client/cli/exit_code.h"
#include "client/cli/invocation.h"

namespace needlewise {

// `screen --batch FILE`: screens every line over one stream. Writes one
// `StreamScreenEligibilityResponse` a line to standard output, in the order of
// the input, its index the number of the input's line; a line that cannot be
// read gets one with a status and never reaches the server. Blank lines are
// passed over. Progress, the counts of verdicts and the lines that failed go
// to standard error. A stream that breaks while the server is unreachable is
// opened again and continues where it stopped.
ExitCode RunBatch(const Invocation& invocation);

}  // namespace needlewise

#endif  // NEEDLEWISE_CLIENT_CLI_BATCH_H_
