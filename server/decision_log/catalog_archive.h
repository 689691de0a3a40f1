#ifndef NEEDLEWISE_SERVER_DECISION_LOG_CATALOG_ARCHIVE_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_CATALOG_ARCHIVE_H_

#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "needlewise/v1/patient.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "server/decision_log/decision_store.h"

namespace needlewise {

// What a catalogue, or a site's facts, are archived as: compressed by zlib.
std::string Compress(absl::string_view content);
absl::StatusOr<std::string> Decompress(absl::string_view compressed);

// The content of a catalogue's archive, not yet compressed.
std::string ArchivedForm(const CompiledCatalog& catalog);

// The catalogues and the facts about the site that recorded decisions were made
// with. May be used from any thread.
class CatalogArchive {
 public:
  // `store` is not owned.
  explicit CatalogArchive(const DecisionStore* store) : store_(store) {}

  // A catalogue, compiled; the last few are kept. NOT_FOUND where it is not in
  // the archive, FAILED_PRECONDITION where it does not compile any more or
  // compiles to another digest, else as the store says.
  absl::StatusOr<std::shared_ptr<const CompiledCatalog>> Catalog(
      const std::string& digest) const ABSL_LOCKS_EXCLUDED(mutex_);

  // The site's facts under a digest; none for an empty one.
  absl::StatusOr<std::vector<v1::Finding>> SiteFacts(
      const std::string& digest) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Kept = std::pair<std::string, std::shared_ptr<const CompiledCatalog>>;

  const DecisionStore* const store_;
  mutable absl::Mutex mutex_;
  // The last used first.
  mutable std::list<Kept> catalogs_ ABSL_GUARDED_BY(mutex_);
  mutable std::pair<std::string, std::vector<v1::Finding>> site_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_CATALOG_ARCHIVE_H_
