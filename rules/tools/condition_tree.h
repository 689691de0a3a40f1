// A rule's condition, part by part. A compiled rule folds together what it
// asks of one concept, so each part is compiled by itself.

#ifndef NEEDLEWISE_RULES_TOOLS_CONDITION_TREE_H_
#define NEEDLEWISE_RULES_TOOLS_CONDITION_TREE_H_

#include <vector>

#include "rules/engine/catalog_source.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/engine/patient_facts.h"
#include "rules/engine/truth.h"

namespace needlewise {

struct ConditionTree {
  const v1::Condition* condition = nullptr;
  CompiledRule compiled;
  // Empty for a leaf.
  std::vector<ConditionTree> parts;
};

// Compiles a condition of the catalogue and every part of it. Refers to
// `condition`.
ConditionTree MakeConditionTree(const CompiledCatalog& catalog,
                                const v1::Condition& condition);

// The truth of the condition by itself. As with a rule, what every completion
// of the unknowns agrees on is not unknown.
Truth TruthOf(const CompiledCatalog& catalog, const ConditionTree& tree,
              const Facts& facts);

// Which truths a condition can have at all.
struct PossibleTruths {
  bool is_true = true;
  bool is_false = true;
  bool unknown = true;
};

// What only looks at the request is never unknown, and a leaf that no world
// satisfies, or every world, is never true, or false.
PossibleTruths PossibleTruthsOf(const CompiledCatalog& catalog,
                                const ConditionTree& tree);

// The leaves of a tree, in order.
std::vector<const ConditionTree*> LeavesOf(const ConditionTree& tree);

// Where the leaves of `condition`, which is at `place`, are written; in the
// same order.
std::vector<Place> PlacesOfLeaves(const v1::Condition& condition,
                                  const Place& place);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_CONDITION_TREE_H_
