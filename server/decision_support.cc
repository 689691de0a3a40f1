#include "server/decision_support.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "rules/engine/violation.h"
#include "server/decision_id.h"
#include "server/decision_log/decision_recorder.h"
#include "server/sha256.h"
#include "server/status.h"

namespace needlewise {
namespace {

using ::google::protobuf::RepeatedPtrField;

// OK unless `digest` asks for another catalogue.
absl::Status CheckPin(absl::string_view digest,
                      const CompiledCatalog& catalog) {
  if (digest.empty() || digest == catalog.version.digest()) {
    return absl::OkStatus();
  }
  return CatalogVersionMismatch(catalog.version);
}

// Says what language an answer is in. The engine refuses one that is not
// offered.
template <typename Response>
void NameLanguage(const CompiledCatalog& catalog, const std::string& language,
                  Response* response) {
  const int found = FindWording(catalog.wordings, language);
  if (found < 0) return;
  response->set_language(catalog.wordings[found].language);
  response->set_untranslated_texts(catalog.wordings[found].untranslated);
}

std::vector<v1::Finding> SaidBySite(std::vector<v1::Finding> findings) {
  for (v1::Finding& finding : findings) finding.set_source(v1::SOURCE_SITE);
  return findings;
}

std::string HashFindings(const std::vector<v1::Finding>& findings) {
  Sha256 hash;
  for (const v1::Finding& finding : findings) {
    hash.Add(finding.SerializeAsString());
  }
  return hash.Finish();
}

// Repeated request ids of a batch, and too few or too many items.
Violations CheckBatch(const v1::BatchScreenEligibilityRequest& request,
                      int max_items) {
  if (request.requests().empty()) {
    return {{"requests", "must hold at least one request"}};
  }
  if (request.requests_size() > max_items) {
    return {{"requests", absl::StrCat("holds more than ", max_items,
                                      " requests; send several batches")}};
  }
  Violations violations;
  absl::flat_hash_map<absl::string_view, int> first_by_id;
  for (int i = 0; i < request.requests_size(); ++i) {
    const std::string& id = request.requests(i).request_id();
    if (id.empty()) continue;
    const auto [first, inserted] = first_by_id.emplace(id, i);
    if (inserted) continue;
    violations.push_back(
        {absl::StrCat("requests[", i, "].request_id"),
         absl::StrCat("is that of requests[", first->second,
                      "], too; each may occur once in a batch")});
  }
  return violations;
}

// Stands for the clinician and the reason of an acknowledgement that the log
// holds, which holds neither.
constexpr char kRecalled[] = "recalled from the log";

// Counts what a screening said; the verdicts of other decisions rest on it.
void CountVerdicts(const v1::Decision& decision, Metrics* metrics) {
  if (metrics != nullptr) metrics->CountDecision(decision);
}
template <typename Decision>
void CountVerdicts(const Decision&, Metrics*) {}

// How each deciding method decides; all else they have in common.
struct ScreenMethod {
  using Request = v1::ScreenEligibilityRequest;
  using Response = v1::ScreenEligibilityResponse;
  using Decision = v1::Decision;
  static constexpr char kName[] = "screen";

  static Decision* MutableDecision(Response* response) {
    return response->mutable_decision();
  }
  static RepeatedPtrField<v1::TreatmentSelection> Asked(
      const Request& request) {
    return request.treatments();
  }
  static absl::Status Decide(const CompiledCatalog& catalog,
                             const Environment& environment,
                             const Request& request, const Log& log,
                             Decision* decision) {
    Violations violations;
    const bool decided =
        Screen(catalog, environment, request, decision, &violations);
    if (!violations.empty()) return FieldsInvalid(violations);
    if (!decided) return Fault(log, "screening failed without a violation");
    return absl::OkStatus();
  }
};

struct AddOnsMethod {
  using Request = v1::RecommendAddOnsRequest;
  using Response = v1::RecommendAddOnsResponse;
  using Decision = v1::AddOnDecision;
  static constexpr char kName[] = "add_ons";

