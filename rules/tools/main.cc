// needlewise-rules: see `needlewise-rules help`.

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "rules/tools/console.h"
#include "rules/tools/run_tool.h"

namespace {

bool IsSet(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

bool ShowsColor() {
  const char* const kind = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && !IsSet("NO_COLOR") &&
         !(kind != nullptr && std::string(kind) == "dumb");
}

}  // namespace

int main(int argc, char** argv) {
  needlewise::Console console;
  console.in = &std::cin;
  console.out = &std::cout;
  console.err = &std::cerr;
  console.color = ShowsColor();
  console.today = absl::ToCivilDay(absl::Now(), absl::LocalTimeZone());
  const int exit_code = needlewise::RunTool(console, {argv + 1, argv + argc});
  std::cout.flush();
  if (!std::cout.good()) {
    std::cerr << "needlewise-rules: cannot write standard output\n";
    return needlewise::kExitUsage;
  }
  return exit_code;
}
