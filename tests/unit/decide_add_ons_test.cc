// Which add-ons are worth offering.

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/engine/decide.h"
#include "tests/support/catalog_builder.h"
#include "tests/support/findings.h"
#include "tests/support/screening.h"
#include "tests/support/test_case.h"
#include "tests/support/text_proto.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

// ---------------------------------------------------------------------------
// The table of statuses.

v1::TreatmentDecision With(v1::Verdict verdict) {
  v1::TreatmentDecision decision;
  decision.set_verdict(verdict);
  return decision;
}

// The lines of the table: the first that holds.
v1::AddOnStatus ByTheTable(v1::Verdict base, v1::Verdict own, bool indicated,
                           v1::EvidenceStrength strength) {
  // The screening of an add-on includes the rules of its base; where the base
  // alone is named stricter, that holds.
  const v1::Verdict verdict = std::max(base, own);
  if (verdict == v1::VERDICT_CONTRAINDICATED) {
    return v1::ADD_ON_STATUS_CONTRAINDICATED;
  }
  if (!indicated) return v1::ADD_ON_STATUS_NOT_INDICATED;
  if (verdict == v1::VERDICT_DEFERRED) return v1::ADD_ON_STATUS_NOT_NOW;
  if (verdict == v1::VERDICT_DATA_REQUIRED) {
    return v1::ADD_ON_STATUS_DATA_REQUIRED;
  }
  if (verdict == v1::VERDICT_REVIEW_REQUIRED) {
    return v1::ADD_ON_STATUS_REVIEW_REQUIRED;
  }
  return strength == v1::EVIDENCE_STRENGTH_STRONG ||
                 strength == v1::EVIDENCE_STRENGTH_MODERATE
             ? v1::ADD_ON_STATUS_RECOMMENDED
             : v1::ADD_ON_STATUS_OPTIONAL;
}

TEST(AddOnStatus, IsTheFirstLineOfTheTableForEveryCase) {
  for (int base = v1::VERDICT_ELIGIBLE; base <= v1::Verdict_MAX; ++base) {
    for (int own = v1::VERDICT_ELIGIBLE; own <= v1::Verdict_MAX; ++own) {
      for (const bool indicated : {false, true}) {
        for (int s = v1::EVIDENCE_STRENGTH_STRONG;
             s <= v1::EvidenceStrength_MAX; ++s) {
          const auto strength = static_cast<v1::EvidenceStrength>(s);
          EXPECT_EQ(
              AddOnStatusFrom(With(static_cast<v1::Verdict>(base)),
                              With(static_cast<v1::Verdict>(own)), indicated,
                              strength),
              ByTheTable(static_cast<v1::Verdict>(base),
                         static_cast<v1::Verdict>(own), indicated, strength))
              << base << " " << own << " " << indicated << " " << s;
        }
      }
    }
  }
}

TEST(AddOnStatus, OffersNothingBesideABlockedBase) {
  for (const v1::Verdict base :
       {v1::VERDICT_REVIEW_REQUIRED, v1::VERDICT_DATA_REQUIRED,
        v1::VERDICT_DEFERRED, v1::VERDICT_CONTRAINDICATED}) {
    const v1::AddOnStatus status =
        AddOnStatusFrom(With(base), With(v1::VERDICT_ELIGIBLE), true,
                        v1::EVIDENCE_STRENGTH_STRONG);
    EXPECT_NE(status, v1::ADD_ON_STATUS_RECOMMENDED);
    EXPECT_NE(status, v1::ADD_ON_STATUS_OPTIONAL);
  }
}

// ---------------------------------------------------------------------------
// On a patient.

const CompiledCatalog& AddOns() {
  static const auto* catalog = new std::shared_ptr<const CompiledCatalog>(
      CatalogBuilder()
          .Condition("keloid")
          .Condition("pacemaker")
          .Condition("anaemia")
          .Condition("fever", "tense: QUESTION_TENSE_NOW")
          .Condition("aspirin")
          .Condition("platelets_odd")
          .Condition("tattoo")
          .Contraindication("keloid-ever", IsEver("keloid"))
          .Deferral("fever-now", IsNow("fever"))
          .For("plasma")
          .Contraindication("anaemia-now", IsNow("anaemia"))
          .Deferral("aspirin-lately", IsWithin("aspirin", "days: 14"))
          .Review("platelets-odd", IsEver("platelets_odd"))
          .For("heat")
          .Contraindication("pacemaker-ever", IsEver("pacemaker"))
          .Precaution("tattoo-ever", IsEver("tattoo"))
          .For("plasma_with_heat")
          .Review("both-in-one-session", "treatment_area { areas: 'face' }")
          .Build());
  return **catalog;
}

