#include "rules/engine/decide.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
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
using ::testing::IsEmpty;

v1::Acknowledgement Acknowledged(const std::string& rule_id) {
  v1::Acknowledgement given;
  given.set_rule_id(rule_id);
  given.set_clinician_reference("dr-1");
  given.set_reason("Seen and discussed.");
  return given;
}

// ---------------------------------------------------------------------------
// The verdict table.

// The table line by line: the first that holds wins.
v1::Verdict ByTheTable(const RuleTally& tally) {
  const auto is_true = [&](Strictness s) {
    return tally.true_rules[static_cast<int>(s)] > 0;
  };
  const auto is_unknown = [&](Strictness s) {
    return tally.unknown_rules[static_cast<int>(s)] > 0;
  };
  const struct {
    bool holds;
    v1::Verdict verdict;
  } lines[] = {
      {is_true(Strictness::kContraindication), v1::VERDICT_CONTRAINDICATED},
      {is_true(Strictness::kDeferral), v1::VERDICT_DEFERRED},
      {is_unknown(Strictness::kContraindication), v1::VERDICT_DATA_REQUIRED},
      {is_unknown(Strictness::kDeferral), v1::VERDICT_DATA_REQUIRED},
      {is_unknown(Strictness::kReview) && !is_true(Strictness::kReview),
       v1::VERDICT_DATA_REQUIRED},
      {is_true(Strictness::kReview), v1::VERDICT_REVIEW_REQUIRED},
      {is_true(Strictness::kPrecaution), v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS},
      {is_unknown(Strictness::kPrecaution),
       v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS},
      {true, v1::VERDICT_ELIGIBLE}};
  for (const auto& line : lines) {
    if (line.holds) return line.verdict;
  }
  return v1::VERDICT_UNSPECIFIED;
}

TEST(Verdict, IsTheFirstLineOfTheTableForEveryTally) {
  // None, one or two true and unknown rules of each of the five effects.
  for (int n = 0; n < 59049; ++n) {
    RuleTally tally;
    int rest = n;
    for (int s = 0; s < 5; ++s) {
      tally.true_rules[s] = rest % 3;
      rest /= 3;
      tally.unknown_rules[s] = rest % 3;
      rest /= 3;
    }
    ASSERT_EQ(VerdictFrom(tally), ByTheTable(tally))
        << absl::StrJoin(tally.true_rules, ",") << " true, "
        << absl::StrJoin(tally.unknown_rules, ",") << " unknown";
  }
}

TEST(Verdict, IsEligibleInTwoCasesOnly) {
  EXPECT_TRUE(IsEligible(v1::VERDICT_ELIGIBLE));
  EXPECT_TRUE(IsEligible(v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS));
  EXPECT_FALSE(IsEligible(v1::VERDICT_REVIEW_REQUIRED));
  EXPECT_FALSE(IsEligible(v1::VERDICT_DATA_REQUIRED));
  EXPECT_FALSE(IsEligible(v1::VERDICT_DEFERRED));
  EXPECT_FALSE(IsEligible(v1::VERDICT_CONTRAINDICATED));
  EXPECT_FALSE(IsEligible(v1::VERDICT_UNSPECIFIED));
}

const CompiledCatalog& OneRuleOfEachEffect() {
  static const auto* catalog = new std::shared_ptr<const CompiledCatalog>([] {
    CatalogBuilder builder;
    for (const char* id : {"a", "b", "c", "d", "e"}) builder.Condition(id);
    return builder.Contraindication("contraindication", IsEver("a"))
        .Deferral("deferral", IsEver("b"))
        .Review("review", IsEver("c"), "profiles: 'core'")
        .Precaution("precaution", IsEver("d"), "profiles: 'core'")
        .Note("note", IsEver("e"))
        .Build();
  }());
  return **catalog;
}

struct VerdictCase : TestCase {
  // For each of the five effects from the strictest: T, F or U.
  std::string truths;
  v1::Verdict verdict;
  v1::Verdict possible;
};

class VerdictOnAPatient : public ::testing::TestWithParam<VerdictCase> {};

v1::Patient WithTruths(const std::string& truths) {
  v1::Patient patient;
  const char* const concepts[] = {"a", "b", "c", "d", "e"};
  for (size_t i = 0; i < truths.size(); ++i) {
    if (truths[i] == 'U') continue;
    *patient.add_findings() =
        truths[i] == 'T' ? Present(concepts[i]) : Never(concepts[i]);
  }
  return patient;
}