  static Decision* MutableDecision(Response* response) {
    return response->mutable_decision();
  }
  static RepeatedPtrField<v1::TreatmentSelection> Asked(
      const Request& request) {
    RepeatedPtrField<v1::TreatmentSelection> asked;
    *asked.Add() = request.base();
    return asked;
  }
  static absl::Status Decide(const CompiledCatalog& catalog,
                             const Environment& environment,
                             const Request& request, const Log& log,
                             Decision* decision) {
    Violations violations;
    const bool decided =
        RecommendAddOns(catalog, environment, request, decision, &violations);
    if (!violations.empty()) return FieldsInvalid(violations);
    if (!decided) return Fault(log, "add-ons failed without a violation");
    return absl::OkStatus();
  }
};

struct PlanMethod {
  using Request = v1::PlanTreatmentRequest;
  using Response = v1::PlanTreatmentResponse;
  using Decision = v1::TreatmentPlan;
  static constexpr char kName[] = "plan";

  static Decision* MutableDecision(Response* response) {
    return response->mutable_plan();
  }
  static RepeatedPtrField<v1::TreatmentSelection> Asked(
      const Request& request) {
    RepeatedPtrField<v1::TreatmentSelection> asked;
    *asked.Add() = request.base();
    return asked;
  }
  static absl::Status Decide(const CompiledCatalog& catalog,
                             const Environment& environment,
                             const Request& request, const Log& log,
                             Decision* plan) {
    Violations violations;
    const PlanOutcome outcome =
        PlanTreatment(catalog, environment, request, plan, &violations);
    if (!violations.empty()) return FieldsInvalid(violations);
    switch (outcome) {
      case PlanOutcome::kInvalid:
        return Fault(log, "planning failed without a violation");
      case PlanOutcome::kNotSatisfied: {
        std::vector<std::string> blocked;
        for (const v1::TreatmentDecision& decision : plan->screening()) {
          if (!IsEligible(decision.verdict())) {
            blocked.push_back(decision.treatment());
          }
        }
        return ScreeningNotSatisfied(blocked);
      }
      case PlanOutcome::kPlanned:
        break;
    }
    return absl::OkStatus();
  }
};

void AddAcknowledgeable(const v1::TreatmentDecision& treatment,
                        std::vector<std::string>* rules) {
  for (const v1::AreaDecision& area : treatment.areas()) {
    for (const v1::FiredRule& fired : area.fired()) {
      const bool may_be = fired.effect() == v1::EFFECT_KIND_REVIEW ||
                          fired.effect() == v1::EFFECT_KIND_PRECAUTION;
      if (may_be && !fired.acknowledged() &&
          std::find(rules->begin(), rules->end(), fired.rule_id()) ==
              rules->end()) {
        rules->push_back(fired.rule_id());
      }
    }
  }
}

// Rules that fired and could be acknowledged, and are not: each once.
std::vector<std::string> AcknowledgeableRules(const v1::Decision& decision) {
  std::vector<std::string> rules;
  for (const auto& treatment : decision.treatments()) {
    AddAcknowledgeable(treatment, &rules);
  }
  return rules;
}

std::vector<std::string> AcknowledgeableRules(
    const v1::AddOnDecision& decision) {
  std::vector<std::string> rules;
  AddAcknowledgeable(decision.base(), &rules);
  for (const auto& add_on : decision.add_ons()) {
    AddAcknowledgeable(add_on.screening(), &rules);
  }
  for (const auto& pair : decision.combinations()) {
    AddAcknowledgeable(pair.screening(), &rules);
  }
  return rules;
}

std::vector<std::string> AcknowledgeableRules(const v1::TreatmentPlan& plan) {
  std::vector<std::string> rules;
  for (const auto& screening : plan.screening()) {
    AddAcknowledgeable(screening, &rules);
  }
  return rules;
}

template <typename Request>
bool WantsRecall(const Request& request) {
  return request.recall_acknowledgements() &&
         !request.patient().patient_reference().empty();
}

// Waits until the answer may leave.
absl::Status AwaitRecord(absl::StatusOr<PendingAnswer> pending) {
  if (!pending.ok()) return pending.status();
  return std::move(*pending).Await().status;
}

}  // namespace

DecisionSupport::DecisionSupport(Options options,
                                 const CatalogManager* catalogs,
                                 const Clock* clock, const Log* log,
                                 Recording* recording,
                                 const ReceiptSigner* signer)
    : options_{SaidBySite(std::move(options.site_findings)),
               options.max_findings, options.max_batch_items, options.time_zone,
               options.metrics},
      catalogs_(catalogs),
      clock_(clock),
      log_(log),
      recording_(recording),
      signer_(signer),
      site_(HashFindings(options_.site_findings)) {}

struct DecisionSupport::Call {
  std::shared_ptr<const ActiveCatalog> active;
  Environment environment;
  const Caller* caller = nullptr;
  v1::DecisionMethod method = v1::DECISION_METHOD_UNSPECIFIED;
  std::chrono::steady_clock::time_point start;