v1::AddOnDecision MustRecommend(const CompiledCatalog& catalog,
                                const v1::RecommendAddOnsRequest& request) {
  v1::AddOnDecision decision;
  Violations violations;
  EXPECT_TRUE(RecommendAddOns(catalog, EnvironmentOn(), request, &decision,
                              &violations));
  for (const std::string& line : Lines(violations)) ADD_FAILURE() << line;
  return decision;
}

v1::RecommendAddOnsRequest RequestWith(const v1::Patient& patient,
                                       const std::string& base) {
  v1::RecommendAddOnsRequest request;
  request.set_as_of(kAsOf);
  *request.mutable_patient() = patient;
  *request.mutable_base() = FromText<v1::TreatmentSelection>(
      absl::StrCat("treatment: 'needling' areas: 'cheeks' ", base));
  return request;
}

// `add-on STATUS rank`, in the order given, combinations last.
std::vector<std::string> StatusesIn(const v1::AddOnDecision& decision) {
  std::vector<std::string> lines;
  const auto name = [](v1::AddOnStatus status) {
    return std::string(
        absl::StripPrefix(v1::AddOnStatus_Name(status), "ADD_ON_STATUS_"));
  };
  for (const v1::AddOnRecommendation& a : decision.add_ons()) {
    lines.push_back(absl::StrCat(a.add_on(), " ", name(a.status())));
    if (a.rank() > 0) absl::StrAppend(&lines.back(), " ", a.rank());
  }
  for (const v1::CombinationRecommendation& c : decision.combinations()) {
    lines.push_back(absl::StrCat(c.combination(), " ", name(c.status())));
  }
  return lines;
}

struct AddOnCase : TestCase {
  std::vector<v1::Finding> findings;
  std::string concerns;
  std::vector<std::string> statuses;
};

class AddOnsForAPatient : public ::testing::TestWithParam<AddOnCase> {};

TEST_P(AddOnsForAPatient, HaveAStatusAndARank) {
  const v1::Patient patient = PatientWith(
      GetParam().findings, "closed_sections { section: 'history' }");
  EXPECT_THAT(StatusesIn(MustRecommend(
                  AddOns(), RequestWith(patient, GetParam().concerns))),
              ElementsAreArray(GetParam().statuses));
}

constexpr char kScars[] = "concerns: 'scars'";
constexpr char kWrinkles[] = "concerns: 'wrinkles'";
constexpr char kSpots[] = "concerns: 'spots'";
constexpr char kScarsAndWrinkles[] = "concerns: 'scars' concerns: 'wrinkles'";

