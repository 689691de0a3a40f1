#ifndef NEEDLEWISE_SERVER_DECISION_LOG_LOG_TAIL_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_LOG_TAIL_H_

#include <cstdint>
#include <deque>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "server/decision_log/decision_store.h"
#include "server/decision_log/segment_index.h"
#include "server/decision_log/store_entry.h"

namespace needlewise {

// Where the entries of an embedded log stand.
struct LogEnds {
  // The last entry that has been removed from the front.
  int64_t removed_to = 0;
  int64_t last = 0;
  // First segment that is not sealed.
  int64_t sealed = 0;
  // How many buckets of keys have been merged: of the first group all, then of
  // the second, and so on.
  int64_t merged = 0;
};

// What an embedded log keeps in memory: where it stands, and the terms of the
// segments that are not sealed. Changed by the thread that writes, read by any.
class LogTail {
 public:
  // As the log is found; then its entries that are not sealed, in order.
  void Open(const LogEnds& ends);
  void AddStored(int64_t sequence, int64_t day, absl::Span<const Term> keys,
                 absl::Span<const Term> tags);

  LogEnds ends() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Adds what has been committed; the last entry is now `last`.
  void Append(absl::Span<const NewEntry* const> entries,
              absl::Span<const AppendResult> results, int64_t day,
              int64_t last);
  // The first segment that is full and not sealed; null: none. It does not
  // change any more, and stays until `SetSealed`.
  const SegmentIndex* FirstFull() const;
  // That segment is sealed.
  void SetSealed();
  void SetMerged(int64_t merged);
  void SetRemovedTo(int64_t removed_to);

  // Finds places that have the term. False where the segment is not here: it
  // has been sealed, perhaps this moment.
  bool FindKey(int64_t segment, Term key, PlaceSet* places) const;
  bool FindTag(int64_t segment, Term tag, PlaceSet* places) const;
  // Counts by day in the segments from `first` on.
  void CountTag(Term tag, int64_t first,
                absl::FunctionRef<void(const TagCount&)> count) const;

 private:
  const SegmentIndex* Find(int64_t segment) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Add(int64_t sequence, int64_t day, absl::Span<const Term> keys,
           absl::Span<const Term> tags) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  // In order.
  std::deque<SegmentIndex> segments_ ABSL_GUARDED_BY(mutex_);
  LogEnds ends_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_LOG_TAIL_H_
