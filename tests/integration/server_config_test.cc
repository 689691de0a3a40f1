#include "server/server_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/command_line.h"
#include "server/loopback.h"
#include "server/telemetry/json_log.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kInsecure[] = "listener { insecure_for_development: true }";

// `line:column subject` of each fault.
std::vector<std::string> FaultsOf(absl::string_view text) {
  std::vector<std::string> faults;
  for (const v1::Diagnostic& fault : ParseServerConfig(text, "f").diagnostics) {
    EXPECT_EQ(fault.file(), "f");
    EXPECT_EQ(fault.severity(), v1::SEVERITY_ERROR);
    EXPECT_NE(fault.message(), "");
    faults.push_back(
        absl::StrCat(fault.line(), ":", fault.column(), " ", fault.subject()));
  }
  return faults;
}

// Every setting is in `text`, down to those of messages of our own.
void ExpectEveryField(const google::protobuf::Descriptor& message,
                      absl::string_view text) {
  for (int i = 0; i < message.field_count(); ++i) {
    const google::protobuf::FieldDescriptor& field = *message.field(i);
    EXPECT_TRUE(absl::StrContains(text, field.name())) << field.full_name();
    if (field.message_type() != nullptr &&
        field.message_type()->file() == message.file()) {
      ExpectEveryField(*field.message_type(), text);
    }
  }
}

TEST(ServerConfigTest, WrittenDefaultsAreTheDefaults) {
  const ConfigResult written =
      ParseServerConfig(DefaultServerConfigText(), "default");
  EXPECT_THAT(written.diagnostics, IsEmpty());
  const ConfigResult unset = ParseServerConfig(kInsecure, "unset");
  EXPECT_THAT(unset.diagnostics, IsEmpty());
  EXPECT_EQ(written.config.DebugString(), unset.config.DebugString());
  ExpectEveryField(*config::v1::ServerConfig::descriptor(),
                   DefaultServerConfigText());
}

TEST(ServerConfigTest, ListensOnlyOnLoopbackAndOnlyWhenTold) {
  EXPECT_THAT(FaultsOf(""),
              ElementsAre("0:0 listener.insecure_for_development"));
  EXPECT_THAT(FaultsOf("listener { address: \"127.0.0.1:1\" }"),
              ElementsAre("1:1 listener.insecure_for_development"));
  for (const char* address :
       {"0.0.0.0:7443", "192.168.1.10:7443", "[::]:7443", "example.org:7443",
        "[2001:db8::1]:7443", "localhost.example.org:7443", "unix:/tmp/s:1",
        "128.0.0.1:7443", "127.0.0.1", "127.0.0.1:", ":7443", "::1:7443",
        "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:http",
        "[::ffff:127.0.0.1]:7443"}) {
    EXPECT_THAT(
        FaultsOf(absl::StrCat("listener { insecure_for_development: true\n",
                              "address: \"", address, "\" }")),
        ElementsAre("2:1 listener.address"))
        << address;
  }
  for (const char* address :
       {"127.0.0.1:0", "127.8.9.1:65535", "[::1]:7443", "localhost:7443"}) {
    EXPECT_THAT(
        FaultsOf(absl::StrCat("listener { insecure_for_development: true\n",
                              "address: \"", address, "\" }")),
        IsEmpty())
        << address;
  }
}

TEST(ServerConfigTest, NamesEveryFaultWithItsPlace) {
  EXPECT_THAT(
      FaultsOf("listener {\n"
               "  address: \"0.0.0.0:1\"\n"
               "  adress: \"127.0.0.1:1\"\n"
               "}\n"
               "catalog {\n"
               "  poll_interval { seconds: -1 }\n"
               "  last_good_folder: \"somewhere\"\n"
               "}\n"
               "limits { max_request_bytes: 10\n"
               "         max_batch_items: -1 }\n"
               "shutdown { drain_deadline { seconds: 999999 } }\n"
               "limitz { }\n"),
      ElementsAre(
          "1:1 listener.insecure_for_development", "2:3 listener.address",
          "3:9 ", "6:3 catalog.poll_interval", "7:3 catalog.last_good_folder",
          "9:10 limits.max_request_bytes", "10:10 limits.max_batch_items",
          "11:12 shutdown.drain_deadline", "12:8 "));
}

