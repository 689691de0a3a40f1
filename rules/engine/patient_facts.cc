#include "rules/engine/patient_facts.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/substitute.h"
#include "rules/engine/implications.h"

namespace needlewise {
namespace {

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
  if (when <= kEarliestDay) return static_cast<int>(windows.size());
  int over = 0;
  // What a window no longer reaches, no shorter one does. Which of the two it
  // is mostly shows without a calendar.
  for (const TimeSpan& window : windows) {
    const bool surely_over = when + window.GreatestDays() <= day;
    const bool surely_on = when + window.LeastDays() > day;
    if (surely_on || (!surely_over && when >= window.EarliestOpen(day))) break;
    ++over;
  }
  return over;
}

Phrase PhraseOf(v1::NoticeKind kind) {
  switch (kind) {
    case v1::NOTICE_KIND_CONTRADICTION_SETTLED:
      return Phrase::kContradictionSettled;
    case v1::NOTICE_KIND_CONTRADICTION_OPEN:
      return Phrase::kContradictionOpen;
    case v1::NOTICE_KIND_IMPLICATION_BROKEN:
      return Phrase::kImplicationBroken;
    case v1::NOTICE_KIND_STALE:
      return Phrase::kStale;
    case v1::NOTICE_KIND_AFTER_AS_OF:
      return Phrase::kAfterAsOf;
    default:
      return Phrase::kCodeNotMapped;
  }
}

v1::Notice MakeNotice(const PatientFacts& patient, v1::NoticeKind kind,
                      int concept_index) {
  v1::Notice notice;
  notice.set_kind(kind);
  notice.set_concept(patient.catalog().concepts[concept_index].id);
  notice.set_text(
      absl::Substitute(patient.wording()[PhraseOf(kind)],
                       patient.texts().concepts(concept_index).display()));
  return notice;
}

// Whether a list in order holds a concept.
bool IsIn(const std::vector<int32_t>& concepts, int concept_index) {
  return std::binary_search(concepts.begin(), concepts.end(), concept_index);
}

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
    : catalog_(catalog), intake_(intake), day_(day), fresh_on_(fresh_on) {
  SelectFindings();
  SelectClosures();
  FindDiffering();
}

v1::NoticeKind PatientFacts::WhyUnused(const Statement& s) const {
  if (s.recorded.first > intake_.as_of ||
      (s.has_onset && s.onset.first > intake_.as_of) ||
      (s.has_last && s.last.first > intake_.as_of)) {
    return v1::NOTICE_KIND_AFTER_AS_OF;
  }
  const CompiledConcept& about = catalog_.concepts[s.concept_index];
  const bool is_stale =
      about.freshness_days > 0 &&
      fresh_on_ - s.recorded.first > about.freshness_days &&
      !(about.only_denials_go_stale && s.status == v1::FINDING_STATUS_PRESENT);
  return is_stale ? v1::NOTICE_KIND_STALE : v1::NOTICE_KIND_UNSPECIFIED;
}

void PatientFacts::SelectFindings() {
  held_.reserve(intake_.statements.size());
  for (const Statement& s : intake_.statements) {
    if (s.status == v1::FINDING_STATUS_UNKNOWN) continue;
    const v1::NoticeKind why = WhyUnused(s);
    if (why == v1::NOTICE_KIND_UNSPECIFIED) {
      held_.push_back({&s});
    } else {
      AddOddity(why, s.concept_index, {&s});
    }
  }
  std::stable_sort(held_.begin(), held_.end(),
                   [](const HeldStatement& a, const HeldStatement& b) {
                     return a.statement->concept_index <
                            b.statement->concept_index;
                   });
  groups_.reserve(held_.size());
  for (size_t i = 0; i < held_.size(); ++i) {
    const int c = held_[i].statement->concept_index;
    if (groups_.empty() || groups_.back().concept_index != c) {
      groups_.push_back({c, i, i});
    }
    groups_.back().end = i + 1;
  }
  for (const Group& group : groups_) {
    if (group.end - group.begin < 2) continue;
    const absl::Span<HeldStatement> about(&held_[group.begin],
                                          group.end - group.begin);
    const Contradictions found =
        catalog_.concepts[group.concept_index].is_quantity
            ? ReconcileQuantity(about)
            : ReconcileCondition(catalog_, about);
    AddOddity(v1::NOTICE_KIND_CONTRADICTION_SETTLED, group.concept_index,
              found.settled);
    AddOddity(v1::NOTICE_KIND_CONTRADICTION_OPEN, group.concept_index,
              found.open);
  }
}

void PatientFacts::SelectClosures() {
  not_closed_ = intake_.not_closed;
  std::vector<int32_t> unused;
  for (const Closure& closure : intake_.closures) {
    // Either all that it closes came after the day of the decision, or only
    // what goes stale needs a look.
    const bool is_after = closure.recorded.first > intake_.as_of;
    if (!is_after) {
      closed_.resize(catalog_.concepts_by_section.size(), false);
      closed_[closure.section] = true;
    }
    for (const int c : catalog_.concepts_by_section[closure.section]) {
      if (!is_after && catalog_.concepts[c].freshness_days == 0) continue;
      if (IsIn(intake_.not_closed, c)) continue;
      const Statement s = StatementOf(closure, catalog_, c);
      const v1::NoticeKind why = WhyUnused(s);
      if (why == v1::NOTICE_KIND_UNSPECIFIED) continue;
      AddOddity(why, c, {&s});
      unused.push_back(c);
    }
  }
  // A section that was closed twice may still deny it.
  for (const int c : unused) {
    if (ClosuresOf(c).empty()) not_closed_.push_back(c);
  }
  std::sort(not_closed_.begin(), not_closed_.end());
}

std::vector<Statement> PatientFacts::ClosuresOf(int concept_index) const {
  std::vector<Statement> found;
  for (const Closure& closure : intake_.closures) {
    if (closure.section != catalog_.concepts[concept_index].section) continue;
    const Statement s = StatementOf(closure, catalog_, concept_index);
    if (WhyUnused(s) == v1::NOTICE_KIND_UNSPECIFIED) found.push_back(s);
  }
  return found;
}

void PatientFacts::FindDiffering() {
  differing_.reserve(groups_.size() + not_closed_.size() + 16);
  for (const Group& group : groups_) differing_.push_back(group.concept_index);
  if (catalog_.age_concept >= 0) differing_.push_back(catalog_.age_concept);
  if (closed_.empty()) return;
  size_t in_closed = 0;
  size_t in_all = 0;
  for (size_t s = 0; s < closed_.size(); ++s) {
    in_all += catalog_.concepts_by_section[s].size();
    if (closed_[s]) in_closed += catalog_.concepts_by_section[s].size();
  }
  denied_ = 2 * in_closed > in_all;
  for (size_t s = 0; s < closed_.size(); ++s) {
    if (closed_[s] == denied_) continue;
    const std::vector<int32_t>& concepts = catalog_.concepts_by_section[s];
    differing_.insert(differing_.end(), concepts.begin(), concepts.end());
  }
  if (!denied_) return;
  for (const int c : not_closed_) {
    if (GroupOf(c) == nullptr) differing_.push_back(c);
  }
}

void PatientFacts::AddOddity(v1::NoticeKind kind, int concept_index,
                             const std::vector<const Statement*>& statements) {
  if (statements.empty()) return;
  Oddity& oddity = oddities_.emplace_back();
  oddity.kind = kind;
  oddity.concept_index = concept_index;
  for (const Statement* s : statements) oddity.findings.push_back(s->finding);
}

std::vector<v1::Notice> PatientFacts::notices() const {
  std::vector<v1::Notice> notices = intake_.notices;
  for (const Oddity& oddity : oddities_) {
    v1::Notice& notice = notices.emplace_back(
        MakeNotice(*this, oddity.kind, oddity.concept_index));
    notice.mutable_findings()->Assign(oddity.findings.begin(),
                                      oddity.findings.end());
  }
  return notices;
}

v1::Notice PatientFacts::BrokenNotice(int concept_index) const {
  v1::Notice notice =
      MakeNotice(*this, v1::NOTICE_KIND_IMPLICATION_BROKEN, concept_index);
  for (const Statement& s : StatementsOf(concept_index)) {
    notice.add_findings(s.finding);
  }
  return notice;
}

const PatientFacts::Group* PatientFacts::GroupOf(int concept_index) const {
  const auto at = std::lower_bound(
      groups_.begin(), groups_.end(), concept_index,
      [](const Group& group, int c) { return group.concept_index < c; });
  return at != groups_.end() && at->concept_index == concept_index ? &*at
                                                                   : nullptr;
}

bool PatientFacts::IsClosed(int concept_index) const {
  if (closed_.empty()) return false;
  const CompiledConcept& about = catalog_.concepts[concept_index];
  return about.denied != 0 && closed_[about.section] &&
         !IsIn(not_closed_, concept_index);
}

std::vector<Statement> PatientFacts::StatementsOf(int concept_index) const {
  std::vector<Statement> found;
  if (const Group* group = GroupOf(concept_index); group != nullptr) {
    for (size_t i = group->begin; i < group->end; ++i) {
      if (held_[i].in_force) found.push_back(*held_[i].statement);
    }
  }
  if (IsClosed(concept_index)) {
    const std::vector<Statement> closures = ClosuresOf(concept_index);
    found.insert(found.end(), closures.begin(), closures.end());
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
                                       int treatment_area, Day day) const {
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
      const int from = WindowsOver(asked.end_windows, when.last, day);
      const int to = WindowsOver(asked.end_windows, when.first, day);
      for (int w = from; w <= to; ++w)
        region_worlds |= by_cell[asked.PastCell(w)];
    };
    const auto add_present = [&](DayInterval when) {
      const int from = WindowsOver(asked.onset_windows, when.last, day);
      const int to = WindowsOver(asked.onset_windows, when.first, day);
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

WorldSet PatientFacts::AgeWorlds(Day day) const {
  const CompiledConcept& asked = catalog_.concepts[catalog_.age_concept];
  AgeInterval age;
  if (intake_.age_years.has_value() && day == intake_.as_of) {
    age = {*intake_.age_years, *intake_.age_years};
  } else {
    const std::optional<DayInterval> birth = Birth();
    if (!birth.has_value()) return asked.all;
    age = AgeOn(*birth, day);
  }
  WorldSet worlds = 0;
  for (int years = age.least; years <= age.greatest; ++years) {
    worlds |= WorldSet{1} << QuantityCell(asked, years);
  }
  return worlds;
}

WorldSet PatientFacts::UnstatedWorlds(int concept_index, int treatment_area,
                                      Day day) const {
  const CompiledConcept& asked = catalog_.concepts[concept_index];
  if (day > intake_.as_of && asked.HasWindows()) {
    return ConditionWorlds(asked, 0, 0, treatment_area, day);
  }
  const int unknown = CompiledCatalog::BaselineOf(treatment_area, false);
  return catalog_.baselines[unknown].stated[concept_index];
}

WorldSet PatientFacts::StatedWorlds(int concept_index, int treatment_area,
                                    Day day) const {
  const CompiledConcept& asked = catalog_.concepts[concept_index];
  WorldSet worlds = UnstatedWorlds(concept_index, treatment_area, day);
  const auto narrow = [&](WorldSet stated) {
    worlds = (worlds & stated) != 0 ? worlds & stated : stated;
  };
  const Group* group = GroupOf(concept_index);
  if (group != nullptr) {
    narrow(asked.is_quantity ? QuantityWorlds(asked, group->begin, group->end)
                             : ConditionWorlds(asked, group->begin, group->end,
                                               treatment_area, day));
  } else if (IsClosed(concept_index)) {
    narrow(asked.denied);
  }
  if (concept_index == catalog_.age_concept) narrow(AgeWorlds(day));
  return worlds;
}

void PatientFacts::Restate(const ImplicationGroup& group, int treatment_area,
                           Day day, Facts* facts) const {
  std::vector<int32_t>& broken = facts->broken;
  for (const int c : group.concepts) {
    facts->possible[c] = StatedWorlds(c, treatment_area, day);
    broken.erase(std::remove(broken.begin(), broken.end(), c), broken.end());
  }
  Imply(
      catalog_, group,
      [&](int c) { return UnstatedWorlds(c, treatment_area, day); }, facts);
}

Facts PatientFacts::ForContext(const TreatmentContext& context) const {
  Facts facts;
  facts.baseline = CompiledCatalog::BaselineOf(context.area, denied_);
  const Baseline& baseline = catalog_.baselines[facts.baseline];
  facts.possible = baseline.possible;
  facts.broken = baseline.broken;
  // Groups of implications of which something else is stated.
  std::vector<int32_t> groups;
  const auto state = [&](int c) {
    const WorldSet stated = StatedWorlds(c, context.area, day_);
    if (stated == baseline.stated[c]) return;
    const int group = catalog_.implication_group_of[c];
    if (group < 0) {
      facts.possible[c] = stated;
      facts.known.push_back(c);
    } else if (std::find(groups.begin(), groups.end(), group) == groups.end()) {
      groups.push_back(group);
    }
  };
  facts.known.reserve(differing_.size() + 16);
  for (const int c : differing_) state(c);
  if (day_ > intake_.as_of) {
    for (const int c : baseline.dated) state(c);
  }
  for (const int g : groups) {
    const ImplicationGroup& group = catalog_.implication_groups[g];
    Restate(group, context.area, day_, &facts);
    for (const int c : group.concepts) {
      if (facts.possible[c] != baseline.possible[c]) facts.known.push_back(c);
    }
  }

  const auto know = [&](int c, WorldSet worlds) {
    if (facts.possible[c] == worlds) return;
    facts.possible[c] = worlds;
    facts.known.push_back(c);
  };
  know(catalog_.device_concept, WorldSet{1} << context.device_world);
  if (context.needle_depth_mm >= 0) {
    const CompiledConcept& depth = catalog_.concepts[catalog_.depth_concept];
    know(catalog_.depth_concept,
         WorldSet{1} << QuantityCell(depth, context.needle_depth_mm));
  }
  for (const int concern : context.concerns) {
    know(catalog_.first_concern_concept + concern,
         CompiledCatalog::kIsAConcern);
  }
  return facts;
}

void PatientFacts::MoveTo(Day day, int treatment_area,
                          const std::vector<int32_t>& concepts,
                          Facts* facts) const {
  for (const int c : concepts) {
    if (catalog_.concepts[c].is_context) continue;
    const int group = catalog_.implication_group_of[c];
    if (group < 0) {
      facts->possible[c] = StatedWorlds(c, treatment_area, day);
    } else {
      Restate(catalog_.implication_groups[group], treatment_area, day, facts);
    }
  }
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
  const Group* group = GroupOf(concept_index);
  if (group == nullptr) return;
  for (size_t i = group->begin; i < group->end; ++i) {
    const Statement& s = *held_[i].statement;
    if (!held_[i].in_force) continue;
    if (s.has_last) add(asked.end_windows, s.last.last);
    if (s.has_onset) add(asked.onset_windows, s.onset.last);
  }
}

}  // namespace needlewise
