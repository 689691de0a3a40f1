#include "server/catalog_manager.h"

#include <malloc.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/diagnostics.h"
#include "server/sha256.h"

namespace needlewise {
namespace {

// Whoever copies files into the folder gets this long to finish: what is read
// twice alike, this far apart, is judged.
constexpr absl::Duration kSettleTime = absl::Milliseconds(200);
// A folder that changes under every one of so many readings is left for later.
constexpr int kMostReadings = 10;
constexpr size_t kMostLoggedDiagnostics = 50;

bool HasError(absl::Span<const v1::Diagnostic> diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const v1::Diagnostic& diagnostic) {
                       return diagnostic.severity() == v1::SEVERITY_ERROR;
                     });
}

}  // namespace

CatalogManager::CatalogManager(Options options, const Clock* clock,
                               const Log* log)
    : options_(std::move(options)),
      clock_(clock),
      log_(log),
      last_good_(options_.last_good_folder) {}

CatalogManager::~CatalogManager() {
  {
    absl::MutexLock lock(&stop_mutex_);
    stopping_ = true;
  }
  if (poller_.joinable()) poller_.join();
}

absl::Status CatalogManager::LoadFirst() {
  absl::MutexLock lock(&check_mutex_);
  if (options_.folder.empty()) {
    // The tests of this very build have run its cases.
    LoadOptions load = options_.load;
    load.run_cases = false;
    LoadResult result = Validate(BuiltInCatalog(), load);
    if (result.catalog != nullptr) {
      Activate(std::move(result), "built-in");
      return absl::OkStatus();
    }
    Refuse(result, "built-in");
    return absl::FailedPreconditionError(
        "the built-in catalogue does not load; the log says why");
  }
  const Reading reading = ReadFolder();
  if (Judge(reading) == CheckOutcome::kActivated || LoadLastGood()) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "the catalogue in `", options_.folder,
      "` does not load and there is no last good one; the log says why"));
}

void CatalogManager::StartPolling() {
  if (options_.folder.empty() ||
      options_.poll_interval <= absl::ZeroDuration()) {
    return;
  }
  poller_ = std::thread([this] { Poll(); });
}

bool CatalogManager::StopsWithin(absl::Duration time) {
  absl::MutexLock lock(&stop_mutex_);
  return stop_mutex_.AwaitWithTimeout(absl::Condition(&stopping_), time);
}

void CatalogManager::Poll() {
  const absl::Duration settle = std::min(kSettleTime, options_.poll_interval);
  absl::Duration wait = options_.poll_interval;
  // Fingerprint of a change that was seen once.
  std::string unsettled;
  while (!StopsWithin(wait)) {
    absl::MutexLock lock(&check_mutex_);
    const Reading reading = ReadFolder();
    wait = options_.poll_interval;
    if (reading.fingerprint == judged_) {
      unsettled.clear();
    } else if (reading.fingerprint != unsettled) {
      unsettled = reading.fingerprint;
      wait = settle;
    } else {
      Judge(reading);
      unsettled.clear();
    }
  }
}

CatalogManager::CheckOutcome CatalogManager::CheckNow() {
  absl::MutexLock lock(&check_mutex_);
  if (options_.folder.empty()) return CheckOutcome::kUnchanged;
  Reading reading = ReadFolder();
  for (int i = 0; i < kMostReadings; ++i) {
    if (reading.fingerprint == judged_) return CheckOutcome::kUnchanged;
    // Files are read one by one: only what is read twice alike was not read
    // while it changed.
    Reading again = ReadFolder();
    if (again.fingerprint == reading.fingerprint) return Judge(again);
    reading = std::move(again);
  }
  return CheckOutcome::kUnchanged;
}

CatalogManager::Reading CatalogManager::ReadFolder() const {
  Reading reading;
  absl::StatusOr<std::vector<CatalogFileText>> files =
      ReadCatalogFolder(options_.folder);
  if (!files.ok()) {
    reading.status = files.status();
    reading.fingerprint = reading.status.ToString();
    return reading;
  }
  reading.files = *std::move(files);
  Sha256 hash;
  for (const CatalogFileText& file : reading.files) {
    hash.Add(file.name).Add(file.content);
  }
  reading.fingerprint = hash.Finish();
  return reading;
}

LoadResult CatalogManager::Validate(
    absl::Span<const CatalogFileText> files) const {
  return Validate(files, options_.load);
}

LoadResult CatalogManager::Validate(absl::Span<const CatalogFileText> files,
                                    const LoadOptions& load) const {
  LoadResult result = LoadCatalog(files, load);
  if (result.catalog == nullptr || options_.accept == nullptr) return result;
  std::vector<v1::Diagnostic> faults = options_.accept(*result.catalog);
  if (HasError(faults)) result.catalog = nullptr;
  std::move(faults.begin(), faults.end(),
            std::back_inserter(result.diagnostics));
  return result;
}

