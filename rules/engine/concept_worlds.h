// The worlds of each concept: all that can be so of it, as far as any rule of
// the catalogue can tell the difference.

#ifndef NEEDLEWISE_RULES_ENGINE_CONCEPT_WORLDS_H_
#define NEEDLEWISE_RULES_ENGINE_CONCEPT_WORLDS_H_

#include "rules/engine/catalog_errors.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise {

// Fills `concepts` and what indexes them, and what each area narrows, of a
// catalogue whose records are indexed and whose areas are compiled.
void MakeConceptWorlds(CompiledCatalog* catalog, CatalogErrors* errors);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_CONCEPT_WORLDS_H_
