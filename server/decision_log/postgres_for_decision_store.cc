#include "server/decision_log/postgres_for_decision_store.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace needlewise {
namespace {

// Types of PostgreSQL, by their fixed ids.
constexpr Oid kInt8 = 20;
constexpr Oid kBytea = 17;
constexpr Oid kInt8Array = 1016;

constexpr char kCopyHeader[] = "PGCOPY\n\377\r\n";
constexpr size_t kCopySignature = 11;

template <typename Number>
void PutBinary(Number number, std::string* out) {
  for (int shift = 8 * (static_cast<int>(sizeof(number)) - 1); shift >= 0;
       shift -= 8) {
    out->push_back(static_cast<char>(number >> shift & 0xFF));
  }
}

}  // namespace

void PutBinary16(int16_t number, std::string* out) { PutBinary(number, out); }
void PutBinary32(int32_t number, std::string* out) { PutBinary(number, out); }
void PutBinary64(int64_t number, std::string* out) { PutBinary(number, out); }

int64_t PostgresRows::Changed() const {
  return std::strtoll(PQcmdTuples(result_.get()), nullptr, 10);
}

absl::string_view PostgresRows::Bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}

int64_t PostgresRows::Number(int row, int column) const {
  uint64_t number = 0;
  for (const char c : Bytes(row, column)) {
    number = number << 8 | static_cast<unsigned char>(c);
  }
  return static_cast<int64_t>(number);
}

PostgresValue PostgresValue::Number(int64_t number) {
  PostgresValue value;
  PutBinary64(number, &value.text_);
  value.type_ = kInt8;
  return value;
}

PostgresValue PostgresValue::Bytes(absl::string_view bytes) {
  PostgresValue value;
  value.text_ = std::string(bytes);
  value.type_ = kBytea;
  return value;
}

PostgresValue PostgresValue::Numbers(const std::vector<int64_t>& numbers) {
  PostgresValue value;
  value.type_ = kInt8Array;
  // Dimensions, whether there are nulls, the type of an element; then the one
  // dimension's length and first index.
  PutBinary32(numbers.empty() ? 0 : 1, &value.text_);
  PutBinary32(0, &value.text_);
  PutBinary32(static_cast<int32_t>(kInt8), &value.text_);
  if (numbers.empty()) return value;
  PutBinary32(static_cast<int32_t>(numbers.size()), &value.text_);
  PutBinary32(1, &value.text_);
  for (const int64_t number : numbers) {
    PutBinary32(sizeof(number), &value.text_);
    PutBinary64(number, &value.text_);
  }
  return value;
}

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(
    const std::string& connection, absl::Duration timeout) {
  const std::string seconds =
      absl::StrCat(std::max<int64_t>(2, absl::ToInt64Seconds(timeout)));
  // What the settings say comes last, and so holds.
  const char* const names[] = {"connect_timeout",  "keepalives_idle",
                               "keepalives_count", "keepalives_interval",
                               "tcp_user_timeout", "application_name",
                               "dbname",           nullptr};
  const std::string milliseconds =
      absl::StrCat(absl::ToInt64Milliseconds(timeout));
  const char* const values[] = {
      seconds.c_str(), seconds.c_str(),    "3",    "2", milliseconds.c_str(),
      "needlewise",    connection.c_str(), nullptr};
  PGconn* raw = PQconnectStartParams(names, values, 1);
  if (raw == nullptr) return absl::UnavailableError("no memory");
  auto opened =
      std::unique_ptr<PostgresConnection>(new PostgresConnection(raw, timeout));
  const absl::Time deadline = absl::Now() + timeout;
  PostgresPollingStatusType state = PQstatus(raw) == CONNECTION_BAD
                                        ? PGRES_POLLING_FAILED
                                        : PGRES_POLLING_WRITING;
  while (state == PGRES_POLLING_READING || state == PGRES_POLLING_WRITING) {
    if (absl::Status ready =
            opened->Wait(state == PGRES_POLLING_WRITING, deadline);
        !ready.ok()) {
      return ready;
    }
    state = PQconnectPoll(raw);
  }
  if (state != PGRES_POLLING_OK) return opened->Broken("connect to");
  if (PQsetnonblocking(raw, 1) != 0) return opened->Broken("connect to");
  // A replica that is cut off must not hold the end of the chain for long.
  if (absl::Status set = opened->Execute(
          absl::StrCat("SET client_min_messages = warning;"
                       "SET idle_in_transaction_session_timeout = ",
                       milliseconds, "; SET statement_timeout = ", milliseconds,
                       "; SET tcp_user_timeout = ", milliseconds,
                       "; SET synchronous_commit = on"));
      !set.ok()) {
    return set;
  }
  return opened;
}

PostgresConnection::~PostgresConnection() { PQfinish(connection_); }

absl::Status PostgresConnection::Broken(absl::string_view doing) {
  broken_ = true;
  std::string why = PQerrorMessage(connection_);
  std::replace(why.begin(), why.end(), '\n', ' ');
  return absl::UnavailableError(
      absl::StrCat("cannot ", doing, " the PostgreSQL server: ", why));
}

