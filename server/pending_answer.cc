#include "server/pending_answer.h"

#include "absl/synchronization/notification.h"

namespace needlewise {

void PendingAnswer::WhenRecorded(Done done) && {
  if (commit_ == nullptr) {
    done({});
    return;
  }
  std::exchange(commit_, nullptr)(std::move(done));
}

RecordOutcome PendingAnswer::Await() && {
  RecordOutcome outcome;
  absl::Notification recorded;
  std::move(*this).WhenRecorded([&](RecordOutcome made) {
    outcome = std::move(made);
    recorded.Notify();
  });
  recorded.WaitForNotification();
  return outcome;
}

}  // namespace needlewise