INSTANTIATE_TEST_SUITE_P(
    Patients, AddOnsForAPatient,
    ::testing::Values(
        AddOnCase{{"ModerateEvidenceBeforeWeak"},
                  {},
                  kScars,
                  {"plasma RECOMMENDED 1", "heat OPTIONAL 2",
                   "plasma_with_heat REVIEW_REQUIRED"}},
        AddOnCase{{"StrongEvidenceBeforeModerate"},
                  {},
                  kScarsAndWrinkles,
                  {"heat RECOMMENDED 1", "plasma RECOMMENDED 2",
                   "plasma_with_heat REVIEW_REQUIRED"}},
        AddOnCase{{"OneIsIndicated"},
                  {},
                  kWrinkles,
                  {"heat RECOMMENDED 1", "plasma NOT_INDICATED"}},
        AddOnCase{{"MixedEvidenceIsOptional"},
                  {},
                  kSpots,
                  {"plasma OPTIONAL 1", "heat NOT_INDICATED"}},
        AddOnCase{{"NoneIsIndicated"},
                  {},
                  "concerns: 'dryness'",
                  {"heat NOT_INDICATED", "plasma NOT_INDICATED"}},
        AddOnCase{{"NoConcernIsStated"},
                  {},
                  "",
                  {"heat NOT_INDICATED", "plasma NOT_INDICATED"}},
        AddOnCase{{"AContraindicationOfOneLeavesTheOther"},
                  {Present("pacemaker")},
                  kScars,
                  {"plasma RECOMMENDED 1", "heat CONTRAINDICATED"}},
        AddOnCase{{"ContraindicatedComesBeforeNotIndicated"},
                  {Present("pacemaker")},
                  kSpots,
                  {"plasma OPTIONAL 1", "heat CONTRAINDICATED"}},
        AddOnCase{{"NotIndicatedComesBeforeDeferred"},
                  {Past("aspirin", "last: '2026-11-15'")},
                  kWrinkles,
                  {"heat RECOMMENDED 1", "plasma NOT_INDICATED"}},
        AddOnCase{{"Deferred"},
                  {Past("aspirin", "last: '2026-11-15'")},
                  kScars,
                  {"heat OPTIONAL 1", "plasma NOT_NOW"}},
        AddOnCase{{"DeferredComesBeforeUnknown"},
                  {Past("aspirin", "last: '2026-11-15'"), NotKnown("anaemia")},
                  kScars,
                  {"heat OPTIONAL 1", "plasma NOT_NOW"}},
        AddOnCase{{"SomethingUnknown"},
                  {NotKnown("anaemia")},
                  kScars,
                  {"heat OPTIONAL 1", "plasma DATA_REQUIRED",
                   "plasma_with_heat DATA_REQUIRED"}},
        AddOnCase{{"UnknownComesBeforeReview"},
                  {NotKnown("anaemia"), Present("platelets_odd")},
                  kScars,
                  {"heat OPTIONAL 1", "plasma DATA_REQUIRED",
                   "plasma_with_heat DATA_REQUIRED"}},
        AddOnCase{{"AReview"},
                  {Present("platelets_odd")},
                  kScars,
                  {"heat OPTIONAL 1", "plasma REVIEW_REQUIRED",
                   "plasma_with_heat REVIEW_REQUIRED"}},
        AddOnCase{{"APrecautionDoesNotBlock"},
                  {Present("tattoo")},
                  kWrinkles,
                  {"heat RECOMMENDED 1", "plasma NOT_INDICATED"}},
        AddOnCase{{"TheBaseIsContraindicated"},
                  {Present("keloid")},
                  kScars,
                  {"plasma CONTRAINDICATED", "heat CONTRAINDICATED"}},
        AddOnCase{{"TheBaseIsDeferred"},
                  {Present("fever")},
                  kScars,
                  {"plasma NOT_NOW", "heat NOT_NOW"}},
        AddOnCase{{"SomethingOfTheBaseIsUnknown"},
                  {NotKnown("keloid")},
                  kScars,
                  {"plasma DATA_REQUIRED", "heat DATA_REQUIRED",
                   "plasma_with_heat DATA_REQUIRED"}}),
    CaseName());

TEST(AddOns, NeverMakeTheBaseIneligible) {
  const v1::AddOnDecision decision = MustRecommend(
      AddOns(),
      RequestWith(PatientWith({Present("pacemaker"), Present("anaemia")},
                              "closed_sections { section: 'history' }"),
                  kScars));
  EXPECT_EQ(decision.base().verdict(), v1::VERDICT_ELIGIBLE);
}

TEST(AddOns, AskNobodyAboutWhatIsNotIndicated) {
  const v1::AddOnDecision decision =
      MustRecommend(AddOns(), RequestWith(PatientWith({}), kWrinkles));
  EXPECT_THAT(OutstandingIn(decision.base().areas(0)),
              ElementsAre("keloid", "fever"));
  EXPECT_THAT(StatusesIn(decision),
              ElementsAre("heat DATA_REQUIRED", "plasma NOT_INDICATED"));
  EXPECT_THAT(OutstandingIn(decision.add_ons(0).screening().areas(0)),
              ElementsAre("keloid", "pacemaker", "fever", "tattoo"));
  EXPECT_THAT(OutstandingIn(decision.add_ons(1).screening().areas(0)),
              IsEmpty());
  EXPECT_THAT(AlsoUsefulIn(decision.add_ons(1).screening().areas(0)),
              IsEmpty());
}

