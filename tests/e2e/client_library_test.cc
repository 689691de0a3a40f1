// The client library against a server that fails as it is told.

#include <atomic>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/needlewise_client.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "needlewise/v1/screening.grpc.pb.h"

namespace needlewise {
namespace {

// Fails the first calls, then answers.
class FailingService final : public v1::ScreeningService::Service {
 public:
  grpc::Status ScreenEligibility(
      grpc::ServerContext*, const v1::ScreenEligibilityRequest*,
      v1::ScreenEligibilityResponse* response) override {
    if (++calls <= failures) return failure;
    response->set_decision_id("decided");
    return grpc::Status::OK;
  }

  std::atomic<int> calls = 0;
  int failures = 0;
  grpc::Status failure;
};

class ClientLibraryTest : public testing::Test {
 protected:
  ClientLibraryTest() {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    options_.address = absl::StrCat("127.0.0.1:", port);
    options_.initial_backoff = absl::Milliseconds(1);
    options_.max_backoff = absl::Milliseconds(10);
  }

  ~ClientLibraryTest() override { server_->Shutdown(); }

  std::unique_ptr<Client> NewClient() const {
    auto client = Client::Create(options_);
    EXPECT_TRUE(client.ok()) << client.status();
    return *std::move(client);
  }

  void SetServing(bool serving) {
    server_->GetHealthCheckService()->SetServingStatus("", serving);
  }

  FailingService service_;
  std::unique_ptr<grpc::Server> server_;
  Client::Options options_;
};

TEST_F(ClientLibraryTest, TriesUnavailableAgain) {
  service_.failures = 2;
  service_.failure = grpc::Status(grpc::StatusCode::UNAVAILABLE, "not yet");
  const auto answer = NewClient()->ScreenEligibility({});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->decision_id(), "decided");
  EXPECT_EQ(service_.calls, 3);
}

TEST_F(ClientLibraryTest, TriesNoOftenerThanAllowed) {
  service_.failures = 100;
  service_.failure = grpc::Status(grpc::StatusCode::UNAVAILABLE, "never");
  for (const int attempts : {1, 2, 5}) {
    service_.calls = 0;
    options_.max_attempts = attempts;
    const auto answer = NewClient()->ScreenEligibility({});
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(service_.calls, attempts);
  }
}

TEST_F(ClientLibraryTest, TriesNothingElseAgain) {
  service_.failures = 100;
  for (const auto code :
       {grpc::StatusCode::INVALID_ARGUMENT, grpc::StatusCode::INTERNAL,
        grpc::StatusCode::RESOURCE_EXHAUSTED, grpc::StatusCode::ABORTED,
        grpc::StatusCode::DEADLINE_EXCEEDED, grpc::StatusCode::UNKNOWN}) {
    service_.calls = 0;
    service_.failure = grpc::Status(code, "no");
    const auto answer = NewClient()->ScreenEligibility({});
    EXPECT_EQ(static_cast<int>(answer.status().code()), code);
    EXPECT_EQ(service_.calls, 1);
  }
}

TEST_F(ClientLibraryTest, CallsNoServerThatIsNotServing) {
  SetServing(false);
  const auto answer = NewClient()->ScreenEligibility({});
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(service_.calls, 0);
}

TEST_F(ClientLibraryTest, WaitsForAServerToServeWhereAsked) {
  SetServing(false);
  const std::unique_ptr<Client> client = NewClient();
  CallOptions call;
  call.wait_for_ready = true;
  call.deadline = absl::Milliseconds(50);
  EXPECT_EQ(client->ScreenEligibility({}, call).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  SetServing(true);
  call.deadline = absl::Seconds(30);
  const auto answer = client->ScreenEligibility({}, call);
  EXPECT_TRUE(answer.ok()) << answer.status();
}

TEST_F(ClientLibraryTest, CallsAnyServerWhereHealthIsNotAsked) {
  SetServing(false);
  options_.health_aware = false;
  const auto answer = NewClient()->ScreenEligibility({});
  EXPECT_TRUE(answer.ok()) << answer.status();
}

TEST_F(ClientLibraryTest, TellsTheHealthOfAServerThatIsNotServing) {
  const std::unique_ptr<Client> client = NewClient();
  EXPECT_EQ(*client->CheckHealth(""), Health::kServing);
  SetServing(false);
  EXPECT_EQ(*client->CheckHealth(""), Health::kNotServing);
  EXPECT_EQ(*client->CheckHealth("no.such.Service"), Health::kUnknown);
}

TEST_F(ClientLibraryTest, ExplainsEveryViolation) {
  google::rpc::Status details;
  details.set_code(grpc::StatusCode::INVALID_ARGUMENT);
  details.set_message("2 fields are invalid");
  google::rpc::ErrorInfo info;
  info.set_reason("FIELD_INVALID");
  info.set_domain("needlewise.v1");
  (*info.mutable_metadata())["service"] = "screening";
  details.add_details()->PackFrom(info);
  google::rpc::BadRequest bad_request;
  auto* violation = bad_request.add_field_violations();
  violation->set_field("as_of");
  violation->set_description("is not a date");
  violation = bad_request.add_field_violations();
  violation->set_field("patient.findings[2].last");
  violation->set_description("lies after today");
  details.add_details()->PackFrom(bad_request);
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_nanos(250000000);
  details.add_details()->PackFrom(retry);
  service_.failures = 1;
  service_.failure =
      grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, details.message(),
                   details.SerializeAsString());

  const absl::Status status = NewClient()->ScreenEligibility({}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "FIELD_INVALID");
  EXPECT_EQ(ViolationsOf(status).field_violations_size(), 2);
  EXPECT_EQ(RetryDelayOf(status), absl::Milliseconds(250));
  EXPECT_EQ(ToRpcStatus(status).SerializeAsString(),
            details.SerializeAsString());
  EXPECT_EQ(ExplainError(status),
            "2 fields are invalid (INVALID_ARGUMENT)\n"
            "  as_of: is not a date\n"
            "  patient.findings[2].last: lies after today\n"
            "  reason: FIELD_INVALID\n"
            "  service: screening\n"
            "  try again in 250ms");
}

TEST_F(ClientLibraryTest, ExplainsAnErrorWithoutDetails) {
  service_.failures = 1;
  service_.failure = grpc::Status(grpc::StatusCode::INTERNAL, "broken",
                                  "these are no details");
  const absl::Status status = NewClient()->ScreenEligibility({}).status();
  EXPECT_EQ(ExplainError(status), "broken (INTERNAL)");
  EXPECT_EQ(ReasonOf(status), "");
  EXPECT_EQ(RetryDelayOf(status), std::nullopt);
}

TEST_F(ClientLibraryTest, StreamsWithoutAnAnswerSayWhy) {
  const std::unique_ptr<ScreeningStream> stream =
      NewClient()->StreamScreenEligibility();
  v1::StreamScreenEligibilityResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().code(), absl::StatusCode::kUnimplemented);
}

