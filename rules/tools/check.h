#ifndef NEEDLEWISE_RULES_TOOLS_CHECK_H_
#define NEEDLEWISE_RULES_TOOLS_CHECK_H_

#include "rules/tools/command_line.h"
#include "rules/tools/console.h"

namespace needlewise {

// The verb `check`. Returns the exit code.
int Check(const Console& console, const CommandLine& line);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_CHECK_H_
