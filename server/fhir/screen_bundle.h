#ifndef NEEDLEWISE_SERVER_FHIR_SCREEN_BUNDLE_H_
#define NEEDLEWISE_SERVER_FHIR_SCREEN_BUNDLE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "needlewise/v1/fhir.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "server/catalog_manager.h"
#include "server/decision_support.h"
#include "server/fhir/json_document.h"
#include "server/fhir/mapping.h"
#include "server/fhir/resource_set.h"
#include "server/pending_answer.h"

namespace needlewise {

// What screens the record of a patient. No pointer is owned. All functions may
// be called from any thread.
struct FhirScreener {
  const DecisionSupport* support = nullptr;
  const CatalogManager* catalogs = nullptr;
};

// A patient of a record, and the decision on it.
struct ScreenedRecord {
  // The catalogue that both were made with.
  std::shared_ptr<const ActiveCatalog> catalog;
  MappedPatient mapped;
  // `Patient/123`.
  std::string subject;
  v1::ScreenEligibilityResponse response;
};

// Maps a record and screens it. `asked` says all but the patient, and holds
// afterwards what was asked of the engine, so that the same answer can be had
// through any door. Violations name places in the request. `location` is where
// a patient was expected. What it fills may leave when the answer may.
absl::StatusOr<PendingAnswer> StartScreenRecord(
    const FhirScreener& screener, const Caller& caller,
    const ResourceSet& resources, const std::string& location,
    v1::ScreenEligibilityRequest* asked, ScreenedRecord* screened);

// Screens a record that has been read: `document` stands at `location` in the
// request. All but the record is said by `request`, whose `bundle` is not
// looked at.
absl::StatusOr<PendingAnswer> StartScreenDocument(
    const FhirScreener& screener, const Caller& caller,
    const JsonValue& document, const std::string& location,
    const v1::ScreenFhirBundleRequest& request,
    v1::ScreenFhirBundleResponse* response);

// The method of `FhirService`.
absl::StatusOr<PendingAnswer> StartScreenFhirBundle(
    const FhirScreener& screener, const Caller& caller,
    const v1::ScreenFhirBundleRequest& request,
    v1::ScreenFhirBundleResponse* response);

// As the overloads for the requests of `DecisionSupport`.
bool ReadsLog(const v1::ScreenFhirBundleRequest& request);

// The violations of an INVALID_ARGUMENT; empty for any other status.
Violations ViolationsIn(const absl::Status& status);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_FHIR_SCREEN_BUNDLE_H_
