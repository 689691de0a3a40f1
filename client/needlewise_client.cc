#include "client/needlewise_client.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "google/protobuf/wrappers.pb.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/channel_arguments.h"

namespace needlewise {
namespace {

// gRPC itself tries no call more often.
constexpr int kMostAttempts = 5;

// Whether patient data sent to `address` stays on this machine.
bool IsLoopback(absl::string_view address) {
  if (absl::StartsWith(address, "unix:")) return true;
  for (const absl::string_view scheme : {"dns:///", "ipv4:", "ipv6:"}) {
    if (absl::ConsumePrefix(&address, scheme)) break;
  }
  if (absl::StartsWith(address, "[::1]")) return true;
  const absl::string_view host = address.substr(0, address.find(':'));
  // A name such as `127.evil.example` is no address of the loopback network.
  return host == "localhost" ||
         (absl::StartsWith(host, "127.") &&
          host.find_first_not_of("0123456789.") == absl::string_view::npos);
}

absl::Status CheckOptions(const Client::Options& options) {
  if (options.address.empty()) {
    return absl::InvalidArgumentError("address is empty; name `host:port`");
  }
  if (options.deadline <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("deadline must be greater than 0");
  }
  if (options.max_attempts < 1 || options.max_attempts > kMostAttempts) {
    return absl::InvalidArgumentError(
        absl::StrCat("number of attempts must be from 1 to ", kMostAttempts));
  }
  if (options.initial_backoff < absl::Milliseconds(1) ||
      options.max_backoff < options.initial_backoff) {
    return absl::InvalidArgumentError(
        "pauses between tries must be at least 1 ms, the first not longer "
        "than the greatest");
  }
  if (options.max_response_bytes <= 0) {
    return absl::InvalidArgumentError(
        "largest answer must be greater than 0 bytes");
  }
  if (!std::all_of(options.health_service.begin(), options.health_service.end(),
                   [](char c) {
                     return absl::ascii_isalnum(c) || c == '.' || c == '_';
                   })) {
    return absl::InvalidArgumentError(absl::StrCat(
        "health service `", options.health_service, "` is not a service name"));
  }
  if (options.credentials == nullptr && !IsLoopback(options.address)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "address `", options.address,
        "` is not on this machine, and patient data does not leave it "
        "unencrypted; use a loopback address, or credentials"));
  }
  return absl::OkStatus();
}

// The channel's service config. Health checking needs a policy that looks at
// health, which gRPC's default `pick_first` does not.
std::string ServiceConfig(const Client::Options& options) {
  std::string json = "{";
  if (options.health_aware) {
    absl::StrAppend(&json, R"("loadBalancingConfig":[{"round_robin":{}}],)",
                    R"("healthCheckConfig":{"serviceName":")",
                    options.health_service, R"("},)");
  }
  if (options.max_attempts > 1) {
    absl::StrAppendFormat(
        &json,
        R"("retryThrottling":{"maxTokens":100,"tokenRatio":0.1},)"
        R"("methodConfig":[{"name":[{}],"retryPolicy":{"maxAttempts":%d,)"
        R"("initialBackoff":"%.3fs","maxBackoff":"%.3fs",)"
        R"("backoffMultiplier":2,"retryableStatusCodes":["UNAVAILABLE"]}}],)",
        options.max_attempts, absl::ToDoubleSeconds(options.initial_backoff),
        absl::ToDoubleSeconds(options.max_backoff));
  }
  if (json.back() == ',') json.pop_back();
  return json + "}";
}

std::shared_ptr<grpc::Channel> MakeChannel(const Client::Options& options,
                                           const std::string& service_config) {
  grpc::ChannelArguments arguments;
  arguments.SetUserAgentPrefix(options.user_agent);
  arguments.SetMaxReceiveMessageSize(options.max_response_bytes);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, options.use_http_proxy ? 1 : 0);
  arguments.SetServiceConfigJSON(service_config);
  // A connection that fails is made again at the pace at which calls are, so
  // that a server that has just started is found soon.
  arguments.SetInt(
      GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS,
      static_cast<int>(absl::ToInt64Milliseconds(options.initial_backoff)));
  arguments.SetInt(
      GRPC_ARG_MAX_RECONNECT_BACKOFF_MS,
      static_cast<int>(absl::ToInt64Milliseconds(options.max_backoff)));
  return grpc::CreateCustomChannel(options.address,
                                   options.credentials != nullptr
                                       ? options.credentials
                                       : grpc::InsecureChannelCredentials(),
                                   arguments);
}

