#ifndef NEEDLEWISE_RULES_TOOLS_SEAL_H_
#define NEEDLEWISE_RULES_TOOLS_SEAL_H_

#include "rules/tools/command_line.h"
#include "rules/tools/console.h"

namespace needlewise {

// The verbs `seal`, `verify-seal` and `keygen`. Each returns the exit code.
int Seal(const Console& console, const CommandLine& line);
int VerifySeal(const Console& console, const CommandLine& line);
int GenerateKey(const Console& console, const CommandLine& line);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_SEAL_H_
