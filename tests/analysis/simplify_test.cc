// What a case can do without.

#include "rules/analysis/simplify.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace needlewise::analysis {
namespace {

using ::testing::ElementsAre;
using testing::v1::RuleCase;

v1::RuleCatalog TwoSections() {
  v1::RuleCatalog catalog;
  catalog.add_sections()->set_section_id("history");
  catalog.add_sections()->set_section_id("today");
  v1::Concept* age = catalog.add_concepts();
  age->set_concept_id("age");
  age->set_kind(v1::CONCEPT_KIND_AGE);
  return catalog;
}

v1::Finding* Say(RuleCase* c, const std::string& about,
                 v1::FindingStatus status) {
  v1::Finding* finding = c->mutable_patient()->add_findings();
  finding->set_concept(about);
  finding->set_status(status);
  return finding;
}

bool Says(const RuleCase& c, const std::string& about) {
  for (const v1::Finding& f : c.patient().findings()) {
    if (f.concept() == about) return true;
  }
  return false;
}

RuleCase Wordy() {
  RuleCase c;
  c.mutable_patient()->set_age_years(40);
  for (int i = 0; i < 9; ++i) {
    Say(&c, "denied_" + std::to_string(i), v1::FINDING_STATUS_NEVER);
  }
  v1::Finding* keloid = Say(&c, "keloid", v1::FINDING_STATUS_PAST);
  keloid->set_last("2026-01-01");
  keloid->add_areas("face");
  Say(&c, "peel", v1::FINDING_STATUS_PRESENT);
  v1::TreatmentSelection* asked = c.add_treatments();
  asked->set_treatment("needling");
  asked->add_concerns("scars");
  asked->mutable_device()->set_device("pen");
  return c;
}

TEST(Simplify, LeavesWhatTheCaseIsAbout) {
  RuleCase c = Wordy();
  int asked = 0;
  Simplify(
      TwoSections(),
      [&](const RuleCase& candidate) {
        ++asked;
        return Says(candidate, "keloid");
      },
      &c);
  ASSERT_EQ(c.patient().findings_size(), 1);
  EXPECT_EQ(c.patient().findings(0).concept(), "keloid");
  EXPECT_EQ(c.patient().findings(0).last(), "");
  EXPECT_EQ(c.patient().findings(0).areas_size(), 0);
  EXPECT_FALSE(c.patient().has_age_years());
  EXPECT_EQ(c.patient().closed_sections_size(), 0);
  EXPECT_EQ(c.treatments(0).treatment(), "needling");
  EXPECT_EQ(c.treatments(0).concerns_size(), 0);
  EXPECT_FALSE(c.treatments(0).has_device());
  EXPECT_LT(asked, 60);
}

TEST(Simplify, SaysNoToTheRestInSectionsWhereThatIsShorter) {
  RuleCase c = Wordy();
  // Everything has to be denied, one by one or by its section.
  Simplify(
      TwoSections(),
      [](const RuleCase& candidate) {
        bool all_denied = candidate.patient().closed_sections_size() == 2;
        for (int i = 0; i < 9 && !all_denied; ++i) {
          if (!Says(candidate, "denied_" + std::to_string(i))) return false;
        }
        return Says(candidate, "peel") && candidate.patient().has_age_years();
      },
      &c);
  EXPECT_THAT(StatedIn(TwoSections(), c), ElementsAre("age", "peel"));
  ASSERT_EQ(c.patient().closed_sections_size(), 2);
  EXPECT_EQ(c.patient().closed_sections(0).section(), "history");
  EXPECT_EQ(c.patient().closed_sections(1).section(), "today");
}

TEST(Simplify, KeepsDateAndAreaThatMatter) {
  RuleCase c = Wordy();
  Simplify(
      TwoSections(),
      [](const RuleCase& candidate) {
        for (const v1::Finding& f : candidate.patient().findings()) {
          if (!f.last().empty() && !f.areas().empty()) return true;
        }
        return false;
      },
      &c);
  ASSERT_EQ(c.patient().findings_size(), 1);
  EXPECT_EQ(c.patient().findings(0).last(), "2026-01-01");
  EXPECT_THAT(c.patient().findings(0).areas(), ElementsAre("face"));
}

TEST(StatedIn, LeavesOutWhatIsSaidToBeUnknown) {
  RuleCase c;
  Say(&c, "peel", v1::FINDING_STATUS_UNKNOWN);
  Say(&c, "keloid", v1::FINDING_STATUS_NEVER);
  EXPECT_THAT(StatedIn(TwoSections(), c), ElementsAre("keloid"));
}

}  // namespace
}  // namespace needlewise::analysis
