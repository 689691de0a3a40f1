#ifndef NEEDLEWISE_SERVER_CALL_GATE_H_
#define NEEDLEWISE_SERVER_CALL_GATE_H_

#include <atomic>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace needlewise {

// Counts the calls in progress, refuses those above the limit, and lets the
// server wait for the last one when it stops. May be used from any thread.
class CallGate {
 public:
  // The right to be in progress; given back when it is destroyed.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& other) noexcept
        : gate_(std::exchange(other.gate_, nullptr)) {}
    Ticket& operator=(Ticket&& other) noexcept {
      std::swap(gate_, other.gate_);
      return *this;
    }
    ~Ticket() {
      if (gate_ != nullptr) gate_->Leave();
    }

   private:
    friend class CallGate;
    explicit Ticket(CallGate* gate) : gate_(gate) {}

    CallGate* gate_ = nullptr;
  };

  // At most `limit` calls at once.
  explicit CallGate(int limit) : limit_(limit) {}
  CallGate(const CallGate&) = delete;
  CallGate& operator=(const CallGate&) = delete;

  // A ticket, or TOO_MANY_CALLS, or SHUTTING_DOWN once closed.
  absl::StatusOr<Ticket> Enter();

  // Admits nobody from now on.
  void Close();

  // How many are in progress.
  int in_progress() const { return in_progress_.load(); }

  // Waits until nobody is in progress. Returns how many still are at
  // `deadline`, which is by the machine's clock.
  int AwaitEmpty(absl::Time deadline);

 private:
  void Leave();

  const int limit_;
  std::atomic<int> in_progress_{0};
  std::atomic<bool> closed_{false};
  absl::Mutex mutex_;
  absl::CondVar empty_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_CALL_GATE_H_
