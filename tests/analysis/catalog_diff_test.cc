// What a change of rules does, on small catalogues.

#include "rules/analysis/catalog_diff.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/catalog_builder.h"
#include "tests/support/shipped_catalog.h"

namespace needlewise::analysis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// `rule treatment: VERDICT -> VERDICT (facts)`, one line a class.
std::vector<std::string> LinesOf(const testing::v1::CatalogDiff& diff) {
  std::vector<std::string> lines;
  for (const testing::v1::VerdictChange& c : diff.changes()) {
    const bool laxer = c.direction() == testing::v1::CHANGE_DIRECTION_LAXER;
    lines.push_back(absl::StrCat(
        laxer ? "laxer " : "stricter ", c.rule_id(), " ", c.treatment(), ": ",
        v1::Verdict_Name(c.old_verdict()).substr(8), " -> ",
        v1::Verdict_Name(c.new_verdict()).substr(8)));
    for (const std::string& fact : c.facts()) {
      absl::StrAppend(&lines.back(), " ", fact);
    }
  }
  return lines;
}

CatalogBuilder WithPeel(const std::string& window) {
  CatalogBuilder catalog;
  catalog.Condition("peel").Deferral("peel-recent", IsWithin("peel", window));
  return catalog;
}

TEST(CatalogDiff, FindsNothingBetweenEqualCatalogues) {
  const auto catalog = WithPeel("days: 28").Build();
  const auto diff = DiffCatalogs(*catalog, *catalog, {});
  EXPECT_THAT(LinesOf(diff), IsEmpty());
  EXPECT_TRUE(diff.no_other_change());
  EXPECT_FALSE(MayBeLaxer(diff));
}

TEST(CatalogDiff, SaysWhomAShorterWindowLetsThrough) {
  const auto before = WithPeel("days: 28").Build();
  const auto after = WithPeel("days: 14").Build();
  const auto diff = DiffCatalogs(*before, *after, {});
  EXPECT_THAT(
      LinesOf(diff),
      ElementsAre("laxer peel-recent heat: DEFERRED -> ELIGIBLE peel",
                  "laxer peel-recent needling: DEFERRED -> ELIGIBLE peel",
                  "laxer peel-recent plasma: DEFERRED -> ELIGIBLE peel",
                  "laxer peel-recent plasma_with_heat: DEFERRED -> ELIGIBLE "
                  "peel"));
  EXPECT_TRUE(diff.no_other_change());
  EXPECT_TRUE(MayBeLaxer(diff));
  const auto back = DiffCatalogs(*after, *before, {});
  EXPECT_FALSE(MayBeLaxer(back));
  EXPECT_TRUE(back.no_other_change());
}

TEST(CatalogDiff, SaysWhomANewRuleBlocks) {
  CatalogBuilder before = WithPeel("days: 28");
  CatalogBuilder after = WithPeel("days: 28");
  before.Condition("keloid");
  after.Condition("keloid").For("heat").Contraindication("keloid-ever",
                                                         IsEver("keloid"));
  const auto diff = DiffCatalogs(*before.Build(), *after.Build(), {});
  // The add-on, and the combination that it is a part of.
  ASSERT_EQ(diff.changes_size(), 2);
  EXPECT_EQ(diff.changes(0).rule_id(), "keloid-ever");
  EXPECT_EQ(diff.changes(0).treatment(), "heat");
  EXPECT_EQ(diff.changes(0).direction(),
            testing::v1::CHANGE_DIRECTION_STRICTER);
  EXPECT_EQ(diff.changes(0).areas_size(), 7);
  EXPECT_EQ(diff.changes(1).treatment(), "plasma_with_heat");
  EXPECT_TRUE(diff.no_other_change());
}

TEST(CatalogDiff, FindsAChangeThatOnlyAnImplicationMakes) {
  const auto with = [](bool implied) {
    CatalogBuilder catalog;
    catalog.Condition("gate").Condition("keloid").Contraindication(
        "keloid-ever", IsEver("keloid"));
    if (implied) {
      catalog.Implies("gate", v1::FINDING_STATUS_NEVER, "keloid",
                      v1::FINDING_STATUS_NEVER);
    }
    return catalog.Build();
  };
  const auto diff = DiffCatalogs(*with(false), *with(true), {});
  // No keloid now, and whether there ever was one is left open.
  EXPECT_THAT(LinesOf(diff),
              ::testing::Contains("laxer keloid-ever needling: DATA_REQUIRED "
                                  "-> ELIGIBLE keloid"));
  EXPECT_TRUE(diff.no_other_change());
}

TEST(CatalogDiff, SaysWhatItCannotCompare) {
  CatalogBuilder before;
  before.Condition("peel");
  CatalogBuilder after;
  after.SkinCondition("peel");
  const auto diff = DiffCatalogs(*before.Build(), *after.Build(), {});
  ASSERT_EQ(diff.undecided_size(), 1);
  EXPECT_THAT(diff.undecided(0), HasSubstr("`peel`"));
  EXPECT_FALSE(diff.no_other_change());
  EXPECT_TRUE(MayBeLaxer(diff));
}

// In a millisecond nothing can be decided of rules as many as these.
TEST(CatalogDiff, SaysWhatTimeRanOutFor) {
  v1::RuleCatalog changed = ShippedCatalog().catalog;
  for (v1::Rule& rule : *changed.mutable_rules()) {
    if (rule.rule_id() == "suspicious-lesion") rule.mutable_deferral();
  }
  std::vector<std::pair<std::string, std::string>> errors;
  const auto after = CompileCatalog(changed, &errors);
  ASSERT_NE(after, nullptr);
  DiffOptions options;
  options.milliseconds = 1;
  const auto diff = DiffCatalogs(ShippedCatalog(), *after, options);
  EXPECT_THAT(diff.undecided(), ::testing::Not(IsEmpty()));
  EXPECT_FALSE(diff.no_other_change());
  EXPECT_TRUE(MayBeLaxer(diff));
}

}  // namespace
}  // namespace needlewise::analysis
