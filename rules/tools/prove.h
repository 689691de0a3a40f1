#ifndef NEEDLEWISE_RULES_TOOLS_PROVE_H_
#define NEEDLEWISE_RULES_TOOLS_PROVE_H_

#include "rules/tools/command_line.h"
#include "rules/tools/console.h"

namespace needlewise {

// The verb `prove`: returns the program's exit code.
int Prove(const Console& console, const CommandLine& line);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_PROVE_H_
