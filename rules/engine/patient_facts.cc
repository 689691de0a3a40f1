#include "rules/engine/patient_facts.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace needlewise {
namespace {

bool IsDenial(v1::FindingStatus status) {
  return status == v1::FINDING_STATUS_ABSENT ||
         status == v1::FINDING_STATUS_NEVER;
}

bool Later(DayInterval a, DayInterval b) { return a.first > b.last; }

// Whether a statement that holds in `outer` (0: everywhere) covers one of the
// areas `inner` whole; 0 in `inner` is a place that is not known.
bool Covers(const CompiledCatalog& catalog, WorldSet outer, WorldSet inner) {
  if (outer == 0) return true;
  for (WorldSet rest = inner; rest != 0; rest &= rest - 1) {
    const int area = __builtin_ctzll(rest);
    if ((catalog.areas[area].held_by & outer) != 0) return true;
  }
  return false;
}

bool Contradict(const CompiledCatalog& catalog, const Statement& a,
                const Statement& b) {
  if (a.status == v1::FINDING_STATUS_PRESENT) {
    return (IsDenial(b.status) || b.status == v1::FINDING_STATUS_PAST) &&
           Covers(catalog, b.areas, a.areas);
  }
  return a.status == v1::FINDING_STATUS_PAST &&
         b.status == v1::FINDING_STATUS_NEVER &&
         Covers(catalog, b.areas, a.areas);
}

enum class Winner { kFirst, kSecond, kNeither };

// Within one source the later statement holds; a clinician's holds over others
// not recorded after it.
Winner Settle(const Statement& a, const Statement& b) {
  if (a.source == b.source) {
    if (Later(a.recorded, b.recorded)) return Winner::kFirst;
    if (Later(b.recorded, a.recorded)) return Winner::kSecond;
    return Winner::kNeither;
  }
  // A partial date may lie after the clinician's day.
  const auto possibly_after = [](const Statement& other,
                                 const Statement& clinician) {
    return other.recorded.last > clinician.recorded.first;
  };
  if (a.source == v1::SOURCE_CLINICIAN && !possibly_after(b, a)) {
    return Winner::kFirst;
  }
  if (b.source == v1::SOURCE_CLINICIAN && !possibly_after(a, b)) {
    return Winner::kSecond;
  }
  return Winner::kNeither;
}

// The latest of several dates, each an interval. A statement without a date
// may be later than all, unless a dated one was surely recorded no earlier:
// then the date answers it.
class LatestDate {
 public:
  // `floor`: no date is earlier; what ended did so after it began.
  void Add(bool has_date, DayInterval date, DayInterval recorded, Day floor) {
    first_ = std::max(first_, floor);
    if (has_date) {
      first_ = std::max(first_, date.first);
      last_ = std::max(last_, date.last);
      dated_recorded_ = std::max(dated_recorded_, recorded.first);
      dated_ = true;
    } else {
      undated_recorded_ = std::max(undated_recorded_, recorded.last);
      undated_ = true;
    }
  }

  DayInterval Get(Day day) const {
    const bool answered = dated_ && first_ <= last_ &&
                          (!undated_ || undated_recorded_ <= dated_recorded_);
    return {std::min(first_, day), answered ? std::min(last_, day) : day};
  }

 private:
  bool dated_ = false;
  bool undated_ = false;
  Day first_ = kEarliestDay;
  Day last_ = kEarliestDay;
  Day dated_recorded_ = kEarliestDay;
  Day undated_recorded_ = kEarliestDay;
};

// In how many of `windows`, shortest first, `when` is no longer on `day`.
int WindowsOver(const std::vector<TimeSpan>& windows, Day when, Day day) {
  int over = 0;
  for (const TimeSpan& window : windows) {
    if (when < window.EarliestOpen(day)) ++over;
  }
  return over;
}

const char* const kNoticeTexts[] = {
    "",
    "Statements contradict each other; the later of one source, or the "
    "clinician's, was used.",
    "Statements contradict each other; the fact counts as unknown until "
    "somebody settles it.",
    "The answer contradicts what another answer implies; the fact counts as "
    "unknown until somebody settles it.",
    "The statement is older than allowed on the day of the decision and was "
    "not used.",
    "A date lies after the day of the decision; the statement was not used.",
    "The code stands for no concept of the catalogue and was not used.",
};

}  // namespace