TEST_P(VerdictOnAPatient, ComesWithTheStrictestThatTheUnknownsAllow) {
  const v1::AreaDecision decision = MustDecide(
      OneRuleOfEachEffect(), RequestFor(WithTruths(GetParam().truths)));
  EXPECT_EQ(decision.verdict(), GetParam().verdict);
  EXPECT_EQ(decision.possible(), GetParam().possible);
}

INSTANTIATE_TEST_SUITE_P(
    Patients, VerdictOnAPatient,
    ::testing::Values(
        VerdictCase{{"NothingKnown"},
                    "UUUUU",
                    v1::VERDICT_DATA_REQUIRED,
                    v1::VERDICT_CONTRAINDICATED},
        VerdictCase{
            {"NothingSo"}, "FFFFF", v1::VERDICT_ELIGIBLE, v1::VERDICT_ELIGIBLE},
        VerdictCase{{"ANoteChangesNothing"},
                    "FFFFT",
                    v1::VERDICT_ELIGIBLE,
                    v1::VERDICT_ELIGIBLE},
        VerdictCase{{"AnUnknownNoteChangesNothing"},
                    "FFFFU",
                    v1::VERDICT_ELIGIBLE,
                    v1::VERDICT_ELIGIBLE},
        VerdictCase{{"APrecaution"},
                    "FFFTF",
                    v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS,
                    v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS},
        VerdictCase{{"AnUnknownPrecaution"},
                    "FFFUF",
                    v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS,
                    v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS},
        VerdictCase{{"AReview"},
                    "FFTUF",
                    v1::VERDICT_REVIEW_REQUIRED,
                    v1::VERDICT_REVIEW_REQUIRED},
        VerdictCase{{"AnUnknownReview"},
                    "FFUTF",
                    v1::VERDICT_DATA_REQUIRED,
                    v1::VERDICT_REVIEW_REQUIRED},
        VerdictCase{{"AnUnknownDeferralBesideAReview"},
                    "FUTFF",
                    v1::VERDICT_DATA_REQUIRED,
                    v1::VERDICT_DEFERRED},
        VerdictCase{
            {"ADeferral"}, "FTUUU", v1::VERDICT_DEFERRED, v1::VERDICT_DEFERRED},
        VerdictCase{{"ADeferralBesideAnUnknownContraindication"},
                    "UTFFF",
                    v1::VERDICT_DEFERRED,
                    v1::VERDICT_CONTRAINDICATED},
        VerdictCase{{"AContraindication"},
                    "TUUUU",
                    v1::VERDICT_CONTRAINDICATED,
                    v1::VERDICT_CONTRAINDICATED}),
    CaseName());

TEST(AreaDecision, ListsFiredAndUnknownRulesStrictestFirstThenById) {
  const auto catalog = CatalogBuilder()
                           .Condition("a")
                           .Condition("b")
                           .Note("n", IsEver("a"))
                           .Precaution("p", IsEver("a"))
                           .Review("r", IsEver("a"))
                           .Contraindication("c2", IsEver("a"))
                           .Contraindication("c1", IsEver("a"))
                           .Deferral("d", IsEver("a"))
                           .Note("unknown-n", IsEver("b"))
                           .Precaution("unknown-p", IsEver("b"))
                           .Contraindication("unknown-c2", IsEver("b"))
                           .Contraindication("unknown-c1", IsEver("b"))
                           .Build();
  const v1::AreaDecision decision =
      MustDecide(*catalog, RequestFor(PatientWith({Present("a")})));
  EXPECT_THAT(FiredIn(decision), ElementsAre("c1", "c2", "d", "r", "p", "n"));
  EXPECT_THAT(decision.unknown_rules(),
              ElementsAre("unknown-c1", "unknown-c2", "unknown-p"));
}

TEST(Decision, NamesItsDaysItsCatalogueAndItsProfile) {
  v1::ScreenEligibilityRequest request = RequestFor(WithTruths("FFFFF"));
  request.set_as_of("2027-01-15");
  const v1::Decision decision = MustScreen(OneRuleOfEachEffect(), request);
  EXPECT_EQ(decision.as_of(), "2027-01-15");
  EXPECT_EQ(decision.today(), kAsOf);
  EXPECT_EQ(decision.profile(), "standard");
  EXPECT_EQ(decision.catalog().version(), "1.0.0-test");
  EXPECT_EQ(decision.catalog().digest().size(), 64u);
  EXPECT_EQ(decision.rules_left_out(), 0);
}

TEST(Decision, IsForTodayWhereNoDayIsGiven) {
  v1::ScreenEligibilityRequest request = RequestFor(WithTruths("FFFFF"));
  request.clear_as_of();
  EXPECT_EQ(MustScreen(OneRuleOfEachEffect(), request, "2026-12-24").as_of(),
            "2026-12-24");
}

