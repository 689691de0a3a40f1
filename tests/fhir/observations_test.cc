#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/fhir/mapped.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Observation(const std::string& system, const std::string& code,
                        const std::string& more) {
  return absl::StrCat(
      "{'resourceType':'Observation','id':'o1','subject':{~},"
      "'status':'final','effectiveDateTime':'2026-06-10T07:00:00Z',",
      Coded("code", system, code), ",", more, "}");
}

std::string Value(const std::string& number, const std::string& unit) {
  return absl::StrCat("'valueQuantity':{'value':", number,
                      ",'system':'http://unitsofmeasure.org','code':'", unit,
                      "'}");
}

struct ObservationCase {
  const char* name;
  std::string resource;
  std::vector<std::string> findings;
  const char* not_used;
};

class ObservationCaseTest : public ::testing::TestWithParam<ObservationCase> {};

TEST_P(ObservationCaseTest, IsWhatTheResourceSaysAndNoMore) {
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
    Quantities, ObservationCaseTest,
    ::testing::Values(
        ObservationCase{"Platelets",
                        Observation(kLn, "777-3", Value("210", "10*9/L")),
                        {"platelet_count 210 10*9/L on 2026-06-10"},
                        ""},
        // D2.
        ObservationCase{"PlateletsInHundredThousands",
                        Observation(kLn, "777-3", Value("1.05", "10*5/uL")),
                        {"platelet_count 1.05 10*5/uL on 2026-06-10"},
                        ""},
        ObservationCase{"PlateletsEach",
                        Observation(kLn, "777-3", Value("210000", "/uL")),
                        {"platelet_count 210000 /uL on 2026-06-10"},
                        ""},
        ObservationCase{"UnitAsText",
                        Observation(kLn, "777-3",
                                    "'valueQuantity':{'value':210,'unit':"
                                    "'10*3/uL'}"),
                        {"platelet_count 210 10*3/uL on 2026-06-10"},
                        ""},
        // D3.
        ObservationCase{"MeanVolumeIsNoCount",
                        Observation(kLn, "32623-1", Value("9.8", "fL")),
                        {},
                        "CODE_NOT_MAPPED http://loinc.org|32623-1"},
        // D4.
        ObservationCase{"HaemoglobinInMoles",
                        Observation(kLn, "59260-0", Value("8.2", "mmol/L")),
                        {"haemoglobin 8.2 mmol/L on 2026-06-10"},
                        ""},
        ObservationCase{"HaemoglobinInGrams",
                        Observation(kLn, "718-7", Value("132", "g/L")),
                        {"haemoglobin 132 g/L on 2026-06-10"},
                        ""},
        ObservationCase{"AUnitThatDoesNotConvert",
                        Observation(kLn, "718-7", Value("40", "%")),
                        {},
                        "Observation.valueQuantity UNIT_NOT_CONVERTIBLE"},
        // Below ten is less than ten, and no more is known.
        ObservationCase{"AComparator",
                        Observation(kLn, "777-3",
                                    "'valueQuantity':{'value':10,'comparator':"
                                    "'<','code':'10*9/L','system':"
                                    "'http://unitsofmeasure.org'}"),
                        {},
                        "Observation.valueQuantity.comparator "
                        "VALUE_NOT_USABLE"},
        ObservationCase{
            "AbsentForAReason",
            Observation(kLn, "777-3",
                        "'dataAbsentReason':{'coding':[{'code':'unknown'}]}"),
            {},
            "Observation.dataAbsentReason VALUE_NOT_USABLE"},
        ObservationCase{"SkinType",
                        Observation(kLn, "66472-2", "'valueInteger':4"),
                        {"fitzpatrick_skin_type 4  on 2026-06-10"},
                        ""},
        ObservationCase{
            "Undated",
            absl::StrCat("{'resourceType':'Observation','id':'o1','subject':{~"
                         "},'status':'final',",
                         Coded("code", kLn, "777-3"), ",",
                         Value("210", "10*9/L"), "}"),
            {},
            "UNDATED"},
        ObservationCase{
            "Preliminary",
            absl::StrCat("{'resourceType':'Observation','id':'o1','subject':{~"
                         "},'status':'preliminary',",
                         Coded("code", kLn, "777-3"), ",",
                         Value("210", "10*9/L"), "}"),
            {},
            "Observation.status NOT_CERTAIN"},
        ObservationCase{
            "InError",
            absl::StrCat("{'resourceType':'Observation','id':'o1','subject':{~"
                         "},'status':'entered-in-error',",
                         Coded("code", kLn, "777-3"), ",",
                         Value("210", "10*9/L"), "}"),
            {},
            "Observation.status VOID"},
        ObservationCase{
            "AComponent",
            Observation(kLn, "58410-2",
                        absl::StrCat("'component':[{",
                                     Coded("code", kLn, "718-7"), ",",
                                     Value("9.1", "g/dL"), "}]")),
            {"haemoglobin 9.1 g/dL on 2026-06-10"},
            ""}),
    [](const auto& info) { return info.param.name; });

