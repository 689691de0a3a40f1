// What the decision log costs, against what its store can do at best: the rate
// of batches that are decided, recorded and committed, beside the rate at which
// SQLite takes rows of the same size, and beside that of the same batches
// without a log. In turns, in one run.

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/benchmarks/recorded_service.h"
#include "tests/benchmarks/sample_requests.h"

namespace needlewise {
namespace {

constexpr int kBatch = 1000;
constexpr int kCallers = 2;
constexpr int kRounds = 5;

// Rows a second that SQLite takes as the store sets it, in groups of a batch,
// into one table without an index.
double RawRate(const std::string& file, size_t row_bytes, int64_t rows) {
  std::filesystem::remove(file);
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
      if (i % kBatch == kBatch - 1 || i + 1 == rows) {
        check(sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr));
      }
    }
  });
  sqlite3_finalize(insert);
  sqlite3_close(database);
  return static_cast<double>(rows) / seconds;
}

v1::BatchScreenEligibilityRequest MakeBatch() {
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
  return batch;
}

// Decides batches from several threads; decisions a second.
double BatchRate(const DecisionSupport& support,
                 const v1::BatchScreenEligibilityRequest& batch,
                 int64_t batches) {
  const auto call = [&](int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      v1::BatchScreenEligibilityResponse response;
      const absl::Status status = support.BatchScreenEligibility(
          batch, [] { return absl::OkStatus(); }, &response);
      if (!status.ok()) Fail(std::string(status.message()));
    }
  };
  const int64_t each = std::max<int64_t>(1, batches / kCallers);
  const double seconds = SecondsOf([&] {
    std::vector<std::thread> callers;
    for (int i = 0; i < kCallers; ++i) callers.emplace_back(call, each);
    for (std::thread& caller : callers) caller.join();
  });
  return static_cast<double>(each * kCallers * kBatch) / seconds;
}

double MedianOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int Run(int64_t records, const std::string& folder) {
  std::filesystem::create_directories(folder);
  const SystemClock clock;
  const RecordedService service(folder, &clock);
  const RecordedService unrecorded(folder, &clock, false);
  const v1::BatchScreenEligibilityRequest batch = MakeBatch();
  const int64_t batches = std::max<int64_t>(1, records / kBatch / kRounds);
  // The first ones bring the rules into the archive, and make pages.
  BatchRate(service.support(), batch, kCallers);
  std::vector<double> recorded;
  std::vector<double> without;
  std::vector<double> raw;
  size_t row_bytes = 0;
  for (int round = 0; round < kRounds; ++round) {
    recorded.push_back(BatchRate(service.support(), batch, batches));
    without.push_back(BatchRate(unrecorded.support(), batch, batches));
    row_bytes = std::filesystem::file_size(folder + "/log.db") /
                static_cast<size_t>(
                    std::max<int64_t>(1, service.recording().Stats().appended));
    row_bytes = std::min<size_t>(std::max<size_t>(row_bytes, 100), 4000);
    raw.push_back(RawRate(folder + "/raw.db", row_bytes, batches * kBatch));
  }
  const auto whole = [](double rate) { return static_cast<int64_t>(rate); };
  std::cout << "batches, decided, recorded and committed: "
            << whole(MedianOf(recorded)) << " decisions a second\n"
            << "the same without a log: " << whole(MedianOf(without))
            << " a second; ratio " << MedianOf(recorded) / MedianOf(without)
            << "\n"
            << "rows of " << row_bytes
            << " bytes straight into SQLite: " << whole(MedianOf(raw))
            << " a second; ratio " << MedianOf(recorded) / MedianOf(raw) << "\n"
            << "resident: " << ResidentMib() << " MiB\n";
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
