#include "rules/engine/rule_cases.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/engine/truth.h"
#include "tests/support/catalog_builder.h"
#include "tests/support/shipped_catalog.h"
#include "tests/support/test_case.h"
#include "tests/support/text_proto.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using RuleCaseSuite = testing::v1::RuleCaseSuite;

// ---------------------------------------------------------------------------
// How cases are run.

const CompiledCatalog& Catalog() {
  static const auto* catalog = new std::shared_ptr<const CompiledCatalog>(
      CatalogBuilder()
          .Condition("keloid")
          .Condition("peel")
          .Condition("spot", "tense: QUESTION_TENSE_NOW")
          .Contraindication("keloid-ever", IsEver("keloid"), "profiles: 'core'")
          .Deferral("peel-lately", IsWithin("peel", "days: 14"))
          .Precaution("spot-now", IsNow("spot"))
          .Note("spot-note", IsNow("spot"))
          .For("plasma")
          .Contraindication("spot-of-plasma", IsNow("spot"))
          .Build());
  return **catalog;
}

constexpr char kSuite[] = R"(
  as_of: "2026-11-20"
  treatments { treatment: "needling" areas: "cheeks" concerns: "scars" }
  patients {
    name: "well"
    patient {
      findings { concept: "keloid" status: FINDING_STATUS_NEVER }
      findings { concept: "peel" status: FINDING_STATUS_NEVER }
      findings { concept: "spot" status: FINDING_STATUS_NEVER }
    }
  }
)";

std::vector<std::string> FailuresOf(const std::string& cases,
                                    int* cases_run = nullptr,
                                    RuleCoverage* coverage = nullptr) {
  const auto suite = FromText<RuleCaseSuite>(absl::StrCat(kSuite, cases));
  std::vector<std::string> lines;
  for (const CaseFailure& failure :
       CaseRunner(Catalog(), {&suite}).Run(suite, cases_run, coverage)) {
    lines.push_back(
        absl::StrCat(failure.index, " ", failure.name, ": ", failure.message));
  }
  return lines;
}

// One case with the usual beginnings.
std::string Case(const std::string& rest) {
  return absl::StrCat("cases { name: 'one' vignette: 'One.' ", rest, " }");
}

constexpr char kKeloid[] =
    "patient { findings { concept: 'keloid' status: FINDING_STATUS_PAST } } ";
constexpr char kPeel[] =
    "patient { findings { concept: 'peel' status: FINDING_STATUS_PAST last: "
    "'2026-11-15' } } ";

struct OutcomeCase : TestCase {
  std::string cases;
  std::vector<std::string> failures = {};
};

class RuleCaseRun : public ::testing::TestWithParam<OutcomeCase> {};

TEST_P(RuleCaseRun, FailsWhereTheRulesSayOtherwise) {
  EXPECT_THAT(FailuresOf(GetParam().cases),
              ElementsAreArray(GetParam().failures));
}

