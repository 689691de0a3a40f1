// The unary methods over HTTP, in the way of the Connect protocol: the path is
// the method's, the body is its message in JSON or bytes, and an error is JSON
// under an HTTP status that means the same.

#ifndef NEEDLEWISE_SERVER_HTTP_CONNECT_DOOR_H_
#define NEEDLEWISE_SERVER_HTTP_CONNECT_DOOR_H_

#include <cstddef>

#include "server/background_worker.h"
#include "server/catalog_manager.h"
#include "server/decision_support.h"
#include "server/http/http_routes.h"
#include "server/recording.h"

namespace needlewise {

// What the door works with. No pointer is owned; all must outlive the routes.
struct ConnectParts {
  const DecisionSupport* support = nullptr;
  const CatalogManager* catalogs = nullptr;
  // For what takes longer than a thread of the listener may be held.
  BackgroundWorker* worker = nullptr;
  // How many may wait for it.
  int longest_worker_queue = 8;
  // Null where decisions are not recorded.
  Recording* recording = nullptr;
  // For what reads the decision log, and how many may wait for it.
  BackgroundWorker* log_worker = nullptr;
  int longest_log_queue = 256;
  // Largest message that a query holds compressed.
  size_t max_body_bytes = 4194304;
  // Whether to refuse calls that do not say their protocol's version.
  bool require_version = false;
};

// Routes every method of every service: the unary ones to their answers, POST
// for all and GET for those that only read the catalogue; the streaming ones to
// an error that says where they are served.
void AddConnectRoutes(const ConnectParts& parts, HttpRoutes* routes);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_HTTP_CONNECT_DOOR_H_
