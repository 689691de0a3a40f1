#include "rules/engine/patient_intake.h"

#include <limits>
#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/catalog_builder.h"
#include "tests/support/findings.h"
#include "tests/support/screening.h"
#include "tests/support/test_case.h"
#include "tests/support/text_proto.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kIcd[] = "http://hl7.org/fhir/sid/icd-10-cm";

// A catalogue with one concept of every sort that a finding can state.
const CompiledCatalog& Catalog() {
  static const auto* catalog = new std::shared_ptr<const CompiledCatalog>(
      CatalogBuilder()
          .Age()
          .SkinCondition("eczema", absl::StrCat(R"(
              synonyms: "atopic dermatitis"
              codes {
                coding { system: ")",
                                                kIcd, R"(" code: "L20" }
                display: "Atopic dermatitis"
                prefix: true
                except_prefixes: "L20.8"
                verification: CODE_VERIFICATION_OFFICIAL
              })"))
          .SkinCondition("rosacea", absl::StrCat(R"(
              tense: QUESTION_TENSE_NOW
              codes {
                coding { system: ")",
                                                 kIcd, R"(" code: "L71" }
                display: "Rosacea"
                verification: CODE_VERIFICATION_UNVERIFIED
              })"))
          .Condition("keloid", absl::StrCat(R"(
              codes {
                coding { system: ")",
                                            kIcd, R"(" code: "L91.0" }
                display: "Hypertrophic scar"
                verification: CODE_VERIFICATION_OFFICIAL
              })"))
          .Condition("hypertrophic_scar",
                     absl::StrCat(R"(
              codes {
                coding { system: ")",
                                  kIcd, R"(" code: "L91.0" }
                display: "Hypertrophic scar"
                verification: CODE_VERIFICATION_OFFICIAL
              })"))
          .Condition("pregnancy", "tense: QUESTION_TENSE_NOW")
          .Condition("bleeding_problem")
          .Quantity("platelet_count", "10*9/L", 3000, R"(
              quantity {
                conversions { unit: "10*3/uL" }
                conversions { unit: "K/uL" }
                conversions { unit: "10*5/uL" numerator: 100 }
                conversions { unit: "/uL" denominator: 1000 }
              })")
          .Quantity("hba1c", "%", 25, R"(
              quantity {
                conversions {
                  unit: "mmol/mol" numerator: 0.09148 offset: 2.152
                }
              })")
          .Quantity("skin_type", "1", 6,
                    "quantity { minimum: 1 whole_numbers: true }")
          .ImpliesAtLeast("bleeding_problem", v1::FINDING_STATUS_NEVER,
                          "platelet_count", 150)
          .Build());
  return **catalog;
}

Violations Read(const v1::Patient& patient, const std::string& as_of = kAsOf,
                const Environment& environment = EnvironmentOn()) {
  Violations violations;
  ReadPatient(Catalog(), environment, patient, ParseWholeDate(as_of).value(),
              &violations);
  return violations;
}

// Every text and number in a message, as written.
void CollectValues(const google::protobuf::Message& message,
                   std::set<std::string>* values) {
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  reflection.ListFields(message, &fields);
  for (const auto* field : fields) {
    const int count =
        field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const int index = field->is_repeated() ? i : -1;
      if (field->message_type() != nullptr) {
        CollectValues(field->is_repeated()
                          ? reflection.GetRepeatedMessage(message, field, i)
                          : reflection.GetMessage(message, field),
                      values);
        continue;
      }
      std::string value;
      google::protobuf::TextFormat::PrintFieldValueToString(message, field,
                                                            index, &value);
      if (field->type() == google::protobuf::FieldDescriptor::TYPE_STRING) {
        value = value.substr(1, value.size() - 2);
      }
      values->insert(value);
    }
  }
}

// Ids, units, and what else a message may name without telling of a patient.
bool IsWordOfTheCatalogue(const std::string& value) {
  return Catalog().concept_index.contains(value) ||
         Catalog().area_index.contains(value) || value == "a" ||
         value == "10*9/L" || value == "true" ||
         v1::FindingStatus_descriptor()->FindValueByName(value) != nullptr;
}

struct FaultCase : TestCase {
  v1::Patient patient;
  std::vector<std::string> violations;
  std::string as_of = kAsOf;
};

class FaultyPatient : public ::testing::TestWithParam<FaultCase> {};

TEST_P(FaultyPatient, IsReportedWithThePathAndWhatToDo) {
  EXPECT_THAT(Lines(Read(GetParam().patient, GetParam().as_of)),
              ElementsAreArray(GetParam().violations));
}

TEST_P(FaultyPatient, IsReportedWithoutThePatientsValue) {
  std::set<std::string> values;
  CollectValues(GetParam().patient, &values);
  for (const FieldViolation& v : Read(GetParam().patient, GetParam().as_of)) {
    for (const std::string& value : values) {
      if (value.empty() || IsWordOfTheCatalogue(value)) continue;
      EXPECT_THAT(v.description, ::testing::Not(HasSubstr(value)));
    }
  }
}

// A finding among others that have nothing wrong with them.
v1::Patient WithOne(const v1::Finding& finding) {
  return PatientWith({Never("keloid"), finding, Absent("pregnancy")});
}

v1::Finding Coded(const std::string& system, const std::string& code) {
  v1::Finding finding;
  finding.mutable_coding()->set_system(system);
  finding.mutable_coding()->set_code(code);
  finding.set_status(v1::FINDING_STATUS_PRESENT);
  return finding;
}

INSTANTIATE_TEST_SUITE_P(
    Subject, FaultyPatient,
    ::testing::Values(
        FaultCase{{"UnknownConcept"},
                  WithOne(Present("exzema")),
                  {"patient.findings[1].concept: is not a concept of the "
                   "catalogue; did you mean `eczema`?"}},
        FaultCase{{"UnknownConceptNearASynonym"},
                  WithOne(Present("dermatitis")),
                  {"patient.findings[1].concept: is not a concept of the "
                   "catalogue; did you mean `eczema`?"}},
        FaultCase{{"UnknownConceptNearNothing"},
                  WithOne(Present("qqqqqqqq")),
                  {"patient.findings[1].concept: is not a concept of the "
                   "catalogue"}},
        FaultCase{{"AgeAsAFinding"},
                  WithOne(Measured("age", 34, "a")),
                  {"patient.findings[1].concept: the age is stated in "
                   "`patient.age_years` or `patient.birth_date`"}},
        FaultCase{
            {"NoSubject"},
            WithOne(FromText<v1::Finding>("status: FINDING_STATUS_PRESENT")),
            {"patient.findings[1]: says nothing of what it is about; "
             "set `concept` or `coding`"}},
        FaultCase{{"CodeWithoutSystem"},
                  WithOne(Coded("", "Z99.9")),
                  {"patient.findings[1].coding: needs a system and a code of "
                   "at most 64 bytes"}},
        FaultCase{{"SystemWithoutCode"},
                  WithOne(Coded(kIcd, "")),
                  {"patient.findings[1].coding: needs a system and a code of "
                   "at most 64 bytes"}},
        FaultCase{{"CodeTooLong"},
                  WithOne(Coded(kIcd, std::string(65, 'Z'))),
                  {"patient.findings[1].coding: needs a system and a code of "
                   "at most 64 bytes"}},
        FaultCase{{"SystemTooLong"},
                  WithOne(Coded(std::string(257, 'h'), "Z99.9")),
                  {"patient.findings[1].coding: needs a system and a code of "
                   "at most 64 bytes"}}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    StatusAndPlace, FaultyPatient,
    ::testing::Values(
        FaultCase{{"NoStatus"},
                  WithOne(FromText<v1::Finding>("concept: 'eczema'")),
                  {"patient.findings[1].status: is required; PRESENT, PAST, "
                   "ABSENT, NEVER or UNKNOWN"}},
        FaultCase{{"StatusThatIsNone"},
                  WithOne(FromText<v1::Finding>("concept: 'eczema' status: "
                                                "77")),
                  {"patient.findings[1].status: is not a status"}},
        FaultCase{{"SourceThatIsNone"},
                  WithOne(Present("eczema", "source: 77")),
                  {"patient.findings[1].source: is not a source"}},
        FaultCase{{"UnknownArea"},
                  WithOne(Present("eczema", "areas: 'neck' areas: 'chekes'")),
                  {"patient.findings[1].areas[1]: is not an area of the "
                   "catalogue; did you mean `cheeks`?"}},
        FaultCase{{"NoAreasThatAreAll"},
                  WithOne(Present("eczema", "areas_complete: true")),
                  {"patient.findings[1].areas_complete: says that `areas` are "
                   "all, and there are none; name them"}},
        FaultCase{
            {"AbsentInAllAreas"},
            WithOne(Absent("eczema", "areas: 'neck' areas_complete: true")),
            {"patient.findings[1].areas_complete: goes with PRESENT or "
             "PAST only"}}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Dates, FaultyPatient,
    ::testing::Values(
        FaultCase{{"MalformedOnset"},
                  WithOne(Present("eczema", "onset: 'in spring'")),
                  {"patient.findings[1].onset: is not a date that exists; "
                   "write YYYY, YYYY-MM or YYYY-MM-DD"}},
        FaultCase{{"ImpossibleLast"},
                  WithOne(Past("eczema", "last: '2026-02-30'")),
                  {"patient.findings[1].last: is not a date that exists; "
                   "write YYYY, YYYY-MM or YYYY-MM-DD"}},
        FaultCase{{"ImpossibleRecorded"},
                  WithOne(Past("eczema", "recorded: '2026-13'")),
                  {"patient.findings[1].recorded: is not a date that exists; "
                   "write YYYY, YYYY-MM or YYYY-MM-DD"}},
        FaultCase{{"OnsetTomorrow"},
                  WithOne(Present("eczema", "onset: '2026-11-21'")),
                  {"patient.findings[1].onset: lies after today"}},
        FaultCase{{"LastNextMonth"},
                  WithOne(Past("eczema", "last: '2026-12'")),
                  {"patient.findings[1].last: lies after today"}},
        FaultCase{{"RecordedNextYear"},
                  WithOne(Past("eczema", "recorded: '2027'")),
                  {"patient.findings[1].recorded: lies after today"}},
        FaultCase{{"LastTomorrowThoughTheTreatmentIsLater"},
                  WithOne(Past("eczema", "last: '2026-11-21'")),
                  {"patient.findings[1].last: lies after today"},
                  "2027-01-15"},
        FaultCase{{"OnsetAfterLast"},
                  WithOne(Past("eczema", "onset: '2026-05' last: '2026-04'")),
                  {"patient.findings[1].onset: lies after `last`"}},
        FaultCase{{"LastOfNever"},
                  WithOne(Never("eczema", "last: '2025'")),
                  {"patient.findings[1].last: does not go with NEVER or "
                   "UNKNOWN; use PAST"}},
        FaultCase{{"OnsetOfNever"},
                  WithOne(Never("eczema", "onset: '2025'")),
                  {"patient.findings[1].onset: does not go with NEVER or "
                   "UNKNOWN; use PRESENT or PAST"}},
        FaultCase{{"LastAndOnsetOfUnknown"},
                  WithOne(NotKnown("eczema", "onset: '2024' last: '2025'")),
                  {"patient.findings[1].last: does not go with NEVER or "
                   "UNKNOWN; use PAST",
                   "patient.findings[1].onset: does not go with NEVER or "
                   "UNKNOWN; use PRESENT or PAST"}}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Quantities, FaultyPatient,
    ::testing::Values(
        FaultCase{{"PlateletsWithoutAUnit"},
                  WithOne(Measured("platelet_count", 105, "")),
                  {"patient.findings[1].quantity.unit: is required and is "
                   "never guessed; give the value in `10*9/L`, `10*3/uL`, "
                   "`K/uL`, `10*5/uL`, `/uL` (UCUM)"}},
        FaultCase{{"UnitThatDoesNotConvert"},
                  WithOne(Measured("platelet_count", 105, "g/dL")),
                  {"patient.findings[1].quantity.unit: does not convert; give "
                   "the value in `10*9/L`, `10*3/uL`, `K/uL`, `10*5/uL`, "
                   "`/uL` (UCUM)"}},
        FaultCase{{"UnitInAnotherCase"},
                  WithOne(Measured("platelet_count", 105, "k/ul")),
                  {"patient.findings[1].quantity.unit: does not convert; give "
                   "the value in `10*9/L`, `10*3/uL`, `K/uL`, `10*5/uL`, "
                   "`/uL` (UCUM)"}},
        FaultCase{{"ValueTooGreat"},
                  WithOne(Measured("platelet_count", 7777, "10*9/L")),
                  {"patient.findings[1].quantity.value: is not possible; "
                   "expected from 0 to 3000 10*9/L"}},
        FaultCase{{"ValueTooGreatOnceConverted"},
                  WithOne(Measured("platelet_count", 105, "10*5/uL")),
                  {"patient.findings[1].quantity.value: is not possible; "
                   "expected from 0 to 3000 10*9/L"}},
        FaultCase{{"NegativeValue"},
                  WithOne(Measured("platelet_count", -4, "10*9/L")),
                  {"patient.findings[1].quantity.value: is not possible; "
                   "expected from 0 to 3000 10*9/L"}},
        FaultCase{{"NotANumber"},
                  WithOne(Measured("platelet_count",
                                   std::numeric_limits<double>::quiet_NaN(),
                                   "10*9/L")),
                  {"patient.findings[1].quantity.value: is not a number"}},
        FaultCase{{"Infinite"},
                  WithOne(Measured("platelet_count",
                                   std::numeric_limits<double>::infinity(),
                                   "10*9/L")),
                  {"patient.findings[1].quantity.value: is not a number"}},
        FaultCase{{"HalfASkinType"},
                  WithOne(Measured("skin_type", 2.5, "1")),
                  {"patient.findings[1].quantity.value: must be a whole "
                   "number"}},
        FaultCase{{"StatusWithAValue"},
                  WithOne(FromText<v1::Finding>(
                      "concept: 'skin_type' status: FINDING_STATUS_PRESENT "
                      "quantity { value: 2 }")),
                  {"patient.findings[1].status: does not go with `quantity`; "
                   "leave it unset"}},
        FaultCase{{"AbsentQuantity"},
                  WithOne(Absent("platelet_count")),
                  {"patient.findings[1].status: a quantity has a value or is "
                   "UNKNOWN; set `quantity`"}},
        FaultCase{{"NeverAQuantity"},
                  WithOne(Never("platelet_count")),
                  {"patient.findings[1].status: a quantity has a value or is "
                   "UNKNOWN; set `quantity`"}},
        FaultCase{{"ValueOfACondition"},
                  WithOne(Measured("eczema", 7, "10*9/L")),
                  {"patient.findings[1].quantity: the concept has a status "
                   "and no value"}}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Age, FaultyPatient,
    ::testing::Values(
        FaultCase{{"Negative"},
                  PatientWith({}, "age_years: -3"),
                  {"patient.age_years: must be from 0 to 130 years"}},
        FaultCase{{"TooGreat"},
                  PatientWith({}, "age_years: 131"),
                  {"patient.age_years: must be from 0 to 130 years"}},
        FaultCase{{"MalformedBirthDate"},
                  PatientWith({}, "birth_date: '17/05/1992'"),
                  {"patient.birth_date: is not a date that exists; write "
                   "YYYY, YYYY-MM or YYYY-MM-DD"}},
        FaultCase{{"ImpossibleBirthDate"},
                  PatientWith({}, "birth_date: '1991-02-29'"),
                  {"patient.birth_date: is not a date that exists; write "
                   "YYYY, YYYY-MM or YYYY-MM-DD"}},
        FaultCase{{"BornTomorrow"},
                  PatientWith({}, "birth_date: '2026-11-21'"),
                  {"patient.birth_date: lies after today"}},
        FaultCase{{"BornAfterTheDayOfTheDecision"},
                  PatientWith({}, "birth_date: '2026-10'"),
                  {"patient.birth_date: lies after the day of the decision"},
                  "2026-09-01"},
        FaultCase{{"BornTooLongAgo"},
                  PatientWith({}, "birth_date: '1890'"),
                  {"patient.birth_date: gives an age above 130 years"}},
        FaultCase{{"AgeAndBirthDateDisagree"},
                  PatientWith({}, "age_years: 35 birth_date: '1992-05-17'"),
                  {"patient.age_years: disagrees with `patient.birth_date` on "
                   "the day of the decision; correct one or leave one out"}},
        FaultCase{{"AgeAndYearOfBirthDisagree"},
                  PatientWith({}, "age_years: 32 birth_date: '1992'"),
                  {"patient.age_years: disagrees with `patient.birth_date` on "
                   "the day of the decision; correct one or leave one out"}}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    SectionsAndReference, FaultyPatient,
    ::testing::Values(
        FaultCase{{"UnknownSection"},
                  PatientWith({}, "closed_sections { section: 'histori' }"),
                  {"patient.closed_sections[0].section: is not a section of "
                   "the catalogue; did you mean `history`?"}},
        FaultCase{{"NoSection"},
                  PatientWith({}, "closed_sections {}"),
                  {"patient.closed_sections[0].section: is not a section of "
                   "the catalogue"}},
        FaultCase{{"SectionFromNoSource"},
                  PatientWith({},
                              "closed_sections { section: 'skin' "
                              "source: 77 }"),
                  {"patient.closed_sections[0].source: is not a source"}},
        FaultCase{{"SectionRecordedTomorrow"},
                  PatientWith({},
                              "closed_sections { section: 'skin' "
                              "recorded: '2026-11-21' }"),
                  {"patient.closed_sections[0].recorded: lies after today"}},
        FaultCase{{"SectionRecordedOnNoDay"},
                  PatientWith({},
                              "closed_sections { section: 'skin' "
                              "recorded: 'yesterday' }"),
                  {"patient.closed_sections[0].recorded: is not a date that "
                   "exists; write YYYY, YYYY-MM or YYYY-MM-DD"}},
        FaultCase{{"ReferenceTooLong"},
                  PatientWith({}, absl::StrCat("patient_reference: '",
                                               std::string(257, 'r'), "'")),
                  {"patient.patient_reference: is longer than 256 bytes"}}),
    CaseName());

TEST(PatientIntake, ReportsEveryFaultOfARequestAtOnce) {
  const v1::Patient patient =
      PatientWith({Present("exzema",
                           "areas: 'chin' onset: 'x' last: '2027' source: 9 "
                           "recorded: '2026-02-30'"),
                   Measured("platelet_count", 105, ""),
                   FromText<v1::Finding>("areas_complete: true")},
                  "age_years: -1 birth_date: '1850-13' "
                  "closed_sections { section: 'skn' source: 9 recorded: '0' }");
  EXPECT_THAT(
      Lines(Read(patient)),
      ElementsAre(
          "patient.age_years: must be from 0 to 130 years",
          "patient.birth_date: is not a date that exists; write YYYY, YYYY-MM "
          "or YYYY-MM-DD",
          "patient.findings[0].source: is not a source",
          "patient.findings[0].concept: is not a concept of the catalogue; "
          "did you mean `eczema`?",
          "patient.findings[0].onset: is not a date that exists; write YYYY, "
          "YYYY-MM or YYYY-MM-DD",
          "patient.findings[0].last: lies after today",
          "patient.findings[0].recorded: is not a date that exists; write "
          "YYYY, YYYY-MM or YYYY-MM-DD",
          "patient.findings[0].areas[0]: is not an area of the catalogue",
          "patient.findings[1].quantity.unit: is required and is never "
          "guessed; give the value in `10*9/L`, `10*3/uL`, `K/uL`, "
          "`10*5/uL`, `/uL` (UCUM)",
          "patient.findings[2]: says nothing of what it is about; set "
          "`concept` or `coding`",
          "patient.findings[2].areas_complete: says that `areas` are all, and "
          "there are none; name them",
          "patient.findings[2].areas_complete: goes with PRESENT or PAST only",
          "patient.findings[2].status: is required; PRESENT, PAST, ABSENT, "
          "NEVER or UNKNOWN",
          "patient.closed_sections[0].section: is not a section of the "
          "catalogue; did you mean `skin`?",
          "patient.closed_sections[0].source: is not a source",
          "patient.closed_sections[0].recorded: is not a date that exists; "
          "write YYYY, YYYY-MM or YYYY-MM-DD"));
}

TEST(PatientIntake, RefusesMoreFindingsThanAllowedBesideOtherFaults) {
  Environment environment = EnvironmentOn();
  environment.max_findings = 2;
  const v1::Patient patient = PatientWith(
      {Never("keloid"), Never("eczema"), Present("exzema")}, "age_years: -1");
  EXPECT_THAT(Lines(Read(patient, kAsOf, environment)),
              ElementsAre("patient.findings: holds more than 2 findings; send "
                          "fewer",
                          "patient.age_years: must be from 0 to 130 years"));
}

TEST(PatientIntake, TakesAsManyFindingsAsAllowed) {
  Environment environment = EnvironmentOn();
  environment.max_findings = 2;
  EXPECT_THAT(
      Read(PatientWith({Never("keloid"), Never("eczema")}), kAsOf, environment),
      IsEmpty());
}

TEST(PatientIntake, ReportsFaultsOfSiteFactsUnderAPathOfTheirOwn) {
  const std::vector<v1::Finding> site = {Never("keloid"), Present("exzema")};
  Environment environment = EnvironmentOn();
  environment.site_findings = &site;
  EXPECT_THAT(Lines(Read(PatientWith({}), kAsOf, environment)),
              ElementsAre("site_findings[1].concept: is not a concept of the "
                          "catalogue; did you mean `eczema`?"));
}

struct AsOfCase : TestCase {
  const char* as_of;
};

class FaultyAsOf : public ::testing::TestWithParam<AsOfCase> {};

TEST_P(FaultyAsOf, IsRefused) {
  Violations violations;
  ReadAsOf(GetParam().as_of, 0, &violations);
  EXPECT_THAT(Lines(violations),
              ElementsAre("as_of: is not a date that exists; write "
                          "YYYY-MM-DD"));
}

INSTANTIATE_TEST_SUITE_P(Dates, FaultyAsOf,
                         ::testing::Values(AsOfCase{{"AWord"}, "tomorrow"},
                                           AsOfCase{{"AYear"}, "2026"},
                                           AsOfCase{{"AMonth"}, "2026-11"},
                                           AsOfCase{{"AnImpossibleDay"},
                                                    "2026-02-29"}),
                         CaseName());

TEST(AsOf, IsTodayWhereLeftOut) {
  Violations violations;
  EXPECT_EQ(ReadAsOf("", 20000, &violations), 20000);
  EXPECT_THAT(violations, IsEmpty());
}

TEST(AsOf, MayLieInTheFuture) {
  Violations violations;
  const Day today = ParseWholeDate("2026-11-20").value();
  EXPECT_EQ(ReadAsOf("2027-02-01", today, &violations),
            ParseWholeDate("2027-02-01"));
  EXPECT_THAT(violations, IsEmpty());
}

struct UnitCase : TestCase {
  double value;
  const char* unit;
  double read;
};

class PlateletCount : public ::testing::TestWithParam<UnitCase> {};

TEST_P(PlateletCount, IsTheSameInWhateverUnit) {
  const v1::Patient patient = PatientWith(
      {Measured("platelet_count", GetParam().value, GetParam().unit)});
  const PatientIntake intake = MustRead(Catalog(), patient);
  ASSERT_THAT(intake.statements, SizeIs(1));
  // Exactly: two values that differ in the last bit would contradict.
  EXPECT_EQ(intake.statements[0].value, GetParam().read);
}

INSTANTIATE_TEST_SUITE_P(
    Units, PlateletCount,
    ::testing::Values(
        UnitCase{{"BillionsPerLitre"}, 105, "10*9/L", 105},
        UnitCase{{"ThousandsPerMicrolitre"}, 105, "10*3/uL", 105},
        UnitCase{{"ThousandsPerMicrolitreInShort"}, 105, "K/uL", 105},
        UnitCase{{"LakhsPerMicrolitre"}, 1.05, "10*5/uL", 105},
        UnitCase{{"PerMicrolitre"}, 105000, "/uL", 105},
        UnitCase{{"LakhsThatBinaryFractionsMiss"}, 1.15, "10*5/uL", 115},
        UnitCase{{"OtherLakhsThatBinaryFractionsMiss"}, 0.57, "10*5/uL", 57},
        UnitCase{{"LakhsAtALimit"}, 0.5, "10*5/uL", 50},
        UnitCase{{"PerMicrolitreAtALimit"}, 150000, "/uL", 150}),
    CaseName());

TEST(PatientIntake, ConvertsWithAnOffset) {
  const v1::Patient patient = PatientWith({Measured("hba1c", 48, "mmol/mol")});
  EXPECT_NEAR(MustRead(Catalog(), patient).statements[0].value, 6.543, 0.001);
}

TEST(PatientIntake, NeedsNoUnitWhereTheConceptsOwnIsOne) {
  const v1::Patient patient = PatientWith(
      {Measured("skin_type", 4, ""), Measured("skin_type", 4, "1")});
  const PatientIntake intake = MustRead(Catalog(), patient);
  ASSERT_THAT(intake.statements, SizeIs(2));
  EXPECT_EQ(intake.statements[0].value, 4);
  EXPECT_EQ(intake.statements[1].value, 4);
}

TEST(PatientIntake, TakesAQuantityThatIsNotKnown) {
  const v1::Patient patient = PatientWith({NotKnown("platelet_count")});
  const PatientIntake intake = MustRead(Catalog(), patient);
  ASSERT_THAT(intake.statements, SizeIs(1));
  EXPECT_EQ(intake.statements[0].status, v1::FINDING_STATUS_UNKNOWN);
}

TEST(PatientIntake, ReadsAbsentWithADateAsPast) {
  const v1::Patient patient =
      PatientWith({Absent("eczema", "last: '2025-03'"), Absent("eczema")});
  const PatientIntake intake = MustRead(Catalog(), patient);
  ASSERT_THAT(intake.statements, SizeIs(2));
  EXPECT_EQ(intake.statements[0].status, v1::FINDING_STATUS_PAST);
  EXPECT_EQ(intake.statements[1].status, v1::FINDING_STATUS_ABSENT);
}

TEST(PatientIntake, TakesAgeAndBirthDateThatAgree) {
  const v1::Patient patient =
      PatientWith({}, "age_years: 33 birth_date: '1992'");
  const PatientIntake intake = MustRead(Catalog(), patient);
  EXPECT_EQ(intake.age_years, 33);
  EXPECT_TRUE(intake.birth.has_value());
}

struct RecordedCase : TestCase {
  const char* recorded;
  const char* as_of;
  const char* first;
  const char* last;
};

class RecordedDate : public ::testing::TestWithParam<RecordedCase> {};

TEST_P(RecordedDate, IsTheRequestsWhereLeftOutAndNeverAfterToday) {
  const RecordedCase& c = GetParam();
  const v1::Patient patient = PatientWith(
      {Absent("eczema", absl::StrCat("recorded: '", c.recorded, "'"))});
  const PatientIntake intake = MustRead(Catalog(), patient, c.as_of);
  ASSERT_THAT(intake.statements, SizeIs(1));
  EXPECT_EQ(FormatDay(intake.statements[0].recorded.first), c.first);
  EXPECT_EQ(FormatDay(intake.statements[0].recorded.last), c.last);
}

INSTANTIATE_TEST_SUITE_P(
    Dates, RecordedDate,
    ::testing::Values(
        RecordedCase{
            {"Stated"}, "2026-05-17", kAsOf, "2026-05-17", "2026-05-17"},
        RecordedCase{{"LeftOut"}, "", kAsOf, "2026-11-20", "2026-11-20"},
        RecordedCase{{"LeftOutForALaterAppointment"},
                     "",
                     "2027-02-01",
                     "2026-11-20",
                     "2026-11-20"},
        RecordedCase{{"LeftOutForAnEarlierDay"},
                     "",
                     "2026-10-01",
                     "2026-10-01",
                     "2026-10-01"},
        RecordedCase{{"ThisYear"}, "2026", kAsOf, "2026-01-01", "2026-11-20"}),
    CaseName());

struct CodeCase : TestCase {
  const char* system;
  const char* code;
  std::vector<std::string> concepts;
};

class Code : public ::testing::TestWithParam<CodeCase> {};

TEST_P(Code, StandsForItsConceptsAndIsReportedWhereItStandsForNone) {
  const v1::Patient patient = PatientWith(
      {Never("pregnancy"), Coded(GetParam().system, GetParam().code)});
  const PatientIntake intake = MustRead(Catalog(), patient);
  std::vector<std::string> concepts;
  for (size_t i = 1; i < intake.statements.size(); ++i) {
    concepts.push_back(
        Catalog().concepts[intake.statements[i].concept_index].id);
    EXPECT_EQ(intake.statements[i].finding, 1);
  }
  EXPECT_EQ(concepts, GetParam().concepts);
  if (!GetParam().concepts.empty()) {
    EXPECT_THAT(intake.notices, IsEmpty());
    return;
  }
  ASSERT_THAT(intake.notices, SizeIs(1));
  const v1::Notice& notice = intake.notices[0];
  EXPECT_EQ(notice.kind(), v1::NOTICE_KIND_CODE_NOT_MAPPED);
  EXPECT_THAT(notice.findings(), ElementsAre(1));
  EXPECT_EQ(notice.coding().system(), GetParam().system);
  EXPECT_EQ(notice.coding().code(), GetParam().code);
}

INSTANTIATE_TEST_SUITE_P(
    Codes, Code,
    ::testing::Values(
        CodeCase{{"ThePrefixItself"}, kIcd, "L20", {"eczema"}},
        CodeCase{{"UnderAPrefix"}, kIcd, "L20.9", {"eczema"}},
        CodeCase{{"UnderAnExceptedPrefix"}, kIcd, "L20.81", {}},
        CodeCase{
            {"ForTwoConcepts"}, kIcd, "L91.0", {"hypertrophic_scar", "keloid"}},
        CodeCase{{"UnderACodeThatIsNoPrefix"}, kIcd, "L91.01", {}},
        CodeCase{{"OfAnotherSystem"}, "http://snomed.info/sct", "L20", {}},
        CodeCase{{"NotVerified"}, kIcd, "L71", {}},
        CodeCase{{"Unheard"}, kIcd, "Z99.9", {}}),
    CaseName());

// What closing a section assumes: `concept STATUS`, for closed statements.
std::vector<std::string> AssumedBy(const v1::Patient& patient) {
  std::vector<std::string> assumed;
  const PatientIntake intake = MustRead(Catalog(), patient);
  for (size_t c = 0; c < Catalog().concepts.size(); ++c) {
    for (const Statement& s :
         StatementsAbout(Catalog(), intake, static_cast<int>(c))) {
      if (s.closed_section < 0) continue;
      EXPECT_EQ(s.finding, -1);
      assumed.push_back(absl::StrCat(Catalog().concepts[s.concept_index].id,
                                     " ",
                                     v1::FindingStatus_Name(s.status).substr(
                                         sizeof("FINDING_STATUS_") - 1)));
    }
  }
  return assumed;
}

TEST(ClosedSection, MeansNeverForAnEverQuestionAndAbsentForANowQuestion) {
  EXPECT_THAT(AssumedBy(PatientWith({}, "closed_sections { section: 'skin' }")),
              ElementsAre("eczema NEVER", "rosacea ABSENT"));
}

TEST(ClosedSection, NeverGivesAQuantityAValue) {
  EXPECT_THAT(
      AssumedBy(PatientWith({}, "closed_sections { section: 'tests' }")),
      IsEmpty());
}

TEST(ClosedSection, CarriesItsSourceAndDate) {
  const v1::Patient patient =
      PatientWith({},
                  "closed_sections { section: 'skin' source: SOURCE_PATIENT "
                  "recorded: '2026-10-01' }");
  const PatientIntake intake = MustRead(Catalog(), patient);
  const std::vector<Statement> denials =
      StatementsAbout(Catalog(), intake, Catalog().concept_index.at("eczema"));
  ASSERT_THAT(denials, SizeIs(1));
  EXPECT_EQ(denials[0].source, v1::SOURCE_PATIENT);
  EXPECT_EQ(FormatDay(denials[0].recorded.first), "2026-10-01");
}

struct MentionCase : TestCase {
  v1::Finding finding;
};

class MentionedConcept : public ::testing::TestWithParam<MentionCase> {};

TEST_P(MentionedConcept, IsNotAssumedByClosingItsSection) {
  EXPECT_THAT(AssumedBy(PatientWith({GetParam().finding},
                                    "closed_sections { section: 'skin' }")),
              ElementsAre("rosacea ABSENT"));
}

INSTANTIATE_TEST_SUITE_P(
    Mentions, MentionedConcept,
    ::testing::Values(MentionCase{{"Present"}, Present("eczema")},
                      MentionCase{{"AbsentInOnePlace"},
                                  Absent("eczema", "areas: 'neck'")},
                      MentionCase{{"Unknown"}, NotKnown("eczema")},
                      MentionCase{{"ByACode"}, Coded(kIcd, "L20.9")},
                      MentionCase{{"InTheStatementOfALaterDay"},
                                  Present("eczema", "recorded: '2026-11-20'")}),
    CaseName());

TEST(ClosedSection, DeniesAGateOnlyWhereNothingBelowItIsStated) {
  const std::string history = "closed_sections { section: 'history' }";
  EXPECT_THAT(AssumedBy(PatientWith({}, history)),
              ElementsAre("bleeding_problem NEVER", "hypertrophic_scar NEVER",
                          "keloid NEVER", "pregnancy ABSENT"));
  // A low count is a bleeding problem, whatever the questionnaire left out.
  EXPECT_THAT(
      AssumedBy(PatientWith({Measured("platelet_count", 90, "K/uL")}, history)),
      ElementsAre("hypertrophic_scar NEVER", "keloid NEVER",
                  "pregnancy ABSENT"));
  EXPECT_THAT(AssumedBy(PatientWith({Measured("platelet_count", 150, "K/uL")},
                                    history)),
              ElementsAre("bleeding_problem NEVER", "hypertrophic_scar NEVER",
                          "keloid NEVER", "pregnancy ABSENT"));
}

}  // namespace
}  // namespace needlewise
