#ifndef NEEDLEWISE_SERVER_SERVER_H_
#define NEEDLEWISE_SERVER_SERVER_H_

#include <grpcpp/impl/service_type.h>
#include <grpcpp/server.h>

#include <atomic>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "needlewise/config/v1/server_config.pb.h"
#include "server/background_worker.h"
#include "server/call_gate.h"
#include "server/catalog_manager.h"
#include "server/catalog_watch.h"
#include "server/clock.h"
#include "server/decision_support.h"
#include "server/http/http_gateway.h"
#include "server/http/http_routes.h"
#include "server/telemetry/json_log.h"

namespace needlewise {

// How a server loads catalogues under a configuration, without a listener for
// its events.
CatalogManager::Options CatalogOptions(const config::v1::ServerConfig& config,
                                       const Clock* clock);

// A running server.
class Server {
 public:
  // Loads the catalogue, listens, and says SERVING. `config` is one that
  // `ParseServerConfig` found no fault with. Neither pointer is owned; both
  // must outlive the server. FAILED_PRECONDITION where no catalogue loads,
  // UNAVAILABLE where it cannot listen.
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

  // Stops: says NOT_SERVING, answers new calls with SHUTTING_DOWN, ends the
  // watches, and waits for the calls in progress until the configured
  // deadline; then cuts off what is left. To be called once, from any thread
  // but one of gRPC's.
  void Drain();

 private:
  Server(const config::v1::ServerConfig& config, const Clock* clock,
         const Log* log);

  absl::Status Listen();
  absl::Status ListenForHttp();
  // Says so to whoever asks, over gRPC and over HTTP.
  void SetServing(bool serving);

  const config::v1::ServerConfig config_;
  const Log* const log_;
  CatalogWatchHub watches_;
  CatalogManager catalogs_;
  const DecisionSupport support_;
  CallGate gate_;
  BackgroundWorker worker_;
  const std::vector<std::unique_ptr<grpc::Service>> services_;
  int port_ = 0;
  // Null before it listens and after it has drained. The services must outlive
  // it.
  std::unique_ptr<grpc::Server> grpc_server_;
  std::atomic<bool> serving_{false};
  HttpRoutes routes_;
  // Null where HTTP is not served, and after it has drained.
  std::unique_ptr<HttpGateway> http_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_SERVER_H_
