#ifndef NEEDLEWISE_RULES_TOOLS_RENDER_H_
#define NEEDLEWISE_RULES_TOOLS_RENDER_H_

#include "rules/tools/command_line.h"
#include "rules/tools/console.h"

namespace needlewise {

// The verb `render`. Returns the exit code.
int Render(const Console& console, const CommandLine& line);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_RENDER_H_