INSTANTIATE_TEST_SUITE_P(
    AsExpected, RuleCaseRun,
    ::testing::Values(
        OutcomeCase{{"AVerdict"},
                    Case("based_on: 'well' expect { treatment: 'needling' "
                         "verdict: VERDICT_ELIGIBLE }")},
        OutcomeCase{{"WhatACaseSaysReplacesWhatItIsBasedOn"},
                    Case(absl::StrCat(
                        "based_on: 'well' ", kKeloid,
                        "expect { treatment: 'needling' verdict: "
                        "VERDICT_CONTRAINDICATED fired: 'keloid-ever' "
                        "not_fired: 'peel-lately' fired_exactly: true }"))},
        OutcomeCase{{"NothingKnown"},
                    Case("expect { treatment: 'needling' area: 'cheeks' "
                         "verdict: VERDICT_DATA_REQUIRED unknown: "
                         "'keloid-ever' unknown: 'spot-now' outstanding: "
                         "'keloid' outstanding: 'peel' outstanding: 'spot' "
                         "outstanding_exactly: true }")},
        OutcomeCase{{"ADate"},
                    Case(absl::StrCat("based_on: 'well' ", kPeel,
                                      "expect { treatment: 'needling' "
                                      "eligible_from: '2026-11-29' }"))},
        OutcomeCase{{"NoDate"},
                    Case("based_on: 'well' expect { treatment: 'needling' "
                         "eligible_from: 'none' }")},
        OutcomeCase{
            {"AnotherDay"},
            Case(absl::StrCat("as_of: '2026-11-29' based_on: 'well' ", kPeel,
                              "expect { treatment: 'needling' verdict: "
                              "VERDICT_ELIGIBLE }"))},
        OutcomeCase{{"AnotherProfile"},
                    Case("profile: 'core' patient { findings { concept: "
                         "'keloid' status: FINDING_STATUS_NEVER } } expect { "
                         "treatment: 'needling' verdict: VERDICT_ELIGIBLE }")},
        OutcomeCase{{"AddOnsAndNotices"},
                    Case("based_on: 'well' patient { findings { concept: "
                         "'spot' status: FINDING_STATUS_PRESENT } findings { "
                         "concept: 'spot' status: FINDING_STATUS_ABSENT } } "
                         "expect_notices: NOTICE_KIND_CONTRADICTION_OPEN "
                         "expect_add_ons { add_on: 'plasma' status: "
                         "ADD_ON_STATUS_DATA_REQUIRED } expect_add_ons { "
                         "add_on: 'heat' status: ADD_ON_STATUS_OPTIONAL } "
                         "expect_add_ons { add_on: 'plasma_with_heat' status: "
                         "ADD_ON_STATUS_DATA_REQUIRED }")}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    OtherThanExpected, RuleCaseRun,
    ::testing::Values(
        OutcomeCase{{"Verdict"},
                    Case("expect { treatment: 'needling' verdict: "
                         "VERDICT_ELIGIBLE }"),
                    {"0 one: needling on cheeks: verdict: expected "
                     "VERDICT_ELIGIBLE, found VERDICT_DATA_REQUIRED"}},
        OutcomeCase{{"Fired"},
                    Case("expect { treatment: 'needling' fired: 'keloid-ever' "
                         "}"),
                    {"0 one: needling on cheeks: fired: expected rule "
                     "keloid-ever, found it is unknown"}},
        OutcomeCase{{"NotFired"},
                    Case(absl::StrCat(kKeloid,
                                      "expect { treatment: 'needling' "
                                      "not_fired: 'keloid-ever' }")),
                    {"0 one: needling on cheeks: not fired: expected rule "
                     "keloid-ever, found it is true"}},
        OutcomeCase{{"Unknown"},
                    Case("based_on: 'well' expect { treatment: 'needling' "
                         "unknown: 'keloid-ever' }"),
                    {"0 one: needling on cheeks: unknown: expected rule "
                     "keloid-ever, found it is false"}},
        OutcomeCase{{"ARuleOfAnotherTreatment"},
                    Case("expect { treatment: 'needling' unknown: "
                         "'spot-of-plasma' }"),
                    {"0 one: needling on cheeks: unknown: expected rule "
                     "spot-of-plasma, found that it does not apply to the "
                     "treatment"}},
        OutcomeCase{{"NoSuchRule"},
                    Case("expect { treatment: 'needling' fired: 'itch' }"),
                    {"0 one: needling on cheeks: fired: expected rule itch, "
                     "found no rule of this id"}},
        OutcomeCase{{"AnotherRuleFires"},
                    Case(absl::StrCat(kKeloid,
                                      "expect { treatment: 'needling' "
                                      "fired_exactly: true }")),
                    {"0 one: needling on cheeks: fired: expected no other "
                     "rule, found keloid-ever"}},
        OutcomeCase{{"NotOutstanding"},
                    Case("based_on: 'well' expect { treatment: 'needling' "
                         "outstanding: 'keloid' }"),
                    {"0 one: needling on cheeks: outstanding: expected keloid, "
                     "found none"}},
        OutcomeCase{{"Outstanding"},
                    Case("expect { treatment: 'needling' not_outstanding: "
                         "'keloid' }"),
                    {"0 one: needling on cheeks: outstanding: expected no "
                     "keloid, found keloid, peel, spot"}},
        OutcomeCase{{"MoreIsOutstanding"},
                    Case("expect { treatment: 'needling' outstanding: 'keloid' "
                         "outstanding: 'peel' outstanding_exactly: true }"),
                    {"0 one: needling on cheeks: outstanding: expected no "
                     "spot, found keloid, peel, spot"}},
        OutcomeCase{{"EligibleFrom"},
                    Case(absl::StrCat("based_on: 'well' ", kPeel,
                                      "expect { treatment: 'needling' "
                                      "eligible_from: '2026-11-30' }")),
                    {"0 one: needling on cheeks: eligible from: expected "
                     "2026-11-30, found 2026-11-29"}},
        OutcomeCase{{"EligibleFromNowhere"},
                    Case("based_on: 'well' expect { treatment: 'needling' "
                         "eligible_from: '2026-11-30' }"),
                    {"0 one: needling on cheeks: eligible from: expected "
                     "2026-11-30, found none"}},
        OutcomeCase{{"ATreatmentThatIsNotAskedAbout"},
                    Case("expect { treatment: 'plasma' }"),
                    {"0 one: `plasma` is expected but not asked about"}},
        OutcomeCase{{"AnAreaThatIsNotAskedAbout"},
                    Case("expect { treatment: 'needling' area: 'nose' }"),
                    {"0 one: `needling` there is expected but not asked "
                     "about"}},
        OutcomeCase{{"ANotice"},
                    Case("based_on: 'well' expect { treatment: 'needling' } "
                         "expect_notices: NOTICE_KIND_STALE"),
                    {"0 one: notices: expected NOTICE_KIND_STALE, found none "
                     "of it"}},
        OutcomeCase{{"AnAddOn"},
                    Case("based_on: 'well' expect_add_ons { add_on: 'plasma' "
                         "status: ADD_ON_STATUS_NOT_NOW }"),
                    {"0 one: add-on plasma: expected ADD_ON_STATUS_NOT_NOW, "
                     "found ADD_ON_STATUS_RECOMMENDED"}},
        OutcomeCase{{"AnAddOnThatIsNone"},
                    Case("based_on: 'well' expect_add_ons { add_on: 'serum' "
                         "status: ADD_ON_STATUS_NOT_NOW }"),
                    {"0 one: add-on serum: expected ADD_ON_STATUS_NOT_NOW, "
                     "found nothing"}}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Faulty, RuleCaseRun,
    ::testing::Values(
        OutcomeCase{{"ExpectsNothing"},
                    Case(""),
                    {"0 one: the case expects nothing; add an expectation"}},
        OutcomeCase{{"WithoutAName"},
                    "cases { vignette: 'One.' expect { treatment: 'needling' } "
                    "}",
                    {"0 : the case needs a name of its own"}},
        OutcomeCase{{"WithANameThatIsTaken"},
                    absl::StrCat(Case("expect { treatment: 'needling' }"),
                                 Case("expect { treatment: 'needling' }")),
                    {"1 one: the case needs a name of its own"}},
        OutcomeCase{{"WithoutAVignette"},
                    "cases { name: 'one' expect { treatment: 'needling' } }",
                    {"0 one: the case needs a vignette"}},
        OutcomeCase{{"BasedOnNobody"},
                    Case("based_on: 'ill' expect { treatment: 'needling' }"),
                    {"0 one: patient `ill` is not defined"}},
        OutcomeCase{{"OnNoDay"},
                    Case("as_of: 'soon' expect { treatment: 'needling' }"),
                    {"0 one: `as_of` and `today` must be dates, YYYY-MM-DD"}},
        OutcomeCase{{"WithAFaultyRequest"},
                    Case("patient { findings { concept: 'keliod' status: "
                         "FINDING_STATUS_PAST } } expect { treatment: "
                         "'needling' }"),
                    {"0 one: patient.findings[0].concept is not a concept of "
                     "the catalogue; did you mean `keloid`?"}}),
    CaseName());

TEST(RuleCaseRun, SharesThePatientsOfAllSuites) {
  const auto one = FromText<RuleCaseSuite>(kSuite);
  const auto other = FromText<RuleCaseSuite>(
      "as_of: '2026-11-20' treatments { treatment: 'needling' areas: 'nose' } "
      "cases { name: 'a' vignette: 'A.' based_on: 'well' expect { treatment: "
      "'needling' verdict: VERDICT_ELIGIBLE } }");
  EXPECT_THAT(CaseRunner(Catalog(), {&other, &one}).Run(other), IsEmpty());
}

TEST(RuleCaseRun, CountsItsCasesAndWhatTheySawOfEachRule) {
  int cases_run = 0;
  RuleCoverage coverage;
  EXPECT_THAT(
      FailuresOf("cases { name: 'a' vignette: 'A.' based_on: 'well' expect { "
                 "treatment: 'needling' } }"
                 "cases { name: 'b' vignette: 'B.' patient { findings { "
                 "concept: 'keloid' status: FINDING_STATUS_PAST } } expect { "
                 "treatment: 'needling' } }"
                 "cases { name: 'c' }",
                 &cases_run, &coverage),
      SizeIs(1));
  EXPECT_EQ(cases_run, 2);
  EXPECT_THAT(coverage, ElementsAre(Pair("keloid-ever", ElementsAre(-1, 1)),
                                    Pair("peel-lately", ElementsAre(-1, 0)),
                                    Pair("spot-note", ElementsAre(-1, 0)),
                                    Pair("spot-now", ElementsAre(-1, 0))));
}

TEST(RuleCaseRun, AsksWhatTheCaseAsks) {
  const auto suite = FromText<RuleCaseSuite>(absl::StrCat(
      kSuite,
      "cases { name: 'one' based_on: 'well' as_of: '2026-12-01' profile: "
      "'core' patient { age_years: 30 findings { concept: 'spot' status: "
      "FINDING_STATUS_PRESENT } } treatments { treatment: 'plasma' areas: "
      "'nose' } }"));
  const v1::ScreenEligibilityRequest request =
      CaseRunner(Catalog(), {&suite})
          .RequestOf(suite, suite.cases(0), v1::VIEW_FULL);
  EXPECT_THAT(request, EqualsProto(FromText<v1::ScreenEligibilityRequest>(R"(
                as_of: "2026-12-01"
                patient {
                  age_years: 30
                  findings { concept: "spot" status: FINDING_STATUS_PRESENT }
                  findings { concept: "keloid" status: FINDING_STATUS_NEVER }
                  findings { concept: "peel" status: FINDING_STATUS_NEVER }
                }
                treatments { treatment: "plasma" areas: "nose" }
                profile: "core"
                view: VIEW_FULL
              )")));
}

// ---------------------------------------------------------------------------
// The cases that are released.

// Rules made of what the request states alone, the treatment area, the device
// and the concerns, are never unknown.
constexpr const char* kNeverUnknown[] = {
    "acne-as-reason",       "concern-outside-label",
    "device-not-listed",    "dry-skin-first",
    "dyschromia-as-reason", "inside-orbital-rim",
    "keloid-prone-site",    "label-area",
    "label-depth",          "no-device-named",
    "prp-melasma",          "prp-with-rf",
    "rf-fda-communication", "rf-for-acne-or-rosacea",
    "rf-leave-out-spots",   "rf-lips-or-scalp",
    "rf-severe-laxity",     "rosacea-as-reason",
};

class ShippedCases : public ::testing::Test {
 protected:
  // Everything the released suites say and see, run once.
  struct Outcome {
    std::vector<std::string> failures;
    int cases_run = 0;
    RuleCoverage coverage;
  };

  static const Outcome& Run() {
    static const Outcome* outcome = [] {
      auto* run = new Outcome;
      std::vector<const RuleCaseSuite*> suites;
      for (const auto& file : ShippedSuites()) suites.push_back(&file->suite);
      const CaseRunner runner(ShippedCatalog(), suites);
      for (const auto& file : ShippedSuites()) {
        for (const CaseFailure& failure :
             runner.Run(file->suite, &run->cases_run, &run->coverage)) {
          run->failures.push_back(absl::StrCat(file->name, ": ", failure.name,
                                               ": ", failure.message));
        }
      }
      return run;
    }();
    return *outcome;
  }

  static std::vector<std::string> NeverSeen(Truth truth) {
    std::vector<std::string> ids;
    for (const v1::Rule& rule : ShippedCatalog().catalog.rules()) {
      const auto seen = Run().coverage.find(rule.rule_id());
      if (seen == Run().coverage.end() ||
          seen->second.count(static_cast<int>(truth)) == 0) {
        ids.push_back(rule.rule_id());
      }
    }
    return ids;
  }
};

TEST_F(ShippedCases, AllComeOutAsTheySay) {
  EXPECT_THAT(Run().failures, IsEmpty());
}

TEST_F(ShippedCases, AreAtLeastThreeHundred) {
  EXPECT_GE(Run().cases_run, 300);
}

TEST_F(ShippedCases, SeeEveryRuleTrue) {
  EXPECT_THAT(NeverSeen(Truth::kTrue), IsEmpty());
}

TEST_F(ShippedCases, SeeEveryRuleFalse) {
  EXPECT_THAT(NeverSeen(Truth::kFalse), IsEmpty());
}

TEST_F(ShippedCases, SeeEveryRuleUnknownThatCanBe) {
  EXPECT_THAT(NeverSeen(Truth::kUnknown), ElementsAreArray(kNeverUnknown));
}

TEST_F(ShippedCases, ExceptOnlyRulesOfTheRequestAloneFromBeingUnknown) {
  const CompiledCatalog& catalog = ShippedCatalog();
  std::vector<std::string> of_the_request;
  for (const CompiledRule& rule : catalog.rules) {
    if (std::all_of(rule.concepts.begin(), rule.concepts.end(),
                    [&](int c) { return catalog.concepts[c].is_context; })) {
      of_the_request.push_back(rule.rule->rule_id());
    }
  }
  EXPECT_THAT(of_the_request, ElementsAreArray(kNeverUnknown));
}

}  // namespace
}  // namespace needlewise
