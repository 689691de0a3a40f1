#ifndef NEEDLEWISE_SERVER_DECISION_LOG_POSTGRES_SCHEMA_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_POSTGRES_SCHEMA_H_

#include "absl/status/status.h"
#include "server/decision_log/postgres_for_decision_store.h"

namespace needlewise {

// Makes the tables of a decision log in a database where there are none, and
// brings them to this version. After an error the connection is of no use.
absl::Status MigratePostgresLog(PostgresConnection* writer);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_POSTGRES_SCHEMA_H_
