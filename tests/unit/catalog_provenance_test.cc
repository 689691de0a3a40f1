// What a catalogue says of its sources and of itself.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/engine/catalog_loader.h"
#include "rules/engine/decide.h"
#include "tests/support/catalog_builder.h"
#include "tests/support/shipped_catalog.h"
#include "tests/support/test_case.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

CatalogBuilder Itch() {
  return CatalogBuilder().Condition("itch").Review(
      "itch-now", IsNow("itch"),
      "citations { source: 'OLD' grade: EVIDENCE_GRADE_B }");
}

CatalogBuilder& WithSource(CatalogBuilder& builder, const std::string& more) {
  return builder.Add(
      absl::StrCat("citations { citation_id: 'OLD' title: 'An old paper' "
                   "provenance: CITATION_PROVENANCE_LOOKED_UP ",
                   more, " }"));
}

v1::FiredRule FiredOn(const CompiledCatalog& catalog, absl::CivilDay today,
                      v1::View view = v1::VIEW_FULL) {
  v1::ScreenEligibilityRequest request;
  request.set_view(view);
  v1::TreatmentSelection* wanted = request.add_treatments();
  wanted->set_treatment("needling");
  wanted->add_areas("nose");
  v1::Finding* finding = request.mutable_patient()->add_findings();
  finding->set_concept("itch");
  finding->set_status(v1::FINDING_STATUS_PRESENT);
  Environment environment;
  environment.today = today;
  v1::Decision decision;
  Violations violations;
  EXPECT_TRUE(Screen(catalog, environment, request, &decision, &violations));
  return decision.treatments(0).areas(0).fired(0);
}

TEST(ReviewDate, ARuleStillFiresAfterItAndSaysSo) {
  CatalogBuilder builder = Itch();
  const auto catalog =
      WithSource(builder, "last_reviewed: '2025-06-01' review_by: '2026-06-01'")
          .Build();
  const absl::CivilDay last(2026, 6, 1);
  EXPECT_EQ(FiredOn(*catalog, last).review_overdue_since(), "");
  EXPECT_EQ(FiredOn(*catalog, last + 1).review_overdue_since(), "2026-06-01");
  EXPECT_EQ(FiredOn(*catalog, last + 1, v1::VIEW_BASIC).review_overdue_since(),
            "");
  EXPECT_THAT(RulesPastReview(*catalog, last), IsEmpty());
  EXPECT_THAT(RulesPastReview(*catalog, last + 1), ElementsAre("itch-now"));
}

TEST(ReviewDate, OfShippedSourcesLiesAhead) {
  EXPECT_THAT(RulesPastReview(ShippedCatalog(), absl::CivilDay(2026, 11, 28)),
              IsEmpty());
  // The regulator's communication comes first.
  EXPECT_THAT(RulesPastReview(ShippedCatalog(), absl::CivilDay(2027, 5, 21)),
              ::testing::Contains("rf-fda-communication"));
}

TEST(ShippedProvenance, AnswersEveryQuestion) {
  const v1::Manifest& manifest = ShippedCatalog().catalog.manifest();
  EXPECT_THAT(manifest.source_attributes(), SizeIs(13));
  EXPECT_THAT(manifest.device_criteria(), SizeIs(4));
  EXPECT_FALSE(manifest.intended_use().empty());
}

TEST(ShippedProvenance, OnlyVerifiedCodesStandForAnything) {
  for (const v1::Concept& c : ShippedCatalog().catalog.concepts()) {
    for (const v1::ConceptCode& code : c.codes()) {
      EXPECT_NE(code.verification(), v1::CODE_VERIFICATION_UNVERIFIED)
          << c.concept_id() << " " << code.coding().code();
      if (code.verification() != v1::CODE_VERIFICATION_OFFICIAL) continue;
      EXPECT_FALSE(code.system_version().empty()) << code.coding().code();
      EXPECT_FALSE(code.source().empty()) << code.coding().code();
    }
  }
}

TEST(ShippedProvenance, NothingBlocksAboveAReviewOnWeakGradesAlone) {
  for (const v1::Rule& rule : ShippedCatalog().catalog.rules()) {
    if (!rule.has_contraindication() && !rule.has_deferral()) continue;
    int supported = 0;
    for (const v1::SourceReference& s : rule.citations()) {
      supported += s.grade() != v1::EVIDENCE_GRADE_D &&
                   s.grade() != v1::EVIDENCE_GRADE_G;
    }
    EXPECT_GT(supported, 0) << rule.rule_id();
  }
}

