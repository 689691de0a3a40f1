// From an assignment of the solver to a patient whom a person can read: a rule
// case with as few statements as will do, and back through the real engine.

#ifndef NEEDLEWISE_RULES_ANALYSIS_WITNESS_H_
#define NEEDLEWISE_RULES_ANALYSIS_WITNESS_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "needlewise/testing/v1/rule_case.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "rules/analysis/patient_model.h"
#include "rules/analysis/solver.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise::analysis {

// The statements by which knowledge can be written down as findings: a model's
// knowledge may be of any form, a witness is of one of these. What each
// leaves possible in each place follows the table of statuses.
class Statements {
 public:
  // Refers to all three.
  Statements(PatientModel* model, const Written& catalog,
             const Knowledge& knowledge);

  // Each concept's knowledge is that of one of its ways to state it.
  Formula Sayable() const { return sayable_; }

  // Says as little that is remarkable as `*solver` allows together with `also`,
  // and as little at all as it can find soon; the last answer is then that.
  // False where there is none, or it was not decided in time.
  bool Shorten(Solver* solver, std::vector<Formula> also) const;

  // The findings of the last answer. What a closed section says for many
  // concepts at once is said so.
  v1::Patient PatientOf(const Solver& solver, Day as_of) const;

 private:
  // A finding that is still without its date.
  struct Saying {
    v1::FindingStatus status = v1::FINDING_STATUS_UNSPECIFIED;
    // `kTreated`, a region, `kElsewhere`; empty: no areas.
    PlaceId area;
    bool complete = false;
    bool dated = false;
  };
  // One way to speak of a concept.
  struct Way {
    std::vector<Saying> sayings;
    Variable chosen;
    // The place and kind of day that dates each saying; invalid: undated.
    std::vector<Variable> dates;
  };
  // What is left possible in one place, for comparison of ways.
  struct Left {
    bool never = false;
    bool past = false;
    bool present = false;
    // The saying that dates it; -1: any day.
    int last_by = -1;
    int onset_by = -1;
  };

  void AddWays(int c);
  Left LeftBy(int c, const std::vector<Saying>& sayings,
              const PlaceId& place) const;
  bool BearsOn(const Saying& saying, const PlaceId& place) const;
  bool Covers(int c, const Saying& saying, const PlaceId& place) const;
  bool IsClosedAnswer(int c, const Way& way) const;
  // Whether an answer to `gate` implies, directly or not, one to a target.
  bool IsGateOf(const std::string& gate,
                const std::set<std::string>& targets) const;
  const Way& ChosenOf(int c, const Solver& solver) const;

  PatientModel& model_;
  Formulas& f_;
  const Written& catalog_;
  const Knowledge& knowledge_;
  // By concept; the first says nothing.
  std::vector<std::vector<Way>> ways_;
  // Quantities: stated, to one number.
  std::vector<Variable> stated_;
  Formula sayable_;
};

// The treatment, area, device and concerns of the last answer.
v1::TreatmentSelection SelectionOf(const PatientModel& model,
                                   const Solver& solver,
                                   const std::string& treatment);

// The case's request, through the engine.
absl::StatusOr<v1::Decision> Replay(const CompiledCatalog& catalog,
                                    const testing::v1::RuleCaseSuite& suite,
                                    const testing::v1::RuleCase& rule_case);

// A suite in text format, ready to be put under `cases/`.
std::string WriteSuite(const testing::v1::RuleCaseSuite& suite);

// The day on which witnesses are decided: the first on which the catalogue may
// be used.
std::string WitnessDay(const v1::RuleCatalog& catalog);

}  // namespace needlewise::analysis

#endif  // NEEDLEWISE_RULES_ANALYSIS_WITNESS_H_
