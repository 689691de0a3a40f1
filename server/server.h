#ifndef NEEDLEWISE_SERVER_SERVER_H_
#define NEEDLEWISE_SERVER_SERVER_H_

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/server.h>

#include <atomic>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "needlewise/config/v1/server_config.pb.h"
#include "server/background_worker.h"
#include "server/call_gate.h"
#include "server/catalog_manager.h"
#include "server/catalog_watch.h"
#include "server/cds_hooks/hook_door.h"
#include "server/clock.h"
#include "server/counted_catalog_events.h"
#include "server/decision_support.h"
#include "server/http/http_gateway.h"
#include "server/http/http_routes.h"
#include "server/receipt.h"
#include "server/recording.h"
#include "server/telemetry/json_log.h"
#include "server/telemetry/metrics.h"

namespace needlewise {

// How a server loads catalogues under a configuration, without a listener for
// its events.
CatalogManager::Options CatalogOptions(const config::v1::ServerConfig& config,
                                       const Clock* clock);

// Payload type of the errors of `Server::Start` that the decision log makes.
inline constexpr char kDecisionLogError[] = "needlewise/decision_log";

// A running server.
class Server {
 public:
  // Loads the catalogue, listens, and says SERVING. `config` is one that
  // `ParseServerConfig` found no fault with. Neither pointer is owned; both
  // must outlive the server. FAILED_PRECONDITION where no catalogue loads,
  // UNAVAILABLE where it cannot listen;
  // errors of the decision log carry `kDecisionLogError`.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      const config::v1::ServerConfig& config, const Clock* clock,
      const Log* log);

  // Drains, if that has not been done.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The port that was bound.
  int port() const { return port_; }

  // The port that HTTP is served on; 0 where it is not.
  int http_port() const { return http_ == nullptr ? 0 : http_->port(); }

  CatalogManager& catalogs() { return catalogs_; }
  // Null where decisions are not recorded.
  const Recording* recording() const { return recording_.get(); }

  // Stops: says NOT_SERVING, answers new calls with SHUTTING_DOWN, ends the
  // watches, and waits for the calls in progress until the configured
  // deadline; then cuts off what is left. To be called once, from any thread
  // but one of gRPC's.
  void Drain();

 private:
  Server(const config::v1::ServerConfig& config, const Clock* clock,
         const Log* log);

  // Opens the decision log, and the key for receipts.
  absl::Status OpenRecording();
  absl::Status Listen();
  absl::Status ListenForHttp();
  // What somebody should see to although the server serves, without a full
  // stop; empty: nothing.
  std::string Degradation() const;
  void AddMetricReadings();
  void AddLogReadings();
  // Says so to whoever asks, over gRPC and over HTTP.
  void SetServing(bool serving);
  // Called whenever the decision store begins or ceases to be available.
  void OnStoreAvailability(bool available) ABSL_LOCKS_EXCLUDED(health_mutex_);

  const config::v1::ServerConfig config_;
  const Clock* const clock_;
  const Log* const log_;
  // Null where HTTP is not served: nobody could read it.
  const std::unique_ptr<Metrics> metrics_;
  CatalogWatchHub watches_;
  CountedCatalogEvents catalog_events_;
  CatalogManager catalogs_;
  absl::Mutex health_mutex_;
  // Null before it listens and once it drains.
  grpc::HealthCheckServiceInterface* health_ ABSL_GUARDED_BY(health_mutex_) =
      nullptr;
  // False while the decision store keeps the deciding services from serving.
  std::atomic<bool> store_serves_{true};
  CallGate gate_;
  // Null where there is none.
  std::unique_ptr<Recording> recording_;
  std::unique_ptr<ReceiptSigner> signer_;
  std::unique_ptr<DecisionSupport> support_;
  BackgroundWorker worker_;
  BackgroundWorker log_worker_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  int port_ = 0;
  // Null before it listens and after it has drained. The services must outlive
  // it.
  std::unique_ptr<grpc::Server> grpc_server_;
  std::atomic<bool> serving_{false};
  // Null where HTTP is not served.
  std::unique_ptr<HookDoor> hooks_;
  HttpRoutes routes_;
  // Null where HTTP is not served, and after it has drained.
  std::unique_ptr<HttpGateway> http_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_SERVER_H_
