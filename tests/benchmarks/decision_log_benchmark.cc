// What the decision log costs, against what its store can do at best: the rate
// of batches that are recorded and committed, beside the rate at which SQLite
// takes rows of the same size; then how long one record, and a page of them,
// take to find in a log of many, and how fast the log is decided again.

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/catalog_manager.h"
#include "server/clock.h"
#include "server/decision_log/replay.h"
#include "server/decision_support.h"
#include "server/recording.h"
#include "server/server_config.h"
#include "server/telemetry/json_log.h"
#include "tests/benchmarks/sample_requests.h"

namespace needlewise {
namespace {

constexpr int kBatch = 1000;
constexpr int kCallers = 2;
constexpr int kLookUps = 200;
constexpr int kReplayed = 20000;

[[noreturn]] void Fail(const std::string& why) {
  std::cerr << "decision_log_benchmark: " << why << "\n";
  std::exit(1);
}

double SecondsOf(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

int64_t ResidentMib() {
  std::ifstream in("/proc/self/statm");
  int64_t size = 0;
  int64_t resident = 0;
  in >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE) >> 20;
}

// Rows a second that SQLite takes as the store sets it, in groups of a batch,
// into one table without an index.
double RawRate(const std::string& file, size_t row_bytes, int64_t rows) {
  sqlite3* database = nullptr;
  const auto check = [](int result) {
    if (result != SQLITE_OK && result != SQLITE_DONE) {
      Fail(sqlite3_errstr(result));
    }
  };
  check(sqlite3_open(file.c_str(), &database));
  check(sqlite3_exec(database,
                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                     "PRAGMA wal_autocheckpoint = 8192;"
                     "CREATE TABLE entry(id INTEGER PRIMARY KEY, row BLOB)",
                     nullptr, nullptr, nullptr));
  sqlite3_stmt* insert = nullptr;
  check(sqlite3_prepare_v2(database, "INSERT INTO entry VALUES(?, ?)", -1,
                           &insert, nullptr));
  const std::string row(row_bytes, 'x');
  const double seconds = SecondsOf([&] {
    for (int64_t i = 0; i < rows; ++i) {
      if (i % kBatch == 0) {
        check(sqlite3_exec(database, "BEGIN", nullptr, nullptr, nullptr));
      }
      sqlite3_bind_int64(insert, 1, i);
      sqlite3_bind_blob(insert, 2, row.data(), static_cast<int>(row.size()),
                        SQLITE_STATIC);
      check(sqlite3_step(insert));
      sqlite3_reset(insert);
      if (i % kBatch == kBatch - 1) {
        check(sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr));
      }
    }
  });
  sqlite3_finalize(insert);
  sqlite3_close(database);
  return static_cast<double>(rows) / seconds;
}

class Service {
 public:
  explicit Service(const std::string& file)
      : log_(&sink_, &clock_, LogSeverity::kError),
        catalogs_(ManagerOptions(), &clock_, &log_) {
    if (!catalogs_.LoadFirst().ok()) Fail("the catalogue does not load");
    config::v1::DecisionLog config =
        ParseServerConfig("listener { insecure_for_development: true }", "")
            .config.decision_log();
    config.set_mode(config::v1::DECISION_LOG_MODE_COMMITTED);
    config.set_sqlite_file(file);
    auto recording = Recording::Open({config, SampleSiteFindings(), nullptr},
                                     &clock_, &log_);
    if (!recording.ok()) Fail(std::string(recording.status().message()));
    recording_ = *std::move(recording);
    DecisionSupport::Options options;
    options.site_findings = SampleSiteFindings();
    support_ = std::make_unique<DecisionSupport>(options, &catalogs_, &clock_,
                                                 &log_, recording_.get());
  }

  const DecisionSupport& support() const { return *support_; }
  const Recording& recording() const { return *recording_; }
  const CompiledCatalog& catalog() const {
    return *catalogs_.Current()->compiled;
  }

 private:
  static CatalogManager::Options ManagerOptions() {
    CatalogManager::Options options;
    options.load.run_cases = false;
    return options;
  }

