#include "server/fhir/screen_bundle.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "rules/engine/decide.h"
#include "rules/engine/wording.h"
#include "server/decision_id.h"
#include "server/fhir/decision_resources.h"
#include "server/fhir/json.h"
#include "server/sha256.h"
#include "server/status.h"

namespace needlewise {
namespace {

// A catalogue that is replaced while a record is read is rare; one that is
// replaced again and again is a mistake.
constexpr int kMostAttempts = 4;

// The same fault is found as often as an element is read.
Violations EachOnce(Violations violations) {
  Violations once;
  for (FieldViolation& violation : violations) {
    const bool said =
        std::any_of(once.begin(), once.end(), [&](const FieldViolation& other) {
          return other.field == violation.field &&
                 other.description == violation.description;
        });
    if (!said) once.push_back(std::move(violation));
  }
  return once;
}

// Most faults that are worth telling of one record.
constexpr size_t kMostViolations = 100;

absl::Status Refuse(Violations violations) {
  if (violations.size() > kMostViolations) {
    violations.erase(violations.begin() + kMostViolations, violations.end());
  }
  return FieldsInvalid(EachOnce(std::move(violations)));
}

v1::ScreenEligibilityRequest WithoutPatient(
    const v1::ScreenFhirBundleRequest& request) {
  v1::ScreenEligibilityRequest asked;
  asked.set_request_id(request.request_id());
  asked.set_as_of(request.as_of());
  *asked.mutable_treatments() = request.treatments();
  asked.set_profile(request.profile());
  asked.set_view(request.view());
  asked.set_rule_catalog_digest(request.rule_catalog_digest());
  *asked.mutable_acknowledgements() = request.acknowledgements();
  asked.set_language(request.language());
  return asked;
}

// What to plan where all that was asked about is eligible. False: nothing of it
// is a base treatment.
bool MakePlanRequest(const CompiledCatalog& catalog,
                     const v1::ScreenEligibilityRequest& asked,
                     v1::PlanTreatmentRequest* wanted) {
  const auto definition_of = [&](const v1::TreatmentSelection& selection) {
    return catalog.treatments[catalog.treatment_index.at(selection.treatment())]
        .definition;
  };
  const auto base = std::find_if(
      asked.treatments().begin(), asked.treatments().end(),
      [&](const auto& item) { return definition_of(item)->base().empty(); });
  if (base == asked.treatments().end()) return false;
  *wanted->mutable_base() = *base;
  for (const v1::TreatmentSelection& item : asked.treatments()) {
    if (definition_of(item)->base() != base->treatment()) continue;
    // Of a combination, what it combines.
    const auto& combined = definition_of(item)->combines();
    std::vector<std::string> add_ons(combined.begin(), combined.end());
    if (add_ons.empty()) add_ons.push_back(item.treatment());
    for (const std::string& add_on : add_ons) {
      if (std::find(wanted->add_ons().begin(), wanted->add_ons().end(),
                    add_on) != wanted->add_ons().end()) {
        continue;
      }
      wanted->add_add_ons(add_on);
      if (!item.has_device()) continue;
      v1::AddOnDevice* device = wanted->add_add_on_devices();
      device->set_add_on(add_on);
      *device->mutable_device() = item.device();
    }
  }
  // The id of the screening is taken by its record.
  if (!asked.request_id().empty()) {
    wanted->set_request_id(
        ToUuid(Sha256().Add("plan").Add(asked.request_id()).Finish()));
  }
  *wanted->mutable_patient() = asked.patient();
  wanted->set_profile(asked.profile());
  *wanted->mutable_acknowledgements() = asked.acknowledgements();
  wanted->set_language(asked.language());
  return true;
}

// Plans where everything is eligible. Gives the right to send both answers.
absl::StatusOr<PendingAnswer> StartPlan(
    const FhirScreener& screener, const Caller& caller,
    const v1::ScreenEligibilityRequest& asked, const ScreenedRecord& screened,
    PendingAnswer pending, v1::ScreenFhirBundleResponse* response) {
  const CompiledCatalog& catalog = *screened.catalog->compiled;
  for (const v1::TreatmentDecision& made :
       screened.response.decision().treatments()) {
    if (!IsEligible(made.verdict())) return pending;
  }
  v1::PlanTreatmentRequest wanted;
  if (!MakePlanRequest(catalog, asked, &wanted)) return pending;
  wanted.set_as_of(screened.response.decision().as_of());
  absl::StatusOr<PendingAnswer> planned = screener.support->StartPlanTreatment(
      caller, wanted, response->mutable_plan());
  if (planned.ok() &&
      response->plan().plan().catalog().digest() != catalog.version.digest()) {
    return CatalogNotLoaded();
  }
  if (planned.ok()) return Both(std::move(pending), *std::move(planned));
  response->clear_plan();
  // What is eligible one by one need not be so together, and may be more than
  // one plan holds.
  if (absl::IsFailedPrecondition(planned.status()) ||
      absl::IsInvalidArgument(planned.status())) {
    return pending;
  }
  return planned;
}

}  // namespace

bool ReadsLog(const v1::ScreenFhirBundleRequest& request) {
  return !request.request_id().empty();
}

Violations ViolationsIn(const absl::Status& status) {
  Violations violations;
  google::rpc::BadRequest bad;
  const google::rpc::Status rpc = ToRpcStatus(status);
  for (const google::protobuf::Any& detail : rpc.details()) {
    if (!detail.Is<google::rpc::BadRequest>() || !detail.UnpackTo(&bad)) {
      continue;
    }
    for (const auto& violation : bad.field_violations()) {
      violations.push_back({violation.field(), violation.description()});
    }
  }
  return violations;
}

absl::StatusOr<PendingAnswer> StartScreenRecord(
    const FhirScreener& screener, const Caller& caller,
    const ResourceSet& resources, const std::string& location,
    v1::ScreenEligibilityRequest* asked, ScreenedRecord* screened) {
  absl::StatusOr<PendingAnswer> pending = CatalogNotLoaded();
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    screened->catalog = screener.catalogs->Current();
    if (screened->catalog == nullptr) return CatalogNotLoaded();
    Violations violations;
    screened->mapped = MapPatient(*screened->catalog->compiled, resources,
                                  location, &violations);
    if (!violations.empty()) return Refuse(std::move(violations));
    *asked->mutable_patient() = screened->mapped.patient;
    screened->response.Clear();
    pending = screener.support->StartScreenEligibility(caller, *asked,
                                                       &screened->response);
    if (!pending.ok()) {
      violations = ViolationsIn(pending.status());
      if (violations.empty()) return pending;
      return Refuse(PlaceViolations(screened->mapped, violations));
    }
    // What was mapped with one catalogue must not be decided with another.
    if (screened->response.decision().catalog().digest() ==
        screened->catalog->compiled->version.digest()) {
      break;
    }
    pending = CatalogNotLoaded();
  }
  if (!pending.ok()) return pending;
  Violations unused;
  const FhirResource* patient = resources.Patient(location, &unused);
  screened->subject = patient->id.empty() && !patient->full_url.empty()
                          ? patient->full_url
                          : patient->label;
  return pending;
}

