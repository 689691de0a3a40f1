#include "rules/engine/catalog_overlay.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/engine/catalog_loader.h"
#include "rules/engine/decide.h"
#include "rules/engine/effect.h"
#include "tests/support/catalog_builder.h"
#include "tests/support/golden.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kApproved[] =
    "approval { approver: 'Dr A. Director' approved_on: '2026-11-01' reason: "
    "'Agreed.' }";
constexpr char kUse[] =
    "quantity { concept: 'platelets' comparison: COMPARISON_LESS parameter: "
    "'least' }";

// A contraindication below `least` platelets, a review below `normal` ones, a
// deferral of `wait` after a peel, and a statement on the peel that goes stale
// after `fresh`.
CatalogBuilder Released() {
  const auto parameter = [](const char* id, double value, const char* unit,
                            const char* stricter) {
    return absl::StrCat("parameters { parameter_id: '", id,
                        "' description: 'A number.' value: ", value, " unit: '",
                        unit,
                        "' citations { source: 'R1' grade: EVIDENCE_GRADE_A } ",
                        stricter, " }");
  };
  return CatalogBuilder()
      .Quantity("platelets", "10*9/L", 1000)
      .SkinCondition("peel", "freshness { parameter: 'fresh' }")
      .Condition("itch")
      .Contraindication("platelets-low", kUse)
      .Review("platelets-reduced",
              "quantity { concept: 'platelets' comparison: COMPARISON_LESS "
              "parameter: 'normal' }")
      .Deferral("peel-recent", IsWithin("peel", "parameter: 'wait'"))
      .Note("itch-now", IsNow("itch"))
      .Add(parameter("least", 50, "10*9/L",
                     "stricter: STRICTER_DIRECTION_GREATER"))
      .Add(parameter("normal", 150, "10*9/L", ""))
      .Add(parameter("wait", 7, "d", "stricter: STRICTER_DIRECTION_GREATER"))
      .Add(parameter("fresh", 30, "d", "stricter: STRICTER_DIRECTION_LESS"));
}

CatalogFileText Overlay(const std::string& body,
                        const std::string& name = "clinic") {
  return {
      absl::StrCat("overlays/", name, ".textproto"),
      absl::StrCat("overlay_id: \"", name, "\"\ntitle: \"A clinic\"\n", body)};
}

LoadResult Load(const std::vector<CatalogFileText>& overlays) {
  std::vector<CatalogFileText> files = {Released().File()};
  files.insert(files.end(), overlays.begin(), overlays.end());
  LoadOptions options;
  options.today = absl::CivilDay(2026, 11, 28);
  return LoadCatalog(files, options);
}

std::string DiagnosticsOf(const LoadResult& loaded) {
  return absl::StrJoin(loaded.diagnostics, "\n",
                       [](std::string* out, const v1::Diagnostic& d) {
                         absl::StrAppend(out, FormatDiagnostic(d));
                       });
}

const v1::Rule* RuleOf(const LoadResult& loaded, const std::string& id) {
  const auto found = loaded.catalog->rule_index.find(id);
  return found == loaded.catalog->rule_index.end()
             ? nullptr
             : loaded.catalog->rules[found->second].rule;
}

TEST(Overlay, MakesNumbersAndEffectsStricterAtWill) {
  const LoadResult released = Load({});
  const LoadResult loaded = Load({Overlay(
      "parameters { parameter_id: 'least' value: 70 reason: 'Caution.' }\n"
      "parameters { parameter_id: 'fresh' value: 14 reason: 'Caution.' }\n"
      "rules { rule_id: 'platelets-reduced' effect: EFFECT_KIND_DEFERRAL "
      "reason: 'We always wait.' }\n"
      "rules { rule_id: 'itch-now' effect: EFFECT_KIND_REVIEW reason: 'Seen "
      "trouble.' cleared_by: 'It has gone.' }\n")});
  ASSERT_NE(loaded.catalog, nullptr) << DiagnosticsOf(loaded);
  EXPECT_NE(loaded.version.digest(), released.version.digest());
  EXPECT_EQ(loaded.version.digest(), loaded.catalog->version.digest());
  EXPECT_TRUE(RuleOf(loaded, "platelets-reduced")->has_deferral());
  EXPECT_TRUE(RuleOf(loaded, "itch-now")->has_review());
  EXPECT_EQ(RuleOf(loaded, "itch-now")->cleared_by(), "It has gone.");
  EXPECT_THAT(
      RuleOf(loaded, "platelets-low")->overlay_notes(),
      ElementsAre("overlay `clinic`: `least` is 70 10*9/L instead of 50 "
                  "10*9/L; Caution."));
  const v1::CatalogOverlay& applied = loaded.catalog->catalog.overlays(0);
  EXPECT_EQ(applied.released_digest(), released.version.digest());
  EXPECT_EQ(applied.parameters(0).released_value(), 50);
  EXPECT_EQ(applied.rules(0).released_effect(), v1::EFFECT_KIND_REVIEW);
}

