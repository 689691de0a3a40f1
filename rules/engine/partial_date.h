// Days, partial dates and windows of time.

#ifndef NEEDLEWISE_RULES_ENGINE_PARTIAL_DATE_H_
#define NEEDLEWISE_RULES_ENGINE_PARTIAL_DATE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace needlewise {

// Days since 1970-01-01.
using Day = int32_t;

// Earlier and later than every date that can be stated.
inline constexpr Day kEarliestDay = -1000000;
inline constexpr Day kLatestDay = 4000000;

// All days from `first` to `last`, both included.
struct DayInterval {
  Day first = kEarliestDay;
  Day last = kLatestDay;
};

inline bool operator==(DayInterval a, DayInterval b) {
  return a.first == b.first && a.last == b.last;
}

Day ToDay(absl::CivilDay day);
absl::CivilDay FromDay(Day day);

// ISO 8601, for instance `2026-11-20`.
std::string FormatDay(Day day);

// Reads `YYYY`, `YYYY-MM` or `YYYY-MM-DD` from year 1850 to 2200. Empty where
// the text is malformed or the date does not exist.
std::optional<DayInterval> ParsePartialDate(absl::string_view text);

// Reads a whole date, `YYYY-MM-DD`.
std::optional<Day> ParseWholeDate(absl::string_view text);

// A length of time: whole days or calendar months, never both.
struct TimeSpan {
  // Days during which a window that opens on day D blocks.
  int days = 0;
  int months = 0;

  // First day on which a window that opened on `day` is over. A day past the
  // end of a short month rolls forward to the first of the next.
  Day EndFrom(Day day) const;

  // Earliest opening day of a window that is still open on `day`.
  Day EarliestOpen(Day day) const;

  // Least and greatest length in days, over all calendars.
  int LeastDays() const { return months > 0 ? 28 * months : days; }
  int GreatestDays() const { return months > 0 ? 31 * months : days; }

  // Whole days, the hour of day being unknown: 48 h after day D are over on
  // D+3.
  static TimeSpan FromHours(int hours) {
    return TimeSpan{(hours + 23) / 24 + 1, 0};
  }
};

inline bool operator==(TimeSpan a, TimeSpan b) {
  return a.days == b.days && a.months == b.months;
}

// Completed years from a birth date to `day`: an interval where the birth date
// is one.
struct AgeInterval {
  int least = 0;
  int greatest = 0;
};
AgeInterval AgeOn(DayInterval birth, Day day);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_PARTIAL_DATE_H_
