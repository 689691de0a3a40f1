#include "rules/tools/condition_tree.h"

#include <algorithm>

#include "rules/engine/evaluator.h"

namespace needlewise {
namespace {

std::vector<const v1::Condition*> PartsOf(const v1::Condition& condition) {
  std::vector<const v1::Condition*> parts;
  for (const v1::Condition& c : condition.all_of().conditions()) {
    parts.push_back(&c);
  }
  for (const v1::Condition& c : condition.any_of().conditions()) {
    parts.push_back(&c);
  }
  if (condition.has_not_()) parts.push_back(&condition.not_());
  return parts;
}

void AddLeaves(const ConditionTree& tree,
               std::vector<const ConditionTree*>* leaves) {
  if (tree.parts.empty()) leaves->push_back(&tree);
  for (const ConditionTree& part : tree.parts) AddLeaves(part, leaves);
}

// Where a leaf is written: the field that says what kind of leaf it is.
Place LeafPlace(const v1::Condition& leaf, const Place& place) {
  const auto* descriptor = v1::Condition::descriptor();
  return place.In(
      descriptor->FindFieldByNumber(static_cast<int>(leaf.kind_case()))
          ->name()
          .c_str());
}

}  // namespace

ConditionTree MakeConditionTree(const CompiledCatalog& catalog,
                                const v1::Condition& condition) {
  ConditionTree tree;
  tree.condition = &condition;
  tree.compiled = CompileCondition(catalog, condition);
  for (const v1::Condition* part : PartsOf(condition)) {
    tree.parts.push_back(MakeConditionTree(catalog, *part));
  }
  return tree;
}

Truth TruthOf(const CompiledCatalog& catalog, const ConditionTree& tree,
              const Facts& facts) {
  return EvaluateRule(catalog, tree.compiled, facts);
}

PossibleTruths PossibleTruthsOf(const CompiledCatalog& catalog,
                                const ConditionTree& tree) {
  PossibleTruths possible;
  possible.unknown =
      std::any_of(tree.compiled.concepts.begin(), tree.compiled.concepts.end(),
                  [&](int c) { return !catalog.concepts[c].is_context; });
  if (tree.compiled.nodes.size() == 1) {
    const ConditionNode& node = tree.compiled.nodes[0];
    const WorldSet all = catalog.concepts[node.concept_index].all;
    possible.is_true = (node.satisfying & all) != 0;
    possible.is_false = (node.satisfying & all) != all;
    possible.unknown =
        possible.unknown && possible.is_true && possible.is_false;
  }
  return possible;
}

std::vector<const ConditionTree*> LeavesOf(const ConditionTree& tree) {
  std::vector<const ConditionTree*> leaves;
  AddLeaves(tree, &leaves);
  return leaves;
}

std::vector<Place> PlacesOfLeaves(const v1::Condition& condition,
                                  const Place& place) {
  std::vector<Place> places;
  const auto add = [&](const v1::Condition& part, const Place& at) {
    for (const Place& inner : PlacesOfLeaves(part, at)) {
      places.push_back(inner);
    }
  };
  if (condition.has_all_of()) {
    const Place list = place.In("all_of");
    for (int i = 0; i < condition.all_of().conditions_size(); ++i) {
      add(condition.all_of().conditions(i), list.In("conditions", i));
    }
  } else if (condition.has_any_of()) {
    const Place list = place.In("any_of");
    for (int i = 0; i < condition.any_of().conditions_size(); ++i) {
      add(condition.any_of().conditions(i), list.In("conditions", i));
    }
  } else if (condition.has_not_()) {
    add(condition.not_(), place.In("not"));
  } else {
    places.push_back(LeafPlace(condition, place));
  }
  return places;
}

}  // namespace needlewise