absl::StatusOr<PendingAnswer> StartScreenDocument(
    const FhirScreener& screener, const Caller& caller,
    const JsonValue& document, const std::string& location,
    const v1::ScreenFhirBundleRequest& request,
    v1::ScreenFhirBundleResponse* response) {
  Violations violations;
  ResourceSet resources;
  resources.Add(document, location, &violations);
  if (!violations.empty()) return Refuse(std::move(violations));
  v1::ScreenEligibilityRequest asked = WithoutPatient(request);
  ScreenedRecord screened;
  absl::StatusOr<PendingAnswer> pending = StartScreenRecord(
      screener, caller, resources, location, &asked, &screened);
  if (!pending.ok()) return pending;
  if (request.view() == v1::VIEW_FULL) {
    pending = StartPlan(screener, caller, asked, screened, *std::move(pending),
                        response);
    if (!pending.ok()) return pending;
    DecisionOfPatient decided;
    decided.catalog = screened.catalog->compiled.get();
    decided.mapped = &screened.mapped;
    decided.decision_id = screened.response.decision_id();
    decided.decision = &screened.response.decision();
    decided.subject = screened.subject;
    decided.language =
        FindWording(decided.catalog->wordings, request.language());
    response->set_resources(WriteJson(MakeDecisionBundle(
        decided, response->has_plan() ? &response->plan() : nullptr)));
  }
  response->set_decision_id(screened.response.decision_id());
  *response->mutable_decision() =
      std::move(*screened.response.mutable_decision());
  response->set_language(screened.response.language());
  response->set_untranslated_texts(screened.response.untranslated_texts());
  *response->mutable_patient() = std::move(screened.mapped.patient);
  for (v1::FhirOrigin& origin : screened.mapped.origins) {
    *response->add_origins() = std::move(origin);
  }
  for (v1::FhirNotUsed& not_used : screened.mapped.not_used) {
    *response->add_not_used() = std::move(not_used);
  }
  return pending;
}

absl::StatusOr<PendingAnswer> StartScreenFhirBundle(
    const FhirScreener& screener, const Caller& caller,
    const v1::ScreenFhirBundleRequest& request,
    v1::ScreenFhirBundleResponse* response) {
  Violations violations;
  const absl::optional<JsonDocument> bundle =
      ParseJson(request.bundle(), &violations);
  if (!bundle.has_value()) {
    for (FieldViolation& violation : violations) {
      violation.field = violation.field.empty()
                            ? "bundle"
                            : absl::StrCat("bundle.", violation.field);
    }
    return Refuse(std::move(violations));
  }
  return StartScreenDocument(screener, caller, bundle->root(), "bundle",
                             request, response);
}

}  // namespace needlewise
