// The services as gRPC sees them: admit the call, read its bytes, ask the code
// that knows nothing of gRPC, send the answer.
//
// Every method takes and gives bytes ("raw" methods): so a malformed or
// oversize request is answered with a reason, and the messages of a call live
// in an arena on the handler's own stack.

#ifndef NEEDLEWISE_SERVER_GRPC_SERVICES_H_
#define NEEDLEWISE_SERVER_GRPC_SERVICES_H_

#include <grpcpp/impl/service_type.h>

#include <memory>
#include <vector>

#include "server/background_worker.h"
#include "server/call_gate.h"
#include "server/catalog_manager.h"
#include "server/catalog_watch.h"
#include "server/decision_support.h"
#include "server/recording.h"
#include "server/telemetry/json_log.h"
#include "server/telemetry/metrics.h"

namespace needlewise {

// What the services work with. No pointer is owned; all must outlive the gRPC
// server.
struct ServiceParts {
  const DecisionSupport* support = nullptr;
  const CatalogManager* catalogs = nullptr;
  CatalogWatchHub* watches = nullptr;
  CallGate* gate = nullptr;
  // For what takes longer than a handler may.
  BackgroundWorker* worker = nullptr;
  const Log* log = nullptr;
  // May be null: then nothing is counted.
  Metrics* metrics = nullptr;
  // Largest request.
  int max_request_bytes = 4194304;
  // Null where decisions are not recorded.
  Recording* recording = nullptr;
  // For what reads the decision log.
  BackgroundWorker* log_worker = nullptr;
};

// Every service of the API, to be registered with a `grpc::ServerBuilder`.
std::vector<std::unique_ptr<grpc::Service>> MakeServices(
    const ServiceParts& parts);

// Their full names.
std::vector<const char*> ServiceNames();
// Those of the services whose answers are recorded.
std::vector<const char*> DecidingServiceNames();

// The service that answers from the decision log.
std::unique_ptr<grpc::Service> MakeDecisionLogService(
    const ServiceParts& parts);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_GRPC_SERVICES_H_