TEST(Overlay, DecidesWithWhatItChanged) {
  const auto verdict = [](const LoadResult& loaded) {
    v1::ScreenEligibilityRequest request;
    v1::TreatmentSelection* wanted = request.add_treatments();
    wanted->set_treatment("needling");
    wanted->add_areas("nose");
    v1::Finding* count = request.mutable_patient()->add_findings();
    count->set_concept("platelets");
    count->mutable_quantity()->set_value(60);
    count->mutable_quantity()->set_unit("10*9/L");
    for (const char* id : {"peel", "itch"}) {
      v1::Finding* finding = request.mutable_patient()->add_findings();
      finding->set_concept(id);
      finding->set_status(v1::FINDING_STATUS_NEVER);
    }
    Environment environment;
    environment.today = absl::CivilDay(2026, 11, 28);
    v1::Decision decision;
    Violations violations;
    EXPECT_TRUE(
        Screen(*loaded.catalog, environment, request, &decision, &violations));
    EXPECT_THAT(violations, IsEmpty());
    return decision.treatments(0).verdict();
  };
  EXPECT_EQ(verdict(Load({})), v1::VERDICT_REVIEW_REQUIRED);
  EXPECT_EQ(verdict(Load({Overlay("parameters { parameter_id: 'least' value: "
                                  "70 reason: 'Caution.' }\n")})),
            v1::VERDICT_CONTRAINDICATED);
  EXPECT_EQ(verdict(Load({Overlay(absl::StrCat(
                "catalog_version: '1.0.0-test'\nrules { rule_id: "
                "'platelets-reduced' disabled: true reason: 'Not here.' ",
                kApproved, " }\n"))})),
            v1::VERDICT_ELIGIBLE);
}

TEST(Overlay, RelaxesAndDisablesWithAnApprovalForThisRelease) {
  const LoadResult loaded = Load({Overlay(absl::StrCat(
      "catalog_version: '1.0.0-test'\n",
      "parameters { parameter_id: 'wait' value: 3 reason: 'Trials.' ",
      kApproved, " }\n", "rules { rule_id: 'platelets-low' effect: ",
      "EFFECT_KIND_REVIEW reason: 'We have a haematologist.' ", kApproved,
      " }\n", "rules { rule_id: 'itch-now' disabled: true reason: 'Noise.' ",
      kApproved, " }\n"))});
  ASSERT_NE(loaded.catalog, nullptr) << DiagnosticsOf(loaded);
  EXPECT_TRUE(RuleOf(loaded, "platelets-low")->has_review());
  EXPECT_EQ(RuleOf(loaded, "itch-now"), nullptr);
  EXPECT_THAT(RuleOf(loaded, "peel-recent")->overlay_notes(0),
              HasSubstr("Approved by Dr A. Director on 2026-11-01: Agreed."));
  EXPECT_EQ(loaded.catalog->catalog.overlays(0).rules(1).released_effect(),
            v1::EFFECT_KIND_NOTE);
}

TEST(Overlay, TwoChangeDifferentThingsInAnyOrder) {
  const CatalogFileText a = Overlay(
      "parameters { parameter_id: 'least' value: 60 reason: 'A.' }\n", "a");
  const CatalogFileText b = Overlay(
      "parameters { parameter_id: 'wait' value: 14 reason: 'B.' }\n", "b");
  const LoadResult loaded = Load({a, b});
  ASSERT_NE(loaded.catalog, nullptr) << DiagnosticsOf(loaded);
  EXPECT_EQ(loaded.version.digest(), Load({b, a}).version.digest());
}

TEST(Overlay, RunsTheCasesOfTheReleasedCatalogue) {
  const CatalogFileText suite = {
      "cases/low.textproto",
      "as_of: '2026-11-20'\n"
      "treatments { treatment: 'needling' areas: 'nose' }\n"
      "cases { name: 'sixty' vignette: 'Sixty.'\n"
      "  patient { findings { concept: 'platelets'\n"
      "    quantity { value: 60 unit: '10*9/L' } } }\n"
      "  expect { treatment: 'needling' not_fired: 'platelets-low' } }\n"};
  const LoadResult loaded = Load(
      {suite, Overlay("parameters { parameter_id: 'least' value: 70 reason: "
                      "'Caution.' }\n")});
  EXPECT_NE(loaded.catalog, nullptr) << DiagnosticsOf(loaded);
}

