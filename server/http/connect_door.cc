#include "server/http/connect_door.h"

#include <google/protobuf/descriptor.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "needlewise/v1/decision_log.pb.h"
#include "needlewise/v1/fhir.pb.h"
#include "needlewise/v1/recommendation.pb.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "server/call_arena.h"
#include "server/catalog_queries.h"
#include "server/decision_feedback.h"
#include "server/decision_log_answers.h"
#include "server/fhir/screen_bundle.h"
#include "server/http/connect_error.h"
#include "server/http/connect_request.h"
#include "server/pending_answer.h"
#include "server/status.h"

namespace needlewise {
namespace {

// Flags of a message of a stream in the Connect protocol: the last one.
constexpr char kEndOfStream = 0x02;

constexpr char kDecisionLogService[] = "needlewise.v1.DecisionLogService";

void SendError(const absl::Status& error, HttpReply reply) {
  std::move(reply).Send(ConnectErrorResponse(error), error.code());
}

// OK while the caller still waits.
absl::Status StillWaits(absl::Time deadline) {
  return deadline != absl::InfiniteFuture() && absl::Now() >= deadline
             ? DeadlinePassed()
             : absl::OkStatus();
}

// What an answer that leaves no record comes with.
absl::StatusOr<PendingAnswer> Unrecorded(const absl::Status& status) {
  if (!status.ok()) return status;
  return PendingAnswer();
}

HttpResponse ResponseOf(ConnectCodec codec,
                        const google::protobuf::Message& message) {
  HttpResponse http;
  http.headers["content-type"] = std::string(ContentTypeOf(codec));
  http.body = EncodeConnect(codec, message);
  return http;
}

// Puts the faults of items into the body of an answer to a batch.
absl::Status ReplaceFaultyItems(
    ConnectCodec codec, const std::vector<RecordOutcome::ItemFault>& faults,
    std::string* body) {
  v1::BatchScreenEligibilityResponse response;
  if (absl::Status read = DecodeConnect(codec, *body, &response); !read.ok()) {
    return read;
  }
  needlewise::ReplaceFaultyItems(faults, &response);
  *body = EncodeConnect(codec, response);
  return absl::OkStatus();
}

// Reads a call's message and has it answered by `answer(const Request&,
// Response*, const ConnectRequest&)`, which gives an
// `absl::StatusOr<PendingAnswer>`. Sends what comes of it once its record is
// committed, from whichever thread says so.
template <typename Request, typename Response, typename Answer>
void AnswerCall(const ConnectRequest& call, const Answer& answer,
                HttpReply reply) {
  CallArena arena;
  auto* request = arena.Make<Request>();
  auto* response = arena.Make<Response>();
  absl::Status status = StillWaits(call.deadline);
  if (status.ok()) status = DecodeConnect(call.codec, call.bytes, request);
  absl::StatusOr<PendingAnswer> pending = Unrecorded(status);
  if (pending.ok()) pending = answer(*request, response, call);
  if (!pending.ok()) {
    SendError(pending.status(), std::move(reply));
    return;
  }
  HttpResponse http = ResponseOf(call.codec, *response);
  std::move(*pending).WhenRecorded(
      [codec = call.codec, http = std::move(http),
       reply = std::move(reply)](RecordOutcome outcome) mutable {
        if (!outcome.faults.empty()) {
          outcome.status.Update(
              ReplaceFaultyItems(codec, outcome.faults, &http.body));
        }
        if (!outcome.status.ok()) {
          SendError(outcome.status, std::move(reply));
          return;
        }
        std::move(reply).Send(std::move(http), absl::StatusCode::kOk);
      });
}

// Tells a caller of a streaming method where to go, in the form that its
// content type lets it expect: a stream of one message, or a unary error.
void RefuseStreaming(const HttpRequest& http, const std::string& method,
                     HttpReply reply) {
  const absl::Status error = NotOffered(absl::StrCat(
      "streaming over HTTP, which ", method, " needs and gRPC has,"));
  const auto type = http.headers.find("content-type");
  if (type == http.headers.end() ||
      !absl::StartsWith(type->second, "application/connect+")) {
    SendError(error, std::move(reply));
    return;
  }
  const std::string json =
      absl::StrCat("{\"error\":", ConnectErrorJson(error), "}");
  HttpResponse response;
  response.headers["content-type"] = type->second;
  response.body += kEndOfStream;
  for (int shift = 24; shift >= 0; shift -= 8) {
    response.body += static_cast<char>(json.size() >> shift & 0xFF);
  }
  response.body += json;
  std::move(reply).Send(std::move(response), error.code());
}

// A worker, and how many may wait for it.
struct WorkerQueue {
  BackgroundWorker* worker = nullptr;
  // What waits, in the plural.
  const char* what = "";
  int longest = 0;
};

WorkerQueue CandidatesOf(const ConnectParts& parts) {
  return {parts.worker, "candidates", parts.longest_worker_queue};
}
WorkerQueue LogQueriesOf(const ConnectParts& parts) {
  return {parts.log_worker, "questions to the decision log",
          parts.longest_log_queue};
}

// Adds the routes of the methods of one service.
class ServiceRoutes {
 public:
  ServiceRoutes(const ConnectParts& parts, std::string service,
                HttpRoutes* routes)
      : parts_(parts), service_(std::move(service)), routes_(*routes) {}

