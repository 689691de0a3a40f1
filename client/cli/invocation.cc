#include "client/cli/invocation.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "client/rpc_error.h"
#include "google/protobuf/util/json_util.h"

namespace needlewise {
namespace {

constexpr char kDefaultAddress[] = "127.0.0.1:7443";

absl::Status BadValue(const std::string& flag, const std::string& value,
                      absl::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrCat("`--", flag, "=", value, "`: expected ", expected));
}

std::string DefaultAddress() {
  const char* address = std::getenv("NEEDLEWISE_ADDRESS");
  return address == nullptr || *address == '\0' ? kDefaultAddress : address;
}

// What gRPC says last and closest to the cause, of its chain of reasons.
std::string Cause(absl::string_view message) {
  constexpr absl::string_view kLast = "last error: ";
  const size_t last = message.rfind(kLast);
  if (last != absl::string_view::npos) {
    message.remove_prefix(last + kLast.size());
  }
  absl::ConsumePrefix(&message, "UNKNOWN: ");
  absl::ConsumePrefix(&message, "UNAVAILABLE: ");
  return std::string(message);
}

// The error as the program reports it: what it means comes first.
absl::Status Summarised(const absl::Status& status,
                        const std::string& address) {
  absl::Status summarised(status.code(), Summary(status, address));
  status.ForEachPayload(
      [&summarised](absl::string_view url, const absl::Cord& payload) {
        summarised.SetPayload(url, payload);
      });
  return summarised;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Invocation>> Invocation::Create(
    CommandLine line) {
  auto invocation =
      std::unique_ptr<Invocation>(new Invocation(std::move(line)));
  const CommandLine& flags = invocation->line_;

  const std::string output = flags.Get("output", "table");
  if (output != "table" && output != "json") {
    return BadValue("output", output, "table or json");
  }
  invocation->json_ = output == "json";

  ColorMode color = ColorMode::kAuto;
  const std::string color_text = flags.Get("color", "auto");
  if (color_text == "always") {
    color = ColorMode::kAlways;
  } else if (color_text == "never") {
    color = ColorMode::kNever;
  } else if (color_text != "auto") {
    return BadValue("color", color_text, "auto, always or never");
  }
  invocation->out_ = InspectTerminal(STDOUT_FILENO, color);
  invocation->err_ = InspectTerminal(STDERR_FILENO, color);

  const std::string view = absl::AsciiStrToLower(flags.Get("view"));
  if (view == "basic") {
    invocation->view_ = v1::VIEW_BASIC;
  } else if (view == "full") {
    invocation->view_ = v1::VIEW_FULL;
  } else if (flags.Has("view")) {
    return BadValue("view", view, "basic or full");
  }

  const std::string format = absl::AsciiStrToLower(flags.Get("format"));
  if (format == "json") {
    invocation->format_ = InputFormat::kJson;
  } else if (format == "textproto" || format == "text") {
    invocation->format_ = InputFormat::kTextproto;
  } else if (flags.Has("format")) {
    return BadValue("format", format, "json or textproto");
  }

  const std::string deadline = flags.Get("deadline", "10s");
  if (!absl::ParseDuration(deadline, &invocation->deadline_) ||
      invocation->deadline_ <= absl::ZeroDuration() ||
      invocation->deadline_ > absl::Hours(24)) {
    return BadValue("deadline", deadline,
                    "a duration with its unit, up to 24h, for instance 500ms "
                    "or 30s");
  }

  Client::Options options;
  invocation->address_ = flags.Get("address", DefaultAddress());
  options.address = invocation->address_;
  options.deadline = invocation->deadline_;
  options.user_agent = absl::StrCat("needlewise-cli/", NEEDLEWISE_VERSION);
  auto client = Client::Create(std::move(options));
  if (!client.ok()) return client.status();
  invocation->client_ = *std::move(client);
  return invocation;
}

v1::View Invocation::ViewOr(v1::View otherwise) const {
  return view_ == v1::VIEW_UNSPECIFIED ? otherwise : view_;
}

ExitCode Invocation::PrintText(const std::string& text) const {
  std::cout << text << std::flush;
  if (std::cout) return kExitOk;
  std::cerr << "needlewise: cannot write to standard output\n";
  return kExitRefused;
}

ExitCode Invocation::PrintJson(const google::protobuf::Message& message,
                               bool one_line) const {
  std::string text = ToJson(message, one_line);
  if (text.empty() || text.back() != '\n') text += '\n';
  return PrintText(text);
}

ExitCode Invocation::Fail(const absl::Status& status) const {
  const absl::Status summarised = Summarised(status, address_);
  if (json_) {
    std::cerr << ToJson(ToRpcStatus(summarised), /*one_line=*/true) << "\n";
  } else {
    std::cerr << Paint(err_, Tone::kStop, "needlewise: ")
              << ExplainError(summarised) << "\n";
  }
  return ExitCodeOf(status);
}

ExitCode Invocation::Fail(const absl::Status& status, const InputText& input,
                          const SourceMap& map) const {
  if (json_ || ViolationsOf(status).field_violations().empty()) {
    return Fail(status);
  }
  std::cerr << Paint(err_, Tone::kStop, "needlewise: ")
            << ExplainAgainstInput(status, input, map, err_);
  return ExitCodeOf(status);
}

ExitCode Invocation::Fail(const InputText& input,
                          const std::vector<InputProblem>& problems) const {
  if (json_) {
    google::rpc::Status status;
    status.set_code(static_cast<int>(absl::StatusCode::kInvalidArgument));
    status.set_message("the input cannot be read");
    google::rpc::BadRequest bad_request;
    for (const InputProblem& problem : problems) {
      auto* violation = bad_request.add_field_violations();
      violation->set_field(absl::StrCat(input.name, ":", problem.position.line,
                                        ":", problem.position.column));
      violation->set_description(problem.message);
    }
    status.add_details()->PackFrom(bad_request);
    std::cerr << ToJson(status, /*one_line=*/true) << "\n";
    return kExitBadInput;
  }
  std::cerr << Paint(err_, Tone::kStop, "needlewise: ")
            << "the input cannot be read\n";
  for (const InputProblem& problem : problems) {
    std::cerr << FormatProblem(input, problem, err_);
  }
  return kExitBadInput;
}

ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return kExitBadInput;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return kExitUnreachable;
    case absl::StatusCode::kFailedPrecondition:
      return ReasonOf(status) == "SCREENING_NOT_SATISFIED" ? kExitNo
                                                           : kExitRefused;
    default:
      return kExitRefused;
  }
}

std::string Summary(const absl::Status& status, const std::string& address) {
  // A reason comes from the server itself, whose message then says enough.
  const bool answered = !ReasonOf(status).empty();
  if (answered) return std::string(status.message());
  if (status.code() == absl::StatusCode::kDeadlineExceeded) {
    return absl::StrCat("no answer from ", address,
                        " in time; wait longer with --deadline");
  }
  if (status.code() == absl::StatusCode::kUnavailable) {
    if (absl::StrContains(status.message(), "backend unhealthy")) {
      return absl::StrCat("the server at ", address,
                          " is up and not serving; see `needlewise health`");
    }
    return absl::StrCat("no server can be reached at ", address,
                        "; start one, or name its address with --address (",
                        Cause(status.message()), ")");
  }
  return std::string(status.message());
}

std::string ToJson(const google::protobuf::Message& message, bool one_line) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = !one_line;
  std::string text;
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &text, options);
  if (!status.ok()) {
    // Only a detail of a type that this program does not know can do that.
    return absl::StrCat(
        "{\"code\":13,\"message\":\"an error detail cannot be "
        "shown as JSON\"}");
  }
  return text;
}

}  // namespace needlewise
