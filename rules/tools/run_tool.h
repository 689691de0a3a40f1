#ifndef NEEDLEWISE_RULES_TOOLS_RUN_TOOL_H_
#define NEEDLEWISE_RULES_TOOLS_RUN_TOOL_H_

#include <string>
#include <vector>

#include "rules/tools/console.h"

namespace needlewise {

// Does what the arguments after the program's name ask for. Returns the exit
// code.
int RunTool(const Console& console, const std::vector<std::string>& arguments);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_RUN_TOOL_H_
