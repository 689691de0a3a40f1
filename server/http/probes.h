#ifndef NEEDLEWISE_SERVER_HTTP_PROBES_H_
#define NEEDLEWISE_SERVER_HTTP_PROBES_H_

#include <functional>
#include <string>

#include "server/http/http_routes.h"
#include "server/telemetry/metrics.h"

namespace needlewise {

// Adds what an orchestrator asks. `/healthz`: 200 while the process answers at
// all. `/readyz`: 200 while it should be sent calls, as the health service of
// gRPC says it, and else 503. `degraded` says what somebody should see to
// although the server serves; empty: nothing. Both are called from any thread.
void AddProbeRoutes(std::function<bool()> is_ready,
                    std::function<std::string()> degraded, HttpRoutes* routes);

// Adds `/metrics`, for Prometheus. `metrics` is not owned.
void AddMetricsRoute(const Metrics* metrics, HttpRoutes* routes);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_HTTP_PROBES_H_
