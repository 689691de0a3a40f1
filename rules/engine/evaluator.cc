#include "rules/engine/evaluator.h"

#include <algorithm>

namespace needlewise {
namespace {

Truth EvaluateAt(const ConditionNode* nodes, int at, const WorldSet* possible);

// Most nodes are leaves: those need no call.
inline Truth EvaluateNode(const ConditionNode* nodes, int at,
                          const WorldSet* possible) {
  const ConditionNode& node = nodes[at];
  return node.kind == ConditionNode::Kind::kLeaf
             ? TruthIn(possible[node.concept_index], node.satisfying)
             : EvaluateAt(nodes, at, possible);
}

Truth EvaluateAt(const ConditionNode* nodes, int at, const WorldSet* possible) {
  const ConditionNode& node = nodes[at];
  switch (node.kind) {
    case ConditionNode::Kind::kLeaf:
      return TruthIn(possible[node.concept_index], node.satisfying);
    case ConditionNode::Kind::kAllOf: {
      Truth all = Truth::kTrue;
      for (int i = at + 1; i < node.end && all != Truth::kFalse;
           i = nodes[i].end) {
        all = And(all, EvaluateNode(nodes, i, possible));
      }
      return all;
    }
    case ConditionNode::Kind::kAnyOf: {
      Truth any = Truth::kFalse;
      for (int i = at + 1; i < node.end && any != Truth::kTrue;
           i = nodes[i].end) {
        any = Or(any, EvaluateNode(nodes, i, possible));
      }
      return any;
    }
  }
  return Truth::kUnknown;
}

// Tries every completion of an entangled rule's concepts.
Truth TryCompletions(const CompiledCatalog& catalog, const CompiledRule& rule,
                     const Facts& facts) {
  bool can_be_true = false;
  bool can_be_false = false;
  ForEachCompletion(catalog, facts, rule.enumerated,
                    [&](const std::vector<WorldSet>& possible) {
                      const Truth truth =
                          EvaluateNodes(rule.nodes, possible.data());
                      can_be_true = can_be_true || truth != Truth::kFalse;
                      can_be_false = can_be_false || truth != Truth::kTrue;
                      return !(can_be_true && can_be_false);
                    });
  if (can_be_true == can_be_false) return Truth::kUnknown;
  return can_be_true ? Truth::kTrue : Truth::kFalse;
}

}  // namespace

Truth EvaluateNodes(const std::vector<ConditionNode>& nodes,
                    const WorldSet* possible) {
  return EvaluateNode(nodes.data(), 0, possible);
}

Truth EvaluateNodeAt(const std::vector<ConditionNode>& nodes, int at,
                     const WorldSet* possible) {
  return EvaluateNode(nodes.data(), at, possible);
}

Truth EvaluateRule(const CompiledCatalog& catalog, const CompiledRule& rule,
                   const Facts& facts) {
  const Truth truth = EvaluateNodes(rule.nodes, facts.possible.data());
  if (truth == Truth::kUnknown && rule.entangled) {
    return TryCompletions(catalog, rule, facts);
  }
  return truth;
}

bool BreaksImplication(const CompiledCatalog& catalog, const Facts& facts,
                       const std::vector<WorldSet>& possible,
                       int concept_index) {
  const auto breaks = [&](const CompiledImplication& arc) {
    const WorldSet gate = possible[arc.gate];
    const WorldSet target = possible[arc.target];
    return (gate & ~arc.given) == 0 && (target & arc.implied) == 0 &&
           !facts.IsBroken(arc.target);
  };
  for (const int i : catalog.implications_from[concept_index]) {
    if (breaks(catalog.implications[i])) return true;
  }
  for (const int i : catalog.implications_to[concept_index]) {
    if (breaks(catalog.implications[i])) return true;
  }
  return false;
}

Evaluation Evaluate(const CompiledCatalog& catalog, const Program& program,
                    const Facts& facts, const EffectiveStrictness& strictness) {
  Evaluation evaluation = program.in_baseline[facts.baseline];
  // Each rule that asks about something known, once.
  std::vector<bool> done(program.rules.size(), false);
  for (const int c : facts.known) {
    for (const int position : program.rules_by_concept[c]) {
      if (done[position]) continue;
      done[position] = true;
      const CompiledRule& rule = *program.rules[position];
      const Truth truth = EvaluateRule(catalog, rule, facts);
      Truth& held = evaluation.truths[position];
      if (truth == held) continue;
      evaluation.tally.Count(rule.strictness, held, -1);
      evaluation.tally.Count(rule.strictness, truth, 1);
      held = truth;
    }
  }
  const std::vector<int>& acknowledged = strictness.acknowledged();
  for (auto a = acknowledged.begin(); a != acknowledged.end(); ++a) {
    const Strictness own = program.rules[*a]->strictness;
    if (std::find(acknowledged.begin(), a, *a) != a) continue;
    evaluation.tally.Count(own, evaluation.truths[*a], -1);
    evaluation.tally.Count(strictness.of(*a), evaluation.truths[*a], 1);
  }
  return evaluation;
}

}  // namespace needlewise
