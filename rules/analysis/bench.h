// One slice of what is to be proved: a treatment under a profile, in one class
// of areas, with every device, concern, depth and acknowledgement, every
// patient and everything that can be known of one.

#ifndef NEEDLEWISE_RULES_ANALYSIS_BENCH_H_
#define NEEDLEWISE_RULES_ANALYSIS_BENCH_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "needlewise/testing/v1/rule_case.pb.h"
#include "rules/analysis/engine_model.h"
#include "rules/analysis/formula.h"
#include "rules/analysis/patient_model.h"
#include "rules/analysis/solver.h"
#include "rules/analysis/witness.h"
#include "rules/analysis/written.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise::analysis {

// How the proof of a property came out.
enum class Outcome {
  kProved,
  // A patient refutes it; the engine says the same of that patient.
  kRefuted,
  // The time ran out, or no patient could be written down.
  kUndecided,
  // A patient refutes it in the model, and the engine says otherwise: one of
  // the two is wrong.
  kDisagreement,
};

// What became of a property on one bench, or over all.
struct Finding {
  Outcome outcome = Outcome::kProved;
  // Where it is refuted or not decided, and why; one line. Empty: proved.
  std::string detail;
  // Holds one case, where a patient refutes it.
  testing::v1::RuleCaseSuite witness;
};

// What is known of the patient, and what follows.
struct KnownPatient {
  Knowledge knowledge;
  Drawn drawn;
  VerdictFormulas verdict;
  std::unique_ptr<Statements> statements;
};

class Bench {
 public:
  // Refers to both. `milliseconds` limits each question.
  Bench(const Written& written, const CompiledCatalog& compiled,
        const AreaClass& areas, const std::string& treatment,
        const std::string& profile, unsigned milliseconds);
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  Formulas& f() { return formulas_; }
  PatientModel& model() { return model_; }
  EngineModel& engine() { return engine_; }
  Solver& solver() { return solver_; }
  const Written& written() const { return written_; }
  const CompiledCatalog& compiled() const { return compiled_; }
  const std::string& treatment() const { return treatment_; }
  const std::string& profile() const { return profile_; }
  const AreaClass& areas() const { return areas_; }
  const Program& program() const { return program_; }
  std::string Name() const;

  KnownPatient& known() { return known_; }

  // What follows where something else is stated of some concepts.
  struct Variation {
    Drawn drawn;
    VerdictFormulas verdict;
  };
  Variation Vary(const EngineModel::Adjust& adjust);
  // The same, anything lawful being stated of these concepts, by id.
  Variation VaryFreely(const std::set<std::string>& concepts);

  // What is true of the patient: one of the ways that what is known leaves
  // open, keeping every implication; a statement that breaks one says nothing.
  const History& truth() const { return truth_; }
  Formula TruthIsPossible();

  // Whether some blocking rule, as written, holds of the truth.
  Formula TruthBlocks();
  // No review is acknowledged.
  Formula NothingAcknowledged();
  // No statement breaks an implication.
  Formula NothingBroken(const Drawn& drawn);

  // Whether all of `violation` can hold of the treatment; counts the question.
  Answer Ask(std::vector<Formula> violation);
  // The same with any device of the catalogue listed: what holds of a rule
  // then holds of it for every treatment.
  Answer AskOfAnyDevice(const std::vector<Formula>& violation);
  int questions() const { return questions_; }

  // Decides whether no patient satisfies `violation`. Where one does, writes
  // the shortest down and asks the engine, which should give the verdict that
  // the model gives.
  Finding Refute(const std::vector<Formula>& violation, const std::string& name,
                 const std::string& statement);

  // The case of the last answer, with the verdict that the model gives.
  testing::v1::RuleCase CaseOf(KnownPatient& patient, const std::string& name,
                               const std::string& vignette);
  testing::v1::RuleCaseSuite SuiteOf(testing::v1::RuleCase rule_case) const;

  // Acknowledgements by rule id.
  const std::map<std::string, Variable>& acknowledged() const {
    return acknowledged_;
  }

 private:
  void AssertLawful(const Knowledge& knowledge, const std::string& name);
  VerdictFormulas VerdictFor(const Drawn& drawn);

  const Written& written_;
  const CompiledCatalog& compiled_;
  const AreaClass areas_;
  const std::string treatment_;
  const std::string profile_;
  const Program& program_;
  Formulas formulas_;
  PatientModel model_;
  EngineModel engine_;
  std::map<std::string, Variable> acknowledged_;
  KnownPatient known_;
  History truth_;
  Formula truth_is_possible_;
  Formula context_;
  Solver solver_;
  int questions_ = 0;
};

// Whether a rule is the treatment's own and not inherited: what is so of a rule
// alone is looked at there.
bool IsOwn(const Bench& bench, const v1::Rule& rule);

}  // namespace needlewise::analysis

#endif  // NEEDLEWISE_RULES_ANALYSIS_BENCH_H_
