// A dated course of treatment.

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

constexpr char kCited[] = "citations { source: 'R1' grade: EVIDENCE_GRADE_B }";

std::string Course(const std::string& id, const std::string& treatment,
                   const std::string& concerns, int sessions_min,
                   int sessions_max, int interval_min, int interval_max) {
  return absl::StrCat(
      "courses { course_id: '", id, "' applies_to: '", treatment, "' ",
      concerns, " sessions_min: ", sessions_min,
      " sessions_max: ", sessions_max, " interval_min_days: ", interval_min,
      " interval_max_days: ", interval_max, " text: 'Text of ", id, ".' ",
      kCited, " }");
}

std::string Item(const std::string& id, const std::string& section,
                 const std::string& more,
                 const std::string& treatment = "needling") {
  return absl::StrCat("plan_items { item_id: '", id, "' section: PLAN_SECTION_",
                      section, " applies_to: '", treatment, "' text: 'Text of ",
                      id, ".' ", more, " ", kCited, " }");
}

const CompiledCatalog& Plans() {
  static const auto* catalog = new std::shared_ptr<const CompiledCatalog>(
      CatalogBuilder()
          .Condition("smoking", "tense: QUESTION_TENSE_NOW")
          .Condition("keloid")
          .Condition("melasma", "tense: QUESTION_TENSE_NOW")
          .Contraindication("keloid-ever", IsEver("keloid"))
          .Review("melasma-now", IsNow("melasma"))
          .For("heat")
          .Contraindication("heat-and-melasma", IsNow("melasma"))
          .For("plasma_with_heat")
          .Review("both", "treatment_area { areas: 'face' }")
          .Add(R"(devices {
                    device_id: "pen" display: "Pen"
                    treatments: "needling" treatments: "plasma"
                  })")
          .Add(Course("any-concern", "needling", "", 1, 3, 28, 42))
          .Add(
              Course("of-scars", "needling", "concerns: 'scars'", 3, 4, 28, 42))
          .Add(Course("of-heat", "heat", "concerns: 'wrinkles'", 2, 2, 30, 60))
          .Add(Item("avoid-sun", "PRE_CARE", "from_hours: -60 until_hours: -1"))
          .Add(Item("no-make-up", "AFTER_CARE", "until_hours: 24"))
          .Add(Item("no-retinoid", "AFTER_CARE", "until_hours: 25"))
          .Add(Item("redness", "TIMELINE", "from_hours: 36 until_hours: 72"))
          .Add(Item("sunscreen", "TOPICAL_USE", ""))
          .Add(Item("consent", "SESSION", "mandatory: true conflicts: 'C1'"))
          .Add(Item("depth-nose", "DEPTH",
                    "areas: 'nose' maximum_depth_mm: 0.5"))
          .Add(Item("depth-face", "DEPTH",
                    "areas: 'face' maximum_depth_mm: 1.5"))
          .Add(Item("depth-pen", "DEPTH",
                    "devices: 'pen' maximum_depth_mm: 2.5"))
          .Add(Item("scars-fade", "DURATION", "concerns: 'scars'"))
          .Add(Item("smoker", "RISK",
                    absl::StrCat("condition { ", IsNow("smoking"), " }")))
          .Add(Item("burns", "RISK", "", "heat"))
          .Add(R"(conflicts {
                    conflict_id: "C1" topic: "Consent" resolution: "Ask."
                    rationale: "It is asked."
                    positions { sources: "R1" statement: "Ask." }
                  })")
          .Build());
  return **catalog;
}

v1::PlanTreatmentRequest RequestWith(const std::string& more = "",
                                     const std::string& patient = "") {
  auto request = FromText<v1::PlanTreatmentRequest>(more);
  request.set_as_of(kAsOf);
  *request.mutable_patient() = FromText<v1::Patient>(
      absl::StrCat("closed_sections { section: 'history' } ", patient));
  request.mutable_base()->set_treatment("needling");
  if (request.base().areas().empty()) {
    request.mutable_base()->add_areas("cheeks");
  }
  return request;
}