TEST(ClientOptionsTest, RefusesOptionsThatCannotBe) {
  std::vector<Client::Options> wrong(9);
  wrong[0].address = "";
  wrong[1].deadline = absl::ZeroDuration();
  wrong[2].max_attempts = 0;
  wrong[3].max_attempts = 6;
  wrong[4].initial_backoff = absl::ZeroDuration();
  wrong[5].max_backoff = absl::Milliseconds(1);
  wrong[6].max_response_bytes = 0;
  wrong[7].health_service = "a\"b";
  wrong[8].address = "clinic.example:7443";
  for (const Client::Options& options : wrong) {
    EXPECT_EQ(Client::Create(options).status().code(),
              absl::StatusCode::kInvalidArgument)
        << options.address;
  }
}

TEST(ClientOptionsTest, TakesLoopbackAddressesWithoutCredentials) {
  for (const char* address :
       {"127.0.0.1:1", "127.1.2.3:1", "localhost:1", "[::1]:1",
        "dns:///localhost:1", "ipv4:127.0.0.1:1", "unix:/tmp/socket"}) {
    Client::Options options;
    options.address = address;
    EXPECT_TRUE(Client::Create(options).ok()) << address;
  }
}

TEST(ClientOptionsTest, TakesAnyAddressWithCredentials) {
  Client::Options options;
  options.address = "clinic.example:7443";
  options.credentials = grpc::SslCredentials({});
  EXPECT_TRUE(Client::Create(options).ok());
}

}  // namespace
}  // namespace needlewise
