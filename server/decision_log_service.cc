// `DecisionLogService` as gRPC sees it: every question is answered by a worker,
// because the store may keep it waiting.

#include <utility>

#include "needlewise/v1/decision_log.grpc.pb.h"
#include "server/decision_feedback.h"
#include "server/decision_log_answers.h"
#include "server/grpc_services.h"
#include "server/status.h"
#include "server/unary_method.h"

namespace needlewise {
namespace {

using ::grpc::ByteBuffer;
using ::grpc::CallbackServerContext;
using ::grpc::ServerUnaryReactor;

template <typename Base>
using RawDecisionLog =
    v1::DecisionLogService::WithRawCallbackMethod_GetDecision<
        v1::DecisionLogService::WithRawCallbackMethod_ListDecisions<
            v1::DecisionLogService::WithRawCallbackMethod_ReplayDecision<
                v1::DecisionLogService::WithRawCallbackMethod_ReportFeedback<
                    v1::DecisionLogService::
                        WithRawCallbackMethod_ListRuleCounts<
                            v1::DecisionLogService::
                                WithRawCallbackMethod_EvaluateCandidate<
                                    Base>>>>>>;

class DecisionLogHandlers final
    : public RawDecisionLog<v1::DecisionLogService::Service> {
 public:
  explicit DecisionLogHandlers(const ServiceParts& parts) : parts_(parts) {}

  ServerUnaryReactor* GetDecision(CallbackServerContext* context,
                                  const ByteBuffer* in,
                                  ByteBuffer* out) override {
    using Request = v1::GetDecisionRequest;
    using Response = v1::GetDecisionResponse;
    return Answer<Request, Response>(
        "GetDecision", context, in, out, parts_.log_worker,
        [this](const Request& request, Response* response) {
          return parts_.recording->queries().Get(request, response);
        });
  }

  ServerUnaryReactor* ListDecisions(CallbackServerContext* context,
                                    const ByteBuffer* in,
                                    ByteBuffer* out) override {
    using Request = v1::ListDecisionsRequest;
    using Response = v1::ListDecisionsResponse;
    return Answer<Request, Response>(
        "ListDecisions", context, in, out, parts_.log_worker,
        [this](const Request& request, Response* response) {
          return parts_.recording->queries().List(request, response);
        });
  }

  ServerUnaryReactor* ReplayDecision(CallbackServerContext* context,
                                     const ByteBuffer* in,
                                     ByteBuffer* out) override {
    using Request = v1::ReplayDecisionRequest;
    using Response = v1::ReplayDecisionResponse;
    return Answer<Request, Response>(
        "ReplayDecision", context, in, out, parts_.log_worker,
        [this](const Request& request, Response* response) {
          return parts_.recording->queries().Replay(request, response);
        });
  }

  ServerUnaryReactor* ListRuleCounts(CallbackServerContext* context,
                                     const ByteBuffer* in,
                                     ByteBuffer* out) override {
    using Request = v1::ListRuleCountsRequest;
    using Response = v1::ListRuleCountsResponse;
    return Answer<Request, Response>(
        "ListRuleCounts", context, in, out, parts_.log_worker,
        [this](const Request& request, Response* response) {
          return CountRules(*parts_.catalogs, parts_.recording->queries(),
                            request, response);
        });
  }

  ServerUnaryReactor* EvaluateCandidate(CallbackServerContext* context,
                                        const ByteBuffer* in,
                                        ByteBuffer* out) override {
    using Request = v1::EvaluateCandidateRequest;
    using Response = v1::EvaluateCandidateResponse;
    return Answer<Request, Response>(
        "EvaluateCandidate", context, in, out, parts_.worker,
        [this, context](const Request& request, Response* response) {
          return needlewise::EvaluateCandidate(
              *parts_.catalogs, parts_.recording->queries(), request,
              [context] { return StillWanted(*context); }, response);
        });
  }

  // Answered from the thread that commits it.
  ServerUnaryReactor* ReportFeedback(CallbackServerContext* context,
                                     const ByteBuffer* in,
                                     ByteBuffer* out) override {
    IncomingCall incoming = AdmitCall("ReportFeedback", context, in);
    if (!incoming.admitted.ok()) {
      std::move(incoming.call).Finish(incoming.admitted);
      return incoming.reactor;
    }
    BackgroundWorker::Job job = [this, context, in, out,
                                 call = std::move(incoming.call)](
                                    absl::Status status) mutable {
      v1::ReportFeedbackRequest request;
      if (status.ok()) status = StillWanted(*context);
      if (status.ok()) status = DecodeMessage(*in, &request);
      if (!status.ok()) {
        std::move(call).Finish(status);
        return;
      }
      StartFeedback(parts_.recording, request, CallerOf(*context).name,
                    [out, call = std::move(call)](
                        absl::Status status,
                        const v1::ReportFeedbackResponse& response) mutable {
                      if (status.ok()) *out = EncodeMessage(response);
                      std::move(call).Finish(status);
                    });
    };
    if (!parts_.log_worker->TrySubmit(&job)) {
      job(TooMany("questions to the decision log", kMostWaitingQueries));
    }
    return incoming.reactor;
  }

 private:
  IncomingCall AdmitCall(absl::string_view method,
                         CallbackServerContext* context,
                         const ByteBuffer* in) const {
    IncomingCall incoming =
        Admit(method, *context, *in, parts_.gate, parts_.log, parts_.metrics,
              parts_.max_request_bytes);
    if (incoming.admitted.ok() && parts_.recording == nullptr) {
      incoming.admitted = NotOffered("the decision log");
    }
    return incoming;
  }

  template <typename Request, typename Response, typename Function>
  ServerUnaryReactor* Answer(absl::string_view method,
                             CallbackServerContext* context,
                             const ByteBuffer* in, ByteBuffer* out,
                             BackgroundWorker* worker, Function function) {
    IncomingCall incoming = AdmitCall(method, context, in);
    if (!incoming.admitted.ok()) {
      std::move(incoming.call).Finish(incoming.admitted);
      return incoming.reactor;
    }
    BackgroundWorker::Job job =
        [context, in, out, function = std::move(function),
         call = std::move(incoming.call)](absl::Status status) mutable {
          // It may have waited for others.
          if (status.ok()) status = StillWanted(*context);
          if (status.ok()) {
            status = AnswerBytes<Request, Response>(*in, out, function);
          }
          std::move(call).Finish(status);
        };
    if (!worker->TrySubmit(&job)) {
      job(TooMany("questions to the decision log", kMostWaitingQueries));
    }
    return incoming.reactor;
  }

  const ServiceParts parts_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeDecisionLogService(
    const ServiceParts& parts) {
  return std::make_unique<DecisionLogHandlers>(parts);
}

}  // namespace needlewise
