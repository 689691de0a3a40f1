#include "rules/engine/patient_facts.h"

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
using ::testing::IsEmpty;

constexpr v1::FindingStatus kAbsent = v1::FINDING_STATUS_ABSENT;
constexpr v1::FindingStatus kNever = v1::FINDING_STATUS_NEVER;

char LetterOf(Truth truth) { return "FUT"[static_cast<int>(truth) + 1]; }

// The truths of these rules, a letter each: T, F or U.
std::string LettersOf(const std::map<std::string, Truth>& truths,
                      const std::vector<std::string>& rules) {
  std::string letters;
  for (const std::string& rule : rules) letters += LetterOf(truths.at(rule));
  return letters;
}

// ---------------------------------------------------------------------------
// A condition of the whole patient, through time.

const CompiledCatalog& TimeCatalog() {
  static const auto* catalog = new std::shared_ptr<const CompiledCatalog>(
      CatalogBuilder()
          .Condition("itch")
          .Note("now", IsNow("itch"))
          .Note("ever", IsEver("itch"))
          .Note("past", WasPast("itch"))
          .Note("within", IsWithin("itch", "days: 30"))
          .Note("began", BeganWithin("itch", "days: 14"))
          .Build());
  return **catalog;
}

std::string ThroughTime(const std::vector<v1::Finding>& findings,
                        const std::string& as_of = kAsOf) {
  return LettersOf(
      TruthsOf(TimeCatalog(), PatientWith(findings), "cheeks", as_of),
      {"now", "ever", "past", "within", "began"});
}

struct StatusCase : TestCase {
  std::vector<v1::Finding> findings;
  // Now, ever, past, within 30 days, began within 14 days.
  const char* truths;
};

class Status : public ::testing::TestWithParam<StatusCase> {};

