// The program itself: its flags, its signals, its exit codes.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/command_line.h"
#include "server/server_config.h"
#include "tests/integration/test_server.h"

extern char** environ;

namespace needlewise {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A run of the server. Its standard output and error come through one pipe.
class Program {
 public:
  explicit Program(const std::vector<std::string>& flags) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    output_ = ends[0];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    std::vector<std::string> words = {NEEDLEWISE_SERVER_BINARY};
    words.insert(words.end(), flags.begin(), flags.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    EXPECT_EQ(posix_spawn(&pid_, arguments[0], &actions, nullptr,
                          arguments.data(), environ),
              0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
  }

  ~Program() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(output_);
  }

  // Reads on until the output holds `text`; false where it ends before.
  bool ReadUntil(absl::string_view text) {
    while (!absl::StrContains(text_, text)) {
      if (!ReadMore()) return false;
    }
    return true;
  }

  // Waits for the end. The exit code, or minus the signal that ended it.
  int Wait() {
    while (ReadMore()) {
    }
    int state = 0;
    EXPECT_EQ(waitpid(pid_, &state, 0), pid_);
    pid_ = 0;
    return WIFEXITED(state) ? WEXITSTATUS(state) : -WTERMSIG(state);
  }

  void Signal(int signal) { EXPECT_EQ(kill(pid_, signal), 0); }

  const std::string& text() const { return text_; }

 private:
  bool ReadMore() {
    char buffer[4096];
    const ssize_t size = read(output_, buffer, sizeof(buffer));
    if (size <= 0) return false;
    text_.append(buffer, static_cast<size_t>(size));
    return true;
  }

  pid_t pid_ = 0;
  int output_ = -1;
  std::string text_;
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

class ServerProcessTest : public ::testing::Test {
 protected:
  // The flag for settings with `more` added.
  std::string ConfigFlag(const std::string& more = "") {
    return WriteConfig(
        absl::StrCat("listener {\n  address: \"127.0.0.1:0\"\n"
                     "  insecure_for_development: true\n  port_file: \"",
                     port_file_, "\"\n}\n", more));
  }
  std::string WriteConfig(const std::string& text) {
    const std::string path = folder_.path() + "/server.textproto";
    std::ofstream(path) << text;
    return absl::StrCat("--config=", path);
  }

  std::shared_ptr<grpc::Channel> Connect() {
    return grpc::CreateChannel(
        absl::StrCat("127.0.0.1:", std::stoi(ReadFile(port_file_))),
        grpc::InsecureChannelCredentials());
  }

  TemporaryFolder folder_;
  const std::string port_file_ = folder_.path() + "/port";
};

constexpr char kServing[] = "\"event\":\"serving\"";

TEST_F(ServerProcessTest, ServesTheBuiltInCatalogueAndStopsWhenAsked) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Program run({ConfigFlag()});
    ASSERT_TRUE(run.ReadUntil(kServing)) << run.text();
    const auto channel = Connect();
    EXPECT_EQ(HealthOf(channel, ""), "SERVING");
    const auto stub = v1::RuleCatalogService::NewStub(channel);
    grpc::ClientContext context;
    v1::GetRuleCatalogResponse response;
    EXPECT_TRUE(stub->GetRuleCatalog(&context, {}, &response).ok());
    EXPECT_GT(response.rule_count(), 100);
    run.Signal(signal);
    EXPECT_EQ(run.Wait(), kExitOk) << run.text();
    EXPECT_FALSE(std::filesystem::exists(port_file_));
  }
}

// An open stream whose requests are answered.
class Stream {
 public:
  explicit Stream(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::ScreeningService::NewStub(channel)),
        stream_(stub_->StreamScreenEligibility(&context_)) {}