CatalogManager::CheckOutcome CatalogManager::Judge(const Reading& reading) {
  judged_ = reading.fingerprint;
  LoadResult result;
  if (reading.status.ok()) {
    result = Validate(reading.files);
  } else {
    v1::Diagnostic fault;
    fault.set_severity(v1::SEVERITY_ERROR);
    fault.set_file(options_.folder);
    fault.set_message(std::string(reading.status.message()));
    result.diagnostics.push_back(std::move(fault));
  }
  if (result.catalog == nullptr) {
    Refuse(result, "folder");
    return CheckOutcome::kRefused;
  }
  const std::string digest = result.catalog->version.digest();
  const std::shared_ptr<const ActiveCatalog> former = Current();
  if (former != nullptr && former->compiled->version.digest() == digest) {
    log_->Write(LogSeverity::kInfo, "catalog_unchanged", {{"digest", digest}});
    return CheckOutcome::kUnchanged;
  }
  Activate(std::move(result), "folder");
  SaveLastGood(digest, reading.files);
  return CheckOutcome::kActivated;
}

bool CatalogManager::LoadLastGood() {
  if (options_.last_good_folder.empty()) return false;
  const absl::StatusOr<std::vector<CatalogFileText>> files = last_good_.Load();
  if (!files.ok()) {
    log_->Write(LogSeverity::kWarning, "last_good_not_loaded",
                {{"message", std::string(files.status().message())}});
    return false;
  }
  LoadResult result = Validate(*files);
  if (result.catalog == nullptr) {
    Refuse(result, "last_good");
    return false;
  }
  Activate(std::move(result), "last_good");
  return true;
}

void CatalogManager::Activate(LoadResult result, absl::string_view origin) {
  auto active = std::make_shared<ActiveCatalog>();
  active->compiled = std::move(result.catalog);
  active->activated_at = clock_->Now();
  const CompiledCatalog& compiled = *active->compiled;

  v1::WatchRuleCatalogResponse event;
  event.set_event(v1::CATALOG_EVENT_ACTIVATED);
  *event.mutable_version() = compiled.version;
  event.set_time(ToRfc3339(active->activated_at));
  log_->Write(
      origin == "last_good" ? LogSeverity::kWarning : LogSeverity::kInfo,
      "catalog_activated",
      {{"origin", origin},
       {"version", compiled.version.version()},
       {"digest", compiled.version.digest()},
       {"rules", compiled.catalog.rules_size()},
       {"concepts", compiled.catalog.concepts_size()}});
  LogDiagnostics(result.diagnostics);
  std::atomic_store_explicit(
      &current_, std::shared_ptr<const ActiveCatalog>(std::move(active)),
      std::memory_order_release);
  if (options_.listener != nullptr) options_.listener->OnCatalogEvent(event);
  // What parsing took is not needed again until the next change.
  malloc_trim(0);
}

void CatalogManager::Refuse(const LoadResult& result,
                            absl::string_view origin) {
  v1::WatchRuleCatalogResponse event;
  event.set_event(v1::CATALOG_EVENT_REFUSED);
  if (const auto current = Current(); current != nullptr) {
    *event.mutable_version() = current->compiled->version;
  }
  CopyDiagnostics(result.diagnostics, event.mutable_diagnostics());
  event.set_time(ToRfc3339(clock_->Now()));
  log_->Write(
      LogSeverity::kError, "catalog_refused",
      {{"origin", origin},
       {"version", result.version.version()},
       {"digest", result.version.digest()},
       {"in_force", event.version().digest()},
       {"diagnostics", static_cast<int64_t>(result.diagnostics.size())}});
  LogDiagnostics(result.diagnostics);
  if (options_.listener != nullptr) options_.listener->OnCatalogEvent(event);
}

void CatalogManager::SaveLastGood(absl::string_view digest,
                                  absl::Span<const CatalogFileText> files) {
  if (options_.last_good_folder.empty()) return;
  const absl::Status saved = last_good_.Save(digest, files);
  if (saved.ok()) return;
  log_->Write(LogSeverity::kWarning, "last_good_not_saved",
              {{"message", std::string(saved.message())}});
}

void CatalogManager::LogDiagnostics(
    absl::Span<const v1::Diagnostic> diagnostics) const {
  for (const v1::Diagnostic& diagnostic :
       diagnostics.subspan(0, kMostLoggedDiagnostics)) {
    log_->Write(diagnostic.severity() == v1::SEVERITY_ERROR
                    ? LogSeverity::kError
                    : LogSeverity::kWarning,
                "catalog_diagnostic",
                {{"file", diagnostic.file()},
                 {"line", diagnostic.line()},
                 {"column", diagnostic.column()},
                 {"message", diagnostic.message()},
                 {"subject", diagnostic.subject()}});
  }
  if (diagnostics.size() > kMostLoggedDiagnostics) {
    log_->Write(LogSeverity::kWarning, "catalog_diagnostics_left_out",
                {{"count", static_cast<int64_t>(diagnostics.size() -
                                                kMostLoggedDiagnostics)}});
  }
}

}  // namespace needlewise
