// The log in a PostgreSQL database that several replicas share: each group is
// one transaction that holds the end of the chain while it copies its rows.

#ifndef NEEDLEWISE_SERVER_DECISION_LOG_POSTGRES_DECISION_STORE_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_POSTGRES_DECISION_STORE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/decision_log/decision_store.h"

namespace needlewise {

struct PostgresStoreOptions {
  // libpq connection string or URI.
  std::string connection;
  // How long one exchange with the server may take before the connection
  // counts as broken. At least a second.
  absl::Duration timeout = absl::Seconds(5);
  // True: only to be read; methods that write must not be called.
  bool read_only = false;
};

// Connects, brings the tables to the form of this version, and reads where the
// log stands. UNAVAILABLE where the server does not answer,
// FAILED_PRECONDITION where the tables are of a later version.
absl::StatusOr<std::unique_ptr<DecisionStore>> OpenPostgresStore(
    const PostgresStoreOptions& options);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_POSTGRES_DECISION_STORE_H_
