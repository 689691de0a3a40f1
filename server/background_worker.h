#ifndef NEEDLEWISE_SERVER_BACKGROUND_WORKER_H_
#define NEEDLEWISE_SERVER_BACKGROUND_WORKER_H_

#include <cstddef>
#include <deque>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace needlewise {

// How many candidates may wait for `ValidateRuleCatalog` at once.
inline constexpr int kMostWaitingCandidates = 8;
// How many questions to the decision log may wait at once.
inline constexpr int kMostWaitingQueries = 256;

// A thread for what takes too long for one of gRPC's, with a queue of bounded
// length. Does what is still queued before it is destroyed.
class BackgroundWorker {
 public:
  // Called once: with OK when its turn has come. Who submits one that is
  // refused may call it with the reason.
  using Job = absl::AnyInvocable<void(absl::Status)>;

  explicit BackgroundWorker(size_t longest_queue)
      : longest_queue_(longest_queue), thread_([this] { Run(); }) {}
  BackgroundWorker(const BackgroundWorker&) = delete;
  BackgroundWorker& operator=(const BackgroundWorker&) = delete;
  ~BackgroundWorker();

  // Queues `*job`, or leaves it alone and returns false where the queue is
  // full. From any thread.
  bool TrySubmit(Job* job);

 private:
  void Run();
  bool HasWorkOrStops() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !queue_.empty();
  }

  const size_t longest_queue_;
  absl::Mutex mutex_;
  std::deque<Job> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Last, so that all it uses is there when it begins.
  std::thread thread_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_BACKGROUND_WORKER_H_
