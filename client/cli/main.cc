// The `needlewise` command line.

#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/catalog_verbs.h"
#include "client/cli/command_line.h"
#include "client/cli/decision_verbs.h"
#include "client/cli/exit_code.h"
#include "client/cli/invocation.h"
#include "client/cli/names.h"
#include "client/cli/patient_verbs.h"
#include "client/cli/questions.h"
#include "google/protobuf/stubs/common.h"
#include "grpcpp/grpcpp.h"
#include "proto/json/did_you_mean.h"

namespace needlewise {
namespace {

ExitCode Misused(const absl::Status& status) {
  std::cerr << "needlewise: " << status.message() << "\n";
  return kExitBadInput;
}

ExitCode Print(const std::string& text) {
  std::cout << text << std::flush;
  return std::cout ? kExitOk : kExitRefused;
}

ExitCode RunHelp(const CommandLine& line) {
  if (line.arguments().empty()) return Print(HelpText());
  std::vector<std::string> names;
  for (const Verb& verb : Verbs()) {
    if (verb.name == line.arguments()[0]) return Print(HelpText(verb));
    names.push_back(verb.name);
  }
  return Misused(
      absl::InvalidArgumentError("`" + line.arguments()[0] + "` is not a verb" +
                                 DidYouMean(line.arguments()[0], names)));
}

ExitCode Run(const std::vector<std::string>& words) {
  absl::StatusOr<CommandLine> line = CommandLine::Parse(words);
  if (!line.ok()) return Misused(line.status());
  const std::string& verb = line->verb().name;
  if (verb == "help") return RunHelp(*line);
  if (line->Has("help")) return Print(HelpText(line->verb()));
  if (verb == "version") {
    return Print(
        std::string("needlewise ") + NEEDLEWISE_VERSION + " (gRPC " +
        grpc::Version() + ", protobuf " +
        google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION) +
        ")\n");
  }
  absl::StatusOr<std::unique_ptr<Invocation>> invocation =
      Invocation::Create(*std::move(line));
  if (!invocation.ok()) return Misused(invocation.status());
  if (verb == "screen") return RunScreen(**invocation);
  if (verb == "add-ons") return RunAddOns(**invocation);
  if (verb == "plan") return RunPlan(**invocation);
  if (verb == "questions") return RunQuestions(**invocation);
  if (verb == "rules") return RunRules(**invocation);
  if (verb == "conflicts") return RunConflicts(**invocation);
  if (verb == "decisions") return RunDecisions(**invocation);
  if (verb == "feedback") return RunFeedback(**invocation);
  if (verb == "verify") return RunVerify(**invocation);
  if (verb == "watch") return RunWatch(**invocation);
  return RunHealth(**invocation);
}

}  // namespace
}  // namespace needlewise

int main(int argc, char** argv) {
  return needlewise::Run({argv + 1, argv + argc});
}
