// The truth of every rule of a program for what is known.

#ifndef NEEDLEWISE_RULES_ENGINE_EVALUATOR_H_
#define NEEDLEWISE_RULES_ENGINE_EVALUATOR_H_

#include <vector>

#include "rules/engine/compiled_catalog.h"
#include "rules/engine/evaluation.h"
#include "rules/engine/facts.h"
#include "rules/engine/truth.h"

namespace needlewise {

// Strictness by position in a program's rules, an acknowledged review counting
// as a precaution.
class EffectiveStrictness {
 public:
  // `acknowledged` holds positions in `program.rules`; it may be empty.
  EffectiveStrictness(const Program& program,
                      const std::vector<int>& acknowledged)
      : program_(program), acknowledged_(acknowledged) {}

  Strictness of(int position) const {
    const Strictness strictness = program_.rules[position]->strictness;
    if (strictness == Strictness::kReview && IsAcknowledged(position)) {
      return Strictness::kPrecaution;
    }
    return strictness;
  }

  // Positions, in no order, some perhaps twice.
  const std::vector<int>& acknowledged() const { return acknowledged_; }

  bool IsAcknowledged(int position) const {
    for (const int a : acknowledged_) {
      if (a == position) return true;
    }
    return false;
  }

 private:
  const Program& program_;
  const std::vector<int>& acknowledged_;
};

// Kleene's truth of a condition; `possible` is indexed by concept.
Truth EvaluateNodes(const std::vector<ConditionNode>& nodes,
                    const WorldSet* possible);

// The same for the condition that begins at `nodes[at]`.
Truth EvaluateNodeAt(const std::vector<ConditionNode>& nodes, int at,
                     const WorldSet* possible);

// The truth of one rule: Kleene's, but a rule whose completions all agree is
// never called unknown.
Truth EvaluateRule(const CompiledCatalog& catalog, const CompiledRule& rule,
                   const Facts& facts);

// Evaluates every rule. Work grows with what is known beside the baseline of
// the facts, not with the number of rules.
Evaluation Evaluate(const CompiledCatalog& catalog, const Program& program,
                    const Facts& facts, const EffectiveStrictness& strictness);

// Calls `visit(possible)` for every way of filling in what is unknown of
// `concepts` that breaks no implication between them; `possible` is indexed by
// concept, with a single world for each of `concepts`. Stops where `visit`
// returns false, and returns whether it went to the end.
template <typename Visit>
bool ForEachCompletion(const CompiledCatalog& catalog, const Facts& facts,
                       const std::vector<int32_t>& concepts, Visit visit);

// Whether `possible`, a single world for `concept_index`, breaks an implication
// between it and another concept that has a single world.
bool BreaksImplication(const CompiledCatalog& catalog, const Facts& facts,
                       const std::vector<WorldSet>& possible,
                       int concept_index);

// Implementation only below.

template <typename Visit>
bool ForEachCompletion(const CompiledCatalog& catalog, const Facts& facts,
                       const std::vector<int32_t>& concepts, Visit visit) {
  std::vector<WorldSet> possible = facts.possible;
  std::vector<WorldSet> rest(concepts.size());
  size_t depth = 0;
  if (concepts.empty()) return visit(possible);
  rest[0] = facts.possible[concepts[0]];
  while (true) {
    const int c = concepts[depth];
    if (rest[depth] == 0) {
      possible[c] = facts.possible[c];
      if (depth == 0) return true;
      --depth;
      continue;
    }
    possible[c] = rest[depth] & -rest[depth];
    rest[depth] &= rest[depth] - 1;
    if (BreaksImplication(catalog, facts, possible, c)) continue;
    if (depth + 1 < concepts.size()) {
      ++depth;
      rest[depth] = facts.possible[concepts[depth]];
      continue;
    }
    if (!visit(possible)) return false;
  }
}

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_EVALUATOR_H_
