#include "server/catalog_manager.h"

#include <malloc.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rules/engine/catalog_seal.h"
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
constexpr char kOverlayPrefix[] = "overlays/";

bool HasError(absl::Span<const v1::Diagnostic> diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const v1::Diagnostic& diagnostic) {
                       return diagnostic.severity() == v1::SEVERITY_ERROR;
                     });
}

v1::Diagnostic CannotRead(const std::string& path, absl::Status status) {
  v1::Diagnostic fault;
  fault.set_severity(v1::SEVERITY_ERROR);
  fault.set_file(path);
  fault.set_message(std::string(status.message()));
  return fault;
}

absl::StatusOr<std::string> ReadWholeFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream content;
  // Copying nothing would count as a failure.
  if (stream.peek() != std::ifstream::traits_type::eof()) {
    content << stream.rdbuf();
  }
  if (!stream.is_open() || stream.bad() || content.bad()) {
    return absl::NotFoundError(
        absl::StrCat("file `", path, "` cannot be read"));
  }
  return content.str();
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
  if (absl::Status keys = ReadTrustedKeys(); !keys.ok()) {
    log_->Write(LogSeverity::kError, "trusted_key_not_read",
                {{"message", std::string(keys.message())}});
    return keys;
  }
  const Reading reading = ReadFolder();
  if (Judge(reading) == CheckOutcome::kActivated || LoadLastGood()) {
    return absl::OkStatus();
  }
  if (options_.folder.empty()) {
    return absl::FailedPreconditionError(
        "the built-in catalogue, with the overlays of the settings, does not "
        "load; the log says why");
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "the catalogue in `", options_.folder,
      "` does not load and there is no last good one; the log says why"));
}

absl::Status CatalogManager::ReadTrustedKeys() {
  seal_policy_.required = options_.require_seal;
  for (const std::string& path : options_.trusted_key_files) {
    const absl::StatusOr<std::string> pem = ReadWholeFile(path);
    if (!pem.ok()) return absl::FailedPreconditionError(pem.status().message());
    const absl::StatusOr<SealKey> key = ReadSealKey(*pem);
    if (!key.ok()) {
      return absl::FailedPreconditionError(
          absl::StrCat("`", path, "` ", key.status().message()));
    }
    seal_policy_.keys.push_back(*key);
  }
  return absl::OkStatus();
}

void CatalogManager::StartPolling() {
  if (options_.poll_interval <= absl::ZeroDuration()) return;
  poller_ = std::thread([this] { Poll(); });
}

absl::CivilDay CatalogManager::Today() const {
  return absl::ToCivilDay(clock_->Now(), absl::LocalTimeZone());
}

std::vector<std::string> CatalogManager::RulesPastReview() const {
  const std::shared_ptr<const ActiveCatalog> active = Current();
  if (active == nullptr) return {};
  return needlewise::RulesPastReview(*active->compiled, Today());
}

void CatalogManager::NoteReviewDates() {
  const std::vector<std::string> overdue = RulesPastReview();
  if (overdue.size() <= told_past_review_) return;
  told_past_review_ = overdue.size();
  const std::shared_ptr<const ActiveCatalog> active = Current();
  log_->Write(LogSeverity::kWarning, "rules_past_review",
              {{"digest", active->compiled->version.digest()},
               {"rules", static_cast<int64_t>(overdue.size())},
               {"first", overdue.front()}});
  if (options_.listener == nullptr) return;
  v1::WatchRuleCatalogResponse event;
  event.set_event(v1::CATALOG_EVENT_PAST_REVIEW);
  *event.mutable_version() = active->compiled->version;
  event.set_time(ToRfc3339(clock_->Now()));
  event.set_rules_past_review(static_cast<int>(overdue.size()));
  options_.listener->OnCatalogEvent(event);
}

const char* CatalogManager::Origin() const {
  return options_.folder.empty() ? "built-in" : "folder";
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
    NoteReviewDates();
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
  if (!options_.folder.empty()) {
    absl::StatusOr<std::vector<CatalogFileText>> files =
        ReadCatalogFolder(options_.folder);
    reading.status = files.status();
    reading.path = options_.folder;
    if (files.ok()) reading.files = *std::move(files);
  }
  if (reading.status.ok()) {
    reading.status = ReadOverlays(&reading.files, &reading.path);
  }
  if (!reading.status.ok()) {
    reading.fingerprint = reading.status.ToString();
    return reading;
  }
  Sha256 hash;
  for (const CatalogFileText& file : reading.files) {
    hash.Add(file.name).Add(file.content);
  }
  reading.fingerprint = hash.Finish();
  return reading;
}

absl::Status CatalogManager::ReadOverlays(std::vector<CatalogFileText>* files,
                                          std::string* path) const {
  for (const std::string& overlay : options_.overlay_files) {
    absl::StatusOr<std::string> content = ReadWholeFile(overlay);
    if (!content.ok()) {
      *path = overlay;
      return content.status();
    }
    files->push_back(
        {absl::StrCat(kOverlayPrefix,
                      std::filesystem::path(overlay).filename().string()),
         *std::move(content)});
  }
  return absl::OkStatus();
}

LoadOptions CatalogManager::LoadToday() const {
  LoadOptions load = options_.load;
  load.seal = seal_policy_;
  load.today = Today();
  return load;
}