  bool Exchange() {
    v1::StreamScreenEligibilityRequest request;
    v1::StreamScreenEligibilityResponse response;
    return stream_->Write(request) && stream_->Read(&response);
  }
  grpc::Status End() {
    stream_->WritesDone();
    return stream_->Finish();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<v1::ScreeningService::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::StreamScreenEligibilityRequest,
                                           v1::StreamScreenEligibilityResponse>>
      stream_;
};

TEST_F(ServerProcessTest, DrainsBeforeItStops) {
  Program run({ConfigFlag()});
  ASSERT_TRUE(run.ReadUntil(kServing)) << run.text();
  const auto channel = Connect();
  Stream stream(channel);
  ASSERT_TRUE(stream.Exchange());
  run.Signal(SIGTERM);
  ASSERT_TRUE(run.ReadUntil("\"event\":\"draining\"")) << run.text();
  EXPECT_TRUE(stream.Exchange());
  EXPECT_TRUE(stream.End().ok());
  EXPECT_EQ(run.Wait(), kExitOk) << run.text();
  EXPECT_THAT(run.text(), Not(HasSubstr("calls_cut_off")));
  EXPECT_THAT(run.text(), HasSubstr("\"event\":\"stopped\""));
}

TEST_F(ServerProcessTest, DrainsUntilTheDeadline) {
  Program run({ConfigFlag("shutdown { drain_deadline { nanos: 1000000 } }")});
  ASSERT_TRUE(run.ReadUntil(kServing)) << run.text();
  Stream stream(Connect());
  ASSERT_TRUE(stream.Exchange());
  run.Signal(SIGTERM);
  EXPECT_EQ(run.Wait(), kExitOk) << run.text();
  EXPECT_THAT(run.text(), HasSubstr("calls_cut_off"));
  EXPECT_FALSE(stream.End().ok());
}

TEST_F(ServerProcessTest, SecondSignalStopsItAtOnce) {
  Program run({ConfigFlag("shutdown { drain_deadline { seconds: 3600 } }")});
  ASSERT_TRUE(run.ReadUntil(kServing)) << run.text();
  Stream stream(Connect());
  ASSERT_TRUE(stream.Exchange());
  run.Signal(SIGINT);
  ASSERT_TRUE(run.ReadUntil("\"event\":\"draining\"")) << run.text();
  run.Signal(SIGINT);
  EXPECT_EQ(run.Wait(), -SIGINT);
}

TEST_F(ServerProcessTest, RefusesToListenWithoutTlsUnlessToldAndOnLoopback) {
  Program not_told({});
  EXPECT_EQ(not_told.Wait(), kExitConfig);
  EXPECT_THAT(not_told.text(), HasSubstr("insecure_for_development"));

  Program not_loopback({WriteConfig(
      "listener { address: \"0.0.0.0:0\" insecure_for_development: true }")});
  EXPECT_EQ(not_loopback.Wait(), kExitConfig);
  EXPECT_THAT(not_loopback.text(), HasSubstr("is not a loopback address"));
  EXPECT_THAT(not_loopback.text(), HasSubstr("server.textproto:1:12: error:"));
}

TEST_F(ServerProcessTest, RefusesWhatItDoesNotKnow) {
  Program flag({"--prot=1"});
  EXPECT_EQ(flag.Wait(), kExitUsage);
  EXPECT_THAT(flag.text(), HasSubstr("`--prot=1` is not a flag"));
  Program missing({"--config=/nowhere/server.textproto"});
  EXPECT_EQ(missing.Wait(), kExitConfig);
  EXPECT_THAT(missing.text(), HasSubstr("cannot read"));
}

TEST_F(ServerProcessTest, RefusesABrokenCatalogue) {
  const CatalogFolder broken(BrokenCatalog(1));
  const std::string flag =
      ConfigFlag(absl::StrCat("catalog { folder: \"", broken.path(), "\" }"));
  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{flag},
        std::vector<std::string>{flag, "--check_config"}}) {
    Program run(flags);
    EXPECT_EQ(run.Wait(), kExitCatalog);
    EXPECT_THAT(run.text(), HasSubstr("concept `pregnency` is not defined"));
    EXPECT_THAT(run.text(), HasSubstr("area `faze` is not defined"));
    EXPECT_FALSE(std::filesystem::exists(port_file_));
  }
}

TEST_F(ServerProcessTest, RefusesSiteFindingsThatAreNotOfTheSite) {
  Program run(
      {ConfigFlag("site_findings { concept: \"pregnancy\" "
                  "status: FINDING_STATUS_PRESENT }")});
  EXPECT_EQ(run.Wait(), kExitCatalog);
  EXPECT_THAT(run.text(),
              HasSubstr("`pregnancy` is not a concept of kind SITE"));
}

TEST_F(ServerProcessTest, RefusesAPortThatIsTaken) {
  Program first({ConfigFlag()});
  ASSERT_TRUE(first.ReadUntil(kServing)) << first.text();
  Program second({WriteConfig(absl::StrCat(
      "listener { insecure_for_development: true address: \"127.0.0.1:",
      std::stoi(ReadFile(port_file_)), "\" }"))});
  EXPECT_EQ(second.Wait(), kExitListen);
  EXPECT_THAT(second.text(), HasSubstr("cannot listen"));
}