int QuantityCell(const CompiledConcept& quantity, double value) {
  const auto at =
      std::lower_bound(quantity.limits.begin(), quantity.limits.end(), value);
  const int i = static_cast<int>(at - quantity.limits.begin());
  if (at != quantity.limits.end() && *at == value) return 2 * i + 1;
  return 2 * i;
}

PatientFacts::PatientFacts(const CompiledCatalog& catalog,
                           const PatientIntake& intake, Day day, Day fresh_on)
    : catalog_(catalog), intake_(intake), day_(day) {
  notices_ = intake.notices;
  Select(fresh_on);
}

void PatientFacts::Select(Day fresh_on) {
  // Grouped by concept with one pass to count and one to place.
  std::vector<const Statement*> usable;
  usable.reserve(intake_.statements.size());
  std::vector<uint32_t> count(catalog_.concepts.size() + 1, 0);
  for (const Statement& s : intake_.statements) {
    if (s.status == v1::FINDING_STATUS_UNKNOWN) continue;
    if (s.recorded.first > intake_.as_of ||
        (s.has_onset && s.onset.first > intake_.as_of) ||
        (s.has_last && s.last.first > intake_.as_of)) {
      AddNotice(v1::NOTICE_KIND_AFTER_AS_OF, s.concept_index, {&s});
      continue;
    }
    const CompiledConcept& about = catalog_.concepts[s.concept_index];
    if (about.freshness_days > 0 &&
        fresh_on - s.recorded.first > about.freshness_days &&
        !(about.only_denials_go_stale &&
          s.status == v1::FINDING_STATUS_PRESENT)) {
      AddNotice(v1::NOTICE_KIND_STALE, s.concept_index, {&s});
      continue;
    }
    usable.push_back(&s);
    ++count[s.concept_index + 1];
  }
  groups_.reserve(usable.size() + 1);
  for (size_t c = 1; c < count.size(); ++c) {
    if (count[c] > 0) groups_.push_back(count[c - 1]);
    count[c] += count[c - 1];
  }
  groups_.push_back(usable.size());
  held_.resize(usable.size());
  for (const Statement* s : usable) {
    held_[count[s->concept_index]++] = {s, true, false};
  }
  for (size_t g = 0; g + 1 < groups_.size(); ++g) {
    if (groups_[g + 1] - groups_[g] < 2) continue;
    const int c = held_[groups_[g]].statement->concept_index;
    if (catalog_.concepts[c].is_quantity) {
      ReconcileQuantity(groups_[g], groups_[g + 1]);
    } else {
      Reconcile(groups_[g], groups_[g + 1]);
    }
  }
}

void PatientFacts::Reconcile(size_t begin, size_t end) {
  // First each source with itself, then the sources with each other; what is
  // left is open. The order of statements does not matter.
  for (const bool same_source : {true, false}) {
    std::vector<size_t> out;
    for (size_t i = begin; i < end; ++i) {
      for (size_t j = begin; j < end; ++j) {
        const Statement& a = *held_[i].statement;
        const Statement& b = *held_[j].statement;
        if (!held_[i].in_force || !held_[j].in_force ||
            (a.source == b.source) != same_source ||
            !Contradict(catalog_, a, b)) {
          continue;
        }
        const Winner winner = Settle(a, b);
        if (winner == Winner::kNeither) continue;
        Contradiction(true, a, b);
        out.push_back(winner == Winner::kFirst ? j : i);
      }
    }
    for (const size_t i : out) held_[i].in_force = false;
  }
  std::vector<size_t> contested;
  for (size_t i = begin; i < end; ++i) {
    for (size_t j = begin; j < end; ++j) {
      if (held_[i].in_force && held_[j].in_force &&
          Contradict(catalog_, *held_[i].statement, *held_[j].statement)) {
        Contradiction(false, *held_[i].statement, *held_[j].statement);
        contested.push_back(i);
        contested.push_back(j);
      }
    }
  }
  for (const size_t i : contested) {
    held_[i].in_force = false;
    held_[i].contested = true;
  }
}