TEST(Overlay, EveryFaultIsReportedAtItsPlace) {
  const LoadResult loaded = Load(
      {Overlay(
           "parameters { parameter_id: 'least' value: 30 reason: 'Less.' }\n"
           "parameters { parameter_id: 'leest' value: 70 reason: 'No.' }\n"
           "parameters { parameter_id: 'normal' value: 160 reason: 'X.' }\n"
           "parameters { parameter_id: 'fresh' value: 60 }\n"
           "parameters { parameter_id: 'wait' value: 7.5 reason: 'X.' }\n"
           "rules { rule_id: 'platelets-low' effect: EFFECT_KIND_REVIEW "
           "reason: 'X.' }\n"
           "rules { rule_id: 'platelets-reduced' effect: "
           "EFFECT_KIND_REVIEW reason: 'X.' }\n"
           "rules { rule_id: 'peel-recent' disabled: true reason: 'X.' }\n"
           "rules { rule_id: 'itch-now' effect: EFFECT_KIND_REVIEW "
           "reason: 'X.' }\n"
           "rules { rule_id: 'itch-now' reason: 'X.' }\n"
           "rules { rule_id: 'itch' reason: 'X.' }\n"),
       Overlay(absl::StrCat(
                   "catalog_version: '0.9.0'\n",
                   "parameters { parameter_id: 'least' value: 5000 reason: "
                   "'X.' }\n"),
               "other"),
       Overlay("", "empty")});
  EXPECT_EQ(loaded.catalog, nullptr);
  ExpectGolden("overlay_diagnostics", DiagnosticsOf(loaded) + "\n");
}

TEST(Overlay, AnApprovalIsOfItsDayAndItsRelease) {
  const std::string told = DiagnosticsOf(
      Load({Overlay("rules { rule_id: 'platelets-low' effect: "
                    "EFFECT_KIND_NOTE reason: 'X.' approval { approver: 'Dr A' "
                    "approved_on: '2026-11-29' } }\n")}));
  EXPECT_THAT(told, HasSubstr("`approved_on` is after today"));
  EXPECT_THAT(told, HasSubstr("`reason` is required"));
  EXPECT_THAT(told,
              HasSubstr("an approval is for one release; add "
                        "`catalog_version: \"1.0.0-test\"` to the overlay"));
}

TEST(Overlay, DoesNotHideAFaultOfTheCatalogue) {
  std::vector<CatalogFileText> files = {
      CatalogBuilder()
          .Condition("itch")
          .Review("itch-now", IsNow("itsh"))
          .File(),
      Overlay("rules { rule_id: 'itch-now' effect: EFFECT_KIND_DEFERRAL "
              "reason: 'X.' }\n")};
  EXPECT_EQ(LoadCatalog(files).catalog, nullptr);
}

// ---------------------------------------------------------------------------
// Which way a parameter is stricter.

TEST(ParameterDirection, HasToAgreeWithTheStrictestRuleThatUsesIt) {
  const auto load = [](const std::string& stricter) {
    return LoadCatalog(
        {CatalogBuilder()
             .Quantity("platelets", "10*9/L", 1000)
             .Contraindication("platelets-low", kUse)
             // What the contraindication takes over.
             .Review("platelets-reduced",
                     AllOf({IsBelow("platelets", 150), Not(kUse)}))
             .Add(absl::StrCat(
                 "parameters { parameter_id: 'least' description: 'X.' value: "
                 "50 unit: '10*9/L' citations { source: 'R1' grade: "
                 "EVIDENCE_GRADE_A } stricter: STRICTER_DIRECTION_",
                 stricter, " }"))
             .File()});
  };
  EXPECT_NE(load("GREATER").catalog, nullptr);
  EXPECT_NE(load("UNSPECIFIED").catalog, nullptr);
  EXPECT_THAT(DiagnosticsOf(load("LESS")),
              HasSubstr("parameter `least`: a lesser value relaxes rule "
                        "`platelets-low`; write STRICTER_DIRECTION_GREATER"));
}

TEST(ParameterDirection, IsNeitherWhereTheStrictestRulesDisagree) {
  const LoadResult loaded = LoadCatalog(
      {CatalogBuilder()
           .Quantity("platelets", "10*9/L", 1000)
           .Review("low", kUse)
           .Review("high", Not(kUse))
           .Add("parameters { parameter_id: 'least' description: 'X.' value: "
                "50 unit: '10*9/L' citations { source: 'R1' grade: "
                "EVIDENCE_GRADE_A } stricter: STRICTER_DIRECTION_GREATER }")
           .File()});
  EXPECT_THAT(DiagnosticsOf(loaded),
              HasSubstr("a greater value relaxes rule `high`, and no other use "
                        "is stricter; leave `stricter` out"));
}

}  // namespace
}  // namespace needlewise
