// The rules of each treatment under each profile, ready to be evaluated.

#ifndef NEEDLEWISE_RULES_ENGINE_RULE_PROGRAMS_H_
#define NEEDLEWISE_RULES_ENGINE_RULE_PROGRAMS_H_

#include "rules/engine/compiled_catalog.h"

namespace needlewise {

// Fills each treatment's programs, what the sections deny, and the order in
// which a search tries worlds, of a catalogue whose rules are compiled.
void MakeRulePrograms(CompiledCatalog* catalog);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_RULE_PROGRAMS_H_