void PatientFacts::ReconcileQuantity(size_t begin, size_t end) {
  // The most recent counts; an older one is history and contradicts nothing.
  for (size_t i = begin; i < end; ++i) {
    for (size_t j = begin; j < end; ++j) {
      if (Later(held_[j].statement->recorded, held_[i].statement->recorded)) {
        held_[i].in_force = false;
      }
    }
  }
  for (const bool settle : {true, false}) {
    std::vector<size_t> out;
    for (size_t i = begin; i < end; ++i) {
      for (size_t j = i + 1; j < end; ++j) {
        const Statement& a = *held_[i].statement;
        const Statement& b = *held_[j].statement;
        if (!held_[i].in_force || !held_[j].in_force || a.value == b.value) {
          continue;
        }
        const Winner winner = Settle(a, b);
        if (settle != (winner != Winner::kNeither)) continue;
        Contradiction(settle, a, b);
        if (winner != Winner::kFirst) out.push_back(i);
        if (winner != Winner::kSecond) out.push_back(j);
      }
    }
    for (const size_t i : out) held_[i].in_force = false;
  }
}

void PatientFacts::Contradiction(bool settled, const Statement& a,
                                 const Statement& b) {
  AddNotice(settled ? v1::NOTICE_KIND_CONTRADICTION_SETTLED
                    : v1::NOTICE_KIND_CONTRADICTION_OPEN,
            a.concept_index, {&a, &b});
}

v1::Notice PatientFacts::MakeNotice(
    v1::NoticeKind kind, int concept_index,
    const std::vector<const Statement*>& statements) const {
  v1::Notice notice;
  notice.set_kind(kind);
  notice.set_concept(catalog_.concepts[concept_index].id);
  for (const Statement* s : statements) notice.add_findings(s->finding);
  const v1::Concept* definition = catalog_.concepts[concept_index].definition;
  notice.set_text(
      absl::StrCat(definition == nullptr ? "" : definition->display(), ": ",
                   kNoticeTexts[kind]));
  return notice;
}

void PatientFacts::AddNotice(v1::NoticeKind kind, int concept_index,
                             const std::vector<const Statement*>& statements) {
  notices_.push_back(MakeNotice(kind, concept_index, statements));
}

std::vector<const Statement*> PatientFacts::StatementsOf(
    int concept_index) const {
  std::vector<const Statement*> found;
  for (const Held& held : held_) {
    if (held.in_force && held.statement->concept_index == concept_index) {
      found.push_back(held.statement);
    }
  }
  return found;
}

int PatientFacts::RegionArea(const Region& region, int treatment_area) const {
  switch (region.place) {
    case v1::FINDING_PLACE_TREATMENT_AREA:
      return treatment_area;
    case v1::FINDING_PLACE_REGION:
      return catalog_.AreaHolds(region.area, treatment_area) ? region.area
                                                             : treatment_area;
    default:
      return -1;
  }
}

bool PatientFacts::BearsOn(const Statement& statement, const Region& region,
                           int treatment_area) const {
  const int area = RegionArea(region, treatment_area);
  if (area < 0) return true;
  if (statement.areas == 0) return IsDenial(statement.status);
  const CompiledArea& place = catalog_.areas[area];
  return (statement.areas & (place.holds | place.held_by)) != 0;
}

