#ifndef NEEDLEWISE_SERVER_DECISION_LOG_SQLITE_APPENDER_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_SQLITE_APPENDER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/decision_log/decision_store.h"
#include "server/decision_log/log_tail.h"
#include "server/decision_log/segment_index.h"
#include "server/decision_log/sqlite_for_decision_store.h"
#include "server/decision_log/store_entry.h"

namespace needlewise {

// All that changes the file of an embedded log. Used by one thread.
class SqliteAppender {
 public:
  // `end` is where the chain ends. `tail` is not owned, and is kept up to date.
  static absl::StatusOr<std::unique_ptr<SqliteAppender>> Create(
      std::unique_ptr<SqliteConnection> writer, ChainEnd end, LogTail* tail);

  // As in `DecisionStore`.
  absl::Status Append(absl::Span<const NewEntry* const> entries, absl::Time now,
                      std::vector<AppendResult>* results);
  absl::Status PutArchive(absl::string_view digest, absl::string_view content);
  absl::Status Recover();

  // Seals the segments that are full, and merges keys of those that are.
  absl::Status SealFullSegments();

  // Removes the entries from the front up to `last`, whose link is `anchor`.
  absl::Status RemoveTo(int64_t last, absl::string_view anchor);

 private:
  struct Statements {
    SqliteStatement insert_entry;
    SqliteStatement insert_request;
    SqliteStatement find_request;
    SqliteStatement insert_keys;
    SqliteStatement read_keys;
    SqliteStatement delete_keys;
    SqliteStatement insert_group;
    SqliteStatement insert_tags;
    SqliteStatement add_count;
    SqliteStatement set_sealed;
    SqliteStatement set_merged;
    SqliteStatement set_head;
  };

  SqliteAppender(std::unique_ptr<SqliteConnection> writer, ChainEnd end,
                 LogTail* tail)
      : writer_(std::move(writer)), end_(std::move(end)), tail_(tail) {}

  absl::Status Prepare();
  absl::Status Insert(absl::Span<const NewEntry* const> entries, ChainEnd* end,
                      std::vector<AppendResult>* results);
  absl::Status Seal(const SegmentIndex& segment);
  // Merges a few buckets of segments before `sealed`.
  absl::Status MergeKeys(int64_t sealed);
  absl::Status MergeBucket(int64_t group, int bucket);

  const std::unique_ptr<SqliteConnection> writer_;
  ChainEnd end_;
  LogTail* const tail_;
  // Last: they go before what they are of.
  Statements statements_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_SQLITE_APPENDER_H_