std::string Pregnancy(const std::string& system, const std::string& code) {
  return Observation(kLn, "82810-3",
                     Coded("valueCodeableConcept", system, code));
}

INSTANTIATE_TEST_SUITE_P(
    Answers, ObservationCaseTest,
    ::testing::Values(
        // D9.
        ObservationCase{"PregnantInSnomed",
                        Pregnancy(kSct, "77386006"),
                        {"pregnancy PRESENT on 2026-06-10"},
                        ""},
        ObservationCase{"PregnantInLoinc",
                        Pregnancy(kLn, "LA15173-0"),
                        {"pregnancy PRESENT on 2026-06-10"},
                        ""},
        ObservationCase{"NotPregnantInSnomed",
                        Pregnancy(kSct, "60001007"),
                        {"pregnancy ABSENT on 2026-06-10"},
                        ""},
        ObservationCase{"NotPregnantInLoinc",
                        Pregnancy(kLn, "LA26683-5"),
                        {"pregnancy ABSENT on 2026-06-10"},
                        ""},
        ObservationCase{"PossiblyPregnantIsNotNo",
                        Pregnancy(kSct, "146799005"),
                        {"pregnancy_possible PRESENT on 2026-06-10"},
                        ""},
        ObservationCase{"NotYetConfirmedIsNotNo",
                        Pregnancy(kSct, "152231000119106"),
                        {"pregnancy_possible PRESENT on 2026-06-10"},
                        ""},
        ObservationCase{"PregnancyNotKnown",
                        Pregnancy(kLn, "LA4489-6"),
                        {"pregnancy UNKNOWN on 2026-06-10"},
                        ""},
        ObservationCase{"PregnancyInAnotherCode",
                        Pregnancy("urn:local", "maybe"),
                        {},
                        "Observation.valueCodeableConcept.coding[0] "
                        "CODE_NOT_MAPPED urn:local|maybe"},
        ObservationCase{
            "PregnancyInText",
            Observation(kLn, "82810-3",
                        "'valueCodeableConcept':{'text':'not pregnant'}"),
            {},
            "Observation.valueCodeableConcept TEXT_ONLY"},
        ObservationCase{
            "NegativePregnancyTest",
            Observation(kLn, "2106-3",
                        Coded("valueCodeableConcept", kSct, "260385009")),
            {"pregnancy ABSENT on 2026-06-10"},
            ""},
        ObservationCase{
            "PositivePregnancyTestByInterpretation",
            Observation(
                kLn, "2118-8",
                "'interpretation':[{'coding':[{'system':'http://terminology."
                "hl7.org/CodeSystem/v3-ObservationInterpretation','code':'POS'"
                "}]}]"),
            {"pregnancy PRESENT on 2026-06-10"},
            ""},
        // D8.
        ObservationCase{"BreastfeedingAsAQuestion",
                        Observation(kSct, "413712001", "'note':[]"),
                        {},
                        "Observation.code.coding[0] VALUE_NOT_USABLE"},
        ObservationCase{"BreastfeedingAnswered",
                        Observation(kSct, "413712001", "'valueBoolean':false"),
                        {"breastfeeding ABSENT on 2026-06-10"},
                        ""},
        ObservationCase{"AFindingThatIsThere",
                        Observation(kSct, "33659008", "'valueBoolean':true"),
                        {"keloid PRESENT on 2026-06-10"},
                        ""},
        // Not this kind of skin cancer does not mean none.
        ObservationCase{"AFindingThatIsNotThere",
                        Observation(kSct, "254701007", "'valueBoolean':false"),
                        {},
                        "NARROWER_DENIAL"}),
    [](const auto& info) { return info.param.name; });

TEST(ObservationTest, WithAQuantityWithoutAUnitIsLeftToTheEngineToRefuse) {
  const Mapped mapped =
      MapResource(Observation(kLn, "777-3", "'valueQuantity':{'value':210}"));
  EXPECT_THAT(mapped.findings,
              ElementsAre("platelet_count 210  on 2026-06-10"));
  EXPECT_EQ(mapped.patient.places[0].quantity,
            "bundle.entry[1].resource.valueQuantity");
}

}  // namespace
}  // namespace needlewise
