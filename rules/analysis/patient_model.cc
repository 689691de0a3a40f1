#include "rules/analysis/patient_model.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"

namespace needlewise::analysis {
namespace {

constexpr char kAge[] = "age";
constexpr char kSkinType[] = "fitzpatrick_skin_type";
constexpr double kDeepestNeedle = 10;

bool IsDenial(v1::FindingStatus status) {
  return status == v1::FINDING_STATUS_ABSENT ||
         status == v1::FINDING_STATUS_NEVER;
}

}  // namespace

int OpenFromMonths(int months, Day as_of) {
  const absl::CivilDay today = absl::CivilDay(1970, 1, 1) + as_of;
  // The window's last month and its day of that month, or the first of the
  // next where the month has no such day.
  const auto end = [months](absl::CivilDay from) {
    const absl::CivilMonth month = absl::CivilMonth(from) + months;
    const absl::CivilDay day(month.year(), month.month(), from.day());
    return absl::CivilMonth(day) == month ? day : absl::CivilDay(month + 1);
  };
  absl::CivilDay day = today;
  int days = 0;
  while (end(day) > today) {
    --day;
    --days;
  }
  return days + 1;
}

PatientModel::PatientModel(Formulas* formulas,
                           std::vector<const Written*> catalogs,
                           AreaClass areas)
    : f_(*formulas), catalogs_(std::move(catalogs)), areas_(std::move(areas)) {
  AddConcepts();
  AddContext();
}

void PatientModel::AddConcepts() {
  std::map<std::string, std::map<PlaceId, bool>> places;
  std::set<int> months;
  for (const Written* catalog : catalogs_) {
    std::set<const v1::Condition*> of_invariants;
    for (const auto& invariant : catalog->catalog().invariants()) {
      for (const auto& p : invariant.premises()) {
        for (const v1::Condition* premise : {&p.known(), &p.possible()}) {
          VisitConditions(*premise, [&](const v1::Condition& c) {
            of_invariants.insert(&c);
          });
        }
      }
    }
    catalog->ForEachCondition([&](const v1::Condition& c) {
      if (!c.has_finding()) return;
      bool& used =
          places[c.finding().concept()][catalog->PlaceOf(c.finding(), areas_)];
      used = used || of_invariants.count(&c) == 0;
      if (c.finding().has_within()) {
        const Length length = catalog->LengthOf(c.finding().within());
        if (length.months > 0) months.insert(length.months);
      }
    });
  }
  for (const Written* catalog : catalogs_) {
    for (const v1::Concept& definition : catalog->catalog().concepts()) {
      const auto [at, added] = index_.emplace(
          definition.concept_id(), static_cast<int>(concepts_.size()));
      if (!added) {
        ModelConcept& made = concepts_[at->second];
        made.least = std::min(made.least, definition.quantity().minimum());
        made.greatest =
            std::max(made.greatest, definition.quantity().maximum());
        continue;
      }
      ModelConcept made;
      made.id = definition.concept_id();
      made.definition = &definition;
      made.is_quantity = IsQuantity(definition);
      made.least = definition.quantity().minimum();
      made.greatest = definition.quantity().maximum();
      if (!made.is_quantity) {
        std::map<PlaceId, bool>& asked = places[made.id];
        if (std::none_of(asked.begin(), asked.end(),
                         [](const auto& p) { return p.second; })) {
          asked[catalog->OwnPlace(definition)] = true;
        }
        for (const auto& [place, used] : asked) made.places.push_back(place);
        std::sort(made.places.begin(), made.places.end(),
                  [&](const PlaceId& a, const PlaceId& b) {
                    return a != b && catalog->PlaceHolds(b, a);
                  });
        for (const PlaceId& place : made.places) {
          made.used_by_rules.push_back(asked.at(place));
        }
      }
      concepts_.push_back(std::move(made));
    }
  }
  Variable shorter;
  for (const int m : months) {
    const Variable from = f_.Int(absl::StrCat("open_from_", m, "_months"),
                                 1 - 31 * m, 1 - 28 * m);
    if (shorter.index >= 0) window_order_.push_back(f_.NotAbove(from, shorter));
    open_from_[m] = from;
    shorter = from;
  }
}

void PatientModel::AddContext() {
  for (const std::string& area : areas_.areas) {
    context_.areas[area] = f_.Bool(absl::StrCat("area ", area));
  }
  context_.no_device = f_.Bool("no device");
  context_.unlisted_device = f_.Bool("unlisted device");
  for (const Written* catalog : catalogs_) {
    for (const auto& d : catalog->catalog().devices()) {
      if (context_.devices.count(d.device_id()) == 0) {
        context_.devices[d.device_id()] =
            f_.Bool(absl::StrCat("device ", d.device_id()));
      }
    }
    for (const auto& c : catalog->catalog().concerns()) {
      if (context_.concerns.count(c.concern_id()) == 0) {
        context_.concerns[c.concern_id()] =
            f_.Bool(absl::StrCat("concern ", c.concern_id()));
      }
    }
  }
  context_.depth_stated = f_.Bool("depth stated");
  context_.depth = f_.Real("depth", 0, kDeepestNeedle);
}

int PatientModel::PlaceIndex(int concept_index, const PlaceId& place) const {
  const std::vector<PlaceId>& places = concepts_[concept_index].places;
  const auto at = std::find(places.begin(), places.end(), place);
  return at == places.end() ? -1 : static_cast<int>(at - places.begin());
}

History PatientModel::AddHistory(const std::string& name) {
  History made;
  made.lives.resize(concepts_.size());
  made.values.resize(concepts_.size());
  for (size_t c = 0; c < concepts_.size(); ++c) {
    const ModelConcept& about = concepts_[c];
    const std::string of = absl::StrCat(name, " ", about.id);
    if (about.is_quantity) {
      made.values[c] = about.definition->quantity().whole_numbers()
                           ? f_.Int(of, about.least, about.greatest)
                           : f_.Real(of, about.least, about.greatest);
      continue;
    }
    for (const PlaceId& place : about.places) {
      const std::string there = absl::StrCat(of, " in `", place, "`");
      made.lives[c].push_back(
          Life{f_.Bool(absl::StrCat(there, " ever")),
               f_.Bool(absl::StrCat(there, " now")),
               f_.Int(absl::StrCat(there, " last"), kLongAgo, 0),
               f_.Int(absl::StrCat(there, " onset"), kLongAgo, 0)});
    }
  }
  return made;
}

Knowledge PatientModel::AddKnowledge(const std::string& name) {
  Knowledge made;
  made.lives.resize(concepts_.size());
  made.low.resize(concepts_.size());
  made.high.resize(concepts_.size());
  for (size_t c = 0; c < concepts_.size(); ++c) {
    const ModelConcept& about = concepts_[c];
    const std::string of = absl::StrCat(name, " ", about.id);
    if (about.is_quantity) {
      const bool whole = about.definition->quantity().whole_numbers();
      for (Variable* x : {&made.low[c], &made.high[c]}) {
        *x = whole ? f_.Int(of, about.least, about.greatest)
                   : f_.Real(of, about.least, about.greatest);
      }
      continue;
    }
    for (const PlaceId& place : about.places) {
      const std::string there = absl::StrCat(of, " in `", place, "`");
      KnownLife life;
      life.never = f_.Bool(absl::StrCat(there, " can be never"));
      life.past = f_.Bool(absl::StrCat(there, " can be past"));
      life.present = f_.Bool(absl::StrCat(there, " can be present"));
      for (Variable* day :
           {&life.last_from, &life.last_to, &life.onset_from, &life.onset_to}) {
        *day = f_.Int(absl::StrCat(there, " day"), kLongAgo, 0);
      }
      made.lives[c].push_back(life);
    }
  }
  return made;
}

Formula PatientModel::LawfulContext() {
  std::vector<Formula> areas;
  for (const auto& [id, x] : context_.areas) areas.push_back(f_.Is(x));
  std::vector<Formula> devices = {f_.Is(context_.no_device),
                                  f_.Is(context_.unlisted_device)};
  for (const auto& [id, x] : context_.devices) devices.push_back(f_.Is(x));
  std::vector<Formula> all = window_order_;
  all.push_back(f_.ExactlyOne(areas));
  all.push_back(f_.ExactlyOne(devices));
  all.push_back(f_.Implies(f_.Is(context_.depth_stated),
                           f_.Not(f_.Is(context_.no_device))));
  return f_.And(std::move(all));
}

Formula PatientModel::ContextOf(const Written& catalog,
                                const std::string& treatment) {
  const std::set<std::string> listed = catalog.DevicesOf(treatment);
  std::vector<Formula> all = {LawfulContext()};
  for (const auto& [id, x] : context_.devices) {
    if (listed.count(id) == 0) all.push_back(f_.Not(f_.Is(x)));
  }
  return f_.And(std::move(all));
}

Formula PatientModel::Lawful(const History& history) {
  std::vector<Formula> all;
  for (size_t c = 0; c < concepts_.size(); ++c) {
    const std::vector<Life>& lives = history.lives[c];
    for (size_t p = 0; p < lives.size(); ++p) {
      const Life& inner = lives[p];
      all.push_back(f_.Implies(f_.Is(inner.now), f_.Is(inner.ever)));
      for (size_t q = p + 1; q < lives.size(); ++q) {
        const Life& outer = lives[q];
        all.push_back(f_.Implies(f_.Is(inner.ever), f_.Is(outer.ever)));
        all.push_back(f_.Implies(
            f_.Is(inner.now),
            f_.And(f_.Is(outer.now), f_.NotAbove(inner.onset, outer.onset))));
        all.push_back(
            f_.Implies(f_.And({f_.Is(inner.ever), f_.Not(f_.Is(inner.now)),
                               f_.Not(f_.Is(outer.now))}),
                       f_.NotAbove(inner.last, outer.last)));
      }
    }
  }
  return f_.And(std::move(all));
}

Formula PatientModel::Lawful(const Knowledge& knowledge) {
  std::vector<Formula> all;
  for (size_t c = 0; c < concepts_.size(); ++c) {
    if (concepts_[c].is_quantity) {
      all.push_back(f_.NotAbove(knowledge.low[c], knowledge.high[c]));
    }
    for (const KnownLife& life : knowledge.lives[c]) {
      all.push_back(
          f_.Or({f_.Is(life.never), f_.Is(life.past), f_.Is(life.present)}));
      all.push_back(f_.NotAbove(life.last_from, life.last_to));
      all.push_back(f_.NotAbove(life.onset_from, life.onset_to));
    }
  }
  return f_.And(std::move(all));
}

Formula PatientModel::Lies(const History& history, const Knowledge& knowledge,
                           int c) {
  if (concepts_[c].is_quantity) {
    return f_.And(f_.NotAbove(knowledge.low[c], history.values[c]),
                  f_.NotAbove(history.values[c], knowledge.high[c]));
  }
  std::vector<Formula> all;
  for (size_t p = 0; p < history.lives[c].size(); ++p) {
    const Life& life = history.lives[c][p];
    const KnownLife& known = knowledge.lives[c][p];
    const Formula ever = f_.Is(life.ever);
    const Formula now = f_.Is(life.now);
    all.push_back(f_.Or(ever, f_.Is(known.never)));
    all.push_back(f_.Or(
        {f_.Not(ever), now,
         f_.And({f_.Is(known.past), f_.NotAbove(known.last_from, life.last),
                 f_.NotAbove(life.last, known.last_to)})}));
    all.push_back(f_.Or(
        f_.Not(now),
        f_.And({f_.Is(known.present), f_.NotAbove(known.onset_from, life.onset),
                f_.NotAbove(life.onset, known.onset_to)})));
  }
  return f_.And(std::move(all));
}

Formula PatientModel::Lies(const History& history, const Knowledge& knowledge) {
  std::vector<Formula> all;
  for (size_t c = 0; c < concepts_.size(); ++c) {
    all.push_back(Lies(history, knowledge, static_cast<int>(c)));
  }
  return f_.And(std::move(all));
}

Formula PatientModel::Stands(const Life& life, v1::FindingStatus status) {
  switch (status) {
    case v1::FINDING_STATUS_PRESENT:
      return f_.Is(life.now);
    case v1::FINDING_STATUS_ABSENT:
      return f_.Not(f_.Is(life.now));
    case v1::FINDING_STATUS_NEVER:
      return f_.Not(f_.Is(life.ever));
    default:
      return f_.False();
  }
}

// An implication holds of every part of the body: what is denied of a place is
// denied of what lies in it, and what is present in a place is present in what
// holds it.
std::vector<std::pair<int, Formula>> PatientModel::Implications(
    const Written& catalog, const History& history) {
  std::vector<std::pair<int, Formula>> all;
  for (const v1::Implication& implication : catalog.catalog().implications()) {
    const v1::ConceptState& given = implication.given();
    const int gate = IndexOf(given.concept());
    const ModelConcept& from = concepts_[gate];
    for (const v1::ConceptState& implied : implication.implies()) {
      const int target = IndexOf(implied.concept());
      const ModelConcept& to = concepts_[target];
      if (to.is_quantity) {
        // A quantity is of the whole patient, so the widest answer settles it.
        const Variable value = history.values[target];
        all.emplace_back(
            target,
            f_.Implies(Stands(history.lives[gate].back(), given.status()),
                       implied.has_at_least()
                           ? f_.AtLeast(value, implied.at_least())
                           : f_.AtMost(value, implied.at_most())));
        continue;
      }
      const bool denied = IsDenial(given.status());
      const bool denies = IsDenial(implied.status());
      for (size_t g = 0; g < from.places.size(); ++g) {
        for (size_t t = 0; t < to.places.size(); ++t) {
          if (!from.used_by_rules[g] || !to.used_by_rules[t]) continue;
          const PlaceId& gate_place = from.places[g];
          const PlaceId& target_place = to.places[t];
          const bool follows =
              denied && denies ? catalog.PlaceHolds(gate_place, target_place)
              : !denied && !denies
                  ? catalog.PlaceHolds(target_place, gate_place)
                  : gate_place == target_place;
          if (!follows) continue;
          all.emplace_back(
              target,
              f_.Implies(Stands(history.lives[gate][g], given.status()),
                         Stands(history.lives[target][t], implied.status())));
        }
      }
    }
  }
  return all;
}

Formula PatientModel::KeepsImplications(const Written& catalog,
                                        const History& history) {
  std::vector<Formula> all;
  for (const auto& [target, kept] : Implications(catalog, history)) {
    all.push_back(kept);
  }
  return f_.And(std::move(all));
}

Formula PatientModel::IsOpen(Variable x, const Length& length) {
  if (length.months == 0) return f_.AtLeast(x, 1 - length.days);
  const auto found = open_from_.find(length.months);
  if (found != open_from_.end()) return f_.NotAbove(found->second, x);
  // Of the compiled form alone: no rule that is written has such a window.
  const Variable from =
      f_.Int(absl::StrCat("open_from_", length.months, "_months"),
             1 - 31 * length.months, 1 - 28 * length.months);
  open_from_[length.months] = from;
  return f_.NotAbove(from, x);
}

Formula PatientModel::OnDay(Day as_of) {
  std::vector<Formula> all;
  for (const auto& [months, from] : open_from_) {
    all.push_back(f_.Equals(from, OpenFromMonths(months, as_of)));
  }
  return f_.And(std::move(all));
}

Formula PatientModel::Holds(const Written& catalog,
                            const v1::Condition& condition,
                            const History& history) {
  Leaves leaves;
  leaves.finding = [&](const v1::FindingCondition& finding) {
    const int c = IndexOf(finding.concept());
    const int p = PlaceIndex(c, catalog.PlaceOf(finding, areas_));
    const Life& life = history.lives[c][p];
    const Formula now = f_.Is(life.now);
    const Formula ever = f_.Is(life.ever);
    const auto open = [&](Variable x) {
      return IsOpen(x, catalog.LengthOf(finding.within()));
    };
    switch (finding.time()) {
      case v1::FINDING_TIME_NOW:
        return Known(now);
      case v1::FINDING_TIME_EVER:
        return Known(ever);
      case v1::FINDING_TIME_PAST:
        return Known(f_.And(ever, f_.Not(now)));
      case v1::FINDING_TIME_WITHIN:
        return Known(f_.Or(now, f_.And(ever, open(life.last))));
      case v1::FINDING_TIME_BEGAN_WITHIN:
        return Known(f_.And(now, open(life.onset)));
      default:
        return Known(f_.False());
    }
  };
  leaves.at_least = [&](const std::string& id, double number) {
    return Known(f_.AtLeast(history.values[IndexOf(id)], number));
  };
  leaves.at_most = [&](const std::string& id, double number) {
    return Known(f_.AtMost(history.values[IndexOf(id)], number));
  };
  return Evaluate(catalog, condition, leaves).can_be_true;
}

Possible PatientModel::ByStatements(const Written& catalog,
                                    const v1::Condition& condition,
                                    const Knowledge& knowledge) {
  Leaves leaves;
  leaves.finding = [&](const v1::FindingCondition& finding) {
    const int c = IndexOf(finding.concept());
    const int p = PlaceIndex(c, catalog.PlaceOf(finding, areas_));
    const KnownLife& life = knowledge.lives[c][p];
    const Formula never = f_.Is(life.never);
    const Formula past = f_.Is(life.past);
    const Formula present = f_.Is(life.present);
    const Length length = catalog.LengthOf(finding.within());
    switch (finding.time()) {
      case v1::FINDING_TIME_NOW:
        return Possible{present, f_.Or(never, past)};
      case v1::FINDING_TIME_EVER:
        return Possible{f_.Or(past, present), never};
      case v1::FINDING_TIME_PAST:
        return Possible{past, f_.Or(never, present)};
      case v1::FINDING_TIME_WITHIN:
        return Possible{
            f_.Or(present, f_.And(past, IsOpen(life.last_to, length))),
            f_.Or(never, f_.And(past, f_.Not(IsOpen(life.last_from, length))))};
      case v1::FINDING_TIME_BEGAN_WITHIN:
        return Possible{
            f_.And(present, IsOpen(life.onset_to, length)),
            f_.Or({never, past,
                   f_.And(present, f_.Not(IsOpen(life.onset_from, length)))})};
      default:
        return Known(f_.False());
    }
  };
  leaves.at_least = [&](const std::string& id, double number) {
    const int c = IndexOf(id);
    return Possible{f_.AtLeast(knowledge.high[c], number),
                    f_.Below(knowledge.low[c], number)};
  };
  leaves.at_most = [&](const std::string& id, double number) {
    const int c = IndexOf(id);
    return Possible{f_.AtMost(knowledge.low[c], number),
                    f_.Above(knowledge.high[c], number)};
  };
  return Evaluate(catalog, condition, leaves);
}

Formula PatientModel::IsUnknown(const Knowledge& knowledge, int c) {
  const ModelConcept& about = concepts_[c];
  if (about.is_quantity) {
    return f_.And(f_.AtMost(knowledge.low[c], about.least),
                  f_.AtLeast(knowledge.high[c], about.greatest));
  }
  std::vector<Formula> all;
  for (const KnownLife& life : knowledge.lives[c]) {
    for (const Variable x : {life.never, life.past, life.present}) {
      all.push_back(f_.Is(x));
    }
    for (const Variable x : {life.last_from, life.onset_from}) {
      all.push_back(f_.AtMost(x, kLongAgo));
    }
    for (const Variable x : {life.last_to, life.onset_to}) {
      all.push_back(f_.AtLeast(x, 0));
    }
  }
  return f_.And(std::move(all));
}

Formula PatientModel::Same(const Knowledge& a, const Knowledge& b, int c) {
  const auto equal = [&](Variable x, Variable y) {
    return f_.And(f_.NotAbove(x, y), f_.NotAbove(y, x));
  };
  if (concepts_[c].is_quantity) {
    return f_.And(equal(a.low[c], b.low[c]), equal(a.high[c], b.high[c]));
  }
  std::vector<Formula> all;
  for (size_t p = 0; p < a.lives[c].size(); ++p) {
    const KnownLife& x = a.lives[c][p];
    const KnownLife& y = b.lives[c][p];
    all.push_back(f_.Iff(f_.Is(x.never), f_.Is(y.never)));
    all.push_back(f_.Iff(f_.Is(x.past), f_.Is(y.past)));
    all.push_back(f_.Iff(f_.Is(x.present), f_.Is(y.present)));
    all.push_back(equal(x.last_from, y.last_from));
    all.push_back(equal(x.last_to, y.last_to));
    all.push_back(equal(x.onset_from, y.onset_from));
    all.push_back(equal(x.onset_to, y.onset_to));
  }
  return f_.And(std::move(all));
}

Possible PatientModel::All(const std::vector<Possible>& parts) {
  std::vector<Formula> can_be_true;
  std::vector<Formula> can_be_false;
  for (const Possible& p : parts) {
    can_be_true.push_back(p.can_be_true);
    can_be_false.push_back(p.can_be_false);
  }
  return {f_.And(std::move(can_be_true)), f_.Or(std::move(can_be_false))};
}

Possible PatientModel::Any(const std::vector<Possible>& parts) {
  std::vector<Possible> negated;
  for (const Possible& p : parts) negated.push_back(Not(p));
  return Not(All(negated));
}

Possible PatientModel::Evaluate(const Written& catalog,
                                const v1::Condition& condition,
                                const Leaves& leaves) {
  const auto list = [&](const v1::ConditionList& l) {
    std::vector<Possible> parts;
    for (const v1::Condition& c : l.conditions()) {
      parts.push_back(Evaluate(catalog, c, leaves));
    }
    return parts;
  };
  switch (condition.kind_case()) {
    case v1::Condition::kAllOf:
      return All(list(condition.all_of()));
    case v1::Condition::kAnyOf:
      return Any(list(condition.any_of()));
    case v1::Condition::kNot:
      return Not(Evaluate(catalog, condition.not_(), leaves));
    case v1::Condition::kFinding:
      return leaves.finding(condition.finding());
    case v1::Condition::kQuantity:
      return EvaluateQuantity(catalog, condition.quantity(), leaves);
    case v1::Condition::kTreatmentArea:
      return Known(InAreas(catalog, condition.treatment_area().areas()));
    case v1::Condition::kDevice:
      return Known(EvaluateDevice(catalog, condition.device()));
    case v1::Condition::kConcern:
      return Known(ConcernIs(condition.concern().concern()));
    case v1::Condition::kLabel: {
      std::vector<Possible> devices;
      for (const v1::Device& d : catalog.catalog().devices()) {
        devices.push_back(All(
            {Known(f_.Is(context_.devices.at(d.device_id()))),
             OutsideLabel(catalog, d, condition.label().outside(), leaves)}));
      }
      return Any(devices);
    }
    case v1::Condition::KIND_NOT_SET:
      break;
  }
  return Known(f_.False());
}

Possible PatientModel::EvaluateQuantity(const Written& catalog,
                                        const v1::QuantityCondition& quantity,
                                        const Leaves& leaves) {
  const std::string& id = quantity.concept();
  const double limit = catalog.LimitOf(quantity);
  switch (quantity.comparison()) {
    case v1::COMPARISON_LESS:
      return Not(leaves.at_least(id, limit));
    case v1::COMPARISON_LESS_OR_EQUAL:
      return leaves.at_most(id, limit);
    case v1::COMPARISON_GREATER:
      return Not(leaves.at_most(id, limit));
    case v1::COMPARISON_GREATER_OR_EQUAL:
      return leaves.at_least(id, limit);
    default:
      return Known(f_.False());
  }
}

Formula PatientModel::EvaluateDevice(const Written& catalog,
                                     const v1::DeviceCondition& device) {
  switch (device.test_case()) {
    case v1::DeviceCondition::kDevice:
      return f_.Is(context_.devices.at(device.device()));
    case v1::DeviceCondition::kListed: {
      const Formula listed = f_.Not(
          f_.Or(f_.Is(context_.no_device), f_.Is(context_.unlisted_device)));
      return device.listed() ? listed : f_.Not(listed);
    }
    case v1::DeviceCondition::kNamed:
      return device.named() ? f_.Not(f_.Is(context_.no_device))
                            : f_.Is(context_.no_device);
    case v1::DeviceCondition::kLabelExcludes: {
      std::vector<Formula> any;
      for (const v1::Device& d : catalog.catalog().devices()) {
        if (std::find(d.excluded_concepts().begin(),
                      d.excluded_concepts().end(),
                      device.label_excludes()) != d.excluded_concepts().end()) {
          any.push_back(f_.Is(context_.devices.at(d.device_id())));
        }
      }
      return f_.Or(std::move(any));
    }
    case v1::DeviceCondition::TEST_NOT_SET:
      break;
  }
  return f_.False();
}

Possible PatientModel::OutsideLabel(const Written& catalog,
                                    const v1::Device& device,
                                    v1::LabelLimit limit,
                                    const Leaves& leaves) {
  std::vector<Formula> in_uses;
  std::vector<Formula> matches;
  std::vector<Formula> stated;
  for (const auto& [id, x] : context_.concerns) stated.push_back(f_.Is(x));
  const auto any_concern = [&](const v1::ClearedUse& use) {
    std::vector<Formula> any;
    for (const std::string& id : use.concerns()) any.push_back(ConcernIs(id));
    return f_.Or(std::move(any));
  };
  for (const v1::ClearedUse& use : device.cleared_uses()) {
    in_uses.push_back(InAreas(catalog, use.areas()));
    matches.push_back(f_.And(in_uses.back(), any_concern(use)));
  }
  const Formula in_some_use = f_.Or(in_uses);
  const Formula matched = f_.Or(matches);
  if (limit == v1::LABEL_LIMIT_AREA) return Known(f_.Not(in_some_use));
  if (limit == v1::LABEL_LIMIT_CONCERN) {
    return Known(f_.And({in_some_use, f_.Or(stated), f_.Not(matched)}));
  }
  std::vector<Possible> allowed;
  for (int u = 0; u < device.cleared_uses_size(); ++u) {
    const v1::ClearedUse& use = device.cleared_uses(u);
    allowed.push_back(
        All({Known(in_uses[u]), Known(f_.Or(any_concern(use), f_.Not(matched))),
             Allows(catalog, use, limit, leaves)}));
  }
  return All({Known(in_some_use), Not(Any(allowed))});
}

Possible PatientModel::Allows(const Written& catalog, const v1::ClearedUse& use,
                              v1::LabelLimit limit, const Leaves& leaves) {
  const Possible always = Known(f_.True());
  if (limit == v1::LABEL_LIMIT_AGE) {
    if (use.minimum_age() == 0 || catalog.FindConcept(kAge) == nullptr) {
      return always;
    }
    return leaves.at_least(kAge, use.minimum_age());
  }
  if (limit == v1::LABEL_LIMIT_SKIN_TYPE) {
    if (catalog.FindConcept(kSkinType) == nullptr) return always;
    const int most = use.maximum_skin_type() == 0 ? 6 : use.maximum_skin_type();
    return All(
        {leaves.at_least(kSkinType, std::max(1, use.minimum_skin_type())),
         leaves.at_most(kSkinType, most)});
  }
  if (limit == v1::LABEL_LIMIT_DEPTH && use.maximum_depth_mm() > 0) {
    return Known(f_.Or(f_.Not(f_.Is(context_.depth_stated)),
                       f_.AtMost(context_.depth, use.maximum_depth_mm())));
  }
  return always;
}

Formula PatientModel::InAreas(
    const Written& catalog,
    const google::protobuf::RepeatedPtrField<std::string>& ids) {
  std::vector<Formula> any;
  for (const auto& [area, x] : context_.areas) {
    for (const std::string& id : ids) {
      if (catalog.Holds(id, area)) any.push_back(f_.Is(x));
    }
  }
  return f_.Or(std::move(any));
}

Formula PatientModel::ConcernIs(const std::string& id) {
  return f_.Is(context_.concerns.at(id));
}

}  // namespace needlewise::analysis
