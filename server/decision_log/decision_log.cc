#include "server/decision_log/decision_log.h"

#include <algorithm>
#include <chrono>

#include "server/status.h"

namespace needlewise {
namespace {

constexpr absl::Duration kShortestPause = absl::Milliseconds(50);
constexpr absl::Duration kLongestPause = absl::Seconds(5);
// How often to look for entries that are too old, and how many to remove
// between two groups, so that no call waits long.
constexpr absl::Duration kPruneInterval = absl::Seconds(30);
constexpr int64_t kPrunedAtOnce = 2000;

int64_t CountEntries(const std::vector<NewEntry>& entries) {
  return static_cast<int64_t>(entries.size());
}

}  // namespace

DecisionLog::DecisionLog(Options options, std::unique_ptr<DecisionStore> store,
                         const Clock* clock, const Log* log)
    : options_(std::move(options)),
      store_(std::move(store)),
      clock_(clock),
      log_(log),
      writer_([this] { Run(); }) {}

DecisionLog::~DecisionLog() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  writer_.join();
}

void DecisionLog::Append(std::vector<NewEntry> entries, Done done) {
  absl::Status refused;
  {
    absl::MutexLock lock(&mutex_);
    if (options_.waits_for_commit && !stats_.store_available) {
      stats_.refused_unavailable += CountEntries(entries);
      refused = StoreUnavailable();
    } else if (queued_ + entries.size() > options_.max_queued) {
      stats_.refused_busy += CountEntries(entries);
      refused = DecisionLogBusy();
    } else {
      queued_ += entries.size();
      queue_.push_back({std::move(entries), nullptr});
      if (options_.waits_for_commit) {
        queue_.back().done = std::move(done);
        return;
      }
    }
  }
  done({std::move(refused), {}});
}

void DecisionLog::Archive(std::string digest, std::string content) {
  absl::MutexLock lock(&mutex_);
  archives_.emplace_back(std::move(digest), std::move(content));
}

DecisionLogStats DecisionLog::Stats() const {
  absl::MutexLock lock(&mutex_);
  DecisionLogStats stats = stats_;
  stats.queued = static_cast<int64_t>(queued_);
  stats.max_queued = static_cast<int64_t>(options_.max_queued);
  return stats;
}

bool DecisionLog::Take(Group* group) {
  group->clear();
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(this, &DecisionLog::HasWorkOrStops),
                          kPruneInterval);
  size_t taken = 0;
  while (!queue_.empty() &&
         (taken == 0 ||
          taken + queue_.front().entries.size() <= options_.max_group)) {
    taken += queue_.front().entries.size();
    group->push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return !group->empty() || !stopping_;
}

void DecisionLog::Run() {
  Group group;
  while (Take(&group)) {
    // Nobody need wait for a record to learn which rules made it.
    if (group.empty()) {
      WriteArchives().IgnoreError();
    } else if (!Write(&group, false).ok()) {
      Recover(std::move(group));
    }
    PruneOld();
  }
}

absl::Status DecisionLog::WriteArchives() {
  while (true) {
    std::pair<std::string, std::string> archive;
    {
      absl::MutexLock lock(&mutex_);
      if (archives_.empty()) return absl::OkStatus();
      archive = archives_.front();
    }
    absl::Status put = store_->PutArchive(archive.first, archive.second);
    if (!put.ok()) return put;
    absl::MutexLock lock(&mutex_);
    archives_.erase(archives_.begin());
  }
}

