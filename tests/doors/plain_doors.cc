#include "tests/doors/plain_doors.h"

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/integration/http_client.h"
#include "tests/support/temporary_folder.h"

namespace needlewise {
namespace {

using ::google::protobuf::util::JsonStringToMessage;
using ::google::protobuf::util::MessageToJsonString;

constexpr char kMethod[] = "ScreeningService/ScreenEligibility";

std::string ToText(google::rpc::Status status) {
  status.clear_code();
  return status.ShortDebugString();
}

// Reads a response from JSON, back to its bytes.
std::string FromJson(const std::string& json) {
  v1::ScreenEligibilityResponse response;
  EXPECT_TRUE(JsonStringToMessage(json, &response).ok()) << json;
  return response.SerializeAsString();
}

std::vector<DoorAnswer> ThroughGrpc(const TestServer& server,
                                    const ScreenRequests& requests) {
  std::vector<DoorAnswer> answers;
  const auto channel = server.Connect();
  for (const v1::ScreenEligibilityRequest& request : requests) {
    DoorAnswer& answer = answers.emplace_back();
    const grpc::Status status =
        CallWithBytes(channel, absl::StrCat("/needlewise.v1.", kMethod),
                      request.SerializeAsString(), &answer.bytes);
    if (!status.ok()) answer.error = ToText(DetailsOf(status));
  }
  return answers;
}

std::vector<DoorAnswer> ThroughConnect(const TestServer& server,
                                       const ScreenRequests& requests,
                                       bool json) {
  std::vector<DoorAnswer> answers;
  HttpConnection connection(server.http_port());
  for (const v1::ScreenEligibilityRequest& request : requests) {
    DoorAnswer& answer = answers.emplace_back();
    const HttpAnswer http = connection.Call(
        "POST", absl::StrCat("/needlewise.v1.", kMethod),
        {{"Content-Type", json ? "application/json" : "application/proto"}},
        json ? MessageToJson(request) : request.SerializeAsString());
    if (http.status == 200) {
      answer.bytes = json ? FromJson(http.body) : http.body;
    } else {
      answer.error = ToText(ConnectErrorOf(http).status);
    }
  }
  return answers;
}

std::vector<DoorAnswer> ThroughConnectProto(const TestServer& server,
                                            const ScreenRequests& requests) {
  return ThroughConnect(server, requests, /*json=*/false);
}

std::vector<DoorAnswer> ThroughConnectJson(const TestServer& server,
                                           const ScreenRequests& requests) {
  return ThroughConnect(server, requests, /*json=*/true);
}

// What the command line prints for machines, all patients in one run.
std::vector<DoorAnswer> ThroughCommandLine(const TestServer& server,
                                           const ScreenRequests& requests) {
  const TemporaryFolder folder;
  const std::string file = absl::StrCat(folder.path(), "/batch.ndjson");
  {
    std::ofstream lines(file);
    for (const v1::ScreenEligibilityRequest& request : requests) {
      lines << MessageToJson(request) << "\n";
    }
  }
  const std::string command = absl::StrCat(
      NEEDLEWISE_CLI_BINARY, " --address=127.0.0.1:", server.grpc_port(),
      " screen --output=json --batch ", file, " 2>", folder.path(), "/log");
  FILE* pipe = popen(command.c_str(), "r");
  std::string output;
  char part[65536];
  while (const size_t size = fread(part, 1, sizeof(part), pipe)) {
    output.append(part, size);
  }
  pclose(pipe);
  std::vector<DoorAnswer> answers;
  const std::vector<std::string> lines =
      absl::StrSplit(output, '\n', absl::SkipEmpty());
  for (const std::string& line : lines) {
    v1::StreamScreenEligibilityResponse streamed;
    EXPECT_TRUE(JsonStringToMessage(line, &streamed).ok()) << line;
    DoorAnswer& answer = answers.emplace_back();
    if (streamed.has_response()) {
      answer.bytes = streamed.response().SerializeAsString();
    } else {
      answer.error = ToText(streamed.status());
    }
  }
  return answers;
}

}  // namespace

const std::vector<PlainDoor>& PlainDoors() {
  static const auto& doors = *new std::vector<PlainDoor>{
      {"gRPC", &ThroughGrpc},
      {"Connect, bytes", &ThroughConnectProto},
      {"Connect, JSON", &ThroughConnectJson},
      {"the command line", &ThroughCommandLine},
  };
  return doors;
}

std::vector<DoorAnswer> ThroughEveryPlainDoor(const TestServer& server,
                                              const ScreenRequests& requests) {
  const std::vector<DoorAnswer> expected =
      PlainDoors()[0].answer(server, requests);
  for (size_t d = 1; d < PlainDoors().size(); ++d) {
    const PlainDoor& door = PlainDoors()[d];
    const std::vector<DoorAnswer> answers = door.answer(server, requests);
    EXPECT_EQ(answers.size(), expected.size()) << door.name;
    for (size_t i = 0; i < answers.size(); ++i) {
      if (::testing::Test::HasFailure()) return expected;
      EXPECT_EQ(answers[i].error, expected[i].error)
          << door.name << ": " << MessageToJson(requests[i]);
      // Compared as a whole, and not printed: they are long.
      EXPECT_TRUE(answers[i].bytes == expected[i].bytes)
          << door.name << ": " << MessageToJson(requests[i]);
    }
  }
  return expected;
}

std::string MessageToJson(const google::protobuf::Message& message) {
  std::string json;
  EXPECT_TRUE(MessageToJsonString(message, &json).ok());
  return json;
}

}  // namespace needlewise
