#ifndef NEEDLEWISE_SERVER_DECISION_LOG_SQLITE_FINDER_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_SQLITE_FINDER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/decision_log/decision_store.h"
#include "server/decision_log/log_tail.h"
#include "server/decision_log/segment_index.h"
#include "server/decision_log/sqlite_for_decision_store.h"
#include "server/decision_log/store_entry.h"

namespace needlewise {

// All that reads the file of an embedded log. May be used from any thread; one
// at a time is served.
class SqliteFinder {
 public:
  // `tail` is not owned.
  static absl::StatusOr<std::unique_ptr<SqliteFinder>> Create(
      std::unique_ptr<SqliteConnection> reader, const LogTail* tail);

  // Fills `*tail` with what the file says; `*end` is where its chain ends.
  absl::Status Load(LogTail* tail, ChainEnd* end) const;

  // As in `DecisionStore`.
  absl::StatusOr<std::string> GetArchive(absl::string_view digest) const;
  absl::StatusOr<EntryPage> Find(const EntryQuery& query) const;
  absl::StatusOr<std::vector<StoredEntry>> Read(int64_t from, int limit) const;
  absl::StatusOr<std::vector<TagCount>> CountTags(absl::Span<const Term> tags,
                                                  int64_t first_day,
                                                  int64_t end_day) const;
  absl::StatusOr<ChainEnds> Chain() const;

  // The place of the first entry that was stored at or after `time`.
  absl::StatusOr<int64_t> FirstAt(absl::Time time) const;
  // DATA_LOSS where there is none.
  absl::StatusOr<StoredEntry> ReadOne(int64_t sequence) const;

 private:
  struct Statements {
    SqliteStatement state;
    SqliteStatement terms;
    SqliteStatement content;
    SqliteStatement entry;
    SqliteStatement time;
    SqliteStatement forwards;
    SqliteStatement backwards;
    SqliteStatement keys;
    SqliteStatement group;
    SqliteStatement tag;
    SqliteStatement counts;
  };
  // Where a search is.
  struct Search;

  SqliteFinder(std::unique_ptr<SqliteConnection> reader, const LogTail* tail)
      : reader_(std::move(reader)), tail_(tail) {}

  absl::StatusOr<int64_t> FirstAt(absl::Time time, const LogEnds& ends) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<bool> ReadEntry(int64_t sequence, StoredEntry* entry) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The entries that a statement gives: sequence, time, link, payload.
  absl::Status ReadEntries(SqliteStatement* rows,
                           std::vector<StoredEntry>* entries) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<EntryPage> FindUnfiltered(int64_t low, int64_t high,
                                           int limit) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // The last segment up to `segment` where entries may have all terms, and
  // their places; -1: none.
  absl::StatusOr<int64_t> LastMatching(Search* search, int64_t segment,
                                       PlaceSet* places) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The same for one term. Only where places are told, entries have it.
  absl::StatusOr<int64_t> LastWithTag(Search* search, Term tag, int64_t segment,
                                      PlaceSet* places) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<int64_t> LastWithKey(Search* search, size_t nth,
                                      int64_t segment, PlaceSet* places) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status ReadGroup(Search* search, size_t nth, int64_t group) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Counts of one tag, ascending by day; not by itself of one moment.
  absl::Status CountTag(Term tag, int64_t first_day, int64_t end_day,
                        int64_t sealed, std::vector<TagCount>* counts) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  const std::unique_ptr<SqliteConnection> reader_ ABSL_PT_GUARDED_BY(mutex_);
  const LogTail* const tail_;
  // Last: they go before what they are of.
  mutable Statements statements_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_SQLITE_FINDER_H_
