// What the PostgreSQL store needs of libpq: one connection whose every exchange
// has a deadline, since a network that swallows what is sent says nothing.

#ifndef NEEDLEWISE_SERVER_DECISION_LOG_POSTGRES_FOR_DECISION_STORE_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_POSTGRES_FOR_DECISION_STORE_H_

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace needlewise {

// The rows of one statement, in PostgreSQL's binary form.
class PostgresRows {
 public:
  explicit PostgresRows(PGresult* result) : result_(result) {}

  int size() const { return PQntuples(result_.get()); }
  // How many rows the statement has changed.
  int64_t Changed() const;
  bool IsNull(int row, int column) const {
    return PQgetisnull(result_.get(), row, column) == 1;
  }
  int64_t Number(int row, int column) const;
  absl::string_view Bytes(int row, int column) const;

 private:
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

// A parameter of a statement: an integer of 8 bytes, bytes, or an array of
// integers, in binary form.
class PostgresValue {
 public:
  static PostgresValue Number(int64_t number);
  static PostgresValue Bytes(absl::string_view bytes);
  static PostgresValue Numbers(const std::vector<int64_t>& numbers);

  const std::string& text() const { return text_; }
  Oid type() const { return type_; }

 private:
  std::string text_;
  Oid type_ = 0;
};

// One connection. Not to be used from two threads at once. After an error that
// is UNAVAILABLE it is broken, and to be opened again.
class PostgresConnection {
 public:
  static absl::StatusOr<std::unique_ptr<PostgresConnection>> Open(
      const std::string& connection, absl::Duration timeout);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  bool broken() const { return broken_; }

  absl::StatusOr<PostgresRows> Run(
      const char* sql, const std::vector<PostgresValue>& values = {});
  // Several statements without values.
  absl::Status Execute(const std::string& sql);

  // Copies rows, in the form of `COPY … (FORMAT binary)`, without its header
  // and trailer.
  absl::Status Copy(const char* sql, absl::string_view rows);

 private:
  PostgresConnection(PGconn* connection, absl::Duration timeout)
      : connection_(connection), timeout_(timeout) {}

  // Waits until the connection can be read, or written too.
  absl::Status Wait(bool to_write, absl::Time deadline);
  absl::Status Flush(absl::Time deadline);
  // Reads every result of what was sent; the last is in `*last`.
  absl::Status Results(absl::Time deadline, PGresult** last);
  absl::Status Broken(absl::string_view doing);

  PGconn* const connection_;
  const absl::Duration timeout_;
  bool broken_ = false;
};

// Puts numbers, most significant byte first, as the binary forms want them.
void PutBinary16(int16_t number, std::string* out);
void PutBinary32(int32_t number, std::string* out);
void PutBinary64(int64_t number, std::string* out);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_POSTGRES_FOR_DECISION_STORE_H_