  // A method whose request may hold a patient, which no URL should: POST.
  template <typename Request, typename Response, typename Answer>
  void Post(const char* method, Answer answer) {
    Add<Request, Response>("POST", method, std::move(answer));
  }

  // A method that reads the catalogue: POST and GET.
  template <typename Request, typename Response, typename Answer>
  void PostAndGet(const char* method, Answer answer) {
    const auto from_catalog =
        [catalogs = parts_.catalogs, answer](
            const Request& request, Response* response,
            const ConnectRequest&) -> absl::StatusOr<PendingAnswer> {
      const auto active = catalogs->Current();
      if (active == nullptr) return CatalogNotLoaded();
      return Unrecorded(answer(*active, request, response));
    };
    Add<Request, Response>("POST", method, from_catalog);
    Add<Request, Response>("GET", method, from_catalog);
  }

  // A method that takes long: a worker answers.
  template <typename Request, typename Response, typename Answer>
  void PostToWorker(const char* method, const WorkerQueue& queue,
                    Answer answer) {
    AddWorkerRoute(
        method, queue,
        [answer = std::move(answer)](std::unique_ptr<ConnectRequest> request,
                                     HttpReply reply) {
          AnswerCall<Request, Response>(*request, answer, std::move(reply));
        });
  }

  // A method whose answer is sent by `answer(const Request&, const
  // ConnectRequest&, std::function-like done(absl::Status, const Response&))`,
  // which a worker calls: now or later, from any thread.
  template <typename Request, typename Response, typename Answer>
  void PostToWorkerAsync(const char* method, const WorkerQueue& queue,
                         Answer answer) {
    AddWorkerRoute(
        method, queue,
        [answer = std::move(answer)](std::unique_ptr<ConnectRequest> call,
                                     HttpReply reply) {
          Request request;
          absl::Status status = StillWaits(call->deadline);
          if (status.ok()) {
            status = DecodeConnect(call->codec, call->bytes, &request);
          }
          if (!status.ok()) {
            SendError(status, std::move(reply));
            return;
          }
          answer(request, *call,
                 [codec = call->codec, reply = std::move(reply)](
                     absl::Status done, const Response& response) mutable {
                   if (!done.ok()) {
                     SendError(done, std::move(reply));
                     return;
                   }
                   std::move(reply).Send(ResponseOf(codec, response),
                                         absl::StatusCode::kOk);
                 });
        });
  }

  // A method that this server does not have.
  void Refuse(const char* method, const absl::Status& error) {
    AddRoute("POST", method,
             [error](std::unique_ptr<ConnectRequest>, HttpReply reply) {
               SendError(error, std::move(reply));
             });
  }

  void RefuseStream(const char* method) {
    const std::string name = method;
    routes_.AddAsync("POST", PathOf(method),
                     {name, [name](const HttpRequest& http, HttpReply reply) {
                        RefuseStreaming(http, name, std::move(reply));
                      }});
  }

 private:
  std::string PathOf(const char* method) const {
    return absl::StrCat("/", service_, "/", method);
  }

  // Adds a route whose handler takes the call once it is read.
  template <typename Handler>
  void AddRoute(const char* http_method, const char* method, Handler handler) {
    routes_.AddAsync(http_method, PathOf(method),
                     {method, [parts = parts_, handler = std::move(handler)](
                                  const HttpRequest& http, HttpReply reply) {
                        auto request = std::make_unique<ConnectRequest>();
                        if (auto refusal = ReadConnectRequest(
                                http, parts.require_version,
                                parts.max_body_bytes, request.get())) {
                          std::move(reply).Send(*std::move(refusal));
                          return;
                        }
                        handler(std::move(request), std::move(reply));
                      }});
  }

