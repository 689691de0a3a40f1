// A client of the Needlewise services: typed calls with deadlines, retries and
// health-aware balancing, all done by the channel.
//
//   auto client = needlewise::Client::Create({});
//   if (!client.ok()) ...
//   auto answer = (*client)->ScreenEligibility(request);
//   if (!answer.ok()) std::cerr << needlewise::ExplainError(answer.status());

#ifndef NEEDLEWISE_CLIENT_NEEDLEWISE_CLIENT_H_
#define NEEDLEWISE_CLIENT_NEEDLEWISE_CLIENT_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/rpc_error.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/sync_stream.h"
#include "needlewise/v1/decision_log.grpc.pb.h"
#include "needlewise/v1/recommendation.grpc.pb.h"
#include "needlewise/v1/rule_catalog.grpc.pb.h"
#include "needlewise/v1/screening.grpc.pb.h"

namespace needlewise {

// What the standard health service says of a service.
enum class Health {
  // It takes calls.
  kServing,
  // It is up and takes no calls: no catalogue yet, or draining.
  kNotServing,
  // The server does not know a service of this name, or cannot say.
  kUnknown,
};

// What one call may set differently from its client.
struct CallOptions {
  // Unset: that of the client.
  std::optional<absl::Duration> deadline;
  // Whether to wait, until the deadline, for a server to be reachable and
  // serving, instead of failing.
  bool wait_for_ready = false;
};

// A stream of screenings. One thread may write while another reads; `Cancel`
// may be called from any thread.
class ScreeningStream final {
 public:
  ScreeningStream(const ScreeningStream&) = delete;
  ScreeningStream& operator=(const ScreeningStream&) = delete;

  // Sends a request; blocks while the server is behind. False: the stream is
  // broken, and `Finish` says why.
  bool Write(const v1::StreamScreenEligibilityRequest& request);

  // Says that no request follows. Call once, from the writing thread.
  void WritesDone();

  // Waits for the next answer, in the order of the requests. False: there is
  // none, and `Finish` says why.
  bool Read(v1::StreamScreenEligibilityResponse* response);

  // Breaks the stream off.
  void Cancel();

  // The outcome. Call once, after `Read` returned false.
  absl::Status Finish();

 private:
  friend class Client;
  ScreeningStream() = default;

  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriterInterface<
      v1::StreamScreenEligibilityRequest, v1::StreamScreenEligibilityResponse>>
      stream_;
};

// A watch on the catalogue in force. One thread reads; `Cancel` may be called
// from any thread.
class CatalogWatch final {
 public:
  CatalogWatch(const CatalogWatch&) = delete;
  CatalogWatch& operator=(const CatalogWatch&) = delete;

  // Waits for the next event; the first comes at once. False: the watch ended,
  // and `Finish` says why.
  bool Read(v1::WatchRuleCatalogResponse* event);

  // Ends the watch.
  void Cancel();

  // The outcome; CANCELLED after `Cancel`. Call once, after `Read` returned
  // false.
  absl::Status Finish();

 private:
  friend class Client;
  CatalogWatch() = default;

  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderInterface<v1::WatchRuleCatalogResponse>>
      stream_;
};

// Calls a Needlewise server. Every method blocks until the answer or the
// deadline, and may be called from any thread. A failed call is an error that
// `ExplainError` puts into words; missing clinical data is not a failure but
// an answer with a verdict.
//
// Only UNAVAILABLE is tried again, with growing pauses within the deadline.
// Set `request_id` in a deciding request so that a server that keeps a log
// records a retried decision once.
class Client final {
 public:
  struct Options {
    // gRPC target, usually `host:port`.
    std::string address = "127.0.0.1:7443";
    // Longest time a call may take, its retries included. Greater than 0.
    absl::Duration deadline = absl::Seconds(10);
    // How often a call is tried in all, from 1 (never again) to 5.
    int max_attempts = 4;
    // Greatest pause before the second try; doubles with each further one.
    // Also the pause before a failed connection is made again. From 1 ms.
    absl::Duration initial_backoff = absl::Milliseconds(100);
    // Greatest pause between two tries.
    absl::Duration max_backoff = absl::Seconds(2);
    // Whether calls go only to servers whose health service says SERVING. A
    // server without a health service counts as serving.
    bool health_aware = true;
    // The name that health is asked of. Empty: the server as a whole.
    std::string health_service;
    // Largest answer in bytes.
    int max_response_bytes = 64 * 1024 * 1024;
    // Whether the proxy that the environment names for HTTP is used.
    bool use_http_proxy = false;
    // Put before gRPC's own user agent.
    std::string user_agent = "needlewise-client";
    // Null: no encryption, which only a loopback address may have.
    std::shared_ptr<grpc::ChannelCredentials> credentials;
  };

