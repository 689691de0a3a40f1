#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/fhir/mapped.h"

namespace needlewise {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

struct StatusCase {
  const char* name;
  const char* members;
  std::vector<std::string> findings;
  // A part of the one line of what was not used; empty: everything was.
  const char* not_used;
};

class ConditionStatusTest : public ::testing::TestWithParam<StatusCase> {};

TEST_P(ConditionStatusTest, IsWhatTheResourceSaysAndNoMore) {
  const Mapped mapped =
      MapResource(ConditionOf(kSct, "33659008", GetParam().members));
  EXPECT_THAT(mapped.violations, IsEmpty());
  EXPECT_EQ(mapped.findings, GetParam().findings);
  if (*GetParam().not_used == '\0') {
    EXPECT_THAT(mapped.not_used, IsEmpty());
  } else {
    EXPECT_THAT(mapped.not_used, ElementsAre(HasSubstr(GetParam().not_used)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Conditions, ConditionStatusTest,
    ::testing::Values(
        StatusCase{"Active", kActive, {"keloid PRESENT"}, ""},
        StatusCase{"Recurrence",
                   "'clinicalStatus':{'coding':[{'code':'recurrence'}]}",
                   {"keloid PRESENT"},
                   ""},
        StatusCase{"Remission",
                   "'clinicalStatus':{'coding':[{'code':'remission'}]}",
                   {"keloid PAST"},
                   ""},
        StatusCase{"NoStatus", "", {"keloid PRESENT"}, ""},
        StatusCase{"NoStatusButAnEnd",
                   "'abatementDateTime':'2021-05'",
                   {"keloid PAST last 2021-05"},
                   ""},
        StatusCase{"NoStatusAndAnEndThatIsNoDay",
                   "'abatementString':'in his youth'",
                   {"keloid PAST"},
                   "Condition.abatementString TIME_NOT_MAPPED"},
        StatusCase{"AStatusThatIsNone",
                   "'clinicalStatus':{'coding':[{'code':'better'}]}",
                   {"keloid UNKNOWN"},
                   "Condition.clinicalStatus VALUE_NOT_USABLE"},
        StatusCase{"Dates",
                   "'clinicalStatus':{'coding':[{'code':'resolved'}]},"
                   "'onsetDateTime':'2019','abatementDateTime':"
                   "'2021-05-02T10:00:00+02:00','recordedDate':'2022-01'",
                   {"keloid PAST since 2019 last 2021-05-02 on 2022-01"},
                   ""},
        StatusCase{"Periods",
                   "'clinicalStatus':{'coding':[{'code':'resolved'}]},"
                   "'onsetPeriod':{'start':'2019','end':'2020'},"
                   "'abatementPeriod':{'start':'2021','end':'2022'}",
                   {"keloid PAST since 2019 last 2022"},
                   ""},
        StatusCase{"AnAgeIsNoDay",
                   "'onsetAge':{'value':30,'unit':'a'}",
                   {"keloid PRESENT"},
                   "Condition.onsetAge TIME_NOT_MAPPED"},
        StatusCase{"Unconfirmed",
                   "'verificationStatus':{'coding':[{'code':'unconfirmed'}]}",
                   {"keloid UNKNOWN"},
                   "Condition.verificationStatus NOT_CERTAIN"},
        StatusCase{"Provisional",
                   "'verificationStatus':{'coding':[{'code':'provisional'}]}",
                   {"keloid UNKNOWN"},
                   "Condition.verificationStatus NOT_CERTAIN"},
        StatusCase{"Differential",
                   "'verificationStatus':{'coding':[{'code':'differential'}]}",
                   {"keloid UNKNOWN"},
                   "Condition.verificationStatus NOT_CERTAIN"},
        StatusCase{"Confirmed",
                   "'verificationStatus':{'coding':[{'code':'confirmed'}]}",
                   {"keloid PRESENT"},
                   ""},
        // D14: void is not a no.
        StatusCase{"Refuted",
                   "'verificationStatus':{'coding':[{'code':'refuted'}]}",
                   {},
                   "Condition.verificationStatus VOID"},
        StatusCase{
            "EnteredInError",
            "'verificationStatus':{'coding':[{'code':'entered-in-error'}]}",
            {},
            "Condition.verificationStatus VOID"},
        StatusCase{"SaidByThePatient",
                   "'asserter':{'reference':'Patient/p1'}",
                   {"keloid PRESENT by PATIENT"},
                   ""}),
    [](const auto& info) { return info.param.name; });

TEST(ConditionTest, SaysWhereItCameFrom) {
  const Mapped mapped = MapResource(ConditionOf(kSct, "33659008", kActive));
  EXPECT_THAT(mapped.origins,
              ElementsAre("Condition/c1 Condition.code.coding[0]"));
}

TEST(ConditionTest, ListsACodeThatStandsForNothing) {
  const Mapped mapped = MapResource(ConditionOf(kIcd, "J45.909", kActive));
  EXPECT_THAT(mapped.findings, IsEmpty());
  EXPECT_THAT(mapped.not_used,
              ElementsAre(absl::StrCat("Condition/c1 Condition.code.coding[0] "
                                       "CODE_NOT_MAPPED ",
                                       kIcd, "|J45.909")));
}

TEST(ConditionTest, ListsTheOtherCodesOfWhatIsMapped) {
  const Mapped mapped = MapResource(
      "{'resourceType':'Condition','id':'c1','subject':{~},'code':{'coding':["
      "{'system':'urn:local','code':'K1'},"
      "{'system':'http://snomed.info/sct','code':'33659008'}]}}");
  EXPECT_THAT(mapped.findings, ElementsAre("keloid PRESENT"));
  EXPECT_THAT(mapped.not_used,
              ElementsAre("Condition/c1 Condition.code.coding[0] "
                          "OTHER_CODE_USED urn:local|K1"));
}

TEST(ConditionTest, DoesNotInterpretText) {
  const Mapped mapped = MapResource(
      "{'resourceType':'Condition','id':'c1','subject':{~},"
      "'code':{'text':'Keloid'}}");
  EXPECT_THAT(mapped.findings, IsEmpty());
  EXPECT_THAT(mapped.not_used,
              ElementsAre("Condition/c1 Condition.code TEXT_ONLY"));
}

// D1: the code does not tell a keloid from a hypertrophic scar.
TEST(ConditionTest, TakesL910ForEitherRaisedScar) {
  const Mapped mapped = MapResource(ConditionOf(kIcd, "L91.0", kActive));
  EXPECT_THAT(mapped.findings, ElementsAre("raised_scar PRESENT"));
}

TEST(ConditionTest, TakesAcneKeloidForAKeloid) {
  const Mapped mapped = MapResource(ConditionOf(kIcd, "L73.0", kActive));
  EXPECT_THAT(mapped.findings, ElementsAre("keloid PRESENT"));
}

// D5.
TEST(ConditionTest, DoesNotTakeThrombophiliaForABleedingDisorder) {
  for (const char* code : {"D68.51", "D68.61", "D69.0"}) {
    EXPECT_THAT(MapResource(ConditionOf(kIcd, code, kActive)).findings,
                Not(Contains(HasSubstr("bleeding_disorder"))))
        << code;
  }
  EXPECT_THAT(MapResource(ConditionOf(kIcd, "D68.01", kActive)).findings,
              Contains("bleeding_disorder PRESENT"));
}

// D6.
TEST(ConditionTest, TellsAHistoryOfSkinCancerFromSkinCancer) {
  EXPECT_THAT(MapResource(ConditionOf(kIcd, "Z85.828", kActive)).findings,
              AllOf(Contains(HasSubstr("skin_cancer_history")),
                    Not(Contains(HasSubstr("cancer_active"))),
                    Not(Contains("skin_cancer PRESENT"))));
  EXPECT_THAT(MapResource(ConditionOf(kIcd, "C43.39", kActive)).findings,
              AllOf(Contains("skin_cancer PRESENT"),
                    Contains("cancer_active PRESENT")));
}

// D7.
TEST(ConditionTest, DoesNotTakeThePuerperiumForAPregnancy) {
  EXPECT_THAT(MapResource(ConditionOf(kIcd, "O86.4", kActive)).findings,
              Not(Contains(HasSubstr("pregnancy"))));
  EXPECT_THAT(MapResource(ConditionOf(kIcd, "O21.0", kActive)).findings,
              ElementsAre("pregnancy PRESENT"));
}

// D12: what is over is over, and was; which of the two matters is the rules'
// affair.
TEST(ConditionTest, KeepsWhatIsResolvedAsPast) {
  EXPECT_THAT(MapResource(ConditionOf(kSct, "33659008", kResolved)).findings,
              ElementsAre("keloid PAST"));
  EXPECT_THAT(MapResource(ConditionOf(kSct, "48277006", kResolved)).findings,
              ElementsAre("skin_infection PAST"));
}

// D13.
TEST(ConditionTest, TakesStentsAndJointsForMetalAndNotForElectronics) {
  for (const char* code : {"Z95.5", "Z96.651"}) {
    EXPECT_THAT(MapResource(ConditionOf(kIcd, code, kActive)).findings,
                ElementsAre("metal_implant PRESENT"))
        << code;
  }
  EXPECT_THAT(MapResource(ConditionOf(kIcd, "Z95.0", kActive)).findings,
              ElementsAre("pacemaker PRESENT"));
}

TEST(ConditionTest, GivesOneFindingForEachConceptOfACode) {
  EXPECT_THAT(MapResource(ConditionOf(kIcd, "E11.65", kActive)).findings,
              UnorderedElementsAre("diabetes PRESENT",
                                   "diabetes_poorly_controlled PRESENT"));
}

TEST(ConditionTest, TakesNotPregnantForADenialWithItsDate) {
  EXPECT_THAT(
      MapResource(
          ConditionOf(kSct, "60001007",
                      absl::StrCat(kActive, ",'recordedDate':'2026-06-14'")))
          .findings,
      ElementsAre("pregnancy ABSENT on 2026-06-14"));
  // Undated, it would be one of today.
  const Mapped undated = MapResource(ConditionOf(kSct, "60001007", kActive));
  EXPECT_THAT(undated.findings, IsEmpty());
  EXPECT_THAT(undated.not_used, ElementsAre(HasSubstr("UNDATED")));
  // Resolved, "not pregnant" says nothing.
  EXPECT_THAT(
      MapResource(
          ConditionOf(kSct, "60001007",
                      absl::StrCat(kResolved, ",'recordedDate':'2026-06-14'")))
          .findings,
      IsEmpty());
}

TEST(BodySiteTest, IsAnAreaWhereItsCodeStandsForOne) {
  const auto at = [](const std::string& code) {
    return absl::StrCat(kActive, ",'bodySite':[{'coding':[{'system':'", kSct,
                        "','code':'", code, "'}]}]");
  };
  EXPECT_THAT(
      MapResource(ConditionOf(kSct, "11381005", at("89545001"))).findings,
      ElementsAre("active_acne PRESENT face"));
  const Mapped elsewhere =
      MapResource(ConditionOf(kSct, "11381005", at("182245002")));
  EXPECT_THAT(elsewhere.findings, ElementsAre("active_acne PRESENT"));
  EXPECT_THAT(elsewhere.not_used,
              ElementsAre(HasSubstr("Condition.bodySite[0] "
                                    "BODY_SITE_NOT_MAPPED")));
}

TEST(PresenceTest, OfOneThingIsNotEndedByTheEndOfAnother) {
  const Mapped mapped = MapRecord(RecordOf(
      {"{'resourceType':'Condition','id':'old','subject':{~},'code':{'coding':"
       "[{'system':'http://snomed.info/sct','code':'128045006'}]},"
       "'clinicalStatus':{'coding':[{'code':'active'}]},"
       "'recordedDate':'2026-01-01'}",
       "{'resourceType':'Condition','id':'new','subject':{~},'code':{'coding':"
       "[{'system':'http://snomed.info/sct','code':'48277006'}]},"
       "'clinicalStatus':{'coding':[{'code':'resolved'}]},"
       "'recordedDate':'2026-06-01'}"}));
  EXPECT_THAT(mapped.findings,
              ElementsAre("skin_infection PRESENT on 2026-01-01"));
  EXPECT_THAT(mapped.not_used,
              ElementsAre(HasSubstr("Condition/new Condition.code.coding[0] "
                                    "SAID_TO_BE_PRESENT")));
}

TEST(PresenceTest, ElsewhereLeavesThePast) {
  const auto at = [](const char* id, const char* area, const char* status) {
    return absl::StrCat(
        "{'resourceType':'Condition','id':'", id,
        "','subject':{~},'code':{'coding':[{'system':'", kIcd,
        "','code':'L40.0'}]},'clinicalStatus':{'coding':[{'code':'", status,
        "'}]},'bodySite':[{'coding':[{'system':'", kSct, "','code':'", area,
        "'}]}]}");
  };
  EXPECT_THAT(MapRecord(RecordOf({at("a", "45048000", "active"),
                                  at("b", "89545001", "resolved")}))
                  .findings,
              ElementsAre("psoriasis PRESENT neck", "psoriasis PAST face"));
  // The forehead is in the face.
  EXPECT_THAT(MapRecord(RecordOf({at("a", "52795006", "active"),
                                  at("b", "89545001", "resolved")}))
                  .findings,
              ElementsAre("psoriasis PRESENT forehead"));
}

}  // namespace
}  // namespace needlewise
