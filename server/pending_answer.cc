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

PendingAnswer Both(PendingAnswer first, PendingAnswer second) {
  return PendingAnswer([first = std::move(first), second = std::move(second)](
                           PendingAnswer::Done done) mutable {
    std::move(first).WhenRecorded(
        [second = std::move(second),
         done = std::move(done)](RecordOutcome outcome) mutable {
          if (!outcome.status.ok()) {
            done(std::move(outcome));
            return;
          }
          std::move(second).WhenRecorded(std::move(done));
        });
  });
}

}  // namespace needlewise
