#include "rules/engine/partial_date.h"

#include <ostream>

#include "gtest/gtest.h"
#include "tests/support/test_case.h"

namespace needlewise {

std::ostream& operator<<(std::ostream& out, DayInterval days) {
  return out << FormatDay(days.first) << " to " << FormatDay(days.last);
}

namespace {

Day On(const std::string& date) { return ParseWholeDate(date).value(); }

TEST(PartialDate, DaysAreCountedFromTheEpoch) {
  EXPECT_EQ(ToDay(absl::CivilDay(1970, 1, 1)), 0);
  EXPECT_EQ(ToDay(absl::CivilDay(1969, 12, 31)), -1);
  EXPECT_EQ(ToDay(absl::CivilDay(2000, 3, 1)), 11017);
  EXPECT_EQ(FromDay(11017), absl::CivilDay(2000, 3, 1));
}

TEST(PartialDate, EveryDayOfFourCenturiesReadsBackAsWritten) {
  for (Day day = On("1850-01-01"); day <= On("2200-12-31"); ++day) {
    ASSERT_EQ(ParseWholeDate(FormatDay(day)), day) << FormatDay(day);
  }
}

struct ReadCase : TestCase {
  const char* text;
  const char* first;
  const char* last;
};

class PartialDateThatCanBeRead : public ::testing::TestWithParam<ReadCase> {};

TEST_P(PartialDateThatCanBeRead, StandsForEveryDayInIt) {
  const DayInterval expected{On(GetParam().first), On(GetParam().last)};
  EXPECT_EQ(ParsePartialDate(GetParam().text), expected);
}

INSTANTIATE_TEST_SUITE_P(
    Dates, PartialDateThatCanBeRead,
    ::testing::Values(
        ReadCase{{"AYear"}, "2026", "2026-01-01", "2026-12-31"},
        ReadCase{{"AMonthOf31Days"}, "2026-05", "2026-05-01", "2026-05-31"},
        ReadCase{{"AMonthOf30Days"}, "2026-11", "2026-11-01", "2026-11-30"},
        ReadCase{{"December"}, "2026-12", "2026-12-01", "2026-12-31"},
        ReadCase{{"February"}, "2026-02", "2026-02-01", "2026-02-28"},
        ReadCase{
            {"FebruaryOfALeapYear"}, "2028-02", "2028-02-01", "2028-02-29"},
        ReadCase{{"FebruaryOf1900"}, "1900-02", "1900-02-01", "1900-02-28"},
        ReadCase{{"FebruaryOf2000"}, "2000-02", "2000-02-01", "2000-02-29"},
        ReadCase{{"ADay"}, "2026-05-17", "2026-05-17", "2026-05-17"},
        ReadCase{{"ALeapDay"}, "2028-02-29", "2028-02-29", "2028-02-29"},
        ReadCase{{"TheFirstYear"}, "1850", "1850-01-01", "1850-12-31"},
        ReadCase{{"TheLastYear"}, "2200", "2200-01-01", "2200-12-31"}),
    CaseName());

struct UnreadableCase : TestCase {
  const char* text;
};

class PartialDateThatCannotBeRead
    : public ::testing::TestWithParam<UnreadableCase> {};

TEST_P(PartialDateThatCannotBeRead, IsRefused) {
  EXPECT_FALSE(ParsePartialDate(GetParam().text).has_value());
  EXPECT_FALSE(ParseWholeDate(GetParam().text).has_value());
}

INSTANTIATE_TEST_SUITE_P(
    Dates, PartialDateThatCannotBeRead,
    ::testing::Values(UnreadableCase{{"Nothing"}, ""},
                      UnreadableCase{{"AWord"}, "yesterday"},
                      UnreadableCase{{"ALeapDayOfACommonYear"}, "2026-02-29"},
                      UnreadableCase{{"ALeapDayOf1900"}, "1900-02-29"},
                      UnreadableCase{{"ThirtyFirstOfAShortMonth"},
                                     "2026-04-31"},
                      UnreadableCase{{"DayZero"}, "2026-05-00"},
                      UnreadableCase{{"MonthZero"}, "2026-00"},
                      UnreadableCase{{"MonthThirteen"}, "2026-13"},
                      UnreadableCase{{"MonthThirteenWithADay"}, "2026-13-01"},
                      UnreadableCase{{"OneDigitOfADay"}, "2026-05-7"},
                      UnreadableCase{{"OneDigitOfAMonth"}, "2026-5"},
                      UnreadableCase{{"TwoDigitsOfAYear"}, "26"},
                      UnreadableCase{{"SlashesForHyphens"}, "2026/05/17"},
                      UnreadableCase{{"AWrongSecondHyphen"}, "2026-05/17"},
                      UnreadableCase{{"DayMonthYear"}, "17-05-2026"},
                      UnreadableCase{{"NoHyphens"}, "20260517"},
                      UnreadableCase{{"ATrailingHyphen"}, "2026-"},
                      UnreadableCase{{"ATimeOfDay"}, "2026-05-17T10:00:00Z"},
                      UnreadableCase{{"ASpaceBefore"}, " 2026-05"},
                      UnreadableCase{{"ASignInTheYear"}, "-026"},
                      UnreadableCase{{"ALetterInTheDay"}, "2026-05-1x"},
                      UnreadableCase{{"BeforeTheFirstYear"}, "1849"},
                      UnreadableCase{{"AfterTheLastYear"}, "2201-01-01"}),
    CaseName());

TEST(PartialDate, AWholeDateIsNeverPartial) {
  EXPECT_FALSE(ParseWholeDate("2026").has_value());
  EXPECT_FALSE(ParseWholeDate("2026-05").has_value());
}

struct WindowCase : TestCase {
  const char* opens;
  TimeSpan span;
  const char* over;
};

class Window : public ::testing::TestWithParam<WindowCase> {};

TEST_P(Window, IsOverOnItsEndAndNotOnTheDayBefore) {
  const WindowCase& c = GetParam();
  const Day opens = On(c.opens);
  EXPECT_EQ(FormatDay(c.span.EndFrom(opens)), c.over);
  // The last day on which it blocks, and the first on which it does not.
  const Day over = On(c.over);
  EXPECT_LE(c.span.EarliestOpen(over - 1), opens);
  EXPECT_GT(c.span.EarliestOpen(over), opens);
}

INSTANTIATE_TEST_SUITE_P(
    Lengths, Window,
    ::testing::Values(
        WindowCase{{"OneDay"}, "2026-11-20", {1, 0}, "2026-11-21"},
        WindowCase{{"SevenDays"}, "2026-11-20", {7, 0}, "2026-11-27"},
        WindowCase{{"DaysOverALeapDay"}, "2028-02-28", {2, 0}, "2028-03-01"},
        WindowCase{{"DaysOverTheYearsEnd"}, "2026-12-30", {7, 0}, "2027-01-06"},
        WindowCase{{"SixMonths"}, "2026-05-17", {0, 6}, "2026-11-17"},
        WindowCase{{"SixMonthsFromALongMonthsEnd"},
                   "2026-08-31",
                   {0, 6},
                   "2027-03-01"},
        WindowCase{
            {"SixMonthsToALeapFebruary"}, "2027-08-31", {0, 6}, "2028-03-01"},
        WindowCase{{"SixMonthsToALeapDay"}, "2027-08-29", {0, 6}, "2028-02-29"},
        WindowCase{{"OneMonthFromTheThirtiethOfJanuary"},
                   "2026-01-30",
                   {0, 1},
                   "2026-03-01"},
        WindowCase{
            {"OneMonthFromTheThirtyFirst"}, "2026-03-31", {0, 1}, "2026-05-01"},
        WindowCase{{"OneMonthFromTheTwentyEighthOfFebruary"},
                   "2026-02-28",
                   {0, 1},
                   "2026-03-28"},
        WindowCase{{"AYearFromALeapDay"}, "2028-02-29", {0, 12}, "2029-03-01"},
        WindowCase{
            {"FourYearsFromALeapDay"}, "2028-02-29", {0, 48}, "2032-02-29"},
        WindowCase{{"FortyEightHours"},
                   "2026-11-20",
                   TimeSpan::FromHours(48),
                   "2026-11-23"}),
    CaseName());

TEST(Window, BlocksOnADayExactlyWhereItOpenedNoEarlierThanTheEarliestOpen) {
  const TimeSpan spans[] = {{1, 0}, {30, 0}, {0, 1}, {0, 6}, {0, 12}};
  for (const TimeSpan& span : spans) {
    for (Day day = On("2027-01-01"); day <= On("2028-12-31"); ++day) {
      const Day earliest = span.EarliestOpen(day);
      ASSERT_GT(span.EndFrom(earliest), day) << FormatDay(day);
      ASSERT_LE(span.EndFrom(earliest - 1), day) << FormatDay(day);
    }
  }
}

TEST(Window, NeverEndsEarlierForOpeningLater) {
  for (const int months : {1, 2, 3, 6, 12, 24}) {
    const TimeSpan span{0, months};
    for (Day day = On("2026-01-01"); day <= On("2029-12-31"); ++day) {
      ASSERT_LE(span.EndFrom(day), span.EndFrom(day + 1)) << FormatDay(day);
    }
  }
}

TEST(Window, LengthInDaysStaysWithinItsBounds) {
  for (const int months : {1, 2, 6, 12}) {
    const TimeSpan span{0, months};
    for (Day day = On("2026-01-01"); day <= On("2029-12-31"); ++day) {
      const int length = span.EndFrom(day) - day;
      ASSERT_GE(length, span.LeastDays());
      ASSERT_LE(length, span.GreatestDays());
    }
  }
  EXPECT_EQ((TimeSpan{30, 0}).LeastDays(), 30);
  EXPECT_EQ((TimeSpan{30, 0}).GreatestDays(), 30);
}

struct HoursCase : TestCase {
  int hours;
  int days;
};

class WindowInHours : public ::testing::TestWithParam<HoursCase> {};

TEST_P(WindowInHours, RoundsUpForTheHourOfDayIsNotKnown) {
  EXPECT_EQ(TimeSpan::FromHours(GetParam().hours),
            (TimeSpan{GetParam().days, 0}));
}

INSTANTIATE_TEST_SUITE_P(Hours, WindowInHours,
                         ::testing::Values(HoursCase{{"OneHour"}, 1, 2},
                                           HoursCase{{"ADay"}, 24, 2},
                                           HoursCase{{"ADayAndAnHour"}, 25, 3},
                                           HoursCase{{"TwoDays"}, 48, 3},
                                           HoursCase{{"ThreeDays"}, 72, 4}),
                         CaseName());

struct AgeCase : TestCase {
  const char* birth;
  const char* day;
  int least;
  int greatest;
};

class AgeOnADay : public ::testing::TestWithParam<AgeCase> {};

TEST_P(AgeOnADay, IsInCompletedYearsAndAnIntervalWhereTheBirthDateIsOne) {
  const AgeCase& c = GetParam();
  const AgeInterval age = AgeOn(ParsePartialDate(c.birth).value(), On(c.day));
  EXPECT_EQ(age.least, c.least);
  EXPECT_EQ(age.greatest, c.greatest);
}

INSTANTIATE_TEST_SUITE_P(
    Ages, AgeOnADay,
    ::testing::Values(
        AgeCase{{"TheDayBeforeABirthday"}, "2004-11-21", "2026-11-20", 21, 21},
        AgeCase{{"ABirthday"}, "2004-11-20", "2026-11-20", 22, 22},
        AgeCase{{"TheDayOfBirth"}, "2026-11-20", "2026-11-20", 0, 0},
        AgeCase{{"BornOnALeapDayBeforeItIsOver"},
                "2004-02-29",
                "2026-02-28",
                21,
                21},
        AgeCase{{"BornOnALeapDayAfterIt"}, "2004-02-29", "2026-03-01", 22, 22},
        AgeCase{{"BornOnALeapDayOnOne"}, "2004-02-29", "2028-02-29", 24, 24},
        AgeCase{{"AMonthOfBirthBeforeIt"}, "2004-12", "2026-11-20", 21, 21},
        AgeCase{{"AMonthOfBirthInIt"}, "2004-11", "2026-11-20", 21, 22},
        AgeCase{{"AMonthOfBirthOnItsLastDay"}, "2004-11", "2026-11-30", 22, 22},
        AgeCase{{"AYearOfBirth"}, "2004", "2026-11-20", 21, 22},
        AgeCase{{"AYearOfBirthOnItsLastDay"}, "2004", "2026-12-31", 22, 22},
        AgeCase{{"AYearOfBirthThatIsNotOver"}, "2026", "2026-11-20", 0, 0}),
    CaseName());

}  // namespace
}  // namespace needlewise
