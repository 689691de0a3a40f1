#ifndef NEEDLEWISE_RULES_TOOLS_DIFF_H_
#define NEEDLEWISE_RULES_TOOLS_DIFF_H_

#include "rules/tools/command_line.h"
#include "rules/tools/console.h"

namespace needlewise {

// The verb `diff`: returns the program's exit code.
int Diff(const Console& console, const CommandLine& line);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_DIFF_H_
