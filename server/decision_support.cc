#include "server/decision_support.h"

#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "rules/engine/violation.h"
#include "server/decision_id.h"
#include "server/sha256.h"
#include "server/status.h"

namespace needlewise {
namespace {

// OK unless `digest` asks for another catalogue.
absl::Status CheckPin(absl::string_view digest,
                      const CompiledCatalog& catalog) {
  if (digest.empty() || digest == catalog.version.digest()) {
    return absl::OkStatus();
  }
  return CatalogVersionMismatch(catalog.version);
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

// Waits until the answer may leave.
absl::Status AwaitRecord(absl::StatusOr<PendingAnswer> pending) {
  if (!pending.ok()) return pending.status();
  return std::move(*pending).Await().status;
}

}  // namespace

DecisionSupport::DecisionSupport(Options options,
                                 const CatalogManager* catalogs,
                                 const Clock* clock, const Log* log)
    : options_{SaidBySite(std::move(options.site_findings)),
               options.max_findings, options.max_batch_items,
               options.time_zone},
      catalogs_(catalogs),
      clock_(clock),
      log_(log),
      site_(HashFindings(options_.site_findings)) {}

Environment DecisionSupport::Today() const {
  Environment environment;
  environment.today = absl::ToCivilDay(clock_->Now(), options_.time_zone);
  environment.site_findings = &options_.site_findings;
  environment.max_findings = options_.max_findings;
  return environment;
}

absl::Status DecisionSupport::Screen(
    const CompiledCatalog& catalog, const Environment& environment,
    const v1::ScreenEligibilityRequest& request,
    v1::ScreenEligibilityResponse* response) const {
  if (absl::Status pin = CheckPin(request.rule_catalog_digest(), catalog);
      !pin.ok()) {
    return pin;
  }
  Violations violations;
  v1::Decision* decision = response->mutable_decision();
  const bool decided =
      needlewise::Screen(catalog, environment, request, decision, &violations);
  if (!violations.empty()) return FieldsInvalid(violations);
  if (!decided) return Fault(*log_, "screening failed without a violation");
  response->set_decision_id(MakeDecisionId(
      {"screen", request.request_id(), &request, decision->as_of(),
       decision->today(), catalog.version.digest(), site_}));
  return absl::OkStatus();
}

absl::StatusOr<PendingAnswer> DecisionSupport::StartScreenEligibility(
    const Caller& /*caller*/, const v1::ScreenEligibilityRequest& request,
    v1::ScreenEligibilityResponse* response) const {
  const std::shared_ptr<const ActiveCatalog> active = catalogs_->Current();
  if (active == nullptr) return CatalogNotLoaded();
  if (absl::Status status =
          Screen(*active->compiled, Today(), request, response);
      !status.ok()) {
    return status;
  }
  return PendingAnswer();
}

absl::StatusOr<PendingAnswer> DecisionSupport::StartBatchScreenEligibility(
    const Caller& /*caller*/, const v1::BatchScreenEligibilityRequest& request,
    absl::FunctionRef<absl::Status()> may_go_on,
    v1::BatchScreenEligibilityResponse* response) const {
  const std::shared_ptr<const ActiveCatalog> active = catalogs_->Current();
  if (active == nullptr) return CatalogNotLoaded();
  const Violations violations = CheckBatch(request, options_.max_batch_items);
  if (!violations.empty()) return FieldsInvalid(violations);
  const Environment environment = Today();
  response->mutable_results()->Reserve(request.requests_size());
  for (const v1::ScreenEligibilityRequest& item : request.requests()) {
    if (absl::Status go_on = may_go_on(); !go_on.ok()) return go_on;
    v1::BatchScreenEligibilityResult* result = response->add_results();
    const absl::Status status = Screen(*active->compiled, environment, item,
                                       result->mutable_response());
    *result->mutable_status() = ToRpcStatus(status);
    if (!status.ok()) result->clear_response();
  }
  return PendingAnswer();
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
    const Caller& /*caller*/, const v1::RecommendAddOnsRequest& request,
    v1::RecommendAddOnsResponse* response) const {
  const std::shared_ptr<const ActiveCatalog> active = catalogs_->Current();
  if (active == nullptr) return CatalogNotLoaded();
  const CompiledCatalog& catalog = *active->compiled;
  if (absl::Status pin = CheckPin(request.rule_catalog_digest(), catalog);
      !pin.ok()) {
    return pin;
  }
  Violations violations;
  v1::AddOnDecision* decision = response->mutable_decision();
  const bool decided = needlewise::RecommendAddOns(catalog, Today(), request,
                                                   decision, &violations);
  if (!violations.empty()) return FieldsInvalid(violations);
  if (!decided) return Fault(*log_, "add-ons failed without a violation");
  response->set_decision_id(MakeDecisionId(
      {"add_ons", request.request_id(), &request, decision->as_of(),
       decision->today(), catalog.version.digest(), site_}));
  return PendingAnswer();
}

absl::StatusOr<PendingAnswer> DecisionSupport::StartPlanTreatment(
    const Caller& /*caller*/, const v1::PlanTreatmentRequest& request,
    v1::PlanTreatmentResponse* response) const {
  const std::shared_ptr<const ActiveCatalog> active = catalogs_->Current();
  if (active == nullptr) return CatalogNotLoaded();
  const CompiledCatalog& catalog = *active->compiled;
  if (absl::Status pin = CheckPin(request.rule_catalog_digest(), catalog);
      !pin.ok()) {
    return pin;
  }
  Violations violations;
  const Environment environment = Today();
  v1::TreatmentPlan* plan = response->mutable_plan();
  const PlanOutcome outcome = needlewise::PlanTreatment(
      catalog, environment, request, plan, &violations);
  if (!violations.empty()) return FieldsInvalid(violations);
  switch (outcome) {
    case PlanOutcome::kInvalid:
      return Fault(*log_, "planning failed without a violation");
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
  response->set_decision_id(
      MakeDecisionId({"plan", request.request_id(), &request, plan->as_of(),
                      absl::FormatCivilTime(environment.today),
                      catalog.version.digest(), site_}));
  return PendingAnswer();
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
