// What waits to be recorded: a store that keeps the writer waiting, a queue
// that is full, and answers that leave before their record is committed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/decision_log/audit.h"
#include "server/decision_log/sqlite_decision_store.h"
#include "tests/integration/http_client.h"
#include "tests/integration/test_server.h"

namespace needlewise {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kMostQueued = 3;

// Holds the write lock of a log's file, as a backup may.
class HeldStore {
 public:
  explicit HeldStore(const std::string& file) {
    EXPECT_EQ(sqlite3_open(file.c_str(), &database_), SQLITE_OK);
    sqlite3_busy_timeout(database_, 5000);
    Execute("BEGIN IMMEDIATE");
  }
  ~HeldStore() { Release(); }
  HeldStore(const HeldStore&) = delete;
  HeldStore& operator=(const HeldStore&) = delete;

  void Release() {
    if (database_ == nullptr) return;
    Execute("ROLLBACK");
    EXPECT_EQ(sqlite3_close(database_), SQLITE_OK);
    database_ = nullptr;
  }

 private:
  void Execute(const char* sql) {
    EXPECT_EQ(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr),
              SQLITE_OK)
        << sqlite3_errmsg(database_);
  }

  sqlite3* database_ = nullptr;
};

// Calls that are under way together.
class Calls {
 public:
  explicit Calls(v1::ScreeningService::Stub* stub) : stub_(stub) {}

  void Start(int count) {
    for (int i = 0; i < count; ++i) {
      auto* call = new One;
      call->reader = stub_->AsyncScreenEligibility(&call->context,
                                                   ClearRequest(), &queue_);
      call->reader->Finish(&call->response, &call->status, call);
    }
  }

  // The next that ends.
  grpc::Status Next(std::string* decision_id = nullptr) {
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue_.Next(&tag, &ok));
    const std::unique_ptr<One> call(static_cast<One*>(tag));
    if (decision_id != nullptr) *decision_id = call->response.decision_id();
    return call->status;
  }

 private:
  struct One {
    grpc::ClientContext context;
    v1::ScreenEligibilityResponse response;
    grpc::Status status;
    std::unique_ptr<
        grpc::ClientAsyncResponseReader<v1::ScreenEligibilityResponse>>
        reader;
  };

  v1::ScreeningService::Stub* const stub_;
  grpc::CompletionQueue queue_;
};

class DecisionLogQueueTest : public ::testing::Test {
 protected:
  void Start(config::v1::DecisionLogMode mode) {
    server_ = std::make_unique<TestServer>([&](auto* config) {
      config::v1::DecisionLog* log = config->mutable_decision_log();
      log->set_mode(mode);
      log->set_sqlite_file(File());
      log->set_max_queued_records(kMostQueued);
      config->mutable_http_listener()->set_address("127.0.0.1:0");
      config->mutable_http_listener()->set_insecure_for_development(true);
    });
    // So that the rules are in the archive, for which the writer would wait
    // before the first record.
    ASSERT_TRUE(Screen().ok());
  }

  std::string File() const { return folder_.path() + "/log.db"; }

  grpc::Status Screen() {
    v1::ScreenEligibilityResponse response;
    grpc::ClientContext context;
    return server_->screening().ScreenEligibility(&context, ClearRequest(),
                                                  &response);
  }

  int Listed() {
    v1::ListDecisionsResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(
        server_->decision_log().ListDecisions(&context, {}, &response).ok());
    return response.records_size();
  }

  std::string Metrics() {
    return HttpCall(server_->http_port(), "GET", "/metrics").body;
  }

  // Of the log, once its server is gone.
  int64_t AuditedEntries() {
    const auto store = OpenSqliteStore({File(), true});
    EXPECT_TRUE(store.ok()) << store.status();
    const auto report = Audit(**store, [](int64_t) {});
    EXPECT_TRUE(report.ok()) << report.status();
    EXPECT_THAT(report->faults, IsEmpty());
    return report->entries;
  }

  TemporaryFolder folder_;
  std::unique_ptr<TestServer> server_;
};

TEST_F(DecisionLogQueueTest, AFullQueueRefusesAndDropsNothing) {
  Start(config::v1::DECISION_LOG_MODE_COMMITTED);
  HeldStore held(File());
  Calls calls(&server_->screening());
  calls.Start(kMostQueued + 4);
  // Those for which there is room wait; the others know at once.
  for (int i = 0; i < 4; ++i) {
    const grpc::Status refused = calls.Next();
    EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(ReasonOf(refused), "DECISION_LOG_BUSY");
    EXPECT_TRUE(HasRetry(refused));
  }
  EXPECT_EQ(server_->server().recording()->Stats().queued, kMostQueued);
  EXPECT_THAT(Metrics(),
              HasSubstr(absl::StrCat("needlewise_decision_log_queued ",
                                     kMostQueued, "\n")));
  EXPECT_THAT(Metrics(),
              HasSubstr("needlewise_decision_log_refused_busy_total 4\n"));
  // It is busy, and not away.
  EXPECT_EQ(HealthOf(server_->channel(), "needlewise.v1.ScreeningService"),
            "SERVING");
  held.Release();
  for (int i = 0; i < kMostQueued; ++i) EXPECT_TRUE(calls.Next().ok());
  EXPECT_TRUE(Screen().ok());
  EXPECT_EQ(Listed(), 1 + kMostQueued + 1);
  server_.reset();
  EXPECT_EQ(AuditedEntries(), 1 + kMostQueued + 1);
}

TEST_F(DecisionLogQueueTest, QueuedAnswersLeaveFirstAndAreKeptAtAStop) {
  Start(config::v1::DECISION_LOG_MODE_QUEUED);
  int committed = 0;
  {
    HeldStore held(File());
    // The first may have been, or wait with the others.
    committed = Listed();
    for (int i = 0; i < kMostQueued - 1 + committed; ++i) {
      ASSERT_TRUE(Screen().ok());
    }
    // None of them is there yet.
    EXPECT_EQ(Listed(), committed);
    EXPECT_EQ(server_->server().recording()->Stats().queued, kMostQueued);
    EXPECT_THAT(Metrics(),
                HasSubstr(absl::StrCat("needlewise_decision_log_queued ",
                                       kMostQueued, "\n")));
    EXPECT_EQ(HealthOf(server_->channel(), "needlewise.v1.ScreeningService"),
              "SERVING");
    const grpc::Status refused = Screen();
    EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(ReasonOf(refused), "DECISION_LOG_BUSY");
    EXPECT_TRUE(HasRetry(refused));
    // No call is left that a stop would wait for; the records are.
    server_->server().Drain();
    EXPECT_EQ(server_->server().recording()->Stats().queued, kMostQueued);
  }
  server_.reset();
  EXPECT_EQ(AuditedEntries(), committed + kMostQueued);
}

}  // namespace
}  // namespace needlewise
