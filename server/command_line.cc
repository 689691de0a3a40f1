#include "server/command_line.h"

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace needlewise {

absl::StatusOr<CommandLine> ParseCommandLine(
    const std::vector<std::string>& arguments) {
  CommandLine line;
  const auto act = [&line](CommandLine::Action action) {
    if (line.action != CommandLine::Action::kServe && line.action != action) {
      return absl::InvalidArgumentError("give one of the actions, not several");
    }
    line.action = action;
    return absl::OkStatus();
  };
  for (size_t i = 0; i < arguments.size(); ++i) {
    absl::string_view argument = arguments[i];
    absl::Status status;
    if (argument == "--help" || argument == "-h") {
      status = act(CommandLine::Action::kHelp);
    } else if (argument == "--check_config") {
      status = act(CommandLine::Action::kCheckConfig);
    } else if (argument == "--print_default_config") {
      status = act(CommandLine::Action::kPrintDefaultConfig);
    } else if (argument == "--config" && i + 1 < arguments.size()) {
      line.config_file = arguments[++i];
    } else if (absl::ConsumePrefix(&argument, "--config=")) {
      line.config_file = std::string(argument);
    } else {
      status = absl::InvalidArgumentError(
          absl::StrCat("`", argument, "` is not a flag; see --help"));
    }
    if (!status.ok()) return status;
    if (line.config_file.empty() && arguments[i] == "--config=") {
      return absl::InvalidArgumentError("--config needs a file");
    }
  }
  return line;
}

const char* UsageText() {
  return
      R"(needlewise-server: screens patients for microneedling, over gRPC.

  --config=FILE            settings, in protobuf text format; without it every
                           setting is the default
  --check_config           checks the settings and the catalogue, and exits
  --print_default_config   prints every setting with its default, and exits
  --help                   prints this, and exits

SIGTERM and SIGINT stop it once the calls in progress are answered; a second
one stops it at once. Log lines are JSON objects on standard error.

Exit codes: 0 stopped as asked, 2 wrong flags, 3 wrong settings, 4 no catalogue
loads, 5 cannot listen, 6 the decision log cannot be opened.
)";
}

}  // namespace needlewise
