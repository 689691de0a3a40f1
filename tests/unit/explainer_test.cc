#include "rules/engine/explainer.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "rules/engine/decide.h"
#include "tests/support/catalog_builder.h"
#include "tests/support/findings.h"
#include "tests/support/golden.h"
#include "tests/support/screening.h"
#include "tests/support/test_case.h"
#include "tests/support/text_proto.h"

namespace needlewise {
namespace {

using ::testing::ElementsAreArray;
using ::testing::SizeIs;

constexpr v1::FindingStatus kAbsent = v1::FINDING_STATUS_ABSENT;
constexpr v1::FindingStatus kNever = v1::FINDING_STATUS_NEVER;

const CompiledCatalog& Catalog() {
  static const auto* catalog = new std::shared_ptr<const CompiledCatalog>(
      CatalogBuilder()
          .Age()
          .SkinCondition("rash", "display: 'Rash'")
          .Condition("keloid", "display: 'Keloid'")
          .Condition("implant", "display: 'Any implant'")
          .Condition("pacemaker", "display: 'Pacemaker'")
          .Condition("bleeding", "display: 'Bleeding problem'")
          .Condition("can_be_pregnant",
                     "display: 'Able to be pregnant' "
                     "tense: QUESTION_TENSE_NOW")
          .Condition("pregnancy",
                     "display: 'Pregnancy' tense: QUESTION_TENSE_NOW")
          .Quantity("platelets", "10*9/L", 3000, "display: 'Platelet count'")
          .Quantity("skin_type", "1", 6, "display: 'Skin type'")
          .Implies("implant", kNever, "pacemaker", kNever)
          .Implies("can_be_pregnant", kAbsent, "pregnancy", kAbsent)
          .ImpliesAtLeast("bleeding", kNever, "platelets", 150)
          .Add("devices { device_id: 'pen' display: 'The Pen' treatments: "
               "'needling' }")
          .Note("rash-now", IsNow("rash"))
          .Note("rash-anywhere", IsNow("rash", kAnywhere))
          .Note("keloid-ever", IsEver("keloid"))
          .Note("no-pacemaker", Not(IsEver("pacemaker")))
          .Note("not-pregnant", Not(IsNow("pregnancy")))
          .Note("platelets-low", IsBelow("platelets", 100))
          .Note("platelets-enough", IsAtLeast("platelets", 100))
          .Note("skin-type-high", IsAtLeast("skin_type", 4))
          .Note("young", IsBelow("age", 22))
          .Note("here", "treatment_area { areas: 'face' }")
          .Note("with-the-pen", "device { device: 'pen' }")
          .Note("with-none", Not("device { named: true }"))
          .Note("unlisted", AllOf({"device { named: true }",
                                   Not("device { listed: true }")}))
          .Note("for-scars", "concern { concern: 'scars' }")
          .Note("not-for-scars", Not("concern { concern: 'scars' }"))
          .Note("one-of-two", AnyOf({IsNow("rash"), IsEver("keloid")}))
          .Build());
  return **catalog;
}

struct FactCase : TestCase {
  std::string rule_id;
  std::vector<v1::Finding> findings;
  std::vector<std::string> texts;
  std::string patient = "";
  std::string selection = "";
};

class MatchedFacts : public ::testing::TestWithParam<FactCase> {};

TEST_P(MatchedFacts, AreWhatMadeARuleFire) {
  const FactCase& c = GetParam();
  v1::ScreenEligibilityRequest request = RequestFor(
      PatientWith(c.findings, c.patient), "cheeks", "needling", c.selection);
  request.set_view(v1::VIEW_FULL);
  const v1::AreaDecision decision = MustDecide(Catalog(), request);
  std::vector<std::string> texts;
  bool fired = false;
  for (const v1::FiredRule& rule : decision.fired()) {
    if (rule.rule_id() != c.rule_id) continue;
    fired = true;
    for (const v1::MatchedFact& fact : rule.facts()) {
      texts.push_back(fact.text());
    }
  }
  EXPECT_TRUE(fired);
  EXPECT_THAT(texts, ElementsAreArray(c.texts));
}

INSTANTIATE_TEST_SUITE_P(
    Stated, MatchedFacts,
    ::testing::Values(
        FactCase{{"WithPlaceAndSource"},
                 "rash-now",
                 {Present("rash",
                          "areas: 'nose' areas: 'cheeks' source: "
                          "SOURCE_PATIENT")},
                 {"Rash: present on cheeks, nose (patient)"}},
        FactCase{{"WithDates"},
                 "keloid-ever",
                 {Past("keloid",
                       "onset: '2019' last: '2024-05' source: "
                       "SOURCE_EHR recorded: '2026-11-02'")},
                 {"Keloid: past, since 2019, last 2024-05 (record, "
                  "2026-11-02)"}},
        FactCase{{"ByNobodyNamed"},
                 "keloid-ever",
                 {Present("keloid")},
                 {"Keloid: present (source not stated)"}},
        FactCase{{"ByAClinician"},
                 "keloid-ever",
                 {Present("keloid", "source: SOURCE_CLINICIAN")},
                 {"Keloid: present (clinician)"}},
        FactCase{{"TwiceIsListedOnce"},
                 "keloid-ever",
                 {Present("keloid"), Present("keloid")},
                 {"Keloid: present (source not stated)"}},
        FactCase{{"BySeveralInAnyOrder"},
                 "keloid-ever",
                 {Present("keloid", "source: SOURCE_PATIENT"),
                  Present("keloid", "source: SOURCE_EHR")},
                 {"Keloid: present (record)", "Keloid: present (patient)"}},
        FactCase{{"OnlyWhatBearsOnTheArea"},
                 "rash-now",
                 {Present("rash", "areas: 'cheeks'"),
                  Present("rash", "areas: 'back'")},
                 {"Rash: present on back (source not stated)",
                  "Rash: present on cheeks (source not stated)"}},
        FactCase{{"AQuantityInTheConceptsUnit"},
                 "platelets-low",
                 {Measured("platelets", 90, "10*9/L", "source: SOURCE_EHR")},
                 {"Platelet count: 90 10*9/L (record)"}},
        FactCase{{"AQuantityWithoutAUnit"},
                 "skin-type-high",
                 {Measured("skin_type", 5, "1")},
                 {"Skin type: 5 (source not stated)"}},
        FactCase{{"ByClosingASection"},
                 "not-pregnant",
                 {},
                 {"Pregnancy: absent (patient)",
                  "Pregnancy: absent, implied by the answer on Able to be "
                  "pregnant"},
                 "closed_sections { section: 'history' source: SOURCE_PATIENT "
                 "}"},
        FactCase{{"TheBranchThatIsTrue"},
                 "one-of-two",
                 {Present("keloid"), Never("rash")},
                 {"Keloid: present (source not stated)"}}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Implied, MatchedFacts,
    ::testing::Values(
        FactCase{{"AStatus"},
                 "no-pacemaker",
                 {Never("implant", "source: SOURCE_PATIENT")},
                 {"Pacemaker: never, implied by the answer on Any implant"}},
        FactCase{{"ABound"},
                 "platelets-enough",
                 {Never("bleeding")},
                 {"Platelet count: at least 150 10*9/L, implied by the answer "
                  "on Bleeding problem"}}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    OfTheRequest, MatchedFacts,
    ::testing::Values(
        FactCase{{"TheArea"}, "here", {}, {"Treatment area: Cheeks (request)"}},
        FactCase{{"TheDevice"},
                 "with-the-pen",
                 {},
                 {"Device: The Pen (request)"},
                 "",
                 "device { device: 'pen' }"},
        FactCase{
            {"NoDevice"}, "with-none", {}, {"Device: none named (request)"}},
        FactCase{{"ADeviceThatIsNotListed"},
                 "unlisted",
                 {},
                 {"Device: not listed for this treatment (request)"},
                 "",
                 "device { device: 'x' }"},
        FactCase{{"AConcern"},
                 "for-scars",
                 {},
                 {"Concern: Scars (request)"},
                 "",
                 "concerns: 'scars'"},
        // What was not asked for is no reason that a reader needs.
        FactCase{{"NoConcernThatIsNotStated"}, "not-for-scars", {}, {}},
        FactCase{{"AnAge"}, "young", {}, {"age: 21 years"}, "age_years: 21"},
        FactCase{{"AnAgeFromABirthDate"},
                 "young",
                 {},
                 {"age: 20 to 21 years"},
                 "birth_date: '2005'"}),
    CaseName());

TEST(DescribeDevice, SaysWhetherOneIsNamedAndListed) {
  EXPECT_EQ(DescribeDevice(Catalog(), CompiledCatalog::kNoDevice),
            "none named");
  EXPECT_EQ(DescribeDevice(Catalog(), CompiledCatalog::kUnlistedDevice),
            "not listed for this treatment");
  EXPECT_EQ(DescribeDevice(Catalog(), 2), "The Pen");
}

TEST(ExplainCitations, WritesEachSourceInFull) {
  google::protobuf::RepeatedPtrField<v1::SourceReference> references;
  *references.Add() = FromText<v1::SourceReference>(
      "source: 'R1' grade: EVIDENCE_GRADE_C note: 'Page 3.'");
  google::protobuf::RepeatedPtrField<v1::CitedSource> cited;
  ExplainCitations(Catalog(), references, &cited);
  ASSERT_THAT(cited, SizeIs(1));
  EXPECT_THAT(cited[0], EqualsProto(FromText<v1::CitedSource>(R"(
                source: "R1"
                grade: EVIDENCE_GRADE_C
                text: "A review. A society. 2024"
                doi: "10.1000/review"
                note: "Page 3."
                provenance: CITATION_PROVENANCE_LOOKED_UP
              )")));
}

// ---------------------------------------------------------------------------
// One decision in full, as a clinician's program receives it.

CatalogBuilder Clinic() {
  return CatalogBuilder()
      .Age()
      .SkinCondition("active_acne",
                     "display: 'Active acne' tense: QUESTION_TENSE_NOW "
                     "question: 'Have you spots or pimples there now?'")
      .Condition("isotretinoin",
                 "display: 'Isotretinoin by mouth' kind: CONCEPT_KIND_MEDICINE "
                 "question: 'Have you ever taken isotretinoin? If so, when was "
                 "the last time?'")
      .Condition("raised_scar",
                 "display: 'Raised scar' question: 'Have you ever had a raised "
                 "scar?'")
      .Condition("keloid",
                 "display: 'Keloid' question: 'Have you ever had a keloid?'")
      .Condition("pregnancy",
                 "display: 'Pregnancy' tense: QUESTION_TENSE_NOW question: "
                 "'Are you pregnant?' freshness { days: 7 only_denials: true }")
      .SkinCondition("tan",
                     "display: 'Tan' tense: QUESTION_TENSE_NOW question: 'Is "
                     "the skin there tanned?'")
      .Condition("smoking",
                 "display: 'Smoking' tense: QUESTION_TENSE_NOW question: 'Do "
                 "you smoke?'")
      .Condition("melasma",
                 "display: 'Melasma' tense: QUESTION_TENSE_NOW question: 'Have "
                 "you brown patches?'")
      .Implies("raised_scar", kNever, "keloid", kNever)
      .Add(R"(
        citations {
          citation_id: "M1"
          title: "Instructions for use"
          publisher: "A manufacturer"
          year: 2021
          url: "https://example.org/manual"
          provenance: CITATION_PROVENANCE_SECOND_HAND
        }
        conflicts {
          conflict_id: "C1"
          topic: "How long to wait after isotretinoin"
          positions { sources: "R1" statement: "Not at all." }
          positions { sources: "M1" statement: "Six months." }
          resolution: "Six months."
          rationale: "The longer is the safer."
        }
        devices {
          device_id: "pen"
          display: "The Pen"
          treatments: "needling"
          cleared_uses {
            areas: "face"
            concerns: "scars"
            minimum_age: 22
            maximum_depth_mm: 1.5
            citations { source: "M1" grade: EVIDENCE_GRADE_A }
          }
        })")
      .Contraindication("keloid-ever", IsEver("keloid"),
                        "title: 'Keloid at any time.' clinician_text: "
                        "'Consider other treatments.' cleared_by: 'Nothing "
                        "clears it.'")
      .Contraindication("pregnancy-now", IsNow("pregnancy"),
                        "title: 'Pregnancy.' clinician_text: 'Consider "
                        "waiting.' cleared_by: 'A negative test.'")
      .Deferral("acne-active", IsNow("active_acne"),
                "title: 'Active acne in the treatment area.' clinician_text: "
                "'Consider treating it first.' cleared_by: 'Until it is "
                "clear.'")
      .Deferral("isotretinoin-lately", IsWithin("isotretinoin", "months: 6"),
                "title: 'Isotretinoin within six months.' clinician_text: "
                "'Consider waiting; the prescriber decides.' cleared_by: 'Six "
                "months after the last dose.' conflicts: 'C1' citations { "
                "source: 'M1' grade: EVIDENCE_GRADE_B note: 'Six months.' } "
                "citations { source: 'R1' grade: EVIDENCE_GRADE_C }")
      .Review("off-label-depth", "label { outside: LABEL_LIMIT_DEPTH }",
              "title: 'Deeper than the label evaluates.' clinician_text: "
              "'Consider a lesser depth.' cleared_by: 'A depth within the "
              "label.'")
      .Review("melasma-now", IsNow("melasma"),
              "title: 'Melasma.' clinician_text: 'Consider a test spot.' "
              "cleared_by: 'A clinician decides.'")
      .Precaution("tan-now", IsNow("tan"),
                  "title: 'Tanned skin.' clinician_text: 'Consider a lesser "
                  "depth.' cleared_by: 'Until the tan has faded.'")
      .Note("smoking-now", IsNow("smoking"),
            "title: 'Smoking.' clinician_text: 'Healing may be slower.'");
}

TEST(Explanation, OfOneDecisionReadsWell) {
  const auto catalog = Clinic().Build();
  v1::ScreenEligibilityRequest request = RequestFor(
      PatientWith(
          {Absent("active_acne", "areas: 'cheeks' source: SOURCE_CLINICIAN"),
           Absent("isotretinoin",
                  "last: '2026-08' source: SOURCE_EHR recorded: '2026-10-02'"),
           Past("isotretinoin", "last: '2021' source: SOURCE_PATIENT"),
           Never("raised_scar", "source: SOURCE_PATIENT"),
           Absent("pregnancy", "source: SOURCE_EHR recorded: '2026-09-01'"),
           Present("melasma", "source: SOURCE_CLINICIAN"),
           Never("melasma", "source: SOURCE_PATIENT recorded: '2026-11-01'")},
          "birth_date: '1992'"),
      "cheeks", "needling",
      "device { device: 'pen' needle_depth_mm: 2 } concerns: 'scars'");
  request.set_view(v1::VIEW_FULL);
  *request.add_acknowledgements() = FromText<v1::Acknowledgement>(
      "rule_id: 'melasma-now' clinician_reference: 'dr-7' reason: 'Test spot "
      "was fine.'");
  v1::Decision decision = MustScreen(*catalog, request);
  // It would change with every word of the catalogue.
  decision.mutable_catalog()->clear_digest();
  std::string text;
  google::protobuf::TextFormat::PrintToString(decision, &text);
  ExpectGolden("explained_decision", text);
}

}  // namespace
}  // namespace needlewise
