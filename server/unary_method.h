#ifndef NEEDLEWISE_SERVER_UNARY_METHOD_H_
#define NEEDLEWISE_SERVER_UNARY_METHOD_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/call.h"
#include "server/call_arena.h"
#include "server/call_gate.h"
#include "server/decision_support.h"
#include "server/message_codec.h"
#include "server/pending_answer.h"
#include "server/status.h"
#include "server/telemetry/json_log.h"

namespace needlewise {

// OK while somebody still waits for the answer.
inline absl::Status StillWanted(const grpc::CallbackServerContext& context) {
  if (std::chrono::system_clock::now() >= context.deadline()) {
    return DeadlinePassed();
  }
  return context.IsCancelled() ? CallCancelled() : absl::OkStatus();
}

// The name of a caller, as far as the connection proves it.
inline Caller CallerOf(const grpc::CallbackServerContext& context) {
  Caller caller;
  const auto auth = context.auth_context();
  if (auth == nullptr || !auth->IsPeerAuthenticated()) return caller;
  const auto names = auth->GetPeerIdentity();
  if (!names.empty()) caller.name.assign(names[0].data(), names[0].size());
  return caller;
}

// A unary call that has come in: its reactor, to be returned to gRPC, and the
// obligation to answer it.
struct IncomingCall {
  grpc::ServerUnaryReactor* reactor;
  Call call;
  // Whether the call may be worked on.
  absl::Status admitted;
};

inline IncomingCall Admit(absl::string_view method,
                          const grpc::CallbackServerContext& context,
                          const grpc::ByteBuffer& bytes, CallGate* gate,
                          const Log* log, Metrics* metrics,
                          int max_request_bytes) {
  absl::StatusOr<CallGate::Ticket> ticket = gate->Enter();
  absl::Status admitted = ticket.status();
  auto* reactor =
      new UnaryReactor(ticket.ok() ? *std::move(ticket) : CallGate::Ticket());
  if (admitted.ok()) admitted = StillWanted(context);
  if (admitted.ok()) admitted = CheckSize(bytes, max_request_bytes);
  return {reactor, Call(method, log, reactor, metrics), std::move(admitted)};
}

// Reads a request, has it answered by `answer(const Request&, Response*)`,
// which gives an `absl::Status`, and encodes the response.
template <typename Request, typename Response, typename Answer>
absl::Status AnswerBytes(const grpc::ByteBuffer& in, grpc::ByteBuffer* out,
                         Answer&& answer) {
  CallArena arena;
  auto* request = arena.Make<Request>();
  auto* response = arena.Make<Response>();
  if (absl::Status read = DecodeMessage(in, request); !read.ok()) return read;
  if (absl::Status status = answer(*request, response); !status.ok()) {
    return status;
  }
  *out = EncodeMessage(*response);
  return absl::OkStatus();
}

// As above, for an answer that leaves a record: `answer` gives an
// `absl::StatusOr<PendingAnswer>`. `out` may leave when that allows it.
template <typename Request, typename Response, typename Answer>
absl::StatusOr<PendingAnswer> StartAnswerBytes(const grpc::ByteBuffer& in,
                                               grpc::ByteBuffer* out,
                                               Answer&& answer) {
  CallArena arena;
  auto* request = arena.Make<Request>();
  auto* response = arena.Make<Response>();
  if (absl::Status read = DecodeMessage(in, request); !read.ok()) return read;
  absl::StatusOr<PendingAnswer> pending = answer(*request, response);
  if (pending.ok()) *out = EncodeMessage(*response);
  return pending;
}

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_UNARY_METHOD_H_