v1::TreatmentPlan MustPlan(const v1::PlanTreatmentRequest& request) {
  v1::TreatmentPlan plan;
  Violations violations;
  EXPECT_EQ(
      PlanTreatment(Plans(), EnvironmentOn(), request, &plan, &violations),
      PlanOutcome::kPlanned);
  for (const std::string& line : Lines(violations)) ADD_FAILURE() << line;
  return plan;
}

// ---------------------------------------------------------------------------
// Sessions.

struct SessionsCase : TestCase {
  std::string request;
  std::string course_text;
  // `number earliest latest`, with `?` for an optional one.
  std::vector<std::string> sessions;
};

class Sessions : public ::testing::TestWithParam<SessionsCase> {};

TEST_P(Sessions, AreThoseOfTheCourseForWhatIsTreated) {
  const v1::TreatmentPlan plan = MustPlan(RequestWith(GetParam().request));
  std::vector<std::string> sessions;
  for (const v1::PlannedSession& s : plan.sessions()) {
    sessions.push_back(absl::StrCat(s.number(), " ", s.earliest(), " ",
                                    s.latest(), s.optional() ? " ?" : ""));
  }
  EXPECT_THAT(sessions, ElementsAreArray(GetParam().sessions));
  EXPECT_EQ(plan.course_text(), GetParam().course_text);
  EXPECT_EQ(plan.course_citations_size(), 1);
}

INSTANTIATE_TEST_SUITE_P(
    Courses, Sessions,
    ::testing::Values(
        SessionsCase{{"ForAConcernThatOneCourseNames"},
                     "base { concerns: 'scars' }",
                     "Text of of-scars.",
                     {"1 2026-11-20 2026-11-20", "2 2026-12-18 2027-01-01",
                      "3 2027-01-15 2027-02-12", "4 2027-02-12 2027-03-26 ?"}},
        SessionsCase{{"ForAConcernThatNoCourseNames"},
                     "base { concerns: 'spots' }",
                     "Text of any-concern.",
                     {"1 2026-11-20 2026-11-20", "2 2026-12-18 2027-01-01 ?",
                      "3 2027-01-15 2027-02-12 ?"}},
        SessionsCase{{"ForNoConcern"},
                     "",
                     "Text of any-concern.",
                     {"1 2026-11-20 2026-11-20", "2 2026-12-18 2027-01-01 ?",
                      "3 2027-01-15 2027-02-12 ?"}},
        SessionsCase{{"OfTheAddOnBeforeItsBase"},
                     "base { concerns: 'scars' concerns: 'wrinkles' } "
                     "add_ons: 'heat'",
                     "Text of of-heat.",
                     {"1 2026-11-20 2026-11-20", "2 2026-12-20 2027-01-19"}},
        SessionsCase{{"OfTheBaseWhereTheAddOnHasNone"},
                     "base { concerns: 'scars' } add_ons: 'plasma'",
                     "Text of of-scars.",
                     {"1 2026-11-20 2026-11-20", "2 2026-12-18 2027-01-01",
                      "3 2027-01-15 2027-02-12", "4 2027-02-12 2027-03-26 ?"}}),
    CaseName());

TEST(Sessions, AreOneWhereNoCourseApplies) {
  const auto catalog = CatalogBuilder().Build();
  v1::TreatmentPlan plan;
  Violations violations;
  auto request = RequestWith();
  ASSERT_EQ(
      PlanTreatment(*catalog, EnvironmentOn(), request, &plan, &violations),
      PlanOutcome::kPlanned);
  EXPECT_THAT(plan.sessions(),
              ElementsAre(EqualsProto(FromText<v1::PlannedSession>(
                  "number: 1 earliest: '2026-11-20' latest: '2026-11-20'"))));
}

// ---------------------------------------------------------------------------
// Items.

struct ItemsCase : TestCase {
  std::string request;
  std::string patient;
  std::vector<std::string> items;
};