WorldSet PatientFacts::ConditionWorlds(const CompiledConcept& asked,
                                       size_t begin, size_t end,
                                       int treatment_area) const {
  if (end - begin == 1 && held_[begin].in_force) {
    const Statement& only = *held_[begin].statement;
    if (only.areas == 0 && IsDenial(only.status)) {
      return only.status == v1::FINDING_STATUS_NEVER ? asked.never_everywhere
                                                     : asked.absent_everywhere;
    }
  }
  WorldSet worlds = asked.all;
  for (size_t r = 0; r < asked.regions.size(); ++r) {
    const int area = RegionArea(asked.regions[r], treatment_area);
    bool present = false;
    bool past = false;
    bool not_now = false;
    bool never = false;
    bool contested_present = false;
    bool contested_past = false;
    LatestDate onset;
    LatestDate last;
    for (size_t i = begin; i < end; ++i) {
      const Statement& s = *held_[i].statement;
      if (held_[i].contested && !IsDenial(s.status) &&
          BearsOn(s, asked.regions[r], treatment_area)) {
        (s.status == v1::FINDING_STATUS_PRESENT ? contested_present
                                                : contested_past) = true;
      }
      if (!held_[i].in_force) continue;
      // What was somewhere, nobody said where, may be elsewhere now.
      const bool of_one_place =
          !IsDenial(s.status) &&
          asked.definition->scope() == v1::CONCEPT_SCOPE_TREATMENT_AREA;
      const bool covers =
          s.areas == 0
              ? !of_one_place
              : area >= 0 && (catalog_.areas[area].held_by & s.areas) != 0;
      if (IsDenial(s.status)) {
        if (!covers) continue;
        not_now = true;
        never = never || s.status == v1::FINDING_STATUS_NEVER;
        continue;
      }
      if (!BearsOn(s, asked.regions[r], treatment_area)) {
        if (!s.areas_complete) continue;
        not_now = true;
        never = never || s.status == v1::FINDING_STATUS_PAST;
        continue;
      }
      if (s.status == v1::FINDING_STATUS_PRESENT) {
        present = true;
        onset.Add(s.has_onset, s.onset, s.recorded, kEarliestDay);
      } else {
        past = true;
        not_now = not_now || covers || s.areas_complete;
        last.Add(s.has_last, s.last, s.recorded,
                 s.has_onset ? s.onset.first : kEarliestDay);
      }
    }
    WorldSet region_worlds = 0;
    const std::vector<WorldSet>& by_cell = asked.worlds_by_cell[r];
    const auto add_past = [&](DayInterval when) {
      const int from = WindowsOver(asked.end_windows, when.last, day_);
      const int to = WindowsOver(asked.end_windows, when.first, day_);
      for (int w = from; w <= to; ++w)
        region_worlds |= by_cell[asked.PastCell(w)];
    };
    const auto add_present = [&](DayInterval when) {
      const int from = WindowsOver(asked.onset_windows, when.last, day_);
      const int to = WindowsOver(asked.onset_windows, when.first, day_);
      for (int w = from; w <= to; ++w) {
        region_worlds |= by_cell[asked.PresentCell(w)];
      }
    };
    // Whatever the day, what is known came before the day of the decision.
    const DayInterval any_time{kEarliestDay, intake_.as_of};
    // While it is open whether it is present there, or was, nothing said of
    // other places settles that it is not, or was not.
    if (contested_present) not_now = never = false;
    if (contested_past) never = false;
    if (present) {
      add_present(contested_present ? any_time : onset.Get(intake_.as_of));
    } else {
      if (past) {
        DayInterval when = last.Get(intake_.as_of);
        if (contested_present || contested_past) when.last = intake_.as_of;
        add_past(when);
      } else if (never) {
        region_worlds |= by_cell[0];
      } else {
        region_worlds |= by_cell[0];
        add_past(any_time);
      }
      if (!not_now) add_present(any_time);
    }
    if ((worlds & region_worlds) != 0) worlds &= region_worlds;
    for (size_t q = 0; q < r; ++q) {
      if (RegionArea(asked.regions[q], treatment_area) == area) {
        const WorldSet same = worlds & asked.worlds_where_same[q][r];
        if (same != 0) worlds = same;
      }
    }
  }
  return worlds;
}

