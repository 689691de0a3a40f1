#include "server/screening_stream.h"

#include <utility>

#include "server/call_arena.h"
#include "server/grpc_status.h"
#include "server/message_codec.h"
#include "server/pending_answer.h"
#include "server/status.h"

namespace needlewise {

ScreeningStream::ScreeningStream(const grpc::CallbackServerContext* context,
                                 Caller caller, CallGate::Ticket ticket,
                                 const DecisionSupport* support, const Log* log,
                                 int max_request_bytes, Metrics* metrics,
                                 BackgroundWorker* log_worker)
    : context_(context),
      caller_{std::move(caller.name), true},
      ticket_(std::move(ticket)),
      support_(support),
      log_(log),
      metrics_(metrics),
      log_worker_(log_worker),
      max_request_bytes_(max_request_bytes) {
  StartRead(&read_);
}

void ScreeningStream::OnReadDone(bool ok) {
  if (!ok) {
    End(context_->IsCancelled() ? CallCancelled() : absl::OkStatus());
    return;
  }
  ++requests_read_;
  if (absl::Status answered = Answer(); !answered.ok()) {
    End(answered);
  }
}

void ScreeningStream::OnWriteDone(bool ok) {
  if (!ok) {
    End(CallCancelled());
    return;
  }
  written_.Clear();
  StartRead(&read_);
}

absl::Status ScreeningStream::Answer() {
  CallArena arena;
  auto* request = arena.Make<v1::StreamScreenEligibilityRequest>();
  // Without its index nobody could tell which request an answer is to, so one
  // that cannot be read ends the stream.
  if (absl::Status read = DecodeMessage(read_, request); !read.ok()) {
    return read;
  }
  const int64_t index = request->index();
  if (absl::Status size = CheckSize(read_, max_request_bytes_); !size.ok()) {
    Send(index, size);
    return absl::OkStatus();
  }
  if (log_worker_ == nullptr || !ReadsLog(request->request())) {
    Decide(*request);
    return absl::OkStatus();
  }
  // The log has to be read first, which this thread may not wait for.
  BackgroundWorker::Job job = [this, index](absl::Status status) {
    CallArena arena;
    auto* request = arena.Make<v1::StreamScreenEligibilityRequest>();
    if (status.ok()) status = DecodeMessage(read_, request);
    if (!status.ok()) {
      Send(index, status);
    } else {
      Decide(*request);
    }
  };
  if (!log_worker_->TrySubmit(&job)) {
    job(TooMany("questions to the decision log", kMostWaitingQueries));
  }
  return absl::OkStatus();
}

void ScreeningStream::Decide(
    const v1::StreamScreenEligibilityRequest& request) {
  const int64_t index = request.index();
  CallArena arena;
  auto* response = arena.Make<v1::StreamScreenEligibilityResponse>();
  absl::StatusOr<PendingAnswer> pending = support_->StartScreenEligibility(
      caller_, request.request(), response->mutable_response());
  if (!pending.ok()) {
    Send(index, pending.status());
    return;
  }
  response->set_index(index);
  *response->mutable_status() = ToRpcStatus(absl::OkStatus());
  written_ = EncodeMessage(*response);
  std::move(*pending).WhenRecorded([this, index](const RecordOutcome& outcome) {
    Send(index, outcome.status);
  });
}

void ScreeningStream::Send(int64_t index, const absl::Status& status) {
  if (!status.ok()) {
    v1::StreamScreenEligibilityResponse response;
    response.set_index(index);
    *response.mutable_status() = ToRpcStatus(status);
    written_ = EncodeMessage(response);
  }
  read_.Clear();
  StartWrite(&written_);
}

void ScreeningStream::End(const absl::Status& status) {
  if (metrics_ != nullptr) {
    metrics_->CountCall(
        Door::kGrpc, "StreamScreenEligibility", status.code(),
        absl::FromChrono(std::chrono::steady_clock::now() - start_));
  }
  log_->Write(LogSeverity::kDebug, "call",
              {{"method", "StreamScreenEligibility"},
               {"code", absl::StatusCodeToString(status.code())},
               {"requests", requests_read_}});
  Finish(ToGrpcStatus(status));
}

}  // namespace needlewise
