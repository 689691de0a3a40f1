#ifndef NEEDLEWISE_SERVER_CALL_H_
#define NEEDLEWISE_SERVER_CALL_H_

#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/call_gate.h"
#include "server/grpc_status.h"
#include "server/status.h"
#include "server/telemetry/json_log.h"
#include "server/telemetry/metrics.h"

namespace needlewise {

// What gRPC drives for one unary call: it holds the call's place in the gate
// until the answer has left.
class UnaryReactor final : public grpc::ServerUnaryReactor {
 public:
  explicit UnaryReactor(CallGate::Ticket ticket) : ticket_(std::move(ticket)) {}

  void OnDone() override { delete this; }
  // All that is done when a call is over is to give its place back, which is
  // not worth a hop to another thread.
  bool InternalInlineable() override { return true; }

 private:
  const CallGate::Ticket ticket_;
};

// The obligation to answer one unary call, exactly once, from any thread.
// A `Call` destroyed unanswered answers INTERNAL, so no client waits for ever.
class Call {
 public:
  // `method` is the name of the method and must outlive the call, as must
  // `log` and `metrics`, which may be null.
  Call(absl::string_view method, const Log* log,
       grpc::ServerUnaryReactor* reactor, Metrics* metrics = nullptr)
      : method_(method),
        log_(log),
        metrics_(metrics),
        reactor_(reactor),
        start_(std::chrono::steady_clock::now()) {}
  Call(Call&& other) noexcept
      : method_(other.method_),
        log_(other.log_),
        metrics_(other.metrics_),
        reactor_(std::exchange(other.reactor_, nullptr)),
        start_(other.start_) {}
  Call& operator=(Call&&) = delete;
  ~Call() {
    if (reactor_ != nullptr) {
      std::move(*this).Finish(Fault(*log_, "a call was abandoned"));
    }
  }

  void Finish(const absl::Status& status) && {
    if (metrics_ != nullptr) {
      metrics_->CountCall(Door::kGrpc, method_, status.code(),
                          absl::FromChrono(Elapsed()));
    }
    if (log_->Writes(LogSeverity::kDebug)) LogEnd(status);
    std::exchange(reactor_, nullptr)->Finish(ToGrpcStatus(status));
  }

 private:
  std::chrono::nanoseconds Elapsed() const {
    return std::chrono::steady_clock::now() - start_;
  }

  void LogEnd(const absl::Status& status) const {
    const int64_t micros =
        std::chrono::duration_cast<std::chrono::microseconds>(Elapsed())
            .count();
    log_->Write(LogSeverity::kDebug, "call",
                {{"method", method_},
                 {"code", absl::StatusCodeToString(status.code())},
                 {"micros", micros}});
  }

  const absl::string_view method_;
  const Log* const log_;
  Metrics* const metrics_;
  grpc::ServerUnaryReactor* reactor_;
  const std::chrono::steady_clock::time_point start_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_CALL_H_
