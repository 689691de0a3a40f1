#ifndef NEEDLEWISE_SERVER_CATALOG_WATCH_H_
#define NEEDLEWISE_SERVER_CATALOG_WATCH_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "server/catalog_manager.h"
#include "server/clock.h"

namespace needlewise {

class CatalogWatcher;

// Passes catalogue events on to every open watch. Each watch begins with the
// catalogue in force and then misses nothing: one that does not keep up is
// ended instead. May be used from any thread.
class CatalogWatchHub final : public CatalogListener {
 public:
  // `clock` is not owned.
  CatalogWatchHub(int max_watchers, const Clock* clock)
      : max_watchers_(max_watchers), clock_(clock) {}
  CatalogWatchHub(const CatalogWatchHub&) = delete;
  CatalogWatchHub& operator=(const CatalogWatchHub&) = delete;

  void OnCatalogEvent(const v1::WatchRuleCatalogResponse& event) override;

  // The reactor of a new watch, which owns itself. Where it is refused it only
  // finishes, with the error.
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Watch();

  // Ends every watch with SHUTTING_DOWN once it has sent what is queued, and
  // refuses new ones.
  void Close();

 private:
  friend class CatalogWatcher;

  absl::Status Admit(const std::shared_ptr<CatalogWatcher>& watcher);
  void Remove(const std::shared_ptr<CatalogWatcher>& watcher);
  std::vector<std::shared_ptr<CatalogWatcher>> Watchers() const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const int max_watchers_;
  const Clock* const clock_;
  absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  // Without a digest before the first catalogue is activated.
  v1::CatalogVersion in_force_ ABSL_GUARDED_BY(mutex_);
  // How many of its rules were past review at the last event.
  int rules_past_review_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_set<std::shared_ptr<CatalogWatcher>> watchers_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_CATALOG_WATCH_H_
