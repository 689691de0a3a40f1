#include "tests/support/oracle.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace needlewise::oracle {
namespace {

constexpr char kAnywhere[] = "";
constexpr char kSkinType[] = "fitzpatrick_skin_type";
constexpr char kAge[] = "age";
constexpr int kOldestAge = 130;

[[noreturn]] void Abort(const char* what) {
  std::fprintf(stderr, "oracle: %s\n", what);
  std::abort();
}

// A day of the proleptic Gregorian calendar.
struct Date {
  int year = 0;
  int month = 0;
  int day = 0;
};

bool IsLeap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int DaysIn(int year, int month) {
  static const int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[month - 1];
}

// Days from 1970-01-01 to a date, with years that begin in March.
Day FromDate(const Date& date) {
  const int year = date.month <= 2 ? date.year - 1 : date.year;
  const int era = (year >= 0 ? year : year - 399) / 400;
  const int of_era = year - era * 400;
  const int month = (date.month + 9) % 12;
  const int of_year = (153 * month + 2) / 5 + date.day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
         719468;
}

Date ToDate(Day day) {
  const int shifted = day + 719468;
  const int era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const int of_era = shifted - era * 146097;
  const int year_of_era =
      (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const int of_year =
      of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int month = (5 * of_year + 2) / 153;
  Date date;
  date.day = of_year - (153 * month + 2) / 5 + 1;
  date.month = month < 10 ? month + 3 : month - 9;
  date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

// First day on which a window that opened on `day` is over.
Day EndOf(Day day, const Span& span) {
  if (span.months == 0) return day + span.days;
  Date date = ToDate(day);
  const int months = date.month - 1 + span.months;
  date.year += months / 12;
  date.month = months % 12 + 1;
  if (date.day > DaysIn(date.year, date.month)) {
    date.day = 1;
    date.month += 1;
    if (date.month > 12) {
      date.month = 1;
      date.year += 1;
    }
  }
  return FromDate(date);
}

// Earliest day on which a window can have opened that is open on `day`.
Day FirstOpen(Day day, const Span& span) {
  Day first = day - span.days - 31 * span.months - 3;
  while (EndOf(first, span) <= day) ++first;
  return first;
}

// Days up to `as_of`, latest first, parted where a window that opened on them
// begins to be over on `day`.
std::vector<DayInterval> PartDays(const std::vector<Span>& windows, Day as_of,
                                  Day day) {
  std::set<Day> firsts = {kEarliestDay};
  for (const Span& window : windows) {
    const Day first = FirstOpen(day, window);
    if (first <= as_of) firsts.insert(first);
  }
  std::vector<DayInterval> parts;
  Day last = as_of;
  for (auto first = firsts.rbegin(); first != firsts.rend(); ++first) {
    parts.push_back({*first, last});
    last = *first - 1;
  }
  return parts;
}

bool Meet(const DayInterval& a, const DayInterval& b) {
  return a.first <= b.last && b.first <= a.last;
}

int CompletedYears(Day birth, Day day) {
  const Date from = ToDate(birth);
  const Date to = ToDate(day);
  const bool before_birthday =
      to.month < from.month || (to.month == from.month && to.day < from.day);
  return to.year - from.year - (before_birthday ? 1 : 0);
}

// Whether a wider place can be so while a place in it is: what is so in the
// one is so in the other, as lately or later.
bool Agrees(const Life& inner, const Life& outer) {
  switch (inner.kind) {
    case Life::Kind::kNever:
      return true;
    case Life::Kind::kPast:
      return outer.kind == Life::Kind::kPresent ||
             (outer.kind == Life::Kind::kPast &&
              outer.days.last >= inner.days.last);
    case Life::Kind::kPresent:
      return outer.kind == Life::Kind::kPresent &&
             outer.days.last >= inner.days.last;
  }
  return false;
}

bool Stands(const Life& life, v1::FindingStatus status) {
  switch (status) {
    case v1::FINDING_STATUS_PRESENT:
      return life.kind == Life::Kind::kPresent;
    case v1::FINDING_STATUS_ABSENT:
      return life.kind != Life::Kind::kPresent;
    case v1::FINDING_STATUS_NEVER:
      return life.kind == Life::Kind::kNever;
    default:
      return false;
  }
}

bool IsDenial(v1::FindingStatus status) {
  return status == v1::FINDING_STATUS_ABSENT ||
         status == v1::FINDING_STATUS_NEVER;
}

bool Compare(v1::Comparison comparison, double value, double limit) {
  switch (comparison) {
    case v1::COMPARISON_LESS:
      return value < limit;
    case v1::COMPARISON_LESS_OR_EQUAL:
      return value <= limit;
    case v1::COMPARISON_GREATER:
      return value > limit;
    case v1::COMPARISON_GREATER_OR_EQUAL:
      return value >= limit;
    default:
      Abort("a comparison is not set");
  }
}

// Every birthday that fits what is said on the day of the decision, in order.
// Empty where nothing is.
std::vector<Day> BirthsOf(const Inquiry& inquiry) {
  const v1::Patient& patient = inquiry.patient;
  DayInterval birth = {inquiry.as_of - 366 * (patient.age_years() + 1),
                       inquiry.as_of - 365 * patient.age_years()};
  if (!patient.birth_date().empty()) {
    birth = *ParsePartialDate(patient.birth_date());
    birth.last = std::min(birth.last, inquiry.as_of);
  } else if (!patient.has_age_years()) {
    return {};
  }
  std::vector<Day> births;
  for (Day born = birth.first; born <= birth.last; ++born) {
    if (!patient.has_age_years() ||
        CompletedYears(born, inquiry.as_of) == patient.age_years()) {
      births.push_back(born);
    }
  }
  return births;
}

template <typename Values, typename Value>
bool Contains(const Values& values, const Value& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

// The catalogue.

Oracle::Oracle(const v1::RuleCatalog& catalog)
    : catalog_(catalog), index_(catalog_) {
  for (int c = 0; c < catalog_.concepts_size(); ++c) {
    concept_at_[catalog_.concepts(c).concept_id()] = c;
  }
  places_.resize(concept_count());
  end_windows_.resize(concept_count());
  onset_windows_.resize(concept_count());
  limits_.resize(concept_count());
  for (const v1::Rule& rule : catalog_.rules()) {
    Visit(rule.condition(), &asked_by_[&rule]);
  }
  std::set<int> by_plan;
  for (const v1::PlanItem& item : catalog_.plan_items()) {
    if (item.has_condition()) Visit(item.condition(), &by_plan);
  }
  for (const v1::Implication& implication : catalog_.implications()) {
    for (const v1::ConceptState& state : implication.implies()) {
      const int c = ConceptOf(state.concept());
      if (state.has_at_least()) limits_[c].insert(state.at_least());
      if (state.has_at_most()) limits_[c].insert(state.at_most());
    }
  }
  for (int c = 0; c < concept_count(); ++c) {
    if (places_[c].empty()) {
      places_[c].insert(OwnPlaceOf(catalog_.concepts(c)));
    }
  }
  OrderGates();
}

void Oracle::Visit(const v1::Condition& condition, std::set<int>* asked) {
  switch (condition.kind_case()) {
    case v1::Condition::kAllOf:
      for (const auto& c : condition.all_of().conditions()) Visit(c, asked);
      return;
    case v1::Condition::kAnyOf:
      for (const auto& c : condition.any_of().conditions()) Visit(c, asked);
      return;
    case v1::Condition::kNot:
      Visit(condition.not_(), asked);
      return;
    case v1::Condition::kFinding: {
      const v1::FindingCondition& finding = condition.finding();
      const int c = ConceptOf(finding.concept());
      concept_of_leaf_[&finding] = c;
      asked->insert(c);
      places_[c].insert(PlaceOf(finding));
      if (finding.time() == v1::FINDING_TIME_WITHIN) {
        end_windows_[c].push_back(SpanOf(finding.within()));
      } else if (finding.time() == v1::FINDING_TIME_BEGAN_WITHIN) {
        onset_windows_[c].push_back(SpanOf(finding.within()));
      }
      return;
    }
    case v1::Condition::kQuantity: {
      const int c = ConceptOf(condition.quantity().concept());
      concept_of_leaf_[&condition.quantity()] = c;
      asked->insert(c);
      limits_[c].insert(LimitOf(condition.quantity()));
      return;
    }
    case v1::Condition::kLabel:
      AddLabelLimits(asked, condition.label().outside());
      return;
    default:
      return;
  }
}

void Oracle::AddLabelLimits(std::set<int>* asked, v1::LabelLimit limit) {
  const auto add = [&](const char* id, std::initializer_list<double> values) {
    const auto found = concept_at_.find(id);
    if (found == concept_at_.end()) return;
    asked->insert(found->second);
    limits_[found->second].insert(values.begin(), values.end());
  };
  for (const v1::Device& device : catalog_.devices()) {
    for (const v1::ClearedUse& use : device.cleared_uses()) {
      if (limit == v1::LABEL_LIMIT_AGE && use.minimum_age() > 0) {
        add(kAge, {static_cast<double>(use.minimum_age())});
      } else if (limit == v1::LABEL_LIMIT_SKIN_TYPE) {
        add(kSkinType,
            {std::max(1.0, static_cast<double>(use.minimum_skin_type())),
             use.maximum_skin_type() == 0
                 ? 6.0
                 : static_cast<double>(use.maximum_skin_type())});
      }
    }
  }
}

Oracle::Place Oracle::OwnPlaceOf(const v1::Concept& c) const {
  return {c.scope() == v1::CONCEPT_SCOPE_TREATMENT_AREA
              ? v1::FINDING_PLACE_TREATMENT_AREA
              : v1::FINDING_PLACE_ANYWHERE,
          ""};
}

Oracle::Place Oracle::PlaceOf(const v1::FindingCondition& finding) const {
  if (finding.place() == v1::FINDING_PLACE_UNSPECIFIED) {
    return OwnPlaceOf(*index_.concepts.at(finding.concept()));
  }
  return {finding.place(), finding.region()};
}

std::string Oracle::Resolve(const Place& place, const std::string& area) const {
  switch (place.first) {
    case v1::FINDING_PLACE_TREATMENT_AREA:
      return area;
    case v1::FINDING_PLACE_REGION:
      return index_.Holds(place.second, area) ? place.second : area;
    default:
      return kAnywhere;
  }
}

std::string Oracle::PlaceOfLeaf(const v1::FindingCondition& finding,
                                const std::string& area) const {
  return Resolve(PlaceOf(finding), area);
}

Span Oracle::SpanOf(const v1::Window& window) const {
  const auto hours = [](double h) {
    // The hour of day is not known: the day itself, and every day begun.
    return Span{1 + static_cast<int>(std::ceil(h / 24)), 0};
  };
  switch (window.length_case()) {
    case v1::Window::kHours:
      return hours(window.hours());
    case v1::Window::kDays:
      return Span{window.days(), 0};
    case v1::Window::kWeeks:
      return Span{window.weeks() * 7, 0};
    case v1::Window::kMonths:
      return Span{0, window.months()};
    case v1::Window::kParameter:
      break;
    case v1::Window::LENGTH_NOT_SET:
      Abort("a window has no length");
  }
  for (const v1::Parameter& p : catalog_.parameters()) {
    if (p.parameter_id() != window.parameter()) continue;
    const int value = static_cast<int>(p.value());
    if (p.unit() == "h") return hours(p.value());
    if (p.unit() == "d") return Span{value, 0};
    if (p.unit() == "wk") return Span{value * 7, 0};
    return Span{0, value};
  }
  Abort("a window names no parameter");
}

double Oracle::LimitOf(const v1::QuantityCondition& quantity) const {
  return quantity.has_parameter() ? index_.Parameter(quantity.parameter())
                                  : quantity.value();
}

int Oracle::LongestWindowOf(const v1::Rule& rule) const {
  int longest = 0;
  for (const int c : WithConnected(AskedBy(rule))) {
    for (const auto* windows : {&end_windows_[c], &onset_windows_[c]}) {
      for (const Span& span : *windows) {
        longest = std::max(longest, span.days + 31 * span.months);
      }
    }
  }
  return longest;
}

void Oracle::OrderGates() {
  std::vector<bool> done(concept_count(), false);
  while (static_cast<int>(gates_first_.size()) < concept_count()) {
    const size_t before = gates_first_.size();
    for (int c = 0; c < concept_count(); ++c) {
      bool waits = done[c];
      for (const v1::Implication& i : catalog_.implications()) {
        for (const v1::ConceptState& implied : i.implies()) {
          waits = waits || (ConceptOf(implied.concept()) == c &&
                            !done[ConceptOf(i.given().concept())]);
        }
      }
      if (waits) continue;
      done[c] = true;
      gates_first_.push_back(c);
    }
    if (gates_first_.size() == before) Abort("implications run in a circle");
  }
}

std::vector<const v1::Rule*> Oracle::RulesOf(const std::string& treatment,
                                             const std::string& profile) const {
  const v1::Treatment& asked = *index_.treatments.at(treatment);
  std::set<std::string> lineage = {treatment};
  if (!asked.base().empty()) lineage.insert(asked.base());
  for (const std::string& part : asked.combines()) {
    lineage.insert(part);
    lineage.insert(index_.treatments.at(part)->base());
  }
  std::vector<const v1::Rule*> rules;
  for (const v1::Rule& rule : catalog_.rules()) {
    const bool applies =
        std::any_of(rule.applies_to().begin(), rule.applies_to().end(),
                    [&](const auto& id) { return lineage.count(id) > 0; });
    const bool chosen = profile.empty() || profile == "standard" ||
                        Contains(rule.profiles(), profile);
    if (applies && chosen) rules.push_back(&rule);
  }
  return rules;
}

std::set<int> Oracle::WithGates(const std::set<int>& concepts) const {
  std::set<int> found = concepts;
  for (auto at = gates_first_.rbegin(); at != gates_first_.rend(); ++at) {
    if (found.count(*at) == 0) continue;
    for (const v1::Implication& i : catalog_.implications()) {
      for (const v1::ConceptState& implied : i.implies()) {
        if (ConceptOf(implied.concept()) == *at) {
          found.insert(ConceptOf(i.given().concept()));
        }
      }
    }
  }
  return found;
}

std::set<int> Oracle::WithTargets(const std::set<int>& concepts) const {
  std::set<int> found = concepts;
  for (const int c : gates_first_) {
    if (found.count(c) == 0) continue;
    for (const v1::Implication& i : catalog_.implications()) {
      if (ConceptOf(i.given().concept()) != c) continue;
      for (const v1::ConceptState& implied : i.implies()) {
        found.insert(ConceptOf(implied.concept()));
      }
    }
  }
  return found;
}

std::set<int> Oracle::WithConnected(const std::set<int>& concepts) const {
  std::set<int> found = concepts;
  for (size_t before = 0; before != found.size();) {
    before = found.size();
    for (const v1::Implication& i : catalog_.implications()) {
      const int gate = ConceptOf(i.given().concept());
      for (const v1::ConceptState& implied : i.implies()) {
        const int target = ConceptOf(implied.concept());
        if (found.count(gate) + found.count(target) == 1) {
          found.insert({gate, target});
        }
      }
    }
  }
  return found;
}

const Oracle::Ground& Oracle::GroundOf(const std::string& area) const {
  const auto found = grounds_.find(area);
  if (found != grounds_.end()) return found->second;
  return grounds_.emplace(area, MakeGround(area)).first->second;
}

Oracle::Ground Oracle::MakeGround(const std::string& area) const {
  Ground ground;
  ground.places.resize(concept_count());
  for (int c = 0; c < concept_count(); ++c) {
    std::set<std::string> distinct;
    for (const Place& place : places_[c]) distinct.insert(Resolve(place, area));
    std::vector<std::string>& places = ground.places[c];
    // Each place after every place that lies in it.
    while (!distinct.empty()) {
      for (const std::string& place : distinct) {
        if (std::any_of(distinct.begin(), distinct.end(), [&](const auto& p) {
              return p != place && index_.Holds(place, p);
            })) {
          continue;
        }
        places.push_back(place);
        distinct.erase(place);
        break;
      }
    }
  }
  for (const v1::Implication& i : catalog_.implications()) {
    for (const v1::ConceptState& implied : i.implies()) {
      AddArcs(i.given(), implied, &ground);
    }
  }
  ground.arcs_at.resize(concept_count());
  for (size_t a = 0; a < ground.arcs.size(); ++a) {
    ground.arcs_at[ground.arcs[a].gate].push_back(static_cast<int>(a));
    ground.arcs_at[ground.arcs[a].target].push_back(static_cast<int>(a));
  }
  return ground;
}

// An implication holds of every part of the body: what is denied of a place is
// denied of what lies in it, and what is present in a place is present in what
// holds it.
void Oracle::AddArcs(const v1::ConceptState& given,
                     const v1::ConceptState& implied, Ground* ground) const {
  Arc arc;
  arc.gate = ConceptOf(given.concept());
  arc.given = given.status();
  arc.target = ConceptOf(implied.concept());
  arc.implied = &implied;
  const std::vector<std::string>& from = ground->places[arc.gate];
  const std::vector<std::string>& to = ground->places[arc.target];
  if (!implied.has_status()) {
    // A quantity is of the whole patient, so the widest answer settles it.
    arc.gate_place = static_cast<int>(from.size()) - 1;
    ground->arcs.push_back(arc);
    return;
  }
  const bool denied = IsDenial(given.status());
  const bool denies = IsDenial(implied.status());
  for (size_t g = 0; g < from.size(); ++g) {
    for (size_t t = 0; t < to.size(); ++t) {
      const bool follows = denied && denies     ? index_.Holds(from[g], to[t])
                           : !denied && !denies ? index_.Holds(to[t], from[g])
                                                : from[g] == to[t];
      if (!follows) continue;
      arc.gate_place = static_cast<int>(g);
      arc.target_place = static_cast<int>(t);
      ground->arcs.push_back(arc);
    }
  }
}

const Oracle::States& Oracle::StatesOf(int c, const std::string& area,
                                       Day as_of, Day day) const {
  const auto key = std::make_tuple(area, c, as_of, day);
  const auto found = states_.find(key);
  if (found != states_.end()) return found->second;
  return states_
      .emplace(key, Index::IsQuantity(catalog_.concepts(c))
                        ? MakeValues(c)
                        : MakeStates(c, area, as_of, day))
      .first->second;
}

Oracle::States Oracle::MakeStates(int c, const std::string& area, Day as_of,
                                  Day day) const {
  std::vector<Life> lives = {Life{}};
  for (const DayInterval& part : PartDays(end_windows_[c], as_of, day)) {
    lives.push_back(Life{Life::Kind::kPast, part});
  }
  for (const DayInterval& part : PartDays(onset_windows_[c], as_of, day)) {
    lives.push_back(Life{Life::Kind::kPresent, part});
  }
  const std::vector<std::string>& places = GroundOf(area).places[c];
  States states = {State{}};
  for (size_t p = 0; p < places.size(); ++p) {
    States longer;
    for (const State& state : states) {
      for (const Life& life : lives) {
        bool fits = true;
        for (size_t q = 0; q < p; ++q) {
          fits = fits && (!index_.Holds(places[p], places[q]) ||
                          Agrees(state.lives[q], life));
        }
        if (!fits) continue;
        longer.push_back(state);
        longer.back().lives.push_back(life);
      }
    }
    states = std::move(longer);
  }
  return states;
}

Oracle::States Oracle::MakeValues(int c) const {
  const v1::QuantityForm& form = catalog_.concepts(c).quantity();
  // Every limit, and values on either side of it and between.
  std::set<double> marks = {form.minimum(), form.maximum()};
  marks.insert(limits_[c].begin(), limits_[c].end());
  std::set<double> values;
  double before = *marks.begin();
  for (const double mark : marks) {
    values.insert(mark);
    values.insert((before + mark) / 2);
    for (const double whole : {std::floor(mark), std::ceil(mark)}) {
      if (form.whole_numbers()) {
        values.insert({whole - 1, whole, whole + 1});
      }
    }
    before = mark;
  }
  States states;
  for (const double value : values) {
    if (value < form.minimum() || value > form.maximum()) continue;
    if (form.whole_numbers() && value != std::floor(value)) continue;
    if (StatesLike(c, states, value).empty()) {
      State state;
      state.value = value;
      states.push_back(state);
    }
  }
  return states;
}

std::vector<int> Oracle::StatesLike(int c, const States& states,
                                    double value) const {
  std::vector<int> like;
  for (size_t s = 0; s < states.size(); ++s) {
    const bool same =
        std::all_of(limits_[c].begin(), limits_[c].end(), [&](double limit) {
          return (value < limit) == (states[s].value < limit) &&
                 (value > limit) == (states[s].value > limit);
        });
    if (same) like.push_back(static_cast<int>(s));
  }
  return like;
}

// One case.

Case::Case(const Oracle& oracle, const Inquiry& inquiry, Day day,
           const std::set<int>& about)
    : oracle_(oracle),
      inquiry_(inquiry),
      day_(day),
      record_(oracle.index(), inquiry, inquiry.as_of),
      ground_(oracle.GroundOf(inquiry.area)),
      rules_(oracle.RulesOf(inquiry.treatment, inquiry.profile)),
      about_(oracle.concept_count(), about.empty()),
      states_(oracle.concept_count()),
      said_(oracle.concept_count()),
      allowed_(oracle.concept_count()),
      broken_(oracle.concept_count(), false) {
  const auto device = oracle.index().devices.find(inquiry.device);
  if (device != oracle.index().devices.end()) {
    const v1::Treatment& treatment =
        *oracle.index().treatments.at(inquiry.treatment);
    for (const std::string& use : device->second->treatments()) {
      if (use == inquiry.treatment || Contains(treatment.combines(), use)) {
        device_ = device->second;
      }
    }
  }
  for (const Said& said : record_.said()) {
    said_[oracle.ConceptOf(said.concept_id)].push_back(&said);
  }
  for (const int c : about) about_[c] = true;
  for (int c = 0; c < oracle.concept_count(); ++c) {
    if (!about_[c]) continue;
    states_[c] = &oracle.StatesOf(c, inquiry.area, inquiry.as_of, day);
    allowed_[c] = AllowedByStatements(c);
    if (allowed_[c].empty()) Abort("statements leave a concept no state");
  }
  DrawConclusions();
}

bool Case::BearsOn(const Said& said, const std::string& place) const {
  if (place == kAnywhere) return true;
  const Index& index = oracle_.index();
  return std::any_of(said.areas.begin(), said.areas.end(), [&](const auto& a) {
    return index.Holds(a, place) || index.Holds(place, a);
  });
}

// What was somewhere, nobody said where, may be elsewhere now.
bool Case::Covers(const Said& said, const std::string& place) const {
  if (said.areas.empty()) {
    const v1::Concept& about = *oracle_.index().concepts.at(said.concept_id);
    return IsDenial(said.status) || about.scope() == v1::CONCEPT_SCOPE_PATIENT;
  }
  if (place == kAnywhere) return false;
  return std::any_of(said.areas.begin(), said.areas.end(), [&](const auto& a) {
    return oracle_.index().Holds(a, place);
  });
}

// The latest of several dates. One that is not stated may be later than all
// that are, unless a statement with a date was made no earlier: that answers
// it, if it can.
DayInterval Case::Latest(const Lives& statements, bool onset) const {
  const DayInterval any = {kEarliestDay, inquiry_.as_of};
  DayInterval latest = {kEarliestDay, kEarliestDay};
  std::vector<const Said*> dated;
  for (const Said* s : statements) {
    const std::optional<DayInterval>& date = onset ? s->onset : s->last;
    // What ended, ended no earlier than it began.
    if (!onset && s->onset.has_value()) {
      latest.first = std::max(latest.first, s->onset->first);
    }
    if (!date.has_value()) continue;
    dated.push_back(s);
    latest.first = std::max(latest.first, date->first);
    latest.last = std::max(latest.last, date->last);
  }
  for (const Said* s : statements) {
    if ((onset ? s->onset : s->last).has_value()) continue;
    const bool answered = std::any_of(
        dated.begin(), dated.end(),
        [&](const Said* d) { return d->recorded.first >= s->recorded.last; });
    if (!answered) latest.last = any.last;
  }
  if (latest.first > latest.last) latest.last = any.last;
  latest.last = std::min(latest.last, any.last);
  return latest;
}

Case::Evidence Case::EvidenceIn(const std::string& place, int c) const {
  const DayInterval any = {kEarliestDay, inquiry_.as_of};
  bool not_now = false;
  bool never = false;
  Lives present;
  Lives past;
  bool contested_present = false;
  bool contested_past = false;
  for (const Said* s : said_[c]) {
    const bool bears = BearsOn(*s, place);
    const bool is_present = s->status == v1::FINDING_STATUS_PRESENT;
    const bool is_past = s->status == v1::FINDING_STATUS_PAST;
    if (s->standing == Said::Standing::kContested) {
      contested_present = contested_present || (is_present && bears);
      contested_past = contested_past || (is_past && bears);
      continue;
    }
    if (s->standing != Said::Standing::kHolds) continue;
    if (IsDenial(s->status)) {
      if (!Covers(*s, place)) continue;
      not_now = true;
      never = never || s->status == v1::FINDING_STATUS_NEVER;
    } else if (!bears) {
      if (!s->areas_complete) continue;
      not_now = true;
      never = never || is_past;
    } else if (is_present) {
      present.push_back(s);
    } else {
      past.push_back(s);
      not_now = not_now || s->areas_complete || Covers(*s, place);
    }
  }
  Evidence evidence;
  if (!present.empty()) {
    evidence.never = false;
    evidence.present = contested_present ? any : Latest(present, true);
    return evidence;
  }
  // While it is open whether it is present there, or was, nothing said of
  // other places settles that it is not, or was not.
  if (contested_present) not_now = never = false;
  if (contested_past) never = false;
  if (!past.empty()) {
    evidence.never = false;
    evidence.past = Latest(past, false);
    if (contested_past || contested_present) evidence.past->last = any.last;
  } else if (!never) {
    evidence.past = any;
  }
  if (!not_now) evidence.present = any;
  return evidence;
}

std::vector<int> Case::AllowedByStatements(int c) const {
  const v1::Concept& about = oracle_.catalog().concepts(c);
  if (about.kind() == v1::CONCEPT_KIND_AGE) return AllowedAges(c);
  return Index::IsQuantity(about) ? AllowedValues(c) : AllowedConditions(c);
}

std::vector<int> Case::AllowedConditions(int c) const {
  std::vector<Evidence> evidence;
  for (const std::string& place : PlacesOf(c)) {
    evidence.push_back(EvidenceIn(place, c));
  }
  const auto fits = [](const Life& life, const Evidence& known) {
    switch (life.kind) {
      case Life::Kind::kNever:
        return known.never;
      case Life::Kind::kPast:
        return known.past.has_value() && Meet(*known.past, life.days);
      case Life::Kind::kPresent:
        return known.present.has_value() && Meet(*known.present, life.days);
    }
    return false;
  };
  std::vector<int> allowed;
  for (size_t s = 0; s < StatesOf(c).size(); ++s) {
    bool all_fit = true;
    for (size_t p = 0; p < evidence.size(); ++p) {
      all_fit = all_fit && fits(StatesOf(c)[s].lives[p], evidence[p]);
    }
    if (all_fit) allowed.push_back(static_cast<int>(s));
  }
  return allowed;
}

std::vector<int> Case::AllowedValues(int c) const {
  for (const Said* s : said_[c]) {
    if (s->standing == Said::Standing::kHolds) {
      return oracle_.StatesLike(c, StatesOf(c), *s->value);
    }
  }
  std::vector<int> all;
  for (size_t s = 0; s < StatesOf(c).size(); ++s) {
    all.push_back(static_cast<int>(s));
  }
  return all;
}

std::vector<int> Case::AllowedAges(int c) const {
  const std::vector<Day> births = BirthsOf(inquiry_);
  if (births.empty()) return AllowedValues(c);
  std::set<int> ages;
  for (const Day born : births) ages.insert(CompletedYears(born, day_));
  std::set<int> allowed;
  for (const int age : ages) {
    for (const int s : oracle_.StatesLike(c, StatesOf(c), age)) {
      allowed.insert(s);
    }
  }
  return {allowed.begin(), allowed.end()};
}

bool Case::GateGiven(const Arc& arc, int state) const {
  return Stands(StatesOf(arc.gate)[state].lives[arc.gate_place], arc.given);
}

bool Case::TargetImplied(const Arc& arc, int state) const {
  const State& target = StatesOf(arc.target)[state];
  const v1::ConceptState& implied = *arc.implied;
  if (implied.has_at_least()) return target.value >= implied.at_least();
  if (implied.has_at_most()) return target.value <= implied.at_most();
  return Stands(target.lives[arc.target_place], implied.status());
}

bool Case::Breaks(const Arc& arc, int gate_state, int target_state) const {
  return !broken_[arc.target] && GateGiven(arc, gate_state) &&
         !TargetImplied(arc, target_state);
}

void Case::DrawConclusions() {
  while (DrawForward() || DrawBackward()) {
  }
}

// What a known answer implies; where a statement breaks it, the implied
// concept is unknown.
bool Case::DrawForward() {
  bool changed = false;
  for (const int target : oracle_.gates_first()) {
    if (!about_[target] || broken_[target]) continue;
    std::vector<int> left = allowed_[target];
    for (const int a : ground_.arcs_at[target]) {
      const Arc& arc = ground_.arcs[a];
      if (arc.target != target || !about_[arc.gate]) continue;
      const std::vector<int>& gate = allowed_[arc.gate];
      if (!std::all_of(gate.begin(), gate.end(),
                       [&](int s) { return GateGiven(arc, s); })) {
        continue;
      }
      left.erase(std::remove_if(left.begin(), left.end(),
                                [&](int s) { return !TargetImplied(arc, s); }),
                 left.end());
    }
    if (left.size() == allowed_[target].size()) continue;
    changed = true;
    if (left.empty()) {
      broken_[target] = true;
      for (size_t s = 0; s < StatesOf(target).size(); ++s) {
        left.push_back(static_cast<int>(s));
      }
    }
    allowed_[target] = left;
  }
  return changed;
}

// What a concept is known not to be, no gate can have said.
bool Case::DrawBackward() {
  bool changed = false;
  for (const Arc& arc : ground_.arcs) {
    if (!about_[arc.gate] || !about_[arc.target] || broken_[arc.target]) {
      continue;
    }
    const std::vector<int>& target = allowed_[arc.target];
    if (std::any_of(target.begin(), target.end(),
                    [&](int s) { return TargetImplied(arc, s); })) {
      continue;
    }
    std::vector<int> left;
    for (const int s : allowed_[arc.gate]) {
      if (!GateGiven(arc, s)) left.push_back(s);
    }
    if (left.empty() || left.size() == allowed_[arc.gate].size()) continue;
    allowed_[arc.gate] = left;
    changed = true;
  }
  return changed;
}

size_t Case::Combinations(const std::set<int>& concepts, size_t limit) const {
  size_t product = 1;
  for (const int c : concepts) {
    product *= allowed_[c].size();
    if (product > limit) return limit;
  }
  return product;
}

bool Case::BreaksAt(int c, const Completion& completion) const {
  for (const int a : ground_.arcs_at[c]) {
    const Arc& arc = ground_.arcs[a];
    if (completion[arc.gate] >= 0 && completion[arc.target] >= 0 &&
        Breaks(arc, completion[arc.gate], completion[arc.target])) {
      return true;
    }
  }
  return false;
}

const Arc* Case::BrokenArc(const Completion& completion) const {
  for (const Arc& arc : ground_.arcs) {
    if (completion[arc.gate] >= 0 && completion[arc.target] >= 0 &&
        Breaks(arc, completion[arc.gate], completion[arc.target])) {
      return &arc;
    }
  }
  return nullptr;
}

bool Case::IsConsistent(const Completion& completion) const {
  for (size_t c = 0; c < completion.size(); ++c) {
    if (completion[c] >= 0 && !Contains(allowed_[c], completion[c])) {
      return false;
    }
  }
  return BrokenArc(completion) == nullptr;
}

bool Case::Extend(const std::vector<int>& concepts, size_t at,
                  Completion* completion,
                  const std::function<bool(const Completion&)>& visit) const {
  if (at == concepts.size()) return visit(*completion);
  const int c = concepts[at];
  for (const int state : allowed_[c]) {
    (*completion)[c] = state;
    if (!BreaksAt(c, *completion) &&
        !Extend(concepts, at + 1, completion, visit)) {
      return false;
    }
  }
  (*completion)[c] = -1;
  return true;
}

void Case::ForEachCompletion(
    const std::set<int>& concepts,
    const std::function<bool(const Completion&)>& visit) const {
  Completion completion(oracle_.concept_count(), -1);
  Extend({concepts.begin(), concepts.end()}, 0, &completion, visit);
}

// Removes what leaves an implication no way to hold, until nothing is left to
// remove. Returns whether every concept still has a state.
bool Case::Propagate(std::vector<std::vector<int>>* choices) const {
  bool changed = true;
  while (changed) {
    changed = false;
    for (const Arc& arc : ground_.arcs) {
      std::vector<int>& gates = (*choices)[arc.gate];
      std::vector<int>& targets = (*choices)[arc.target];
      const auto remove = [&](std::vector<int>* from, const auto& fits) {
        const auto end = std::remove_if(from->begin(), from->end(),
                                        [&](int s) { return !fits(s); });
        changed = changed || end != from->end();
        from->erase(end, from->end());
      };
      if (!about_[arc.gate] || !about_[arc.target]) continue;
      remove(&gates, [&](int gate) {
        return std::any_of(targets.begin(), targets.end(), [&](int target) {
          return !Breaks(arc, gate, target);
        });
      });
      remove(&targets, [&](int target) {
        return std::any_of(gates.begin(), gates.end(), [&](int gate) {
          return !Breaks(arc, gate, target);
        });
      });
      if (gates.empty() || targets.empty()) return false;
    }
  }
  return true;
}

std::optional<Completion> Case::Sample(std::mt19937_64* random,
                                       const std::map<int, int>& fixed) const {
  std::vector<std::vector<int>> choices = allowed_;
  for (const auto& [c, state] : fixed) {
    if (!Contains(allowed_[c], state)) return std::nullopt;
    choices[c] = {state};
  }
  if (!Propagate(&choices)) return std::nullopt;
  Completion completion(oracle_.concept_count(), -1);
  for (const int c : oracle_.gates_first()) {
    if (!about_[c]) continue;
    completion[c] = choices[c][(*random)() % choices[c].size()];
    const bool was_open = choices[c].size() > 1;
    choices[c] = {completion[c]};
    if (was_open && !ground_.arcs_at[c].empty() && !Propagate(&choices)) {
      return std::nullopt;
    }
  }
  return completion;
}

double Case::ValueOf(const std::string& concept_id,
                     const Completion& completion) const {
  const int c = oracle_.ConceptOf(concept_id);
  return StatesOf(c)[completion[c]].value;
}

bool Case::IsTrue(const v1::Rule& rule, const Completion& completion) const {
  return Holds(rule.condition(), completion);
}

bool Case::Holds(const v1::Condition& condition,
                 const Completion& completion) const {
  switch (condition.kind_case()) {
    case v1::Condition::kAllOf:
      for (const v1::Condition& c : condition.all_of().conditions()) {
        if (!Holds(c, completion)) return false;
      }
      return true;
    case v1::Condition::kAnyOf:
      for (const v1::Condition& c : condition.any_of().conditions()) {
        if (Holds(c, completion)) return true;
      }
      return false;
    case v1::Condition::kNot:
      return !Holds(condition.not_(), completion);
    case v1::Condition::kFinding:
      return HoldsFinding(condition.finding(), completion);
    case v1::Condition::kQuantity:
      return HoldsQuantity(condition.quantity(), completion);
    case v1::Condition::kTreatmentArea:
      for (const std::string& area : condition.treatment_area().areas()) {
        if (oracle_.index().Holds(area, inquiry_.area)) return true;
      }
      return false;
    case v1::Condition::kDevice:
      return HoldsDevice(condition.device());
    case v1::Condition::kConcern:
      return inquiry_.concerns.count(condition.concern().concern()) > 0;
    case v1::Condition::kLabel:
      return HoldsLabel(condition.label().outside(), completion);
    case v1::Condition::KIND_NOT_SET:
      break;
  }
  Abort("a condition is empty");
}

bool Case::HoldsFinding(const v1::FindingCondition& finding,
                        const Completion& completion) const {
  const int c = oracle_.ConceptOfLeaf(&finding);
  const std::string place = oracle_.PlaceOfLeaf(finding, inquiry_.area);
  const auto& places = PlacesOf(c);
  const size_t at =
      std::find(places.begin(), places.end(), place) - places.begin();
  const Life& life = StatesOf(c)[completion[c]].lives[at];
  const bool present = life.kind == Life::Kind::kPresent;
  const bool past = life.kind == Life::Kind::kPast;
  const auto open = [&] {
    return EndOf(life.days.last, oracle_.SpanOf(finding.within())) > day_;
  };
  switch (finding.time()) {
    case v1::FINDING_TIME_NOW:
      return present;
    case v1::FINDING_TIME_EVER:
      return present || past;
    case v1::FINDING_TIME_PAST:
      return past;
    case v1::FINDING_TIME_WITHIN:
      return present || (past && open());
    case v1::FINDING_TIME_BEGAN_WITHIN:
      return present && open();
    default:
      Abort("a finding has no time");
  }
}

bool Case::HoldsQuantity(const v1::QuantityCondition& quantity,
                         const Completion& completion) const {
  const int c = oracle_.ConceptOfLeaf(&quantity);
  return Compare(quantity.comparison(), StatesOf(c)[completion[c]].value,
                 oracle_.LimitOf(quantity));
}

bool Case::HoldsDevice(const v1::DeviceCondition& device) const {
  switch (device.test_case()) {
    case v1::DeviceCondition::kDevice:
      return device_ != nullptr && device_->device_id() == device.device();
    case v1::DeviceCondition::kListed:
      return (device_ != nullptr) == device.listed();
    case v1::DeviceCondition::kNamed:
      return !inquiry_.device.empty() == device.named();
    case v1::DeviceCondition::kLabelExcludes:
      return device_ != nullptr &&
             Contains(device_->excluded_concepts(), device.label_excludes());
    case v1::DeviceCondition::TEST_NOT_SET:
      break;
  }
  Abort("a device condition is empty");
}

// Of the uses that the device is cleared for in the area, those for a stated
// concern count, or all where there is none.
bool Case::HoldsLabel(v1::LabelLimit limit,
                      const Completion& completion) const {
  if (device_ == nullptr) return false;
  std::vector<const v1::ClearedUse*> here;
  std::vector<const v1::ClearedUse*> for_concern;
  for (const v1::ClearedUse& use : device_->cleared_uses()) {
    if (!std::any_of(use.areas().begin(), use.areas().end(),
                     [&](const std::string& area) {
                       return oracle_.index().Holds(area, inquiry_.area);
                     })) {
      continue;
    }
    here.push_back(&use);
    if (std::any_of(use.concerns().begin(), use.concerns().end(),
                    [&](const std::string& concern) {
                      return inquiry_.concerns.count(concern) > 0;
                    })) {
      for_concern.push_back(&use);
    }
  }
  if (limit == v1::LABEL_LIMIT_AREA) return here.empty();
  if (here.empty()) return false;
  if (limit == v1::LABEL_LIMIT_CONCERN) {
    return !inquiry_.concerns.empty() && for_concern.empty();
  }
  const auto& counting = for_concern.empty() ? here : for_concern;
  return std::none_of(counting.begin(), counting.end(),
                      [&](const v1::ClearedUse* use) {
                        return UseAllows(*use, limit, completion);
                      });
}

bool Case::UseAllows(const v1::ClearedUse& use, v1::LabelLimit limit,
                     const Completion& completion) const {
  const auto& concepts = oracle_.index().concepts;
  switch (limit) {
    case v1::LABEL_LIMIT_AGE:
      return use.minimum_age() == 0 || concepts.count(kAge) == 0 ||
             ValueOf(kAge, completion) >= use.minimum_age();
    case v1::LABEL_LIMIT_SKIN_TYPE: {
      if (concepts.count(kSkinType) == 0) return true;
      const double type = ValueOf(kSkinType, completion);
      const int most =
          use.maximum_skin_type() == 0 ? 6 : use.maximum_skin_type();
      return type >= std::max(1, use.minimum_skin_type()) && type <= most;
    }
    case v1::LABEL_LIMIT_DEPTH:
      return use.maximum_depth_mm() == 0 ||
             !inquiry_.needle_depth_mm.has_value() ||
             *inquiry_.needle_depth_mm <= use.maximum_depth_mm();
    default:
      Abort("a label limit is not set");
  }
}

// From 0, a note, to 4, a contraindication.
int Case::StrictnessOf(const v1::Rule& rule) const {
  switch (rule.effect_case()) {
    case v1::Rule::kContraindication:
      return 4;
    case v1::Rule::kDeferral:
      return 3;
    case v1::Rule::kReview:
      return inquiry_.acknowledged.count(rule.rule_id()) > 0 ? 1 : 2;
    case v1::Rule::kPrecaution:
      return 1;
    case v1::Rule::kNote:
      return 0;
    case v1::Rule::EFFECT_NOT_SET:
      break;
  }
  Abort("a rule has no effect");
}

namespace {

constexpr v1::Verdict kVerdicts[] = {
    v1::VERDICT_ELIGIBLE, v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS,
    v1::VERDICT_REVIEW_REQUIRED, v1::VERDICT_DEFERRED,
    v1::VERDICT_CONTRAINDICATED};

}  // namespace

v1::Verdict Case::VerdictOf(const Completion& completion) const {
  int strictest = 0;
  for (const v1::Rule* rule : rules_) {
    const int strictness = StrictnessOf(*rule);
    if (strictness > strictest && IsTrue(*rule, completion)) {
      strictest = strictness;
    }
  }
  return kVerdicts[strictest];
}

Truth Case::TruthOf(const v1::Rule& rule) const {
  bool can_be_true = false;
  bool can_be_false = false;
  ForEachCompletion(oracle_.WithGates(oracle_.AskedBy(rule)),
                    [&](const Completion& completion) {
                      (IsTrue(rule, completion) ? can_be_true : can_be_false) =
                          true;
                      return !(can_be_true && can_be_false);
                    });
  if (!can_be_true && !can_be_false) Abort("nothing completes a case");
  return !can_be_false  ? Truth::kTrue
         : !can_be_true ? Truth::kFalse
                        : Truth::kUnknown;
}

v1::Verdict Case::Verdict(const std::vector<Truth>& truths) const {
  std::vector<bool> is_true(5, false);
  std::vector<bool> is_unknown(5, false);
  for (size_t i = 0; i < truths.size(); ++i) {
    const int strictness = StrictnessOf(*rules_[i]);
    if (truths[i] == Truth::kTrue) is_true[strictness] = true;
    if (truths[i] == Truth::kUnknown) is_unknown[strictness] = true;
  }
  if (is_true[4]) return v1::VERDICT_CONTRAINDICATED;
  if (is_true[3]) return v1::VERDICT_DEFERRED;
  if (is_unknown[4] || is_unknown[3]) return v1::VERDICT_DATA_REQUIRED;
  if (is_true[2]) return v1::VERDICT_REVIEW_REQUIRED;
  if (is_unknown[2]) return v1::VERDICT_DATA_REQUIRED;
  if (is_true[1] || is_unknown[1]) {
    return v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS;
  }
  return v1::VERDICT_ELIGIBLE;
}

v1::Verdict Case::Possible(const std::vector<Truth>& truths) const {
  int strictest = 0;
  for (size_t i = 0; i < truths.size(); ++i) {
    if (truths[i] != Truth::kFalse) {
      strictest = std::max(strictest, StrictnessOf(*rules_[i]));
    }
  }
  return kVerdicts[strictest];
}

std::set<NoticeLine> Case::Notices() const {
  std::set<NoticeLine> lines = record_.Notices();
  for (int c = 0; c < oracle_.concept_count(); ++c) {
    if (!broken_[c]) continue;
    std::set<int> findings;
    for (const Said* s : said_[c]) {
      if (s->standing == Said::Standing::kHolds) findings.insert(s->finding);
    }
    lines.emplace(v1::NOTICE_KIND_IMPLICATION_BROKEN,
                  oracle_.catalog().concepts(c).concept_id(), findings);
  }
  return lines;
}

// Every completion.

Enumeration::Enumeration(const Case& small) : case_(small) {
  size_t rows = 1;
  const size_t count = [&] {
    size_t n = 0;
    small.ForEachCompletion({}, [&](const Completion& empty) {
      n = empty.size();
      return false;
    });
    return n;
  }();
  base_.resize(count);
  for (size_t c = 0; c < count; ++c) {
    const std::vector<int>& allowed = small.AllowedOf(static_cast<int>(c));
    base_[c] = allowed[0];
    if (allowed.size() == 1) continue;
    open_.push_back(static_cast<int>(c));
    stride_.push_back(rows);
    rows *= allowed.size();
  }
  verdicts_.resize(rows, v1::VERDICT_UNSPECIFIED);
  for (size_t row = 0; row < rows; ++row) {
    const Completion completion = CompletionAt(row);
    if (small.BrokenArc(completion) == nullptr) {
      verdicts_[row] = small.VerdictOf(completion);
    }
  }
}

Completion Enumeration::CompletionAt(size_t row) const {
  Completion completion = base_;
  for (size_t i = 0; i < open_.size(); ++i) {
    const std::vector<int>& allowed = case_.AllowedOf(open_[i]);
    completion[open_[i]] = allowed[row / stride_[i] % allowed.size()];
  }
  return completion;
}

v1::Verdict Enumeration::Possible() const {
  return *std::max_element(verdicts_.begin(), verdicts_.end());
}

bool Enumeration::Influences(size_t open, Others others) const {
  const std::vector<int>& allowed = case_.AllowedOf(open_[open]);
  for (size_t row = 0; row < verdicts_.size(); ++row) {
    if (verdicts_[row] == v1::VERDICT_UNSPECIFIED) continue;
    const size_t now = row / stride_[open] % allowed.size();
    for (size_t other = 0; other < allowed.size(); ++other) {
      if (other == now) continue;
      const v1::Verdict verdict =
          verdicts_[row + (other - now) * stride_[open]];
      if (verdict == verdicts_[row]) continue;
      if (verdict != v1::VERDICT_UNSPECIFIED) return true;
      if (others == Others::kEqual) continue;
      Completion completion = CompletionAt(row);
      completion[open_[open]] = allowed[other];
      std::set<int> changed = {open_[open]};
      if (DiffersOnceFollowed(&completion, &changed, verdicts_[row])) {
        return true;
      }
    }
  }
  return false;
}

bool Enumeration::DiffersOnceFollowed(Completion* completion,
                                      std::set<int>* changed,
                                      v1::Verdict verdict) const {
  const Arc* arc = case_.BrokenArc(*completion);
  if (arc == nullptr) return case_.VerdictOf(*completion) != verdict;
  // Only what an answer implies follows it; the others stay as they are.
  if (changed->count(arc->target) > 0) return false;
  const int before = (*completion)[arc->target];
  changed->insert(arc->target);
  bool differs = false;
  for (const int state : case_.AllowedOf(arc->target)) {
    if (differs) break;
    if (case_.Breaks(*arc, (*completion)[arc->gate], state)) continue;
    (*completion)[arc->target] = state;
    differs = DiffersOnceFollowed(completion, changed, verdict);
  }
  (*completion)[arc->target] = before;
  changed->erase(arc->target);
  return differs;
}

bool Enumeration::RulesOut(const Oracle& oracle, size_t open) const {
  const std::set<int> settled = oracle.WithTargets({open_[open]});
  if (settled.size() == 1) return false;
  // For each way to answer all else, the verdicts that each answer leaves.
  std::map<size_t, std::map<size_t, std::set<v1::Verdict>>> verdicts;
  for (size_t row = 0; row < verdicts_.size(); ++row) {
    if (verdicts_[row] == v1::VERDICT_UNSPECIFIED) continue;
    size_t others = row;
    size_t answer = 0;
    for (size_t i = 0; i < open_.size(); ++i) {
      if (settled.count(open_[i]) == 0) continue;
      const size_t state = row / stride_[i] % case_.AllowedOf(open_[i]).size();
      others -= state * stride_[i];
      if (i == open) answer = state;
    }
    verdicts[others][answer].insert(verdicts_[row]);
  }
  for (const auto& [others, by_answer] : verdicts) {
    for (const auto& [answer, left] : by_answer) {
      if (left != by_answer.begin()->second) return true;
    }
  }
  return false;
}

std::set<std::string> Enumeration::MustAsk(const Oracle& oracle) const {
  std::set<std::string> asked;
  for (size_t i = 0; i < open_.size(); ++i) {
    if (Influences(i, Others::kEqual) || RulesOut(oracle, i)) {
      asked.insert(oracle.catalog().concepts(open_[i]).concept_id());
    }
  }
  return asked;
}

std::set<std::string> Enumeration::MayAsk(const Oracle& oracle) const {
  std::set<std::string> asked;
  for (size_t i = 0; i < open_.size(); ++i) {
    if (Influences(i, Others::kFollow)) {
      asked.insert(oracle.catalog().concepts(open_[i]).concept_id());
    }
  }
  return asked;
}

bool Enumeration::Settles(const Oracle& oracle,
                          const std::set<std::string>& answered) const {
  std::map<std::vector<size_t>, v1::Verdict> by_answers;
  for (size_t row = 0; row < verdicts_.size(); ++row) {
    if (verdicts_[row] == v1::VERDICT_UNSPECIFIED) continue;
    std::vector<size_t> answers;
    for (size_t i = 0; i < open_.size(); ++i) {
      const std::string& id = oracle.catalog().concepts(open_[i]).concept_id();
      if (answered.count(id) == 0) continue;
      answers.push_back(row / stride_[i] % case_.AllowedOf(open_[i]).size());
    }
    const auto [at, added] = by_answers.emplace(answers, verdicts_[row]);
    if (!added && at->second != verdicts_[row]) return false;
  }
  return true;
}

// What is said of the whole.

std::optional<Day> ClearsOn(const Oracle& oracle, const Inquiry& inquiry,
                            const v1::Rule& rule) {
  const std::set<int> about = oracle.WithConnected(oracle.AskedBy(rule));
  const Day horizon = inquiry.as_of + oracle.LongestWindowOf(rule) + 1;
  for (Day day = inquiry.as_of + 1; day <= horizon; ++day) {
    const Case then(oracle, inquiry, day, about);
    if (then.TruthOf(rule) == Truth::kFalse) return day;
  }
  // After the last window only birthdays change anything.
  const auto age = oracle.index().concepts.find(kAge);
  if (age == oracle.index().concepts.end() ||
      about.count(oracle.ConceptOf(kAge)) == 0) {
    return std::nullopt;
  }
  const std::vector<Day> births = BirthsOf(inquiry);
  if (births.empty()) return std::nullopt;
  const Day youngest = births.back();
  for (Day day = horizon + 1; CompletedYears(youngest, day) <= kOldestAge;
       ++day) {
    if (CompletedYears(youngest, day) == CompletedYears(youngest, day - 1)) {
      continue;
    }
    const Case then(oracle, inquiry, day, about);
    if (then.TruthOf(rule) == Truth::kFalse) return day;
  }
  return std::nullopt;
}

Answer Decide(const Oracle& oracle, const Inquiry& inquiry) {
  const Case now(oracle, inquiry);
  Answer answer;
  std::vector<Truth> truths;
  bool every_deferral_dated = true;
  Day latest = inquiry.as_of;
  for (const v1::Rule* rule : now.rules()) {
    truths.push_back(now.TruthOf(*rule));
    answer.truths[rule->rule_id()] = truths.back();
  }
  answer.verdict = now.Verdict(truths);
  answer.possible = now.Possible(truths);
  answer.notices = now.Notices();
  if (answer.verdict != v1::VERDICT_DEFERRED) return answer;
  for (size_t i = 0; i < truths.size() && every_deferral_dated; ++i) {
    const v1::Rule& rule = *now.rules()[i];
    if (truths[i] != Truth::kTrue || !rule.has_deferral()) continue;
    const std::optional<Day> day = ClearsOn(oracle, inquiry, rule);
    every_deferral_dated = day.has_value();
    latest = std::max(latest, day.value_or(latest));
  }
  if (every_deferral_dated) answer.eligible_from = latest;
  return answer;
}

}  // namespace needlewise::oracle