TEST_F(ServerProcessTest, ChecksAndPrintsSettings) {
  Program check({ConfigFlag(), "--check_config"});
  EXPECT_EQ(check.Wait(), kExitOk) << check.text();
  EXPECT_THAT(check.text(), StartsWith("settings are valid"));
  Program print({"--print_default_config"});
  EXPECT_EQ(print.Wait(), kExitOk);
  EXPECT_EQ(print.text(), DefaultServerConfigText());
  Program help({"--help"});
  EXPECT_EQ(help.Wait(), kExitOk);
  EXPECT_THAT(help.text(), HasSubstr("--config=FILE"));
}

// The first answer of a method that streams both ways.
std::string FirstAnswer(const std::shared_ptr<grpc::Channel>& channel,
                        const std::string& method, const std::string& request) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const auto next = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  const auto call = stub.PrepareCall(&context, method, &queue);
  call->StartCall(nullptr);
  EXPECT_TRUE(next());
  const grpc::Slice slice(request);
  call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  EXPECT_TRUE(next());
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  const bool answered = next();
  context.TryCancel();
  grpc::Status status;
  call->Finish(&status, nullptr);
  next();
  if (!answered) return absl::StrCat("error ", status.error_code());
  grpc::Slice bytes;
  EXPECT_TRUE(answer.DumpToSingleSlice(&bytes).ok());
  return std::string(reinterpret_cast<const char*>(bytes.begin()),
                     bytes.size());
}

TEST_F(ServerProcessTest, OffersReflection) {
  Program run({ConfigFlag()});
  ASSERT_TRUE(run.ReadUntil(kServing)) << run.text();
  // `ServerReflectionRequest` with `list_services`, field 7, an empty text.
  const std::string services = FirstAnswer(
      Connect(),
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
      std::string("\x3A\x00", 2));
  for (const char* service :
       {"needlewise.v1.ScreeningService", "needlewise.v1.RecommendationService",
        "needlewise.v1.RuleCatalogService", "needlewise.v1.DecisionLogService",
        "grpc.health.v1.Health"}) {
    EXPECT_THAT(services, HasSubstr(service));
  }
}

TEST_F(ServerProcessTest, OffersChannelzOnlyWhenTold) {
  for (const bool offered : {false, true}) {
    Program run({ConfigFlag(offered ? "telemetry { channelz: true }" : "")});
    ASSERT_TRUE(run.ReadUntil(kServing)) << run.text();
    std::string response;
    const grpc::Status status = CallWithBytes(
        Connect(), "/grpc.channelz.v1.Channelz/GetServers", "", &response);
    EXPECT_EQ(status.error_code(),
              offered ? grpc::StatusCode::OK : grpc::StatusCode::UNIMPLEMENTED);
    run.Signal(SIGTERM);
    EXPECT_EQ(run.Wait(), kExitOk);
  }
}

TEST_F(ServerProcessTest, LogsJsonAndNothingOfAPatient) {
  constexpr char kCanary[] = "zanzibar";
  Program run({ConfigFlag("telemetry { log_level: LOG_LEVEL_DEBUG }")});
  ASSERT_TRUE(run.ReadUntil(kServing)) << run.text();
  const auto channel = Connect();
  std::string response;
  // A request id that is not UTF-8, of which protobuf itself complains.
  CallWithBytes(channel, "/needlewise.v1.ScreeningService/ScreenEligibility",
                absl::StrCat("\x0A\x0A\xC3\x28", kCanary), &response);
  CallWithBytes(channel, "/needlewise.v1.ScreeningService/ScreenEligibility",
                absl::StrCat("\x0A\x08", kCanary), &response);
  run.Signal(SIGTERM);
  EXPECT_EQ(run.Wait(), kExitOk);
  EXPECT_THAT(run.text(), HasSubstr("\"event\":\"call\""));
  EXPECT_THAT(run.text(), Not(HasSubstr(kCanary)));
  for (const absl::string_view line :
       absl::StrSplit(run.text(), '\n', absl::SkipEmpty())) {
    EXPECT_THAT(std::string(line), StartsWith("{\"time\":\""));
    EXPECT_THAT(std::string(line), EndsWith("}"));
  }
}

}  // namespace
}  // namespace needlewise
