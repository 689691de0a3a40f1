// What every verb shares: the flags of every verb, the client, and how results
// and failures leave the program.

#ifndef NEEDLEWISE_CLIENT_CLI_INVOCATION_H_
#define NEEDLEWISE_CLIENT_CLI_INVOCATION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/command_line.h"
#include "client/cli/exit_code.h"
#include "client/cli/input.h"
#include "client/cli/terminal.h"
#include "client/needlewise_client.h"
#include "google/protobuf/message.h"
#include "needlewise/v1/screening.pb.h"

namespace needlewise {

// One run of the program.
class Invocation final {
 public:
  // INVALID_ARGUMENT for a flag's value that cannot be.
  static absl::StatusOr<std::unique_ptr<Invocation>> Create(CommandLine line);

  const CommandLine& line() const { return line_; }
  const Client& client() const { return *client_; }
  const std::string& address() const { return address_; }
  absl::Duration deadline() const { return deadline_; }

  // Whether results are for machines.
  bool json() const { return json_; }
  const Terminal& out() const { return out_; }
  const Terminal& err() const { return err_; }

  // `--format`.
  InputFormat format() const { return format_; }

  // `--view`; `otherwise` where it is not given.
  v1::View ViewOr(v1::View otherwise) const;

  // Writes a message as JSON to standard output: indented, or in one line.
  // Each returns OK, or REFUSED where it cannot be written.
  ExitCode PrintJson(const google::protobuf::Message& message,
                     bool one_line = false) const;
  ExitCode PrintText(const std::string& text) const;

  // Say on standard error what went wrong, and return the code to exit with.
  ExitCode Fail(const absl::Status& status) const;
  // As above, with field violations at their places in the input.
  ExitCode Fail(const absl::Status& status, const InputText& input,
                const SourceMap& map) const;
  // Problems of an input.
  ExitCode Fail(const InputText& input,
                const std::vector<InputProblem>& problems) const;

 private:
  explicit Invocation(CommandLine line) : line_(std::move(line)) {}

  const CommandLine line_;
  std::unique_ptr<Client> client_;
  std::string address_;
  absl::Duration deadline_;
  bool json_ = false;
  Terminal out_;
  Terminal err_;
  InputFormat format_ = InputFormat::kDetect;
  v1::View view_ = v1::VIEW_UNSPECIFIED;
};

// The code to exit with after a failed call.
ExitCode ExitCodeOf(const absl::Status& status);

// A failed call in one line for a person: what it means, then what gRPC said.
std::string Summary(const absl::Status& status, const std::string& address);

// A message as JSON; a message of the API always has one.
std::string ToJson(const google::protobuf::Message& message, bool one_line);

}  // namespace needlewise

#endif  // NEEDLEWISE_CLIENT_CLI_INVOCATION_H_