class Items : public ::testing::TestWithParam<ItemsCase> {};

TEST_P(Items, AreThoseThatApplyInOrderOfSectionAndTime) {
  const v1::TreatmentPlan plan =
      MustPlan(RequestWith(GetParam().request, GetParam().patient));
  std::vector<std::string> items;
  for (const v1::PlannedItem& item : plan.items()) {
    items.push_back(item.item_id());
  }
  EXPECT_THAT(items, ElementsAreArray(GetParam().items));
}

INSTANTIATE_TEST_SUITE_P(
    Plans, Items,
    ::testing::Values(
        ItemsCase{{"OfTheFaceWithoutMore"},
                  "",
                  "",
                  {"avoid-sun", "consent", "no-make-up", "no-retinoid",
                   "sunscreen", "depth-face", "redness"}},
        ItemsCase{{"OfTheNose"},
                  "base { areas: 'nose' }",
                  "",
                  {"avoid-sun", "consent", "no-make-up", "no-retinoid",
                   "sunscreen", "depth-face", "depth-nose", "redness"}},
        // The whole face holds the nose.
        ItemsCase{{"OfTheWholeFace"},
                  "base { areas: 'face' }",
                  "",
                  {"avoid-sun", "consent", "no-make-up", "no-retinoid",
                   "sunscreen", "depth-face", "depth-nose", "redness"}},
        ItemsCase{{"OfTheBack"},
                  "base { areas: 'back' }",
                  "",
                  {"avoid-sun", "consent", "no-make-up", "no-retinoid",
                   "sunscreen", "redness"}},
        ItemsCase{{"WithADevice"},
                  "base { areas: 'back' device { device: 'pen' } }",
                  "",
                  {"avoid-sun", "consent", "no-make-up", "no-retinoid",
                   "sunscreen", "depth-pen", "redness"}},
        ItemsCase{{"ForAConcern"},
                  "base { areas: 'back' concerns: 'scars' }",
                  "",
                  {"avoid-sun", "consent", "no-make-up", "no-retinoid",
                   "sunscreen", "redness", "scars-fade"}},
        ItemsCase{{"WithAnAddOn"},
                  "base { areas: 'back' } add_ons: 'heat'",
                  "",
                  {"avoid-sun", "consent", "no-make-up", "no-retinoid",
                   "sunscreen", "burns", "redness"}},
        ItemsCase{{"ForASmoker"},
                  "base { areas: 'back' }",
                  "findings { concept: 'smoking' status: "
                  "FINDING_STATUS_PRESENT }",
                  {"avoid-sun", "consent", "no-make-up", "no-retinoid",
                   "sunscreen", "smoker", "redness"}},
        ItemsCase{{"ForOneWhoMaySmoke"},
                  "base { areas: 'back' }",
                  "findings { concept: 'smoking' status: "
                  "FINDING_STATUS_UNKNOWN }",
                  {"avoid-sun", "consent", "no-make-up", "no-retinoid",
                   "sunscreen", "smoker", "redness"}}),
    CaseName());

v1::PlannedItem ItemOf(const v1::TreatmentPlan& plan, const std::string& id) {
  for (const v1::PlannedItem& item : plan.items()) {
    if (item.item_id() == id) return item;
  }
  ADD_FAILURE() << "no item " << id;
  return {};
}

struct DatedCase : TestCase {
  std::string item;
  std::string from;
  std::string until;
};

class DatedItem : public ::testing::TestWithParam<DatedCase> {};

TEST_P(DatedItem, RoundsOutwardsForTheHourOfTheSessionIsNotKnown) {
  const v1::PlannedItem item = ItemOf(MustPlan(RequestWith()), GetParam().item);
  EXPECT_EQ(item.from(), GetParam().from);
  EXPECT_EQ(item.until(), GetParam().until);
}

