#ifndef NEEDLEWISE_RULES_TOOLS_SOLVER_FLAGS_H_
#define NEEDLEWISE_RULES_TOOLS_SOLVER_FLAGS_H_

#include "rules/tools/command_line.h"
#include "rules/tools/console.h"

namespace needlewise {

// Reads `--limit` and `--jobs` into numbers that have their defaults. Where one
// is wrong, says so and returns false.
bool ReadSolverFlags(const Console& console, const CommandLine& line,
                     unsigned* milliseconds, int* threads);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_SOLVER_FLAGS_H_
