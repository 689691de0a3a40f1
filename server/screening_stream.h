#ifndef NEEDLEWISE_SERVER_SCREENING_STREAM_H_
#define NEEDLEWISE_SERVER_SCREENING_STREAM_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <cstdint>

#include "absl/status/status.h"
#include "needlewise/v1/screening.pb.h"
#include "server/background_worker.h"
#include "server/call_gate.h"
#include "server/decision_support.h"
#include "server/telemetry/json_log.h"
#include "server/telemetry/metrics.h"

namespace needlewise {

// One open `StreamScreenEligibility`. Reads a request, answers it once the
// record is committed, and only then reads the next: a caller that does not
// take its answers is not read from. Owns itself.
class ScreeningStream final
    : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // No pointer is owned; `metrics` may be null. `log_worker` answers requests
  // for which the decision log has to be read; null where there is none.
  ScreeningStream(const grpc::CallbackServerContext* context, Caller caller,
                  CallGate::Ticket ticket, const DecisionSupport* support,
                  const Log* log, int max_request_bytes,
                  Metrics* metrics = nullptr,
                  BackgroundWorker* log_worker = nullptr);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  // Answers what is in `read_`, or has it answered. An error is one of the
  // stream, not of the request.
  absl::Status Answer();
  // Decides on the request, and sends the answer once that is recorded.
  void Decide(const v1::StreamScreenEligibilityRequest& request);
  // Sends the answer `written_`, or why there is none.
  void Send(int64_t index, const absl::Status& status);
  void End(const absl::Status& status);

  const grpc::CallbackServerContext* const context_;
  const Caller caller_;
  const CallGate::Ticket ticket_;
  const DecisionSupport* const support_;
  const Log* const log_;
  Metrics* const metrics_;
  BackgroundWorker* const log_worker_;
  const std::chrono::steady_clock::time_point start_ =
      std::chrono::steady_clock::now();
  const int max_request_bytes_;
  int64_t requests_read_ = 0;
  grpc::ByteBuffer read_;
  grpc::ByteBuffer written_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_SCREENING_STREAM_H_