INSTANTIATE_TEST_SUITE_P(
    Dates, DatedItem,
    ::testing::Values(
        DatedCase{
            {"BeforeTheSession"}, "avoid-sun", "2026-11-17", "2026-11-20"},
        DatedCase{{"ADayAfterIt"}, "no-make-up", "2026-11-20", "2026-11-21"},
        DatedCase{{"ADayAndAnHourAfterIt"},
                  "no-retinoid",
                  "2026-11-20",
                  "2026-11-22"},
        DatedCase{
            {"FromADayAndAHalfOn"}, "redness", "2026-11-21", "2026-11-23"},
        DatedCase{{"AtNoTime"}, "sunscreen", "", ""}),
    CaseName());

TEST(PlannedItem, CarriesItsTextItsSourcesAndWhatItResolves) {
  EXPECT_THAT(ItemOf(MustPlan(RequestWith()), "consent"),
              EqualsProto(FromText<v1::PlannedItem>(R"(
                item_id: "consent"
                section: PLAN_SECTION_SESSION
                text: "Text of consent."
                mandatory: true
                conflicts: "C1"
                citations {
                  source: "R1"
                  grade: EVIDENCE_GRADE_B
                  text: "A review. A society. 2024"
                  doi: "10.1000/review"
                  provenance: CITATION_PROVENANCE_LOOKED_UP
                }
              )")));
  const v1::PlannedItem depth = ItemOf(MustPlan(RequestWith()), "depth-face");
  EXPECT_EQ(depth.maximum_depth_mm(), 1.5);
}

// ---------------------------------------------------------------------------
// What a plan rests on.

TEST(Plan, NamesWhatItIsForAndTheScreeningItRestsOn) {
  auto request = RequestWith("add_ons: 'plasma'");
  request.set_profile("core");
  const v1::TreatmentPlan plan = MustPlan(request);
  EXPECT_EQ(plan.as_of(), kAsOf);
  EXPECT_EQ(plan.profile(), "core");
  EXPECT_EQ(plan.catalog().version(), "1.0.0-test");
  EXPECT_THAT(plan.treatments(), ElementsAre("needling", "plasma"));
  ASSERT_EQ(plan.screening_size(), 2);
  EXPECT_EQ(plan.screening(0).treatment(), "needling");
  EXPECT_EQ(plan.screening(1).treatment(), "plasma");
}

struct BlockedCase : TestCase {
  std::string request;
  std::string patient;
  std::vector<v1::Verdict> verdicts;
};

class BlockedPlan : public ::testing::TestWithParam<BlockedCase> {};

TEST_P(BlockedPlan, IsNotMadeAndTheScreeningSaysWhy) {
  v1::TreatmentPlan plan;
  Violations violations;
  EXPECT_EQ(PlanTreatment(Plans(), EnvironmentOn(),
                          RequestWith(GetParam().request, GetParam().patient),
                          &plan, &violations),
            PlanOutcome::kNotSatisfied);
  EXPECT_THAT(violations, IsEmpty());
  std::vector<v1::Verdict> verdicts;
  for (const auto& s : plan.screening()) verdicts.push_back(s.verdict());
  EXPECT_EQ(verdicts, GetParam().verdicts);
  plan.clear_screening();
  EXPECT_THAT(plan, EqualsProto(v1::TreatmentPlan()));
}

constexpr char kKeloid[] =
    "findings { concept: 'keloid' status: FINDING_STATUS_PAST }";
constexpr char kMelasma[] =
    "findings { concept: 'melasma' status: FINDING_STATUS_PRESENT }";
constexpr char kMelasmaUnknown[] =
    "findings { concept: 'melasma' status: FINDING_STATUS_UNKNOWN }";
constexpr char kMelasmaAcknowledged[] =
    " acknowledgements { rule_id: 'melasma-now' clinician_reference: 'd' "
    "reason: 'r' }";

INSTANTIATE_TEST_SUITE_P(
    Screenings, BlockedPlan,
    ::testing::Values(
        BlockedCase{{"TheBaseIsContraindicated"},
                    "",
                    kKeloid,
                    {v1::VERDICT_CONTRAINDICATED}},
        BlockedCase{{"TheBaseNeedsAReview"},
                    "",
                    kMelasma,
                    {v1::VERDICT_REVIEW_REQUIRED}},
        BlockedCase{{"SomethingIsUnknown"},
                    "",
                    kMelasmaUnknown,
                    {v1::VERDICT_DATA_REQUIRED}},
        BlockedCase{{"AnAddOnIsContraindicated"},
                    absl::StrCat("add_ons: 'plasma' add_ons: 'heat'",
                                 kMelasmaAcknowledged),
                    kMelasma,
                    {v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS,
                     v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS,
                     v1::VERDICT_CONTRAINDICATED, v1::VERDICT_CONTRAINDICATED}},
        BlockedCase{{"ThePairNeedsAReview"},
                    "add_ons: 'heat' add_ons: 'plasma'",
                    "",
                    {v1::VERDICT_ELIGIBLE, v1::VERDICT_ELIGIBLE,
                     v1::VERDICT_ELIGIBLE, v1::VERDICT_REVIEW_REQUIRED}}),
    CaseName());

TEST(Plan, IsMadeOnceItsReviewIsAcknowledged) {
  EXPECT_EQ(MustPlan(RequestWith(kMelasmaAcknowledged, kMelasma))
                .screening(0)
                .verdict(),
            v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS);
}

TEST(Plan, ReportsEveryFaultOfARequestAtOnce) {
  const auto request = FromText<v1::PlanTreatmentRequest>(R"(
    as_of: "soon"
    patient { birth_date: "92" }
    base { treatment: "needling" areas: "knee" }
    add_ons: "plasm"
    add_ons: "needling"
    add_ons: "plasma_with_heat"
    add_on_devices { add_on: "heat" device {} }
    profile: "x"
    acknowledgements { rule_id: "keloid-ever" }
  )");
  v1::TreatmentPlan plan;
  Violations violations;
  EXPECT_EQ(
      PlanTreatment(Plans(), EnvironmentOn(), request, &plan, &violations),
      PlanOutcome::kInvalid);
  EXPECT_THAT(
      Lines(violations),
      ElementsAre(
          "as_of: is not a date that exists; write YYYY-MM-DD",
          "patient.birth_date: is not a date that exists; write YYYY, YYYY-MM "
          "or YYYY-MM-DD",
          "profile: is not a profile of the catalogue",
          "base.areas[0]: is not an area of the catalogue",
          "add_ons[0]: is not a treatment of the catalogue; did you mean "
          "`plasma`, `plasma_with_heat`?",
          "add_ons[1]: is not an add-on of the base treatment",
          "add_ons[2]: is not an add-on of the base treatment",
          "add_on_devices[0].device.device: needs a device id of at most 64 "
          "bytes; leave the device out if none is named",
          "acknowledgements[0].rule_id: names a rule that is neither a review "
          "nor a precaution; only those can be acknowledged",
          "acknowledgements[0].clinician_reference: is required, at most 256 "
          "bytes",
          "acknowledgements[0].reason: is required, at most 2000 bytes"));
}

TEST(Plan, RefusesTooManyAddOns) {
  auto request = RequestWith();
  for (int i = 0; i < 9; ++i) request.add_add_ons("plasma");
  v1::TreatmentPlan plan;
  Violations violations;
  EXPECT_EQ(
      PlanTreatment(Plans(), EnvironmentOn(), request, &plan, &violations),
      PlanOutcome::kInvalid);
  EXPECT_THAT(Lines(violations),
              ElementsAre("add_ons: names more than 8 add-ons"));
}

TEST(Plan, NamesAnAddOnOnce) {
  auto request = RequestWith("add_ons: 'plasma' add_ons: 'plasma'");
  EXPECT_THAT(MustPlan(request).treatments(),
              ElementsAre("needling", "plasma"));
}

}  // namespace
}  // namespace needlewise
