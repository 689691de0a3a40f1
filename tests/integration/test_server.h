// A server in the test's own process, on a port of its own, with a catalogue
// folder, a clock and a log that the test holds.

#ifndef NEEDLEWISE_TESTS_INTEGRATION_TEST_SERVER_H_
#define NEEDLEWISE_TESTS_INTEGRATION_TEST_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "needlewise/config/v1/server_config.pb.h"
#include "needlewise/v1/decision_log.grpc.pb.h"
#include "needlewise/v1/recommendation.grpc.pb.h"
#include "needlewise/v1/rule_catalog.grpc.pb.h"
#include "needlewise/v1/screening.grpc.pb.h"
#include "rules/engine/catalog_loader.h"
#include "server/clock.h"
#include "server/server.h"
#include "server/telemetry/json_log.h"
#include "tests/integration/small_catalog.h"
#include "tests/support/temporary_folder.h"

namespace needlewise {

// Stands still at noon of 2026-06-15.
class FixedClock final : public Clock {
 public:
  absl::Time Now() const override {
    return absl::FromCivil(absl::CivilHour(2026, 6, 15, 12),
                           absl::LocalTimeZone());
  }
};

// Keeps the lines.
class CapturedLog final : public LogSink {
 public:
  void Write(absl::string_view line) override;
  std::string Text() const;
  // How many lines are of the event.
  int Count(absl::string_view event) const;

 private:
  mutable absl::Mutex mutex_;
  std::string text_ ABSL_GUARDED_BY(mutex_);
};

// A catalogue folder whose content changes in one step.
class CatalogFolder {
 public:
  explicit CatalogFolder(const std::vector<CatalogFileText>& files);
  void Replace(const std::vector<CatalogFileText>& files);
  // As `Replace` removes it.
  void Remove();
  std::string path() const;

 private:
  TemporaryFolder parent_;
  int versions_ = 0;
};

// Settings of a server of the small catalogue in `folder`, which looks at its
// folder only when asked to.
config::v1::ServerConfig TestConfig(const std::string& folder);

class TestServer {
 public:
  using Adjust = std::function<void(config::v1::ServerConfig*)>;

  // Starts, or fails the test. `adjust` changes the settings first.
  explicit TestServer(
      const Adjust& adjust = nullptr,
      const std::vector<CatalogFileText>& files = SmallCatalog(1));
  ~TestServer();

  Server& server() { return *server_; }
  int grpc_port() const { return server_->port(); }
  int http_port() const { return server_->http_port(); }
  CatalogFolder& folder() { return folder_; }
  const CapturedLog& log() const { return sink_; }

  // A new connection.
  std::shared_ptr<grpc::Channel> Connect() const;

  v1::ScreeningService::Stub& screening() { return *screening_; }
  v1::RecommendationService::Stub& recommendation() { return *recommendation_; }
  v1::RuleCatalogService::Stub& catalog() { return *catalog_; }
  v1::DecisionLogService::Stub& decision_log() { return *decision_log_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  CatalogFolder folder_;
  FixedClock clock_;
  CapturedLog sink_;
  Log log_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ScreeningService::Stub> screening_;
  std::unique_ptr<v1::RecommendationService::Stub> recommendation_;
  std::unique_ptr<v1::RuleCatalogService::Stub> catalog_;
  std::unique_ptr<v1::DecisionLogService::Stub> decision_log_;
};

// A patient of whom everything is known and nothing stands against needling.
v1::ScreenEligibilityRequest ClearRequest();
v1::Finding MakeFinding(absl::string_view concept_id, v1::FindingStatus status);

// What an error says beside its message. Fails the test where it says nothing.
google::rpc::Status DetailsOf(const grpc::Status& status);
std::string ReasonOf(const google::rpc::Status& status);
std::string ReasonOf(const grpc::Status& status);
google::rpc::ErrorInfo ErrorInfoOf(const grpc::Status& status);
std::vector<google::rpc::BadRequest::FieldViolation> ViolationsOf(
    const google::rpc::Status& status);
// The fields of the violations, in order.
std::vector<std::string> FieldsOf(const google::rpc::Status& status);
std::vector<std::string> FieldsOf(const grpc::Status& status);
bool HasRetry(const grpc::Status& status);

// Calls a unary method with bytes as they are.
grpc::Status CallWithBytes(const std::shared_ptr<grpc::Channel>& channel,
                           const std::string& method,
                           const std::string& request, std::string* response);

// What the standard health service says of a service: `SERVING`,
// `NOT_SERVING`, or the error code.
std::string HealthOf(const std::shared_ptr<grpc::Channel>& channel,
                     const std::string& service);

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_INTEGRATION_TEST_SERVER_H_
