#ifndef NEEDLEWISE_SERVER_CLOCK_H_
#define NEEDLEWISE_SERVER_CLOCK_H_

#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace needlewise {

// Where the server gets the time from. May be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

// The machine's clock.
class SystemClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

// RFC 3339 in UTC, to the millisecond.
inline std::string ToRfc3339(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_CLOCK_H_