TEST(Decision, HoldsNoProseInBasicView) {
  v1::ScreenEligibilityRequest request = RequestFor(WithTruths("UTUUU"));
  for (const v1::View view : {v1::VIEW_UNSPECIFIED, v1::VIEW_BASIC}) {
    request.set_view(view);
    const v1::AreaDecision decision =
        MustDecide(OneRuleOfEachEffect(), request);
    ASSERT_EQ(decision.fired_size(), 1);
    EXPECT_THAT(decision.fired(0).title(), IsEmpty());
    EXPECT_THAT(decision.fired(0).facts(), IsEmpty());
    EXPECT_THAT(decision.fired(0).citations(), IsEmpty());
    EXPECT_THAT(decision.outstanding(0).text(), IsEmpty());
    EXPECT_FALSE(decision.has_counterfactual());
  }
}

TEST(Decision, IsRefusedForAViewThatIsNoneAndAnIdThatIsTooLong) {
  v1::ScreenEligibilityRequest request = RequestFor(WithTruths("FFFFF"));
  request.set_view(static_cast<v1::View>(9));
  request.set_request_id(std::string(129, 'x'));
  v1::Decision decision;
  Violations violations;
  EXPECT_FALSE(Screen(OneRuleOfEachEffect(), EnvironmentOn(), request,
                      &decision, &violations));
  EXPECT_THAT(Lines(violations),
              ElementsAre("request_id: is longer than 128 bytes",
                          "view: is not a view"));
}

// ---------------------------------------------------------------------------
// When a deferral is over.

// Deferrals by windows in every unit, one without a date, and what else may
// stand in the way on the day they are over.
const CompiledCatalog& Deferrals() {
  static const auto* catalog = new std::shared_ptr<const CompiledCatalog>(
      CatalogBuilder()
          .Condition("botulinum")
          .Condition("peel")
          .Condition("isotretinoin")
          .Condition("aspirin")
          .Condition("scar")
          .Condition("cold")
          .Condition("fever", "tense: QUESTION_TENSE_NOW")
          .Condition("test", "tense: QUESTION_TENSE_NOW freshness { days: 7 }")
          .Deferral("botulinum-lately", IsWithin("botulinum", "days: 14"))
          .Deferral("peel-lately", IsWithin("peel", "weeks: 8"))
          .Deferral("isotretinoin-lately",
                    IsWithin("isotretinoin", "months: 6"))
          .Deferral("aspirin-lately", IsWithin("aspirin", "hours: 48"))
          .Deferral("scar-new", BeganWithin("scar", "months: 12"))
          .Deferral("fever-now", IsNow("fever"))
          .Deferral("test-positive", IsNow("test"))
          .Review("cold-now", IsNow("cold"))
          .Build());
  return **catalog;
}

struct FromCase : TestCase {
  std::vector<v1::Finding> findings;
  std::string eligible_from;
  bool provisional = false;
};

class EligibleFrom : public ::testing::TestWithParam<FromCase> {};

// What is not said to be otherwise is not so.
v1::Patient OtherwiseWell(const std::vector<v1::Finding>& findings) {
  return PatientWith(findings, "closed_sections { section: 'history' }");
}

TEST_P(EligibleFrom, IsTheFirstDayOnWhichNoTrueDeferralHolds) {
  const v1::AreaDecision decision =
      MustDecide(Deferrals(), RequestFor(OtherwiseWell(GetParam().findings)));
  EXPECT_EQ(decision.verdict(), v1::VERDICT_DEFERRED);
  EXPECT_EQ(decision.eligible_from(), GetParam().eligible_from);
  EXPECT_EQ(decision.provisional(), GetParam().provisional);
}

