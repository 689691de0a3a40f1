// Verbs about a decision log, read where a server keeps it.

#ifndef NEEDLEWISE_RULES_TOOLS_DECISION_LOG_VERBS_H_
#define NEEDLEWISE_RULES_TOOLS_DECISION_LOG_VERBS_H_

#include "rules/tools/command_line.h"
#include "rules/tools/console.h"

namespace needlewise {

// Decides every recorded decision again, and compares; with a candidate
// catalogue, counts what changes.
int Replay(const Console& console, const CommandLine& line);

// Follows the hash chain.
int Audit(const Console& console, const CommandLine& line);

// Says how many records are older than so many days.
int CountOld(const Console& console, const CommandLine& line);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_DECISION_LOG_VERBS_H_
