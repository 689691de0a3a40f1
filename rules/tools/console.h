#ifndef NEEDLEWISE_RULES_TOOLS_CONSOLE_H_
#define NEEDLEWISE_RULES_TOOLS_CONSOLE_H_

#include <istream>
#include <ostream>

#include "absl/time/civil_time.h"

namespace needlewise {

// What a verb reads and writes beside files. Not owned.
struct Console {
  std::istream* in = nullptr;
  std::ostream* out = nullptr;
  std::ostream* err = nullptr;
  // Whether `out` shows colours.
  bool color = false;
  // The day of the call, for a patient's file that names no day.
  absl::CivilDay today;
};

// Exit codes of every verb.
inline constexpr int kExitOk = 0;
// What was looked at has a fault.
inline constexpr int kExitFault = 1;
// Wrong arguments, or a file that cannot be read or written.
inline constexpr int kExitUsage = 2;

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_CONSOLE_H_
