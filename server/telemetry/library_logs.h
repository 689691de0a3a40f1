#ifndef NEEDLEWISE_SERVER_TELEMETRY_LIBRARY_LOGS_H_
#define NEEDLEWISE_SERVER_TELEMETRY_LIBRARY_LOGS_H_

#include "server/telemetry/json_log.h"

namespace needlewise {

// Sends what gRPC and protobuf log through `log`, as event `library`, so that
// standard error holds JSON lines and nothing else. `log` must live as long as
// the program. To be called once, before any other thread runs.
void RouteLibraryLogs(const Log* log);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_TELEMETRY_LIBRARY_LOGS_H_
