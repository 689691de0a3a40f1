// What the engine makes of what is known: its compiled rules, word for word,
// as formulas over a patient model. A world of a concept is possible where
// what is known of each place meets the world's cell there; from there on it
// is what `patient_facts`, `evaluator` and `decide` do: draw implications
// forwards and backwards, evaluate by Kleene's logic, try the completions of
// an entangled rule, and read the verdict from the table.

#ifndef NEEDLEWISE_RULES_ANALYSIS_ENGINE_MODEL_H_
#define NEEDLEWISE_RULES_ANALYSIS_ENGINE_MODEL_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "rules/analysis/formula.h"
#include "rules/analysis/patient_model.h"
#include "rules/analysis/written.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise::analysis {

// What can be true of each compiled concept: for each of its worlds, whether
// it is possible.
struct Drawn {
  std::vector<std::vector<Formula>> worlds;
  // By concept: a statement on it breaks an implication.
  std::vector<Formula> broken;
  // Drawing once more would change nothing.
  Formula settled;
};

// The verdict of a treatment; exactly one holds.
struct VerdictFormulas {
  // By v1::Verdict.
  std::map<int, Formula> is;
  Formula eligible;
};

class EngineModel {
 public:
  // Refers to all three. The written catalogue says which days a window of
  // the model covers; the compiled one may be of another text, which is then
  // what is to be found out.
  EngineModel(PatientModel* model, const CompiledCatalog& compiled);

  const CompiledCatalog& compiled() const { return compiled_; }

  // Changes the worlds of a compiled concept that are possible by what is
  // stated.
  using Adjust = std::function<void(int c, std::vector<Formula>* worlds)>;

  // What can be true where this is known; `adjust`, where not null, sees each
  // concept before implications are drawn.
  Drawn Draw(const Knowledge& knowledge, const Adjust& adjust = nullptr);

  // The worlds of a compiled concept that are possible by what is stated.
  std::vector<Formula> StatedWorlds(int c, const Knowledge& knowledge);
  // Whether the compiled catalogue has a world, in these areas, at all; and
  // whether the concept is present in it in every place.
  bool WorldAllowed(int c, int world) const {
    return WorldAllowed(compiled_.concepts[c], world);
  }
  bool IsPresentIn(int c, int world) const;

  // What a rule of the catalogue can be. Made once for each `drawn`.
  Possible RuleTruth(const CompiledRule& rule, const Drawn& drawn);

  // `acknowledged` by rule id: whether a review counts as a precaution; a rule
  // that is not in it is not acknowledged.
  VerdictFormulas Verdict(const Program& program, const Drawn& drawn,
                          const std::map<std::string, Formula>& acknowledged);

  // Whether a history is in a world; and whether the compiled rule holds in
  // it, each of its concepts in the world that the history is in.
  Formula IsIn(const CompiledConcept& about, int world, const History& history);
  Formula HoldsIn(const CompiledRule& rule, const History& history);

  // For a rule that can be true: worlds of its concepts, jointly possible, in
  // which it is. `choice[i]` is the world of `concepts[i]`.
  struct Choice {
    std::vector<int> concepts;
    std::vector<int> worlds;
    // Whether it is possible and the rule is true in it, for the context.
    Formula holds;
  };
  std::vector<Choice> ChoicesOf(const CompiledRule& rule, const Drawn& drawn);

  // Whether the compiled catalogue takes two places of one concept to be one
  // exactly where they are, in every area of the class.
  bool NarrowsRightly() const;

  // Whether a concept stands for the context of a request.
  bool IsContext(int c) const { return compiled_.concepts[c].is_context; }
  PlaceId PlaceOf(const Region& region) const;

 private:
  std::vector<Formula> ContextWorlds(int c);
  bool WorldAllowed(const CompiledConcept& about, int world) const;
  Formula CellPossible(const CompiledConcept& about, int cell,
                       const KnownLife& known);
  Formula CellHolds(const CompiledConcept& about, int cell, const Life& life);
  // Whether a day, or some day of an interval, is in the part of the past that
  // windows no shorter than number `over` are open in, and no longer ones.
  Formula InPart(const std::vector<TimeSpan>& windows, int over, Variable from,
                 Variable to);
  Formula QuantityPossible(const CompiledConcept& about, int cell, Variable low,
                           Variable high);
  void DrawForward(Drawn* drawn);
  void DrawBackward(Drawn* drawn);
  Possible Kleene(const std::vector<ConditionNode>& nodes, int at,
                  const std::vector<std::vector<Formula>>& worlds);
  int ModelIndex(const CompiledConcept& about) const {
    return model_.IndexOf(about.id);
  }

  PatientModel& model_;
  Formulas& f_;
  const CompiledCatalog& compiled_;
};

}  // namespace needlewise::analysis

#endif  // NEEDLEWISE_RULES_ANALYSIS_ENGINE_MODEL_H_
