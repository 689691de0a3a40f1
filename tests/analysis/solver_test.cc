// What the solver answers, and that a question it cannot decide is never taken
// for a proof.

#include "rules/analysis/solver.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rules/analysis/formula.h"
#include "rules/analysis/patient_model.h"
#include "rules/engine/partial_date.h"

namespace needlewise::analysis {
namespace {

TEST(Formulas, AreOneWhereTheyAreEqual) {
  Formulas f;
  const Variable x = f.Bool("x");
  const Variable n = f.Int("n", 0, 9);
  EXPECT_EQ(f.And(f.Is(x), f.AtLeast(n, 3)), f.And(f.AtLeast(n, 3), f.Is(x)));
  EXPECT_EQ(f.Not(f.Not(f.Is(x))), f.Is(x));
  EXPECT_EQ(f.Or(f.Is(x), f.Not(f.Is(x))), f.True());
  EXPECT_EQ(f.And(f.Is(x), f.Not(f.Is(x))), f.False());
  EXPECT_EQ(f.And({}), f.True());
  EXPECT_EQ(f.Or({}), f.False());
}

TEST(Solver, KeepsNumbersInTheirBounds) {
  Formulas f;
  const Variable n = f.Int("n", 0, 9);
  const Variable r = f.Real("r", 0, 1);
  Solver solver(f, 0);
  EXPECT_EQ(solver.Check({f.AtLeast(n, 10)}), Answer::kUnsatisfiable);
  EXPECT_EQ(solver.Check({f.Above(n, 3), f.Below(n, 4)}),
            Answer::kUnsatisfiable);
  EXPECT_EQ(solver.Check({f.AtLeast(n, 2.5), f.Below(n, 3)}),
            Answer::kUnsatisfiable);
  ASSERT_EQ(solver.Check({f.Above(r, 0.3), f.Below(r, 0.4)}),
            Answer::kSatisfiable);
  EXPECT_GT(solver.ValueOf(r), 0.3);
  EXPECT_LT(solver.ValueOf(r), 0.4);
}

TEST(Solver, ForgetsAQuestionAfterItsAnswer) {
  Formulas f;
  const Variable x = f.Bool("x");
  Solver solver(f, 0);
  EXPECT_EQ(solver.Check({f.Is(x)}), Answer::kSatisfiable);
  EXPECT_TRUE(solver.IsTrue(x));
  EXPECT_EQ(solver.Check({f.Not(f.Is(x))}), Answer::kSatisfiable);
  EXPECT_FALSE(solver.IsTrue(x));
  solver.Assert(f.Is(x));
  EXPECT_EQ(solver.Check({f.Not(f.Is(x))}), Answer::kUnsatisfiable);
}

TEST(Solver, CallsUndecidedWhatItHasNoTimeFor) {
  // Fourteen pigeons in thirteen holes.
  constexpr int kHoles = 13;
  Formulas f;
  std::vector<std::vector<Formula>> in(kHoles + 1);
  for (std::vector<Formula>& pigeon : in) {
    for (int h = 0; h < kHoles; ++h) pigeon.push_back(f.Is(f.Bool("in")));
  }
  Solver solver(f, 5);
  for (const std::vector<Formula>& pigeon : in) solver.Assert(f.Or(pigeon));
  for (int h = 0; h < kHoles; ++h) {
    for (int a = 0; a <= kHoles; ++a) {
      for (int b = 0; b < a; ++b) {
        solver.Assert(f.Not(f.And(in[a][h], in[b][h])));
      }
    }
  }
  EXPECT_EQ(solver.Check(), Answer::kUndecided);
  EXPECT_FALSE(solver.reason().empty());
}

TEST(OpenFromMonths, AgreesWithTheEngineOnEveryDayOfFourYears) {
  for (Day day = 20454; day < 20454 + 1461; ++day) {
    for (const int months : {1, 3, 6, 12, 18}) {
      ASSERT_EQ(OpenFromMonths(months, day),
                (TimeSpan{0, months}.EarliestOpen(day) - day))
          << FormatDay(day) << ", " << months << " months";
    }
  }
}

}  // namespace
}  // namespace needlewise::analysis
