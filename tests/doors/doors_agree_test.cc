// The same patient gets the same decision, byte for byte, whatever door the
// request comes in through (L7); and the same error where it is refused.
//
// To add a door: a function from requests to answers, and a line in `kDoors`.

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "rules/engine/partial_date.h"
#include "tests/integration/http_client.h"
#include "tests/integration/test_server.h"
#include "tests/property/random.h"
#include "tests/property/random_patient.h"

namespace needlewise {
namespace {

using ::google::protobuf::util::JsonStringToMessage;
using ::google::protobuf::util::MessageToJsonString;

constexpr char kMethod[] = "ScreeningService/ScreenEligibility";
// Of them some are refused, which is compared, too.
constexpr int kUsualPatients = 500;
constexpr int kMostOfOneKind = 3;

using Requests = std::vector<v1::ScreenEligibilityRequest>;

// What came out of a door.
struct DoorAnswer {
  // The response in its own bytes; empty where there was an error.
  std::string bytes;
  // Message and details of the error.
  std::string error;
};

std::string ToText(google::rpc::Status status) {
  status.clear_code();
  return status.ShortDebugString();
}

template <typename Message>
std::string ToJson(const Message& message) {
  std::string json;
  EXPECT_TRUE(MessageToJsonString(message, &json).ok());
  return json;
}

// Reads a response from JSON, back to its bytes.
std::string FromJson(const std::string& json) {
  v1::ScreenEligibilityResponse response;
  EXPECT_TRUE(JsonStringToMessage(json, &response).ok()) << json;
  return response.SerializeAsString();
}

std::vector<DoorAnswer> ThroughGrpc(const TestServer& server,
                                    const Requests& requests) {
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
                                       const Requests& requests, bool json) {
  std::vector<DoorAnswer> answers;
  HttpConnection connection(server.http_port());
  for (const v1::ScreenEligibilityRequest& request : requests) {
    DoorAnswer& answer = answers.emplace_back();
    const HttpAnswer http = connection.Call(
        "POST", absl::StrCat("/needlewise.v1.", kMethod),
        {{"Content-Type", json ? "application/json" : "application/proto"}},
        json ? ToJson(request) : request.SerializeAsString());
    if (http.status == 200) {
      answer.bytes = json ? FromJson(http.body) : http.body;
    } else {
      answer.error = ToText(ConnectErrorOf(http).status);
    }
  }
  return answers;
}

std::vector<DoorAnswer> ThroughConnectProto(const TestServer& server,
                                            const Requests& requests) {
  return ThroughConnect(server, requests, /*json=*/false);
}

std::vector<DoorAnswer> ThroughConnectJson(const TestServer& server,
                                           const Requests& requests) {
  return ThroughConnect(server, requests, /*json=*/true);
}

// What the command line prints for machines, all patients in one run.
std::vector<DoorAnswer> ThroughCommandLine(const TestServer& server,
                                           const Requests& requests) {
  const TemporaryFolder folder;
  const std::string file = absl::StrCat(folder.path(), "/batch.ndjson");
  {
    std::ofstream lines(file);
    for (const v1::ScreenEligibilityRequest& request : requests) {
      lines << ToJson(request) << "\n";
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

struct Door {
  const char* name;
  std::vector<DoorAnswer> (*answer)(const TestServer&, const Requests&);
};
// All are compared with the first.
constexpr Door kDoors[] = {
    {"gRPC", &ThroughGrpc},
    {"Connect, bytes", &ThroughConnectProto},
    {"Connect, JSON", &ThroughConnectJson},
    {"the command line", &ThroughCommandLine},
};

template <typename Records, typename IdOf>
std::string PickId(const Records& records, const IdOf& id_of, Random* random) {
  return id_of(records.Get(random->Below(records.size())));
}

v1::ScreenEligibilityRequest MakeRequest(const v1::RuleCatalog& catalog,
                                         const PatientMaker& patients,
                                         Day today, Random* random) {
  v1::ScreenEligibilityRequest request;
  const Day as_of = today + random->Between(-30, 60);
  request.set_as_of(FormatDay(as_of));
  // What the command line asks for where a request leaves it out.
  request.set_view(random->Chance(0.8) ? v1::VIEW_FULL : v1::VIEW_BASIC);
  PatientStyle style;
  style.mentioned = random->Chance(0.5) ? 0.9 : 0.2;
  style.section_closed = random->Chance(0.5) ? 0.95 : 0.2;
  *request.mutable_patient() = patients.Make(today, as_of, style, random);
  // Texts that JSON has to escape.
  request.set_request_id(
      absl::StrCat("r-", random->Below(1000000), "-\"\\/\n\x7F\u00E9\u2028"));
  if (random->Chance(0.9)) request.clear_request_id();
  const int treatments = random->Between(1, kMostOfOneKind);
  for (int i = 0; i < treatments; ++i) {
    v1::TreatmentSelection* selection = request.add_treatments();
    selection->set_treatment(PickId(
        catalog.treatments(),
        [](const auto& record) { return record.treatment_id(); }, random));
    const int areas = random->Between(1, kMostOfOneKind);
    for (int a = 0; a < areas; ++a) {
      selection->add_areas(PickId(
          catalog.areas(), [](const auto& record) { return record.area_id(); },
          random));
    }
    if (random->Chance(0.7)) {
      selection->mutable_device()->set_device(PickId(
          catalog.devices(),
          [](const auto& record) { return record.device_id(); }, random));
      if (random->Chance(0.5)) {
        selection->mutable_device()->set_needle_depth_mm(
            random->Between(1, 25) / 10.0);
      }
    }
  }
  return request;
}

TEST(DoorsAgreeTest, OnRandomPatients) {
  TestServer server([](config::v1::ServerConfig* config) {
    // The catalogue that ships.
    config->mutable_catalog()->clear_folder();
    config->clear_site_findings();
    config->mutable_http_listener()->set_address("127.0.0.1:0");
    config->mutable_http_listener()->set_insecure_for_development(true);
  });
  const v1::RuleCatalog& catalog =
      server.server().catalogs().Current()->compiled->catalog;
  const PatientMaker patients(catalog);
  const Day today =
      ToDay(absl::ToCivilDay(FixedClock().Now(), absl::LocalTimeZone()));
  Requests requests;
  ForEachSeed(kUsualPatients, [&](Random* random) {
    requests.push_back(MakeRequest(catalog, patients, today, random));
  });

  const std::vector<DoorAnswer> expected = kDoors[0].answer(server, requests);
  int decided = 0;
  for (const DoorAnswer& answer : expected) decided += answer.error.empty();
  // Else there would be little to compare.
  EXPECT_GT(decided, static_cast<int>(requests.size()) / 2);
  RecordProperty("decided", decided);
  for (const Door& door : kDoors) {
    const std::vector<DoorAnswer> answers = door.answer(server, requests);
    ASSERT_EQ(answers.size(), expected.size()) << door.name;
    for (size_t i = 0; i < answers.size(); ++i) {
      EXPECT_EQ(answers[i].error, expected[i].error)
          << door.name << ": " << ToJson(requests[i]);
      // Compared as a whole, and not printed: they are long.
      EXPECT_TRUE(answers[i].bytes == expected[i].bytes)
          << door.name << ": " << ToJson(requests[i]);
      if (HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace needlewise
