// The log in one SQLite file: write-ahead log, a sync at each commit.

#ifndef NEEDLEWISE_SERVER_DECISION_LOG_SQLITE_DECISION_STORE_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_SQLITE_DECISION_STORE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/decision_log/decision_store.h"

namespace needlewise {

struct SqliteStoreOptions {
  // The file; made where it does not exist. Its folder must exist.
  std::string file;
  // True: only to be read, perhaps while a server writes it; methods that
  // write must not be called.
  bool read_only = false;
  // Largest size of the file. 0: as large as there is room for.
  int64_t max_bytes = 0;
};

// Opens a log, brings it to the form of this version, and checks that it can
// be written and that its end is undamaged. FAILED_PRECONDITION where the file
// is another program's, of a later version, or in use by another server;
// DATA_LOSS where it is damaged; UNAVAILABLE where it cannot be written.
absl::StatusOr<std::unique_ptr<DecisionStore>> OpenSqliteStore(
    const SqliteStoreOptions& options);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_SQLITE_DECISION_STORE_H_
