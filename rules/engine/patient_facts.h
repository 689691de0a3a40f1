// From statements to facts: drops what is stale or dated after the day of the
// decision, reconciles contradictions, places findings on the body, and draws
// what answers imply.

#ifndef NEEDLEWISE_RULES_ENGINE_PATIENT_FACTS_H_
#define NEEDLEWISE_RULES_ENGINE_PATIENT_FACTS_H_

#include <optional>
#include <vector>

#include "needlewise/v1/screening.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/engine/patient_intake.h"

namespace needlewise {

// What can be true of each concept, for one treatment area, device and set of
// concerns.
struct Facts {
  // By index of concept; never empty.
  std::vector<WorldSet> possible;
  // Concepts of which anything is known; some more than once.
  std::vector<int32_t> known;
  // Concepts whose statement breaks an implication: they are unknown, and
  // implications no longer restrict them.
  std::vector<int32_t> broken;

  bool IsBroken(int concept_index) const {
    for (const int b : broken) {
      if (b == concept_index) return true;
    }
    return false;
  }
};

// What is asked about, beside the patient.
struct TreatmentContext {
  int treatment = -1;
  int profile = 0;
  int area = -1;
  // World of the device concept.
  int device_world = CompiledCatalog::kNoDevice;
  // Negative: not stated.
  double needle_depth_mm = -1;
  // Bits of the catalogue's concerns.
  std::vector<int> concerns;
};

// A patient's statements, reconciled for one day. Refers to the intake and the
// catalogue, which must outlive it. Immutable.
class PatientFacts {
 public:
  // `day` is the day to reconcile for, from the intake's `as_of` on: a later
  // day asks what would hold then if nothing new became known. Statements
  // that are stale on `fresh_on` are dropped.
  PatientFacts(const CompiledCatalog& catalog, const PatientIntake& intake,
               Day day, Day fresh_on);

  Facts ForContext(const TreatmentContext& context) const;

  // Everything odd about the statements; what they break by implication shows
  // in `Facts::broken`.
  const std::vector<v1::Notice>& notices() const { return notices_; }

  v1::Notice MakeNotice(v1::NoticeKind kind, int concept_index,
                        const std::vector<const Statement*>& statements) const;

  // The statements that hold, for one concept.
  std::vector<const Statement*> StatementsOf(int concept_index) const;

  // Whether a statement bears on a place.
  bool BearsOn(const Statement& statement, const Region& region,
               int treatment_area) const;

  // The first day on which every window open on a concept is over, for each
  // such window, and for the age the birthdays: days on which the truth of a
  // dated rule can change.
  void AddWindowEnds(int concept_index, std::vector<Day>* days) const;

  Day day() const { return day_; }
  const CompiledCatalog& catalog() const { return catalog_; }
  const PatientIntake& intake() const { return intake_; }

 private:
  struct Held {
    const Statement* statement;
    bool in_force;
    // Contradicted, and nothing settles which is right.
    bool contested;
  };

  void Select(Day fresh_on);
  void Reconcile(size_t begin, size_t end);
  void ReconcileQuantity(size_t begin, size_t end);
  void Contradiction(bool settled, const Statement& a, const Statement& b);
  void AddNotice(v1::NoticeKind kind, int concept_index,
                 const std::vector<const Statement*>& statements);

  WorldSet ConditionWorlds(const CompiledConcept& asked, size_t begin,
                           size_t end, int treatment_area) const;
  // What can be true of a concept of which nothing is stated: all there is, but
  // nothing happens after the day of the decision.
  WorldSet UnstatedWorlds(int concept_index, int treatment_area) const;
  WorldSet QuantityWorlds(const CompiledConcept& asked, size_t begin,
                          size_t end) const;
  // When the patient was born, as far as it is known.
  std::optional<DayInterval> Birth() const;
  WorldSet AgeWorlds() const;
  int RegionArea(const Region& region, int treatment_area) const;

  // Draws into `facts` what known answers imply, and what no gate can have
  // said because its target is known to be otherwise. The latter returns
  // whether it changed anything, which can be ground for more.
  bool ImplyForward(int treatment_area, Facts* facts) const;
  bool ImplyBackward(Facts* facts) const;

  const CompiledCatalog& catalog_;
  const PatientIntake& intake_;
  const Day day_;
  // Grouped by concept; `groups_` holds each group's first position, and one
  // past the last.
  std::vector<Held> held_;
  std::vector<size_t> groups_;
  std::vector<v1::Notice> notices_;
};

// The cell of a quantity's worlds that a value lies in.
int QuantityCell(const CompiledConcept& quantity, double value);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_PATIENT_FACTS_H_
