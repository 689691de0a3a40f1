// Which unknown concepts still matter.
//
// An unknown concept is outstanding where some way of filling in the others
// lets two answers to it give different verdicts. Answering all that is
// outstanding therefore settles the verdict: between any two completions that
// differ elsewhere lies a path of single changes, none of which changes it.

#ifndef NEEDLEWISE_RULES_ENGINE_QUESTIONS_H_
#define NEEDLEWISE_RULES_ENGINE_QUESTIONS_H_

#include <vector>

#include "rules/engine/compiled_catalog.h"
#include "rules/engine/evaluator.h"
#include "rules/engine/patient_facts.h"

namespace needlewise {

// An unknown concept that matters.
struct OpenQuestion {
  int concept_index = -1;
  // The strictest effect that the answer can bring about.
  Strictness decides = Strictness::kNote;
  // Positions in the program's rules that wait for it, strictest first.
  std::vector<int> rules;
  // Concepts that its "no" settles, for a gate.
  std::vector<int> settles;
};

struct OpenQuestions {
  // Can still change the verdict. Most decisive first, gates before what they
  // settle.
  std::vector<OpenQuestion> outstanding;
  // Only change which precautions and notes are shown.
  std::vector<OpenQuestion> also_useful;
};

OpenQuestions FindOpenQuestions(const CompiledCatalog& catalog,
                                const Program& program, const Facts& facts,
                                const Evaluation& evaluation,
                                const EffectiveStrictness& strictness);

// The strictest effect among the rules that are true, and among those that are
// true or unknown.
Strictness StrictestTrue(const RuleTally& tally);
Strictness StrictestPossible(const RuleTally& tally);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_QUESTIONS_H_