absl::Status DecisionLog::Write(Group* group, bool again) {
  std::vector<const NewEntry*> entries;
  for (const Submission& submission : *group) {
    for (const NewEntry& entry : submission.entries) entries.push_back(&entry);
  }
  std::vector<AppendResult> results;
  auto start = std::chrono::steady_clock::now();
  const auto write = [&](bool once_more) {
    start = std::chrono::steady_clock::now();
    absl::Status written = WriteArchives();
    if (!written.ok() || entries.empty()) return written;
    return once_more ? store_->Retry(entries, clock_->Now(), &results)
                     : store_->Append(entries, clock_->Now(), &results);
  };
  absl::Status written = write(again);
  if (!written.ok()) {
    log_->Write(LogSeverity::kError, "decision_store_failed",
                {{"message", std::string(written.message())},
                 {"records", static_cast<int64_t>(entries.size())}});
    {
      absl::MutexLock lock(&mutex_);
      ++stats_.store_failures;
    }
    // A connection that broke while nobody used it is no reason to refuse.
    if (!again && store_->Recover().ok()) written = write(true);
  }
  if (!written.ok()) return written;
  const absl::Duration took =
      absl::FromChrono(std::chrono::steady_clock::now() - start);
  if (!entries.empty()) {
    absl::MutexLock lock(&mutex_);
    const auto bucket = std::lower_bound(kCommitLatencyBounds.begin(),
                                         kCommitLatencyBounds.end(),
                                         absl::ToInt64Microseconds(took)) -
                        kCommitLatencyBounds.begin();
    ++stats_.commit_latency[static_cast<size_t>(bucket)];
    stats_.commit_latency_sum += took;
    ++stats_.groups;
    stats_.last_group = static_cast<int64_t>(entries.size());
    for (const AppendResult& result : results) {
      ++(result.already_there ? stats_.already_there : stats_.appended);
    }
    queued_ -= entries.size();
  }
  Finish(group, std::move(results));
  return absl::OkStatus();
}

void DecisionLog::Finish(Group* group, std::vector<AppendResult> results) {
  auto result = results.begin();
  for (Submission& submission : *group) {
    const auto end =
        result + static_cast<std::ptrdiff_t>(submission.entries.size());
    if (submission.done != nullptr) {
      submission.done({absl::OkStatus(), {result, end}});
    }
    result = end;
  }
  group->clear();
}

void DecisionLog::GiveUp(Group* group) {
  {
    absl::MutexLock lock(&mutex_);
    for (Submission& waiting : queue_) group->push_back(std::move(waiting));
    queue_.clear();
    for (const Submission& submission : *group) {
      queued_ -= submission.entries.size();
      stats_.refused_unavailable += CountEntries(submission.entries);
    }
  }
  for (Submission& submission : *group) {
    if (submission.done != nullptr) submission.done({StoreUnavailable(), {}});
  }
  group->clear();
}

void DecisionLog::SetAvailable(bool available) {
  {
    absl::MutexLock lock(&mutex_);
    if (stats_.store_available == available) return;
    stats_.store_available = available;
  }
  log_->Write(
      available ? LogSeverity::kInfo : LogSeverity::kError,
      available ? "decision_store_available" : "decision_store_unavailable");
  if (options_.on_availability != nullptr) options_.on_availability(available);
}

bool DecisionLog::StopsWithin(absl::Duration time) {
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithTimeout(absl::Condition(&stopping_), time);
}

void DecisionLog::Recover(Group group) {
  SetAvailable(false);
  // Whoever waits has a right to know. Who was answered already has one to be
  // in the log.
  if (options_.waits_for_commit) GiveUp(&group);
  absl::Duration pause = kShortestPause;
  while (true) {
    const bool stops = StopsWithin(pause * absl::Uniform(random_, 0.5, 1.0));
    pause = std::min(2 * pause, kLongestPause);
    if (store_->Recover().ok() && Write(&group, true).ok()) break;
    if (!stops) continue;
    const auto lost = static_cast<int64_t>(group.size());
    if (lost > 0) {
      log_->Write(LogSeverity::kError, "decision_records_lost",
                  {{"calls", lost}});
    }
    GiveUp(&group);
    return;
  }
  SetAvailable(true);
}

void DecisionLog::PruneOld() {
  if (options_.retention <= absl::ZeroDuration()) return;
  const absl::Time now = clock_->Now();
  if (now < next_prune_) return;
  const auto pruned =
      store_->Prune(now - options_.retention, kPrunedAtOnce, false);
  if (!pruned.ok()) {
    next_prune_ = now + kPruneInterval;
    log_->Write(LogSeverity::kError, "decision_records_not_pruned",
                {{"message", std::string(pruned.status().message())}});
    return;
  }
  next_prune_ = pruned->more ? now : now + kPruneInterval;
  absl::MutexLock lock(&mutex_);
  stats_.pruned += pruned->entries;
}

}  // namespace needlewise