  const CompiledCatalog& catalog() const { return *active->compiled; }
};

Environment DecisionSupport::Today() const {
  Environment environment;
  environment.today = absl::ToCivilDay(clock_->Now(), options_.time_zone);
  environment.site_findings = &options_.site_findings;
  environment.max_findings = options_.max_findings;
  return environment;
}

absl::Status DecisionSupport::Begin(const Caller& caller,
                                    v1::DecisionMethod method,
                                    Call* call) const {
  call->start = std::chrono::steady_clock::now();
  call->active = catalogs_->Current();
  if (call->active == nullptr) return CatalogNotLoaded();
  if (recording_ != nullptr) recording_->Archive(call->active->compiled);
  call->environment = Today();
  call->caller = &caller;
  call->method = method;
  return absl::OkStatus();
}

template <typename Method>
absl::StatusOr<typename Method::Request> DecisionSupport::Recall(
    const Call& call, const typename Method::Request& request,
    const typename Method::Decision& decision,
    std::vector<std::string>* recalled) const {
  typename Method::Request effective = request;
  const CompiledCatalog& catalog = call.catalog();
  // What was decided on is a whole date.
  const Day as_of = request.as_of().empty() ? ToDay(call.environment.today)
                                            : *ParseWholeDate(request.as_of());
  const std::vector<SubjectKeys::Hash> subjects =
      recording_->recorder().subject_keys().EveryHashOf(
          request.patient().patient_reference());
  for (const std::string& rule_id : AcknowledgeableRules(decision)) {
    const std::string state = AcknowledgedState(
        catalog, catalog.rules[catalog.rule_index.at(rule_id)],
        request.patient(), as_of, call.environment.today,
        Method::Asked(request));
    for (const SubjectKeys::Hash& subject : subjects) {
      const absl::StatusOr<bool> known = recording_->queries().HasKey(
          AcknowledgementKey(subject.hash, rule_id, state));
      if (!known.ok()) return known.status();
      if (!*known) continue;
      v1::Acknowledgement* given = effective.add_acknowledgements();
      given->set_rule_id(rule_id);
      given->set_clinician_reference(kRecalled);
      given->set_reason(kRecalled);
      recalled->push_back(rule_id);
      break;
    }
  }
  return effective;
}

template <typename Method>
absl::Status DecisionSupport::Decide(const Call& call,
                                     const typename Method::Request& asked,
                                     typename Method::Response* response,
                                     OwedRecords* owed) const {
  const CompiledCatalog& catalog = call.catalog();
  if (absl::Status pin = CheckPin(asked.rule_catalog_digest(), catalog);
      !pin.ok()) {
    return pin;
  }
  if (asked.wants_receipt() && signer_ == nullptr) return ReceiptsNotOffered();
  NameLanguage(catalog, asked.language(), response);
  auto* decision = Method::MutableDecision(response);
  absl::Status decided =
      Method::Decide(catalog, call.environment, asked, *log_, decision);
  const bool recalls = ReadsLog(asked) && recording_ != nullptr;
  // What stands against a plan may be acknowledged.
  if (!decided.ok() && !(recalls && absl::IsFailedPrecondition(decided))) {
    return decided;
  }
  const typename Method::Request* request = &asked;
  std::vector<std::string> recalled;
  typename Method::Request effective;
  if (recalls) {
    auto with_recalled = Recall<Method>(call, asked, *decision, &recalled);
    if (!with_recalled.ok()) return with_recalled.status();
    effective = *std::move(with_recalled);
    request = &effective;
  }
  if (!recalled.empty()) {
    decision->Clear();
    decided =
        Method::Decide(catalog, call.environment, *request, *log_, decision);
    response->mutable_recalled_acknowledgements()->Add(recalled.begin(),
                                                       recalled.end());
  }
  if (!decided.ok()) return decided;
  const std::string today = FormatDay(ToDay(call.environment.today));
  response->set_decision_id(MakeDecisionId({Method::kName, asked.request_id(),
                                            request, decision->as_of(), today,
                                            catalog.version.digest(), site_}));
  CountVerdicts(*decision, options_.metrics);
  if (asked.wants_receipt()) {
    absl::StatusOr<v1::Receipt> receipt = signer_->Sign(
        response->decision_id(), asked, *decision, catalog.version.digest(),
        OutcomeOf(*decision), clock_->Now());
    if (!receipt.ok()) return Fault(*log_, "a receipt could not be signed");
    *response->mutable_receipt() = *std::move(receipt);
  }
  if (recording_ == nullptr) return absl::OkStatus();
  RecordContext context;
  context.catalog = &catalog;
  context.today = call.environment.today;
  context.method = call.method;
  context.caller = call.caller->name;
  context.decision_id = response->decision_id();
  context.latency =
      absl::FromChrono(std::chrono::steady_clock::now() - call.start);
  context.recalled = &recalled;
  owed->entries.push_back(
      recording_->recorder().Record(context, *request, *decision));
  owed->decision_ids.push_back(response->decision_id());
  return absl::OkStatus();
}

template <typename Method>
absl::StatusOr<PendingAnswer> DecisionSupport::Start(
    const Caller& caller, v1::DecisionMethod method,
    const typename Method::Request& request,
    typename Method::Response* response) const {
  Call call;
  if (absl::Status begun = Begin(caller, method, &call); !begun.ok()) {
    return begun;
  }
  OwedRecords owed;
  if (absl::Status decided = Decide<Method>(call, request, response, &owed);
      !decided.ok()) {
    return decided;
  }
  if (recording_ == nullptr) return PendingAnswer();
  return recording_->Owe(std::move(owed));
}

absl::StatusOr<PendingAnswer> DecisionSupport::StartScreenEligibility(
    const Caller& caller, const v1::ScreenEligibilityRequest& request,
    v1::ScreenEligibilityResponse* response) const {
  return Start<ScreenMethod>(
      caller,
      caller.streams ? v1::DECISION_METHOD_STREAM : v1::DECISION_METHOD_SCREEN,
      request, response);
}

absl::StatusOr<PendingAnswer> DecisionSupport::StartBatchScreenEligibility(
    const Caller& caller, const v1::BatchScreenEligibilityRequest& request,
    absl::FunctionRef<absl::Status()> may_go_on,
    v1::BatchScreenEligibilityResponse* response) const {
  Call call;
  if (absl::Status begun = Begin(caller, v1::DECISION_METHOD_BATCH, &call);
      !begun.ok()) {
    return begun;
  }
  const Violations violations = CheckBatch(request, options_.max_batch_items);
  if (!violations.empty()) return FieldsInvalid(violations);
  OwedRecords owed;
  response->mutable_results()->Reserve(request.requests_size());
  for (int i = 0; i < request.requests_size(); ++i) {
    if (absl::Status go_on = may_go_on(); !go_on.ok()) return go_on;
    v1::BatchScreenEligibilityResult* result = response->add_results();
    call.start = std::chrono::steady_clock::now();
    const absl::Status status = Decide<ScreenMethod>(
        call, request.requests(i), result->mutable_response(), &owed);
    *result->mutable_status() = ToRpcStatus(status);
    if (!status.ok()) result->clear_response();
    if (owed.entries.size() > owed.items.size()) {
      owed.items.push_back(static_cast<size_t>(i));
    }
  }
  if (recording_ == nullptr) return PendingAnswer();
  return recording_->Owe(std::move(owed));
}

absl::Status DecisionSupport::SuggestQuestions(
    const v1::SuggestQuestionsRequest& request,
    v1::SuggestQuestionsResponse* response) const {
  const std::shared_ptr<const ActiveCatalog> active = catalogs_->Current();
  if (active == nullptr) return CatalogNotLoaded();
  if (absl::Status pin =
          CheckPin(request.rule_catalog_digest(), *active->compiled);
      !pin.ok()) {
    return pin;
  }
  Violations violations;
  const bool answered = needlewise::SuggestQuestions(
      *active->compiled, Today(), request, response, &violations);
  if (!violations.empty()) return FieldsInvalid(violations);
  if (!answered) return Fault(*log_, "questions failed without a violation");
  return absl::OkStatus();
}

absl::StatusOr<PendingAnswer> DecisionSupport::StartRecommendAddOns(
    const Caller& caller, const v1::RecommendAddOnsRequest& request,
    v1::RecommendAddOnsResponse* response) const {
  return Start<AddOnsMethod>(caller, v1::DECISION_METHOD_ADD_ONS, request,
                             response);
}

absl::StatusOr<PendingAnswer> DecisionSupport::StartPlanTreatment(
    const Caller& caller, const v1::PlanTreatmentRequest& request,
    v1::PlanTreatmentResponse* response) const {
  return Start<PlanMethod>(caller, v1::DECISION_METHOD_PLAN, request, response);
}

absl::Status DecisionSupport::ScreenEligibility(
    const v1::ScreenEligibilityRequest& request,
    v1::ScreenEligibilityResponse* response, const Caller& caller) const {
  return AwaitRecord(StartScreenEligibility(caller, request, response));
}

absl::Status DecisionSupport::BatchScreenEligibility(
    const v1::BatchScreenEligibilityRequest& request,
    absl::FunctionRef<absl::Status()> may_go_on,
    v1::BatchScreenEligibilityResponse* response, const Caller& caller) const {
  absl::StatusOr<PendingAnswer> pending =
      StartBatchScreenEligibility(caller, request, may_go_on, response);
  if (!pending.ok()) return pending.status();
  const RecordOutcome outcome = std::move(*pending).Await();
  ReplaceFaultyItems(outcome.faults, response);
  return outcome.status;
}

absl::Status DecisionSupport::RecommendAddOns(
    const v1::RecommendAddOnsRequest& request,
    v1::RecommendAddOnsResponse* response, const Caller& caller) const {
  return AwaitRecord(StartRecommendAddOns(caller, request, response));
}

absl::Status DecisionSupport::PlanTreatment(
    const v1::PlanTreatmentRequest& request,
    v1::PlanTreatmentResponse* response, const Caller& caller) const {
  return AwaitRecord(StartPlanTreatment(caller, request, response));
}

bool ReadsLog(const v1::ScreenEligibilityRequest& request) {
  return WantsRecall(request);
}
bool ReadsLog(const v1::BatchScreenEligibilityRequest& request) {
  return std::any_of(request.requests().begin(), request.requests().end(),
                     [](const auto& item) { return WantsRecall(item); });
}
bool ReadsLog(const v1::RecommendAddOnsRequest& request) {
  return WantsRecall(request);
}
bool ReadsLog(const v1::PlanTreatmentRequest& request) {
  return WantsRecall(request);
}

void ReplaceFaultyItems(const std::vector<RecordOutcome::ItemFault>& faults,
                        v1::BatchScreenEligibilityResponse* response) {
  for (const RecordOutcome::ItemFault& fault : faults) {
    v1::BatchScreenEligibilityResult* result =
        response->mutable_results(static_cast<int>(fault.index));
    *result->mutable_status() = ToRpcStatus(fault.status);
    result->clear_response();
  }
}

}  // namespace needlewise
