#ifndef NEEDLEWISE_RULES_TOOLS_EXPLAIN_H_
#define NEEDLEWISE_RULES_TOOLS_EXPLAIN_H_

#include "rules/tools/command_line.h"
#include "rules/tools/console.h"

namespace needlewise {

// The verb `explain`. Returns the exit code.
int Explain(const Console& console, const CommandLine& line);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_EXPLAIN_H_