TEST_P(Status, SaysThisOfNowEverPastAndWindows) {
  EXPECT_EQ(ThroughTime(GetParam().findings), GetParam().truths);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Status,
    ::testing::Values(StatusCase{{"NotMentioned"}, {}, "UUUUU"},
                      StatusCase{{"Unknown"}, {NotKnown("itch")}, "UUUUU"},
                      StatusCase{{"Present"}, {Present("itch")}, "TTFTU"},
                      StatusCase{{"Past"}, {Past("itch")}, "FTTUF"},
                      StatusCase{{"Absent"}, {Absent("itch")}, "FUUUF"},
                      StatusCase{{"Never"}, {Never("itch")}, "FFFFF"},
                      StatusCase{{"PresentWithALastDoesNotEnd"},
                                 {Present("itch", "last: '2020'")},
                                 "TTFTU"},
                      StatusCase{{"AbsentWithALastIsPast"},
                                 {Absent("itch", "last: '2026-11-01'")},
                                 "FTTTF"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    DaysAtTheEdgeOfAWindow, Status,
    ::testing::Values(StatusCase{{"LastOnTheFirstDayThatStillBlocks"},
                                 {Past("itch", "last: '2026-10-22'")},
                                 "FTTTF"},
                      StatusCase{{"LastOnTheDayBefore"},
                                 {Past("itch", "last: '2026-10-21'")},
                                 "FTTFF"},
                      StatusCase{{"LastToday"},
                                 {Past("itch", "last: '2026-11-20'")},
                                 "FTTTF"},
                      StatusCase{{"BeganOnTheFirstDayThatStillCounts"},
                                 {Present("itch", "onset: '2026-11-07'")},
                                 "TTFTT"},
                      StatusCase{{"BeganOnTheDayBefore"},
                                 {Present("itch", "onset: '2026-11-06'")},
                                 "TTFTF"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    PartialDates, Status,
    ::testing::Values(
        StatusCase{{"AMonthThatLiesInTheWindow"},
                   {Past("itch", "last: '2026-11'")},
                   "FTTTF"},
        StatusCase{{"AMonthThatHoldsTheWindowsEnd"},
                   {Past("itch", "last: '2026-10'")},
                   "FTTUF"},
        StatusCase{{"AMonthBeforeTheWindow"},
                   {Past("itch", "last: '2026-09'")},
                   "FTTFF"},
        StatusCase{{"ThisYear"}, {Past("itch", "last: '2026'")}, "FTTUF"},
        StatusCase{{"LastYear"}, {Past("itch", "last: '2025'")}, "FTTFF"},
        StatusCase{
            {"BeganThisMonth"}, {Present("itch", "onset: '2026-11'")}, "TTFTU"},
        StatusCase{{"BeganLastMonth"},
                   {Present("itch", "onset: '2026-10'")},
                   "TTFTF"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    SeveralStatements, Status,
    ::testing::Values(
        StatusCase{{"TheSameTwice"}, {Past("itch"), Past("itch")}, "FTTUF"},
        StatusCase{
            {"TheLatestLastCounts"},
            {Past("itch", "last: '2026-11-10'"), Past("itch", "last: '2020'")},
            "FTTTF"},
        StatusCase{{"ADatedPastAnswersAnUndatedOne"},
                   {Past("itch", "last: '2020'"), Past("itch")},
                   "FTTFF"},
        StatusCase{
            {"AnUndatedPastRecordedLaterMayBeLater"},
            {Past("itch", "last: '2020' recorded: '2021-01-05'"), Past("itch")},
            "FTTUF"},
        StatusCase{{"TheLatestOnsetCounts"},
                   {Present("itch", "onset: '2020'"),
                    Present("itch", "onset: '2026-11-18'")},
                   "TTFTT"},
        StatusCase{{"PastIsMoreSpecificThanAbsent"},
                   {Absent("itch"), Past("itch", "last: '2026-11-10'")},
                   "FTTTF"},
        StatusCase{{"NeverIsMoreSpecificThanAbsent"},
                   {Absent("itch"), Never("itch")},
                   "FFFFF"},
        StatusCase{{"UnknownYieldsToPresent"},
                   {NotKnown("itch"), Present("itch")},
                   "TTFTU"},
        StatusCase{{"UnknownYieldsToNever"},
                   {Never("itch"), NotKnown("itch")},
                   "FFFFF"}),
    CaseName());

// ---------------------------------------------------------------------------
// A condition of the skin, in places.

const CompiledCatalog& PlaceCatalog() {
  static const auto* catalog = new std::shared_ptr<const CompiledCatalog>(
      CatalogBuilder()
          .SkinCondition("rash")
          .Note("here-now", IsNow("rash"))
          .Note("here-ever", IsEver("rash"))
          .Note("face-now", IsNow("rash", kOnTheFace))
          .Note("face-ever", IsEver("rash", kOnTheFace))
          .Note("anywhere-now", IsNow("rash", kAnywhere))
          .Note("anywhere-ever", IsEver("rash", kAnywhere))
          .Build());
  return **catalog;
}

struct PlaceCase : TestCase {
  std::vector<v1::Finding> findings;
  // Here now and ever, on the face now and ever, anywhere now and ever.
  const char* truths;
  const char* area = "cheeks";
};

class Place : public ::testing::TestWithParam<PlaceCase> {};

TEST_P(Place, DecidesWhatAFindingSaysOfTheTreatmentArea) {
  const PlaceCase& c = GetParam();
  EXPECT_EQ(LettersOf(TruthsOf(PlaceCatalog(), PatientWith(c.findings), c.area),
                      {"here-now", "here-ever", "face-now", "face-ever",
                       "anywhere-now", "anywhere-ever"}),
            c.truths);
}

INSTANTIATE_TEST_SUITE_P(
    Present, Place,
    ::testing::Values(
        PlaceCase{
            {"InTheArea"}, {Present("rash", "areas: 'cheeks'")}, "TTTTTT"},
        PlaceCase{{"InWhatHoldsTheArea"},
                  {Present("rash", "areas: 'face'")},
                  "TTTTTT"},
        PlaceCase{{"InAPartOfTheArea"},
                  {Present("rash", "areas: 'left_cheek'")},
                  "TTTTTT"},
        PlaceCase{{"BesideTheAreaOnTheFace"},
                  {Present("rash", "areas: 'nose'")},
                  "UUTTTT"},
        PlaceCase{{"Elsewhere"}, {Present("rash", "areas: 'back'")}, "UUUUTT"},
        PlaceCase{{"NobodySaysWhere"}, {Present("rash")}, "UUUUTT"},
        PlaceCase{{"OnlyBesideTheArea"},
                  {Present("rash", "areas: 'nose' areas_complete: true")},
                  "FUTTTT"},
        PlaceCase{{"OnlyElsewhere"},
                  {Present("rash", "areas: 'back' areas_complete: true")},
                  "FUFUTT"},
        PlaceCase{{"InSeveralPlaces"},
                  {Present("rash", "areas: 'back' areas: 'cheeks'")},
                  "TTTTTT"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Past, Place,
    ::testing::Values(
        PlaceCase{{"InTheArea"}, {Past("rash", "areas: 'cheeks'")}, "FTUTUT"},
        PlaceCase{
            {"InWhatHoldsTheArea"}, {Past("rash", "areas: 'face'")}, "FTFTUT"},
        // Unknown is never no: the rest of the area may have it still.
        PlaceCase{{"InAPartOfTheArea"},
                  {Past("rash", "areas: 'left_cheek'")},
                  "UTUTUT"},
        PlaceCase{{"OnlyInAPartOfTheArea"},
                  {Past("rash", "areas: 'left_cheek' areas_complete: true")},
                  "FTFTFT"},
        PlaceCase{{"Elsewhere"}, {Past("rash", "areas: 'back'")}, "UUUUUT"},
        PlaceCase{{"OnlyElsewhere"},
                  {Past("rash", "areas: 'back' areas_complete: true")},
                  "FFFFFT"},
        // What was somewhere, nobody said where, may be elsewhere now.
        PlaceCase{{"NobodySaysWhere"}, {Past("rash")}, "UUUUUT"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Denied, Place,
    ::testing::Values(
        PlaceCase{{"AbsentEverywhere"}, {Absent("rash")}, "FUFUFU"},
        PlaceCase{
            {"AbsentInTheArea"}, {Absent("rash", "areas: 'cheeks'")}, "FUUUUU"},
        PlaceCase{{"AbsentInWhatHoldsTheArea"},
                  {Absent("rash", "areas: 'face'")},
                  "FUFUUU"},
        PlaceCase{{"AbsentInAPartOfTheArea"},
                  {Absent("rash", "areas: 'left_cheek'")},
                  "UUUUUU"},
        PlaceCase{
            {"AbsentElsewhere"}, {Absent("rash", "areas: 'back'")}, "UUUUUU"},
        PlaceCase{{"NeverEverywhere"}, {Never("rash")}, "FFFFFF"},
        PlaceCase{
            {"NeverInTheArea"}, {Never("rash", "areas: 'cheeks'")}, "FFUUUU"},
        PlaceCase{{"NeverInWhatHoldsTheArea"},
                  {Never("rash", "areas: 'face'")},
                  "FFFFUU"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Together, Place,
    ::testing::Values(PlaceCase{{"AbsentHereAndPresentBeside"},
                                {Absent("rash", "areas: 'cheeks'"),
                                 Present("rash", "areas: 'nose'")},
                                "FUTTTT"},
                      PlaceCase{{"NeverHereAndPastElsewhere"},
                                {Never("rash", "areas: 'cheeks'"),
                                 Past("rash", "areas: 'back'")},
                                "FFUUUT"},
                      PlaceCase{{"APresenceOutweighsAnAbsenceInAPartOfIt"},
                                {Present("rash", "areas: 'face'"),
                                 Never("rash", "areas: 'left_cheek'")},
                                "TTTTTT"},
                      PlaceCase{
                          {"AbsentHereAndPresentNobodySaysWhere"},
                          {Absent("rash", "areas: 'cheeks'"), Present("rash")},
                          "FUUUTT"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    OtherTreatmentAreas, Place,
    ::testing::Values(
        PlaceCase{{"APlaceInTheFaceIsInTheFace"},
                  {Present("rash", "areas: 'nose'")},
                  "TTTTTT",
                  "face"},
        PlaceCase{{"AnAbsenceInAPlaceOfTheFaceIsNotOneInTheFace"},
                  {Absent("rash", "areas: 'nose'")},
                  "UUUUUU",
                  "face"},
        // A wider region counts only where the treatment area lies in it.
        PlaceCase{{"TheFaceDoesNotBarTheNeck"},
                  {Present("rash", "areas: 'nose'")},
                  "UUUUTT",
                  "neck"},
        PlaceCase{{"TheNeckBarsTheNeck"},
                  {Present("rash", "areas: 'neck'")},
                  "TTTTTT",
                  "neck"}),
    CaseName());

// ---------------------------------------------------------------------------
// Contradictions.

struct ContradictionCase : TestCase {
  std::vector<v1::Finding> findings;
  std::vector<std::string> notices;
  // Now, ever, past, within 30 days, began within 14 days.
  const char* truths;
};

class Contradiction : public ::testing::TestWithParam<ContradictionCase> {};

TEST_P(Contradiction, IsSettledOrLeftOpenAndAlwaysListed) {
  const ContradictionCase& c = GetParam();
  EXPECT_EQ(ThroughTime(c.findings), c.truths);
  EXPECT_EQ(
      NoticesIn(MustScreen(TimeCatalog(), RequestFor(PatientWith(c.findings)))),
      c.notices);
}

TEST_P(Contradiction, DoesNotDependOnTheOrderOfStatementsOrOnDuplicates) {
  std::vector<v1::Finding> findings = GetParam().findings;
  std::reverse(findings.begin(), findings.end());
  EXPECT_EQ(ThroughTime(findings), GetParam().truths);
  const std::vector<v1::Finding> once = findings;
  findings.insert(findings.end(), once.begin(), once.end());
  EXPECT_EQ(ThroughTime(findings), GetParam().truths);
}

INSTANTIATE_TEST_SUITE_P(
    Pairs, Contradiction,
    ::testing::Values(ContradictionCase{{"PresentAndAbsent"},
                                        {Present("itch"), Absent("itch")},
                                        {"CONTRADICTION_OPEN itch [0, 1]"},
                                        "UUUUU"},
                      ContradictionCase{{"PresentAndNever"},
                                        {Present("itch"), Never("itch")},
                                        {"CONTRADICTION_OPEN itch [0, 1]"},
                                        "UUUUU"},
                      ContradictionCase{{"PresentAndPast"},
                                        {Present("itch"), Past("itch")},
                                        {"CONTRADICTION_OPEN itch [0, 1]"},
                                        "UUUUU"},
                      ContradictionCase{{"PastAndNever"},
                                        {Past("itch"), Never("itch")},
                                        {"CONTRADICTION_OPEN itch [0, 1]"},
                                        "UUUUU"},
                      ContradictionCase{{"PastAndAbsentDoNot"},
                                        {Past("itch"), Absent("itch")},
                                        {},
                                        "FTTUF"},
                      ContradictionCase{{"AbsentAndNeverDoNot"},
                                        {Absent("itch"), Never("itch")},
                                        {},
                                        "FFFFF"},
                      ContradictionCase{{"UnknownAndPresentDoNot"},
                                        {NotKnown("itch"), Present("itch")},
                                        {},
                                        "TTFTU"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    SourcesAndDates, Contradiction,
    ::testing::Values(
        ContradictionCase{
            {"TheLaterStatementOfOneSourceHolds"},
            {Present("itch", "source: SOURCE_PATIENT recorded: '2026-10-01'"),
             Absent("itch", "source: SOURCE_PATIENT recorded: '2026-11-01'")},
            {"CONTRADICTION_SETTLED itch [0, 1]"},
            "FUUUF"},
        ContradictionCase{
            {"TheLaterStatementHoldsThoughItIsTheGraver"},
            {Never("itch", "source: SOURCE_PATIENT recorded: '2026-10-01'"),
             Present("itch", "source: SOURCE_PATIENT")},
            {"CONTRADICTION_SETTLED itch [0, 1]"},
            "TTFTU"},
        ContradictionCase{
            {"PartialDatesThatOverlapSettleNothing"},
            {Present("itch", "source: SOURCE_PATIENT recorded: '2026-10'"),
             Absent("itch", "source: SOURCE_PATIENT recorded: '2026-10-15'")},
            {"CONTRADICTION_OPEN itch [0, 1]"},
            "UUUUU"},
        ContradictionCase{
            {"AClinicianHoldsOverAnOlderStatement"},
            {Absent("itch", "source: SOURCE_CLINICIAN recorded: '2026-11-01'"),
             Present("itch", "source: SOURCE_EHR recorded: '2026-10-01'")},
            {"CONTRADICTION_SETTLED itch [0, 1]"},
            "FUUUF"},
        ContradictionCase{
            {"AClinicianHoldsOverAStatementOfTheSameDay"},
            {Present("itch", "source: SOURCE_CLINICIAN recorded: '2026-11-01'"),
             Never("itch", "source: SOURCE_PATIENT recorded: '2026-11-01'")},
            {"CONTRADICTION_SETTLED itch [0, 1]"},
            "TTFTU"},
        ContradictionCase{
            {"AClinicianDoesNotHoldOverALaterStatement"},
            {Absent("itch", "source: SOURCE_CLINICIAN recorded: '2026-11-01'"),
             Present("itch", "source: SOURCE_PATIENT recorded: '2026-11-02'")},
            {"CONTRADICTION_OPEN itch [0, 1]"},
            "UUUUU"},
        ContradictionCase{
            {"AClinicianDoesNotHoldOverAStatementThatMayBeLater"},
            {Absent("itch", "source: SOURCE_CLINICIAN recorded: '2026-11-01'"),
             Present("itch", "source: SOURCE_PATIENT recorded: '2026-11'")},
            {"CONTRADICTION_OPEN itch [0, 1]"},
            "UUUUU"},
        ContradictionCase{
            {"ARecordAndAPatientSettleNothingByDate"},
            {Present("itch", "source: SOURCE_EHR recorded: '2020'"),
             Absent("itch", "source: SOURCE_PATIENT recorded: '2026-11-01'")},
            {"CONTRADICTION_OPEN itch [0, 1]"},
            "UUUUU"},
        ContradictionCase{
            {"AClinicianSettlesBetweenOthers"},
            {Present("itch", "source: SOURCE_EHR recorded: '2026-10-01'"),
             Absent("itch", "source: SOURCE_PATIENT recorded: '2026-10-01'"),
             Absent("itch", "source: SOURCE_CLINICIAN")},
            {"CONTRADICTION_SETTLED itch [0, 2]"},
            "FUUUF"},
        ContradictionCase{
            {"ASourceIsSettledWithItselfFirst"},
            {Present("itch", "source: SOURCE_PATIENT recorded: '2026-09-01'"),
             Absent("itch", "source: SOURCE_PATIENT recorded: '2026-10-01'"),
             Never("itch", "source: SOURCE_EHR recorded: '2026-08-01'")},
            {"CONTRADICTION_SETTLED itch [0, 1]"},
            "FFFFF"},
        ContradictionCase{
            {"OneThatIsSettledAndOneThatIsOpen"},
            {Present("itch", "source: SOURCE_PATIENT recorded: '2026-09-01'"),
             Past("itch", "source: SOURCE_PATIENT recorded: '2026-10-01'"),
             Never("itch", "source: SOURCE_EHR recorded: '2026-08-01'")},
            {"CONTRADICTION_SETTLED itch [0, 1]",
             "CONTRADICTION_OPEN itch [1, 2]"},
            "UUUUU"}),
    CaseName());

TEST(ContradictionInPlaces, AnAbsenceHereNeverContradictsAPresenceThere) {
  const v1::Patient patient = PatientWith(
      {Absent("rash", "areas: 'cheeks'"), Present("rash", "areas: 'back'")});
  EXPECT_THAT(NoticesIn(MustScreen(PlaceCatalog(), RequestFor(patient))),
              IsEmpty());
}

TEST(ContradictionInPlaces, ADenialContradictsAPresenceThatLiesInItsPlace) {
  const v1::Patient patient =
      PatientWith({Absent("rash", "areas: 'face'"),
                   Present("rash", "areas: 'left_cheek'")});
  EXPECT_THAT(NoticesIn(MustScreen(PlaceCatalog(), RequestFor(patient))),
              ElementsAre("CONTRADICTION_OPEN rash [0, 1]"));
  EXPECT_EQ(TruthsOf(PlaceCatalog(), patient).at("here-now"), Truth::kUnknown);
}

TEST(ContradictionInPlaces, ADenialEverywhereContradictsAnyPresence) {
  for (const char* place : {"", "areas: 'back'"}) {
    const v1::Patient patient =
        PatientWith({Never("rash"), Present("rash", place)});
    EXPECT_THAT(NoticesIn(MustScreen(PlaceCatalog(), RequestFor(patient))),
                ElementsAre("CONTRADICTION_OPEN rash [0, 1]"));
  }
}

TEST(ContradictionInPlaces, WhatIsContestedHereIsNotSettledByElsewhere) {
  // Whether it is on the cheeks is open; that it is on the back alone says the
  // cheeks are free of it only if it is not.
  const v1::Patient patient =
      PatientWith({Present("rash", "areas: 'cheeks' source: SOURCE_PATIENT"),
                   Absent("rash", "areas: 'cheeks' source: SOURCE_EHR"),
                   Present("rash", "areas: 'back' areas_complete: true")});
  EXPECT_EQ(LetterOf(TruthsOf(PlaceCatalog(), patient).at("here-now")), 'U');
}

// ---------------------------------------------------------------------------
// Quantities.

const CompiledCatalog& QuantityCatalog() {
  static const auto* catalog = new std::shared_ptr<const CompiledCatalog>(
      CatalogBuilder()
          .Quantity("platelets", "10*9/L", 3000,
                    "freshness { days: 30 }"
                    "quantity { conversions { unit: '/uL' denominator: 1000 } "
                    "}")
          .Note("below-100", IsBelow("platelets", 100))
          .Note("from-150", IsAtLeast("platelets", 150))
          .Build());
  return **catalog;
}

struct QuantityCase : TestCase {
  std::vector<v1::Finding> findings;
  std::vector<std::string> notices;
  // Below 100, and 150 or more.
  const char* truths;
};

class QuantityFacts : public ::testing::TestWithParam<QuantityCase> {};

TEST_P(QuantityFacts, AreComparedWithLimits) {
  const QuantityCase& c = GetParam();
  const v1::Patient patient = PatientWith(c.findings);
  EXPECT_EQ(LettersOf(TruthsOf(QuantityCatalog(), patient),
                      {"below-100", "from-150"}),
            c.truths);
  EXPECT_EQ(NoticesIn(MustScreen(QuantityCatalog(), RequestFor(patient))),
            c.notices);
}

v1::Finding Platelets(double value, const std::string& more = "") {
  return Measured("platelets", value, "10*9/L", more);
}

INSTANTIATE_TEST_SUITE_P(
    Values, QuantityFacts,
    ::testing::Values(
        QuantityCase{{"NotMentioned"}, {}, {}, "UU"},
        QuantityCase{{"Unknown"}, {NotKnown("platelets")}, {}, "UU"},
        QuantityCase{{"Low"}, {Platelets(99.9)}, {}, "TF"},
        QuantityCase{{"AtTheLowerLimit"}, {Platelets(100)}, {}, "FF"},
        QuantityCase{{"Between"}, {Platelets(149.9)}, {}, "FF"},
        QuantityCase{{"AtTheUpperLimit"}, {Platelets(150)}, {}, "FT"},
        QuantityCase{{"High"}, {Platelets(400)}, {}, "FT"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    SeveralValues, QuantityFacts,
    ::testing::Values(QuantityCase{{"TheMostRecentCounts"},
                                   {Platelets(90, "recorded: '2026-11-01'"),
                                    Platelets(200, "recorded: '2026-11-10'")},
                                   {},
                                   "FT"},
                      QuantityCase{{"TwoOfOneMomentContradict"},
                                   {Platelets(90, "recorded: '2026-11-10'"),
                                    Platelets(200, "recorded: '2026-11-10'")},
                                   {"CONTRADICTION_OPEN platelets [0, 1]"},
                                   "UU"},
                      QuantityCase{{"TheSameTwiceDoesNotContradict"},
                                   {Platelets(90, "recorded: '2026-11-10'"),
                                    Measured("platelets", 90000, "/uL",
                                             "recorded: '2026-11-10'")},
                                   {},
                                   "TF"},
                      QuantityCase{{"AClinicianSettlesTwoOfOneMoment"},
                                   {Platelets(90,
                                              "recorded: '2026-11-10' source: "
                                              "SOURCE_EHR"),
                                    Platelets(200,
                                              "recorded: '2026-11-10' source: "
                                              "SOURCE_CLINICIAN")},
                                   {"CONTRADICTION_SETTLED platelets [0, 1]"},
                                   "FT"},
                      QuantityCase{{"AMonthThatMayBeTheDayContradicts"},
                                   {Platelets(90, "recorded: '2026-11-10'"),
                                    Platelets(200, "recorded: '2026-11'")},
                                   {"CONTRADICTION_OPEN platelets [0, 1]"},
                                   "UU"}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Freshness, QuantityFacts,
    ::testing::Values(QuantityCase{{"OfTheLastDayAllowed"},
                                   {Platelets(90, "recorded: '2026-10-21'")},
                                   {},
                                   "TF"},
                      QuantityCase{{"OfTheDayBefore"},
                                   {Platelets(90, "recorded: '2026-10-20'")},
                                   {"STALE platelets [0]"},
                                   "UU"},
                      QuantityCase{{"OfAMonthThatBeganTooLongAgo"},
                                   {Platelets(90, "recorded: '2026-10'")},
                                   {"STALE platelets [0]"},
                                   "UU"},
                      QuantityCase{{"AStaleOneDoesNotStandInForAFreshOne"},
                                   {Platelets(90, "recorded: '2026-10-20'"),
                                    Platelets(200, "recorded: '2026-11-10'")},
                                   {"STALE platelets [0]"},
                                   "FT"}),
    CaseName());

TEST(Freshness, RunsToTheDayOfTheDecision) {
  // Stated today, and too old on the day of the appointment.
  const v1::Patient patient = PatientWith({Platelets(200)});
  EXPECT_EQ(TruthsOf(QuantityCatalog(), patient, "cheeks", "2026-12-20")
                .at("from-150"),
            Truth::kTrue);
  EXPECT_EQ(TruthsOf(QuantityCatalog(), patient, "cheeks", "2026-12-21")
                .at("from-150"),
            Truth::kUnknown);
}

TEST(Freshness, MayConcernDenialsOnly) {
  const auto catalog =
      CatalogBuilder()
          .Condition("pregnancy",
                     "tense: QUESTION_TENSE_NOW "
                     "freshness { days: 7 only_denials: true }")
          .Note("now", IsNow("pregnancy"))
          .Build();
  const std::string old = "recorded: '2026-11-12'";
  EXPECT_EQ(
      TruthsOf(*catalog, PatientWith({Absent("pregnancy", old)})).at("now"),
      Truth::kUnknown);
  EXPECT_EQ(TruthsOf(*catalog, PatientWith({Past("pregnancy", old)})).at("now"),
            Truth::kUnknown);
  EXPECT_EQ(
      TruthsOf(*catalog, PatientWith({Present("pregnancy", old)})).at("now"),
      Truth::kTrue);
  EXPECT_EQ(
      TruthsOf(*catalog,
               PatientWith({Absent("pregnancy", "recorded: '2026-11-13'")}))
          .at("now"),
      Truth::kFalse);
}

// ---------------------------------------------------------------------------
// Statements dated after the day of the decision.

struct LaterCase : TestCase {
  v1::Finding finding;
  std::vector<std::string> notices;
  // Now, ever, past, within 30 days, began within 14 days.
  const char* truths;
};

class DatedAfterTheDecision : public ::testing::TestWithParam<LaterCase> {};

TEST_P(DatedAfterTheDecision, IsListedAndNotUsed) {
  const std::string as_of = "2026-10-15";
  EXPECT_EQ(ThroughTime({GetParam().finding}, as_of), GetParam().truths);
  v1::ScreenEligibilityRequest request =
      RequestFor(PatientWith({GetParam().finding}));
  request.set_as_of(as_of);
  EXPECT_EQ(NoticesIn(MustScreen(TimeCatalog(), request)), GetParam().notices);
}

INSTANTIATE_TEST_SUITE_P(
    Dates, DatedAfterTheDecision,
    ::testing::Values(
        LaterCase{{"Recorded"},
                  Present("itch", "recorded: '2026-10-16'"),
                  {"AFTER_AS_OF itch [0]"},
                  "UUUUU"},
        LaterCase{{"Last"},
                  Past("itch", "last: '2026-10-16'"),
                  {"AFTER_AS_OF itch [0]"},
                  "UUUUU"},
        LaterCase{{"Onset"},
                  Present("itch", "onset: '2026-11'"),
                  {"AFTER_AS_OF itch [0]"},
                  "UUUUU"},
        LaterCase{{"NotWhereItIsTheDayItself"},
                  Past("itch", "last: '2026-10-15' recorded: '2026-10-15'"),
                  {},
                  "FTTTF"},
        // The part of the month after the day does not count.
        LaterCase{{"NotWhereAPartOfTheMonthIsNot"},
                  Past("itch", "last: '2026-10'"),
                  {},
                  "FTTTF"},
        LaterCase{{"NotWhereNoDateIsGiven"}, Present("itch"), {}, "TTFTU"}),
    CaseName());

// ---------------------------------------------------------------------------
// Closed sections.

TEST(ClosedSectionFacts, SettlesWhatNobodyMentioned) {
  const std::string closed = "closed_sections { section: 'history' }";
  const v1::Patient patient = PatientWith({}, closed);
  EXPECT_EQ(LettersOf(TruthsOf(TimeCatalog(), patient),
                      {"now", "ever", "past", "within", "began"}),
            "FFFFF");
}

TEST(ClosedSectionFacts, DoesNotSettleWhatWasMentionedAndNotUsed) {
  const auto catalog = CatalogBuilder()
                           .Condition("itch", "freshness { days: 30 }")
                           .Note("ever", IsEver("itch"))
                           .Build();
  const std::string closed = "closed_sections { section: 'history' }";
  const v1::Patient stale =
      PatientWith({Present("itch", "recorded: '2026-01-01'")}, closed);
  EXPECT_EQ(TruthsOf(*catalog, stale).at("ever"), Truth::kUnknown);
  const v1::Patient later =
      PatientWith({Present("itch", "recorded: '2026-11-20'")}, closed);
  EXPECT_EQ(TruthsOf(*catalog, later, "cheeks", "2026-11-19").at("ever"),
            Truth::kUnknown);
}

TEST(ClosedSectionFacts, GoesStaleAsItsAnswersDo) {
  const auto catalog = CatalogBuilder()
                           .Condition("itch", "freshness { days: 30 }")
                           .Note("now", IsNow("itch"))
                           .Build();
  const v1::Patient patient = PatientWith(
      {}, "closed_sections { section: 'history' recorded: '2026-01-01' }");
  EXPECT_EQ(TruthsOf(*catalog, patient).at("now"), Truth::kUnknown);
  EXPECT_THAT(NoticesIn(MustScreen(*catalog, RequestFor(patient))),
              ElementsAre("STALE itch [-1]"));
}

// ---------------------------------------------------------------------------
// Implications.

const CompiledCatalog& GateCatalog() {
  static const auto* catalog = new std::shared_ptr<const CompiledCatalog>(
      CatalogBuilder()
          .Condition("implant")
          .Condition("pacemaker")
          .Condition("old_pacemaker")
          .Condition("bleeding")
          .Quantity("platelets", "10*9/L", 3000, "freshness { days: 30 }")
          .Condition("can_be_pregnant", "tense: QUESTION_TENSE_NOW")
          .Condition("pregnancy", "tense: QUESTION_TENSE_NOW")
          .SkinCondition("skin_problem")
          .SkinCondition("rash")
          .Implies("implant", kNever, "pacemaker", kNever)
          .Implies("pacemaker", kNever, "old_pacemaker", kNever)
          .ImpliesAtLeast("bleeding", kNever, "platelets", 150)
          .Implies("can_be_pregnant", kAbsent, "pregnancy", kAbsent)
          .Implies("skin_problem", kNever, "rash", kNever)
          .Note("implant-ever", IsEver("implant"))
          .Note("pacemaker-ever", IsEver("pacemaker"))
          .Note("old-pacemaker-ever", IsEver("old_pacemaker"))
          .Note("platelets-low", IsBelow("platelets", 100))
          .Note("bleeding-ever", IsEver("bleeding"))
          .Note("pregnant-now", IsNow("pregnancy"))
          .Note("rash-here", IsEver("rash"))
          .Note("rash-anywhere", IsEver("rash", kAnywhere))
          .Note("skin-problem-anywhere", IsEver("skin_problem", kAnywhere))
          .Build());
  return **catalog;
}

struct GateCase : TestCase {
  std::vector<v1::Finding> findings;
  std::map<std::string, Truth> truths;
  std::vector<std::string> notices = {};
};

class Gate : public ::testing::TestWithParam<GateCase> {};

TEST_P(Gate, ImpliesWhatItSettles) {
  const v1::Patient patient = PatientWith(GetParam().findings);
  const auto truths = TruthsOf(GateCatalog(), patient);
  for (const auto& [rule, truth] : GetParam().truths) {
    EXPECT_EQ(LetterOf(truths.at(rule)), LetterOf(truth)) << rule;
  }
  EXPECT_EQ(NoticesIn(MustScreen(GateCatalog(), RequestFor(patient))),
            GetParam().notices);
}

INSTANTIATE_TEST_SUITE_P(
    Answers, Gate,
    ::testing::Values(GateCase{{"NeverAnImplant"},
                               {Never("implant")},
                               {{"pacemaker-ever", Truth::kFalse},
                                {"old-pacemaker-ever", Truth::kFalse}}},
                      GateCase{{"AnImplantSettlesNothingBelow"},
                               {Present("implant")},
                               {{"pacemaker-ever", Truth::kUnknown}}},
                      GateCase{{"NoImplantNowIsNotNever"},
                               {Absent("implant")},
                               {{"pacemaker-ever", Truth::kUnknown}}},
                      GateCase{{"AbsentIsSatisfiedByNeverToo"},
                               {Never("can_be_pregnant")},
                               {{"pregnant-now", Truth::kFalse}}},
                      GateCase{{"AbsentIsSatisfiedByPastToo"},
                               {Past("can_be_pregnant")},
                               {{"pregnant-now", Truth::kFalse}}},
                      GateCase{{"ABoundOnAQuantity"},
                               {Never("bleeding")},
                               {{"platelets-low", Truth::kFalse}}},
                      GateCase{{"ABoundAndAValueThatKeepsIt"},
                               {Never("bleeding"),
                                Measured("platelets", 160, "10*9/L")},
                               {{"platelets-low", Truth::kFalse}}},
                      GateCase{{"ANoHereSaysNothingOfElsewhere"},
                               {Never("skin_problem", "areas: 'cheeks'")},
                               {{"rash-here", Truth::kUnknown},
                                {"rash-anywhere", Truth::kUnknown}}},
                      GateCase{{"ANoEverywhere"},
                               {Never("skin_problem")},
                               {{"rash-here", Truth::kFalse},
                                {"rash-anywhere", Truth::kFalse}}},
                      GateCase{{"WhatLiesBelowAGateOpensIt"},
                               {Past("old_pacemaker")},
                               {{"pacemaker-ever", Truth::kTrue},
                                {"implant-ever", Truth::kTrue}}},
                      GateCase{{"ALowValueOpensItsGate"},
                               {Measured("platelets", 90, "10*9/L")},
                               {{"bleeding-ever", Truth::kTrue}}}),
    CaseName());

INSTANTIATE_TEST_SUITE_P(
    Broken, Gate,
    ::testing::Values(GateCase{{"APacemakerWithoutAnImplant"},
                               {Never("implant"), Present("pacemaker")},
                               {{"pacemaker-ever", Truth::kUnknown}},
                               {"IMPLICATION_BROKEN pacemaker [1]"}},
                      GateCase{{"APastPacemakerWithoutAnImplantEver"},
                               {Past("pacemaker"), Never("implant")},
                               {{"pacemaker-ever", Truth::kUnknown}},
                               {"IMPLICATION_BROKEN pacemaker [0]"}},
                      GateCase{{"AnAbsentPacemakerBreaksNothing"},
                               {Absent("pacemaker"), Never("implant")},
                               {{"pacemaker-ever", Truth::kFalse}}},
                      GateCase{{"ALowCountWithoutABleedingProblem"},
                               {Never("bleeding"),
                                Measured("platelets", 90, "10*9/L")},
                               {{"platelets-low", Truth::kUnknown}},
                               {"IMPLICATION_BROKEN platelets [1]"}},
                      GateCase{{"FurtherDownTheChain"},
                               {Never("implant"), Present("old_pacemaker")},
                               {{"old-pacemaker-ever", Truth::kUnknown},
                                {"pacemaker-ever", Truth::kFalse}},
                               {"IMPLICATION_BROKEN old_pacemaker [1]"}}),
    CaseName());

TEST(Gate, ThatIsOpenedFromBelowImpliesWhatItsYesDoes) {
  const auto catalog = CatalogBuilder()
                           .Condition("gate", "tense: QUESTION_TENSE_NOW")
                           .Condition("below", "tense: QUESTION_TENSE_NOW")
                           .Condition("beside", "tense: QUESTION_TENSE_NOW")
                           .Implies("gate", kAbsent, "below", kAbsent)
                           .Implies("gate", v1::FINDING_STATUS_PRESENT,
                                    "beside", v1::FINDING_STATUS_PRESENT)
                           .Note("beside-now", IsNow("beside"))
                           .Build();
  EXPECT_EQ(
      LetterOf(
          TruthsOf(*catalog, PatientWith({Present("below")})).at("beside-now")),
      'T');
}

TEST(Gate, AnswerDoesNotGoStaleInWhatItImplies) {
  const v1::Patient patient =
      PatientWith({Never("bleeding", "recorded: '2020-01-01'")});
  EXPECT_EQ(TruthsOf(GateCatalog(), patient).at("platelets-low"),
            Truth::kFalse);
}

TEST(Gate, IsNotDeniedByClosingASectionOverWhatWasLeftOpenBelowIt) {
  const v1::Patient patient = PatientWith(
      {NotKnown("pacemaker")}, "closed_sections { section: 'history' }");
  EXPECT_EQ(LetterOf(TruthsOf(GateCatalog(), patient).at("pacemaker-ever")),
            'U');
}

TEST(Gate, IsNotDeniedByClosingASectionOverWhatLiesBelowIt) {
  const v1::Patient patient = PatientWith(
      {Present("pacemaker")}, "closed_sections { section: 'history' }");
  const auto truths = TruthsOf(GateCatalog(), patient);
  EXPECT_EQ(truths.at("pacemaker-ever"), Truth::kTrue);
  EXPECT_EQ(truths.at("implant-ever"), Truth::kTrue);
  EXPECT_THAT(NoticesIn(MustScreen(GateCatalog(), RequestFor(patient))),
              IsEmpty());
}

// ---------------------------------------------------------------------------
// Age.

const CompiledCatalog& AgeCatalog() {
  static const auto* catalog = new std::shared_ptr<const CompiledCatalog>(
      CatalogBuilder().Age().Note("below-22", IsBelow("age", 22)).Build());
  return **catalog;
}

struct AgeCase : TestCase {
  const char* patient;
  Truth below_22;
};

class AgeFact : public ::testing::TestWithParam<AgeCase> {};

TEST_P(AgeFact, IsAnIntervalWhereTheBirthDateIsPartial) {
  EXPECT_EQ(LetterOf(TruthsOf(AgeCatalog(), PatientWith({}, GetParam().patient))
                         .at("below-22")),
            LetterOf(GetParam().below_22));
}

INSTANTIATE_TEST_SUITE_P(
    Ages, AgeFact,
    ::testing::Values(
        AgeCase{{"NotStated"}, "", Truth::kUnknown},
        AgeCase{{"Stated"}, "age_years: 21", Truth::kTrue},
        AgeCase{{"StatedAtTheLimit"}, "age_years: 22", Truth::kFalse},
        AgeCase{{"TheDayBeforeABirthday"},
                "birth_date: '2004-11-21'",
                Truth::kTrue},
        AgeCase{{"ABirthday"}, "birth_date: '2004-11-20'", Truth::kFalse},
        AgeCase{{"AMonthThatHoldsTheBirthday"},
                "birth_date: '2004-11'",
                Truth::kUnknown},
        AgeCase{{"AYearThatHoldsTheBirthday"},
                "birth_date: '2004'",
                Truth::kUnknown},
        AgeCase{{"AYearBefore"}, "birth_date: '2003'", Truth::kFalse},
        AgeCase{{"AYearAfter"}, "birth_date: '2005'", Truth::kTrue},
        AgeCase{{"AStatedAgeNarrowsAYear"},
                "birth_date: '2004' age_years: 22",
                Truth::kFalse}),
    CaseName());

// ---------------------------------------------------------------------------
// Context and later days.

TEST(PatientFacts, KnowWhatIsAskedAboutBesideThePatient) {
  const auto catalog =
      CatalogBuilder()
          .Note("on-the-face", "treatment_area { areas: 'face' }")
          .Note("for-scars", "concern { concern: 'scars' }")
          .Note("with-a-device", "device { named: true }")
          .Build();
  EXPECT_EQ(TruthsOf(*catalog, PatientWith({}), "nose").at("on-the-face"),
            Truth::kTrue);
  EXPECT_EQ(TruthsOf(*catalog, PatientWith({}), "neck").at("on-the-face"),
            Truth::kFalse);
  EXPECT_EQ(TruthsOf(*catalog, PatientWith({})).at("for-scars"), Truth::kFalse);
  EXPECT_EQ(TruthsOf(*catalog, PatientWith({})).at("with-a-device"),
            Truth::kFalse);
}

TEST(PatientFacts, JoinTheFactsOfTheSite) {
  const std::vector<v1::Finding> site = {Present("itch")};
  Environment environment = EnvironmentOn();
  environment.site_findings = &site;
  Violations violations;
  v1::Decision decision;
  ASSERT_TRUE(Screen(TimeCatalog(), environment, RequestFor(PatientWith({})),
                     &decision, &violations));
  EXPECT_THAT(FiredIn(decision.treatments(0).areas(0)),
              ::testing::Contains("now"));
}

struct LaterDayCase : TestCase {
  v1::Finding finding;
  const char* day;
  Truth within;
};

class OnALaterDay : public ::testing::TestWithParam<LaterDayCase> {};

TEST_P(OnALaterDay, TheSameStatementsHoldAndWindowsRunOn) {
  const v1::Patient patient = PatientWith({GetParam().finding});
  const PatientIntake intake = MustRead(TimeCatalog(), patient);
  const PatientFacts later(TimeCatalog(), intake,
                           ParseWholeDate(GetParam().day).value(),
                           intake.as_of);
  const CompiledRule& within =
      TimeCatalog().rules[TimeCatalog().rule_index.at("within")];
  EXPECT_EQ(LetterOf(EvaluateRule(TimeCatalog(), within,
                                  later.ForContext(ContextOf(TimeCatalog())))),
            LetterOf(GetParam().within));
}

INSTANTIATE_TEST_SUITE_P(
    Days, OnALaterDay,
    ::testing::Values(LaterDayCase{{"TheLastDayThatBlocks"},
                                   Past("itch", "last: '2026-11-10'"),
                                   "2026-12-09",
                                   Truth::kTrue},
                      LaterDayCase{{"TheDayItIsOver"},
                                   Past("itch", "last: '2026-11-10'"),
                                   "2026-12-10",
                                   Truth::kFalse},
                      // The month was not over on the day of the decision, and
                      // what comes after that day does not count.
                      LaterDayCase{{"ThirtyDaysAfterThisMonth"},
                                   Past("itch", "last: '2026-11'"),
                                   "2026-12-20",
                                   Truth::kFalse},
                      LaterDayCase{{"TheDayBeforeThat"},
                                   Past("itch", "last: '2026-11'"),
                                   "2026-12-19",
                                   Truth::kUnknown},
                      LaterDayCase{{"ThirtyDaysAfterAnUndatedPast"},
                                   Past("itch"),
                                   "2026-12-20",
                                   Truth::kFalse},
                      LaterDayCase{{"WhatIsPresentStays"},
                                   Present("itch"),
                                   "2027-12-31",
                                   Truth::kTrue}),
    CaseName());

TEST(QuantityCell, HasACellBelowEachLimitAtItAndAboveAll) {
  const CompiledConcept& platelets =
      QuantityCatalog()
          .concepts[QuantityCatalog().concept_index.at("platelets")];
  EXPECT_EQ(QuantityCell(platelets, 0), 0);
  EXPECT_EQ(QuantityCell(platelets, 100), 1);
  EXPECT_EQ(QuantityCell(platelets, 120), 2);
  EXPECT_EQ(QuantityCell(platelets, 150), 3);
  EXPECT_EQ(QuantityCell(platelets, 3000), 4);
}

}  // namespace
}  // namespace needlewise