INSTANTIATE_TEST_SUITE_P(
    WholeDates, EligibleFrom,
    ::testing::Values(
        FromCase{{"Days"},
                 {Past("botulinum", "last: '2026-11-18'"), Never("test")},
                 "2026-12-02",
                 true},
        FromCase{
            {"Hours"}, {Past("aspirin", "last: '2026-11-19'")}, "2026-11-22"},
        FromCase{{"Weeks"}, {Past("peel", "last: '2026-10-01'")}, "2026-11-26"},
        FromCase{{"MonthsPastAShortMonthsEnd"},
                 {Past("isotretinoin", "last: '2026-08-31'")},
                 "2027-03-01",
                 true},
        FromCase{{"TheLatestOfSeveral"},
                 {Past("aspirin", "last: '2026-11-19'"),
                  Past("peel", "last: '2026-10-01'")},
                 "2026-11-26"},
        FromCase{{"FromTheBeginning"},
                 {Present("scar", "onset: '2025-11-24'")},
                 "2026-11-24"},
        FromCase{{"WhatWasAbsentWithADate"},
                 {Absent("aspirin", "last: '2026-11-20'")},
                 "2026-11-23"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    PartialDates, EligibleFrom,
    ::testing::Values(
        FromCase{{"TakeTheLatestEnd"},
                 {Past("peel", "last: '2026-10'")},
                 "2026-12-26",
                 true},
        // What of the month comes after the day of the decision does not count.
        FromCase{{"OfThisMonthCountUpToTheDay"},
                 {Past("peel", "last: '2026-11'")},
                 "2027-01-15",
                 true},
        FromCase{{"OfAMonthInCalendarMonths"},
                 {Past("isotretinoin", "last: '2026-07'")},
                 "2027-01-31",
                 true}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    UnknownDates, EligibleFrom,
    ::testing::Values(
        // It ended after it began, and by the day of the decision.
        FromCase{{"OfWhatBeganInTheWindow"},
                 {Past("aspirin", "onset: '2026-11-19'")},
                 "2026-11-23"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    WithoutADate, EligibleFrom,
    ::testing::Values(
        FromCase{{"WhatIsSoNow"}, {Present("fever")}, ""},
        FromCase{{"AWindowOverWhatIsSoNow"}, {Present("botulinum")}, ""},
        FromCase{{"ALastOfWhatIsSoNow"},
                 {Present("botulinum", "last: '2026-11-18'")},
                 ""},
        FromCase{{"OneOfTwo"},
                 {Present("fever"), Past("aspirin", "last: '2026-11-19'")},
                 ""}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    OnThatDay, EligibleFrom,
    ::testing::Values(
        FromCase{{"NothingElseStandsInTheWay"},
                 {Past("aspirin", "last: '2026-11-19'")},
                 "2026-11-22",
                 false},
        FromCase{{"SomethingUnknownMayBlock"},
                 {Past("aspirin", "last: '2026-11-19'"), NotKnown("fever")},
                 "2026-11-22",
                 true},
        FromCase{{"AReviewBlocks"},
                 {Past("aspirin", "last: '2026-11-19'"), Present("cold")},
                 "2026-11-22",
                 true},
        FromCase{{"AnAnswerWillBeStale"},
                 {Past("peel", "last: '2026-10-05'")},
                 "2026-11-30",
                 true},
        FromCase{{"AnAnswerWillBeAsOldAsAllowed"},
                 {Past("peel", "last: '2026-10-02'")},
                 "2026-11-27",
                 false},
        FromCase{{"AWindowThatMayBeOpenNowIsOver"},
                 {Past("peel", "last: '2026-10-01'"),
                  Past("aspirin", "last: '2026-11'")},
                 "2026-11-26",
                 false}),
    CaseName());

struct BirthdayCase : TestCase {
  std::string patient;
  std::string eligible_from;
};

class EligibleFromABirthday : public ::testing::TestWithParam<BirthdayCase> {};

TEST_P(EligibleFromABirthday, IsTheLatestThatItCanBe) {
  const auto catalog =
      CatalogBuilder().Age().Deferral("minor", IsBelow("age", 18)).Build();
  const v1::AreaDecision decision =
      MustDecide(*catalog, RequestFor(PatientWith({}, GetParam().patient)));
  EXPECT_EQ(decision.verdict(), v1::VERDICT_DEFERRED);
  EXPECT_EQ(decision.eligible_from(), GetParam().eligible_from);
  EXPECT_FALSE(decision.provisional());
}

INSTANTIATE_TEST_SUITE_P(
    Ages, EligibleFromABirthday,
    ::testing::Values(
        BirthdayCase{{"ABirthDate"}, "birth_date: '2009-01-15'", "2027-01-15"},
        BirthdayCase{{"AMonthOfBirth"}, "birth_date: '2009-01'", "2027-01-31"},
        BirthdayCase{{"AYearOfBirth"}, "birth_date: '2009'", "2027-12-31"},
        BirthdayCase{{"ALeapDay"}, "birth_date: '2012-02-29'", "2030-03-01"},
        BirthdayCase{{"AnAge"}, "age_years: 17", "2027-11-20"},
        BirthdayCase{{"AnAgeAndAYearOfBirth"},
                     "age_years: 17 birth_date: '2009'",
                     "2027-11-20"}),
    CaseName());

TEST(EligibleFrom, IsNotGivenBesideAContraindication) {
  const auto catalog =
      CatalogBuilder()
          .Condition("keloid")
          .Condition("peel")
          .Contraindication("keloid-ever", IsEver("keloid"))
          .Deferral("peel-lately", IsWithin("peel", "weeks: 8"))
          .Build();
  const v1::AreaDecision decision = MustDecide(
      *catalog, RequestFor(PatientWith(
                    {Present("keloid"), Past("peel", "last: '2026-11-01'")})));
  EXPECT_EQ(decision.verdict(), v1::VERDICT_CONTRAINDICATED);
  EXPECT_THAT(decision.eligible_from(), IsEmpty());
  // The deferral itself still says when it is over.
  ASSERT_EQ(decision.fired_size(), 2);
  EXPECT_THAT(decision.fired(0).clears_on(), IsEmpty());
  EXPECT_EQ(decision.fired(1).clears_on(), "2026-12-27");
}

TEST(EligibleFrom, AnAcknowledgedReviewDoesNotMakeItProvisional) {
  v1::ScreenEligibilityRequest request = RequestFor(
      OtherwiseWell({Past("aspirin", "last: '2026-11-19'"), Present("cold")}));
  *request.add_acknowledgements() = Acknowledged("cold-now");
  const v1::AreaDecision decision = MustDecide(Deferrals(), request);
  EXPECT_EQ(decision.eligible_from(), "2026-11-22");
  EXPECT_FALSE(decision.provisional());
}

TEST(EligibleFrom, IsTheDayOnWhichTheVerdictIsNoLongerDeferred) {
  const v1::Patient patient =
      OtherwiseWell({Past("aspirin", "last: '2026-11-19'")});
  v1::ScreenEligibilityRequest request = RequestFor(patient);
  request.set_as_of("2026-11-21");
  EXPECT_EQ(MustDecide(Deferrals(), request).verdict(), v1::VERDICT_DEFERRED);
  request.set_as_of("2026-11-22");
  EXPECT_EQ(MustDecide(Deferrals(), request).verdict(), v1::VERDICT_ELIGIBLE);
}

// ---------------------------------------------------------------------------
// Several areas.

const CompiledCatalog& Rash() {
  static const auto* catalog = new std::shared_ptr<const CompiledCatalog>(
      CatalogBuilder()
          .SkinCondition("rash")
          .SkinCondition("peel")
          .SkinCondition("boil")
          .Contraindication("boil-here", IsNow("boil"))
          .Deferral("rash-here", IsNow("rash"))
          .Deferral("peel-here", IsWithin("peel", "days: 14"))
          .Build());
  return **catalog;
}

struct AreasCase : TestCase {
  std::vector<v1::Finding> findings;
  // Of the cheeks and of the neck.
  std::vector<v1::Verdict> areas;
  v1::Verdict verdict;
  std::string eligible_from = "";
  bool provisional = false;
};

class SeveralAreas : public ::testing::TestWithParam<AreasCase> {};

TEST_P(SeveralAreas, HaveAVerdictEachAndTheStrictestIsTheTreatments) {
  v1::ScreenEligibilityRequest request =
      RequestFor(PatientWith(GetParam().findings));
  request.mutable_treatments(0)->add_areas("neck");
  const v1::TreatmentDecision decision =
      MustScreen(Rash(), request).treatments(0);
  ASSERT_EQ(decision.areas_size(), 2);
  EXPECT_EQ(decision.areas(0).area(), "cheeks");
  EXPECT_EQ(decision.areas(1).area(), "neck");
  EXPECT_EQ(decision.areas(0).verdict(), GetParam().areas[0]);
  EXPECT_EQ(decision.areas(1).verdict(), GetParam().areas[1]);
  EXPECT_EQ(decision.verdict(), GetParam().verdict);
  EXPECT_EQ(decision.eligible_from(), GetParam().eligible_from);
  EXPECT_EQ(decision.provisional(), GetParam().provisional);
}

INSTANTIATE_TEST_SUITE_P(
    Areas, SeveralAreas,
    ::testing::Values(
        AreasCase{{"BothEligible"},
                  {Never("rash"), Never("peel"), Never("boil")},
                  {v1::VERDICT_ELIGIBLE, v1::VERDICT_ELIGIBLE},
                  v1::VERDICT_ELIGIBLE},
        AreasCase{
            {"OneUnknown"},
            {Never("rash", "areas: 'cheeks'"), Never("peel"), Never("boil")},
            {v1::VERDICT_ELIGIBLE, v1::VERDICT_DATA_REQUIRED},
            v1::VERDICT_DATA_REQUIRED},
        AreasCase{{"OneContraindicated"},
                  {Never("rash"), Never("peel"),
                   Present("boil", "areas: 'neck' areas_complete: true")},
                  {v1::VERDICT_ELIGIBLE, v1::VERDICT_CONTRAINDICATED},
                  v1::VERDICT_CONTRAINDICATED},
        AreasCase{{"TheLaterOfTwoDates"},
                  {Never("rash"), Never("boil"),
                   Past("peel", "areas: 'cheeks' last: '2026-11-10'"),
                   Past("peel", "areas: 'neck' last: '2026-11-12'")},
                  {v1::VERDICT_DEFERRED, v1::VERDICT_DEFERRED},
                  v1::VERDICT_DEFERRED,
                  "2026-11-26"},
        AreasCase{{"NoDateUnlessEveryDeferredAreaHasOne"},
                  {Present("rash", "areas: 'neck' areas_complete: true"),
                   Never("boil"),
                   Past("peel",
                        "areas: 'cheeks' last: '2026-11-10' "
                        "areas_complete: true")},
                  {v1::VERDICT_DEFERRED, v1::VERDICT_DEFERRED},
                  v1::VERDICT_DEFERRED,
                  ""},
        AreasCase{{"ADateIsProvisionalWhileAnotherAreaIsUnknown"},
                  {Never("rash"), Never("boil", "areas: 'cheeks'"),
                   Past("peel",
                        "areas: 'cheeks' last: '2026-11-10' "
                        "areas_complete: true")},
                  {v1::VERDICT_DEFERRED, v1::VERDICT_DATA_REQUIRED},
                  v1::VERDICT_DEFERRED,
                  "2026-11-24",
                  true}),
    CaseName());

TEST(SeveralTreatments, AreDecidedInTheOrderAsked) {
  v1::ScreenEligibilityRequest request =
      RequestFor(PatientWith({Never("rash"), Never("peel"), Never("boil")}));
  *request.add_treatments() = FromText<v1::TreatmentSelection>(
      "treatment: 'plasma' areas: 'neck' areas: 'nose' areas: 'neck'");
  const v1::Decision decision = MustScreen(Rash(), request);
  ASSERT_EQ(decision.treatments_size(), 2);
  EXPECT_EQ(decision.treatments(0).treatment(), "needling");
  EXPECT_EQ(decision.treatments(1).treatment(), "plasma");
  // An area named twice is decided once.
  ASSERT_EQ(decision.treatments(1).areas_size(), 2);
  EXPECT_EQ(decision.treatments(1).areas(0).area(), "neck");
  EXPECT_EQ(decision.treatments(1).areas(1).area(), "nose");
}

// ---------------------------------------------------------------------------
// Acknowledgements and profiles.

TEST(Acknowledgement, OfAReviewMakesItCountAsAPrecaution) {
  v1::ScreenEligibilityRequest request = RequestFor(WithTruths("FFTFF"));
  EXPECT_EQ(MustDecide(OneRuleOfEachEffect(), request).verdict(),
            v1::VERDICT_REVIEW_REQUIRED);
  *request.add_acknowledgements() = Acknowledged("review");
  const v1::AreaDecision decision = MustDecide(OneRuleOfEachEffect(), request);
  EXPECT_EQ(decision.verdict(), v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS);
  ASSERT_THAT(FiredIn(decision), ElementsAre("review"));
  EXPECT_TRUE(decision.fired(0).acknowledged());
  EXPECT_EQ(decision.fired(0).effect(), v1::EFFECT_KIND_REVIEW);
}

TEST(Acknowledgement, OfAPrecautionIsShownAndChangesNothingElse) {
  v1::ScreenEligibilityRequest request = RequestFor(WithTruths("FFFTF"));
  *request.add_acknowledgements() = Acknowledged("precaution");
  const v1::AreaDecision decision = MustDecide(OneRuleOfEachEffect(), request);
  EXPECT_EQ(decision.verdict(), v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS);
  EXPECT_TRUE(decision.fired(0).acknowledged());
}

TEST(Acknowledgement, DoesNotReachWhatStandsBesideTheReview) {
  v1::ScreenEligibilityRequest request = RequestFor(WithTruths("FUTFF"));
  *request.add_acknowledgements() = Acknowledged("review");
  EXPECT_EQ(MustDecide(OneRuleOfEachEffect(), request).verdict(),
            v1::VERDICT_DATA_REQUIRED);
}

TEST(Acknowledgement, OfAReviewThatDoesNotFireChangesNothing) {
  v1::ScreenEligibilityRequest request = RequestFor(WithTruths("FFFFF"));
  *request.add_acknowledgements() = Acknowledged("review");
  EXPECT_EQ(MustDecide(OneRuleOfEachEffect(), request).verdict(),
            v1::VERDICT_ELIGIBLE);
}

TEST(Acknowledgement, OfAContraindicationOrDeferralIsAFault) {
  v1::ScreenEligibilityRequest request = RequestFor(WithTruths("TTFFF"));
  *request.add_acknowledgements() = Acknowledged("contraindication");
  *request.add_acknowledgements() = Acknowledged("deferral");
  v1::Decision decision;
  Violations violations;
  EXPECT_FALSE(Screen(OneRuleOfEachEffect(), EnvironmentOn(), request,
                      &decision, &violations));
  EXPECT_THAT(
      Lines(violations),
      ElementsAre("acknowledgements[0].rule_id: names a rule that is neither "
                  "a review nor a precaution; only those can be acknowledged",
                  "acknowledgements[1].rule_id: names a rule that is neither "
                  "a review nor a precaution; only those can be "
                  "acknowledged"));
}

TEST(Profile, LeavesOutRulesAndSaysHowMany) {
  v1::ScreenEligibilityRequest request = RequestFor(WithTruths("TTFTF"));
  request.set_profile("core");
  const v1::Decision decision = MustScreen(OneRuleOfEachEffect(), request);
  EXPECT_EQ(decision.profile(), "core");
  EXPECT_EQ(decision.rules_left_out(), 3);
  EXPECT_THAT(FiredIn(decision.treatments(0).areas(0)),
              ElementsAre("precaution"));
}

TEST(Profile, CountsARuleOfSeveralTreatmentsOnce) {
  const auto catalog = CatalogBuilder()
                           .Condition("a")
                           .Contraindication("base", IsEver("a"))
                           .For("plasma")
                           .Contraindication("own", IsEver("a"))
                           .Build();
  v1::ScreenEligibilityRequest request = RequestFor(PatientWith({}));
  *request.add_treatments() =
      FromText<v1::TreatmentSelection>("treatment: 'plasma' areas: 'cheeks'");
  request.set_profile("core");
  EXPECT_EQ(MustScreen(*catalog, request).rules_left_out(), 2);
  request.set_profile("standard");
  EXPECT_EQ(MustScreen(*catalog, request).rules_left_out(), 0);
}

// ---------------------------------------------------------------------------
// What would have to change.

const CompiledCatalog& Changes() {
  static const auto* catalog = new std::shared_ptr<const CompiledCatalog>(
      CatalogBuilder()
          .Age()
          .Condition("keloid")
          .Condition("fever", "tense: QUESTION_TENSE_NOW")
          .Condition("peel")
          .Condition("melasma", "tense: QUESTION_TENSE_NOW")
          .Condition("smoking", "tense: QUESTION_TENSE_NOW")
          .Condition("unasked", "tense: QUESTION_TENSE_NOW")
          .Quantity("platelets", "10*9/L", 3000)
          .Contraindication("keloid-ever", IsEver("keloid"))
          .Contraindication("minor", IsBelow("age", 18))
          .Contraindication("platelets-low", IsBelow("platelets", 50))
          .Deferral("fever-now", IsNow("fever"))
          .Deferral("peel-lately", IsWithin("peel", "days: 14"))
          .Review("melasma-now", IsNow("melasma"))
          .Precaution("smoking-now", IsNow("smoking"))
          .Build());
  return **catalog;
}

struct ChangeCase : TestCase {
  std::vector<v1::Finding> findings;
  std::string counterfactual;
};

class Counterfactual : public ::testing::TestWithParam<ChangeCase> {};

v1::AreaDecision DecideInFull(const std::vector<v1::Finding>& findings) {
  v1::ScreenEligibilityRequest request = RequestFor(PatientWith(
      findings, "age_years: 40 closed_sections { section: 'history' }"));
  request.set_view(v1::VIEW_FULL);
  return MustDecide(Changes(), request);
}

TEST_P(Counterfactual, SaysWhatWouldHaveToChangeAndFromWhen) {
  std::vector<v1::Finding> findings = GetParam().findings;
  EXPECT_THAT(
      DecideInFull(findings).counterfactual(),
      EqualsProto(FromText<v1::Counterfactual>(GetParam().counterfactual)));
}

v1::Finding Platelets(double value) {
  return Measured("platelets", value, "10*9/L");
}

INSTANTIATE_TEST_SUITE_P(
    Changes, Counterfactual,
    ::testing::Values(
        ChangeCase{{"WhatTheFutureCanBring"},
                   {Present("fever"), Platelets(200)},
                   R"(possible: true
                      verdict: VERDICT_ELIGIBLE
                      changes {
                        concept: "fever"
                        rule_id: "fever-now"
                        text: "fever: What clears fever-now."
                      })"},
        ChangeCase{{"AQuantity"},
                   {Platelets(40)},
                   R"(possible: true
                      verdict: VERDICT_ELIGIBLE
                      changes {
                        concept: "platelets"
                        rule_id: "platelets-low"
                        text: "platelets: What clears platelets-low."
                      })"},
        ChangeCase{{"WhatTimeAloneClears"},
                   {Past("peel", "last: '2026-11-15'"), Platelets(200)},
                   R"(possible: true
                      verdict: VERDICT_ELIGIBLE
                      from_date: "2026-11-29"
                      changes {
                        concept: "peel"
                        rule_id: "peel-lately"
                        clears_on: "2026-11-29"
                        text: "peel: What clears peel-lately."
                      })"},
        ChangeCase{{"AReviewIsAClinicians"},
                   {Present("melasma"), Platelets(200)},
                   R"(possible: true
                      verdict: VERDICT_ELIGIBLE_WITH_PRECAUTIONS
                      changes {
                        rule_id: "melasma-now"
                        text: "Title of melasma-now. A clinician decides and acknowledges it with a reason."
                      })"},
        ChangeCase{{"SeveralAtOnceTheStrictestFirst"},
                   {Present("fever"), Present("smoking"), Platelets(40),
                    Past("peel", "last: '2026-11-15'")},
                   R"(possible: true
                      verdict: VERDICT_ELIGIBLE_WITH_PRECAUTIONS
                      from_date: "2026-11-29"
                      changes {
                        concept: "platelets"
                        rule_id: "platelets-low"
                        text: "platelets: What clears platelets-low."
                      }
                      changes {
                        concept: "fever"
                        rule_id: "fever-now"
                        text: "fever: What clears fever-now."
                      }
                      changes {
                        concept: "peel"
                        rule_id: "peel-lately"
                        clears_on: "2026-11-29"
                        text: "peel: What clears peel-lately."
                      })"},
        ChangeCase{{"ThePastCannotChange"},
                   {Past("keloid"), Platelets(200)},
                   R"(possible: false
                      changes {
                        rule_id: "keloid-ever"
                        impossible: true
                        text: "Title of keloid-ever. Nothing about the patient that can change clears this."
                      })"},
        ChangeCase{{"WhatIsUnknownStaysSo"},
                   {Present("fever")},
                   R"(possible: true
                      verdict: VERDICT_DATA_REQUIRED
                      changes {
                        concept: "fever"
                        rule_id: "fever-now"
                        text: "fever: What clears fever-now."
                      })"}),
    CaseName());

TEST(Counterfactual, IsNotGivenWhereNothingBlocks) {
  EXPECT_FALSE(DecideInFull({Platelets(200)}).has_counterfactual());
  EXPECT_FALSE(
      DecideInFull({Platelets(200), Present("smoking")}).has_counterfactual());
}

// ---------------------------------------------------------------------------
// Notices.

TEST(Notices, AreMergedByKindAndConceptAndSorted) {
  std::vector<v1::Notice> notices = {
      FromText<v1::Notice>("kind: NOTICE_KIND_STALE concept: 'b' findings: 3"),
      FromText<v1::Notice>("kind: NOTICE_KIND_STALE concept: 'b' findings: 1 "
                           "findings: 3"),
      FromText<v1::Notice>("kind: NOTICE_KIND_STALE concept: 'a' findings: 2"),
      FromText<v1::Notice>("kind: NOTICE_KIND_CONTRADICTION_OPEN "
                           "concept: 'z'"),
      FromText<v1::Notice>("kind: NOTICE_KIND_CODE_NOT_MAPPED findings: 5 "
                           "coding { system: 's' code: '2' }"),
      FromText<v1::Notice>("kind: NOTICE_KIND_CODE_NOT_MAPPED findings: 4 "
                           "coding { system: 's' code: '1' }")};
  v1::Decision decision;
  WriteNotices(notices, decision.mutable_notices());
  EXPECT_THAT(
      NoticesIn(decision),
      ElementsAre("CONTRADICTION_OPEN z", "STALE a [2]", "STALE b [1, 3]",
                  "CODE_NOT_MAPPED [4]", "CODE_NOT_MAPPED [5]"));
}

}  // namespace
}  // namespace needlewise
