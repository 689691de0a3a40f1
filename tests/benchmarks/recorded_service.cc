#include "tests/benchmarks/recorded_service.h"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <utility>

#include "server/server_config.h"
#include "tests/benchmarks/sample_requests.h"

namespace needlewise {
namespace {

CatalogManager::Options ManagerOptions() {
  CatalogManager::Options options;
  options.load.run_cases = false;
  return options;
}

}  // namespace

void Fail(const std::string& why) {
  std::cerr << "cannot measure: " << why << "\n";
  std::exit(1);
}

double SecondsOf(absl::FunctionRef<void()> work) {
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

RecordedService::RecordedService(const std::string& folder, const Clock* clock,
                                 bool records)
    : clock_(clock),
      log_(&sink_, clock_, LogSeverity::kError),
      catalogs_(ManagerOptions(), clock_, &log_) {
  if (!catalogs_.LoadFirst().ok()) Fail("the catalogue does not load");
  if (records) OpenLog(folder);
  DecisionSupport::Options options;
  options.site_findings = SampleSiteFindings();
  support_ = std::make_unique<DecisionSupport>(options, &catalogs_, clock_,
                                               &log_, recording_.get());
}

void RecordedService::OpenLog(const std::string& folder) {
  const std::string key_file = folder + "/key";
  std::ofstream(key_file) << std::string(32, 'k');
  config::v1::DecisionLog config =
      ParseServerConfig("listener { insecure_for_development: true }", "")
          .config.decision_log();
  config.set_mode(config::v1::DECISION_LOG_MODE_COMMITTED);
  config.set_sqlite_file(folder + "/log.db");
  config::v1::SubjectKey* key = config.add_subject_keys();
  key->set_key_id("k1");
  key->set_file(key_file);
  auto recording =
      Recording::Open({config, SampleSiteFindings(), nullptr}, clock_, &log_);
  if (!recording.ok()) Fail(std::string(recording.status().message()));
  recording_ = *std::move(recording);
}

}  // namespace needlewise
