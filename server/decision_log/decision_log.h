// The decision log: no answer without a record.
//
// Entries go through one bounded queue to one writer thread, which takes all
// that wait, writes them in one transaction, and then calls each one's
// completion: the answers leave from there, so no thread waits for a disk.
// Nothing is ever dropped or sampled; a full queue, or a store that cannot be
// written, refuses the call instead.

#ifndef NEEDLEWISE_SERVER_DECISION_LOG_DECISION_LOG_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_DECISION_LOG_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/clock.h"
#include "server/decision_log/decision_store.h"
#include "server/decision_log/store_entry.h"
#include "server/telemetry/json_log.h"

namespace needlewise {

// Upper bounds of the buckets of commit latency, in microseconds; the last
// bucket has none.
inline constexpr std::array<int64_t, 12> kCommitLatencyBounds = {
    100,   250,   500,   1000,   2500,    5000,
    10000, 25000, 50000, 100000, 1000000, 10000000};

// How the log is doing. Counts are since the start.
struct DecisionLogStats {
  // Records that wait now, and at most may.
  int64_t queued = 0;
  int64_t max_queued = 0;
  // Whether the store can be written, as far as is known.
  bool store_available = true;
  int64_t appended = 0;
  // Refused because the same request id had been recorded.
  int64_t already_there = 0;
  // Refused because the queue was full.
  int64_t refused_busy = 0;
  // Refused, or given up, because the store could not be written.
  int64_t refused_unavailable = 0;
  int64_t store_failures = 0;
  // Transactions, and the records of the last one.
  int64_t groups = 0;
  int64_t last_group = 0;
  // Times that transactions took, by `kCommitLatencyBounds`, and their sum.
  std::array<int64_t, kCommitLatencyBounds.size() + 1> commit_latency = {};
  absl::Duration commit_latency_sum;
  // Removed because of their age.
  int64_t pruned = 0;
};

// What became of the entries of one call.
struct AppendOutcome {
  // OK, or the error to answer with.
  absl::Status status;
  // For each entry; empty where it was not waited for, or on an error.
  std::vector<AppendResult> results;
};

class DecisionLog {
 public:
  struct Options {
    // Whether completions wait for the commit; else only for a place in the
    // queue.
    bool waits_for_commit = true;
    size_t max_queued = 65536;
    // Most entries of one transaction.
    size_t max_group = 4096;
    // Entries older than this go. Zero: never.
    absl::Duration retention = absl::ZeroDuration();
    // Told whenever the store begins or ceases to be available. From the
    // writer thread. May be empty.
    std::function<void(bool available)> on_availability;
  };
  using Done = absl::AnyInvocable<void(AppendOutcome)>;

  // The other pointers are not owned.
  DecisionLog(Options options, std::unique_ptr<DecisionStore> store,
              const Clock* clock, const Log* log);
  DecisionLog(const DecisionLog&) = delete;
  DecisionLog& operator=(const DecisionLog&) = delete;
  // Writes what is queued first.
  ~DecisionLog();

  // Appends the entries of one call, together. Calls `done` once, from any
  // thread, perhaps before it returns. From any thread.
  void Append(std::vector<NewEntry> entries, Done done);

  // Keeps `content` under `digest` before any entry that is appended after
  // this call. From any thread.
  void Archive(std::string digest, std::string content);

  const DecisionStore& store() const { return *store_; }
  DecisionLogStats Stats() const;

 private:
  struct Submission {
    std::vector<NewEntry> entries;
    // Null where it has been called.
    Done done;
  };
  using Group = std::vector<Submission>;

  void Run();
  // Waits for work; false when there will be none any more.
  bool Take(Group* group);
  bool HasWorkOrStops() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !queue_.empty();
  }
  // Writes a group, trying once more after a failure.
  absl::Status Write(Group* group, bool again);
  absl::Status WriteArchives();
  void Finish(Group* group, std::vector<AppendResult> results);
  void GiveUp(Group* group);
  // Waits, with growing pauses, until the store can be written or the log
  // stops. `group` is what is still to be written; it may be empty.
  void Recover(Group group);
  void PruneOld();
  void SetAvailable(bool available);
  // Whether the log stops within `time`.
  bool StopsWithin(absl::Duration time) ABSL_LOCKS_EXCLUDED(mutex_);

  const Options options_;
  const std::unique_ptr<DecisionStore> store_;
  const Clock* const clock_;
  const Log* const log_;

  mutable absl::Mutex mutex_;
  std::deque<Submission> queue_ ABSL_GUARDED_BY(mutex_);
  size_t queued_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::pair<std::string, std::string>> archives_
      ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  DecisionLogStats stats_ ABSL_GUARDED_BY(mutex_);

  // The writer's own.
  absl::InsecureBitGen random_;
  absl::Time next_prune_ = absl::InfinitePast();
  // Last, so that all it uses is there when it begins.
  std::thread writer_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_DECISION_LOG_H_
