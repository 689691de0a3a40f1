// Each oddity, once.

#include "rules/analysis/lints.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/engine/rule_cases.h"
#include "tests/support/catalog_builder.h"
#include "tests/support/shipped_catalog.h"

namespace needlewise::analysis {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> LinesOf(const CatalogBuilder& catalog) {
  const std::shared_ptr<const CompiledCatalog> built = catalog.Build();
  std::vector<std::string> lines;
  for (const Lint& lint : FindLints(*built, {})) {
    // What is shown is so.
    EXPECT_THAT(CaseRunner(*built, {&lint.witness}).Run(lint.witness),
                ::testing::IsEmpty());
    lines.push_back(
        absl::StrCat(lint.kind, " ", lint.subject,
                     lint.witness.cases_size() > 0 ? " shown" : ""));
  }
  return lines;
}

TEST(Lints, FindRulesThatNeverOrAlwaysFire) {
  CatalogBuilder catalog;
  catalog.Quantity("level", "1", 100);
  catalog.Review("never", AllOf({IsBelow("level", 10), IsAtLeast("level", 20)}))
      .Review("always", AnyOf({IsBelow("level", 20), IsAtLeast("level", 10)}))
      .Review("sometimes", IsBelow("level", 10));
  const std::vector<std::string> lines = LinesOf(catalog);
  EXPECT_THAT(lines, Contains("never-fires never"));
  EXPECT_THAT(lines, Contains("always-fires always shown"));
  EXPECT_THAT(lines, Not(Contains(HasSubstr("fires sometimes"))));
}

TEST(Lints, FindARuleInTheShadowOfAStricterOne) {
  CatalogBuilder catalog;
  catalog.Condition("keloid")
      .Contraindication("ever", IsEver("keloid"))
      .Review("now", IsNow("keloid"));
  const std::vector<std::string> lines = LinesOf(catalog);
  EXPECT_THAT(lines, Contains("shadowed now shown"));
  EXPECT_THAT(lines, Not(Contains(HasSubstr("shadowed ever"))));
}

TEST(Lints, FindRulesThatLeaveNobodyEligible) {
  CatalogBuilder catalog;
  catalog.Condition("marker")
      .For("heat")
      .Contraindication("without", needlewise::Not(IsNow("marker")))
      .Contraindication("with", IsNow("marker"));
  EXPECT_THAT(LinesOf(catalog), Contains("nobody-eligible heat"));
}

TEST(Lints, FindAQuestionWithoutInfluence) {
  CatalogBuilder catalog;
  catalog.Condition("smoking").Condition("acne").Note("smokes",
                                                      IsNow("smoking"));
  catalog.Deferral("acne", IsNow("acne"));
  const std::vector<std::string> lines = LinesOf(catalog);
  EXPECT_THAT(lines, Contains("idle-question smoking"));
  EXPECT_THAT(lines, Not(Contains("idle-question acne")));
}

TEST(Lints, FindADeferralWithoutAWayOut) {
  CatalogBuilder catalog;
  catalog.Condition("burn").Condition("acne").Condition("cover");
  catalog.Deferral("burnt", IsEver("burn"))
      .Deferral("inflamed", IsNow("acne"))
      .Deferral("uncovered",
                AllOf({IsEver("burn"), needlewise::Not(IsNow("cover"))}));
  const std::vector<std::string> lines = LinesOf(catalog);
  EXPECT_THAT(lines, Contains("no-way-out burnt shown"));
  EXPECT_THAT(lines, Not(Contains(HasSubstr("no-way-out inflamed"))));
  EXPECT_THAT(lines, Not(Contains(HasSubstr("no-way-out uncovered"))));
}

TEST(Lints, FindTreatmentsWithoutRules) {
  CatalogBuilder catalog;
  EXPECT_THAT(LinesOf(catalog), Contains("no-rules needling"));
}

TEST(Lints, ShowWindowsThatSayDifferentThings) {
  CatalogBuilder catalog;
  catalog.Condition("peel")
      .Deferral("lately", IsWithin("peel", "days: 14"))
      .Review("not-long-ago", IsWithin("peel", "days: 28"));
  EXPECT_THAT(LinesOf(catalog),
              Contains("overlapping-windows lately, not-long-ago shown"));
}

TEST(Lints, SayWhereTheTimeRanOut) {
  ProveOptions options;
  options.milliseconds = 1;
  std::vector<std::string> kinds;
  for (const Lint& lint : FindLints(ShippedCatalog(), options)) {
    kinds.push_back(lint.kind);
  }
  EXPECT_THAT(kinds, Contains("not-decided"));
}

}  // namespace
}  // namespace needlewise::analysis
