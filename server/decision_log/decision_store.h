#ifndef NEEDLEWISE_SERVER_DECISION_LOG_DECISION_STORE_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_DECISION_STORE_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/decision_log/store_entry.h"

namespace needlewise {

// What became of an entry.
struct AppendResult {
  // Its place, or that of the entry which has the same request key.
  int64_t sequence = 0;
  // True: nothing was appended, because of that entry.
  bool already_there = false;
};

// Which entries to find: newest first, those that have every term and lie in
// the ranges.
struct EntryQuery {
  std::vector<Term> keys;
  std::vector<Term> tags;
  // Stored at or after, and before.
  absl::Time from = absl::InfinitePast();
  absl::Time before = absl::InfiniteFuture();
  // Only entries before this place.
  int64_t before_sequence = std::numeric_limits<int64_t>::max();
  // At most so many.
  int limit = 100;
};

struct EntryPage {
  // Newest first.
  std::vector<StoredEntry> entries;
  // Where to go on: `before_sequence` of the next query. 0: there are no more.
  // A page can be shorter than asked for, even empty, and not the last.
  int64_t next = 0;
};

// How many entries of one day, in UTC, have a tag.
struct TagCount {
  Term tag = 0;
  // Since 1970-01-01.
  int64_t day = 0;
  int64_t count = 0;
};

// Where the hash chain begins and ends.
struct ChainEnds {
  // The entry before the first that is kept: 0 and empty where none has been
  // removed.
  int64_t removed_to = 0;
  std::string anchor;
  // The last entry; that before the first where there is none.
  int64_t last = 0;
  std::string head;
};

struct PruneResult {
  // How many entries went, or would go.
  int64_t entries = 0;
  // Whether older ones are left for the next call.
  bool more = false;
};

// Where the log is kept: entries in one row, appended and, when they are old,
// removed from the front; never changed. Every error is UNAVAILABLE (try
// again), DATA_LOSS (what is stored cannot be read) or FAILED_PRECONDITION (not
// a store of ours, or of a later version), with what to do in its message,
// which is for the operator and not for callers.
//
// `Append`, `PutArchive`, `Recover` and `Prune` are called from one thread at a
// time; the others from any thread, at any time.
class DecisionStore {
 public:
  virtual ~DecisionStore() = default;

  // Appends the entries in their order, all or none, and returns once that
  // lasts. `now` is the time to store; a clock that stepped back does not
  // count. On an error nothing has been appended, or it is not known.
  virtual absl::Status Append(absl::Span<const NewEntry* const> entries,
                              absl::Time now,
                              std::vector<AppendResult>* results) = 0;

  // As `Append` once more, with the same entries, after it has failed and
  // `Recover` has not: appends what the first attempt has not appended.
  virtual absl::Status Retry(absl::Span<const NewEntry* const> entries,
                             absl::Time now,
                             std::vector<AppendResult>* results) = 0;

  // Keeps `content` under `digest`, once.
  virtual absl::Status PutArchive(absl::string_view digest,
                                  absl::string_view content) = 0;

  // After an error: OK where the store can be written again.
  virtual absl::Status Recover() = 0;

  // Removes at most `limit` entries from the front that were stored before
  // `before`; the chain keeps an anchor. With `dry_run` only counts them all.
  virtual absl::StatusOr<PruneResult> Prune(absl::Time before, int64_t limit,
                                            bool dry_run) = 0;

  // NOT_FOUND where there is none.
  virtual absl::StatusOr<std::string> GetArchive(
      absl::string_view digest) const = 0;

  virtual absl::StatusOr<EntryPage> Find(const EntryQuery& query) const = 0;

  // The entries at and after `from`, at most `limit`, in order.
  virtual absl::StatusOr<std::vector<StoredEntry>> Read(int64_t from,
                                                        int limit) const = 0;

  // Counts of each tag by day, from `first_day` on and before `end_day`, in
  // order of tag and day.
  virtual absl::StatusOr<std::vector<TagCount>> CountTags(
      absl::Span<const Term> tags, int64_t first_day,
      int64_t end_day) const = 0;

  virtual absl::StatusOr<ChainEnds> Chain() const = 0;
};

// FAILED_PRECONDITION: `log`, which names it, is of a version that this program
// does not know.
absl::Status LaterVersion(absl::string_view log, int64_t version,
                          int64_t known);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_DECISION_STORE_H_
