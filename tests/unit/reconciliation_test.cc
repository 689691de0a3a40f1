#include "rules/engine/reconciliation.h"

#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/catalog_builder.h"

namespace needlewise {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr int kRounds = 3000;

// The rules as they are told, statement against statement. The engine comes to
// the same without comparing each with each.
namespace pairwise {

bool Later(DayInterval a, DayInterval b) { return a.first > b.last; }

// Whether what is said of `outer` is said of one of the areas `inner` whole.
bool Covers(const CompiledCatalog& catalog, WorldSet outer, WorldSet inner) {
  if (outer == 0) return true;
  for (size_t a = 0; a < catalog.areas.size(); ++a) {
    if ((inner >> a & 1) != 0 && (catalog.areas[a].held_by & outer) != 0) {
      return true;
    }
  }
  return false;
}

bool Contradict(const CompiledCatalog& catalog, const Statement& a,
                const Statement& b) {
  const bool denied =
      a.status == v1::FINDING_STATUS_PRESENT
          ? IsDenial(b.status) || b.status == v1::FINDING_STATUS_PAST
          : a.status == v1::FINDING_STATUS_PAST &&
                b.status == v1::FINDING_STATUS_NEVER;
  return denied && Covers(catalog, b.areas, a.areas);
}

// Whether `a` holds over `b`, by its source or its date.
bool Wins(const Statement& a, const Statement& b) {
  if (a.source == b.source) return Later(a.recorded, b.recorded);
  return a.source == v1::SOURCE_CLINICIAN &&
         b.recorded.last <= a.recorded.first;
}

using Pairs = std::vector<std::pair<size_t, size_t>>;

struct Result {
  std::vector<HeldStatement> held;
  std::set<const Statement*> settled;
  std::set<const Statement*> open;

  void Settle(const Pairs& pairs) {
    std::set<size_t> out;
    for (const auto& [winner, loser] : pairs) {
      settled.insert(held[winner].statement);
      settled.insert(held[loser].statement);
      out.insert(loser);
    }
    for (const size_t i : out) held[i].in_force = false;
  }
};

// Pairs of statements in force of which the first wins.
template <typename Concerned>
Pairs Won(const std::vector<HeldStatement>& held, Concerned concerned) {
  Pairs pairs;
  for (size_t i = 0; i < held.size(); ++i) {
    for (size_t j = 0; j < held.size(); ++j) {
      const Statement& a = *held[i].statement;
      const Statement& b = *held[j].statement;
      if (held[i].in_force && held[j].in_force && concerned(a, b) &&
          Wins(a, b)) {
        pairs.emplace_back(i, j);
      }
    }
  }
  return pairs;
}

Result Condition(const CompiledCatalog& catalog,
                 std::vector<HeldStatement> held) {
  Result result{std::move(held), {}, {}};
  const auto contradict = [&](const Statement& a, const Statement& b) {
    return Contradict(catalog, a, b) || Contradict(catalog, b, a);
  };
  for (const bool same : {true, false}) {
    result.Settle(Won(result.held, [&](const Statement& a, const Statement& b) {
      return (a.source == b.source) == same && contradict(a, b);
    }));
  }
  for (HeldStatement& h : result.held) {
    for (const HeldStatement& other : result.held) {
      if (h.in_force && other.in_force &&
          contradict(*h.statement, *other.statement)) {
        result.open.insert(h.statement);
      }
    }
  }
  for (HeldStatement& h : result.held) {
    if (result.open.count(h.statement) == 0) continue;
    h.in_force = false;
    h.contested = true;
  }
  return result;
}

Result Quantity(std::vector<HeldStatement> held) {
  Result result{std::move(held), {}, {}};
  for (HeldStatement& h : result.held) {
    for (const HeldStatement& other : result.held) {
      if (Later(other.statement->recorded, h.statement->recorded)) {
        h.in_force = false;
      }
    }
  }
  result.Settle(Won(result.held, [](const Statement& a, const Statement& b) {
    return a.value != b.value;
  }));
  for (const HeldStatement& h : result.held) {
    for (const HeldStatement& other : result.held) {
      if (h.in_force && other.in_force &&
          h.statement->value != other.statement->value) {
        result.open.insert(h.statement);
      }
    }
  }
  for (HeldStatement& h : result.held) {
    if (result.open.count(h.statement) > 0) h.in_force = false;
  }
  return result;
}

}  // namespace pairwise

const CompiledCatalog& Catalog() {
  static const auto* catalog = new std::shared_ptr<const CompiledCatalog>(
      CatalogBuilder()
          .SkinCondition("rash")
          .Note("ever", IsEver("rash"))
          .Build());
  return **catalog;
}

class RandomStatements {
 public:
  explicit RandomStatements(int seed) : random_(seed) {}

