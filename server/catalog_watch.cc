#include "server/catalog_watch.h"

#include <cstddef>
#include <deque>
#include <utility>

#include "absl/types/optional.h"
#include "server/grpc_status.h"
#include "server/message_codec.h"
#include "server/status.h"

namespace needlewise {
namespace {

constexpr size_t kMostPendingEvents = 64;

}  // namespace

// One open watch. At most one operation is under way at a time, and none is
// begun while a lock is held, since gRPC may react to it at once.
class CatalogWatcher final
    : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
      public std::enable_shared_from_this<CatalogWatcher> {
 public:
  explicit CatalogWatcher(CatalogWatchHub* hub) : hub_(hub) {}

  // Keeps the watcher alive until gRPC is done with it.
  void HoldSelf() { self_ = shared_from_this(); }

  void Send(const grpc::ByteBuffer& event) {
    {
      absl::MutexLock lock(&mutex_);
      if (end_.has_value()) return;
      if (pending_.size() < kMostPendingEvents) {
        pending_.push_back(event);
      } else {
        end_ = TooMany("unread catalogue events",
                       static_cast<int>(kMostPendingEvents));
      }
    }
    Advance();
  }

  // Ends the watch once what is pending has been sent.
  void End(const absl::Status& status) {
    {
      absl::MutexLock lock(&mutex_);
      if (!end_.has_value()) end_ = status;
    }
    Advance();
  }

  void OnWriteDone(bool ok) override {
    {
      absl::MutexLock lock(&mutex_);
      writing_ = false;
      if (!ok) GiveUp();
    }
    Advance();
  }

  void OnCancel() override {
    {
      absl::MutexLock lock(&mutex_);
      GiveUp();
    }
    Advance();
  }

  void OnDone() override {
    hub_->Remove(self_);
    const std::shared_ptr<CatalogWatcher> last = std::move(self_);
  }

 private:
  // Nobody listens any more.
  void GiveUp() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    pending_.clear();
    if (!end_.has_value()) end_ = CallCancelled();
  }

  // Begins the next operation, if none is under way and there is one.
  void Advance() {
    absl::optional<absl::Status> finish;
    {
      absl::MutexLock lock(&mutex_);
      if (writing_ || finished_) return;
      if (!pending_.empty()) {
        writing_ = true;
        written_ = std::move(pending_.front());
        pending_.pop_front();
      } else if (end_.has_value()) {
        finished_ = true;
        finish = end_;
      } else {
        return;
      }
    }
    if (finish.has_value()) {
      Finish(ToGrpcStatus(*finish));
    } else {
      StartWrite(&written_);
    }
  }

  CatalogWatchHub* const hub_;
  std::shared_ptr<CatalogWatcher> self_;
  absl::Mutex mutex_;
  std::deque<grpc::ByteBuffer> pending_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  // Belongs to the write under way.
  grpc::ByteBuffer written_;
};

std::vector<std::shared_ptr<CatalogWatcher>> CatalogWatchHub::Watchers() const {
  return {watchers_.begin(), watchers_.end()};
}

void CatalogWatchHub::OnCatalogEvent(
    const v1::WatchRuleCatalogResponse& event) {
  std::vector<std::shared_ptr<CatalogWatcher>> watchers;
  {
    // INVARIANT: a watch admitted from now on begins with `in_force_`, and one
    // admitted before is in the list: none misses the event or sees it twice.
    absl::MutexLock lock(&mutex_);
    in_force_ = event.version();
    rules_past_review_ = event.rules_past_review();
    watchers = Watchers();
  }
  const grpc::ByteBuffer bytes = EncodeMessage(event);
  for (const auto& watcher : watchers) watcher->Send(bytes);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* CatalogWatchHub::Watch() {
  const auto watcher = std::make_shared<CatalogWatcher>(this);
  watcher->HoldSelf();
  const absl::Status admitted = Admit(watcher);
  if (!admitted.ok()) watcher->End(admitted);
  return watcher.get();
}

absl::Status CatalogWatchHub::Admit(
    const std::shared_ptr<CatalogWatcher>& watcher) {
  absl::MutexLock lock(&mutex_);
  if (closed_) return ShuttingDown();
  if (in_force_.digest().empty()) return CatalogNotLoaded();
  if (static_cast<int>(watchers_.size()) >= max_watchers_) {
    return TooMany("watches", max_watchers_);
  }
  v1::WatchRuleCatalogResponse first;
  first.set_event(v1::CATALOG_EVENT_IN_FORCE);
  *first.mutable_version() = in_force_;
  first.set_rules_past_review(rules_past_review_);
  first.set_time(ToRfc3339(clock_->Now()));
  // gRPC does not know the watcher yet and so cannot react to this.
  watcher->Send(EncodeMessage(first));
  watchers_.insert(watcher);
  return absl::OkStatus();
}

void CatalogWatchHub::Remove(const std::shared_ptr<CatalogWatcher>& watcher) {
  absl::MutexLock lock(&mutex_);
  watchers_.erase(watcher);
}

void CatalogWatchHub::Close() {
  std::vector<std::shared_ptr<CatalogWatcher>> watchers;
  {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    watchers = Watchers();
  }
  for (const auto& watcher : watchers) watcher->End(ShuttingDown());
}

}  // namespace needlewise
