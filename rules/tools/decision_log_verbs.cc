#include "rules/tools/decision_log_verbs.h"

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "rules/tools/catalog_input.h"
#include "server/decision_log/audit.h"
#include "server/decision_log/catalog_archive.h"
#include "server/decision_log/decision_queries.h"
#include "server/decision_log/replay.h"
#include "server/decision_log/shadow.h"
#include "server/decision_log/sqlite_decision_store.h"

#ifdef NEEDLEWISE_WITH_POSTGRES
#include "server/decision_log/postgres_decision_store.h"
#endif

namespace needlewise {
namespace {

constexpr int kPage = 1000;
constexpr int kProgressEntries = 10000;
constexpr int kMostShownDifferences = 100;

int Failed(const Console& console, const absl::Status& status) {
  *console.err << "needlewise-rules: " << status.message() << "\n";
  return kExitUsage;
}

// A file is an SQLite log; what has an equals sign, or a scheme, is a
// connection to PostgreSQL.
absl::StatusOr<std::unique_ptr<DecisionStore>> OpenStore(
    const std::string& store) {
  if (!absl::StrContains(store, '=') && !absl::StrContains(store, "://")) {
    SqliteStoreOptions options;
    options.file = store;
    options.read_only = true;
    return OpenSqliteStore(options);
  }
#ifdef NEEDLEWISE_WITH_POSTGRES
  PostgresStoreOptions options;
  options.connection = store;
  options.timeout = absl::Minutes(1);
  options.read_only = true;
  return OpenPostgresStore(options);
#else
  return absl::FailedPreconditionError(
      "this program was built without PostgreSQL, and `--store` names no "
      "file; build with NEEDLEWISE_WITH_POSTGRES");
#endif
}

// Says how far a long run has come.
class Progress {
 public:
  Progress(const Console& console, const char* doing)
      : console_(console),
        doing_(doing),
        start_(std::chrono::steady_clock::now()) {}

  void Add(int64_t count) {
    done_ += count;
    if (done_ < next_) return;
    next_ = done_ + kProgressEntries;
    *console_.err << doing_ << " " << done_ << ", " << Rate() << " a second\n";
  }

  int64_t Rate() const {
    const auto seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_)
            .count();
    return seconds > 0 ? static_cast<int64_t>(done_ / seconds) : 0;
  }

 private:
  const Console& console_;
  const char* const doing_;
  const std::chrono::steady_clock::time_point start_;
  int64_t done_ = 0;
  int64_t next_ = kProgressEntries;
};

void PrintShadow(const Console& console,
                 const v1::EvaluateCandidateResponse& found) {
  std::ostream& out = *console.out;
  out << found.changed_decisions() << " of " << found.decisions()
      << " decisions would change; " << found.undecidable()
      << " name what the candidate lacks\n";
  for (const v1::VerdictChange& change : found.changes()) {
    out << "  " << v1::Verdict_Name(change.from()).substr(8) << " -> "
        << v1::Verdict_Name(change.to()).substr(8) << ": " << change.count()
        << "\n";
  }
  for (const v1::RuleChange& rule : found.rules()) {
    out << "  rule " << rule.rule_id() << ": fires now in " << rule.fires_now()
        << ", fired before in " << rule.fired_before() << "\n";
  }
  for (const std::string& id : found.examples()) {
    out << "  for instance " << id << "\n";
    break;
  }
}

class Replayer {
 public:
  Replayer(const Console& console, const DecisionStore& store,
           const CompiledCatalog* candidate)
      : console_(console),
        store_(store),
        archive_(&store),
        candidate_(candidate),
        progress_(console, "replayed") {}

  int Run() {
    int64_t next = 1;
    while (true) {
      const auto entries = store_.Read(next, kPage);
      if (!entries.ok()) return Failed(console_, entries.status());
      if (entries->empty()) break;
      for (const StoredEntry& entry : *entries) {
        const absl::Status replayed = Replay(entry);
        if (!replayed.ok()) return Failed(console_, replayed);
      }
      next = entries->back().sequence + 1;
      progress_.Add(static_cast<int64_t>(entries->size()));
    }
    if (candidate_ != nullptr) {
      v1::EvaluateCandidateResponse found;
      shadow_.Fill(&found);
      PrintShadow(console_, found);
    } else {
      *console_.out << decisions_ << " decisions replayed, " << different_
                    << " differ, " << undecided_ << " could not be decided; "
                    << progress_.Rate() << " a second\n";
    }
    return different_ + undecided_ > 0 ? kExitFault : kExitOk;
  }

