// Writes what the measurements over the network need: settings for the server,
// requests as h2load sends them, and the server's answers to them.

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "needlewise/config/v1/server_config.pb.h"
#include "needlewise/v1/screening.grpc.pb.h"
#include "tests/benchmarks/sample_record.h"
#include "tests/benchmarks/sample_requests.h"

namespace needlewise {
namespace {

constexpr int kHookResources = 500;

constexpr char kUsage[] = R"(usage: make_request FOLDER [ADDRESS]

Writes into FOLDER, for each sample and view:
  SAMPLE_VIEW.request   the body of gRPC's HTTP/2 request
  SAMPLE_VIEW.json      the body of an HTTP request in JSON
  SAMPLE_VIEW.bin       the same in bytes
  SAMPLE_VIEW.answer    the answer's message; only with the ADDRESS of a server
and hook.json, the body of a call for `patient-view` with 500 resources;
server.textproto, settings for a server that listens on a free port and
writes it to FOLDER/port; server_http.textproto, for one that serves HTTP, too,
and writes that port to FOLDER/http_port.
)";

[[noreturn]] void Fail(const std::string& why) {
  std::cerr << "make_request: " << why << "\n";
  std::exit(1);
}

void WriteFile(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary);
  file << content;
  file.close();
  if (!file.good()) Fail(absl::StrCat("cannot write `", path, "`"));
}

// A message as gRPC frames it: not compressed, its length, itself.
std::string Frame(const std::string& message) {
  std::string framed(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) {
    framed.push_back(static_cast<char>(message.size() >> shift & 0xff));
  }
  return framed + message;
}

std::string ToJson(const google::protobuf::Message& message) {
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json).ok()) {
    Fail("cannot write the request as JSON");
  }
  return json;
}

std::string Settings(const std::string& folder, bool http) {
  config::v1::ServerConfig config;
  config.mutable_listener()->set_address("127.0.0.1:0");
  config.mutable_listener()->set_insecure_for_development(true);
  config.mutable_listener()->set_port_file(folder + "/port");
  if (http) {
    config.mutable_http_listener()->set_address("127.0.0.1:0");
    config.mutable_http_listener()->set_insecure_for_development(true);
    config.mutable_http_listener()->set_port_file(folder + "/http_port");
    config.mutable_cds_hooks()->set_without_authentication_for_development(
        true);
  }
  for (const v1::Finding& finding : SampleSiteFindings()) {
    *config.add_site_findings() = finding;
  }
  std::string text;
  if (!google::protobuf::TextFormat::PrintToString(config, &text)) {
    Fail("cannot write the settings as text");
  }
  return text;
}

std::string Ask(v1::ScreeningService::Stub* stub,
                const v1::ScreenEligibilityRequest& request) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
  v1::ScreenEligibilityResponse response;
  const grpc::Status status =
      stub->ScreenEligibility(&context, request, &response);
  if (!status.ok()) Fail(status.error_message());
  return response.SerializeAsString();
}

void Write(const std::string& folder, v1::ScreeningService::Stub* stub) {
  WriteFile(folder + "/server.textproto", Settings(folder, false));
  WriteFile(folder + "/server_http.textproto", Settings(folder, true));
  const absl::CivilDay today =
      absl::ToCivilDay(absl::Now(), absl::LocalTimeZone());
  WriteFile(folder + "/hook.json", MakeHookCall(kHookResources, today));
  for (const Sample sample :
       {Sample::kComplete, Sample::kWell, Sample::kEmpty}) {
    for (const v1::View view : {v1::VIEW_FULL, v1::VIEW_BASIC}) {
      const v1::ScreenEligibilityRequest request =
          MakeRequest(sample, view, today);
      const std::string path =
          absl::StrCat(folder, "/", NameOf(sample),
                       view == v1::VIEW_FULL ? "_full" : "_basic");
      WriteFile(path + ".request", Frame(request.SerializeAsString()));
      WriteFile(path + ".json", ToJson(request));
      WriteFile(path + ".bin", request.SerializeAsString());
      if (stub != nullptr) WriteFile(path + ".answer", Ask(stub, request));
    }
  }
}

}  // namespace
}  // namespace needlewise

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::cerr << needlewise::kUsage;
    return 2;
  }
  std::unique_ptr<needlewise::v1::ScreeningService::Stub> stub;
  if (argc == 3) {
    stub = needlewise::v1::ScreeningService::NewStub(
        grpc::CreateChannel(argv[2], grpc::InsecureChannelCredentials()));
  }
  needlewise::Write(argv[1], stub.get());
}
