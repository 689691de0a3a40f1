#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/fhir/mapped.h"

namespace needlewise {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::string Statement(const std::string& medicine, const std::string& more) {
  return absl::StrCat(
      "{'resourceType':'MedicationStatement','id':'m1','subject':{~},",
      medicine, ",", more, "}");
}

std::string Request(const std::string& medicine, const std::string& more) {
  return absl::StrCat(
      "{'resourceType':'MedicationRequest','id':'r1','subject':{~},", medicine,
      ",", more, "}");
}

std::string Given(const std::string& medicine, const std::string& more) {
  return absl::StrCat(
      "{'resourceType':'MedicationAdministration','id':'a1','subject':{~},",
      medicine, ",", more, "}");
}

std::string Isotretinoin() {
  return Coded("medicationCodeableConcept", kAtcSystem, "D10BA01");
}
std::string Warfarin() {
  return Coded("medicationCodeableConcept", kRx, "11289");
}

struct MedicineCase {
  const char* name;
  std::string resource;
  std::vector<std::string> findings;
  const char* not_used;
};

class MedicineStatusTest : public ::testing::TestWithParam<MedicineCase> {};

TEST_P(MedicineStatusTest, IsWhatTheResourceSaysAndNoMore) {
  const Mapped mapped = MapResource(GetParam().resource);
  EXPECT_THAT(mapped.violations, IsEmpty());
  EXPECT_EQ(mapped.findings, GetParam().findings);
  if (*GetParam().not_used == '\0') {
    EXPECT_THAT(mapped.not_used, IsEmpty());
  } else {
    EXPECT_THAT(mapped.not_used, ElementsAre(HasSubstr(GetParam().not_used)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Medicines, MedicineStatusTest,
    ::testing::Values(
        MedicineCase{"Taken",
                     Statement(Isotretinoin(),
                               "'status':'active','effectivePeriod':{'start':"
                               "'2026-01'},'dateAsserted':'2026-05-01'"),
                     {"isotretinoin_oral PRESENT since 2026-01 on 2026-05-01"},
                     ""},
        MedicineCase{"TakenUntilAPlannedDay",
                     Statement(Isotretinoin(),
                               "'status':'active','effectivePeriod':{'start':"
                               "'2026-01','end':'2036-01'}"),
                     {"isotretinoin_oral PRESENT since 2026-01"},
                     ""},
        MedicineCase{"StoppedWithADay",
                     Statement(Isotretinoin(),
                               "'status':'stopped','effectivePeriod':{'start':"
                               "'2025','end':'2026-02-03'}"),
                     {"isotretinoin_oral PAST since 2025 last 2026-02-03"},
                     ""},
        // D11: without the day the wash-out is not known.
        MedicineCase{"StoppedWithoutADay",
                     Statement(Isotretinoin(), "'status':'stopped'"),
                     {"isotretinoin_oral PAST"},
                     ""},
        MedicineCase{"CompletedWithoutADay",
                     Statement(Isotretinoin(), "'status':'completed'"),
                     {"isotretinoin_oral PAST"},
                     ""},
        MedicineCase{"CompletedWithADayOnWhichItWasTaken",
                     Statement(Isotretinoin(),
                               "'status':'completed',"
                               "'effectiveDateTime':'2024-01-01'"),
                     {"isotretinoin_oral PAST"},
                     "MedicationStatement.effectiveDateTime TIME_NOT_MAPPED"},
        MedicineCase{"NotTaken",
                     Statement(Warfarin(), "'status':'not-taken'"),
                     {},
                     "MedicationStatement.status NARROWER_DENIAL"},
        MedicineCase{"Intended",
                     Statement(Warfarin(), "'status':'intended'"),
                     {},
                     "MedicationStatement.status NOT_CERTAIN"},
        MedicineCase{"StatementInError",
                     Statement(Warfarin(), "'status':'entered-in-error'"),
                     {},
                     "MedicationStatement.status VOID"},
        MedicineCase{"SaidByThePatient",
                     Statement(Isotretinoin(),
                               "'status':'active','informationSource':{~}"),
                     {"isotretinoin_oral PRESENT by PATIENT"},
                     ""},
        MedicineCase{"Prescribed",
                     Request(Isotretinoin(),
                             "'status':'active','intent':'order',"
                             "'authoredOn':'2026-03-01T08:00:00Z'"),
                     {"isotretinoin_oral PRESENT on 2026-03-01"},
                     ""},
        MedicineCase{"PrescriptionCompleted",
                     Request(Isotretinoin(),
                             "'status':'completed','intent':'order',"
                             "'authoredOn':'2024-03-01'"),
                     {"isotretinoin_oral PAST on 2024-03-01"},
                     ""},
        MedicineCase{
            "PrescriptionProposed",
            Request(Isotretinoin(), "'status':'active','intent':'proposal'"),
            {},
            "MedicationRequest.intent NOT_CERTAIN"},
        MedicineCase{
            "PrescriptionCancelled",
            Request(Isotretinoin(), "'status':'cancelled','intent':'order'"),
            {},
            "MedicationRequest.status VOID"},
        MedicineCase{"NotToBeGiven",
                     Request(Isotretinoin(),
                             "'status':'active','intent':'order',"
                             "'doNotPerform':true"),
                     {},
                     "MedicationRequest.doNotPerform VOID"},
        MedicineCase{"BeingGiven",
                     Given(Isotretinoin(), "'status':'in-progress'"),
                     {"isotretinoin_oral PRESENT"},
                     ""},
        // A dose on a day leaves open what is so now.
        MedicineCase{"GivenOnADay",
                     Given(Isotretinoin(),
                           "'status':'completed',"
                           "'effectiveDateTime':'2026-06-01'"),
                     {"isotretinoin_oral UNKNOWN on 2026-06-01"},
                     "NOT_CERTAIN"},
        MedicineCase{"NotGiven",
                     Given(Isotretinoin(), "'status':'not-done'"),
                     {},
                     "MedicationAdministration.status VOID"}),
    [](const auto& info) { return info.param.name; });

TEST(MedicineTest, ADoseAfterTheSaidEndMovesTheEnd) {
  const Mapped mapped = MapRecord(RecordOf(
      {Statement(Isotretinoin(),
                 "'status':'stopped','effectivePeriod':{'end':'2026-01-01'}"),
       Given(Isotretinoin(),
             "'status':'completed','effectiveDateTime':'2026-05-01'")}));
  EXPECT_THAT(
      mapped.findings,
      ElementsAre("isotretinoin_oral PAST last 2026-01-01",
                  "isotretinoin_oral PAST last 2026-05-01 on 2026-05-01"));
}

// D10.
TEST(MedicineRouteTest, TellsIsotretinoinOnTheSkinFromIsotretinoinTaken) {
  const std::string topical =
      "'dosage':[{'route':{'coding':[{'system':'http://snomed.info/sct',"
      "'code':'6064005'}]}}]";
  EXPECT_THAT(MapResource(Statement(Coded("medicationCodeableConcept",
                                          kAtcSystem, "D10AD04"),
                                    "'status':'active'"))
                  .findings,
              ElementsAre("topical_retinoid PRESENT"));
  EXPECT_THAT(
      MapResource(Statement(Coded("medicationCodeableConcept", kRx, "6064"),
                            absl::StrCat("'status':'active',", topical)))
          .findings,
      ElementsAre("topical_retinoid PRESENT"));
  // Without a route the ingredient stands for the stricter of the two.
  EXPECT_THAT(
      MapResource(Statement(Coded("medicationCodeableConcept", kRx, "6064"),
                            "'status':'active'"))
          .findings,
      ElementsAre("isotretinoin_oral PRESENT"));
  EXPECT_THAT(MapResource(Statement(Coded("medicationCodeableConcept",
                                          kAtcSystem, "L01XF01"),
                                    "'status':'active'"))
                  .findings,
              Contains("chemotherapy PRESENT"));
}

TEST(MedicineRouteTest, LeavesOpenWhatAnIngredientOnTheSkinMeans) {
  const Mapped mapped = MapResource(
      Statement(Coded("medicationCodeableConcept", kRx, "3355"),
                "'status':'active','dosage':[{'route':{'text':'Topical'}}]"));
  EXPECT_THAT(mapped.findings, ElementsAre("nsaid UNKNOWN"));
  EXPECT_THAT(mapped.not_used, ElementsAre(HasSubstr("NOT_CERTAIN")));
}

TEST(MedicineReferenceTest, IsFollowed) {
  const std::string medication =
      absl::StrCat("{'resourceType':'Medication','id':'med',",
                   Coded("code", kRx, "11289"), "}");
  const std::vector<std::string> expected = {"anticoagulant PRESENT",
                                             "warfarin PRESENT"};
  EXPECT_EQ(MapRecord(RecordOf({medication,
                                Statement("'medicationReference':{'reference':"
                                          "'Medication/med'}",
                                          "'status':'active'")}))
                .findings,
            expected);
  EXPECT_EQ(
      MapResource(Statement(absl::StrCat("'contained':[", medication,
                                         "],'medicationReference':{'reference':"
                                         "'#med'}"),
                            "'status':'active'"))
          .findings,
      expected);
  const Mapped lost = MapResource(
      Statement("'medicationReference':{'reference':'Medication/none'}",
                "'status':'active'"));
  EXPECT_THAT(lost.findings, IsEmpty());
  EXPECT_THAT(lost.not_used,
              ElementsAre("MedicationStatement/m1 "
                          "MedicationStatement.medicationReference "
                          "REFERENCE_NOT_FOUND"));
}

TEST(MedicineReferenceTest, NamesTheMedicationItWasReadFrom) {
  EXPECT_THAT(
      MapRecord(
          RecordOf({"{'resourceType':'Medication','id':'med','ingredient':[{"
                    "'itemCodeableConcept':{'coding':[{'system':"
                    "'http://www.nlm.nih.gov/research/umls/rxnorm','code':"
                    "'1191'}]}}]}",
                    Statement("'medicationReference':{'reference':"
                              "'Medication/med'}",
                              "'status':'active'")}))
          .origins,
      ElementsAre("MedicationStatement/m1 "
                  "Medication.ingredient[0].itemCodeableConcept.coding[0]"));
}

TEST(MedicineTest, TakesASubstanceForAMedicineAndNotForAnAllergy) {
  EXPECT_THAT(MapResource(Statement(Coded("medicationCodeableConcept", kSct,
                                          "387480006"),
                                    "'status':'active'"))
                  .findings,
              IsEmpty());
}

TEST(MedicineTest, SaysNoneOnlyWhereNoneIsRecorded) {
  const std::string none = Statement(
      Coded("medicationCodeableConcept",
            "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips",
            "no-known-medications"),
      "'status':'active'");
  EXPECT_THAT(MapResource(none).findings, ElementsAre("any_medicine ABSENT"));
  const Mapped both = MapRecord(
      RecordOf({none, Request(Coded("medicationCodeableConcept", kRx, "161"),
                              "'status':'active','intent':'order'")}));
  EXPECT_THAT(both.findings, IsEmpty());
  EXPECT_THAT(both.not_used,
              UnorderedElementsAre(HasSubstr("SAID_TO_BE_PRESENT"),
                                   HasSubstr("CODE_NOT_MAPPED")));
}

TEST(AllergyTest, IsOneOfTheSubstance) {
  const auto allergy = [](const std::string& code, const std::string& more) {
    return absl::StrCat(
        "{'resourceType':'AllergyIntolerance','id':'al','patient':{~},", code,
        more, "}");
  };
  const std::string lidocaine = Coded("code", kSct, "387480006");
  EXPECT_THAT(MapResource(allergy(lidocaine, "")).findings,
              ElementsAre("local_anaesthetic_allergy PRESENT"));
  EXPECT_THAT(
      MapResource(
          allergy(lidocaine,
                  ",'verificationStatus':{'coding':[{'code':'refuted'}]}"))
          .findings,
      IsEmpty());
  EXPECT_THAT(
      MapResource(
          allergy(lidocaine,
                  ",'verificationStatus':{'coding':[{'code':'unconfirmed'}]}"))
          .findings,
      ElementsAre("local_anaesthetic_allergy UNKNOWN"));
  EXPECT_THAT(
      MapResource(allergy(lidocaine,
                          ",'clinicalStatus':{'coding':[{'code':'resolved'}]}"))
          .findings,
      ElementsAre("local_anaesthetic_allergy PAST"));
  // An allergy to a medicine is not the medicine.
  EXPECT_THAT(MapResource(allergy(Coded("code", kRx, "11289"), "")).findings,
              IsEmpty());
  const std::string none =
      allergy(Coded("code", kSct, "716186003"), ",'recordedDate':'2026'");
  EXPECT_THAT(MapResource(none).findings,
              ElementsAre("any_allergy ABSENT on 2026"));
  EXPECT_THAT(MapRecord(RecordOf({none, allergy(lidocaine, "")})).findings,
              ElementsAre("local_anaesthetic_allergy PRESENT"));
  EXPECT_THAT(
      MapRecord(RecordOf({none, allergy(Coded("code", kRx, "7980"), "")}))
          .findings,
      IsEmpty());
}

}  // namespace
}  // namespace needlewise