  const SystemClock clock_;
  DescriptorLogSink sink_{STDERR_FILENO};
  const Log log_;
  CatalogManager catalogs_;
  std::unique_ptr<Recording> recording_;
  std::unique_ptr<DecisionSupport> support_;
};

// Records batches from several threads; decisions a second.
double RecordedRate(const Service& service, int64_t decisions) {
  const absl::CivilDay today =
      absl::ToCivilDay(absl::Now(), absl::LocalTimeZone());
  v1::BatchScreenEligibilityRequest batch;
  for (int i = 0; i < kBatch; ++i) {
    v1::ScreenEligibilityRequest* item = batch.add_requests();
    *item = MakeRequest(i % 4 == 0 ? Sample::kComplete : Sample::kWell,
                        v1::VIEW_BASIC, today);
    // Without an id each is a decision of its own.
    item->clear_request_id();
    item->mutable_patient()->set_age_years(20 + i % 60);
  }
  const auto call = [&](int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      v1::BatchScreenEligibilityResponse response;
      const absl::Status status = service.support().BatchScreenEligibility(
          batch, [] { return absl::OkStatus(); }, &response);
      if (!status.ok()) Fail(std::string(status.message()));
    }
  };
  const int64_t each = std::max<int64_t>(1, decisions / kBatch / kCallers);
  const double seconds = SecondsOf([&] {
    std::vector<std::thread> callers;
    for (int i = 0; i < kCallers; ++i) callers.emplace_back(call, each);
    for (std::thread& caller : callers) caller.join();
  });
  return static_cast<double>(each * kCallers * kBatch) / seconds;
}

// Milliseconds, the median and the slowest.
void PrintTimes(const char* what, std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  std::cout << what << " median " << 1000 * seconds[seconds.size() / 2]
            << " ms, slowest " << 1000 * seconds.back() << " ms\n";
}

void MeasureLookUps(const Service& service) {
  const DecisionQueries& queries = service.recording().queries();
  v1::ListDecisionsRequest list;
  v1::ListDecisionsResponse page;
  const auto measure = [&](const char* what) {
    std::vector<double> seconds;
    for (int i = 0; i < kLookUps; ++i) {
      page.Clear();
      seconds.push_back(SecondsOf([&] {
        if (!queries.List(list, &page).ok()) Fail("cannot list");
      }));
    }
    PrintTimes(what, std::move(seconds));
  };
  measure("list, newest 100:");
  const std::string id = page.records(0).decision_id();
  list.set_verdict(page.records(0).decision().treatments(0).verdict());
  list.set_treatment("base_microneedling");
  measure("list by verdict and treatment:");
  list.Clear();
  list.set_rule_id("no-such-rule");
  measure("list by a rule that never fired:");
  std::vector<double> seconds;
  for (int i = 0; i < kLookUps; ++i) {
    v1::GetDecisionRequest get;
    get.set_decision_id(i % 2 == 0 ? id : "nonesuch");
    v1::GetDecisionResponse response;
    seconds.push_back(
        SecondsOf([&] { queries.Get(get, &response).IgnoreError(); }));
  }
  PrintTimes("get:", std::move(seconds));
}

void MeasureReplay(const Service& service) {
  v1::EvaluateCandidateResponse response;
  const double seconds = SecondsOf([&] {
    if (!service.recording()
             .queries()
             .Evaluate(
                 service.catalog(), kReplayed, [] { return absl::OkStatus(); },
                 &response)
             .ok()) {
      Fail("cannot replay");
    }
  });
  if (response.changed_decisions() != 0) Fail("a replay changed a verdict");
  std::cout << "replay: "
            << static_cast<int64_t>(response.decisions() / seconds)
            << " decisions a second\n";
}

int Run(int64_t records, const std::string& folder) {
  std::filesystem::create_directories(folder);
  Service service(folder + "/log.db");
  std::cout << "resident " << ResidentMib() << " MiB before\n";
  const double recorded = RecordedRate(service, records);
  std::cout << "resident " << ResidentMib() << " MiB after\n";
  const size_t row_bytes = std::filesystem::file_size(folder + "/log.db") /
                           static_cast<size_t>(std::max<int64_t>(
                               1, service.recording().Stats().appended));
  const double raw =
      RawRate(folder + "/raw.db", std::min<size_t>(row_bytes, 4000),
              std::min<int64_t>(records, 200000));
  std::cout << "recorded batch decisions: " << static_cast<int64_t>(recorded)
            << " a second; rows of " << row_bytes
            << " bytes straight into SQLite: " << static_cast<int64_t>(raw)
            << " a second; ratio " << recorded / raw << "\n";
  MeasureLookUps(service);
  MeasureReplay(service);
  return 0;
}

}  // namespace
}  // namespace needlewise

int main(int argc, char** argv) {
  int64_t records = 0;
  if (argc != 3 || !absl::SimpleAtoi(argv[1], &records) || records < 1) {
    std::cerr << "usage: decision_log_benchmark RECORDS FOLDER\n";
    return 2;
  }
  return needlewise::Run(records, argv[2]);
}
