// Allergies and intolerances, and the statement that none is known.

#include <vector>

#include "server/fhir/mapping_context.h"

namespace needlewise {
namespace {

bool StandsInAllergy(const v1::Concept& about, absl::string_view /*system*/) {
  return about.kind() == v1::CONCEPT_KIND_ALLERGY;
}

}  // namespace

void MapAllergyIntolerance(const FhirResource& resource,
                           MappingContext* context) {
  const Element root = context->Root(resource);
  const Element verification = root.Object("verificationStatus");
  const Element clinical = root.Object("clinicalStatus");
  const absl::string_view verified = RequiredCode(verification);
  if (verified == "entered-in-error" || verified == "refuted") {
    context->NotUsed(resource, verification.path(),
                     v1::FHIR_NOT_USED_REASON_VOID);
    return;
  }
  std::vector<CodedConcept> concepts =
      context->Concepts(resource, root.Object("code"), StandsInAllergy);
  const absl::string_view current = RequiredCode(clinical);
  const bool over = current == "inactive" || current == "resolved";
  if (!over && (concepts.empty() || !concepts[0].denied)) {
    context->Contradict("any_allergy");
  }
  // What set the allergy off is another place for its code.
  const Element reactions = root.Array("reaction");
  for (int i = 0; i < reactions.size(); ++i) {
    const Element substance = reactions.ObjectAt(i).Object("substance");
    if (!substance.exists()) continue;
    for (CodedConcept& coded :
         context->Concepts(resource, substance, StandsInAllergy)) {
      if (!coded.denied) concepts.push_back(std::move(coded));
    }
  }
  const bool certain = verified.empty() || verified == "confirmed";
  if (!concepts.empty() && !certain) {
    context->NotUsed(resource, verification.path(),
                     v1::FHIR_NOT_USED_REASON_NOT_CERTAIN);
  }
  for (const CodedConcept& about : concepts) {
    v1::FindingStatus status =
        over ? v1::FINDING_STATUS_PAST : v1::FINDING_STATUS_PRESENT;
    if (about.denied) status = v1::FINDING_STATUS_ABSENT;
    if (!certain || (about.denied && over)) status = v1::FINDING_STATUS_UNKNOWN;
    FindingDraft& draft = context->Add(
        resource, about,
        about.denied ? StatementKind::kNothingKnown : StatementKind::kThing,
        status);
    if (const std::string day = DayOf(root.Text("recordedDate"));
        !day.empty()) {
      draft.finding.set_recorded(day);
      draft.recorded = root.Member("recordedDate").path();
    }
    if (const std::string day = DayOf(root.Text("onsetDateTime"));
        !day.empty() && (status == v1::FINDING_STATUS_PRESENT ||
                         status == v1::FINDING_STATUS_PAST)) {
      draft.finding.set_onset(day);
      draft.onset = root.Member("onsetDateTime").path();
    }
  }
}

}  // namespace needlewise