TEST(AddOns, SayWhatTheyAreIndicatedForStrongestFirst) {
  v1::RecommendAddOnsRequest request =
      RequestWith(PatientWith({}),
                  "concerns: 'spots' concerns: 'scars' concerns: "
                  "'dryness'");
  const v1::AddOnDecision basic = MustRecommend(AddOns(), request);
  ASSERT_EQ(basic.add_ons(0).add_on(), "plasma");
  EXPECT_THAT(basic.add_ons(0).indications(),
              ElementsAre(EqualsProto(FromText<v1::MatchedIndication>(
                              "concern: 'scars' strength: "
                              "EVIDENCE_STRENGTH_MODERATE")),
                          EqualsProto(FromText<v1::MatchedIndication>(
                              "concern: 'spots' strength: "
                              "EVIDENCE_STRENGTH_MIXED"))));
  request.set_view(v1::VIEW_FULL);
  const v1::MatchedIndication full =
      MustRecommend(AddOns(), request).add_ons(0).indications(0);
  EXPECT_EQ(full.text(), "Scars improve.");
  ASSERT_EQ(full.citations_size(), 1);
  EXPECT_EQ(full.citations(0).text(), "A review. A society. 2024");
  EXPECT_EQ(full.citations(0).grade(), v1::EVIDENCE_GRADE_B);
}

TEST(AddOns, CarryTheReasonAndTheDateOfADeferral) {
  const v1::AddOnDecision decision = MustRecommend(
      AddOns(),
      RequestWith(PatientWith({Past("aspirin", "last: '2026-11-15'")},
                              "closed_sections { section: 'history' }"),
                  kScars));
  const v1::TreatmentDecision& plasma = decision.add_ons(1).screening();
  EXPECT_EQ(plasma.treatment(), "plasma");
  EXPECT_EQ(plasma.eligible_from(), "2026-11-29");
  EXPECT_THAT(FiredIn(plasma.areas(0)), ElementsAre("aspirin-lately"));
}

TEST(AddOns, CombinationsAreAQuestionOfThePairAndNotOfEach) {
  v1::RecommendAddOnsRequest request = RequestWith(
      PatientWith({}, "closed_sections { section: 'history' }"), kScars);
  const v1::AddOnDecision decision = MustRecommend(AddOns(), request);
  ASSERT_EQ(decision.combinations_size(), 1);
  EXPECT_THAT(decision.combinations(0).add_ons(),
              ElementsAre("plasma", "heat"));
  EXPECT_THAT(FiredIn(decision.combinations(0).screening().areas(0)),
              ElementsAre("both-in-one-session"));
  for (const v1::AddOnRecommendation& a : decision.add_ons()) {
    EXPECT_THAT(FiredIn(a.screening().areas(0)), IsEmpty());
  }
  // Acknowledged, the pair is as good as its weaker half.
  *request.add_acknowledgements() = FromText<v1::Acknowledgement>(
      "rule_id: 'both-in-one-session' clinician_reference: 'dr' reason: 'x'");
  EXPECT_THAT(StatusesIn(MustRecommend(AddOns(), request)),
              ElementsAre("plasma RECOMMENDED 1", "heat OPTIONAL 2",
                          "plasma_with_heat OPTIONAL"));
}

TEST(AddOns, OfAnAddOnAreNotAskedFor) {
  v1::RecommendAddOnsRequest request = RequestWith(PatientWith({}), kScars);
  request.mutable_base()->set_treatment("plasma");
  v1::AddOnDecision decision;
  Violations violations;
  EXPECT_FALSE(RecommendAddOns(AddOns(), EnvironmentOn(), request, &decision,
                               &violations));
  EXPECT_THAT(Lines(violations),
              ElementsAre("base.treatment: is an add-on; name the base "
                          "treatment it goes with"));
}

TEST(AddOns, ReportEveryFaultOfARequestAtOnce) {
  const auto request = FromText<v1::RecommendAddOnsRequest>(R"(
    as_of: "soon"
    patient { age_years: -1 }
    base { treatment: "needeling" concerns: "scar" }
    add_on_devices { add_on: "plasm" device { device: "a" } }
    add_on_devices { add_on: "heat" device {} }
    add_on_devices { add_on: "heat" device { device: "b" } }
    profile: "cor"
    view: 9
    acknowledgements { rule_id: "keloid" }
  )");
  v1::AddOnDecision decision;
  Violations violations;
  EXPECT_FALSE(RecommendAddOns(AddOns(), EnvironmentOn(), request, &decision,
                               &violations));
  EXPECT_THAT(
      Lines(violations),
      ElementsAre(
          "as_of: is not a date that exists; write YYYY-MM-DD",
          "patient.age_years: must be from 0 to 130 years",
          "profile: is not a profile of the catalogue; did you mean `core`?",
          "base.treatment: is not a treatment of the catalogue; did you mean "
          "`needling`?",
          "base.areas: needs from 1 to 32 areas",
          "base.concerns[0]: is not a concern of the catalogue; did you mean "
          "`scars`?",
          "add_on_devices[0].add_on: is not a treatment of the catalogue; did "
          "you mean `plasma`, `plasma_with_heat`?",
          "add_on_devices[1].device.device: needs a device id of at most 64 "
          "bytes; leave the device out if none is named",
          "add_on_devices[2].add_on: names an add-on twice; give one device",
          "view: is not a view",
          "acknowledgements[0].rule_id: is not a rule of the catalogue; did "
          "you mean `keloid-ever`?",
          "acknowledgements[0].clinician_reference: is required, at most 256 "
          "bytes",
          "acknowledgements[0].reason: is required, at most 2000 bytes"));
}

