// Which rules are in force. One immutable catalogue at a time, taken by each
// request as a snapshot; a folder that is watched for changes; and the last
// good catalogue, to start from when the folder's is broken.

#ifndef NEEDLEWISE_SERVER_CATALOG_MANAGER_H_
#define NEEDLEWISE_SERVER_CATALOG_MANAGER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/catalog_loader.h"
#include "rules/engine/compiled_catalog.h"
#include "server/clock.h"
#include "server/last_good_store.h"
#include "server/telemetry/json_log.h"

namespace needlewise {

// A catalogue in force. Immutable; any number of threads may read one.
struct ActiveCatalog {
  std::shared_ptr<const CompiledCatalog> compiled;
  absl::Time activated_at;
  // Unset: it carries none.
  std::optional<v1::CatalogSeal> seal;
  // Whether the seal is one that the settings trust.
  bool seal_trusted = false;
};

// Is told what becomes of catalogues, one event at a time, in order. Must not
// block: the catalogue's thread waits for it.
class CatalogListener {
 public:
  virtual ~CatalogListener() = default;
  virtual void OnCatalogEvent(const v1::WatchRuleCatalogResponse& event) = 0;
};

class CatalogManager {
 public:
  struct Options {
    // Folder of the catalogue. Empty: the one that is compiled in.
    std::string folder;
    // How often to look for changes. Zero: only when asked to.
    absl::Duration poll_interval = absl::Seconds(2);
    // Where to keep the last good catalogue. Empty: nowhere.
    std::string last_good_folder;
    // Files of the clinic's overlays, watched as the folder is; no two of one
    // name. Default none.
    std::vector<std::string> overlay_files;
    // Files of the public keys whose seals are trusted, read once. Default
    // none.
    std::vector<std::string> trusted_key_files;
    // Whether a catalogue without a trusted seal is refused.
    bool require_seal = false;
    // How to load. The seal's policy and the day are filled in.
    LoadOptions load;
    // Further faults that a catalogue has for this server; an error among them
    // refuses it. Called from any thread. Default: none.
    std::function<std::vector<v1::Diagnostic>(const CompiledCatalog&)> accept;
    // Told of each event. Not owned. May be null.
    CatalogListener* listener = nullptr;
  };

  enum class CheckOutcome {
    // The folder holds what it held when it was last looked at, or another
    // text of the catalogue in force.
    kUnchanged,
    // A new catalogue is in force.
    kActivated,
    // What the folder holds was refused; the former catalogue stays.
    kRefused,
  };

  // Neither pointer is owned.
  CatalogManager(Options options, const Clock* clock, const Log* log);
  CatalogManager(const CatalogManager&) = delete;
  CatalogManager& operator=(const CatalogManager&) = delete;
  ~CatalogManager();

  // Puts the first catalogue in force: the folder's, or else the last good
  // one. FAILED_PRECONDITION where neither loads, the log then says why, or
  // where a trusted key cannot be read. To be called once, before the others.
  absl::Status LoadFirst() ABSL_LOCKS_EXCLUDED(check_mutex_);

  // Begins to watch the folder from a thread of its own, until destroyed.
  void StartPolling();

  // The catalogue in force. Null before one is. From any thread.
  std::shared_ptr<const ActiveCatalog> Current() const {
    return std::atomic_load_explicit(&current_, std::memory_order_acquire);
  }

  // Looks at the folder now. From any thread.
  CheckOutcome CheckNow() ABSL_LOCKS_EXCLUDED(check_mutex_);

  // Loads a candidate as the folder's would be, and forgets it. From any
  // thread.
  LoadResult Validate(absl::Span<const CatalogFileText> files) const;

  // The day it is for this server. From any thread.
  absl::CivilDay Today() const;

  // Ids of the rules in force that cite a source past its review date, today,
  // in order. Empty before a catalogue is in force. From any thread.
  std::vector<std::string> RulesPastReview() const;

 private:
  // What the folder held at one moment.
  struct Reading {
    // Names what was read; also where it could not be.
    std::string fingerprint;
    absl::Status status;
    // What `status` is about.
    std::string path;
    // The folder's files, and the overlays. Without a folder the overlays
    // alone.
    std::vector<CatalogFileText> files;
  };

  absl::Status ReadTrustedKeys();
  Reading ReadFolder() const;
  // Appends the overlays' files. Where one cannot be read, `*path` is it.
  absl::Status ReadOverlays(std::vector<CatalogFileText>* files,
                            std::string* path) const;
  LoadOptions LoadToday() const;
  LoadResult Validate(absl::Span<const CatalogFileText> files,
                      const LoadOptions& load) const;
  // Says so where more rules in force are past review than last time.
  void NoteReviewDates() ABSL_EXCLUSIVE_LOCKS_REQUIRED(check_mutex_);
  const char* Origin() const;
  // Waits until the manager is destroyed, at most so long; whether it is.
  bool StopsWithin(absl::Duration time) ABSL_LOCKS_EXCLUDED(stop_mutex_);
  void Poll() ABSL_LOCKS_EXCLUDED(check_mutex_);
  CheckOutcome Judge(const Reading& reading)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(check_mutex_);
  bool LoadLastGood() ABSL_EXCLUSIVE_LOCKS_REQUIRED(check_mutex_);
  void Activate(LoadResult result, absl::string_view origin)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(check_mutex_);
  void Refuse(const LoadResult& result, absl::string_view origin)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(check_mutex_);
  void KeepSeal(const LoadResult& result, const Reading& reading)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(check_mutex_);
  void SaveLastGood(const Reading& reading)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(check_mutex_);
  void LogDiagnostics(absl::Span<const v1::Diagnostic> diagnostics) const;

  const Options options_;
  const Clock* const clock_;
  const Log* const log_;
  const LastGoodStore last_good_;
  // Written by `LoadFirst` alone, before there is anybody to read it.
  SealPolicy seal_policy_;

  // Read and replaced as a whole, by the atomic functions for shared pointers.
  std::shared_ptr<const ActiveCatalog> current_;

  // Held while the folder is judged: one candidate at a time.
  absl::Mutex check_mutex_;
  // Fingerprint of what was last judged.
  std::string judged_ ABSL_GUARDED_BY(check_mutex_);
  // How many rules were past review when somebody was last told.
  size_t told_past_review_ ABSL_GUARDED_BY(check_mutex_) = 0;

  absl::Mutex stop_mutex_;
  bool stopping_ ABSL_GUARDED_BY(stop_mutex_) = false;
  std::thread poller_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_CATALOG_MANAGER_H_
