#include "rules/engine/reconciliation.h"

#include <algorithm>
#include <array>

namespace needlewise {
namespace {

constexpr int kMostAreas = 64;

// When some statements were recorded, as far as that tells which of two holds.
struct RecordedBounds {
  bool any = false;
  // The latest of their earliest days, and the earliest of their latest.
  Day latest_first = kEarliestDay;
  Day earliest_last = kLatestDay;

  void Add(DayInterval recorded) {
    any = true;
    latest_first = std::max(latest_first, recorded.first);
    earliest_last = std::min(earliest_last, recorded.last);
  }

  void Add(const RecordedBounds& other) {
    any = any || other.any;
    latest_first = std::max(latest_first, other.latest_first);
    earliest_last = std::min(earliest_last, other.earliest_last);
  }
};

// Bounds by area, with one more entry for statements that name none.
class BoundsByArea {
 public:
  void AddEverywhere(DayInterval recorded) { everywhere_.Add(recorded); }

  void Add(WorldSet areas, DayInterval recorded) {
    for (WorldSet rest = areas; rest != 0; rest &= rest - 1) {
      by_area_[__builtin_ctzll(rest)].Add(recorded);
    }
  }

  const RecordedBounds& Everywhere() const { return everywhere_; }

  RecordedBounds In(WorldSet areas) const {
    RecordedBounds bounds;
    for (WorldSet rest = areas; rest != 0; rest &= rest - 1) {
      bounds.Add(by_area_[__builtin_ctzll(rest)]);
    }
    return bounds;
  }

 private:
  std::array<RecordedBounds, kMostAreas> by_area_;
  RecordedBounds everywhere_;
};

// A set of statements that can be asked which of them contradict another. One
// that says "is", or "was", contradicts those that say otherwise of a place
// that covers one of its areas whole; where it names none, those that say so of
// every place.
class Opponents {
 public:
  explicit Opponents(const CompiledCatalog& catalog) : catalog_(catalog) {}

  void Add(const Statement& s) {
    if (Denies(s, kPresent)) AddDenial(s, &denied_[kPresent]);
    if (Denies(s, kPast)) AddDenial(s, &denied_[kPast]);
    if (s.status == v1::FINDING_STATUS_PRESENT) Assert(s, kPresent);
    if (s.status == v1::FINDING_STATUS_PAST) Assert(s, kPast);
  }

  // Of those that contradict `s`, whichever of the two denies.
  RecordedBounds Of(const Statement& s) const {
    RecordedBounds bounds;
    for (const Claim claim : {kPresent, kPast}) {
      if (Denies(s, claim)) {
        bounds.Add(s.areas == 0 ? asserted_[claim].Everywhere()
                                : asserted_[claim].In(s.areas));
      }
    }
    if (s.status == v1::FINDING_STATUS_PRESENT) AddDenied(s, kPresent, &bounds);
    if (s.status == v1::FINDING_STATUS_PAST) AddDenied(s, kPast, &bounds);
    return bounds;
  }

 private:
  enum Claim { kPresent, kPast };

  static bool Denies(const Statement& s, Claim claim) {
    return claim == kPresent
               ? IsDenial(s.status) || s.status == v1::FINDING_STATUS_PAST
               : s.status == v1::FINDING_STATUS_NEVER;
  }

  // Areas that hold one of the statement's whole.
  WorldSet Holding(const Statement& s) const {
    WorldSet holding = 0;
    for (WorldSet rest = s.areas; rest != 0; rest &= rest - 1) {
      holding |= catalog_.areas[__builtin_ctzll(rest)].held_by;
    }
    return holding;
  }

  static void AddDenial(const Statement& s, BoundsByArea* denied) {
    if (s.areas == 0) denied->AddEverywhere(s.recorded);
    denied->Add(s.areas, s.recorded);
  }

  void Assert(const Statement& s, Claim claim) {
    asserted_[claim].AddEverywhere(s.recorded);
    asserted_[claim].Add(Holding(s), s.recorded);
  }

  void AddDenied(const Statement& s, Claim claim,
                 RecordedBounds* bounds) const {
    bounds->Add(denied_[claim].Everywhere());
    bounds->Add(denied_[claim].In(Holding(s)));
  }

