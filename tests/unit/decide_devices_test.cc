// Rules about the device, its label, and the needle depth.

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/engine/decide.h"
#include "tests/support/catalog_builder.h"
#include "tests/support/findings.h"
#include "tests/support/screening.h"
#include "tests/support/test_case.h"

namespace needlewise {
namespace {

using ::testing::ElementsAreArray;

// The pen is cleared for scars of the face from 22 years, and for wrinkles of
// the neck in skin types 2 to 4; the other device for nothing.
const CompiledCatalog& Devices() {
  static const auto* catalog = new std::shared_ptr<const CompiledCatalog>(
      CatalogBuilder()
          .Age()
          .Quantity("fitzpatrick_skin_type", "1", 6,
                    "quantity { minimum: 1 whole_numbers: true }")
          .Condition("pregnancy", "tense: QUESTION_TENSE_NOW")
          .Add(R"(
            devices {
              device_id: "pen"
              display: "The pen"
              treatments: "needling"
              treatments: "plasma"
              cleared_uses {
                areas: "face"
                concerns: "scars"
                minimum_age: 22
                maximum_depth_mm: 1.5
                citations { source: "R1" grade: EVIDENCE_GRADE_A }
              }
              cleared_uses {
                areas: "neck"
                concerns: "wrinkles"
                minimum_age: 22
                minimum_skin_type: 2
                maximum_skin_type: 4
                maximum_depth_mm: 2.5
                citations { source: "R1" grade: EVIDENCE_GRADE_A }
              }
              excluded_concepts: "pregnancy"
              citations { source: "R1" grade: EVIDENCE_GRADE_A }
            }
            devices {
              device_id: "roller"
              display: "The roller"
              treatments: "needling"
            }
            devices {
              device_id: "heater"
              display: "The heater"
              treatments: "heat"
            }
          )")
          .Review("off-area", "label { outside: LABEL_LIMIT_AREA }")
          .Review("off-age", "label { outside: LABEL_LIMIT_AGE }")
          .Review("off-skin-type", "label { outside: LABEL_LIMIT_SKIN_TYPE }")
          .Review("off-depth", "label { outside: LABEL_LIMIT_DEPTH }")
          .Note("off-concern", "label { outside: LABEL_LIMIT_CONCERN }")
          .Contraindication("excluded",
                            AllOf({IsNow("pregnancy"),
                                   "device { label_excludes: 'pregnancy' }"}))
          .Review("unlisted", AllOf({"device { named: true }",
                                     Not("device { listed: true }")}))
          .Note("none-named", Not("device { named: true }"))
          .Note("the-roller", "device { device: 'roller' }")
          .Build());
  return **catalog;
}

struct DeviceCase : TestCase {
  std::string area;
  // Protobuf text of the treatment asked about.
  std::string selection;
  std::vector<std::string> fired;
  std::vector<v1::Finding> findings = {};
  int age = 30;
  int skin_type = 3;
  std::string treatment = "needling";
};

class Device : public ::testing::TestWithParam<DeviceCase> {};

TEST_P(Device, FiresTheRulesOfItsLabel) {
  const DeviceCase& c = GetParam();
  v1::Patient patient = PatientWith(c.findings);
  if (c.age >= 0) patient.set_age_years(c.age);
  if (c.skin_type > 0) {
    *patient.add_findings() =
        Measured("fitzpatrick_skin_type", c.skin_type, "1");
  }
  const v1::AreaDecision decision = MustDecide(
      Devices(), RequestFor(patient, c.area, c.treatment, c.selection));
  EXPECT_THAT(FiredIn(decision), ElementsAreArray(c.fired));
}

INSTANTIATE_TEST_SUITE_P(
    Named, Device,
    ::testing::Values(DeviceCase{{"None"}, "cheeks", "", {"none-named"}},
                      DeviceCase{{"NotListed"},
                                 "cheeks",
                                 "device { device: 'Home Roller 3000' }",
                                 {"unlisted"}},
                      DeviceCase{{"ListedForAnotherTreatmentOnly"},
                                 "cheeks",
                                 "device { device: 'heater' }",
                                 {"unlisted"}},
                      DeviceCase{{"ListedWithNothingCleared"},
                                 "cheeks",
                                 "device { device: 'roller' }",
                                 {"off-area", "the-roller"}},
                      DeviceCase{{"ListedAndOnItsLabel"},
                                 "cheeks",
                                 "device { device: 'pen' } concerns: 'scars'",
                                 {}},
                      DeviceCase{{"ListedForTheAddOnToo"},
                                 "cheeks",
                                 "device { device: 'pen' } concerns: 'scars'",
                                 {},
                                 {},
                                 30,
                                 3,
                                 "plasma"},
                      // A device of one add-on may be used for the pair.
                      DeviceCase{{"ListedForAPartOfAPair"},
                                 "cheeks",
                                 "device { device: 'heater' }",
                                 {"off-area"},
                                 {},
                                 30,
                                 3,
                                 "plasma_with_heat"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Limits, Device,
    ::testing::Values(
        DeviceCase{{"AnAreaOutsideEveryClearedUse"},
                   "back",
                   "device { device: 'pen' } concerns: 'scars'",
                   {"off-area"}},
        DeviceCase{{"AYoungPatient"},
                   "cheeks",
                   "device { device: 'pen' } concerns: 'scars'",
                   {"off-age"},
                   {},
                   21},
        DeviceCase{{"APatientOfTheLeastAge"},
                   "cheeks",
                   "device { device: 'pen' } concerns: 'scars'",
                   {},
                   {},
                   22},
        DeviceCase{{"ASkinTypeTooFair"},
                   "neck",
                   "device { device: 'pen' } concerns: 'wrinkles'",
                   {"off-skin-type"},
                   {},
                   30,
                   1},
        DeviceCase{{"TheFairestSkinTypeAllowed"},
                   "neck",
                   "device { device: 'pen' } concerns: 'wrinkles'",
                   {},
                   {},
                   30,
                   2},
        DeviceCase{{"ASkinTypeTooDark"},
                   "neck",
                   "device { device: 'pen' } concerns: 'wrinkles'",
                   {"off-skin-type"},
                   {},
                   30,
                   5},
        DeviceCase{{"AnySkinTypeWhereTheLabelGivesNone"},
                   "cheeks",
                   "device { device: 'pen' } concerns: 'scars'",
                   {},
                   {},
                   30,
                   6},
        DeviceCase{{"ADepthAtTheLimit"},
                   "cheeks",
                   "device { device: 'pen' needle_depth_mm: 1.5 } "
                   "concerns: 'scars'",
                   {}},
        DeviceCase{{"ADepthBeyondIt"},
                   "cheeks",
                   "device { device: 'pen' needle_depth_mm: 1.6 } "
                   "concerns: 'scars'",
                   {"off-depth"}},
        DeviceCase{{"ADepthThatOnlyAnotherUseAllows"},
                   "cheeks",
                   "device { device: 'pen' needle_depth_mm: 2.5 } "
                   "concerns: 'scars'",
                   {"off-depth"}},
        DeviceCase{{"ADepthThatIsNotStated"},
                   "neck",
                   "device { device: 'pen' } concerns: 'wrinkles'",
                   {}},
        DeviceCase{{"ADepthWithADeviceThatIsNotListed"},
                   "cheeks",
                   "device { device: 'x' needle_depth_mm: 5 }",
                   {"unlisted"}},
        DeviceCase{{"AConcernOffTheLabel"},
                   "cheeks",
                   "device { device: 'pen' } concerns: 'wrinkles'",
                   {"off-concern"}},
        DeviceCase{{"OneOfTwoConcernsOnTheLabel"},
                   "cheeks",
                   "device { device: 'pen' } concerns: 'wrinkles' "
                   "concerns: 'scars'",
                   {}},
        DeviceCase{
            {"NoConcernStated"}, "cheeks", "device { device: 'pen' }", {}}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Exclusions, Device,
    ::testing::Values(DeviceCase{{"WhatTheLabelExcludesIsSo"},
                                 "cheeks",
                                 "device { device: 'pen' } concerns: 'scars'",
                                 {"excluded"},
                                 {Present("pregnancy")}},
                      DeviceCase{{"WhatTheLabelExcludesIsNotSo"},
                                 "cheeks",
                                 "device { device: 'pen' } concerns: 'scars'",
                                 {},
                                 {Absent("pregnancy")}},
                      DeviceCase{{"AnotherLabelDoesNotExcludeIt"},
                                 "cheeks",
                                 "device { device: 'roller' }",
                                 {"off-area", "the-roller"},
                                 {Present("pregnancy")}},
                      DeviceCase{{"NoDeviceExcludesNothing"},
                                 "cheeks",
                                 "",
                                 {"none-named"},
                                 {Present("pregnancy")}}),
    CaseName());

TEST(Device, OfUnknownAgeAndSkinTypeAsksForThemOnlyWhereItsLabelDoes) {
  const std::string pen = "device { device: 'pen' }";
  EXPECT_THAT(
      OutstandingIn(MustDecide(
          Devices(), RequestFor(PatientWith({Absent("pregnancy")}), "cheeks",
                                "needling", pen + " concerns: 'scars'"))),
      ElementsAreArray({"age"}));
  EXPECT_THAT(
      OutstandingIn(MustDecide(
          Devices(), RequestFor(PatientWith({Absent("pregnancy")}), "neck",
                                "needling", pen + " concerns: 'wrinkles'"))),
      ElementsAreArray({"age", "fitzpatrick_skin_type"}));
  EXPECT_THAT(OutstandingIn(MustDecide(
                  Devices(), RequestFor(PatientWith({Absent("pregnancy")})))),
              ElementsAreArray(std::vector<std::string>{}));
}

TEST(Device, WhoseLabelExcludesItAsksForIt) {
  EXPECT_THAT(
      OutstandingIn(MustDecide(
          Devices(), RequestFor(PatientWith({}, "age_years: 30"), "cheeks",
                                "needling", "device { device: 'pen' }"))),
      ElementsAreArray({"pregnancy"}));
}

}  // namespace
}  // namespace needlewise
