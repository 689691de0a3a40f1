#include "rules/engine/catalog_validator.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/engine/catalog_loader.h"
#include "tests/support/catalog_builder.h"
#include "tests/support/golden.h"
#include "tests/support/test_case.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// What the faulty records below refer to.
CatalogFileText Sound() {
  return CatalogBuilder()
      .Age()
      .Condition("itch")
      .Condition("spot", "tense: QUESTION_TENSE_NOW")
      .Quantity("platelets", "10*9/L", 3000)
      .Add(R"(
        parameters {
          parameter_id: "wash_out" description: "Days." value: 7 unit: "d"
          citations { source: "R1" grade: EVIDENCE_GRADE_B }
        }
        parameters {
          parameter_id: "low_count" description: "Few." value: 50
          unit: "10*9/L"
          citations { source: "R1" grade: EVIDENCE_GRADE_B }
        }
        devices { device_id: "pen" display: "Pen" treatments: "needling" }
        conflicts {
          conflict_id: "C1" topic: "Topic" resolution: "This."
          rationale: "So." positions { sources: "R1" statement: "That." }
        })")
      .File("a_sound.textproto");
}

// Where a text stands in it, as a diagnostic says it.
std::string InSound(const std::string& text) {
  const std::string content = Sound().content;
  const size_t at = content.find(text);
  EXPECT_NE(at, std::string::npos) << text;
  return absl::StrCat(
      "in `a_sound.textproto` on line ",
      1 + std::count(content.begin(), content.begin() + at, '\n'));
}

// ---------------------------------------------------------------------------
// Records with nothing wrong, a field a line.

constexpr char kConcept[] = R"(concepts {
  concept_id: "rash"
  display: "Rash"
  kind: CONCEPT_KIND_CONDITION
  scope: CONCEPT_SCOPE_PATIENT
  question: "Have you a rash?"
  tense: QUESTION_TENSE_NOW
  answer_sources: ANSWER_SOURCE_PATIENT
  section: "skin"
}
)";
constexpr char kQuantity[] = R"(concepts {
  concept_id: "inr"
  display: "INR"
  kind: CONCEPT_KIND_QUANTITY
  scope: CONCEPT_SCOPE_PATIENT
  question: "What is the INR?"
  tense: QUESTION_TENSE_NOW
  answer_sources: ANSWER_SOURCE_TEST
  section: "tests"
  quantity { unit: "1" maximum: 20 }
}
)";
constexpr char kImplication[] = R"(implications {
  implication_id: "no-itch"
  given { concept: "itch" status: FINDING_STATUS_NEVER }
  implies { concept: "spot" status: FINDING_STATUS_ABSENT }
  rationale: "Spots itch."
}
)";
constexpr char kSection[] = R"(sections {
  section_id: "more"
  display: "More"
}
)";
constexpr char kArea[] = R"(areas {
  area_id: "hand"
  display: "Hand"
  parent: "back"
}
)";
constexpr char kConcern[] = R"(concerns {
  concern_id: "texture"
  display: "Texture"
}
)";
constexpr char kTreatment[] = R"(treatments {
  treatment_id: "serum"
  display: "Serum"
  description: "Needles and serum."
  base: "needling"
  indications { concern: "scars" strength: EVIDENCE_STRENGTH_WEAK text: "Some." citations { source: "R1" grade: EVIDENCE_GRADE_C } }
}
)";
constexpr char kDevice[] = R"(devices {
  device_id: "roller"
  display: "Roller"
  treatments: "needling"
  cleared_uses { areas: "face" concerns: "scars" citations { source: "R1" grade: EVIDENCE_GRADE_A } }
  excluded_concepts: "itch"
  citations { source: "R1" grade: EVIDENCE_GRADE_A }
}
)";
constexpr char kProfile[] = R"(profiles {
  profile_id: "wide"
  display: "Wide"
  description: "More rules."
}
)";
constexpr char kParameter[] = R"(parameters {
  parameter_id: "pause"
  description: "A pause."
  value: 14
  unit: "d"
  citations { source: "R1" grade: EVIDENCE_GRADE_B }
}
)";
constexpr char kRule[] = R"(rules {
  rule_id: "itch-now"
  title: "Itch."
  applies_to: "needling"
  condition { finding { concept: "itch" time: FINDING_TIME_NOW } }
  contraindication {}
  clinician_text: "Consider waiting."
  cleared_by: "No itch."
  citations { source: "R1" grade: EVIDENCE_GRADE_A }
  evidence_rows: "E1"
}
)";
constexpr char kCourse[] = R"(courses {
  course_id: "usual"
  applies_to: "needling"
  sessions_min: 1
  sessions_max: 3
  interval_min_days: 28
  interval_max_days: 42
  text: "Three sessions."
  citations { source: "R1" grade: EVIDENCE_GRADE_B }
}
)";
constexpr char kPlanItem[] = R"(plan_items {
  item_id: "sunscreen"
  section: PLAN_SECTION_AFTER_CARE
  applies_to: "needling"
  from_hours: 24
  until_hours: 48
  text: "Sunscreen."
  citations { source: "R1" grade: EVIDENCE_GRADE_B }
}
)";
constexpr char kCitation[] = R"(citations {
  citation_id: "R2"
  title: "Another review"
  provenance: CITATION_PROVENANCE_LOOKED_UP
}
)";
constexpr char kConflict[] = R"(conflicts {
  conflict_id: "C2"
  topic: "Another topic"
  positions { sources: "R1" statement: "That." }
  resolution: "This."
  rationale: "So."
}
)";

// Where a diagnostic is to point is written `@@` in a text.
constexpr char kHere[] = "@@";

// `record` without `field`; the diagnostic points at the record.
std::string Lacking(const std::string& record, const std::string& field) {
  std::vector<std::string> lines = absl::StrSplit(record, '\n');
  const auto line =
      std::find_if(lines.begin(), lines.end(), [&](const std::string& l) {
        return absl::StartsWith(l, absl::StrCat("  ", field)) &&
               !absl::ascii_isalnum(l[field.size() + 2]) &&
               l[field.size() + 2] != '_';
      });
  EXPECT_NE(line, lines.end()) << field;
  lines.erase(line);
  return absl::StrCat(kHere, absl::StrJoin(lines, "\n"));
}

