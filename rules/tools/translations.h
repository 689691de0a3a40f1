#ifndef NEEDLEWISE_RULES_TOOLS_TRANSLATIONS_H_
#define NEEDLEWISE_RULES_TOOLS_TRANSLATIONS_H_

#include "rules/tools/command_line.h"
#include "rules/tools/console.h"

namespace needlewise {

// The verb `translations`. Returns the exit code.
int Translations(const Console& console, const CommandLine& line);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_TRANSLATIONS_H_
