// A second evaluator, deliberately naive, as the oracle of the engine's tests.
//
// It writes out every state that each concept can be in, place by place and
// day by day, and tries the rules, as written, on each way of combining them:
// a rule is true where it holds in every completion of what is known, false
// where it holds in none, and unknown otherwise. It shares nothing with the
// engine but the messages, the reading of a date, and the name of a truth.

#ifndef NEEDLEWISE_TESTS_SUPPORT_ORACLE_H_
#define NEEDLEWISE_TESTS_SUPPORT_ORACLE_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "needlewise/v1/rule.pb.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "rules/engine/partial_date.h"
#include "rules/engine/truth.h"
#include "tests/support/oracle_record.h"

namespace needlewise::oracle {

// How something stands in one place.
struct Life {
  enum class Kind { kNever, kPast, kPresent };
  Kind kind = Kind::kNever;
  // When it was last so, or since when it is: any of these days, which no
  // window of the catalogue tells apart.
  DayInterval days;
};

// One way a concept can be: a life for each of its places, or a value.
struct State {
  std::vector<Life> lives;
  double value = 0;
};

// A state of every concept, by index: the position of the state in
// `Case::StatesOf`.
using Completion = std::vector<int>;

// A length of time: days or months.
struct Span {
  int days = 0;
  int months = 0;
};

// What follows between two concepts in two places.
struct Arc {
  int gate = -1;
  int gate_place = 0;
  v1::FindingStatus given = v1::FINDING_STATUS_UNSPECIFIED;
  int target = -1;
  int target_place = 0;
  const v1::ConceptState* implied = nullptr;
};

// A catalogue, read for the oracle. Not for several threads.
class Oracle {
 public:
  explicit Oracle(const v1::RuleCatalog& catalog);
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  const v1::RuleCatalog& catalog() const { return catalog_; }
  const Index& index() const { return index_; }
  int concept_count() const { return catalog_.concepts_size(); }
  int ConceptOf(const std::string& id) const { return concept_at_.at(id); }

  // The rules of a treatment under a profile.
  std::vector<const v1::Rule*> RulesOf(const std::string& treatment,
                                       const std::string& profile) const;

  // The concepts a rule asks, in order.
  const std::set<int>& AskedBy(const v1::Rule& rule) const {
    return asked_by_.at(&rule);
  }
  // Concepts with every gate above them, with all that they settle, and with
  // all that they are connected to.
  std::set<int> WithGates(const std::set<int>& concepts) const;
  std::set<int> WithTargets(const std::set<int>& concepts) const;
  std::set<int> WithConnected(const std::set<int>& concepts) const;
  // Every concept, gates before what they settle.
  const std::vector<int>& gates_first() const { return gates_first_; }

  // What depends on the treatment area alone.
  struct Ground {
    // For each concept the places it is asked in, narrowest first; empty: the
    // whole body.
    std::vector<std::vector<std::string>> places;
    std::vector<Arc> arcs;
    // For each concept the arcs it is on.
    std::vector<std::vector<int>> arcs_at;
  };
  const Ground& GroundOf(const std::string& area) const;

  using States = std::vector<State>;
  // The states of a concept as the windows part them on `day`, nothing having
  // happened after `as_of`.
  const States& StatesOf(int c, const std::string& area, Day as_of,
                         Day day) const;
  // The states of a quantity that the rules do not tell from `value`.
  std::vector<int> StatesLike(int c, const States& states, double value) const;

  // The concept that a leaf of a rule asks.
  int ConceptOfLeaf(const void* leaf) const {
    return concept_of_leaf_.at(leaf);
  }
  // Where a leaf looks, in an area; empty: anywhere.
  std::string PlaceOfLeaf(const v1::FindingCondition& finding,
                          const std::string& area) const;
  Span SpanOf(const v1::Window& window) const;
  double LimitOf(const v1::QuantityCondition& quantity) const;
  // The longest window that a rule looks back through, in days.
  int LongestWindowOf(const v1::Rule& rule) const;

 private:
  using Place = std::pair<v1::FindingPlace, std::string>;