WorldSet PatientFacts::QuantityWorlds(const CompiledConcept& asked,
                                      size_t begin, size_t end) const {
  WorldSet worlds = 0;
  for (size_t i = begin; i < end; ++i) {
    if (held_[i].in_force) {
      worlds |= WorldSet{1} << QuantityCell(asked, held_[i].statement->value);
    }
  }
  return worlds == 0 ? asked.all : worlds;
}

std::optional<DayInterval> PatientFacts::Birth() const {
  if (!intake_.birth.has_value() && !intake_.age_years.has_value()) return {};
  DayInterval birth;
  if (intake_.birth.has_value()) birth = *intake_.birth;
  birth.last = std::min(birth.last, intake_.as_of);
  if (intake_.age_years.has_value()) {
    // A stated age is one of the day of the decision; birthdays come after it.
    const int months = 12 * *intake_.age_years;
    birth.first = std::max(
        birth.first, TimeSpan{0, months + 12}.EarliestOpen(intake_.as_of));
    if (months > 0) {
      birth.last = std::min(
          birth.last, TimeSpan{0, months}.EarliestOpen(intake_.as_of) - 1);
    }
  }
  return birth;
}

WorldSet PatientFacts::AgeWorlds() const {
  const CompiledConcept& asked = catalog_.concepts[catalog_.age_concept];
  AgeInterval age;
  if (intake_.age_years.has_value() && day_ == intake_.as_of) {
    age = {*intake_.age_years, *intake_.age_years};
  } else {
    const std::optional<DayInterval> birth = Birth();
    if (!birth.has_value()) return asked.all;
    age = AgeOn(*birth, day_);
  }
  WorldSet worlds = 0;
  for (int years = age.least; years <= age.greatest; ++years) {
    worlds |= WorldSet{1} << QuantityCell(asked, years);
  }
  return worlds;
}

Facts PatientFacts::ForContext(const TreatmentContext& context) const {
  Facts facts;
  facts.possible = catalog_.all_worlds;
  facts.known.reserve(catalog_.concepts.size());
  for (const auto& [c, worlds] : catalog_.areas[context.area].narrowed) {
    facts.possible[c] = worlds;
    facts.known.push_back(c);
  }
  if (day_ > intake_.as_of) {
    for (size_t c = 0; c < catalog_.concepts.size(); ++c) {
      const CompiledConcept& asked = catalog_.concepts[c];
      if (asked.end_windows.empty() && asked.onset_windows.empty()) continue;
      facts.possible[c] = UnstatedWorlds(static_cast<int>(c), context.area);
      facts.known.push_back(static_cast<int>(c));
    }
  }
  const auto set = [&](int c, WorldSet worlds) {
    if ((worlds & facts.possible[c]) != 0) worlds &= facts.possible[c];
    if (worlds != facts.possible[c]) facts.known.push_back(c);
    facts.possible[c] = worlds;
  };
  for (size_t g = 0; g + 1 < groups_.size(); ++g) {
    const int c = held_[groups_[g]].statement->concept_index;
    const CompiledConcept& asked = catalog_.concepts[c];
    set(c, asked.is_quantity ? QuantityWorlds(asked, groups_[g], groups_[g + 1])
                             : ConditionWorlds(asked, groups_[g],
                                               groups_[g + 1], context.area));
  }
  if (catalog_.age_concept >= 0) set(catalog_.age_concept, AgeWorlds());
  while (ImplyForward(context.area, &facts) && ImplyBackward(&facts)) {
  }

  const auto know = [&](int c, WorldSet worlds) {
    facts.possible[c] = worlds;
    facts.known.push_back(c);
  };
  know(catalog_.area_concept, WorldSet{1} << context.area);
  know(catalog_.device_concept, WorldSet{1} << context.device_world);
  const CompiledConcept& depth = catalog_.concepts[catalog_.depth_concept];
  know(catalog_.depth_concept,
       WorldSet{1} << (context.needle_depth_mm < 0
                           ? static_cast<int>(2 * depth.limits.size() + 1)
                           : QuantityCell(depth, context.needle_depth_mm)));
  for (int i = 0; i < catalog_.catalog.concerns_size(); ++i) {
    know(catalog_.first_concern_concept + i, WorldSet{1});
  }
  for (const int concern : context.concerns) {
    facts.possible[catalog_.first_concern_concept + concern] = WorldSet{2};
  }
  return facts;
}

