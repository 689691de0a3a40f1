#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "server/background_worker.h"
#include "server/message_codec.h"
#include "server/screening_stream.h"
#include "server/status.h"
#include "tests/integration/test_server.h"

namespace needlewise {
namespace {

using ::grpc::ByteBuffer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::ScreenEligibilityRequest BadRequest() {
  v1::ScreenEligibilityRequest request = ClearRequest();
  request.set_as_of("tomorrow");
  return request;
}

class BatchTest : public ::testing::Test {
 protected:
  grpc::Status Screen(const v1::BatchScreenEligibilityRequest& request,
                      v1::BatchScreenEligibilityResponse* response) {
    grpc::ClientContext context;
    return server_.screening().BatchScreenEligibility(&context, request,
                                                      response);
  }

  TestServer server_{[](config::v1::ServerConfig* config) {
    config->mutable_limits()->set_max_batch_items(4);
  }};
};

TEST_F(BatchTest, BadItemDoesNotFailTheOthers) {
  v1::BatchScreenEligibilityRequest request;
  *request.add_requests() = ClearRequest();
  *request.add_requests() = BadRequest();
  *request.add_requests() = ClearRequest();
  request.mutable_requests(2)->set_rule_catalog_digest("another");
  *request.add_requests() = ClearRequest();
  v1::BatchScreenEligibilityResponse response;
  ASSERT_TRUE(Screen(request, &response).ok());

  ASSERT_EQ(response.results_size(), 4);
  for (const int good : {0, 3}) {
    EXPECT_EQ(response.results(good).status().code(), 0);
    EXPECT_EQ(
        response.results(good).response().decision().treatments(0).verdict(),
        v1::VERDICT_ELIGIBLE);
  }
  EXPECT_EQ(response.results(1).status().code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(FieldsOf(response.results(1).status()), ElementsAre("as_of"));
  EXPECT_FALSE(response.results(1).has_response());
  EXPECT_EQ(ReasonOf(response.results(2).status()), "CATALOG_VERSION_MISMATCH");
}

TEST_F(BatchTest, RepeatedRequestIdsAreFaults) {
  v1::BatchScreenEligibilityRequest request;
  for (const char* id : {"a", "b", "a", "b"}) {
    *request.add_requests() = ClearRequest();
    request.mutable_requests()->rbegin()->set_request_id(id);
  }
  v1::BatchScreenEligibilityResponse response;
  const grpc::Status status = Screen(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(FieldsOf(status),
              ElementsAre("requests[2].request_id", "requests[3].request_id"));
}

TEST_F(BatchTest, HoldsAtLeastOneItemAndAtMostAsManyAsConfigured) {
  v1::BatchScreenEligibilityRequest request;
  v1::BatchScreenEligibilityResponse response;
  EXPECT_THAT(FieldsOf(Screen(request, &response)), ElementsAre("requests"));
  for (int i = 0; i < 5; ++i) *request.add_requests() = ClearRequest();
  EXPECT_THAT(FieldsOf(Screen(request, &response)), ElementsAre("requests"));
}

TEST_F(BatchTest, StopsWhenNobodyWaitsAnyMore) {
  FixedClock clock;
  CapturedLog sink;
  const Log log(&sink, &clock, LogSeverity::kDebug);
  const DecisionSupport support({}, &server_.server().catalogs(), &clock, &log);
  v1::BatchScreenEligibilityRequest request;
  for (int i = 0; i < 5; ++i) *request.add_requests() = ClearRequest();
  int asked = 0;
  v1::BatchScreenEligibilityResponse response;
  const absl::Status status = support.BatchScreenEligibility(
      request,
      [&asked] { return ++asked > 3 ? DeadlinePassed() : absl::OkStatus(); },
      &response);
  EXPECT_EQ(ToRpcStatus(status).code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(ReasonOf(ToRpcStatus(status)), "DEADLINE_EXCEEDED");
  EXPECT_EQ(asked, 4);
  EXPECT_EQ(response.results_size(), 3);
}

class StreamTest : public ::testing::Test {
 protected:
  TestServer server_{[](config::v1::ServerConfig* config) {
    config->mutable_limits()->set_max_request_bytes(2048);
  }};
};

TEST_F(StreamTest, AnswersEachRequestInOrder) {
  grpc::ClientContext context;
  auto stream = server_.screening().StreamScreenEligibility(&context);
  constexpr int kRequests = 200;
  for (int i = 0; i < kRequests; ++i) {
    v1::StreamScreenEligibilityRequest request;
    request.set_index(1000 + i);
    *request.mutable_request() = i % 3 == 1 ? BadRequest() : ClearRequest();
    ASSERT_TRUE(stream->Write(request));
    v1::StreamScreenEligibilityResponse response;
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.index(), 1000 + i);
    if (i % 3 == 1) {
      EXPECT_THAT(FieldsOf(response.status()), ElementsAre("as_of"));
      EXPECT_FALSE(response.has_response());
    } else {
      EXPECT_EQ(response.status().code(), 0);
      EXPECT_EQ(response.response().decision().treatments(0).verdict(),
                v1::VERDICT_ELIGIBLE);
    }
  }
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(StreamTest, OversizeRequestEndsOnlyItself) {
  grpc::ClientContext context;
  auto stream = server_.screening().StreamScreenEligibility(&context);
  v1::StreamScreenEligibilityRequest large;
  large.set_index(1);
  *large.mutable_request() = ClearRequest();
  large.mutable_request()->set_request_id(std::string(2048, 'x'));
  v1::StreamScreenEligibilityRequest small;
  small.set_index(2);
  *small.mutable_request() = ClearRequest();
  ASSERT_TRUE(stream->Write(large));
  ASSERT_TRUE(stream->Write(small));
  v1::StreamScreenEligibilityResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.index(), 1);
  EXPECT_EQ(ReasonOf(response.status()), "FIELD_INVALID");
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.index(), 2);
  EXPECT_EQ(response.status().code(), 0);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

// The other end of a stream, which does only what the test lets it.
class RecordedStream final
    : public grpc::ServerCallbackReaderWriter<ByteBuffer, ByteBuffer> {
 public:
  explicit RecordedStream(ScreeningStream* reactor) : reactor_(reactor) {
    BindReactor(reactor);
  }

  void Finish(grpc::Status s) override {
    operations.push_back(absl::StrCat("finish ", s.error_code()));
  }
  void SendInitialMetadata() override {}
  void Read(ByteBuffer* message) override {
    operations.push_back("read");
    read = message;
  }
  void Write(const ByteBuffer* /*message*/,
             grpc::WriteOptions /*options*/) override {
    operations.push_back("write");
  }
  void WriteAndFinish(const ByteBuffer* /*message*/,
                      grpc::WriteOptions /*options*/,
                      grpc::Status /*s*/) override {
    operations.push_back("write and finish");
  }

  std::vector<std::string> operations;
  ByteBuffer* read = nullptr;

 private:
  grpc::internal::ServerReactor* reactor() override { return reactor_; }
  void CallOnDone() override {}

  ScreeningStream* const reactor_;
};

class ScreeningStreamTest : public ::testing::Test {
 protected:
  FixedClock clock_;
  CapturedLog sink_;
  Log log_{&sink_, &clock_, LogSeverity::kDebug};
  CatalogFolder folder_{SmallCatalog(1)};
  CatalogManager::Options Options() {
    CatalogManager::Options options;
    options.folder = folder_.path();
    return options;
  }
  CatalogManager catalogs_{Options(), &clock_, &log_};
  DecisionSupport support_{{}, &catalogs_, &clock_, &log_};
  grpc::CallbackServerContext context_;
};

TEST_F(ScreeningStreamTest, ReadsNoFasterThanItsAnswersAreTaken) {
  ASSERT_TRUE(catalogs_.LoadFirst().ok());
  auto* stream = new ScreeningStream(&context_, Caller(), CallGate::Ticket(),
                                     &support_, &log_, 4096);
  RecordedStream other_end(stream);
  EXPECT_THAT(other_end.operations, ElementsAre("read"));

  v1::StreamScreenEligibilityRequest request;
  *request.mutable_request() = ClearRequest();
  *other_end.read = EncodeMessage(request);
  stream->OnReadDone(true);
  EXPECT_THAT(other_end.operations, ElementsAre("read", "write"));
  stream->OnWriteDone(true);
  EXPECT_THAT(other_end.operations, ElementsAre("read", "write", "read"));
  stream->OnReadDone(false);
  EXPECT_THAT(other_end.operations,
              ElementsAre("read", "write", "read", "finish 0"));
  stream->OnDone();
}

TEST_F(ScreeningStreamTest, LeavesReadingTheLogToItsWorker) {
  ASSERT_TRUE(catalogs_.LoadFirst().ok());
  auto worker = std::make_unique<BackgroundWorker>(kMostWaitingQueries);
  absl::Notification go_on;
  BackgroundWorker::Job others = [&go_on](const absl::Status& /*status*/) {
    go_on.WaitForNotification();
  };
  ASSERT_TRUE(worker->TrySubmit(&others));
  auto* stream =
      new ScreeningStream(&context_, Caller(), CallGate::Ticket(), &support_,
                          &log_, 4096, nullptr, worker.get());
  RecordedStream other_end(stream);
  v1::StreamScreenEligibilityRequest request;
  *request.mutable_request() = ClearRequest();
  request.mutable_request()->set_recall_acknowledgements(true);
  request.mutable_request()->mutable_patient()->set_patient_reference("7");
  *other_end.read = EncodeMessage(request);
  stream->OnReadDone(true);
  EXPECT_THAT(other_end.operations, ElementsAre("read"));
  go_on.Notify();
  // It does what is queued first.
  worker.reset();
  EXPECT_THAT(other_end.operations, ElementsAre("read", "write"));
  stream->OnWriteDone(true);
  stream->OnReadDone(false);
  stream->OnDone();
}

TEST_F(ScreeningStreamTest, EndsAtBytesThatAreNoRequest) {
  ASSERT_TRUE(catalogs_.LoadFirst().ok());
  auto* stream = new ScreeningStream(&context_, Caller(), CallGate::Ticket(),
                                     &support_, &log_, 4096);
  RecordedStream other_end(stream);
  const grpc::Slice garbage("\xFF\xFF\xFF");
  *other_end.read = ByteBuffer(&garbage, 1);
  stream->OnReadDone(true);
  EXPECT_THAT(
      other_end.operations,
      ElementsAre("read",
                  absl::StrCat("finish ", grpc::StatusCode::INVALID_ARGUMENT)));
  stream->OnDone();
}

TEST_F(ScreeningStreamTest, AnswersUnavailableBeforeACatalogueIsLoaded) {
  v1::ScreenEligibilityResponse response;
  const google::rpc::Status status =
      ToRpcStatus(support_.ScreenEligibility(ClearRequest(), &response));
  EXPECT_EQ(status.code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "CATALOG_NOT_LOADED");
}

}  // namespace
}  // namespace needlewise