  void Visit(const v1::Condition& condition, std::set<int>* asked);
  Place PlaceOf(const v1::FindingCondition& finding) const;
  Place OwnPlaceOf(const v1::Concept& c) const;
  std::string Resolve(const Place& place, const std::string& area) const;
  void AddLabelLimits(std::set<int>* asked, v1::LabelLimit limit);
  void OrderGates();
  Ground MakeGround(const std::string& area) const;
  void AddArcs(const v1::ConceptState& given, const v1::ConceptState& implied,
               Ground* ground) const;
  States MakeStates(int c, const std::string& area, Day as_of, Day day) const;
  States MakeValues(int c) const;

  const v1::RuleCatalog catalog_;
  const Index index_;
  std::unordered_map<std::string, int> concept_at_;
  std::unordered_map<const void*, int> concept_of_leaf_;
  std::map<const v1::Rule*, std::set<int>> asked_by_;
  std::vector<std::set<Place>> places_;
  std::vector<std::vector<Span>> end_windows_;
  std::vector<std::vector<Span>> onset_windows_;
  std::vector<std::set<double>> limits_;
  std::vector<int> gates_first_;
  mutable std::map<std::string, Ground> grounds_;
  mutable std::map<std::tuple<std::string, int, Day, Day>, States> states_;
};

// One patient, one treatment, one area, as it looks on one day. Refers to the
// oracle and the inquiry.
class Case {
 public:
  // What is known, of the concepts `about` alone where it is not empty, seen
  // from `day`, if nothing new became known after the day of the decision.
  Case(const Oracle& oracle, const Inquiry& inquiry, Day day,
       const std::set<int>& about = {});
  Case(const Oracle& oracle, const Inquiry& inquiry)
      : Case(oracle, inquiry, inquiry.as_of) {}

  const std::vector<State>& StatesOf(int c) const { return *states_[c]; }
  const std::vector<std::string>& PlacesOf(int c) const {
    return ground_.places[c];
  }
  // Positions in `StatesOf` of what a concept can be.
  const std::vector<int>& AllowedOf(int c) const { return allowed_[c]; }
  bool IsUnknown(int c) const { return allowed_[c].size() > 1; }

  // What the statements leave possible in one place, before anything is drawn
  // from implications.
  struct Evidence {
    bool never = true;
    std::optional<DayInterval> past;
    std::optional<DayInterval> present;
  };
  Evidence EvidenceIn(const std::string& place, int c) const;
  // The same of a concept in all of its places, or of a quantity, as positions
  // in `StatesOf`.
  std::vector<int> AllowedByStatements(int c) const;

  const std::vector<const v1::Rule*>& rules() const { return rules_; }

  // How many combinations of states there are, or `limit` if more.
  size_t Combinations(const std::set<int>& concepts, size_t limit) const;

  // Calls `visit` for each completion of `concepts`, the others being -1,
  // until it returns false.
  void ForEachCompletion(
      const std::set<int>& concepts,
      const std::function<bool(const Completion&)>& visit) const;

  // A completion at random, in which each of `fixed` is as given; none where
  // that is not possible.
  std::optional<Completion> Sample(std::mt19937_64* random,
                                   const std::map<int, int>& fixed = {}) const;

  bool IsConsistent(const Completion& completion) const;
  // An implication that a completion breaks, or null.
  const Arc* BrokenArc(const Completion& completion) const;
  bool Breaks(const Arc& arc, int gate_state, int target_state) const;
  bool IsTrue(const v1::Rule& rule, const Completion& completion) const;
  v1::Verdict VerdictOf(const Completion& completion) const;

  // Tries every completion of what the rule asks and of the gates above.
  Truth TruthOf(const v1::Rule& rule) const;

  // The table of verdicts, and the strictest verdict of a completion, from
  // the truth of each rule.
  v1::Verdict Verdict(const std::vector<Truth>& truths) const;
  v1::Verdict Possible(const std::vector<Truth>& truths) const;

  // The notices of the record and of broken implications.
  std::set<NoticeLine> Notices() const;

 private:
  using Lives = std::vector<const Said*>;

  bool BearsOn(const Said& said, const std::string& place) const;
  bool Covers(const Said& said, const std::string& place) const;
  DayInterval Latest(const Lives& statements, bool onset) const;
  std::vector<int> AllowedConditions(int c) const;
  std::vector<int> AllowedValues(int c) const;
  std::vector<int> AllowedAges(int c) const;
  void DrawConclusions();
  bool DrawForward();
  bool DrawBackward();

