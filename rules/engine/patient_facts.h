// From statements to facts: drops what is stale or dated after the day of the
// decision, reconciles contradictions, places findings on the body, and draws
// what answers imply.

#ifndef NEEDLEWISE_RULES_ENGINE_PATIENT_FACTS_H_
#define NEEDLEWISE_RULES_ENGINE_PATIENT_FACTS_H_

#include <optional>
#include <string>
#include <vector>

#include "needlewise/v1/screening.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/engine/facts.h"
#include "rules/engine/patient_intake.h"
#include "rules/engine/reconciliation.h"

namespace needlewise {

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

  // Replaces, in `facts` made by `ForContext` for that area, what is known of
  // `concepts` by what would be on a later day if nothing new became known, and
  // of all that implications link with them. `facts->known` is left as it is.
  void MoveTo(Day day, int treatment_area, const std::vector<int32_t>& concepts,
              Facts* facts) const;

  // Everything odd about the statements; what they break by implication shows
  // in `Facts::broken`.
  std::vector<v1::Notice> notices() const;

  // That a statement on a concept breaks what an answer implies.
  v1::Notice BrokenNotice(int concept_index) const;

  // The statements that hold, for one concept.
  std::vector<Statement> StatementsOf(int concept_index) const;

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
  // The language to answer in, and the catalogue's texts in it.
  const Wording& wording() const { return catalog_.wordings[intake_.language]; }
  const v1::RuleCatalog& texts() const { return catalog_.In(intake_.language); }

 private:
  // The statements on one concept that could be used, from `held_[begin]` to
  // before `held_[end]`.
  struct Group {
    int concept_index;
    size_t begin;
    size_t end;
  };
  // A notice that is yet to be written.
  struct Oddity {
    v1::NoticeKind kind;
    int concept_index;
    std::vector<int32_t> findings;
  };

  // Why a statement is not used; UNSPECIFIED where it is.
  v1::NoticeKind WhyUnused(const Statement& statement) const;
  void SelectFindings();
  void SelectClosures();
  void FindDiffering();
  void AddOddity(v1::NoticeKind kind, int concept_index,
                 const std::vector<const Statement*>& statements);

  // Null where no finding could be used.
  const Group* GroupOf(int concept_index) const;
  // What closed sections that are used state of a concept.
  std::vector<Statement> ClosuresOf(int concept_index) const;
  // Whether a closed section denies it.
  bool IsClosed(int concept_index) const;

  // What is stated of a concept, on a day not before that of the decision.
  WorldSet StatedWorlds(int concept_index, int treatment_area, Day day) const;
  // What can be true of a concept of which nothing is stated: all there is, but
  // nothing happens after the day of the decision.
  WorldSet UnstatedWorlds(int concept_index, int treatment_area, Day day) const;
  WorldSet ConditionWorlds(const CompiledConcept& asked, size_t begin,
                           size_t end, int treatment_area, Day day) const;
  WorldSet QuantityWorlds(const CompiledConcept& asked, size_t begin,
                          size_t end) const;
  // When the patient was born, as far as it is known.
  std::optional<DayInterval> Birth() const;
  WorldSet AgeWorlds(Day day) const;
  int RegionArea(const Region& region, int treatment_area) const;
  // States the concepts of a group anew and draws what they imply.
  void Restate(const ImplicationGroup& group, int treatment_area, Day day,
               Facts* facts) const;

  const CompiledCatalog& catalog_;
  const PatientIntake& intake_;
  const Day day_;
  const Day fresh_on_;
  // In order of concept.
  std::vector<Group> groups_;
  std::vector<HeldStatement> held_;
  // By section, whether it is closed; empty where none is.
  std::vector<bool> closed_;
  // Concepts that the closed sections do not deny, in order of index.
  std::vector<int32_t> not_closed_;
  // Whether the baseline to start from is that where all is denied; and the
  // concepts of which something else may be stated than in it.
  bool denied_ = false;
  std::vector<int32_t> differing_;
  std::vector<Oddity> oddities_;
};

// The cell of a quantity's worlds that a value lies in.
int QuantityCell(const CompiledConcept& quantity, double value);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_PATIENT_FACTS_H_