LoadResult CatalogManager::Validate(
    absl::Span<const CatalogFileText> files) const {
  std::vector<CatalogFileText> all(files.begin(), files.end());
  const bool overlaid =
      std::any_of(all.begin(), all.end(), [](const CatalogFileText& file) {
        return absl::StartsWith(file.name, kOverlayPrefix);
      });
  std::string path;
  if (!overlaid) {
    if (absl::Status read = ReadOverlays(&all, &path); !read.ok()) {
      LoadResult result;
      result.diagnostics.push_back(CannotRead(path, read));
      return result;
    }
  }
  return Validate(all, LoadToday());
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
  if (!reading.status.ok()) {
    result.diagnostics.push_back(CannotRead(reading.path, reading.status));
  } else if (options_.folder.empty()) {
    LoadOptions load = LoadToday();
    load.run_cases = false;
    std::vector<CatalogFileText> files;
    for (const CatalogFileText& file : BuiltInCatalog()) {
      // The tests of this very build have read and run its cases.
      if (!absl::StartsWith(file.name, "cases/")) files.push_back(file);
    }
    files.insert(files.end(), reading.files.begin(), reading.files.end());
    result = Validate(files, load);
  } else {
    result = Validate(reading.files, LoadToday());
  }
  if (result.catalog == nullptr) {
    Refuse(result, Origin());
    return CheckOutcome::kRefused;
  }
  const std::string digest = result.catalog->version.digest();
  const std::shared_ptr<const ActiveCatalog> former = Current();
  if (former != nullptr && former->compiled->version.digest() == digest) {
    log_->Write(LogSeverity::kInfo, "catalog_unchanged", {{"digest", digest}});
    KeepSeal(result, reading);
    return CheckOutcome::kUnchanged;
  }
  Activate(std::move(result), Origin());
  SaveLastGood(reading);
  return CheckOutcome::kActivated;
}

// The same catalogue may have been sealed again, for other days.
void CatalogManager::KeepSeal(const LoadResult& result,
                              const Reading& reading) {
  const std::shared_ptr<const ActiveCatalog> former = Current();
  const std::string signature =
      result.seal.has_value() ? result.seal->signature() : "";
  const std::string former_signature =
      former->seal.has_value() ? former->seal->signature() : "";
  if (signature == former_signature) return;
  auto resealed = std::make_shared<ActiveCatalog>(*former);
  resealed->seal = result.seal;
  resealed->seal_trusted = result.seal_trusted;
  std::atomic_store_explicit(
      &current_, std::shared_ptr<const ActiveCatalog>(std::move(resealed)),
      std::memory_order_release);
  log_->Write(LogSeverity::kInfo, "catalog_resealed",
              {{"trusted", result.seal_trusted}});
  SaveLastGood(reading);
}

bool CatalogManager::LoadLastGood() {
  if (options_.last_good_folder.empty()) return false;
  const absl::StatusOr<std::vector<CatalogFileText>> files = last_good_.Load();
  if (!files.ok()) {
    log_->Write(LogSeverity::kWarning, "last_good_not_loaded",
                {{"message", std::string(files.status().message())}});
    return false;
  }
  LoadOptions load = LoadToday();
  // It was accepted before: a day that has passed since must not leave the
  // clinic without rules, but everybody is told.
  load.seal.dates_only_warn = true;
  LoadResult result = Validate(*files, load);
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
  active->seal = std::move(result.seal);
  active->seal_trusted = result.seal_trusted;
  const CompiledCatalog& compiled = *active->compiled;

  v1::WatchRuleCatalogResponse event;
  event.set_event(v1::CATALOG_EVENT_ACTIVATED);
  *event.mutable_version() = compiled.version;
  event.set_time(ToRfc3339(active->activated_at));
  const size_t overdue = needlewise::RulesPastReview(compiled, Today()).size();
  event.set_rules_past_review(static_cast<int>(overdue));
  log_->Write(
      origin == "last_good" ? LogSeverity::kWarning : LogSeverity::kInfo,
      "catalog_activated",
      {{"origin", origin},
       {"version", compiled.version.version()},
       {"digest", compiled.version.digest()},
       {"rules", compiled.catalog.rules_size()},
       {"concepts", compiled.catalog.concepts_size()},
       {"overlays", compiled.catalog.overlays_size()},
       {"seal_trusted", active->seal_trusted}});
  LogDiagnostics(result.diagnostics);
  std::atomic_store_explicit(
      &current_, std::shared_ptr<const ActiveCatalog>(std::move(active)),
      std::memory_order_release);
  if (options_.listener != nullptr) options_.listener->OnCatalogEvent(event);
  told_past_review_ = 0;
  NoteReviewDates();
  // What parsing took is not needed again until the next change.
  malloc_trim(0);
}

void CatalogManager::Refuse(const LoadResult& result,
                            absl::string_view origin) {
  v1::WatchRuleCatalogResponse event;
  event.set_event(v1::CATALOG_EVENT_REFUSED);
  if (const auto current = Current(); current != nullptr) {
    *event.mutable_version() = current->compiled->version;
    event.set_rules_past_review(static_cast<int>(RulesPastReview().size()));
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

void CatalogManager::SaveLastGood(const Reading& reading) {
  if (options_.last_good_folder.empty()) return;
  const absl::Status saved = last_good_.Save(
      absl::BytesToHexString(reading.fingerprint), reading.files);
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