std::chrono::system_clock::time_point DeadlineIn(absl::Duration duration) {
  return absl::ToChronoTime(absl::Now() + duration);
}

template <typename Response>
absl::StatusOr<Response> Result(const grpc::Status& status,
                                Response&& response) {
  if (!status.ok()) return ToAbslStatus(status);
  return std::forward<Response>(response);
}

}  // namespace

bool ScreeningStream::Write(const v1::StreamScreenEligibilityRequest& request) {
  return stream_->Write(request);
}

void ScreeningStream::WritesDone() { stream_->WritesDone(); }

bool ScreeningStream::Read(v1::StreamScreenEligibilityResponse* response) {
  return stream_->Read(response);
}

void ScreeningStream::Cancel() { context_.TryCancel(); }

absl::Status ScreeningStream::Finish() {
  return ToAbslStatus(stream_->Finish());
}

bool CatalogWatch::Read(v1::WatchRuleCatalogResponse* event) {
  return stream_->Read(event);
}

void CatalogWatch::Cancel() { context_.TryCancel(); }

absl::Status CatalogWatch::Finish() { return ToAbslStatus(stream_->Finish()); }

absl::StatusOr<std::unique_ptr<Client>> Client::Create(Options options) {
  if (const absl::Status status = CheckOptions(options); !status.ok()) {
    return status;
  }
  std::shared_ptr<grpc::Channel> channel =
      MakeChannel(options, ServiceConfig(options));
  Options plain = options;
  plain.health_aware = false;
  plain.max_attempts = 1;
  std::shared_ptr<grpc::Channel> health_channel =
      MakeChannel(plain, ServiceConfig(plain));
  return absl::WrapUnique(new Client(std::move(options), std::move(channel),
                                     std::move(health_channel)));
}

Client::Client(Options options, std::shared_ptr<grpc::Channel> channel,
               std::shared_ptr<grpc::Channel> health_channel)
    : options_(std::move(options)),
      health_channel_(std::move(health_channel)),
      screening_(v1::ScreeningService::NewStub(channel)),
      recommendation_(v1::RecommendationService::NewStub(channel)),
      rule_catalog_(v1::RuleCatalogService::NewStub(channel)),
      decision_log_(v1::DecisionLogService::NewStub(channel)) {}

void Client::SetUp(const CallOptions& call,
                   grpc::ClientContext* context) const {
  context->set_deadline(DeadlineIn(call.deadline.value_or(options_.deadline)));
  context->set_wait_for_ready(call.wait_for_ready);
}

absl::StatusOr<v1::ScreenEligibilityResponse> Client::ScreenEligibility(
    const v1::ScreenEligibilityRequest& request,
    const CallOptions& call) const {
  grpc::ClientContext context;
  SetUp(call, &context);
  v1::ScreenEligibilityResponse response;
  return Result(screening_->ScreenEligibility(&context, request, &response),
                std::move(response));
}

absl::StatusOr<v1::BatchScreenEligibilityResponse>
Client::BatchScreenEligibility(const v1::BatchScreenEligibilityRequest& request,
                               const CallOptions& call) const {
  grpc::ClientContext context;
  SetUp(call, &context);
  v1::BatchScreenEligibilityResponse response;
  return Result(
      screening_->BatchScreenEligibility(&context, request, &response),
      std::move(response));
}

absl::StatusOr<v1::SuggestQuestionsResponse> Client::SuggestQuestions(
    const v1::SuggestQuestionsRequest& request, const CallOptions& call) const {
  grpc::ClientContext context;
  SetUp(call, &context);
  v1::SuggestQuestionsResponse response;
  return Result(screening_->SuggestQuestions(&context, request, &response),
                std::move(response));
}

