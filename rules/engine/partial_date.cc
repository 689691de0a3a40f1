#include "rules/engine/partial_date.h"

#include <algorithm>

#include "absl/strings/ascii.h"

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
  // Only a window of thousands of years ends so late.
  if (civil.year() > 9999) return absl::FormatCivilTime(civil);
  std::string text(10, '-');
  const auto put = [&](size_t end, size_t count, int value) {
    for (size_t i = 1; i <= count; ++i, value /= 10) {
      text[end - i] = static_cast<char>('0' + value % 10);
    }
  };
  put(4, 4, static_cast<int>(civil.year()));
  put(7, 2, civil.month());
  put(10, 2, civil.day());
  return text;
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
