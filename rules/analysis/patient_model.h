// A patient, as the analysis reasons about one.
//
// What is true of a patient is a *history*: of each concept, in each place
// that conditions look at, whether it ever was, whether it is now, on which
// day it was last so and since when it is so, in days before the day of the
// decision; of each quantity a number. What is known is a set of histories: of
// each concept, in each place, which of never, past and present it can be, and
// between which days; of each quantity between which numbers. That is the most
// general form in which statements can leave a patient: whatever somebody
// states, in however many findings, leaves a set of this form, so what holds
// for every such set holds for every request.
//
// Conditions are read from the catalogue as it is written and become
// arithmetic on those days and numbers, with each window and limit as it
// stands in the rule. A month has 28 to 31 days, so where a window of months
// begins is a variable of its own between those bounds: what is proved holds
// on every day of every year. The treatment area, the device, the concerns
// and the depth are variables too.

#ifndef NEEDLEWISE_RULES_ANALYSIS_PATIENT_MODEL_H_
#define NEEDLEWISE_RULES_ANALYSIS_PATIENT_MODEL_H_

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "rules/analysis/formula.h"
#include "rules/analysis/written.h"
#include "rules/engine/partial_date.h"

namespace needlewise::analysis {

// The earliest day that the model tells from others, in days before the
// decision: beyond every window, and every lifetime.
inline constexpr double kLongAgo = -400000;

// What a condition can be where not everything is known. Of a history exactly
// one of the two holds.
struct Possible {
  Formula can_be_true;
  Formula can_be_false;
};

struct ModelConcept {
  std::string id;
  const v1::Concept* definition = nullptr;
  bool is_quantity = false;
  double least = 0;
  double greatest = 0;
  // Narrowest first. For a quantity: none.
  std::vector<PlaceId> places;
  // For each place, whether rules or plan items look there, and not only an
  // invariant.
  std::vector<bool> used_by_rules;
};

// One place of a history.
struct Life {
  Variable ever;
  Variable now;
  // Where `ever` and not `now`.
  Variable last;
  // Where `now`.
  Variable onset;
};

struct History {
  // By concept, then place.
  std::vector<std::vector<Life>> lives;
  // By concept; quantities only.
  std::vector<Variable> values;
};

// What is known of one place.
struct KnownLife {
  Variable never;
  Variable past;
  Variable present;
  Variable last_from;
  Variable last_to;
  Variable onset_from;
  Variable onset_to;
};

struct Knowledge {
  std::vector<std::vector<KnownLife>> lives;
  // Quantities: the least and the greatest that it can be.
  std::vector<Variable> low;
  std::vector<Variable> high;
};

// What is asked about beside the patient.
struct Context {
  std::map<std::string, Variable> areas;
  Variable no_device;
  Variable unlisted_device;
  std::map<std::string, Variable> devices;
  std::map<std::string, Variable> concerns;
  Variable depth_stated;
  Variable depth;
};

class PatientModel {
 public:
  // Over the concepts of all `catalogs`, in areas of one class. Refers to
  // both.
  PatientModel(Formulas* formulas, std::vector<const Written*> catalogs,
               AreaClass areas);
  PatientModel(const PatientModel&) = delete;
  PatientModel& operator=(const PatientModel&) = delete;

  Formulas& formulas() const { return f_; }
  const AreaClass& areas() const { return areas_; }
  const Context& context() const { return context_; }
  const std::vector<ModelConcept>& concepts() const { return concepts_; }
  int IndexOf(const std::string& concept_id) const {
    return index_.at(concept_id);
  }
  // -1 where the concept does not look there.
  int PlaceIndex(int concept_index, const PlaceId& place) const;

  History AddHistory(const std::string& name);
  Knowledge AddKnowledge(const std::string& name);

  // One area and one device; a depth only with a device.
  Formula LawfulContext();
  // The context of one treatment: its devices alone are listed.
  Formula ContextOf(const Written& catalog, const std::string& treatment);

  // What is so in a place is so in every wider one, as lately or later.
  Formula Lawful(const History& history);
  // Something is possible everywhere, and days are in order.
  Formula Lawful(const Knowledge& knowledge);

  // Whether a concept's part of a history is one of those that are known to
  // be possible; and every concept's.
  Formula Lies(const History& history, const Knowledge& knowledge, int c);
  Formula Lies(const History& history, const Knowledge& knowledge);

  // Whether a history keeps an implication; by implied concept.
  std::vector<std::pair<int, Formula>> Implications(const Written& catalog,
                                                    const History& history);
  Formula KeepsImplications(const Written& catalog, const History& history);

  Formula Holds(const Written& catalog, const v1::Condition& condition,
                const History& history);
  // By Kleene's logic on what is stated, without what it implies.
  Possible ByStatements(const Written& catalog, const v1::Condition& condition,
                        const Knowledge& knowledge);

  // Nothing is known of a concept.
  Formula IsUnknown(const Knowledge& knowledge, int c);
  // The same is known of it.
  Formula Same(const Knowledge& a, const Knowledge& b, int c);

  // Whether a window of a length that an event on day `x` opened is open yet.
  Formula IsOpen(Variable x, const Length& length);
  // Makes windows of months as long as they are on a day.
  Formula OnDay(Day as_of);

 private:
  struct Leaves {
    std::function<Possible(const v1::FindingCondition&)> finding;
    // Whether a quantity is at least, and at most, a number.
    std::function<Possible(const std::string&, double)> at_least;
    std::function<Possible(const std::string&, double)> at_most;
  };

  void AddConcepts();
  void AddContext();
  Possible Not(Possible p) const { return {p.can_be_false, p.can_be_true}; }
  Possible Known(Formula f) const { return {f, f_.Not(f)}; }
  Possible All(const std::vector<Possible>& parts);
  Possible Any(const std::vector<Possible>& parts);
  Possible Evaluate(const Written& catalog, const v1::Condition& condition,
                    const Leaves& leaves);
  Possible EvaluateQuantity(const Written& catalog,
                            const v1::QuantityCondition& quantity,
                            const Leaves& leaves);
  Formula EvaluateDevice(const Written& catalog,
                         const v1::DeviceCondition& device);
  Possible OutsideLabel(const Written& catalog, const v1::Device& device,
                        v1::LabelLimit limit, const Leaves& leaves);
  Possible Allows(const Written& catalog, const v1::ClearedUse& use,
                  v1::LabelLimit limit, const Leaves& leaves);
  Formula InAreas(const Written& catalog,
                  const google::protobuf::RepeatedPtrField<std::string>& ids);
  Formula ConcernIs(const std::string& id);
  Formula Stands(const Life& life, v1::FindingStatus status);

  Formulas& f_;
  const std::vector<const Written*> catalogs_;
  const AreaClass areas_;
  std::vector<ModelConcept> concepts_;
  std::map<std::string, int> index_;
  Context context_;
  // Earliest day from which a window of so many months is still open.
  std::map<int, Variable> open_from_;
  std::vector<Formula> window_order_;
};

// The earliest day, in days before `as_of`, on which a window of so many
// months can have opened that is open on `as_of`.
int OpenFromMonths(int months, Day as_of);

}  // namespace needlewise::analysis

#endif  // NEEDLEWISE_RULES_ANALYSIS_PATIENT_MODEL_H_
