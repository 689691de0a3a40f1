// Verbs about the server and its catalogue.

#ifndef NEEDLEWISE_CLIENT_CLI_CATALOG_VERBS_H_
#define NEEDLEWISE_CLIENT_CLI_CATALOG_VERBS_H_

#include "client/cli/exit_code.h"
#include "client/cli/invocation.h"

namespace needlewise {

ExitCode RunRules(const Invocation& invocation);
ExitCode RunConflicts(const Invocation& invocation);
ExitCode RunWatch(const Invocation& invocation);
ExitCode RunHealth(const Invocation& invocation);

}  // namespace needlewise

#endif  // NEEDLEWISE_CLIENT_CLI_CATALOG_VERBS_H_
