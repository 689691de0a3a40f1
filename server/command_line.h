#ifndef NEEDLEWISE_SERVER_COMMAND_LINE_H_
#define NEEDLEWISE_SERVER_COMMAND_LINE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace needlewise {

struct CommandLine {
  enum class Action { kServe, kCheckConfig, kPrintDefaultConfig, kHelp };
  Action action = Action::kServe;
  // Empty: every setting is the default.
  std::string config_file;
};

// Reads the arguments after the program's name. INVALID_ARGUMENT for one that
// is not known, and for several actions at once.
absl::StatusOr<CommandLine> ParseCommandLine(
    const std::vector<std::string>& arguments);

// What the program does, its flags and its exit codes.
const char* UsageText();

// The program's exit codes.
inline constexpr int kExitOk = 0;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitConfig = 3;
inline constexpr int kExitCatalog = 4;
inline constexpr int kExitListen = 5;
inline constexpr int kExitDecisionLog = 6;

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_COMMAND_LINE_H_
