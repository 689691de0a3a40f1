// Facts that most patients differ from in little, made when the catalogue is
// compiled: a decision only looks at what is otherwise.

#ifndef NEEDLEWISE_RULES_ENGINE_BASELINES_H_
#define NEEDLEWISE_RULES_ENGINE_BASELINES_H_

#include "rules/engine/compiled_catalog.h"

namespace needlewise {

// Fills the groups of implications, the baselines, and each program's truths
// in them, of a catalogue that is compiled but for these.
void MakeBaselines(CompiledCatalog* catalog);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_BASELINES_H_
