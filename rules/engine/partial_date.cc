#include "rules/engine/partial_date.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace needlewise {
namespace {

const absl::CivilDay kEpoch(1970, 1, 1);

// Reads exactly `count` digits at `position`; -1 where they are not there.
int Digits(absl::string_view text, size_t position, size_t count) {
  if (text.size() < position + count) return -1;
  int value = 0;
  for (size_t i = position; i < position + count; ++i) {
    if (!absl::ascii_isdigit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// `day` moved by whole months; a day past the month's end rolls forward to the
// first of the next.
absl::CivilDay AddMonths(absl::CivilDay day, int months) {
  const absl::CivilMonth month = absl::CivilMonth(day) + months;
  const absl::CivilDay next_month_start(month + 1);
  const absl::CivilDay moved = absl::CivilDay(month) + (day.day() - 1);
  return std::min(moved, next_month_start);
}

}  // namespace

Day ToDay(absl::CivilDay day) { return static_cast<Day>(day - kEpoch); }

absl::CivilDay FromDay(Day day) { return kEpoch + day; }

std::string FormatDay(Day day) {
  const absl::CivilDay civil = FromDay(day);
  return absl::StrCat(absl::Dec(civil.year(), absl::kZeroPad4), "-",
                      absl::Dec(civil.month(), absl::kZeroPad2), "-",
                      absl::Dec(civil.day(), absl::kZeroPad2));
}

std::optional<DayInterval> ParsePartialDate(absl::string_view text) {
  if (text.size() != 4 && text.size() != 7 && text.size() != 10) return {};
  const int year = Digits(text, 0, 4);
  if (year < 1850 || year > 2200) return {};
  if (text.size() == 4) {
    return DayInterval{ToDay(absl::CivilDay(year, 1, 1)),
                       ToDay(absl::CivilDay(year, 12, 31))};
  }
  const int month = Digits(text, 5, 2);
  if (text[4] != '-' || month < 1 || month > 12) return {};
  if (text.size() == 7) {
    const absl::CivilMonth civil(year, month);
    return DayInterval{ToDay(absl::CivilDay(civil)),
                       ToDay(absl::CivilDay(civil + 1)) - 1};
  }
  const int day = Digits(text, 8, 2);
  if (text[7] != '-' || day < 1) return {};
  const absl::CivilDay civil(year, month, day);
  if (civil.month() != month || civil.day() != day) return {};
  return DayInterval{ToDay(civil), ToDay(civil)};
}

std::optional<Day> ParseWholeDate(absl::string_view text) {
  if (text.size() != 10) return {};
  const std::optional<DayInterval> days = ParsePartialDate(text);
  if (!days.has_value()) return {};
  return days->first;
}

Day TimeSpan::EndFrom(Day day) const {
  if (months == 0) return day + days;
  return ToDay(AddMonths(FromDay(day), months));
}

Day TimeSpan::EarliestOpen(Day day) const {
  if (months == 0) return day - days + 1;
  Day opening = ToDay(AddMonths(FromDay(day), -months));
  while (EndFrom(opening) <= day) ++opening;
  while (EndFrom(opening - 1) > day) --opening;
  return opening;
}

AgeInterval AgeOn(DayInterval birth, Day day) {
  const auto years = [day](Day born) {
    const absl::CivilDay from = FromDay(born);
    const absl::CivilDay to = FromDay(day);
    int age = static_cast<int>(to.year() - from.year());
    if (to.month() < from.month() ||
        (to.month() == from.month() && to.day() < from.day())) {
      --age;
    }
    return std::max(age, 0);
  };
  return AgeInterval{years(std::min(birth.last, day)), years(birth.first)};
}

}  // namespace needlewise
