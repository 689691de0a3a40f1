#include "server/recording.h"

#include <utility>

#include "needlewise/log/v1/log_entry.pb.h"
#include "server/decision_log/sqlite_decision_store.h"
#include "server/server_config.h"
#include "server/status.h"

#ifdef NEEDLEWISE_WITH_POSTGRES
#include "server/decision_log/postgres_decision_store.h"
#endif

namespace needlewise {
namespace {

DecisionLog::Options LogOptions(const Recording::Options& options) {
  DecisionLog::Options log;
  log.waits_for_commit =
      options.config.mode() != config::v1::DECISION_LOG_MODE_QUEUED;
  log.max_queued = static_cast<size_t>(options.config.max_queued_records());
  log.retention = ToDuration(options.config.retention());
  log.on_availability = options.on_availability;
  return log;
}

}  // namespace

bool Records(const config::v1::DecisionLog& config) {
  return config.store_case() != config::v1::DecisionLog::STORE_NOT_SET &&
         config.mode() != config::v1::DECISION_LOG_MODE_OFF;
}

absl::StatusOr<std::unique_ptr<DecisionStore>> OpenDecisionStore(
    const config::v1::DecisionLog& config) {
  if (config.store_case() == config::v1::DecisionLog::kSqliteFile) {
    return OpenSqliteStore({config.sqlite_file()});
  }
#ifdef NEEDLEWISE_WITH_POSTGRES
  return OpenPostgresStore(
      {config.postgres(), ToDuration(config.store_timeout())});
#else
  return absl::FailedPreconditionError(
      "this program was built without PostgreSQL; name a "
      "`decision_log.sqlite_file`, or build with NEEDLEWISE_WITH_POSTGRES");
#endif
}

absl::StatusOr<std::unique_ptr<Recording>> Recording::Open(Options options,
                                                           const Clock* clock,
                                                           const Log* log) {
  absl::StatusOr<SubjectKeys> keys = SubjectKeys::Read(options.config);
  if (!keys.ok()) return keys.status();
  absl::StatusOr<std::unique_ptr<DecisionStore>> store =
      OpenDecisionStore(options.config);
  if (!store.ok()) return store.status();
  return std::unique_ptr<Recording>(new Recording(
      std::move(options), *std::move(keys), *std::move(store), clock, log));
}

Recording::Recording(Options options, SubjectKeys keys,
                     std::unique_ptr<DecisionStore> store, const Clock* clock,
                     const Log* log)
    : recorder_({std::move(keys), options.site_findings}),
      log_(LogOptions(options), std::move(store), clock, log),
      archive_(&log_.store()),
      queries_(&log_.store(), &archive_, log) {
  if (!recorder_.site_digest().empty()) {
    log_.Archive(recorder_.site_digest(), Compress(recorder_.site_content()));
  }
}

void Recording::Archive(const std::shared_ptr<const CompiledCatalog>& catalog) {
  if (archived_.load(std::memory_order_acquire) == catalog.get()) return;
  absl::MutexLock lock(&archive_mutex_);
  if (archived_.load(std::memory_order_relaxed) == catalog.get()) return;
  log_.Archive(catalog->version.digest(), Compress(ArchivedForm(*catalog)));
  archived_.store(catalog.get(), std::memory_order_release);
  kept_ = catalog;
}

PendingAnswer Recording::Owe(OwedRecords owed) {
  if (owed.entries.empty()) return PendingAnswer();
  return PendingAnswer(
      [this, owed = std::move(owed)](PendingAnswer::Done done) mutable {
        std::vector<NewEntry> entries = std::move(owed.entries);
        log_.Append(std::move(entries),
                    [this, owed = std::move(owed),
                     done = std::move(done)](AppendOutcome appended) mutable {
                      done(ToOutcome(owed, appended));
                    });
      });
}

void Recording::Append(NewEntry entry, DecisionLog::Done done) {
  std::vector<NewEntry> entries;
  entries.push_back(std::move(entry));
  log_.Append(std::move(entries), std::move(done));
}

std::string Recording::DecisionAt(int64_t sequence) const {
  const auto entries = log_.store().Read(sequence, 1);
  if (!entries.ok() || entries->empty() ||
      entries->front().sequence != sequence) {
    return "";
  }
  const auto record = ToDecisionRecord(entries->front());
  return record.ok() ? record->decision_id() : "";
}

std::optional<v1::FeedbackRecord> Recording::FeedbackAt(
    int64_t sequence) const {
  const auto entries = log_.store().Read(sequence, 1);
  log::v1::LogEntry entry;
  if (!entries.ok() || entries->empty() ||
      entries->front().sequence != sequence ||
      !entry.ParseFromString(entries->front().payload) ||
      !entry.has_feedback()) {
    return {};
  }
  return entry.feedback();
}

RecordOutcome Recording::ToOutcome(const OwedRecords& owed,
                                   const AppendOutcome& appended) const {
  RecordOutcome outcome;
  outcome.status = appended.status;
  for (size_t i = 0; i < appended.results.size(); ++i) {
    if (!appended.results[i].already_there) continue;
    // The same question again has the same answer, and its record is there.
    const std::string there = DecisionAt(appended.results[i].sequence);
    if (there == owed.decision_ids[i]) continue;
    absl::Status reused = RequestIdReused(there);
    if (owed.items.empty()) {
      outcome.status.Update(reused);
    } else {
      outcome.faults.push_back({owed.items[i], std::move(reused)});
    }
  }
  return outcome;
}

}  // namespace needlewise