  std::vector<Statement> Make() {
    std::vector<Statement> statements(1 + Below(12));
    for (Statement& s : statements) {
      constexpr v1::FindingStatus kStatuses[] = {
          v1::FINDING_STATUS_PRESENT, v1::FINDING_STATUS_PAST,
          v1::FINDING_STATUS_ABSENT, v1::FINDING_STATUS_NEVER};
      s.status = kStatuses[Below(4)];
      constexpr v1::Source kSources[] = {v1::SOURCE_CLINICIAN, v1::SOURCE_EHR,
                                         v1::SOURCE_PATIENT};
      s.source = kSources[Below(3)];
      s.recorded.first = Below(6);
      s.recorded.last = s.recorded.first + (Below(2) == 0 ? 0 : Below(4));
      s.value = Below(3);
      const int areas = static_cast<int>(Catalog().areas.size());
      for (int n = Below(3); n > 0; --n) s.areas |= WorldSet{1} << Below(areas);
    }
    return statements;
  }

 private:
  int Below(int count) { return static_cast<int>(random_() % count); }

  std::mt19937 random_;
};

std::vector<HeldStatement> Held(const std::vector<Statement>& statements) {
  std::vector<HeldStatement> held;
  for (const Statement& s : statements) held.push_back({&s});
  return held;
}

void ExpectSame(const Contradictions& found,
                const std::vector<HeldStatement>& held,
                const pairwise::Result& expected) {
  EXPECT_EQ(
      std::set<const Statement*>(found.settled.begin(), found.settled.end()),
      expected.settled);
  EXPECT_EQ(std::set<const Statement*>(found.open.begin(), found.open.end()),
            expected.open);
  for (size_t i = 0; i < held.size(); ++i) {
    EXPECT_EQ(held[i].in_force, expected.held[i].in_force) << i;
    EXPECT_EQ(held[i].contested, expected.held[i].contested) << i;
  }
}

TEST(Reconciliation, ComesToTheSameAsComparingEachStatementWithEach) {
  int settled = 0;
  int open = 0;
  for (int seed = 0; seed < kRounds; ++seed) {
    SCOPED_TRACE(seed);
    const std::vector<Statement> statements = RandomStatements(seed).Make();
    std::vector<HeldStatement> held = Held(statements);
    const pairwise::Result expected = pairwise::Condition(Catalog(), held);
    const Contradictions found =
        ReconcileCondition(Catalog(), absl::MakeSpan(held));
    ExpectSame(found, held, expected);
    if (HasFailure()) return;
    settled += found.settled.empty() ? 0 : 1;
    open += found.open.empty() ? 0 : 1;
  }
  EXPECT_GT(settled, kRounds / 10);
  EXPECT_GT(open, kRounds / 10);
}

TEST(Reconciliation, OfQuantitiesDoesSo) {
  int settled = 0;
  int open = 0;
  for (int seed = 0; seed < kRounds; ++seed) {
    SCOPED_TRACE(seed);
    const std::vector<Statement> statements = RandomStatements(seed).Make();
    std::vector<HeldStatement> held = Held(statements);
    const pairwise::Result expected = pairwise::Quantity(held);
    const Contradictions found = ReconcileQuantity(absl::MakeSpan(held));
    ExpectSame(found, held, expected);
    if (HasFailure()) return;
    settled += found.settled.empty() ? 0 : 1;
    open += found.open.empty() ? 0 : 1;
  }
  EXPECT_GT(settled, kRounds / 10);
  EXPECT_GT(open, kRounds / 10);
}

TEST(Reconciliation, LeavesStatementsThatAgreeAlone) {
  std::vector<Statement> statements(2);
  statements[0].status = v1::FINDING_STATUS_ABSENT;
  statements[1].status = v1::FINDING_STATUS_NEVER;
  std::vector<HeldStatement> held = Held(statements);
  const Contradictions found =
      ReconcileCondition(Catalog(), absl::MakeSpan(held));
  EXPECT_THAT(found.settled, IsEmpty());
  EXPECT_THAT(found.open, IsEmpty());
  EXPECT_TRUE(held[0].in_force && held[1].in_force);
}

TEST(Reconciliation, ListsWhatNothingSettles) {
  std::vector<Statement> statements(2);
  statements[0].status = v1::FINDING_STATUS_PRESENT;
  statements[1].status = v1::FINDING_STATUS_NEVER;
  statements[1].source = v1::SOURCE_EHR;
  std::vector<HeldStatement> held = Held(statements);
  const Contradictions found =
      ReconcileCondition(Catalog(), absl::MakeSpan(held));
  EXPECT_THAT(found.open, UnorderedElementsAre(&statements[0], &statements[1]));
  EXPECT_TRUE(held[0].contested && held[1].contested);
}

}  // namespace
}  // namespace needlewise
