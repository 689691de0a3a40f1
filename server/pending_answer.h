#ifndef NEEDLEWISE_SERVER_PENDING_ANSWER_H_
#define NEEDLEWISE_SERVER_PENDING_ANSWER_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"

namespace needlewise {

// What became of the record of an answer.
struct RecordOutcome {
  // An item of a batch that may not leave as it was answered.
  struct ItemFault {
    size_t index;
    absl::Status status;
  };

  // OK: the answer may leave. Else what to answer in its place.
  absl::Status status;
  // Items of a batch whose own answer must be replaced; the others may leave.
  std::vector<ItemFault> faults;
};

// The right to send an answer that has been made, once its record is
// committed. Who makes one encodes the answer, and lets nothing of it out
// before. Must be used up by one of the two methods; destroyed unused, nothing
// is recorded and nothing may leave.
class PendingAnswer {
 public:
  // Called exactly once, from any thread. Must not block.
  using Done = absl::AnyInvocable<void(RecordOutcome)>;
  // Hands the record over and sees to it that `Done` is called.
  using Commit = absl::AnyInvocable<void(Done)>;

  // An answer that leaves no record and may leave at once.
  PendingAnswer() = default;
  explicit PendingAnswer(Commit commit) : commit_(std::move(commit)) {}
  PendingAnswer(PendingAnswer &&) = default;
  PendingAnswer &operator=(PendingAnswer &&) = default;

  // Calls `done` when the answer may leave, or must not: perhaps before this
  // returns, perhaps from another thread.
  void WhenRecorded(Done done) &&;

  // Waits until it may leave. For threads that may block, which those of gRPC
  // may not.
  RecordOutcome Await() &&;

 private:
  Commit commit_;
};

// The right to send what two answers made together, neither of them of a
// batch: once both records are committed, the first before the second.
PendingAnswer Both(PendingAnswer first, PendingAnswer second);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_PENDING_ANSWER_H_