  bool GateGiven(const Arc& arc, int state) const;
  bool TargetImplied(const Arc& arc, int state) const;
  bool Propagate(std::vector<std::vector<int>>* choices) const;
  bool BreaksAt(int c, const Completion& completion) const;
  bool Extend(const std::vector<int>& concepts, size_t at,
              Completion* completion,
              const std::function<bool(const Completion&)>& visit) const;

  bool Holds(const v1::Condition& condition,
             const Completion& completion) const;
  bool HoldsFinding(const v1::FindingCondition& finding,
                    const Completion& completion) const;
  bool HoldsQuantity(const v1::QuantityCondition& quantity,
                     const Completion& completion) const;
  bool HoldsDevice(const v1::DeviceCondition& device) const;
  bool HoldsLabel(v1::LabelLimit limit, const Completion& completion) const;
  bool UseAllows(const v1::ClearedUse& use, v1::LabelLimit limit,
                 const Completion& completion) const;
  double ValueOf(const std::string& concept_id,
                 const Completion& completion) const;
  int StrictnessOf(const v1::Rule& rule) const;

  const Oracle& oracle_;
  const Inquiry& inquiry_;
  const Day day_;
  const Record record_;
  const Oracle::Ground& ground_;
  std::vector<const v1::Rule*> rules_;
  // The device as the catalogue lists it for this treatment, or null.
  const v1::Device* device_ = nullptr;
  std::vector<bool> about_;
  std::vector<const std::vector<State>*> states_;
  std::vector<std::vector<const Said*>> said_;
  std::vector<std::vector<int>> allowed_;
  std::vector<bool> broken_;
};

// Every completion of a case with its verdict. Refers to the case, which has
// to be small.
class Enumeration {
 public:
  explicit Enumeration(const Case& small);

  // The strictest verdict of a completion.
  v1::Verdict Possible() const;

  // Unknown concepts two answers to which give different verdicts: all others
  // being equal, or, for a gate, where one answer leaves verdicts possible
  // that the other, with what it implies, rules out.
  std::set<std::string> MustAsk(const Oracle& oracle) const;

  // Unknown concepts two answers to which can give different verdicts, all
  // others being equal but for what one of the answers forces to change.
  std::set<std::string> MayAsk(const Oracle& oracle) const;

  // Whether completions that agree on `answered` have the same verdict.
  bool Settles(const Oracle& oracle,
               const std::set<std::string>& answered) const;

 private:
  enum class Others { kEqual, kFollow };
  // Whether a change of one answer changes the verdict of some row.
  bool Influences(size_t open, Others others) const;
  // Whether two answers to a gate leave different verdicts possible, what it
  // settles being open.
  bool RulesOut(const Oracle& oracle, size_t open) const;
  Completion CompletionAt(size_t row) const;
  // Whether some way to change what `completion` breaks by the answers in
  // `changed` gives another verdict than `verdict`.
  bool DiffersOnceFollowed(Completion* completion, std::set<int>* changed,
                           v1::Verdict verdict) const;

  const Case& case_;
  // Unknown concepts, and the distance of rows in which they differ.
  std::vector<int> open_;
  std::vector<size_t> stride_;
  Completion base_;
  // By row; UNSPECIFIED where an implication is broken.
  std::vector<v1::Verdict> verdicts_;
};

// What the oracle says of one treatment in one area.
struct Answer {
  std::map<std::string, Truth> truths;
  v1::Verdict verdict = v1::VERDICT_UNSPECIFIED;
  v1::Verdict possible = v1::VERDICT_UNSPECIFIED;
  // Where DEFERRED: the day on which no true deferral holds any more, if each
  // has one.
  std::optional<Day> eligible_from;
  std::set<NoticeLine> notices;
};

Answer Decide(const Oracle& oracle, const Inquiry& inquiry);

// First day after `inquiry.as_of` on which a rule is false if nothing new
// becomes known. Looks at each day in turn.
std::optional<Day> ClearsOn(const Oracle& oracle, const Inquiry& inquiry,
                            const v1::Rule& rule);

}  // namespace needlewise::oracle

#endif  // NEEDLEWISE_TESTS_SUPPORT_ORACLE_H_
