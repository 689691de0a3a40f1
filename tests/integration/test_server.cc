#include "tests/integration/test_server.h"

#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/server_config.h"

namespace needlewise {
namespace {

namespace fs = std::filesystem;

void WriteFiles(const fs::path& folder,
                const std::vector<CatalogFileText>& files) {
  for (const CatalogFileText& file : files) {
    const fs::path path = folder / file.name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << file.content;
  }
}

template <typename Detail>
bool FindDetail(const google::rpc::Status& status, Detail* detail) {
  for (const google::protobuf::Any& any : status.details()) {
    if (any.UnpackTo(detail)) return true;
  }
  return false;
}

std::string ToText(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(buffer.Dump(&slices).ok());
  std::string text;
  for (const grpc::Slice& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

}  // namespace

void CapturedLog::Write(absl::string_view line) {
  absl::MutexLock lock(&mutex_);
  absl::StrAppend(&text_, line);
}

std::string CapturedLog::Text() const {
  absl::MutexLock lock(&mutex_);
  return text_;
}

int CapturedLog::Count(absl::string_view event) const {
  const std::string text = Text();
  const std::string wanted = absl::StrCat("\"event\":\"", event, "\"");
  int count = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::StrContains(line, wanted)) ++count;
  }
  return count;
}

CatalogFolder::CatalogFolder(const std::vector<CatalogFileText>& files) {
  Replace(files);
}

std::string CatalogFolder::path() const {
  return absl::StrCat(parent_.path(), "/catalog");
}

void CatalogFolder::Replace(const std::vector<CatalogFileText>& files) {
  const fs::path parent = parent_.path();
  const std::string version = absl::StrCat("version-", ++versions_);
  WriteFiles(parent / version, files);
  fs::create_symlink(version, parent / "next");
  fs::rename(parent / "next", path());
  if (versions_ > 1) {
    fs::remove_all(parent / absl::StrCat("version-", versions_ - 1));
  }
}

void CatalogFolder::Remove() { fs::remove(path()); }

config::v1::ServerConfig TestConfig(const std::string& folder) {
  config::v1::ServerConfig config =
      ParseServerConfig("listener { insecure_for_development: true }", "test")
          .config;
  config.mutable_listener()->set_address("127.0.0.1:0");
  config.mutable_catalog()->set_folder(folder);
  config.mutable_catalog()->mutable_poll_interval()->Clear();
  v1::Finding* operator_licensed = config.add_site_findings();
  *operator_licensed =
      MakeFinding("site_licensed_operator", v1::FINDING_STATUS_PRESENT);
  return config;
}

TestServer::TestServer(const Adjust& adjust,
                       const std::vector<CatalogFileText>& files)
    : folder_(files), log_(&sink_, &clock_, LogSeverity::kDebug) {
  config::v1::ServerConfig config = TestConfig(folder_.path());
  if (adjust != nullptr) adjust(&config);
  auto started = Server::Start(config, &clock_, &log_);
  if (!started.ok()) {
    ADD_FAILURE() << started.status() << "\n" << sink_.Text();
    return;
  }
  server_ = *std::move(started);
  channel_ = Connect();
  screening_ = v1::ScreeningService::NewStub(channel_);
  recommendation_ = v1::RecommendationService::NewStub(channel_);
  catalog_ = v1::RuleCatalogService::NewStub(channel_);
  decision_log_ = v1::DecisionLogService::NewStub(channel_);
}

TestServer::~TestServer() = default;

std::shared_ptr<grpc::Channel> TestServer::Connect() const {
  grpc::ChannelArguments arguments;
  // Channels with the same arguments would share one connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", server_->port()),
                                   grpc::InsecureChannelCredentials(),
                                   arguments);
}

v1::Finding MakeFinding(absl::string_view concept_id,
                        v1::FindingStatus status) {
  v1::Finding finding;
  finding.set_concept(std::string(concept_id));
  finding.set_status(status);
  return finding;
}

v1::ScreenEligibilityRequest ClearRequest() {
  v1::ScreenEligibilityRequest request;
  request.set_as_of("2026-06-20");
  v1::Patient* patient = request.mutable_patient();
  patient->set_age_years(40);
  *patient->add_findings() = MakeFinding("keloid", v1::FINDING_STATUS_NEVER);
  *patient->add_findings() =
      MakeFinding("pregnancy", v1::FINDING_STATUS_ABSENT);
  *patient->add_findings() =
      MakeFinding("active_acne", v1::FINDING_STATUS_ABSENT);
  v1::TreatmentSelection* treatment = request.add_treatments();
  treatment->set_treatment("base_microneedling");
  treatment->add_areas("face");
  return request;
}

google::rpc::Status DetailsOf(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), status.error_code()) << status.error_message();
  return details;
}

std::string ReasonOf(const google::rpc::Status& status) {
  google::rpc::ErrorInfo info;
  if (!FindDetail(status, &info)) return "";
  EXPECT_EQ(info.domain(), "needlewise.v1");
  return info.reason();
}

std::string ReasonOf(const grpc::Status& status) {
  return ReasonOf(DetailsOf(status));
}

google::rpc::ErrorInfo ErrorInfoOf(const grpc::Status& status) {
  google::rpc::ErrorInfo info;
  EXPECT_TRUE(FindDetail(DetailsOf(status), &info));
  return info;
}

std::vector<google::rpc::BadRequest::FieldViolation> ViolationsOf(
    const google::rpc::Status& status) {
  google::rpc::BadRequest bad;
  EXPECT_TRUE(FindDetail(status, &bad));
  return {bad.field_violations().begin(), bad.field_violations().end()};
}

std::vector<std::string> FieldsOf(const google::rpc::Status& status) {
  std::vector<std::string> fields;
  for (const auto& violation : ViolationsOf(status)) {
    EXPECT_NE(violation.description(), "");
    fields.push_back(violation.field());
  }
  return fields;
}

std::vector<std::string> FieldsOf(const grpc::Status& status) {
  return FieldsOf(DetailsOf(status));
}

bool HasRetry(const grpc::Status& status) {
  google::rpc::RetryInfo retry;
  return FindDetail(DetailsOf(status), &retry) &&
         retry.retry_delay().nanos() > 0;
}

grpc::Status CallWithBytes(const std::shared_ptr<grpc::Channel>& channel,
                           const std::string& method,
                           const std::string& request, std::string* response) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const grpc::Slice slice(request);
  const grpc::ByteBuffer in(&slice, 1);
  auto call = stub.PrepareUnaryCall(&context, method, in, &queue);
  call->StartCall();
  grpc::ByteBuffer out;
  grpc::Status status;
  call->Finish(&out, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  EXPECT_TRUE(queue.Next(&tag, &ok));
  if (status.ok() && out.Valid()) *response = ToText(out);
  return status;
}

std::string HealthOf(const std::shared_ptr<grpc::Channel>& channel,
                     const std::string& service) {
  // `HealthCheckRequest` is one text, field 1; `HealthCheckResponse` one enum,
  // field 1.
  const std::string request =
      service.empty()
          ? ""
          : absl::StrCat("\x0A", std::string(1, service.size()), service);
  std::string response;
  const grpc::Status status = CallWithBytes(
      channel, "/grpc.health.v1.Health/Check", request, &response);
  if (!status.ok()) return absl::StrCat("error ", status.error_code());
  if (response == "\x08\x01") return "SERVING";
  if (response == "\x08\x02") return "NOT_SERVING";
  return "UNKNOWN";
}

}  // namespace needlewise
