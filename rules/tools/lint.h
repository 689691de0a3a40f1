#ifndef NEEDLEWISE_RULES_TOOLS_LINT_H_
#define NEEDLEWISE_RULES_TOOLS_LINT_H_

#include "rules/tools/command_line.h"
#include "rules/tools/console.h"

namespace needlewise {

// The verb `lint`: returns the program's exit code.
int LintCatalog(const Console& console, const CommandLine& line);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_LINT_H_
