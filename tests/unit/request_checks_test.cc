#include "rules/engine/request_checks.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/catalog_builder.h"
#include "tests/support/screening.h"
#include "tests/support/test_case.h"
#include "tests/support/text_proto.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const CompiledCatalog& Catalog() {
  static const auto* catalog = new std::shared_ptr<const CompiledCatalog>(
      CatalogBuilder()
          .Condition("melasma")
          .Contraindication("melasma-ever", IsEver("melasma"))
          .Review("melasma-now", IsNow("melasma"))
          .Precaution("melasma-past", WasPast("melasma"))
          .Note("melasma-note", IsNow("melasma"))
          .Add(R"(devices {
                    device_id: "pen" display: "Pen" treatments: "needling"
                  }
                  devices {
                    device_id: "heater" display: "Heater" treatments: "heat"
                  })")
          .Build());
  return **catalog;
}

struct FaultCase : TestCase {
  std::string selection;
  std::vector<std::string> violations;
};

class FaultyTreatment : public ::testing::TestWithParam<FaultCase> {};

TEST_P(FaultyTreatment, IsReportedWithItsPath) {
  Violations violations;
  ReadTreatment(Catalog(),
                FromText<v1::TreatmentSelection>(GetParam().selection),
                "treatments[3]", 0, &violations);
  EXPECT_THAT(Lines(violations), ElementsAreArray(GetParam().violations));
}

INSTANTIATE_TEST_SUITE_P(
    Treatments, FaultyTreatment,
    ::testing::Values(
        FaultCase{{"UnknownTreatment"},
                  "treatment: 'plazma' areas: 'cheeks'",
                  {"treatments[3].treatment: is not a treatment of the "
                   "catalogue; did you mean `plasma`?"}},
        FaultCase{{"NoTreatment"},
                  "areas: 'cheeks'",
                  {"treatments[3].treatment: is not a treatment of the "
                   "catalogue"}},
        FaultCase{{"UnknownArea"},
                  "treatment: 'needling' areas: 'nose' areas: 'cheek'",
                  {"treatments[3].areas[1]: is not an area of the catalogue; "
                   "did you mean `cheeks`, `left_cheek`?"}},
        FaultCase{{"NoArea"},
                  "treatment: 'needling'",
                  {"treatments[3].areas: needs from 1 to 32 areas"}},
        FaultCase{{"AnAreaThatIsNotTreated"},
                  "treatment: 'needling' areas: 'lips'",
                  {"treatments[3].areas[0]: can be named in findings but not "
                   "treated; choose an area that can"}},
        FaultCase{{"UnknownConcern"},
                  "treatment: 'needling' areas: 'nose' concerns: 'scars' "
                  "concerns: 'wrinkels'",
                  {"treatments[3].concerns[1]: is not a concern of the "
                   "catalogue; did you mean `wrinkles`?"}},
        FaultCase{{"ADeviceWithoutAName"},
                  "treatment: 'needling' areas: 'nose' device {}",
                  {"treatments[3].device.device: needs a device id of at most "
                   "64 bytes; leave the device out if none is named"}},
        FaultCase{{"ADeviceWhoseNameIsTooLong"},
                  absl::StrCat("treatment: 'needling' areas: 'nose' device { "
                               "device: '",
                               std::string(65, 'x'), "' }"),
                  {"treatments[3].device.device: needs a device id of at most "
                   "64 bytes; leave the device out if none is named"}},
        FaultCase{{"ANegativeDepth"},
                  "treatment: 'needling' areas: 'nose' device { device: 'pen' "
                  "needle_depth_mm: -0.1 }",
                  {"treatments[3].device.needle_depth_mm: must be from 0 to 10 "
                   "mm"}},
        FaultCase{{"ADepthTooGreat"},
                  "treatment: 'needling' areas: 'nose' device { device: 'pen' "
                  "needle_depth_mm: 10.5 }",
                  {"treatments[3].device.needle_depth_mm: must be from 0 to 10 "
                   "mm"}},
        FaultCase{{"ADepthThatIsNoNumber"},
                  "treatment: 'needling' areas: 'nose' device { device: 'pen' "
                  "needle_depth_mm: nan }",
                  {"treatments[3].device.needle_depth_mm: must be from 0 to 10 "
                   "mm"}},
        FaultCase{{"EverythingAtOnce"},
                  "treatment: 'x' areas: 'y' concerns: 'z' device { "
                  "needle_depth_mm: 11 }",
                  {"treatments[3].treatment: is not a treatment of the "
                   "catalogue",
                   "treatments[3].areas[0]: is not an area of the catalogue",
                   "treatments[3].concerns[0]: is not a concern of the "
                   "catalogue",
                   "treatments[3].device.device: needs a device id of at most "
                   "64 bytes; leave the device out if none is named",
                   "treatments[3].device.needle_depth_mm: must be from 0 to 10 "
                   "mm"}}),
    CaseName());

