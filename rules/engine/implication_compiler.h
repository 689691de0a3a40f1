// What a catalogue's implications say of worlds.

#ifndef NEEDLEWISE_RULES_ENGINE_IMPLICATION_COMPILER_H_
#define NEEDLEWISE_RULES_ENGINE_IMPLICATION_COMPILER_H_

#include "rules/engine/catalog_errors.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise {

// Fills `implications` and what indexes them, and the heights of gates, of a
// catalogue whose concepts have their worlds; where there are `errors` before,
// only as far as the size of the indices.
void CompileImplications(CompiledCatalog* catalog, CatalogErrors* errors);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_IMPLICATION_COMPILER_H_