TEST(ServerConfigTest, ServesHttpWithTlsOrOnLoopbackWhenTold) {
  const auto faults = [](absl::string_view http) {
    return FaultsOf(absl::StrCat(kInsecure, "\nhttp_listener {", http, "}"));
  };
  EXPECT_THAT(faults(R"(address: "127.0.0.1:0" insecure_for_development: true
                        allowed_origins: "https://a.example.org:8443"
                        allowed_origins: "http://localhost:3000")"),
              IsEmpty());
  EXPECT_THAT(faults(R"(address: "0.0.0.0:8443" certificate_file: "c"
                        private_key_file: "k" client_ca_file: "a")"),
              IsEmpty());
  EXPECT_THAT(faults(R"(address: "127.0.0.1:0")"),
              ElementsAre("2:1 http_listener.insecure_for_development"));
  EXPECT_THAT(
      faults(R"(address: "10.0.0.1:80" insecure_for_development: true)"),
      ElementsAre("2:16 http_listener.address"));
  EXPECT_THAT(faults(R"(address: "nonsense" insecure_for_development: true)"),
              ElementsAre("2:16 http_listener.address"));
  // Half of TLS is none, and refused.
  EXPECT_THAT(faults(R"(address: "127.0.0.1:0" certificate_file: "c")"),
              ElementsAre("2:1 http_listener.private_key_file"));
  EXPECT_THAT(faults(R"(address: "127.0.0.1:0" private_key_file: "k")"),
              ElementsAre("2:1 http_listener.certificate_file"));
  EXPECT_THAT(faults(R"(address: "127.0.0.1:0" insecure_for_development: true
client_ca_file: "a")"),
              ElementsAre("3:1 http_listener.client_ca_file"));
  EXPECT_THAT(faults(R"(address: "127.0.0.1:0" certificate_file: "c"
private_key_file: "k" insecure_for_development: true)"),
              ElementsAre("3:23 http_listener.insecure_for_development"));
  // Nothing is served, whatever else was meant.
  EXPECT_THAT(faults("insecure_for_development: true\nport_file: \"p\"\n"
                     "certificate_file: \"c\"\n"
                     "allowed_origins: \"https://a\""),
              ElementsAre("2:16 http_listener.insecure_for_development",
                          "3:1 http_listener.port_file",
                          "4:1 http_listener.certificate_file",
                          "5:1 http_listener.allowed_origins"));
}

