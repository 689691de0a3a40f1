#include "server/background_worker.h"

#include <utility>

namespace needlewise {

BackgroundWorker::~BackgroundWorker() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

bool BackgroundWorker::TrySubmit(Job* job) {
  absl::MutexLock lock(&mutex_);
  if (queue_.size() >= longest_queue_) return false;
  queue_.push_back(std::move(*job));
  return true;
}

void BackgroundWorker::Run() {
  for (;;) {
    Job job;
    {
      absl::MutexLock lock(
          &mutex_, absl::Condition(this, &BackgroundWorker::HasWorkOrStops));
      if (queue_.empty()) return;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    job(absl::OkStatus());
  }
}

}  // namespace needlewise
