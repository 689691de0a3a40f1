#include "server/decision_log/sqlite_decision_store.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/decision_log/log_tail.h"
#include "server/decision_log/sqlite_appender.h"
#include "server/decision_log/sqlite_finder.h"
#include "server/decision_log/sqlite_log_file.h"

namespace needlewise {
namespace {

// How many of the last entries are looked at when a log is opened.
constexpr int kCheckedEntries = 256;

class SqliteDecisionStore final : public DecisionStore {
 public:
  explicit SqliteDecisionStore(SqliteStoreOptions options)
      : options_(std::move(options)) {}

  absl::Status Open();

  absl::Status Append(absl::Span<const NewEntry* const> entries, absl::Time now,
                      std::vector<AppendResult>* results) override {
    return appender_->Append(entries, now, results);
  }
  absl::Status Retry(absl::Span<const NewEntry* const> entries, absl::Time now,
                     std::vector<AppendResult>* results) override {
    // What failed was rolled back.
    return Append(entries, now, results);
  }
  absl::Status PutArchive(absl::string_view digest,
                          absl::string_view content) override {
    return appender_->PutArchive(digest, content);
  }
  absl::Status Recover() override { return appender_->Recover(); }
  absl::StatusOr<PruneResult> Prune(absl::Time before, int64_t limit,
                                    bool dry_run) override;
  absl::StatusOr<std::string> GetArchive(
      absl::string_view digest) const override {
    return finder_->GetArchive(digest);
  }
  absl::StatusOr<EntryPage> Find(const EntryQuery& query) const override {
    return finder_->Find(query);
  }
  absl::StatusOr<std::vector<StoredEntry>> Read(int64_t from,
                                                int limit) const override {
    return finder_->Read(from, limit);
  }
  absl::StatusOr<std::vector<TagCount>> CountTags(
      absl::Span<const Term> tags, int64_t first_day,
      int64_t end_day) const override {
    return finder_->CountTags(tags, first_day, end_day);
  }
  absl::StatusOr<ChainEnds> Chain() const override { return finder_->Chain(); }

 private:
  absl::Status CheckEnd() const;

  const SqliteStoreOptions options_;
  // Null where the log is only read.
  std::unique_ptr<SqliteFileLock> lock_;
  LogTail tail_;
  std::unique_ptr<SqliteFinder> finder_;
  // Null where the log is only read.
  std::unique_ptr<SqliteAppender> appender_;
};

absl::Status SqliteDecisionStore::Open() {
  std::unique_ptr<SqliteConnection> writer;
  if (!options_.read_only) {
    auto lock = SqliteFileLock::Take(options_.file);
    if (!lock.ok()) return lock.status();
    lock_ = *std::move(lock);
    auto opened = OpenSqliteLog(options_);
    if (!opened.ok()) return opened.status();
    writer = *std::move(opened);
  }
  auto reader = OpenSqliteLogToRead(options_);
  if (!reader.ok()) return reader.status();
  auto finder = SqliteFinder::Create(*std::move(reader), &tail_);
  if (!finder.ok()) return finder.status();
  finder_ = *std::move(finder);
  ChainEnd end;
  if (absl::Status loaded = finder_->Load(&tail_, &end); !loaded.ok()) {
    return loaded;
  }
  if (options_.read_only) return absl::OkStatus();
  // An audit wants to see damage, and not to be kept from it.
  if (absl::Status whole = CheckEnd(); !whole.ok()) return whole;
  auto appender =
      SqliteAppender::Create(std::move(writer), std::move(end), &tail_);
  if (!appender.ok()) return appender.status();
  appender_ = *std::move(appender);
  return appender_->SealFullSegments();
}

// What a failing disk loses is what was written last.
absl::Status SqliteDecisionStore::CheckEnd() const {
  const LogEnds ends = tail_.ends();
  const int64_t first =
      std::max(ends.removed_to + 1, ends.last - kCheckedEntries);
  const auto entries = Read(first, kCheckedEntries + 1);
  if (!entries.ok()) return entries.status();
  if (ends.last > ends.removed_to &&
      (entries->empty() || entries->back().sequence != ends.last)) {
    return absl::DataLossError(absl::StrCat(
        "decision log `", options_.file, "` ends before entry ", ends.last,
        "; restore it from a backup, or move it away to begin a new one"));
  }
  for (size_t i = 1; i < entries->size(); ++i) {
    const StoredEntry& entry = (*entries)[i];
    if (entry.sequence == (*entries)[i - 1].sequence + 1 &&
        entry.link == ChainLink((*entries)[i - 1].link, entry.sequence,
                                entry.time, PayloadDigest(entry.payload))) {
      continue;
    }
    return absl::DataLossError(absl::StrCat(
        "decision log `", options_.file, "` is damaged at entry ",
        entry.sequence,
        "; `needlewise-rules audit` says how, restore it from a backup, or "
        "move it away to begin a new one"));
  }
  return absl::OkStatus();
}

absl::StatusOr<PruneResult> SqliteDecisionStore::Prune(absl::Time before,
                                                       int64_t limit,
                                                       bool dry_run) {
  const int64_t removed_to = tail_.ends().removed_to;
  const absl::StatusOr<int64_t> kept = finder_->FirstAt(before);
  if (!kept.ok()) return kept.status();
  if (dry_run) return PruneResult{*kept - removed_to - 1, false};
  const int64_t last = std::min(*kept - 1, removed_to + limit);
  if (last <= removed_to) return PruneResult();
  const auto anchor = finder_->ReadOne(last);
  if (!anchor.ok()) return anchor.status();
  if (absl::Status removed = appender_->RemoveTo(last, anchor->link);
      !removed.ok()) {
    return removed;
  }
  return PruneResult{last - removed_to, last < *kept - 1};
}

}  // namespace

absl::StatusOr<std::unique_ptr<DecisionStore>> OpenSqliteStore(
    const SqliteStoreOptions& options) {
  auto store = std::make_unique<SqliteDecisionStore>(options);
  if (absl::Status opened = store->Open(); !opened.ok()) return opened;
  return std::unique_ptr<DecisionStore>(std::move(store));
}

}  // namespace needlewise
