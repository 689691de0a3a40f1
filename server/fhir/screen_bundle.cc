#include "server/fhir/screen_bundle.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/fhir/decision_resources.h"
#include "server/fhir/json.h"
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

absl::StatusOr<PendingAnswer> StartScreenFhirBundle(
    const FhirScreener& screener, const Caller& caller,
    const v1::ScreenFhirBundleRequest& request,
    v1::ScreenFhirBundleResponse* response) {
  Violations violations;
  const absl::optional<Json> bundle = ParseJson(request.bundle(), &violations);
  ResourceSet resources;
  if (bundle.has_value()) resources.Add(*bundle, "bundle", &violations);
  if (!violations.empty()) {
    for (FieldViolation& violation : violations) {
      if (bundle.has_value()) continue;
      violation.field = violation.field.empty()
                            ? "bundle"
                            : absl::StrCat("bundle.", violation.field);
    }
    return Refuse(std::move(violations));
  }
  v1::ScreenEligibilityRequest asked;
  asked.set_request_id(request.request_id());
  asked.set_as_of(request.as_of());
  *asked.mutable_treatments() = request.treatments();
  asked.set_profile(request.profile());
  asked.set_view(request.view());
  asked.set_rule_catalog_digest(request.rule_catalog_digest());
  *asked.mutable_acknowledgements() = request.acknowledgements();
  ScreenedRecord screened;
  absl::StatusOr<PendingAnswer> pending = StartScreenRecord(
      screener, caller, resources, "bundle", &asked, &screened);
  if (!pending.ok()) return pending;
  if (request.view() == v1::VIEW_FULL) {
    DecisionOfPatient decided;
    decided.catalog = screened.catalog->compiled.get();
    decided.mapped = &screened.mapped;
    decided.decision_id = screened.response.decision_id();
    decided.decision = &screened.response.decision();
    decided.subject = screened.subject;
    response->set_resources(WriteJson(MakeDecisionBundle(decided, nullptr)));
  }
  response->set_decision_id(screened.response.decision_id());
  *response->mutable_decision() =
      std::move(*screened.response.mutable_decision());
  *response->mutable_patient() = std::move(screened.mapped.patient);
  for (v1::FhirOrigin& origin : screened.mapped.origins) {
    *response->add_origins() = std::move(origin);
  }
  for (v1::FhirNotUsed& not_used : screened.mapped.not_used) {
    *response->add_not_used() = std::move(not_used);
  }
  return pending;
}

}  // namespace needlewise