TEST(ServerConfigTest, ChecksTheNumbersAndOriginsOfHttp) {
  EXPECT_THAT(
      FaultsOf(absl::StrCat(kInsecure, R"(
http_listener { address: "127.0.0.1:0" insecure_for_development: true
max_body_bytes: 1
max_connections: -1
threads: 1000
read_timeout { nanos: 1 }
idle_timeout { seconds: 4000 }
allowed_origins: "*"
allowed_origins: "https://a.example.org/"
})")),
      ElementsAre("3:1 http_listener.max_body_bytes",
                  "4:1 http_listener.max_connections",
                  "5:1 http_listener.threads", "6:1 http_listener.read_timeout",
                  "7:1 http_listener.idle_timeout",
                  "8:1 http_listener.allowed_origins",
                  "9:1 http_listener.allowed_origins"));
}

TEST(ServerConfigTest, ASealIsRequiredOnlyWhereOneCanBeTrusted) {
  const auto faults = [](const std::string& catalog) {
    return FaultsOf(absl::StrCat(kInsecure, "catalog {\n", catalog, "\n}\n"));
  };
  EXPECT_THAT(
      faults("require_seal: true"),
      ElementsAre("2:1 catalog.require_seal", "2:1 catalog.require_seal"));
  EXPECT_THAT(faults("folder: \"f\" require_seal: true"),
              ElementsAre("2:13 catalog.require_seal"));
  EXPECT_THAT(faults("folder: \"f\" require_seal: true\n"
                     "trusted_key_files: \"k.pem\""),
              IsEmpty());
}

TEST(ServerConfigTest, OverlaysAreTextFilesOfDifferentNames) {
  const auto faults = [](const std::string& catalog) {
    return FaultsOf(absl::StrCat(kInsecure, "catalog {\n", catalog, "\n}\n"));
  };
  EXPECT_THAT(faults("overlay_files: \"a/x.textproto\"\n"
                     "overlay_files: \"b/y.textproto\""),
              IsEmpty());
  EXPECT_THAT(faults("overlay_files: \"a/x.textproto\"\n"
                     "overlay_files: \"b/x.textproto\""),
              ElementsAre("3:1 catalog.overlay_files"));
  EXPECT_THAT(faults("overlay_files: \"a/x.txt\""),
              ElementsAre("2:1 catalog.overlay_files"));
}

TEST(ServerConfigTest, TellsWhereTextCannotBeRead) {
  EXPECT_THAT(FaultsOf("listener {\n  address 7\n}"), ElementsAre("2:11 "));
}

TEST(ServerConfigTest, ZeroIsTheDefaultOfALimitAndNeverForAnInterval) {
  const ConfigResult result = ParseServerConfig(
      absl::StrCat(kInsecure,
                   "limits { max_findings: 0 max_watchers: 7 }"
                   "catalog { poll_interval {} }"),
      "f");
  EXPECT_THAT(result.diagnostics, IsEmpty());
  EXPECT_EQ(result.config.limits().max_findings(), 2000);
  EXPECT_EQ(result.config.limits().max_watchers(), 7);
  EXPECT_EQ(ToDuration(result.config.catalog().poll_interval()),
            absl::ZeroDuration());
}

TEST(CommandLineTest, KnowsItsFlagsAndNoOthers) {
  const auto config = ParseCommandLine({"--config=a.textproto"});
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->config_file, "a.textproto");
  EXPECT_EQ(config->action, CommandLine::Action::kServe);
  const auto check =
      ParseCommandLine({"--config", "a.textproto", "--check_config"});
  ASSERT_TRUE(check.ok());
  EXPECT_EQ(check->config_file, "a.textproto");
  EXPECT_EQ(check->action, CommandLine::Action::kCheckConfig);
  EXPECT_TRUE(ParseCommandLine({}).ok());
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{
           {"--confg=a"},
           {"a.textproto"},
           {"--config"},
           {"--config="},
           {"--check_config=yes"},
           {"--check_config", "--print_default_config"}}) {
    EXPECT_FALSE(ParseCommandLine(wrong).ok()) << wrong[0];
  }
}

TEST(JsonLogTest, WritesOneObjectALine) {
  class Sink final : public LogSink {
   public:
    void Write(absl::string_view line) override {
      text.append(line.data(), line.size());
    }
    std::string text;
  };
  class Epoch final : public Clock {
   public:
    absl::Time Now() const override { return absl::UnixEpoch(); }
  };
  Sink sink;
  const Epoch clock;
  const Log log(&sink, &clock, LogSeverity::kInfo);
  log.Write(LogSeverity::kDebug, "left_out");
  log.Write(LogSeverity::kWarning, "event",
            {{"text", "a \"b\" \\ \n\t\x01\x7F \xC3\xA9 \xC3( \xED\xA0\x80"},
             {"number", -7},
             {"truth", true}});
  EXPECT_EQ(sink.text,
            "{\"time\":\"1970-01-01T00:00:00.000Z\",\"severity\":\"WARNING\","
            "\"event\":\"event\",\"text\":\"a \\\"b\\\" \\\\ \\n\\t\\u0001"
            "\\u007f \xC3\xA9 \xEF\xBF\xBD( "
            "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\",\"number\":-7,"
            "\"truth\":true}\n");
}

}  // namespace
}  // namespace needlewise