TEST(TreatmentsOfARequest,
     AreAtLeastOneAndAtMostSixteenInAtMostThirtyTwoAreas) {
  const auto count = [](int treatments, int areas) {
    google::protobuf::RepeatedPtrField<v1::TreatmentSelection> selections;
    for (int t = 0; t < treatments; ++t) {
      v1::TreatmentSelection* selection = selections.Add();
      selection->set_treatment("needling");
      for (int a = 0; a < areas; ++a) selection->add_areas("nose");
    }
    Violations violations;
    ReadTreatments(Catalog(), selections, 0, &violations);
    return Lines(violations);
  };
  const std::string wrong = "treatments: needs from 1 to 16 treatments";
  EXPECT_THAT(count(0, 1), ElementsAre(wrong));
  EXPECT_THAT(count(1, 1), IsEmpty());
  EXPECT_THAT(count(16, 32), IsEmpty());
  EXPECT_THAT(count(17, 1), ElementsAre(wrong));
  EXPECT_THAT(count(1, 33),
              ElementsAre("treatments[0].areas: needs from 1 to 32 areas"));
}

TEST(TreatmentOfARequest,
     IsReadWithItsAreasOnceItsConcernsItsDeviceAndItsDepth) {
  Violations violations;
  const SelectedTreatment selected =
      ReadTreatment(Catalog(), FromText<v1::TreatmentSelection>(R"(
        treatment: "needling"
        areas: "nose" areas: "neck" areas: "nose"
        concerns: "spots"
        device { device: "pen" needle_depth_mm: 1.5 }
      )"),
                    "base", 1, &violations);
  EXPECT_THAT(violations, IsEmpty());
  EXPECT_EQ(selected.context.treatment,
            Catalog().treatment_index.at("needling"));
  EXPECT_EQ(selected.context.profile, 1);
  EXPECT_THAT(selected.areas, ElementsAre(Catalog().area_index.at("nose"),
                                          Catalog().area_index.at("neck")));
  EXPECT_THAT(selected.context.concerns,
              ElementsAre(Catalog().concern_index.at("spots")));
  EXPECT_EQ(selected.device, "pen");
  EXPECT_EQ(selected.context.device_world,
            2 + Catalog().device_index.at("pen"));
  EXPECT_EQ(selected.context.needle_depth_mm, 1.5);
}

TEST(DeviceWorldOfARequest, CountsAsNotListedForATreatmentItIsNotUsedFor) {
  const int needling = Catalog().treatment_index.at("needling");
  const int pair = Catalog().treatment_index.at("plasma_with_heat");
  EXPECT_EQ(DeviceWorld(Catalog(), needling, ""), CompiledCatalog::kNoDevice);
  EXPECT_EQ(DeviceWorld(Catalog(), needling, "roller"),
            CompiledCatalog::kUnlistedDevice);
  EXPECT_EQ(DeviceWorld(Catalog(), needling, "heater"),
            CompiledCatalog::kUnlistedDevice);
  EXPECT_EQ(DeviceWorld(Catalog(), pair, "heater"),
            2 + Catalog().device_index.at("heater"));
}

TEST(ProfileOfARequest, IsStandardWhereNoneIsNamed) {
  Violations violations;
  EXPECT_EQ(ReadProfile(Catalog(), "", &violations), 0);
  EXPECT_EQ(ReadProfile(Catalog(), "standard", &violations), 0);
  EXPECT_EQ(ReadProfile(Catalog(), "core", &violations), 1);
  EXPECT_THAT(violations, IsEmpty());
}

