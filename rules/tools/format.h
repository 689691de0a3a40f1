#ifndef NEEDLEWISE_RULES_TOOLS_FORMAT_H_
#define NEEDLEWISE_RULES_TOOLS_FORMAT_H_

#include "rules/tools/command_line.h"
#include "rules/tools/console.h"

namespace needlewise {

// The verb `format`. Returns the exit code.
int Format(const Console& console, const CommandLine& line);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_FORMAT_H_