absl::StatusOr<v1::RecommendAddOnsResponse> Client::RecommendAddOns(
    const v1::RecommendAddOnsRequest& request, const CallOptions& call) const {
  grpc::ClientContext context;
  SetUp(call, &context);
  v1::RecommendAddOnsResponse response;
  return Result(recommendation_->RecommendAddOns(&context, request, &response),
                std::move(response));
}

absl::StatusOr<v1::PlanTreatmentResponse> Client::PlanTreatment(
    const v1::PlanTreatmentRequest& request, const CallOptions& call) const {
  grpc::ClientContext context;
  SetUp(call, &context);
  v1::PlanTreatmentResponse response;
  return Result(recommendation_->PlanTreatment(&context, request, &response),
                std::move(response));
}

absl::StatusOr<v1::GetRuleCatalogResponse> Client::GetRuleCatalog(
    const v1::GetRuleCatalogRequest& request, const CallOptions& call) const {
  grpc::ClientContext context;
  SetUp(call, &context);
  v1::GetRuleCatalogResponse response;
  return Result(rule_catalog_->GetRuleCatalog(&context, request, &response),
                std::move(response));
}

absl::StatusOr<v1::ListRulesResponse> Client::ListRules(
    const v1::ListRulesRequest& request, const CallOptions& call) const {
  grpc::ClientContext context;
  SetUp(call, &context);
  v1::ListRulesResponse response;
  return Result(rule_catalog_->ListRules(&context, request, &response),
                std::move(response));
}

absl::StatusOr<v1::GetRuleResponse> Client::GetRule(
    const v1::GetRuleRequest& request, const CallOptions& call) const {
  grpc::ClientContext context;
  SetUp(call, &context);
  v1::GetRuleResponse response;
  return Result(rule_catalog_->GetRule(&context, request, &response),
                std::move(response));
}

absl::StatusOr<v1::ListConceptsResponse> Client::ListConcepts(
    const v1::ListConceptsRequest& request, const CallOptions& call) const {
  grpc::ClientContext context;
  SetUp(call, &context);
  v1::ListConceptsResponse response;
  return Result(rule_catalog_->ListConcepts(&context, request, &response),
                std::move(response));
}

absl::StatusOr<v1::ListCitationsResponse> Client::ListCitations(
    const v1::ListCitationsRequest& request, const CallOptions& call) const {
  grpc::ClientContext context;
  SetUp(call, &context);
  v1::ListCitationsResponse response;
  return Result(rule_catalog_->ListCitations(&context, request, &response),
                std::move(response));
}

absl::StatusOr<v1::ListSourceConflictsResponse> Client::ListSourceConflicts(
    const v1::ListSourceConflictsRequest& request,
    const CallOptions& call) const {
  grpc::ClientContext context;
  SetUp(call, &context);
  v1::ListSourceConflictsResponse response;
  return Result(
      rule_catalog_->ListSourceConflicts(&context, request, &response),
      std::move(response));
}

absl::StatusOr<v1::ValidateRuleCatalogResponse> Client::ValidateRuleCatalog(
    const v1::ValidateRuleCatalogRequest& request,
    const CallOptions& call) const {
  grpc::ClientContext context;
  SetUp(call, &context);
  v1::ValidateRuleCatalogResponse response;
  return Result(
      rule_catalog_->ValidateRuleCatalog(&context, request, &response),
      std::move(response));
}

absl::StatusOr<v1::GetDecisionResponse> Client::GetDecision(
    const v1::GetDecisionRequest& request, const CallOptions& call) const {
  grpc::ClientContext context;
  SetUp(call, &context);
  v1::GetDecisionResponse response;
  const grpc::Status status =
      decision_log_->GetDecision(&context, request, &response);
  return Result(status, std::move(response));
}

