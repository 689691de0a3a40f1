// What the SQLite store needs of SQLite: a connection, prepared statements, and
// its errors as ours.

#ifndef NEEDLEWISE_SERVER_DECISION_LOG_SQLITE_FOR_DECISION_STORE_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_SQLITE_FOR_DECISION_STORE_H_

#include <sqlite3.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace needlewise {

// A prepared statement, reset after each use. Errors are kept: what is read
// after one is empty, and `Run` and `Done` tell.
class SqliteStatement {
 public:
  SqliteStatement() = default;
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

  // Parameters from 1.
  SqliteStatement& Bind(int index, int64_t value);
  // The bytes must outlive the use.
  SqliteStatement& Bind(int index, absl::string_view bytes);
  SqliteStatement& BindNull(int index);

  // Goes to the next row; false after the last, or on an error.
  bool Next();
  int64_t Number(int column) const;
  absl::string_view Bytes(int column) const;

  // SQLITE_OK, or what went wrong since the last call; makes the statement
  // ready for its next use.
  int Done();
  // As a statement without rows: to its end.
  int Run();

 private:
  struct Free {
    void operator()(sqlite3_stmt* statement) const {
      sqlite3_finalize(statement);
    }
  };
  std::unique_ptr<sqlite3_stmt, Free> statement_;
  int result_ = SQLITE_OK;
};

class SqliteConnection {
 public:
  // `writes`: else it is for reading only.
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> Open(
      const std::string& file, bool writes);

  absl::StatusOr<SqliteStatement> Prepare(const char* sql) const;
  absl::Status Execute(const std::string& sql) const;
  absl::StatusOr<int64_t> Pragma(const std::string& name) const;

  // Prepares each, in order, until one fails.
  absl::Status PrepareAll(
      std::initializer_list<std::pair<SqliteStatement*, const char*>> all)
      const;

  // Does all of `work` that it gives OK for, or nothing of it.
  absl::Status InTransaction(absl::FunctionRef<absl::Status()> work) const;

  // What a result means, and what to do.
  absl::Status ToStatus(int result) const;

  // How many rows the last statement has changed.
  int Changes() const { return sqlite3_changes(connection_.get()); }

 private:
  struct Close {
    void operator()(sqlite3* connection) const { sqlite3_close(connection); }
  };
  SqliteConnection(std::string file, sqlite3* connection)
      : file_(std::move(file)), connection_(connection) {}

  const std::string file_;
  std::unique_ptr<sqlite3, Close> connection_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_SQLITE_FOR_DECISION_STORE_H_