  // INVALID_ARGUMENT for an option out of its range, and for an address that
  // is not loopback without credentials. Does not connect yet.
  static absl::StatusOr<std::unique_ptr<Client>> Create(Options options);

  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  absl::StatusOr<v1::ScreenEligibilityResponse> ScreenEligibility(
      const v1::ScreenEligibilityRequest& request,
      const CallOptions& call = {}) const;
  absl::StatusOr<v1::BatchScreenEligibilityResponse> BatchScreenEligibility(
      const v1::BatchScreenEligibilityRequest& request,
      const CallOptions& call = {}) const;
  absl::StatusOr<v1::SuggestQuestionsResponse> SuggestQuestions(
      const v1::SuggestQuestionsRequest& request,
      const CallOptions& call = {}) const;
  absl::StatusOr<v1::RecommendAddOnsResponse> RecommendAddOns(
      const v1::RecommendAddOnsRequest& request,
      const CallOptions& call = {}) const;
  absl::StatusOr<v1::PlanTreatmentResponse> PlanTreatment(
      const v1::PlanTreatmentRequest& request,
      const CallOptions& call = {}) const;
  absl::StatusOr<v1::GetRuleCatalogResponse> GetRuleCatalog(
      const v1::GetRuleCatalogRequest& request,
      const CallOptions& call = {}) const;
  // One page; `next_page_token` leads to the next.
  absl::StatusOr<v1::ListRulesResponse> ListRules(
      const v1::ListRulesRequest& request, const CallOptions& call = {}) const;
  absl::StatusOr<v1::GetRuleResponse> GetRule(
      const v1::GetRuleRequest& request, const CallOptions& call = {}) const;
  // One page; `next_page_token` leads to the next.
  absl::StatusOr<v1::ListConceptsResponse> ListConcepts(
      const v1::ListConceptsRequest& request,
      const CallOptions& call = {}) const;
  // One page; `next_page_token` leads to the next.
  absl::StatusOr<v1::ListCitationsResponse> ListCitations(
      const v1::ListCitationsRequest& request,
      const CallOptions& call = {}) const;
  // One page; `next_page_token` leads to the next.
  absl::StatusOr<v1::ListSourceConflictsResponse> ListSourceConflicts(
      const v1::ListSourceConflictsRequest& request,
      const CallOptions& call = {}) const;
  absl::StatusOr<v1::ValidateRuleCatalogResponse> ValidateRuleCatalog(
      const v1::ValidateRuleCatalogRequest& request,
      const CallOptions& call = {}) const;

  absl::StatusOr<v1::GetDecisionResponse> GetDecision(
      const v1::GetDecisionRequest& request,
      const CallOptions& call = {}) const;
  // One page; `next_page_token` leads to the next.
  absl::StatusOr<v1::ListDecisionsResponse> ListDecisions(
      const v1::ListDecisionsRequest& request,
      const CallOptions& call = {}) const;
  absl::StatusOr<v1::ReplayDecisionResponse> ReplayDecision(
      const v1::ReplayDecisionRequest& request,
      const CallOptions& call = {}) const;
  absl::StatusOr<v1::ReportFeedbackResponse> ReportFeedback(
      const v1::ReportFeedbackRequest& request,
      const CallOptions& call = {}) const;
  absl::StatusOr<v1::ListRuleCountsResponse> ListRuleCounts(
      const v1::ListRuleCountsRequest& request,
      const CallOptions& call = {}) const;
  absl::StatusOr<v1::EvaluateCandidateResponse> EvaluateCandidate(
      const v1::EvaluateCandidateRequest& request,
      const CallOptions& call = {}) const;

  // Opens a stream of screenings. It has no deadline unless `call` sets one.
  std::unique_ptr<ScreeningStream> StreamScreenEligibility(
      const CallOptions& call = {}) const;

  // Watches the catalogue in force. It has no deadline unless `call` sets one.
  std::unique_ptr<CatalogWatch> WatchRuleCatalog(
      const CallOptions& call = {}) const;

  // Asks the health service about `service`, empty for the server as a whole.
  // Works while the server is not serving, and is tried once only.
  absl::StatusOr<Health> CheckHealth(absl::string_view service,
                                     const CallOptions& call = {}) const;

 private:
  Client(Options options, std::shared_ptr<grpc::Channel> channel,
         std::shared_ptr<grpc::Channel> health_channel);

  void SetUp(const CallOptions& call, grpc::ClientContext* context) const;

  const Options options_;
  // Asks about health, so does not depend on it.
  const std::shared_ptr<grpc::Channel> health_channel_;
  const std::unique_ptr<v1::ScreeningService::StubInterface> screening_;
  const std::unique_ptr<v1::RecommendationService::StubInterface>
      recommendation_;
  const std::unique_ptr<v1::RuleCatalogService::StubInterface> rule_catalog_;
  const std::unique_ptr<v1::DecisionLogService::StubInterface> decision_log_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_CLIENT_NEEDLEWISE_CLIENT_H_
