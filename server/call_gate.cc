#include "server/call_gate.h"

#include "server/status.h"

namespace needlewise {

absl::StatusOr<CallGate::Ticket> CallGate::Enter() {
  // INVARIANT: counted before `closed_` is read, so that whoever closes the
  // gate and then sees nobody in progress has seen everybody.
  const int before = in_progress_.fetch_add(1);
  Ticket ticket(this);
  if (closed_.load()) return ShuttingDown();
  if (before >= limit_) return TooMany("calls", limit_);
  return ticket;
}

void CallGate::Leave() {
  if (in_progress_.fetch_sub(1) != 1 || !closed_.load()) return;
  absl::MutexLock lock(&mutex_);
  empty_.SignalAll();
}

void CallGate::Close() { closed_.store(true); }

int CallGate::AwaitEmpty(absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  while (in_progress_.load() != 0) {
    if (empty_.WaitWithDeadline(&mutex_, deadline)) break;
  }
  return in_progress_.load();
}

}  // namespace needlewise
