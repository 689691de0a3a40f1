// Decisions as FHIR R4 resources.

#ifndef NEEDLEWISE_SERVER_FHIR_DECISION_RESOURCES_H_
#define NEEDLEWISE_SERVER_FHIR_DECISION_RESOURCES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "needlewise/v1/recommendation.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "server/fhir/json.h"
#include "server/fhir/mapping.h"

namespace needlewise {

// What a decision's resources are made from. Nothing is owned.
struct DecisionOfPatient {
  const CompiledCatalog* catalog = nullptr;
  const MappedPatient* mapped = nullptr;
  absl::string_view decision_id;
  // In view FULL.
  const v1::Decision* decision = nullptr;
  // `Patient/123`.
  absl::string_view subject;
  // Of the texts, among `catalog->wordings`.
  int language = 0;
};

// How a decision came out: `data-required`, with a `dataRequirement` for each
// outstanding concept, or `success`.
Json MakeGuidanceResponse(const DecisionOfPatient& decided);

// A DetectedIssue for each rule that fired, once for all treatments and areas:
// severity, evidence with the resources it came from, citations, what would
// clear it.
Json MakeDetectedIssues(const DecisionOfPatient& decided);

// What of the record was not used: an OperationOutcome with an issue for each
// element.
Json MakeNotUsedOutcome(const DecisionOfPatient& decided);

// A dated course.
Json MakeRequestGroup(const DecisionOfPatient& decided,
                      const v1::PlanTreatmentResponse& planned);

// A collection of the above, each where there is something to say. `planned`
// may be null.
Json MakeDecisionBundle(const DecisionOfPatient& decided,
                        const v1::PlanTreatmentResponse* planned);

// The URL of a source, or that of its DOI; empty: neither is known.
std::string UrlOf(const v1::CitedSource& source);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_FHIR_DECISION_RESOURCES_H_
