#include "server/decision_log/sqlite_for_decision_store.h"

#include "absl/strings/str_cat.h"

namespace needlewise {
namespace {

// How long to wait for another program that reads or backs up the file.
constexpr int kBusyMilliseconds = 5000;

}  // namespace

SqliteStatement& SqliteStatement::Bind(int index, int64_t value) {
  const int result = sqlite3_bind_int64(statement_.get(), index, value);
  if (result != SQLITE_OK) result_ = result;
  return *this;
}

SqliteStatement& SqliteStatement::Bind(int index, absl::string_view bytes) {
  const int result = sqlite3_bind_blob64(statement_.get(), index,
                                         // A null pointer would bind NULL.
                                         bytes.empty() ? "" : bytes.data(),
                                         bytes.size(), SQLITE_STATIC);
  if (result != SQLITE_OK) result_ = result;
  return *this;
}

SqliteStatement& SqliteStatement::BindNull(int index) {
  const int result = sqlite3_bind_null(statement_.get(), index);
  if (result != SQLITE_OK) result_ = result;
  return *this;
}

bool SqliteStatement::Next() {
  if (result_ != SQLITE_OK) return false;
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) result_ = result;
  return false;
}

int64_t SqliteStatement::Number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

absl::string_view SqliteStatement::Bytes(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return {static_cast<const char*>(bytes), static_cast<size_t>(size)};
}

int SqliteStatement::Done() {
  sqlite3_reset(statement_.get());
  return std::exchange(result_, SQLITE_OK);
}

int SqliteStatement::Run() {
  while (Next()) {
  }
  return Done();
}

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(
    const std::string& file, bool writes) {
  sqlite3* raw = nullptr;
  // The store sees to it that one thread at a time uses a connection.
  const int result = sqlite3_open_v2(
      file.c_str(), &raw,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  auto connection =
      std::unique_ptr<SqliteConnection>(new SqliteConnection(file, raw));
  if (result != SQLITE_OK) return connection->ToStatus(result);
  sqlite3_busy_timeout(raw, kBusyMilliseconds);
  if (!writes) {
    if (absl::Status set = connection->Execute("PRAGMA query_only = ON");
        !set.ok()) {
      return set;
    }
  }
  return connection;
}

absl::StatusOr<SqliteStatement> SqliteConnection::Prepare(
    const char* sql) const {
  sqlite3_stmt* statement = nullptr;
  const int result =
      sqlite3_prepare_v3(connection_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT,
                         &statement, nullptr);
  if (result != SQLITE_OK) return ToStatus(result);
  return SqliteStatement(statement);
}

absl::Status SqliteConnection::PrepareAll(
    std::initializer_list<std::pair<SqliteStatement*, const char*>> all) const {
  for (const auto& [statement, sql] : all) {
    absl::StatusOr<SqliteStatement> prepared = Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return absl::OkStatus();
}

absl::Status SqliteConnection::InTransaction(
    absl::FunctionRef<absl::Status()> work) const {
  if (absl::Status begun = Execute("BEGIN IMMEDIATE"); !begun.ok()) {
    return begun;
  }
  absl::Status done = work();
  if (done.ok()) done = Execute("COMMIT");
  if (!done.ok() && sqlite3_get_autocommit(connection_.get()) == 0) {
    // What this returns is of no use: a rollback that fails is made by the
    // next one to open the file.
    Execute("ROLLBACK").IgnoreError();
  }
  return done;
}

absl::Status SqliteConnection::Execute(const std::string& sql) const {
  return ToStatus(
      sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr));
}

absl::StatusOr<int64_t> SqliteConnection::Pragma(
    const std::string& name) const {
  absl::StatusOr<SqliteStatement> statement =
      Prepare(absl::StrCat("PRAGMA ", name).c_str());
  if (!statement.ok()) return statement.status();
  const int64_t value = statement->Next() ? statement->Number(0) : 0;
  if (absl::Status read = ToStatus(statement->Done()); !read.ok()) return read;
  return value;
}

absl::Status SqliteConnection::ToStatus(int result) const {
  const std::string store = absl::StrCat("decision log `", file_, "`");
  switch (result & 0xFF) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
      return absl::OkStatus();
    case SQLITE_FULL:
      return absl::UnavailableError(
          absl::StrCat(store, ": the disk is full; make room"));
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return absl::UnavailableError(absl::StrCat(
          store,
          " cannot be written; check the rights on the file and its "
          "folder, and that the disk is not mounted read-only"));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(absl::StrCat(
          store,
          " is damaged; restore it from a backup, or move it away to "
          "begin a new one"));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError(absl::StrCat(
          store, " is locked by another program; wait for it to end"));
    default:
      return absl::UnavailableError(
          absl::StrCat(store, ": ", sqlite3_errstr(result), " (", result, ")"));
  }
}

}  // namespace needlewise