// `record` with `line` for `field`.
std::string Having(const std::string& record, const std::string& field,
                   const std::string& line) {
  std::vector<std::string> lines = absl::StrSplit(record, '\n');
  for (std::string& l : lines) {
    if (absl::StartsWith(l, absl::StrCat("  ", field, ":")) ||
        absl::StartsWith(l, absl::StrCat("  ", field, " "))) {
      l = absl::StrCat("  ", line);
      return absl::StrJoin(lines, "\n");
    }
  }
  ADD_FAILURE() << field;
  return record;
}

// `record` with one more line.
std::string Plus(const std::string& record, const std::string& line) {
  return absl::StrCat(record.substr(0, record.size() - 2), "  ", line, "\n}\n");
}

// A rule with another condition.
std::string RuleIf(const std::string& condition) {
  return Having(kRule, "condition",
                absl::StrCat("condition { ", condition, " }"));
}

TEST(CatalogValidator, FindsNothingWrongWithSoundRecords) {
  std::string all;
  for (const char* record :
       {kConcept, kQuantity, kImplication, kSection, kArea, kConcern,
        kTreatment, kDevice, kProfile, kParameter, kRule, kCourse, kPlanItem,
        kCitation, kConflict}) {
    absl::StrAppend(&all, record);
  }
  const LoadResult loaded = LoadCatalog({Sound(), {"b.textproto", all}});
  for (const auto& d : loaded.diagnostics) ADD_FAILURE() << FormatDiagnostic(d);
  EXPECT_NE(loaded.catalog, nullptr);
}

struct FaultCase : TestCase {
  // With `@@` where the diagnostic points.
  std::string text;
  // What the message says is wrong and what to do.
  std::string message;
  std::string subject;
};

class FaultyRecord : public ::testing::TestWithParam<FaultCase> {};

TEST_P(FaultyRecord, IsReportedWithItsPlaceAndWhatToDo) {
  std::string text = GetParam().text;
  const size_t here = text.find(kHere);
  ASSERT_NE(here, std::string::npos);
  text.erase(here, sizeof(kHere) - 1);
  const size_t line_start = text.rfind('\n', here) + 1;
  const std::string source_line =
      text.substr(line_start, text.find('\n', here) - line_start);

  const LoadResult loaded = LoadCatalog({Sound(), {"faulty.textproto", text}});
  EXPECT_EQ(loaded.catalog, nullptr);
  for (const auto& d : loaded.diagnostics) SCOPED_TRACE(FormatDiagnostic(d));
  ASSERT_THAT(loaded.diagnostics, SizeIs(1)) << text;
  const v1::Diagnostic& diagnostic = loaded.diagnostics[0];
  EXPECT_EQ(diagnostic.message(), GetParam().message);
  EXPECT_EQ(diagnostic.subject(), GetParam().subject);
  EXPECT_EQ(diagnostic.severity(), v1::SEVERITY_ERROR);
  EXPECT_EQ(diagnostic.file(), "faulty.textproto");
  EXPECT_EQ(diagnostic.line(),
            1 + std::count(text.begin(), text.begin() + here, '\n'));
  EXPECT_EQ(diagnostic.column(), static_cast<int>(1 + here - line_start));
  EXPECT_EQ(diagnostic.source_line(), source_line);
}

// A fault of a field that is left out.
FaultCase Missing(const std::string& name, const std::string& kind,
                  const std::string& subject, const std::string& record,
                  const std::string& field) {
  return {{name},
          Lacking(record, field),
          absl::StrCat(kind, " `", subject, "`: `", field, "` is required"),
          subject};
}