absl::Status PostgresConnection::Wait(bool to_write, absl::Time deadline) {
  pollfd poll_on = {PQsocket(connection_),
                    static_cast<short>(to_write ? POLLIN | POLLOUT : POLLIN),
                    0};
  if (poll_on.fd < 0) return Broken("reach");
  while (true) {
    const int64_t left = absl::ToInt64Milliseconds(deadline - absl::Now()) + 1;
    if (left <= 0) {
      broken_ = true;
      return absl::UnavailableError(
          "the PostgreSQL server did not answer in time");
    }
    const int ready = ::poll(&poll_on, 1, static_cast<int>(left));
    if (ready > 0) return absl::OkStatus();
    if (ready < 0 && errno != EINTR) return Broken("wait for");
  }
}

absl::Status PostgresConnection::Flush(absl::Time deadline) {
  while (true) {
    const int left = PQflush(connection_);
    if (left == 0) return absl::OkStatus();
    if (left < 0) return Broken("send to");
    if (absl::Status ready = Wait(true, deadline); !ready.ok()) return ready;
    // The server may not read on before what it sends is read.
    if (PQconsumeInput(connection_) != 1) return Broken("read from");
  }
}

absl::Status PostgresConnection::Results(absl::Time deadline, PGresult** last) {
  absl::Status status;
  while (true) {
    while (PQisBusy(connection_) == 1) {
      if (absl::Status ready = Wait(false, deadline); !ready.ok()) return ready;
      if (PQconsumeInput(connection_) != 1) return Broken("read from");
    }
    PGresult* result = PQgetResult(connection_);
    if (result == nullptr) return status;
    const ExecStatusType kind = PQresultStatus(result);
    if (kind == PGRES_COPY_IN) {
      PQclear(result);
      return status;
    }
    if (kind != PGRES_COMMAND_OK && kind != PGRES_TUPLES_OK) {
      // The code tells what went wrong without the values, which libpq's text
      // may repeat.
      const char* code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
      const char* text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
      broken_ = true;
      status = absl::UnavailableError(
          absl::StrCat("PostgreSQL refused: ", text == nullptr ? "" : text,
                       " (", code == nullptr ? "" : code, ")"));
    }
    if (last != nullptr) {
      PQclear(*last);
      *last = result;
    } else {
      PQclear(result);
    }
  }
}

absl::StatusOr<PostgresRows> PostgresConnection::Run(
    const char* sql, const std::vector<PostgresValue>& values) {
  std::vector<Oid> types;
  std::vector<const char*> texts;
  std::vector<int> lengths;
  for (const PostgresValue& value : values) {
    types.push_back(value.type());
    texts.push_back(value.text().data());
    lengths.push_back(static_cast<int>(value.text().size()));
  }
  const std::vector<int> formats(values.size(), 1);
  const absl::Time deadline = absl::Now() + timeout_;
  if (PQsendQueryParams(connection_, sql, static_cast<int>(values.size()),
                        types.data(), texts.data(), lengths.data(),
                        formats.data(), 1) != 1) {
    return Broken("send to");
  }
  if (absl::Status sent = Flush(deadline); !sent.ok()) return sent;
  PGresult* last = nullptr;
  const absl::Status read = Results(deadline, &last);
  PostgresRows rows(last);
  if (!read.ok()) return read;
  return rows;
}

absl::Status PostgresConnection::Execute(const std::string& sql) {
  const absl::Time deadline = absl::Now() + timeout_;
  if (PQsendQuery(connection_, sql.c_str()) != 1) return Broken("send to");
  if (absl::Status sent = Flush(deadline); !sent.ok()) return sent;
  return Results(deadline, nullptr);
}

absl::Status PostgresConnection::Copy(const char* sql, absl::string_view rows) {
  const absl::Time deadline = absl::Now() + timeout_;
  if (absl::Status begun = Execute(sql); !begun.ok()) return begun;
  std::string frame(kCopyHeader, kCopySignature);
  PutBinary32(0, &frame);
  PutBinary32(0, &frame);
  std::string trailer;
  PutBinary16(-1, &trailer);
  for (const absl::string_view part :
       {absl::string_view(frame), rows, absl::string_view(trailer)}) {
    // A non-blocking connection takes what fits into its buffer, or nothing.
    int taken = 0;
    while ((taken = PQputCopyData(connection_, part.data(),
                                  static_cast<int>(part.size()))) == 0) {
      if (absl::Status sent = Flush(deadline); !sent.ok()) return sent;
    }
    if (taken < 0) return Broken("send to");
  }
  int ended = 0;
  while ((ended = PQputCopyEnd(connection_, nullptr)) == 0) {
    if (absl::Status sent = Flush(deadline); !sent.ok()) return sent;
  }
  if (ended < 0) return Broken("send to");
  if (absl::Status sent = Flush(deadline); !sent.ok()) return sent;
  return Results(deadline, nullptr);
}

}  // namespace needlewise
