// What the codes of terminologies stand for in a catalogue: the one place that
// reads its value sets.

#ifndef NEEDLEWISE_RULES_ENGINE_CODE_LOOKUP_H_
#define NEEDLEWISE_RULES_ENGINE_CODE_LOOKUP_H_

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise {

// Indices of concepts; few codes stand for more than two.
using ConceptIndices = absl::InlinedVector<int, 2>;

// Indices of the concepts that a code stands for, ascending, each once; empty
// where it stands for none.
ConceptIndices ConceptsOfCode(const CompiledCatalog& catalog,
                              absl::string_view system, absl::string_view code);

// Index of the area that a body-site code stands for; -1 for none.
int AreaOfCode(const CompiledCatalog& catalog, absl::string_view system,
               absl::string_view code);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_CODE_LOOKUP_H_
