// Serves HTTP/1.1: reads requests, has them answered by their routes, and
// writes the answers. The only file of the server that includes the HTTP
// library, GNU libmicrohttpd.

#ifndef NEEDLEWISE_SERVER_HTTP_HTTP_GATEWAY_H_
#define NEEDLEWISE_SERVER_HTTP_HTTP_GATEWAY_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/call_gate.h"
#include "server/http/http_routes.h"
#include "server/telemetry/json_log.h"
#include "server/telemetry/metrics.h"

namespace needlewise {

class HttpGateway {
 public:
  struct Options {
    // A numeric address or `localhost`.
    std::string host = "127.0.0.1";
    // 0: any free one.
    int port = 0;
    // In PEM. Empty: no TLS.
    std::string certificate;
    std::string private_key;
    // In PEM: what the certificates of clients must lead to. Empty: clients
    // need none.
    std::string client_ca;
    // Largest body, also after it is decompressed.
    size_t max_body_bytes = 4194304;
    int max_connections = 1024;
    // Threads that answer.
    int threads = 8;
    // Within this a request must have arrived from its first line to its end.
    absl::Duration read_timeout = absl::Seconds(10);
    // How long a connection may wait for its next request, and an answer to
    // be taken.
    absl::Duration idle_timeout = absl::Seconds(30);
    // Origins whose web pages may call.
    std::vector<std::string> allowed_origins;
    // Routes to answer from, calls in progress, and where to write. Not owned;
    // must outlive the gateway.
    const HttpRoutes* routes = nullptr;
    CallGate* gate = nullptr;
    const Log* log = nullptr;
    // May be null: then nothing is counted.
    Metrics* metrics = nullptr;
  };

  // Listens and serves. UNAVAILABLE where it cannot listen, or the
  // certificates cannot be used.
  static absl::StatusOr<std::unique_ptr<HttpGateway>> Start(Options options);

  // Stops.
  virtual ~HttpGateway() = default;

  // The port that was bound.
  virtual int port() const = 0;

  // Takes no more connections, waits for every answer that is being made, and
  // closes what is open. To be called once, after the gate has been closed and
  // calls have had their time.
  virtual void Stop() = 0;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_HTTP_HTTP_GATEWAY_H_