  const CompiledCatalog& catalog_;
  // By claim: the denials of it by the area they speak of, and the assertions
  // by each area that covers one of theirs.
  std::array<BoundsByArea, 2> denied_;
  std::array<BoundsByArea, 2> asserted_;
};

enum class Outcome { kNotConcerned, kHolds, kYields };

// Notes each statement in force that `settle` finds to contradict another, and
// takes those that yield out of force, all at once.
template <typename Settle>
void SettleAll(absl::Span<HeldStatement> held, Contradictions* found,
               Settle settle) {
  std::vector<HeldStatement*> out;
  for (HeldStatement& h : held) {
    if (!h.in_force) continue;
    const Outcome outcome = settle(*h.statement);
    if (outcome == Outcome::kNotConcerned) continue;
    found->settled.push_back(h.statement);
    if (outcome == Outcome::kYields) out.push_back(&h);
  }
  for (HeldStatement* h : out) h->in_force = false;
}

bool IsClinicians(const Statement& s) {
  return s.source == v1::SOURCE_CLINICIAN;
}

// Within one source the later statement holds.
void SettleWithinSources(const CompiledCatalog& catalog,
                         absl::Span<HeldStatement> held,
                         Contradictions* found) {
  std::vector<v1::Source> sources;
  for (const HeldStatement& h : held) {
    if (std::find(sources.begin(), sources.end(), h.statement->source) ==
        sources.end()) {
      sources.push_back(h.statement->source);
    }
  }
  if (sources.size() == held.size()) return;
  for (const v1::Source source : sources) {
    Opponents own(catalog);
    for (const HeldStatement& h : held) {
      if (h.statement->source == source) own.Add(*h.statement);
    }
    SettleAll(held, found, [&](const Statement& s) {
      if (s.source != source) return Outcome::kNotConcerned;
      const RecordedBounds others = own.Of(s);
      if (others.latest_first > s.recorded.last) return Outcome::kYields;
      return others.earliest_last < s.recorded.first ? Outcome::kHolds
                                                     : Outcome::kNotConcerned;
    });
  }
}

// A clinician's statement holds over those of others not recorded after it; a
// partial date may lie after it.
void SettleByClinician(const CompiledCatalog& catalog,
                       absl::Span<HeldStatement> held, Contradictions* found) {
  Opponents clinicians(catalog);
  Opponents others(catalog);
  bool any = false;
  for (const HeldStatement& h : held) {
    if (!h.in_force) continue;
    any = any || IsClinicians(*h.statement);
    (IsClinicians(*h.statement) ? clinicians : others).Add(*h.statement);
  }
  if (!any) return;
  SettleAll(held, found, [&](const Statement& s) {
    if (IsClinicians(s)) {
      const RecordedBounds contradicted = others.Of(s);
      return contradicted.any && contradicted.earliest_last <= s.recorded.first
                 ? Outcome::kHolds
                 : Outcome::kNotConcerned;
    }
    const RecordedBounds contradicting = clinicians.Of(s);
    return contradicting.any && contradicting.latest_first >= s.recorded.last
               ? Outcome::kYields
               : Outcome::kNotConcerned;
  });
}

// The best of some days, and the best among those of another value.
class BestDays {
 public:
  // `sign`: 1 where later is better, -1 where earlier is.
  explicit BestDays(int sign) : sign_(sign) {}

  void Add(double value, Day day) {
    const Entry entry{true, value, sign_ * day};
    if (!best_.any || entry.score > best_.score) {
      if (best_.any && best_.value != value) second_ = best_;
      best_ = entry;
    } else if (value != best_.value &&
               (!second_.any || entry.score > second_.score)) {
      second_ = entry;
    }
  }

  // Whether some day of a value other than `value` is `day` or better.
  bool Reaches(double value, Day day) const {
    const Entry& other = best_.value != value ? best_ : second_;
    return other.any && other.score >= sign_ * day;
  }

 private:
  struct Entry {
    bool any = false;
    double value = 0;
    Day score = 0;
  };
  const int sign_;
  Entry best_;
  Entry second_;
};

}  // namespace

bool IsDenial(v1::FindingStatus status) {
  return status == v1::FINDING_STATUS_ABSENT ||
         status == v1::FINDING_STATUS_NEVER;
}

Contradictions ReconcileCondition(const CompiledCatalog& catalog,
                                  absl::Span<HeldStatement> held) {
  Contradictions found;
  SettleWithinSources(catalog, held, &found);
  SettleByClinician(catalog, held, &found);
  Opponents left(catalog);
  for (const HeldStatement& h : held) {
    if (h.in_force) left.Add(*h.statement);
  }
  for (HeldStatement& h : held) {
    if (!h.in_force || !left.Of(*h.statement).any) continue;
    found.open.push_back(h.statement);
    h.in_force = false;
    h.contested = true;
  }
  return found;
}

Contradictions ReconcileQuantity(absl::Span<HeldStatement> held) {
  Contradictions found;
  RecordedBounds all;
  for (const HeldStatement& h : held) all.Add(h.statement->recorded);
  BestDays clinicians(1);
  BestDays others(-1);
  for (HeldStatement& h : held) {
    const Statement& s = *h.statement;
    h.in_force = all.latest_first <= s.recorded.last;
    if (!h.in_force) continue;
    if (IsClinicians(s)) {
      clinicians.Add(s.value, s.recorded.first);
    } else {
      others.Add(s.value, s.recorded.last);
    }
  }
  SettleAll(held, &found, [&](const Statement& s) {
    if (IsClinicians(s)) {
      return others.Reaches(s.value, s.recorded.first) ? Outcome::kHolds
                                                       : Outcome::kNotConcerned;
    }
    return clinicians.Reaches(s.value, s.recorded.last)
               ? Outcome::kYields
               : Outcome::kNotConcerned;
  });
  // None of the rest is later than another: two values contradict.
  const HeldStatement* first = nullptr;
  bool differ = false;
  for (const HeldStatement& h : held) {
    if (!h.in_force) continue;
    if (first == nullptr) first = &h;
    differ = differ || h.statement->value != first->statement->value;
  }
  for (HeldStatement& h : held) {
    if (!differ || !h.in_force) continue;
    found.open.push_back(h.statement);
    h.in_force = false;
  }
  return found;
}

}  // namespace needlewise