absl::StatusOr<v1::ListDecisionsResponse> Client::ListDecisions(
    const v1::ListDecisionsRequest& request, const CallOptions& call) const {
  grpc::ClientContext context;
  SetUp(call, &context);
  v1::ListDecisionsResponse response;
  const grpc::Status status =
      decision_log_->ListDecisions(&context, request, &response);
  return Result(status, std::move(response));
}

absl::StatusOr<v1::ReplayDecisionResponse> Client::ReplayDecision(
    const v1::ReplayDecisionRequest& request, const CallOptions& call) const {
  grpc::ClientContext context;
  SetUp(call, &context);
  v1::ReplayDecisionResponse response;
  const grpc::Status status =
      decision_log_->ReplayDecision(&context, request, &response);
  return Result(status, std::move(response));
}

absl::StatusOr<v1::ReportFeedbackResponse> Client::ReportFeedback(
    const v1::ReportFeedbackRequest& request, const CallOptions& call) const {
  grpc::ClientContext context;
  SetUp(call, &context);
  v1::ReportFeedbackResponse response;
  const grpc::Status status =
      decision_log_->ReportFeedback(&context, request, &response);
  return Result(status, std::move(response));
}

absl::StatusOr<v1::ListRuleCountsResponse> Client::ListRuleCounts(
    const v1::ListRuleCountsRequest& request, const CallOptions& call) const {
  grpc::ClientContext context;
  SetUp(call, &context);
  v1::ListRuleCountsResponse response;
  const grpc::Status status =
      decision_log_->ListRuleCounts(&context, request, &response);
  return Result(status, std::move(response));
}

absl::StatusOr<v1::EvaluateCandidateResponse> Client::EvaluateCandidate(
    const v1::EvaluateCandidateRequest& request,
    const CallOptions& call) const {
  grpc::ClientContext context;
  SetUp(call, &context);
  v1::EvaluateCandidateResponse response;
  const grpc::Status status =
      decision_log_->EvaluateCandidate(&context, request, &response);
  return Result(status, std::move(response));
}

std::unique_ptr<ScreeningStream> Client::StreamScreenEligibility(
    const CallOptions& call) const {
  auto stream = absl::WrapUnique(new ScreeningStream());
  if (call.deadline.has_value()) {
    stream->context_.set_deadline(DeadlineIn(*call.deadline));
  }
  stream->context_.set_wait_for_ready(call.wait_for_ready);
  stream->stream_ = screening_->StreamScreenEligibility(&stream->context_);
  return stream;
}

std::unique_ptr<CatalogWatch> Client::WatchRuleCatalog(
    const CallOptions& call) const {
  auto watch = absl::WrapUnique(new CatalogWatch());
  if (call.deadline.has_value()) {
    watch->context_.set_deadline(DeadlineIn(*call.deadline));
  }
  watch->context_.set_wait_for_ready(call.wait_for_ready);
  watch->stream_ = rule_catalog_->WatchRuleCatalog(
      &watch->context_, v1::WatchRuleCatalogRequest());
  return watch;
}

absl::StatusOr<Health> Client::CheckHealth(absl::string_view service,
                                           const CallOptions& call) const {
  // On the wire `HealthCheckRequest` is one string in field 1 and
  // `HealthCheckResponse` one enum in field 1: the forms of these wrappers.
  google::protobuf::StringValue request;
  request.set_value(std::string(service));
  google::protobuf::Int32Value response;

  grpc::ClientContext context;
  SetUp(call, &context);
  grpc::CompletionQueue queue;
  grpc::TemplatedGenericStub<google::protobuf::StringValue,
                             google::protobuf::Int32Value>
      stub(health_channel_);
  const auto reader = stub.PrepareUnaryCall(
      &context, "/grpc.health.v1.Health/Check", request, &queue);
  grpc::Status status;
  reader->StartCall();
  reader->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }

  if (status.error_code() == grpc::StatusCode::NOT_FOUND) {
    return Health::kUnknown;
  }
  if (!status.ok()) return ToAbslStatus(status);
  switch (response.value()) {
    case 1:
      return Health::kServing;
    case 2:
      return Health::kNotServing;
    default:
      return Health::kUnknown;
  }
}

}  // namespace needlewise
