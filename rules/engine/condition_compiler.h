// Conditions as the evaluator reads them.

#ifndef NEEDLEWISE_RULES_ENGINE_CONDITION_COMPILER_H_
#define NEEDLEWISE_RULES_ENGINE_CONDITION_COMPILER_H_

#include <vector>

#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise {

// The nodes of a condition over a catalogue whose concepts have their worlds.
// `CompileCondition` adds what a rule needs beyond them, for which the
// implications must be compiled, too.
std::vector<ConditionNode> CompileNodes(const CompiledCatalog& catalog,
                                        const v1::Condition& condition);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_CONDITION_COMPILER_H_
