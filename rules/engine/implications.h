// What answers imply.

#ifndef NEEDLEWISE_RULES_ENGINE_IMPLICATIONS_H_
#define NEEDLEWISE_RULES_ENGINE_IMPLICATIONS_H_

#include "absl/functional/function_ref.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/engine/facts.h"

namespace needlewise {

// Narrows, in `facts->possible`, the concepts of a group from what is stated of
// them to what known answers imply, and to what no gate can have said because
// its target is known to be otherwise. A target of whose statement an
// implication leaves nothing becomes `unstated(target)` and is added to
// `facts->broken`.
void Imply(const CompiledCatalog& catalog, const ImplicationGroup& group,
           absl::FunctionRef<WorldSet(int)> unstated, Facts* facts);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_IMPLICATIONS_H_