TEST(ShippedProvenance, EveryParameterSaysWhichWayIsStricter) {
  for (const v1::Parameter& p : ShippedCatalog().catalog.parameters()) {
    EXPECT_NE(p.stricter(), v1::STRICTER_DIRECTION_UNSPECIFIED)
        << p.parameter_id();
  }
}

TEST(ShippedVignettes, SayEverythingThatMustComeOut) {
  int complete = 0;
  for (const auto& suite : ShippedSuites()) {
    if (suite->name != "cases/vignettes.textproto") continue;
    for (const auto& vignette : suite->suite.cases()) {
      EXPECT_FALSE(vignette.vignette().empty()) << vignette.name();
      bool all =
          !vignette.expect().empty() && !vignette.expect_add_ons().empty();
      for (const auto& expect : vignette.expect()) {
        EXPECT_NE(expect.verdict(), v1::VERDICT_UNSPECIFIED) << vignette.name();
        all = all && expect.fired_exactly() && expect.outstanding_exactly();
      }
      complete += all;
    }
  }
  EXPECT_GE(complete, 150);
}

struct FaultCase : TestCase {
  std::string records;
  std::string message;
};

class ProvenanceFault : public ::testing::TestWithParam<FaultCase> {};

TEST_P(ProvenanceFault, IsReported) {
  const LoadResult loaded = LoadCatalog(
      {CatalogBuilder().File(), {"z.textproto", GetParam().records}});
  EXPECT_EQ(loaded.catalog, nullptr);
  const std::string told = absl::StrJoin(
      loaded.diagnostics, "\n", [](std::string* out, const v1::Diagnostic& d) {
        absl::StrAppend(out, FormatDiagnostic(d));
      });
  EXPECT_THAT(told, HasSubstr(GetParam().message));
  EXPECT_THAT(loaded.diagnostics, SizeIs(1)) << told;
}

constexpr char kSource[] =
    "citations { citation_id: 'X' title: 'X' provenance: "
    "CITATION_PROVENANCE_LOOKED_UP ";

INSTANTIATE_TEST_SUITE_P(
    Faults, ProvenanceFault,
    ::testing::Values(
        FaultCase{{"AReviewDateThatIsNone"},
                  absl::StrCat(kSource, "review_by: '2027' }"),
                  "citation `X`: `review_by` must be a date, YYYY-MM-DD"},
        FaultCase{{"AReviewBeforeTheLast"},
                  absl::StrCat(kSource,
                               "last_reviewed: '2026-11-20' review_by: "
                               "'2026-11-20' }"),
                  "citation `X`: `review_by` is not after `last_reviewed`"},
        FaultCase{{"ANonRuleWithoutAReason"},
                  "non_rules { non_rule_id: 'no' topic: 'No.' }",
                  "non-rule `no`: `rationale` is required"},
        FaultCase{{"ANonRuleOfAnUnknownSource"},
                  "non_rules { non_rule_id: 'no' topic: 'No.' rationale: 'No.' "
                  "citations { source: 'R2' grade: EVIDENCE_GRADE_D } }",
                  "non-rule `no`: citation `R2` is not defined; did you mean "
                  "`R1`?"},
        FaultCase{{"AnOverlayInTheCatalogue"},
                  "overlays { overlay_id: 'mine' title: 'Mine' }",
                  "an overlay is a file of its own"}),
    CaseName());

TEST(ManifestAnswers, AreAllThereOrNone) {
  const auto told = [](const std::string& answers) {
    std::vector<std::string> messages;
    for (const v1::Diagnostic& d :
         LoadCatalog({CatalogBuilder()
                          .Add(absl::StrCat("manifest { ", answers, " }"))
                          .File()})
             .diagnostics) {
      messages.push_back(d.message());
    }
    return messages;
  };
  EXPECT_THAT(told(""), IsEmpty());
  EXPECT_THAT(told("source_attributes { attribute: "
                   "SOURCE_ATTRIBUTE_KIND_DEVELOPER answer: 'Us.' }"),
              SizeIs(12));
  EXPECT_THAT(
      told("device_criteria { criterion: "
           "DEVICE_CRITERION_KIND_MEDICAL_INFORMATION answer: 'Yes.' }"),
      ElementsAre(HasSubstr("NO_IMAGE_OR_SIGNAL` without an answer"),
                  HasSubstr("SUPPORTS_PROFESSIONALS` without an"),
                  HasSubstr("INDEPENDENT_REVIEW` without an answer"),
                  HasSubstr("`citations` needs at least one source")));
}

}  // namespace
}  // namespace needlewise