 private:
  absl::Status Replay(const StoredEntry& entry) {
    const auto record = ToDecisionRecord(entry);
    if (absl::IsNotFound(record.status())) return absl::OkStatus();
    if (!record.ok()) return record.status();
    ++decisions_;
    const auto site = archive_.SiteFacts(record->site_digest());
    if (!site.ok()) return site.status();
    if (candidate_ != nullptr) {
      const auto again = DecideAgain(*candidate_, *site, *record);
      if (again.ok()) {
        shadow_.Add(*record, *again);
      } else {
        shadow_.AddUndecidable();
      }
      return absl::OkStatus();
    }
    const auto catalog = archive_.Catalog(record->rule_catalog_digest());
    if (!catalog.ok() && !absl::IsFailedPrecondition(catalog.status()) &&
        !absl::IsNotFound(catalog.status())) {
      return catalog.status();
    }
    const auto again = catalog.ok() ? DecideAgain(**catalog, *site, *record)
                                    : catalog.status();
    if (!again.ok()) {
      ++undecided_;
      Say(*record, std::string(again.status().message()));
      return absl::OkStatus();
    }
    const std::vector<std::string> differences = Differences(*record, *again);
    if (differences.empty()) return absl::OkStatus();
    ++different_;
    for (const std::string& difference : differences) {
      Say(*record, difference);
    }
    return absl::OkStatus();
  }

  void Say(const v1::DecisionRecord& record, const std::string& what) {
    if (++said_ > kMostShownDifferences) return;
    *console_.out << "entry " << record.sequence() << ", decision "
                  << record.decision_id() << ": " << what << "\n";
  }

  const Console& console_;
  const DecisionStore& store_;
  const CatalogArchive archive_;
  const CompiledCatalog* const candidate_;
  Progress progress_;
  ShadowEvaluation shadow_;
  int64_t decisions_ = 0;
  int64_t different_ = 0;
  int64_t undecided_ = 0;
  int said_ = 0;
};

}  // namespace

int Replay(const Console& console, const CommandLine& line) {
  const auto store = OpenStore(line.store);
  if (!store.ok()) return Failed(console, store.status());
  std::unique_ptr<ToolCatalog> candidate;
  if (!line.candidate.empty()) {
    int exit_code = kExitOk;
    candidate = OpenCatalog(console, line.candidate, &exit_code);
    if (candidate == nullptr) return exit_code;
  }
  return Replayer(console, **store,
                  candidate == nullptr ? nullptr : candidate->compiled.get())
      .Run();
}

int Audit(const Console& console, const CommandLine& line) {
  const auto store = OpenStore(line.store);
  if (!store.ok()) return Failed(console, store.status());
  Progress progress(console, "audited");
  int64_t seen = 0;
  const auto report = Audit(**store, [&](int64_t entries) {
    progress.Add(entries - seen);
    seen = entries;
  });
  if (!report.ok()) return Failed(console, report.status());
  for (const std::string& fault : report->faults) {
    *console.out << fault << "\n";
  }
  *console.out << report->entries << " entries after "
               << report->ends.removed_to << " that were removed; the chain "
               << (report->faults.empty() ? "holds" : "is broken")
               << " and ends at " << report->ends.last << " with "
               << absl::BytesToHexString(report->ends.head) << "\n";
  return report->faults.empty() ? kExitOk : kExitFault;
}

int CountOld(const Console& console, const CommandLine& line) {
  int days = 0;
  if (!absl::SimpleAtoi(line.older_than, &days) || days < 0) {
    return Failed(console, absl::InvalidArgumentError(
                               "--older-than needs a number of days"));
  }
  const auto store = OpenStore(line.store);
  if (!store.ok()) return Failed(console, store.status());
  const auto counted =
      (*store)->Prune(absl::Now() - absl::Hours(24) * days, 0, true);
  if (!counted.ok()) return Failed(console, counted.status());
  *console.out << counted->entries << " entries are older than " << days
               << " days and would be removed\n";
  return kExitOk;
}

}  // namespace needlewise
