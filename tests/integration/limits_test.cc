#include <gmock/gmock.h>
#include <grpcpp/test/default_reactor_test_peer.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/notification.h"
#include "server/background_worker.h"
#include "server/call.h"
#include "server/call_gate.h"
#include "server/grpc_status.h"
#include "server/status.h"
#include "tests/integration/test_server.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

grpc::Status Screen(TestServer* server,
                    const v1::ScreenEligibilityRequest& request) {
  grpc::ClientContext context;
  v1::ScreenEligibilityResponse response;
  return server->screening().ScreenEligibility(&context, request, &response);
}

// An open stream whose first request has been answered, so that the server
// counts it as in progress.
class OpenStream {
 public:
  explicit OpenStream(TestServer* server)
      : stream_(server->screening().StreamScreenEligibility(&context_)) {
    EXPECT_TRUE(Exchange());
  }

  bool Exchange() {
    v1::StreamScreenEligibilityRequest request;
    *request.mutable_request() = ClearRequest();
    v1::StreamScreenEligibilityResponse response;
    return stream_->Write(request) && stream_->Read(&response) &&
           response.status().code() == 0;
  }

  grpc::Status End() {
    stream_->WritesDone();
    v1::StreamScreenEligibilityResponse response;
    EXPECT_FALSE(stream_->Read(&response));
    return stream_->Finish();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::StreamScreenEligibilityRequest,
                                           v1::StreamScreenEligibilityResponse>>
      stream_;
};

TEST(LimitsTest, RefusesMoreCallsThanConfigured) {
  TestServer server([](config::v1::ServerConfig* config) {
    config->mutable_limits()->set_max_concurrent_calls(1);
  });
  OpenStream stream(&server);
  const grpc::Status status = Screen(&server, ClearRequest());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "TOO_MANY_CALLS");
  EXPECT_TRUE(HasRetry(status));
  EXPECT_TRUE(stream.Exchange());
  EXPECT_TRUE(stream.End().ok());
}

TEST(LimitsTest, CallsGiveTheirPlaceBack) {
  CallGate gate(2);
  auto first = gate.Enter();
  {
    auto second = gate.Enter();
    ASSERT_TRUE(first.ok());
    ASSERT_TRUE(second.ok());
    EXPECT_EQ(ReasonOf(ToGrpcStatus(gate.Enter().status())), "TOO_MANY_CALLS");
  }
  EXPECT_TRUE(gate.Enter().ok());
  gate.Close();
  EXPECT_EQ(ReasonOf(ToGrpcStatus(gate.Enter().status())), "SHUTTING_DOWN");
  EXPECT_EQ(gate.AwaitEmpty(absl::InfinitePast()), 1);
  std::thread leave([&first] { first = absl::CancelledError(); });
  EXPECT_EQ(gate.AwaitEmpty(absl::InfiniteFuture()), 0);
  leave.join();
}

TEST(LimitsTest, WorkerRefusesWhatItsQueueCannotHoldAndDoesTheRest) {
  absl::Notification begun;
  absl::Notification go_on;
  int done = 0;
  bool reason_given = false;
  {
    BackgroundWorker worker(1);
    BackgroundWorker::Job first = [&](const absl::Status& status) {
      EXPECT_TRUE(status.ok());
      begun.Notify();
      go_on.WaitForNotification();
      ++done;
    };
    ASSERT_TRUE(worker.TrySubmit(&first));
    begun.WaitForNotification();
    BackgroundWorker::Job second = [&](const absl::Status&) { ++done; };
    ASSERT_TRUE(worker.TrySubmit(&second));
    BackgroundWorker::Job third = [&](const absl::Status& status) {
      reason_given = !status.ok();
    };
    EXPECT_FALSE(worker.TrySubmit(&third));
    third(TooMany("jobs", 1));
    go_on.Notify();
  }
  EXPECT_EQ(done, 2);
  EXPECT_TRUE(reason_given);
}

TEST(CallTest, AbandonedCallIsAnsweredWithAnIdThatTheLogRepeats) {
  FixedClock clock;
  CapturedLog sink;
  const Log log(&sink, &clock, LogSeverity::kInfo);
  grpc::CallbackServerContext context;
  const grpc::testing::DefaultReactorTestPeer peer(&context);
  { const Call call("SomeMethod", &log, peer.reactor()); }
  ASSERT_TRUE(peer.test_status_set());
  const grpc::Status status = peer.test_status();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(ReasonOf(status), "INTERNAL");
  const std::vector<std::string> parts =
      absl::StrSplit(status.error_message(), '`');
  ASSERT_EQ(parts.size(), 3);
  EXPECT_THAT(sink.Text(), HasSubstr(parts[1]));
  EXPECT_THAT(status.error_message(), Not(HasSubstr("abandoned")));
}