INSTANTIATE_TEST_SUITE_P(
    RequiredFields, FaultyRecord,
    ::testing::Values(
        Missing("SectionDisplay", "section", "more", kSection, "display"),
        Missing("ConceptDisplay", "concept", "rash", kConcept, "display"),
        Missing("ConceptQuestion", "concept", "rash", kConcept, "question"),
        Missing("ConceptKind", "concept", "rash", kConcept, "kind"),
        Missing("ImplicationRationale", "implication", "no-itch", kImplication,
                "rationale"),
        Missing("AreaDisplay", "area", "hand", kArea, "display"),
        Missing("ConcernDisplay", "concern", "texture", kConcern, "display"),
        Missing("TreatmentDisplay", "treatment", "serum", kTreatment,
                "display"),
        Missing("TreatmentDescription", "treatment", "serum", kTreatment,
                "description"),
        Missing("DeviceDisplay", "device", "roller", kDevice, "display"),
        Missing("ProfileDisplay", "profile", "wide", kProfile, "display"),
        Missing("ProfileDescription", "profile", "wide", kProfile,
                "description"),
        Missing("ParameterDescription", "parameter", "pause", kParameter,
                "description"),
        Missing("ParameterUnit", "parameter", "pause", kParameter, "unit"),
        Missing("RuleTitle", "rule", "itch-now", kRule, "title"),
        Missing("RuleClinicianText", "rule", "itch-now", kRule,
                "clinician_text"),
        Missing("RuleClearedBy", "rule", "itch-now", kRule, "cleared_by"),
        Missing("RuleCondition", "rule", "itch-now", kRule, "condition"),
        Missing("CourseText", "course", "usual", kCourse, "text"),
        Missing("PlanItemSection", "plan item", "sunscreen", kPlanItem,
                "section"),
        Missing("PlanItemText", "plan item", "sunscreen", kPlanItem, "text"),
        Missing("CitationTitle", "citation", "R2", kCitation, "title"),
        Missing("ConflictTopic", "source conflict", "C2", kConflict, "topic"),
        Missing("ConflictResolution", "source conflict", "C2", kConflict,
                "resolution"),
        Missing("ConflictRationale", "source conflict", "C2", kConflict,
                "rationale")),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Ids, FaultyRecord,
    ::testing::Values(
        FaultCase{{"UpperCase"},
                  Having(kConcept, "concept_id", "@@concept_id: 'Rash'"),
                  "concept `Rash`: `concept_id` must be lower-case words "
                  "joined by `_`",
                  "Rash"},
        FaultCase{{"AnotherJoiner"},
                  Having(kConcept, "concept_id", "@@concept_id: 'skin-rash'"),
                  "concept `skin-rash`: `concept_id` must be lower-case words "
                  "joined by `_`",
                  "skin-rash"},
        FaultCase{{"AJoinerAtTheEnd"},
                  Having(kRule, "rule_id", "@@rule_id: 'itch-'"),
                  "rule `itch-`: `rule_id` must be lower-case words joined by "
                  "`-`",
                  "itch-"},
        FaultCase{{"ASpace"},
                  Having(kCourse, "course_id", "@@course_id: 'usual one'"),
                  "course `usual one`: `course_id` must be lower-case words "
                  "joined by `-`",
                  "usual one"},
        FaultCase{{"NoCitationId"},
                  Lacking(kCitation, "citation_id"),
                  "`citation_id` is required",
                  ""},
        FaultCase{{"NoConflictId"},
                  Lacking(kConflict, "conflict_id"),
                  "`conflict_id` is required",
                  ""},
        FaultCase{{"Twice"},
                  Having(kConcept, "concept_id", "@@concept_id: 'itch'"),
                  absl::StrCat("concept `itch`: another concept has this id, ",
                               InSound("concept_id: \"itch\""), "; rename one"),
                  "itch"},
        FaultCase{{"ACitationTwice"},
                  Having(kCitation, "citation_id", "@@citation_id: 'R1'"),
                  absl::StrCat("citation `R1`: another citation has this id, ",
                               InSound("citation_id: \"R1\""), "; rename one"),
                  "R1"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Concepts, FaultyRecord,
    ::testing::Values(
        FaultCase{{"NoScope"},
                  Lacking(kConcept, "scope"),
                  "concept `rash`: `scope` is required; patient or treatment "
                  "area",
                  "rash"},
        FaultCase{{"NoTense"},
                  Lacking(kConcept, "tense"),
                  "concept `rash`: `tense` is required; now or ever",
                  "rash"},
        FaultCase{{"NoAnswerSource"},
                  Lacking(kConcept, "answer_sources"),
                  "concept `rash`: `answer_sources` needs at least one way to "
                  "obtain the answer",
                  "rash"},
        FaultCase{{"NoSection"},
                  Lacking(kConcept, "section"),
                  "concept `rash`: section `` is not defined",
                  "rash"},
        FaultCase{{"UnknownSection"},
                  Having(kConcept, "section", "@@section: 'skim'"),
                  "concept `rash`: section `skim` is not defined; did you mean "
                  "`skin`?",
                  "rash"},
        FaultCase{{"QuantityWithoutAForm"},
                  Lacking(kQuantity, "quantity"),
                  "concept `inr`: a quantity needs `quantity` with its unit "
                  "and bounds",
                  "inr"},
        FaultCase{{"ConditionWithAForm"},
                  Plus(kConcept, "@@quantity { unit: '1' maximum: 2 }"),
                  "concept `rash`: `quantity` belongs to a concept of kind "
                  "quantity only",
                  "rash"},
        FaultCase{{"AgeUnderAnotherId"},
                  Having(kQuantity, "kind", "@@kind: CONCEPT_KIND_AGE"),
                  "concept `inr`: the concept `age`, and no other, is of kind "
                  "age",
                  "inr"},
        FaultCase{
            {"QuantityOfAPlace"},
            Having(kQuantity, "scope", "@@scope: CONCEPT_SCOPE_TREATMENT_AREA"),
            "concept `inr`: a quantity is of the whole patient",
            "inr"},
        FaultCase{{"FormWithoutAUnit"},
                  Having(kQuantity, "quantity", "@@quantity { maximum: 20 }"),
                  "concept `inr`: `unit` is required",
                  "inr"},
        FaultCase{{"FormWithoutRoom"},
                  Having(kQuantity, "quantity",
                         "quantity { unit: '1' minimum: 2 @@maximum: 2 }"),
                  "concept `inr`: `maximum` must be greater than `minimum`",
                  "inr"},
        FaultCase{{"ConversionWithoutAUnit"},
                  Having(kQuantity, "quantity",
                         "quantity { unit: '1' maximum: 2 @@conversions { "
                         "numerator: 2 } }"),
                  "concept `inr`: a unit is required and may occur once",
                  "inr"},
        FaultCase{{"ConversionOfItsOwnUnit"},
                  Having(kQuantity, "quantity",
                         "quantity { unit: '1' maximum: 2 conversions { "
                         "@@unit: '1' } }"),
                  "concept `inr`: a unit is required and may occur once",
                  "inr"},
        FaultCase{{"ConversionThatTurnsValuesRound"},
                  Having(kQuantity, "quantity",
                         "quantity { unit: '1' maximum: 2 conversions { unit: "
                         "'%' @@numerator: -1 } }"),
                  "concept `inr`: a conversion may not turn values round",
                  "inr"},
        FaultCase{{"FreshnessOfNoDays"},
                  Plus(kConcept, "@@freshness {}"),
                  "concept `rash`: a freshness limit is at least one day",
                  "rash"},
        FaultCase{{"FreshnessOfAnUnknownParameter"},
                  Plus(kConcept, "freshness { @@parameter: 'wash_up' }"),
                  "concept `rash`: parameter `wash_up` is not defined; did you "
                  "mean `wash_out`?",
                  "rash"},
        FaultCase{{"FreshnessInAnotherUnit"},
                  Plus(kConcept, "freshness { @@parameter: 'low_count' }"),
                  "concept `rash`: parameter `low_count` is not a time; its "
                  "unit must be `d`",
                  "rash"},
        FaultCase{{"CodeWithoutASystem"},
                  Plus(kConcept,
                       "codes { @@coding { code: 'L20' } display: 'Eczema' "
                       "verification: CODE_VERIFICATION_OFFICIAL }"),
                  "concept `rash`: a code needs its system and its code",
                  "rash"},
        FaultCase{{"CodeWithoutADisplay"},
                  Plus(kConcept,
                       "@@codes { coding { system: 's' code: 'L20' } "
                       "verification: CODE_VERIFICATION_OFFICIAL }"),
                  "concept `rash`: `display` is required",
                  "rash"},
        FaultCase{{"CodeWithoutVerification"},
                  Plus(kConcept,
                       "@@codes { coding { system: 's' code: 'L20' } display: "
                       "'Eczema' }"),
                  "concept `rash`: `verification` is required",
                  "rash"},
        FaultCase{{"CodeThatIsNone"},
                  Plus(kConcept,
                       "codes { coding { system: 'http://snomed.info/sct' "
                       "@@code: '24079002' } display: 'Eczema' verification: "
                       "CODE_VERIFICATION_OFFICIAL }"),
                  "concept `rash`: code `24079002`: the last digit is not the "
                  "check digit; look the code up again",
                  "rash"},
        FaultCase{{"CodeOfAnAreaByItsPrefix"},
                  Plus(kArea,
                       "codes { coding { system: 's' code: '1' } display: 'd' "
                       "@@prefix: true verification: "
                       "CODE_VERIFICATION_OFFICIAL }"),
                  "area `hand`: the code of an area is written whole",
                  "hand"},
        FaultCase{{"CodeOfAnAreaWithoutADisplay"},
                  Plus(kArea,
                       "@@codes { coding { system: 's' code: '1' } "
                       "verification: CODE_VERIFICATION_OFFICIAL }"),
                  "area `hand`: `display` is required",
                  "hand"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Implications, FaultyRecord,
    ::testing::Values(
        FaultCase{{"UnknownGate"},
                  Having(kImplication, "given",
                         "given { @@concept: 'itsh' status: "
                         "FINDING_STATUS_NEVER }"),
                  "implication `no-itch`: concept `itsh` is not defined; did "
                  "you mean `itch`?",
                  "no-itch"},
        FaultCase{{"GateThatIsAQuantity"},
                  Having(kImplication, "given",
                         "given { @@concept: 'platelets' status: "
                         "FINDING_STATUS_NEVER }"),
                  "implication `no-itch`: a gate has a status; a quantity is "
                  "none",
                  "no-itch"},
        FaultCase{{"GateThatIsPast"},
                  Having(kImplication, "given",
                         "given { concept: 'itch' @@status: "
                         "FINDING_STATUS_PAST }"),
                  "implication `no-itch`: the gate's status is PRESENT, ABSENT "
                  "or NEVER",
                  "no-itch"},
        FaultCase{{"GateWithABound"},
                  Having(kImplication, "given",
                         "@@given { concept: 'itch' at_least: 2 }"),
                  "implication `no-itch`: the gate's status is PRESENT, ABSENT "
                  "or NEVER",
                  "no-itch"},
        FaultCase{{"NothingImplied"},
                  Lacking(kImplication, "implies"),
                  "implication `no-itch`: `implies` needs at least one concept",
                  "no-itch"},
        FaultCase{{"UnknownTarget"},
                  Having(kImplication, "implies",
                         "implies { @@concept: 'stop' status: "
                         "FINDING_STATUS_ABSENT }"),
                  "implication `no-itch`: concept `stop` is not defined",
                  "no-itch"},
        FaultCase{{"ItselfImplied"},
                  Having(kImplication, "implies",
                         "implies { @@concept: 'itch' status: "
                         "FINDING_STATUS_ABSENT }"),
                  "implication `no-itch`: an answer cannot imply itself",
                  "no-itch"},
        FaultCase{{"BoundOnACondition"},
                  Having(kImplication, "implies",
                         "implies { @@concept: 'spot' at_least: 2 }"),
                  "implication `no-itch`: a bound belongs to a quantity; give "
                  "a status",
                  "no-itch"},
        FaultCase{{"StatusOfAQuantity"},
                  Having(kImplication, "implies",
                         "implies { @@concept: 'platelets' status: "
                         "FINDING_STATUS_ABSENT }"),
                  "implication `no-itch`: a quantity has a bound; give "
                  "`at_least` or `at_most`",
                  "no-itch"},
        FaultCase{{"TargetThatIsPast"},
                  Having(kImplication, "implies",
                         "implies { concept: 'spot' @@status: "
                         "FINDING_STATUS_PAST }"),
                  "implication `no-itch`: the implied status is PRESENT, "
                  "ABSENT or NEVER",
                  "no-itch"},
        FaultCase{{"NeverFromWhatIsOnlyNotNow"},
                  Having(Having(kImplication, "given",
                                "given { concept: 'itch' status: "
                                "FINDING_STATUS_ABSENT }"),
                         "implies",
                         "implies { concept: 'spot' @@status: "
                         "FINDING_STATUS_NEVER }"),
                  "implication `no-itch`: what is not so now says nothing of "
                  "the past; imply ABSENT, or give the gate an `ever` question "
                  "and NEVER",
                  "no-itch"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    AreasTreatmentsAndDevices, FaultyRecord,
    ::testing::Values(
        FaultCase{{"UnknownParent"},
                  Having(kArea, "parent", "@@parent: 'bak'"),
                  "area `hand`: area `bak` is not defined; did you mean "
                  "`back`?",
                  "hand"},
        FaultCase{{"UnknownBase"},
                  Having(kTreatment, "base", "@@base: 'needlin'"),
                  "treatment `serum`: treatment `needlin` is not defined; did "
                  "you mean `needling`?",
                  "serum"},
        FaultCase{{"BaseThatIsAnAddOn"},
                  Having(kTreatment, "base", "@@base: 'plasma'"),
                  "treatment `serum`: the base is an add-on itself; name its "
                  "base",
                  "serum"},
        FaultCase{{"IndicationsWithoutABase"},
                  Lacking(kTreatment, "base"),
                  "treatment `serum`: only an add-on has indications or "
                  "combines others",
                  "serum"},
        FaultCase{{"UnknownPart"},
                  Plus(kTreatment, "@@combines: 'plasm'"),
                  "treatment `serum`: treatment `plasm` is not defined; did "
                  "you mean `plasma`, `plasma_with_heat`?",
                  "serum"},
        FaultCase{{"APairOfAPair"},
                  Plus(kTreatment, "@@combines: 'plasma_with_heat'"),
                  "treatment `serum`: a combination is of single add-ons of "
                  "the same base",
                  "serum"},
        FaultCase{{"APairWithTheBase"},
                  Plus(kTreatment, "@@combines: 'needling'"),
                  "treatment `serum`: a combination is of single add-ons of "
                  "the same base",
                  "serum"},
        FaultCase{{"IndicationForAnUnknownConcern"},
                  Having(kTreatment, "indications",
                         "indications { @@concern: 'scar' strength: "
                         "EVIDENCE_STRENGTH_WEAK text: 'Some.' citations { "
                         "source: 'R1' grade: EVIDENCE_GRADE_C } }"),
                  "treatment `serum`: concern `scar` is not defined; did you "
                  "mean `scars`?",
                  "serum"},
        FaultCase{{"IndicationWithoutText"},
                  Having(kTreatment, "indications",
                         "@@indications { concern: 'scars' strength: "
                         "EVIDENCE_STRENGTH_WEAK citations { source: 'R1' "
                         "grade: EVIDENCE_GRADE_C } }"),
                  "treatment `serum`: `text` is required",
                  "serum"},
        FaultCase{{"IndicationWithoutStrength"},
                  Having(kTreatment, "indications",
                         "@@indications { concern: 'scars' text: 'Some.' "
                         "citations { source: 'R1' grade: EVIDENCE_GRADE_C } "
                         "}"),
                  "treatment `serum`: `strength` is required",
                  "serum"},
        FaultCase{{"IndicationWithoutSources"},
                  Having(kTreatment, "indications",
                         "@@indications { concern: 'scars' strength: "
                         "EVIDENCE_STRENGTH_WEAK text: 'Some.' }"),
                  "treatment `serum`: `citations` needs at least one source "
                  "with its grade",
                  "serum"},
        FaultCase{{"DeviceOfNoTreatment"},
                  Lacking(kDevice, "treatments"),
                  "device `roller`: `treatments` needs at least one treatment",
                  "roller"},
        FaultCase{{"DeviceOfAnUnknownTreatment"},
                  Having(kDevice, "treatments", "@@treatments: 'needlin'"),
                  "device `roller`: treatment `needlin` is not defined; did "
                  "you mean `needling`?",
                  "roller"},
        FaultCase{{"ExclusionOfAnUnknownConcept"},
                  Having(kDevice, "excluded_concepts",
                         "@@excluded_concepts: 'itches'"),
                  "device `roller`: concept `itches` is not defined; did you "
                  "mean `itch`?",
                  "roller"},
        FaultCase{{"ExclusionsWithoutSources"},
                  Lacking(kDevice, "citations"),
                  "device `roller`: `citations` needs at least one source with "
                  "its grade",
                  "roller"},
        FaultCase{{"ClearedForNoArea"},
                  Having(kDevice, "cleared_uses",
                         "@@cleared_uses { concerns: 'scars' citations { "
                         "source: 'R1' grade: EVIDENCE_GRADE_A } }"),
                  "device `roller`: `areas` needs at least one area",
                  "roller"},
        FaultCase{{"ClearedForAnUnknownConcern"},
                  Having(kDevice, "cleared_uses",
                         "cleared_uses { areas: 'face' @@concerns: 'tears' "
                         "citations { source: 'R1' grade: EVIDENCE_GRADE_A } "
                         "}"),
                  "device `roller`: concern `tears` is not defined",
                  "roller"},
        FaultCase{{"SkinTypesTheWrongWayRound"},
                  Having(kDevice, "cleared_uses",
                         "cleared_uses { areas: 'face' concerns: 'scars' "
                         "minimum_skin_type: 4 @@maximum_skin_type: 3 "
                         "citations { source: 'R1' grade: EVIDENCE_GRADE_A } "
                         "}"),
                  "device `roller`: skin types run from 1 to 6",
                  "roller"},
        FaultCase{{"ANegativeAge"},
                  Having(kDevice, "cleared_uses",
                         "cleared_uses { areas: 'face' concerns: 'scars' "
                         "@@minimum_age: -1 citations { source: 'R1' grade: "
                         "EVIDENCE_GRADE_A } }"),
                  "device `roller`: ages and depths are not negative",
                  "roller"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    ProfilesAndParameters, FaultyRecord,
    ::testing::Values(
        FaultCase{{"StandardWritten"},
                  Having(kProfile, "profile_id", "@@profile_id: 'standard'"),
                  "profile `standard`: `standard` is every rule and is not "
                  "written; remove it",
                  "standard"},
        FaultCase{{"NoValue"},
                  Lacking(kParameter, "value"),
                  "parameter `pause`: `value` must be a number greater than 0",
                  "pause"},
        FaultCase{{"NotANumber"},
                  Having(Having(kParameter, "unit", "unit: '1'"), "value",
                         "@@value: nan"),
                  "parameter `pause`: `value` must be a number greater than 0",
                  "pause"},
        FaultCase{{"HalfADay"},
                  Having(kParameter, "value", "@@value: 0.5"),
                  "parameter `pause`: a time is a whole number of its unit",
                  "pause"},
        FaultCase{{"NoSource"},
                  Lacking(kParameter, "citations"),
                  "parameter `pause`: `citations` needs at least one source "
                  "with its grade",
                  "pause"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Rules, FaultyRecord,
    ::testing::Values(
        FaultCase{{"ForNoTreatment"},
                  Lacking(kRule, "applies_to"),
                  "rule `itch-now`: `applies_to` needs at least one treatment",
                  "itch-now"},
        FaultCase{{"ForAnUnknownTreatment"},
                  Having(kRule, "applies_to",
                         "applies_to: 'needling' @@applies_to: 'head'"),
                  "rule `itch-now`: treatment `head` is not defined; did you "
                  "mean `heat`?",
                  "itch-now"},
        FaultCase{{"OfAnUnknownProfile"},
                  Plus(kRule, "@@profiles: 'care'"),
                  "rule `itch-now`: profile `care` is not defined; did you "
                  "mean `core`?",
                  "itch-now"},
        FaultCase{{"OfTheStandardProfile"},
                  Plus(kRule, "@@profiles: 'standard'"),
                  "rule `itch-now`: profile `standard` is not defined",
                  "itch-now"},
        FaultCase{{"WithoutAnEffect"},
                  Having(Having(kRule, "contraindication", ""), "rule_id",
                         "@@rule_id: 'itch-now'"),
                  "rule `itch-now`: has no effect; add contraindication, "
                  "deferral, review, precaution or note",
                  "itch-now"},
        FaultCase{{"WithoutASource"},
                  Lacking(kRule, "citations"),
                  "rule `itch-now`: `citations` needs at least one source with "
                  "its grade",
                  "itch-now"},
        FaultCase{{"WithAnUnknownSource"},
                  Having(kRule, "citations",
                         "citations { @@source: 'R11' grade: EVIDENCE_GRADE_A "
                         "}"),
                  "rule `itch-now`: citation `R11` is not defined; did you "
                  "mean `R1`?",
                  "itch-now"},
        FaultCase{{"WithASourceWithoutGrade"},
                  Having(kRule, "citations",
                         "citations { source: 'R1' grade: EVIDENCE_GRADE_A } "
                         "@@citations { source: 'R1' }"),
                  "rule `itch-now`: the citation has no `grade`; A, B, C, D or "
                  "G",
                  "itch-now"},
        FaultCase{{"ContraindicationOnAClinicsPage"},
                  Having(kRule, "citations",
                         "@@citations { source: 'R1' grade: EVIDENCE_GRADE_D "
                         "}"),
                  "rule `itch-now`: rests on grades D and G alone, which never "
                  "block by themselves; make it a review or cite better "
                  "evidence",
                  "itch-now"},
        FaultCase{{"DeferralOnGeneralKnowledge"},
                  Having(Having(kRule, "contraindication", "deferral {}"),
                         "citations",
                         "@@citations { source: 'R1' grade: EVIDENCE_GRADE_G "
                         "} citations { source: 'R1' grade: EVIDENCE_GRADE_D "
                         "}"),
                  "rule `itch-now`: rests on grades D and G alone, which never "
                  "block by themselves; make it a review or cite better "
                  "evidence",
                  "itch-now"},
        FaultCase{{"OnAnUnknownConflict"},
                  Plus(kRule, "conflicts: 'C1' @@conflicts: 'C11'"),
                  "rule `itch-now`: source conflict `C11` is not defined; did "
                  "you mean `C1`?",
                  "itch-now"},
        FaultCase{{"WithoutAnEvidenceRow"},
                  Lacking(kRule, "evidence_rows"),
                  "rule `itch-now`: `evidence_rows` needs the row of the "
                  "evidence that it encodes",
                  "itch-now"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Conditions, FaultyRecord,
    ::testing::Values(
        FaultCase{{"Empty"},
                  Having(kRule, "condition", "@@condition {}"),
                  "rule `itch-now`: the condition is empty; say what it looks "
                  "for",
                  "itch-now"},
        FaultCase{{"EmptyInside"},
                  RuleIf("any_of { conditions { treatment_area { areas: 'face' "
                         "} } @@conditions {} }"),
                  "rule `itch-now`: the condition is empty; say what it looks "
                  "for",
                  "itch-now"},
        FaultCase{{"EmptyList"},
                  RuleIf("@@all_of {}"),
                  "rule `itch-now`: the list is empty; add at least one "
                  "condition",
                  "itch-now"},
        FaultCase{{"UnknownConcept"},
                  RuleIf("not { finding { @@concept: 'itch_y' time: "
                         "FINDING_TIME_NOW } }"),
                  "rule `itch-now`: concept `itch_y` is not defined; did you "
                  "mean `itch`?",
                  "itch-now"},
        FaultCase{{"NoTime"},
                  RuleIf("@@finding { concept: 'itch' }"),
                  "rule `itch-now`: `time` is required; now, ever, past, "
                  "within or began within",
                  "itch-now"},
        FaultCase{{"WithinNothing"},
                  RuleIf("@@finding { concept: 'itch' time: "
                         "FINDING_TIME_WITHIN }"),
                  "rule `itch-now`: a window needs `within`",
                  "itch-now"},
        FaultCase{{"NowWithinAWindow"},
                  RuleIf("finding { concept: 'itch' time: FINDING_TIME_NOW "
                         "@@within { days: 3 } }"),
                  "rule `itch-now`: `within` goes with times `within` and "
                  "`began within`",
                  "itch-now"},
        FaultCase{{"AWindowWithoutAUnit"},
                  RuleIf("finding { concept: 'itch' time: FINDING_TIME_WITHIN "
                         "@@within {} }"),
                  "rule `itch-now`: the window has no unit; write `hours`, "
                  "`days`, `weeks`, `months` or `parameter`",
                  "itch-now"},
        FaultCase{{"AWindowOfNothing"},
                  RuleIf("finding { concept: 'itch' time: FINDING_TIME_WITHIN "
                         "@@within { days: 0 } }"),
                  "rule `itch-now`: a window is longer than nothing",
                  "itch-now"},
        FaultCase{{"ANegativeWindow"},
                  RuleIf("finding { concept: 'itch' time: FINDING_TIME_WITHIN "
                         "@@within { months: -1 } }"),
                  "rule `itch-now`: a window is longer than nothing",
                  "itch-now"},
        FaultCase{{"AWindowByAnUnknownParameter"},
                  RuleIf("finding { concept: 'itch' time: FINDING_TIME_WITHIN "
                         "within { @@parameter: 'washout' } }"),
                  "rule `itch-now`: parameter `washout` is not defined; did "
                  "you mean `wash_out`?",
                  "itch-now"},
        FaultCase{{"AWindowByACount"},
                  RuleIf("finding { concept: 'itch' time: FINDING_TIME_WITHIN "
                         "within { @@parameter: 'low_count' } }"),
                  "rule `itch-now`: parameter `low_count` is not a time; its "
                  "unit must be `h`, `d`, `wk` or `mo`",
                  "itch-now"},
        FaultCase{{"NoRegion"},
                  RuleIf("@@finding { concept: 'itch' time: FINDING_TIME_NOW "
                         "place: FINDING_PLACE_REGION }"),
                  "rule `itch-now`: `region` goes with place `region`, and "
                  "only with it",
                  "itch-now"},
        FaultCase{{"ARegionAnywhere"},
                  RuleIf("finding { concept: 'itch' time: FINDING_TIME_NOW "
                         "place: FINDING_PLACE_ANYWHERE @@region: 'face' }"),
                  "rule `itch-now`: `region` goes with place `region`, and "
                  "only with it",
                  "itch-now"},
        FaultCase{{"AnUnknownRegion"},
                  RuleIf("finding { concept: 'itch' time: FINDING_TIME_NOW "
                         "place: FINDING_PLACE_REGION @@region: 'fase' }"),
                  "rule `itch-now`: area `fase` is not defined; did you mean "
                  "`face`?",
                  "itch-now"},
        FaultCase{{"AFindingOfAQuantity"},
                  RuleIf("finding { @@concept: 'platelets' time: "
                         "FINDING_TIME_NOW }"),
                  "rule `itch-now`: concept `platelets` is a quantity; compare "
                  "it with `quantity`",
                  "itch-now"},
        FaultCase{{"ThePastOfANowQuestion"},
                  RuleIf("finding { @@concept: 'spot' time: FINDING_TIME_EVER "
                         "}"),
                  "rule `itch-now`: concept `spot` is asked about its past; "
                  "give it a question with tense `ever`",
                  "itch-now"},
        FaultCase{{"AWindowOnANowQuestion"},
                  RuleIf("finding { @@concept: 'spot' time: "
                         "FINDING_TIME_BEGAN_WITHIN within { days: 3 } }"),
                  "rule `itch-now`: concept `spot` is asked about its past; "
                  "give it a question with tense `ever`",
                  "itch-now"},
        FaultCase{{"NoComparison"},
                  RuleIf("@@quantity { concept: 'platelets' value: 50 }"),
                  "rule `itch-now`: `comparison` is required",
                  "itch-now"},
        FaultCase{{"NoLimit"},
                  RuleIf("quantity { concept: 'platelets' @@comparison: "
                         "COMPARISON_LESS }"),
                  "rule `itch-now`: a limit is required; `value` or "
                  "`parameter`",
                  "itch-now"},
        FaultCase{{"ComparingACondition"},
                  RuleIf("quantity { @@concept: 'itch' comparison: "
                         "COMPARISON_LESS value: 50 }"),
                  "rule `itch-now`: concept `itch` is not a quantity",
                  "itch-now"},
        FaultCase{{"AnUnknownLimit"},
                  RuleIf("quantity { concept: 'platelets' comparison: "
                         "COMPARISON_LESS @@parameter: 'lowcount' }"),
                  "rule `itch-now`: parameter `lowcount` is not defined; did "
                  "you mean `low_count`?",
                  "itch-now"},
        FaultCase{{"ALimitInAnotherUnit"},
                  RuleIf("quantity { concept: 'platelets' comparison: "
                         "COMPARISON_LESS @@parameter: 'wash_out' }"),
                  "rule `itch-now`: parameter `wash_out` is in `d` and the "
                  "concept in `10*9/L`",
                  "itch-now"},
        FaultCase{{"NoTreatmentArea"},
                  RuleIf("@@treatment_area {}"),
                  "rule `itch-now`: `areas` needs at least one area",
                  "itch-now"},
        FaultCase{{"AnUnknownTreatmentArea"},
                  RuleIf("treatment_area { @@areas: 'neckline' }"),
                  "rule `itch-now`: area `neckline` is not defined; did you "
                  "mean `neck`?",
                  "itch-now"},
        FaultCase{{"AnUnknownDevice"},
                  RuleIf("device { @@device: 'pens' }"),
                  "rule `itch-now`: device `pens` is not defined; did you mean "
                  "`pen`?",
                  "itch-now"},
        FaultCase{{"ALabelThatExcludesSomethingUnknown"},
                  RuleIf("device { @@label_excludes: 'itchy' }"),
                  "rule `itch-now`: concept `itchy` is not defined; did you "
                  "mean `itch`?",
                  "itch-now"},
        FaultCase{{"NothingOfADevice"},
                  RuleIf("@@device {}"),
                  "rule `itch-now`: the device condition is empty",
                  "itch-now"},
        FaultCase{{"AnUnknownConcern"},
                  RuleIf("concern { @@concern: 'spot' }"),
                  "rule `itch-now`: concern `spot` is not defined; did you "
                  "mean `spots`?",
                  "itch-now"},
        FaultCase{{"NothingOfALabel"},
                  RuleIf("@@label {}"),
                  "rule `itch-now`: `outside` is required",
                  "itch-now"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    PlansAndSources, FaultyRecord,
    ::testing::Values(
        FaultCase{{"ACourseOfNoSession"},
                  Having(kCourse, "sessions_min", "@@sessions_min: 0"),
                  "course `usual`: sessions run from at least 1 upwards",
                  "usual"},
        FaultCase{{"FewerSessionsAtMostThanAtLeast"},
                  Having(kCourse, "sessions_min", "@@sessions_min: 4"),
                  "course `usual`: sessions run from at least 1 upwards",
                  "usual"},
        FaultCase{
            {"SessionsOnOneDay"},
            Having(kCourse, "interval_min_days", "@@interval_min_days: 0"),
            "course `usual`: intervals run from at least 1 day upwards",
            "usual"},
        FaultCase{{"ACourseForAnUnknownConcern"},
                  Plus(kCourse, "@@concerns: 'wrinkle'"),
                  "course `usual`: concern `wrinkle` is not defined; did you "
                  "mean `wrinkles`?",
                  "usual"},
        FaultCase{{"ACourseWithoutASource"},
                  Lacking(kCourse, "citations"),
                  "course `usual`: `citations` needs at least one source with "
                  "its grade",
                  "usual"},
        FaultCase{{"AnItemThatEndsBeforeItBegins"},
                  Having(kPlanItem, "until_hours", "@@until_hours: 12"),
                  "plan item `sunscreen`: the item ends before it begins",
                  "sunscreen"},
        FaultCase{{"AnItemForAnUnknownArea"},
                  Plus(kPlanItem, "@@areas: 'noze'"),
                  "plan item `sunscreen`: area `noze` is not defined; did you "
                  "mean `nose`?",
                  "sunscreen"},
        FaultCase{{"AnItemForAnUnknownDevice"},
                  Plus(kPlanItem, "@@devices: 'roller'"),
                  "plan item `sunscreen`: device `roller` is not defined",
                  "sunscreen"},
        FaultCase{{"AnItemOnAFaultyCondition"},
                  Plus(kPlanItem, "condition { @@all_of {} }"),
                  "plan item `sunscreen`: the list is empty; add at least one "
                  "condition",
                  "sunscreen"},
        FaultCase{{"ACitationOfUnknownOrigin"},
                  Lacking(kCitation, "provenance"),
                  "citation `R2`: `provenance` is required; looked up, second "
                  "hand or general knowledge",
                  "R2"},
        FaultCase{{"AConflictOfNobody"},
                  Lacking(kConflict, "positions"),
                  "source conflict `C2`: `positions` needs at least one",
                  "C2"},
        FaultCase{{"APositionWithoutASource"},
                  Having(kConflict, "positions",
                         "@@positions { statement: 'That.' }"),
                  "source conflict `C2`: `sources` needs at least one citation",
                  "C2"},
        FaultCase{{"APositionOfAnUnknownSource"},
                  Having(kConflict, "positions",
                         "positions { @@sources: 'R9' statement: 'That.' }"),
                  "source conflict `C2`: citation `R9` is not defined; did you "
                  "mean `R1`?",
                  "C2"},
        FaultCase{{"APositionThatSaysNothing"},
                  Having(kConflict, "positions",
                         "@@positions { sources: 'R1' "
                         "}"),
                  "source conflict `C2`: `statement` is required",
                  "C2"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Manifests, FaultyRecord,
    ::testing::Values(FaultCase{
        {"ASecondOne"},
        "@@manifest { version: '2' title: 'T' intended_use: 'U' "
        "effective_from: '2026-01-01' }\n",
        "a catalogue has one manifest; remove this one",
        ""}),
    CaseName());

TEST(Manifest, IsRequiredWithAllItsFields) {
  const LoadResult loaded = LoadCatalog(
      {{"a.textproto", "manifest {\n  effective_from: \"2026-02-30\"\n}\n"}});
  std::vector<std::string> lines;
  for (const auto& d : loaded.diagnostics) {
    lines.push_back(absl::StrCat(d.line(), ":", d.column(), " ", d.message()));
  }
  EXPECT_THAT(
      lines, ElementsAre("1:1 `version` is required", "1:1 `title` is required",
                         "1:1 `intended_use` is required",
                         "2:3 `effective_from` must be a date, "
                         "YYYY-MM-DD"));
}

TEST(Manifest, IsMissedInTheFirstFile) {
  const LoadResult loaded =
      LoadCatalog({{"b.textproto", kSection}, {"a.textproto", kConcern}});
  ASSERT_THAT(loaded.diagnostics, SizeIs(1));
  EXPECT_EQ(FormatDiagnostic(loaded.diagnostics[0]),
            "a.textproto: error: the catalogue has no `manifest`; add one with "
            "its version");
}

TEST(ConditionDepth, IsLimitedByTheOptions) {
  std::string condition = "finding { concept: 'itch' time: FINDING_TIME_NOW }";
  for (int i = 0; i < 3; ++i)
    condition = absl::StrCat("not { ", condition, " }");
  const std::vector<CatalogFileText> files = {
      Sound(), {"b.textproto", RuleIf(condition)}};
  LoadOptions options;
  options.max_condition_depth = 4;
  EXPECT_THAT(LoadCatalog(files, options).diagnostics, IsEmpty());
  options.max_condition_depth = 3;
  const LoadResult loaded = LoadCatalog(files, options);
  ASSERT_THAT(loaded.diagnostics, SizeIs(1));
  EXPECT_EQ(loaded.diagnostics[0].message(),
            "rule `itch-now`: the condition is nested deeper than 3; split the "
            "rule");
  EXPECT_EQ(loaded.diagnostics[0].line(), 5);
}

TEST(CatalogValidator, ReportsEveryFaultOfABrokenCatalogueAtOnce) {
  const CatalogFileText concepts{"concepts.textproto", R"(# Skin.
sections { section_id: "Skin" display: "Your skin" }
concepts {
  concept_id: "active_acne"
  display: "Active acne"
  kind: CONCEPT_KIND_CONDITION
  scope: CONCEPT_SCOPE_TREATMENT_AREA
  question: "Have you spots or pimples there?"
  tense: QUESTION_TENSE_NOW
  answer_sources: ANSWER_SOURCE_PATIENT
  section: "skin"
}
concepts {
	concept_id: "platelet_count"
	display: "Platelet count"
	kind: CONCEPT_KIND_QUANTITY
	scope: CONCEPT_SCOPE_PATIENT
	question: "What was the last platelet count?"
	tense: QUESTION_TENSE_NOW
	section: "skin"
	freshness { days: 0 }
	quantity { unit: "10*9/L" }
}
areas { area_id: "face" display: "Face" parent: "head" treatable: true }
treatments {
  treatment_id: "base_microneedling"
  display: "Microneedling"
}
)"};
  const CatalogFileText rules{"rules.textproto", R"(rules {
  rule_id: "acne-active"
  title: "Active acne in the treatment area."
  applies_to: "base_microneedlin"
  condition {
    all_of {
      conditions { finding { concept: "acne" time: FINDING_TIME_NOW } }
      conditions {
        finding {
          concept: "active_acne"
          time: FINDING_TIME_WITHIN
          within {}
        }
      }
      conditions { quantity { concept: "platelet_count" value: 50 } }
      conditions {}
    }
  }
  contraindication {}
  clinician_text: "Consider waiting until it has cleared."
  citations { source: "M1" grade: EVIDENCE_GRADE_A }
  citations { source: "M2" }
  conflicts: "C1"
}
rules { rule_id: "acne-active" }
citations { citation_id: "M2" title: "A manual" }
)"};
  const LoadResult loaded = LoadCatalog({rules, concepts});
  EXPECT_EQ(loaded.catalog, nullptr);
  std::string text;
  for (const v1::Diagnostic& diagnostic : loaded.diagnostics) {
    absl::StrAppend(&text, FormatDiagnostic(diagnostic), "\n");
  }
  ExpectGolden("catalog_diagnostics", text);
}

}  // namespace
}  // namespace needlewise
