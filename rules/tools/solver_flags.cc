#include "rules/tools/solver_flags.h"

#include <string>

#include "absl/strings/numbers.h"

namespace needlewise {
namespace {

constexpr int kLongestLimitSeconds = 3600;
constexpr int kMostJobs = 64;

// Reads a whole number from 1 to `most`, if there is one.
bool ReadNumber(const Console& console, const char* flag,
                const std::string& text, int most, int* value) {
  if (text.empty()) return true;
  int read = 0;
  if (!absl::SimpleAtoi(text, &read) || read < 1 || read > most) {
    *console.err << "needlewise-rules: " << flag
                 << " takes a whole number from 1 to " << most << "\n";
    return false;
  }
  *value = read;
  return true;
}

}  // namespace

bool ReadSolverFlags(const Console& console, const CommandLine& line,
                     unsigned* milliseconds, int* threads) {
  int seconds = static_cast<int>(*milliseconds / 1000);
  if (!ReadNumber(console, "--limit", line.limit, kLongestLimitSeconds,
                  &seconds) ||
      !ReadNumber(console, "--jobs", line.jobs, kMostJobs, threads)) {
    return false;
  }
  *milliseconds = static_cast<unsigned>(seconds) * 1000;
  return true;
}

}  // namespace needlewise
