#ifndef NEEDLEWISE_SERVER_RECORDING_H_
#define NEEDLEWISE_SERVER_RECORDING_H_

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "needlewise/config/v1/server_config.pb.h"
#include "needlewise/v1/decision_log.pb.h"
#include "needlewise/v1/patient.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "server/clock.h"
#include "server/decision_log/catalog_archive.h"
#include "server/decision_log/decision_log.h"
#include "server/decision_log/decision_queries.h"
#include "server/decision_log/decision_recorder.h"
#include "server/pending_answer.h"
#include "server/telemetry/json_log.h"

namespace needlewise {

// The records that an answer owes before it may leave.
struct OwedRecords {
  std::vector<NewEntry> entries;
  // For each, the decision it is of.
  std::vector<std::string> decision_ids;
  // For each, its item of a batch. Empty: the answer is of one decision.
  std::vector<size_t> items;
};

// Everything about the decision log that a running server has. May be used
// from any thread.
class Recording {
 public:
  struct Options {
    config::v1::DecisionLog config;
    // Standing facts about the site, as they join each request.
    std::vector<v1::Finding> site_findings;
    // As in `DecisionLog::Options`.
    std::function<void(bool available)> on_availability;
  };

  // Opens the store that `config` names. Neither pointer is owned. Errors as
  // those of the store; FAILED_PRECONDITION for a key that cannot be read, and
  // for a store that this build does not have.
  static absl::StatusOr<std::unique_ptr<Recording>> Open(Options options,
                                                         const Clock* clock,
                                                         const Log* log);
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  const DecisionRecorder& recorder() const { return recorder_; }
  const DecisionQueries& queries() const { return queries_; }
  DecisionLogStats Stats() const { return log_.Stats(); }

  // Sees to it that the catalogue is in the archive before any record made
  // with it. Cheap after the first time.
  void Archive(const std::shared_ptr<const CompiledCatalog>& catalog)
      ABSL_LOCKS_EXCLUDED(archive_mutex_);

  // The right to send an answer once its records are committed.
  PendingAnswer Owe(OwedRecords owed);

  // Appends one entry that is no decision.
  void Append(NewEntry entry, DecisionLog::Done done);
  // The id of the decision that is recorded at a place; empty for none.
  std::string DecisionAt(int64_t sequence) const;
  // The feedback that is recorded at a place.
  std::optional<v1::FeedbackRecord> FeedbackAt(int64_t sequence) const;

 private:
  Recording(Options options, SubjectKeys keys,
            std::unique_ptr<DecisionStore> store, const Clock* clock,
            const Log* log);
  RecordOutcome ToOutcome(const OwedRecords& owed,
                          const AppendOutcome& appended) const;

  const DecisionRecorder recorder_;
  // The writer's last word may need all below it.
  DecisionLog log_;
  const CatalogArchive archive_;
  const DecisionQueries queries_;

  std::atomic<const CompiledCatalog*> archived_{nullptr};
  absl::Mutex archive_mutex_;
  // Keeps `archived_` from being another catalogue in the same place.
  std::shared_ptr<const CompiledCatalog> kept_ ABSL_GUARDED_BY(archive_mutex_);
};

// Opens the store that `config` names.
absl::StatusOr<std::unique_ptr<DecisionStore>> OpenDecisionStore(
    const config::v1::DecisionLog& config);

// Whether `config` wants decisions to be recorded.
bool Records(const config::v1::DecisionLog& config);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_RECORDING_H_
