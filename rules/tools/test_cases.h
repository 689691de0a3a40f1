#ifndef NEEDLEWISE_RULES_TOOLS_TEST_CASES_H_
#define NEEDLEWISE_RULES_TOOLS_TEST_CASES_H_

#include "rules/tools/command_line.h"
#include "rules/tools/console.h"

namespace needlewise {

// The verb `test`. Returns the exit code.
int TestCases(const Console& console, const CommandLine& line);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_TEST_CASES_H_