TEST(ProfileOfARequest, IsRefusedWhereItIsNoneOfTheCatalogues) {
  Violations violations;
  ReadProfile(Catalog(), "standart", &violations);
  EXPECT_THAT(Lines(violations),
              ElementsAre("profile: is not a profile of the catalogue; did you "
                          "mean `standard`?"));
}

struct AcknowledgementCase : TestCase {
  std::string acknowledgement;
  std::vector<std::string> violations;
};

class FaultyAcknowledgement
    : public ::testing::TestWithParam<AcknowledgementCase> {};

TEST_P(FaultyAcknowledgement, IsReported) {
  google::protobuf::RepeatedPtrField<v1::Acknowledgement> given;
  *given.Add() = FromText<v1::Acknowledgement>(GetParam().acknowledgement);
  Violations violations;
  ReadAcknowledgements(Catalog(), given, &violations);
  EXPECT_THAT(Lines(violations), ElementsAreArray(GetParam().violations));
}

constexpr char kNotAcknowledged[] =
    "acknowledgements[0].rule_id: names a rule that is neither a review nor a "
    "precaution; only those can be acknowledged";

INSTANTIATE_TEST_SUITE_P(
    Acknowledgements, FaultyAcknowledgement,
    ::testing::Values(
        AcknowledgementCase{{"UnknownRule"},
                            "rule_id: 'melasma-nwo' clinician_reference: 'd' "
                            "reason: 'r'",
                            {"acknowledgements[0].rule_id: is not a rule of "
                             "the catalogue; did you mean `melasma-now`, "
                             "`melasma-note`?"}},
        AcknowledgementCase{{"AContraindication"},
                            "rule_id: 'melasma-ever' clinician_reference: 'd' "
                            "reason: 'r'",
                            {kNotAcknowledged}},
        AcknowledgementCase{{"ANote"},
                            "rule_id: 'melasma-note' clinician_reference: 'd' "
                            "reason: 'r'",
                            {kNotAcknowledged}},
        AcknowledgementCase{{"ByNobody"},
                            "rule_id: 'melasma-now' reason: 'r'",
                            {"acknowledgements[0].clinician_reference: is "
                             "required, at most 256 bytes"}},
        AcknowledgementCase{{"ByALongReference"},
                            absl::StrCat("rule_id: 'melasma-now' reason: 'r' "
                                         "clinician_reference: '",
                                         std::string(257, 'd'), "'"),
                            {"acknowledgements[0].clinician_reference: is "
                             "required, at most 256 bytes"}},
        AcknowledgementCase{{"WithoutAReason"},
                            "rule_id: 'melasma-now' clinician_reference: 'd'",
                            {"acknowledgements[0].reason: is required, at most "
                             "2000 bytes"}},
        AcknowledgementCase{{"WithALongReason"},
                            absl::StrCat("rule_id: 'melasma-now' "
                                         "clinician_reference: 'd' reason: '",
                                         std::string(2001, 'r'), "'"),
                            {"acknowledgements[0].reason: is required, at most "
                             "2000 bytes"}}),
    CaseName());

TEST(AcknowledgementInARequest, OfAReviewOrAPrecautionIsTaken) {
  google::protobuf::RepeatedPtrField<v1::Acknowledgement> given;
  for (const char* id : {"melasma-now", "melasma-past"}) {
    v1::Acknowledgement* one = given.Add();
    one->set_rule_id(id);
    one->set_clinician_reference("d");
    one->set_reason("r");
  }
  Violations violations;
  EXPECT_THAT(ReadAcknowledgements(Catalog(), given, &violations),
              ElementsAre(Catalog().rule_index.at("melasma-now"),
                          Catalog().rule_index.at("melasma-past")));
  EXPECT_THAT(violations, IsEmpty());
}

TEST(RequestId, IsAtMost128Bytes) {
  Violations violations;
  CheckRequestId("", &violations);
  CheckRequestId(std::string(128, 'x'), &violations);
  EXPECT_THAT(violations, IsEmpty());
  CheckRequestId(std::string(129, 'x'), &violations);
  EXPECT_THAT(violations, SizeIs(1));
}

}  // namespace
}  // namespace needlewise