WorldSet PatientFacts::UnstatedWorlds(int concept_index,
                                      int treatment_area) const {
  const CompiledConcept& asked = catalog_.concepts[concept_index];
  if (asked.is_quantity) return asked.all;
  return ConditionWorlds(asked, 0, 0, treatment_area);
}

bool PatientFacts::ImplyForward(int treatment_area, Facts* facts) const {
  std::vector<WorldSet>& possible = facts->possible;
  for (const int target : catalog_.implied_concepts) {
    const WorldSet stated = possible[target];
    if (facts->IsBroken(target)) continue;
    WorldSet implied = stated;
    for (const int i : catalog_.implications_to[target]) {
      const CompiledImplication& arc = catalog_.implications[i];
      if (TruthIn(possible[arc.gate], arc.given) != Truth::kTrue) continue;
      implied &= arc.implied;
    }
    if (implied == stated) continue;
    facts->known.push_back(target);
    possible[target] = implied;
    if (implied != 0) continue;
    facts->broken.push_back(target);
    possible[target] = UnstatedWorlds(target, treatment_area);
  }
  return true;
}

bool PatientFacts::ImplyBackward(Facts* facts) const {
  std::vector<WorldSet>& possible = facts->possible;
  bool changed = false;
  for (auto t = catalog_.implied_concepts.rbegin();
       t != catalog_.implied_concepts.rend(); ++t) {
    if (facts->IsBroken(*t)) continue;
    for (const int i : catalog_.implications_to[*t]) {
      const CompiledImplication& arc = catalog_.implications[i];
      if ((possible[*t] & arc.implied) != 0) continue;
      const WorldSet left = possible[arc.gate] & ~arc.given;
      if (left == 0 || left == possible[arc.gate]) continue;
      facts->known.push_back(arc.gate);
      possible[arc.gate] = left;
      changed = true;
    }
  }
  return changed;
}

void PatientFacts::AddWindowEnds(int concept_index,
                                 std::vector<Day>* days) const {
  const CompiledConcept& asked = catalog_.concepts[concept_index];
  if (concept_index == catalog_.age_concept) {
    const std::optional<DayInterval> birth = Birth();
    if (!birth.has_value()) return;
    for (const double limit : asked.limits) {
      for (const double years : {std::floor(limit) + 1, std::ceil(limit)}) {
        if (years < 1) continue;
        days->push_back(
            TimeSpan{0, 12 * static_cast<int>(years)}.EndFrom(birth->last));
      }
    }
    return;
  }
  const auto add = [&](const std::vector<TimeSpan>& windows, Day latest) {
    for (const TimeSpan& window : windows) {
      days->push_back(window.EndFrom(std::min(latest, intake_.as_of)));
    }
  };
  // What has no date came no later than the day of the decision.
  add(asked.end_windows, intake_.as_of);
  add(asked.onset_windows, intake_.as_of);
  for (const Statement* s : StatementsOf(concept_index)) {
    if (s->has_last) add(asked.end_windows, s->last.last);
    if (s->has_onset) add(asked.onset_windows, s->onset.last);
  }
}

}  // namespace needlewise
