// The file of an embedded decision log: whose it is, its tables, and the way
// from one version of them to the next.

#ifndef NEEDLEWISE_SERVER_DECISION_LOG_SQLITE_LOG_FILE_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_SQLITE_LOG_FILE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/decision_log/sqlite_decision_store.h"
#include "server/decision_log/sqlite_for_decision_store.h"

namespace needlewise {

// Holds a file against a second server, as long as it lives.
class SqliteFileLock {
 public:
  static absl::StatusOr<std::unique_ptr<SqliteFileLock>> Take(
      const std::string& file);
  ~SqliteFileLock();
  SqliteFileLock(const SqliteFileLock&) = delete;
  SqliteFileLock& operator=(const SqliteFileLock&) = delete;

 private:
  explicit SqliteFileLock(int descriptor) : descriptor_(descriptor) {}

  const int descriptor_;
};

// Opens the file for writing, makes it where there is none, and brings it to
// this version.
absl::StatusOr<std::unique_ptr<SqliteConnection>> OpenSqliteLog(
    const SqliteStoreOptions& options);

// Opens the file for reading. Where nobody writes it, `read_only`, it has to be
// of this version.
absl::StatusOr<std::unique_ptr<SqliteConnection>> OpenSqliteLogToRead(
    const SqliteStoreOptions& options);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_SQLITE_LOG_FILE_H_
