// A service with a decision log in SQLite, in this process, and what measuring
// it takes.

#ifndef NEEDLEWISE_TESTS_BENCHMARKS_RECORDED_SERVICE_H_
#define NEEDLEWISE_TESTS_BENCHMARKS_RECORDED_SERVICE_H_

#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "server/catalog_manager.h"
#include "server/clock.h"
#include "server/decision_support.h"
#include "server/recording.h"
#include "server/telemetry/json_log.h"

namespace needlewise {

// Ends the program with 1.
[[noreturn]] void Fail(const std::string& why);

double SecondsOf(absl::FunctionRef<void()> work);

// Of this process.
int64_t ResidentMib();

class RecordedService {
 public:
  // The log is `FOLDER/log.db`; there is none where it does not record. `clock`
  // is not owned. Fails the program where the log cannot be opened.
  RecordedService(const std::string& folder, const Clock* clock,
                  bool records = true);

  const DecisionSupport& support() const { return *support_; }
  // Only where it records.
  const Recording& recording() const { return *recording_; }
  const CompiledCatalog& catalog() const {
    return *catalogs_.Current()->compiled;
  }

 private:
  void OpenLog(const std::string& folder);

  const Clock* const clock_;
  DescriptorLogSink sink_{STDERR_FILENO};
  const Log log_;
  CatalogManager catalogs_;
  std::unique_ptr<Recording> recording_;
  std::unique_ptr<DecisionSupport> support_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_BENCHMARKS_RECORDED_SERVICE_H_