TEST(AddOns, CountTheRulesThatTheProfileLeavesOutOfAllOfThem) {
  v1::RecommendAddOnsRequest request = RequestWith(PatientWith({}), kScars);
  EXPECT_EQ(MustRecommend(AddOns(), request).rules_left_out(), 0);
  request.set_profile("core");
  const v1::AddOnDecision decision = MustRecommend(AddOns(), request);
  EXPECT_EQ(decision.profile(), "core");
  EXPECT_EQ(decision.rules_left_out(), 8);
}

// ---------------------------------------------------------------------------
// Their devices.

const CompiledCatalog& WithDevices() {
  static const auto* catalog = new std::shared_ptr<const CompiledCatalog>(
      CatalogBuilder()
          .Add(R"(
            devices {
              device_id: "pen" display: "Pen"
              treatments: "needling" treatments: "plasma"
            }
            devices {
              device_id: "heater" display: "Heater" treatments: "heat"
            }
          )")
          .Note("none-named", Not("device { named: true }"))
          .Note("not-listed", AllOf({"device { named: true }",
                                     Not("device { listed: true }")}))
          .Note("pen", "device { device: 'pen' }")
          .Note("heater", "device { device: 'heater' }")
          .Build());
  return **catalog;
}

struct DeviceCase : TestCase {
  std::string base_device;
  std::string heat_device;
  // The note about the device, for each.
  std::string base;
  std::string plasma;
  std::string heat;
  std::string pair;
};

class AddOnDevice : public ::testing::TestWithParam<DeviceCase> {};

TEST_P(AddOnDevice, IsItsOwnOrTheBasesWhereThatIsUsedForIt) {
  const DeviceCase& c = GetParam();
  v1::RecommendAddOnsRequest request = RequestWith(PatientWith({}), kScars);
  if (!c.base_device.empty()) {
    request.mutable_base()->mutable_device()->set_device(c.base_device);
  }
  if (!c.heat_device.empty()) {
    v1::AddOnDevice* own = request.add_add_on_devices();
    own->set_add_on("heat");
    own->mutable_device()->set_device(c.heat_device);
  }
  const v1::AddOnDecision decision = MustRecommend(WithDevices(), request);
  EXPECT_THAT(FiredIn(decision.base().areas(0)), ElementsAre(c.base));
  EXPECT_THAT(FiredIn(decision.add_ons(0).screening().areas(0)),
              ElementsAre(c.plasma));
  EXPECT_THAT(FiredIn(decision.add_ons(1).screening().areas(0)),
              ElementsAre(c.heat));
  EXPECT_THAT(FiredIn(decision.combinations(0).screening().areas(0)),
              ElementsAre(c.pair));
}

INSTANTIATE_TEST_SUITE_P(
    Devices, AddOnDevice,
    ::testing::Values(DeviceCase{{"NoneNamed"},
                                 "",
                                 "",
                                 "none-named",
                                 "none-named",
                                 "none-named",
                                 "none-named"},
                      DeviceCase{{"ABaseDeviceThatOneAddOnUses"},
                                 "pen",
                                 "",
                                 "pen",
                                 "pen",
                                 "none-named",
                                 "pen"},
                      DeviceCase{{"ADeviceOfTheAddOnsOwn"},
                                 "pen",
                                 "heater",
                                 "pen",
                                 "pen",
                                 "heater",
                                 "heater"},
                      DeviceCase{{"ABaseDeviceThatIsNotListed"},
                                 "brand x",
                                 "",
                                 "not-listed",
                                 "not-listed",
                                 "not-listed",
                                 "not-listed"},
                      DeviceCase{{"ADeviceOfAnotherTreatmentForTheAddOn"},
                                 "pen",
                                 "pen",
                                 "pen",
                                 "pen",
                                 "not-listed",
                                 "pen"}),
    CaseName());

}  // namespace
}  // namespace needlewise
