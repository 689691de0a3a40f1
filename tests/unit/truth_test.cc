#include "rules/engine/truth.h"

#include <array>

#include "gtest/gtest.h"

namespace needlewise {
namespace {

constexpr Truth F = Truth::kFalse;
constexpr Truth U = Truth::kUnknown;
constexpr Truth T = Truth::kTrue;
constexpr std::array<Truth, 3> kAll = {F, U, T};

TEST(Truth, NotTurnsKnownValuesRoundAndLeavesUnknownAlone) {
  EXPECT_EQ(Not(F), T);
  EXPECT_EQ(Not(U), U);
  EXPECT_EQ(Not(T), F);
}

TEST(Truth, AndAndOrFollowKleenesTables) {
  const Truth both[3][3] = {{F, F, F}, {F, U, U}, {F, U, T}};
  const Truth either[3][3] = {{F, U, T}, {U, U, T}, {T, T, T}};
  for (int a = 0; a < 3; ++a) {
    for (int b = 0; b < 3; ++b) {
      EXPECT_EQ(And(kAll[a], kAll[b]), both[a][b]) << a << " and " << b;
      EXPECT_EQ(Or(kAll[a], kAll[b]), either[a][b]) << a << " or " << b;
    }
  }
}

TEST(Truth, DeMorgansLawsHoldForEveryPair) {
  for (const Truth a : kAll) {
    for (const Truth b : kAll) {
      EXPECT_EQ(Not(And(a, b)), Or(Not(a), Not(b)));
      EXPECT_EQ(Not(Or(a, b)), And(Not(a), Not(b)));
    }
  }
}

TEST(Truth, TheLatticeLawsHoldForEveryTriple) {
  for (const Truth a : kAll) {
    EXPECT_EQ(Not(Not(a)), a);
    for (const Truth b : kAll) {
      EXPECT_EQ(And(a, b), And(b, a));
      EXPECT_EQ(Or(a, b), Or(b, a));
      EXPECT_EQ(And(a, Or(a, b)), a);
      EXPECT_EQ(Or(a, And(a, b)), a);
      for (const Truth c : kAll) {
        EXPECT_EQ(And(a, And(b, c)), And(And(a, b), c));
        EXPECT_EQ(Or(a, Or(b, c)), Or(Or(a, b), c));
        EXPECT_EQ(And(a, Or(b, c)), Or(And(a, b), And(a, c)));
        EXPECT_EQ(Or(a, And(b, c)), And(Or(a, b), Or(a, c)));
      }
    }
  }
}

TEST(Truth, LearningMoreNeverTurnsAKnownAnswerRound) {
  for (const Truth known : {F, T}) {
    for (const Truth b : kAll) {
      if (And(U, b) != U) {
        EXPECT_EQ(And(known, b), And(U, b));
      }
      if (Or(U, b) != U) {
        EXPECT_EQ(Or(known, b), Or(U, b));
      }
    }
  }
}

}  // namespace
}  // namespace needlewise