TEST(LimitsTest, OversizeRequestIsAFault) {
  TestServer server([](config::v1::ServerConfig* config) {
    config->mutable_limits()->set_max_request_bytes(1024);
  });
  v1::ScreenEligibilityRequest request = ClearRequest();
  request.set_request_id(std::string(1024, 'x'));
  const grpc::Status status = Screen(&server, request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(status), "FIELD_INVALID");
  EXPECT_THAT(ViolationsOf(DetailsOf(status))[0].description(),
              HasSubstr("larger than 1024 bytes"));

  // Far beyond the limit it is not read at all.
  request.set_request_id(std::string(10000, 'x'));
  EXPECT_EQ(Screen(&server, request).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST(LimitsTest, TooManyFindingsAreAFault) {
  TestServer server([](config::v1::ServerConfig* config) {
    config->mutable_limits()->set_max_findings(3);
  });
  v1::ScreenEligibilityRequest request = ClearRequest();
  EXPECT_TRUE(Screen(&server, request).ok());
  *request.mutable_patient()->add_findings() = request.patient().findings(0);
  EXPECT_THAT(FieldsOf(Screen(&server, request)),
              ElementsAre("patient.findings"));
}

TEST(LimitsTest, ConditionsAreNotNestedDeeperThanConfigured) {
  TestServer server([](config::v1::ServerConfig* config) {
    config->mutable_limits()->set_max_condition_depth(2);
  });
  std::vector<CatalogFileText> files = SmallCatalog(2);
  const std::string condition =
      "condition { finding { concept: \"pregnancy\" time: FINDING_TIME_NOW } }";
  files[0].content.replace(
      files[0].content.find(condition), condition.size(),
      "condition { not { not { finding { concept: \"pregnancy\" "
      "time: FINDING_TIME_NOW } } } }");
  server.folder().Replace(files);
  EXPECT_EQ(server.server().catalogs().CheckNow(),
            CatalogManager::CheckOutcome::kRefused);
}

TEST(LimitsTest, HonoursADeadline) {
  TestServer server;
  v1::BatchScreenEligibilityRequest request;
  for (int i = 0; i < 1000; ++i) {
    *request.add_requests() = ClearRequest();
    request.mutable_requests()->rbegin()->set_view(v1::VIEW_FULL);
  }
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::microseconds(100));
  v1::BatchScreenEligibilityResponse response;
  EXPECT_EQ(server.screening()
                .BatchScreenEligibility(&context, request, &response)
                .error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(Screen(&server, ClearRequest()).ok());
}

TEST(HealthTest, IsServingForEachServiceAndOverall) {
  TestServer server;
  for (const char* service : {"", "needlewise.v1.ScreeningService",
                              "needlewise.v1.RecommendationService",
                              "needlewise.v1.RuleCatalogService",
                              "needlewise.v1.DecisionLogService"}) {
    EXPECT_EQ(HealthOf(server.channel(), service), "SERVING") << service;
  }
  EXPECT_EQ(HealthOf(server.channel(), "another"),
            absl::StrCat("error ", grpc::StatusCode::NOT_FOUND));
}

TEST(DrainTest, LetsCallsInProgressFinishAndRefusesNewOnes) {
  TestServer server;
  OpenStream stream(&server);
  std::thread stop([&server] { server.server().Drain(); });
  while (HealthOf(server.channel(), "") != "NOT_SERVING") {
    std::this_thread::yield();
  }
  EXPECT_EQ(HealthOf(server.channel(), "needlewise.v1.ScreeningService"),
            "NOT_SERVING");
  grpc::Status refused = Screen(&server, ClearRequest());
  while (refused.ok()) refused = Screen(&server, ClearRequest());
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(refused), "SHUTTING_DOWN");
  EXPECT_TRUE(stream.Exchange());
  EXPECT_TRUE(stream.End().ok());
  stop.join();
  EXPECT_THAT(server.log().Count("calls_cut_off"), 0);
  EXPECT_THAT(server.log().Count("stopped"), 1);
}

TEST(DrainTest, CutsOffWhatIsLeftAtTheDeadline) {
  TestServer server([](config::v1::ServerConfig* config) {
    config->mutable_shutdown()->mutable_drain_deadline()->Clear();
  });
  OpenStream stream(&server);
  server.server().Drain();
  EXPECT_EQ(server.log().Count("calls_cut_off"), 1);
  EXPECT_THAT(stream.End().ok(), Not(true));
}

}  // namespace
}  // namespace needlewise
