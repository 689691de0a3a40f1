#include "server/grpc_services.h"

#include <utility>
#include <vector>

#include "needlewise/v1/decision_log.grpc.pb.h"
#include "needlewise/v1/fhir.grpc.pb.h"
#include "needlewise/v1/recommendation.grpc.pb.h"
#include "needlewise/v1/rule_catalog.grpc.pb.h"
#include "needlewise/v1/screening.grpc.pb.h"
#include "server/catalog_queries.h"
#include "server/fhir/screen_bundle.h"
#include "server/pending_answer.h"
#include "server/screening_stream.h"
#include "server/status.h"
#include "server/unary_method.h"

namespace needlewise {
namespace {

using ::grpc::ByteBuffer;
using ::grpc::CallbackServerContext;
using ::grpc::ServerUnaryReactor;

// A stream that is refused: it only finishes.
template <typename Reactor>
class RefusedStream final : public Reactor {
 public:
  explicit RefusedStream(const absl::Status& status) {
    this->Finish(ToGrpcStatus(status));
  }
  void OnDone() override { delete this; }
};

// Answers a call in the handler itself.
template <typename Request, typename Response, typename Answer>
ServerUnaryReactor* Respond(const ServiceParts& parts, absl::string_view method,
                            const CallbackServerContext& context,
                            const ByteBuffer& in, ByteBuffer* out,
                            Answer&& answer) {
  IncomingCall incoming = Admit(method, context, in, parts.gate, parts.log,
                                parts.metrics, parts.max_request_bytes);
  absl::Status status = std::move(incoming.admitted);
  if (status.ok()) {
    status =
        AnswerBytes<Request, Response>(in, out, std::forward<Answer>(answer));
  }
  std::move(incoming.call).Finish(status);
  return incoming.reactor;
}

// Puts the faults of items into the bytes of an answer.
absl::Status ReplaceFaultyItems(
    const std::vector<RecordOutcome::ItemFault>& faults, ByteBuffer* out) {
  v1::BatchScreenEligibilityResponse response;
  if (absl::Status read = DecodeMessage(*out, &response); !read.ok()) {
    return read;
  }
  needlewise::ReplaceFaultyItems(faults, &response);
  *out = EncodeMessage(response);
  return absl::OkStatus();
}

// Lets `*out` leave once its record is committed.
void LeaveWhenRecorded(absl::StatusOr<PendingAnswer> pending, ByteBuffer* out,
                       Call call) {
  if (!pending.ok()) {
    std::move(call).Finish(pending.status());
    return;
  }
  std::move(*pending).WhenRecorded(
      [out, call = std::move(call)](RecordOutcome outcome) mutable {
        if (!outcome.faults.empty()) {
          outcome.status.Update(ReplaceFaultyItems(outcome.faults, out));
        }
        std::move(call).Finish(outcome.status);
      });
}

// Makes the answer to a call in the handler, and lets it leave once its record
// is committed, from whichever thread says so.
template <typename Request, typename Response, typename Answer>
ServerUnaryReactor* RespondWhenRecorded(const ServiceParts& parts,
                                        absl::string_view method,
                                        const CallbackServerContext& context,
                                        const ByteBuffer& in, ByteBuffer* out,
                                        Answer&& answer) {
  IncomingCall incoming = Admit(method, context, in, parts.gate, parts.log,
                                parts.metrics, parts.max_request_bytes);
  ServerUnaryReactor* const reactor = incoming.reactor;
  if (!incoming.admitted.ok()) {
    std::move(incoming.call).Finish(incoming.admitted);
    return reactor;
  }
  bool must_wait = false;
  absl::StatusOr<PendingAnswer> pending = StartAnswerBytes<Request, Response>(
      in, out,
      [&](const Request& request,
          Response* response) -> absl::StatusOr<PendingAnswer> {
        must_wait = parts.recording != nullptr && ReadsLog(request);
        if (must_wait) return PendingAnswer();
        return answer(request, response);
      });
  if (!must_wait) {
    LeaveWhenRecorded(std::move(pending), out, std::move(incoming.call));
    return reactor;
  }
  // The log has to be read first, which this thread may not wait for.
  BackgroundWorker::Job job = [&in, out, answer = std::forward<Answer>(answer),
                               call = std::move(incoming.call)](
                                  absl::Status status) mutable {
    LeaveWhenRecorded(status.ok()
                          ? StartAnswerBytes<Request, Response>(in, out, answer)
                          : absl::StatusOr<PendingAnswer>(std::move(status)),
                      out, std::move(call));
  };
  if (!parts.log_worker->TrySubmit(&job)) {
    job(TooMany("questions to the decision log", kMostWaitingQueries));
  }
  return reactor;
}

// Answers a call from the catalogue in force.
template <typename Request, typename Response, typename Answer>
ServerUnaryReactor* RespondFromCatalog(const ServiceParts& parts,
                                       absl::string_view method,
                                       const CallbackServerContext& context,
                                       const ByteBuffer& in, ByteBuffer* out,
                                       Answer&& answer) {
  return Respond<Request, Response>(
      parts, method, context, in, out,
      [&](const Request& request, Response* response) -> absl::Status {
        const auto active = parts.catalogs->Current();
        if (active == nullptr) return CatalogNotLoaded();
        return answer(*active, request, response);
      });
}

template <typename Base>
using RawScreening =
    v1::ScreeningService::WithRawCallbackMethod_ScreenEligibility<
        v1::ScreeningService::WithRawCallbackMethod_BatchScreenEligibility<
            v1::ScreeningService::WithRawCallbackMethod_StreamScreenEligibility<
                v1::ScreeningService::WithRawCallbackMethod_SuggestQuestions<
                    Base>>>>;

class ScreeningHandlers final
    : public RawScreening<v1::ScreeningService::Service> {
 public:
  explicit ScreeningHandlers(const ServiceParts& parts) : parts_(parts) {}

  ServerUnaryReactor* ScreenEligibility(CallbackServerContext* context,
                                        const ByteBuffer* in,
                                        ByteBuffer* out) override {
    using Request = v1::ScreenEligibilityRequest;
    using Response = v1::ScreenEligibilityResponse;
    return RespondWhenRecorded<Request, Response>(
        parts_, "ScreenEligibility", *context, *in, out,
        [this, context](const Request& request, Response* response) {
          return parts_.support->StartScreenEligibility(CallerOf(*context),
                                                        request, response);
        });
  }

  ServerUnaryReactor* BatchScreenEligibility(CallbackServerContext* context,
                                             const ByteBuffer* in,
                                             ByteBuffer* out) override {
    using Request = v1::BatchScreenEligibilityRequest;
    using Response = v1::BatchScreenEligibilityResponse;
    return RespondWhenRecorded<Request, Response>(
        parts_, "BatchScreenEligibility", *context, *in, out,
        [this, context](const Request& request, Response* response) {
          return parts_.support->StartBatchScreenEligibility(
              CallerOf(*context), request,
              [context] { return StillWanted(*context); }, response);
        });
  }

  grpc::ServerBidiReactor<ByteBuffer, ByteBuffer>* StreamScreenEligibility(
      CallbackServerContext* context) override {
    absl::StatusOr<CallGate::Ticket> ticket = parts_.gate->Enter();
    if (!ticket.ok()) {
      return new RefusedStream<grpc::ServerBidiReactor<ByteBuffer, ByteBuffer>>(
          ticket.status());
    }
    return new ScreeningStream(
        context, CallerOf(*context), *std::move(ticket), parts_.support,
        parts_.log, parts_.max_request_bytes, parts_.metrics,
        parts_.recording == nullptr ? nullptr : parts_.log_worker);
  }

  ServerUnaryReactor* SuggestQuestions(CallbackServerContext* context,
                                       const ByteBuffer* in,
                                       ByteBuffer* out) override {
    using Request = v1::SuggestQuestionsRequest;
    using Response = v1::SuggestQuestionsResponse;
    return Respond<Request, Response>(
        parts_, "SuggestQuestions", *context, *in, out,
        [this](const Request& request, Response* response) {
          return parts_.support->SuggestQuestions(request, response);
        });
  }

 private:
  const ServiceParts parts_;
};

class FhirHandlers final
    : public v1::FhirService::WithRawCallbackMethod_ScreenFhirBundle<
          v1::FhirService::Service> {
 public:
  explicit FhirHandlers(const ServiceParts& parts) : parts_(parts) {}

  ServerUnaryReactor* ScreenFhirBundle(CallbackServerContext* context,
                                       const ByteBuffer* in,
                                       ByteBuffer* out) override {
    using Request = v1::ScreenFhirBundleRequest;
    using Response = v1::ScreenFhirBundleResponse;
    return RespondWhenRecorded<Request, Response>(
        parts_, "ScreenFhirBundle", *context, *in, out,
        [this, context](const Request& request, Response* response) {
          return StartScreenFhirBundle({parts_.support, parts_.catalogs},
                                       CallerOf(*context), request, response);
        });
  }

 private:
  const ServiceParts parts_;
};

template <typename Base>
using RawRecommendation =
    v1::RecommendationService::WithRawCallbackMethod_RecommendAddOns<
        v1::RecommendationService::WithRawCallbackMethod_PlanTreatment<Base>>;

class RecommendationHandlers final
    : public RawRecommendation<v1::RecommendationService::Service> {
 public:
  explicit RecommendationHandlers(const ServiceParts& parts) : parts_(parts) {}

  ServerUnaryReactor* RecommendAddOns(CallbackServerContext* context,
                                      const ByteBuffer* in,
                                      ByteBuffer* out) override {
    using Request = v1::RecommendAddOnsRequest;
    using Response = v1::RecommendAddOnsResponse;
    return RespondWhenRecorded<Request, Response>(
        parts_, "RecommendAddOns", *context, *in, out,
        [this, context](const Request& request, Response* response) {
          return parts_.support->StartRecommendAddOns(CallerOf(*context),
                                                      request, response);
        });
  }

  ServerUnaryReactor* PlanTreatment(CallbackServerContext* context,
                                    const ByteBuffer* in,
                                    ByteBuffer* out) override {
    using Request = v1::PlanTreatmentRequest;
    using Response = v1::PlanTreatmentResponse;
    return RespondWhenRecorded<Request, Response>(
        parts_, "PlanTreatment", *context, *in, out,
        [this, context](const Request& request, Response* response) {
          return parts_.support->StartPlanTreatment(CallerOf(*context), request,
                                                    response);
        });
  }

 private:
  const ServiceParts parts_;
};

template <typename Base>
using RawRuleCatalog = v1::RuleCatalogService::WithRawCallbackMethod_GetRuleCatalog<
    v1::RuleCatalogService::WithRawCallbackMethod_ListRules<
        v1::RuleCatalogService::WithRawCallbackMethod_GetRule<
            v1::RuleCatalogService::WithRawCallbackMethod_ListConcepts<
                v1::RuleCatalogService::WithRawCallbackMethod_ListCitations<
                    v1::RuleCatalogService::
                        WithRawCallbackMethod_ListSourceConflicts<
                            v1::RuleCatalogService::
                                WithRawCallbackMethod_WatchRuleCatalog<
                                    v1::RuleCatalogService::
                                        WithRawCallbackMethod_ValidateRuleCatalog<
                                            Base>>>>>>>>;

class RuleCatalogHandlers final
    : public RawRuleCatalog<v1::RuleCatalogService::Service> {
 public:
  explicit RuleCatalogHandlers(const ServiceParts& parts) : parts_(parts) {}

  ServerUnaryReactor* GetRuleCatalog(CallbackServerContext* context,
                                     const ByteBuffer* in,
                                     ByteBuffer* out) override {
    using Request = v1::GetRuleCatalogRequest;
    using Response = v1::GetRuleCatalogResponse;
    return RespondFromCatalog<Request, Response>(
        parts_, "GetRuleCatalog", *context, *in, out,
        [this](const ActiveCatalog& active, const Request& request,
               Response* response) {
          needlewise::GetRuleCatalog(active, parts_.catalogs->Today(), request,
                                     response);
          return absl::OkStatus();
        });
  }

  ServerUnaryReactor* ListRules(CallbackServerContext* context,
                                const ByteBuffer* in,
                                ByteBuffer* out) override {
    using Request = v1::ListRulesRequest;
    using Response = v1::ListRulesResponse;
    return RespondFromCatalog<Request, Response>(
        parts_, "ListRules", *context, *in, out,
        [](const ActiveCatalog& active, const Request& request,
           Response* response) {
          return needlewise::ListRules(*active.compiled, request, response);
        });
  }

  ServerUnaryReactor* GetRule(CallbackServerContext* context,
                              const ByteBuffer* in, ByteBuffer* out) override {
    using Request = v1::GetRuleRequest;
    using Response = v1::GetRuleResponse;
    return RespondFromCatalog<Request, Response>(
        parts_, "GetRule", *context, *in, out,
        [](const ActiveCatalog& active, const Request& request,
           Response* response) {
          return needlewise::GetRule(*active.compiled, request, response);
        });
  }

  ServerUnaryReactor* ListConcepts(CallbackServerContext* context,
                                   const ByteBuffer* in,
                                   ByteBuffer* out) override {
    using Request = v1::ListConceptsRequest;
    using Response = v1::ListConceptsResponse;
    return RespondFromCatalog<Request, Response>(
        parts_, "ListConcepts", *context, *in, out,
        [](const ActiveCatalog& active, const Request& request,
           Response* response) {
          return needlewise::ListConcepts(*active.compiled, request, response);
        });
  }

  ServerUnaryReactor* ListCitations(CallbackServerContext* context,
                                    const ByteBuffer* in,
                                    ByteBuffer* out) override {
    using Request = v1::ListCitationsRequest;
    using Response = v1::ListCitationsResponse;
    return RespondFromCatalog<Request, Response>(
        parts_, "ListCitations", *context, *in, out,
        [](const ActiveCatalog& active, const Request& request,
           Response* response) {
          return needlewise::ListCitations(*active.compiled, request, response);
        });
  }

  ServerUnaryReactor* ListSourceConflicts(CallbackServerContext* context,
                                          const ByteBuffer* in,
                                          ByteBuffer* out) override {
    using Request = v1::ListSourceConflictsRequest;
    using Response = v1::ListSourceConflictsResponse;
    return RespondFromCatalog<Request, Response>(
        parts_, "ListSourceConflicts", *context, *in, out,
        [](const ActiveCatalog& active, const Request& request,
           Response* response) {
          return needlewise::ListSourceConflicts(*active.compiled, request,
                                                 response);
        });
  }

  grpc::ServerWriteReactor<ByteBuffer>* WatchRuleCatalog(
      CallbackServerContext* /*context*/, const ByteBuffer* in) override {
    v1::WatchRuleCatalogRequest request;
    absl::Status read = CheckSize(*in, parts_.max_request_bytes);
    if (read.ok()) read = DecodeMessage(*in, &request);
    if (!read.ok()) {
      return new RefusedStream<grpc::ServerWriteReactor<ByteBuffer>>(read);
    }
    return parts_.watches->Watch();
  }

  // Loading a candidate takes longer than a handler may, so the worker does
  // it, and answers.
  ServerUnaryReactor* ValidateRuleCatalog(CallbackServerContext* context,
                                          const ByteBuffer* in,
                                          ByteBuffer* out) override {
    IncomingCall incoming =
        Admit("ValidateRuleCatalog", *context, *in, parts_.gate, parts_.log,
              parts_.metrics, parts_.max_request_bytes);
    if (!incoming.admitted.ok()) {
      std::move(incoming.call).Finish(incoming.admitted);
      return incoming.reactor;
    }
    BackgroundWorker::Job job =
        [this, context, in, out,
         call = std::move(incoming.call)](absl::Status status) mutable {
          if (status.ok()) status = Validate(*context, *in, out);
          std::move(call).Finish(status);
        };
    if (!parts_.worker->TrySubmit(&job)) {
      job(TooMany("candidates", kMostWaitingCandidates));
    }
    return incoming.reactor;
  }

 private:
  absl::Status Validate(const CallbackServerContext& context,
                        const ByteBuffer& in, ByteBuffer* out) const {
    // It may have waited for others.
    if (absl::Status wanted = StillWanted(context); !wanted.ok()) {
      return wanted;
    }
    using Request = v1::ValidateRuleCatalogRequest;
    using Response = v1::ValidateRuleCatalogResponse;
    return AnswerBytes<Request, Response>(
        in, out, [this](const Request& request, Response* response) {
          const Violations violations = CheckCandidate(request);
          if (!violations.empty()) return FieldsInvalid(violations);
          FillValidation(parts_.catalogs->Validate(ToFileTexts(request)),
                         response);
          return absl::OkStatus();
        });
  }

  const ServiceParts parts_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::Service>> MakeServices(
    const ServiceParts& parts) {
  std::vector<std::unique_ptr<grpc::Service>> services;
  services.push_back(std::make_unique<ScreeningHandlers>(parts));
  services.push_back(std::make_unique<FhirHandlers>(parts));
  services.push_back(std::make_unique<RecommendationHandlers>(parts));
  services.push_back(std::make_unique<RuleCatalogHandlers>(parts));
  services.push_back(MakeDecisionLogService(parts));
  return services;
}

std::vector<const char*> ServiceNames() {
  return {v1::ScreeningService::service_full_name(),
          v1::FhirService::service_full_name(),
          v1::RecommendationService::service_full_name(),
          v1::RuleCatalogService::service_full_name(),
          v1::DecisionLogService::service_full_name()};
}

std::vector<const char*> DecidingServiceNames() {
  return {v1::ScreeningService::service_full_name(),
          v1::RecommendationService::service_full_name()};
}

}  // namespace needlewise