  // Adds a route whose handler a worker calls once it is its turn.
  template <typename Handler>
  void AddWorkerRoute(const char* method, const WorkerQueue& queue,
                      Handler handler) {
    AddRoute("POST", method,
             [queue, handler = std::move(handler)](
                 std::unique_ptr<ConnectRequest> request, HttpReply reply) {
               BackgroundWorker::Job job =
                   [request = std::move(request), handler,
                    reply = std::move(reply)](absl::Status turn) mutable {
                     if (!turn.ok()) {
                       SendError(turn, std::move(reply));
                       return;
                     }
                     handler(std::move(request), std::move(reply));
                   };
               if (!queue.worker->TrySubmit(&job)) {
                 job(TooMany(queue.what, queue.longest));
               }
             });
  }

  template <typename Request, typename Response, typename Answer>
  void Add(const char* http_method, const char* method, Answer answer) {
    AddRoute(http_method, method,
             [answer = std::move(answer)](
                 std::unique_ptr<ConnectRequest> request, HttpReply reply) {
               AnswerCall<Request, Response>(*request, answer,
                                             std::move(reply));
             });
  }

  const ConnectParts parts_;
  const std::string service_;
  HttpRoutes& routes_;
};

void AddScreening(const ConnectParts& parts, HttpRoutes* routes) {
  const DecisionSupport* support = parts.support;
  ServiceRoutes service(parts, "needlewise.v1.ScreeningService", routes);
  service.Post<v1::ScreenEligibilityRequest, v1::ScreenEligibilityResponse>(
      "ScreenEligibility", [support](const auto& request, auto* response,
                                     const ConnectRequest& call) {
        return support->StartScreenEligibility(call.caller, request, response);
      });
  service.Post<v1::BatchScreenEligibilityRequest,
               v1::BatchScreenEligibilityResponse>(
      "BatchScreenEligibility", [support](const auto& request, auto* response,
                                          const ConnectRequest& call) {
        return support->StartBatchScreenEligibility(
            call.caller, request, [&call] { return StillWaits(call.deadline); },
            response);
      });
  service.RefuseStream("StreamScreenEligibility");
  service.Post<v1::SuggestQuestionsRequest, v1::SuggestQuestionsResponse>(
      "SuggestQuestions",
      [support](const auto& request, auto* response, const ConnectRequest&) {
        return Unrecorded(support->SuggestQuestions(request, response));
      });
}

void AddFhir(const ConnectParts& parts, HttpRoutes* routes) {
  const FhirScreener screener = {parts.support, parts.catalogs};
  ServiceRoutes service(parts, "needlewise.v1.FhirService", routes);
  service.Post<v1::ScreenFhirBundleRequest, v1::ScreenFhirBundleResponse>(
      "ScreenFhirBundle", [screener](const auto& request, auto* response,
                                     const ConnectRequest& call) {
        return StartScreenFhirBundle(screener, call.caller, request, response);
      });
}

void AddRecommendation(const ConnectParts& parts, HttpRoutes* routes) {
  const DecisionSupport* support = parts.support;
  ServiceRoutes service(parts, "needlewise.v1.RecommendationService", routes);
  service.Post<v1::RecommendAddOnsRequest, v1::RecommendAddOnsResponse>(
      "RecommendAddOns", [support](const auto& request, auto* response,
                                   const ConnectRequest& call) {
        return support->StartRecommendAddOns(call.caller, request, response);
      });
  service.Post<v1::PlanTreatmentRequest, v1::PlanTreatmentResponse>(
      "PlanTreatment", [support](const auto& request, auto* response,
                                 const ConnectRequest& call) {
        return support->StartPlanTreatment(call.caller, request, response);
      });
}

void AddRuleCatalog(const ConnectParts& parts, HttpRoutes* routes) {
  ServiceRoutes service(parts, "needlewise.v1.RuleCatalogService", routes);
  service.PostAndGet<v1::GetRuleCatalogRequest, v1::GetRuleCatalogResponse>(
      "GetRuleCatalog",
      [catalogs = parts.catalogs](const ActiveCatalog& active,
                                  const auto& request, auto* response) {
        GetRuleCatalog(active, catalogs->Today(), request, response);
        return absl::OkStatus();
      });
  service.PostAndGet<v1::ListRulesRequest, v1::ListRulesResponse>(
      "ListRules",
      [](const ActiveCatalog& active, const auto& request, auto* response) {
        return ListRules(*active.compiled, request, response);
      });
  service.PostAndGet<v1::GetRuleRequest, v1::GetRuleResponse>(
      "GetRule",
      [](const ActiveCatalog& active, const auto& request, auto* response) {
        return GetRule(*active.compiled, request, response);
      });
  service.PostAndGet<v1::ListConceptsRequest, v1::ListConceptsResponse>(
      "ListConcepts",
      [](const ActiveCatalog& active, const auto& request, auto* response) {
        return ListConcepts(*active.compiled, request, response);
      });
  service.PostAndGet<v1::ListCitationsRequest, v1::ListCitationsResponse>(
      "ListCitations",
      [](const ActiveCatalog& active, const auto& request, auto* response) {
        return ListCitations(*active.compiled, request, response);
      });
  service.PostAndGet<v1::ListSourceConflictsRequest,
                     v1::ListSourceConflictsResponse>(
      "ListSourceConflicts",
      [](const ActiveCatalog& active, const auto& request, auto* response) {
        return ListSourceConflicts(*active.compiled, request, response);
      });
  service.RefuseStream("WatchRuleCatalog");
  service.PostToWorker<v1::ValidateRuleCatalogRequest,
                       v1::ValidateRuleCatalogResponse>(
      "ValidateRuleCatalog", CandidatesOf(parts),
      [catalogs = parts.catalogs](const auto& request, auto* response,
                                  const ConnectRequest&) {
        const Violations violations = CheckCandidate(request);
        if (!violations.empty()) return Unrecorded(FieldsInvalid(violations));
        FillValidation(catalogs->Validate(ToFileTexts(request)), response);
        return Unrecorded(absl::OkStatus());
      });
}

void RefuseDecisionLog(ServiceRoutes* service) {
  const auto* described =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
          kDecisionLogService);
  for (int i = 0; i < described->method_count(); ++i) {
    service->Refuse(described->method(i)->name().c_str(),
                    NotOffered("the decision log"));
  }
}

void AddDecisionLog(const ConnectParts& parts, HttpRoutes* routes) {
  ServiceRoutes service(parts, kDecisionLogService, routes);
  if (parts.recording == nullptr) {
    RefuseDecisionLog(&service);
    return;
  }
  const DecisionQueries* queries = &parts.recording->queries();
  const CatalogManager* catalogs = parts.catalogs;
  const WorkerQueue queue = LogQueriesOf(parts);
  service.PostToWorker<v1::GetDecisionRequest, v1::GetDecisionResponse>(
      "GetDecision", queue,
      [queries](const auto& request, auto* response, const ConnectRequest&) {
        return Unrecorded(queries->Get(request, response));
      });
  service.PostToWorker<v1::ListDecisionsRequest, v1::ListDecisionsResponse>(
      "ListDecisions", queue,
      [queries](const auto& request, auto* response, const ConnectRequest&) {
        return Unrecorded(queries->List(request, response));
      });
  service.PostToWorker<v1::ReplayDecisionRequest, v1::ReplayDecisionResponse>(
      "ReplayDecision", queue,
      [queries](const auto& request, auto* response, const ConnectRequest&) {
        return Unrecorded(queries->Replay(request, response));
      });
  service.PostToWorker<v1::ListRuleCountsRequest, v1::ListRuleCountsResponse>(
      "ListRuleCounts", queue,
      [queries, catalogs](const auto& request, auto* response,
                          const ConnectRequest&) {
        return Unrecorded(CountRules(*catalogs, *queries, request, response));
      });
  service.PostToWorker<v1::EvaluateCandidateRequest,
                       v1::EvaluateCandidateResponse>(
      "EvaluateCandidate", CandidatesOf(parts),
      [queries, catalogs](const auto& request, auto* response,
                          const ConnectRequest& call) {
        return Unrecorded(EvaluateCandidate(
            *catalogs, *queries, request,
            [&call] { return StillWaits(call.deadline); }, response));
      });
  service
      .PostToWorkerAsync<v1::ReportFeedbackRequest, v1::ReportFeedbackResponse>(
          "ReportFeedback", queue,
          [recording = parts.recording](const auto& request,
                                        const ConnectRequest& call, auto done) {
            StartFeedback(recording, request, call.caller.name,
                          std::move(done));
          });
}

}  // namespace

void AddConnectRoutes(const ConnectParts& parts, HttpRoutes* routes) {
  AddScreening(parts, routes);
  AddFhir(parts, routes);
  AddRecommendation(parts, routes);
  AddRuleCatalog(parts, routes);
  AddDecisionLog(parts, routes);
}

}  // namespace needlewise
