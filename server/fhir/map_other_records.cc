// Procedures, devices and flags.

#include <string>
#include <vector>

#include "server/fhir/known_codes.h"
#include "server/fhir/mapping_context.h"

namespace needlewise {
namespace {

bool IsCoded(const v1::Concept& about, absl::string_view system) {
  return about.kind() != v1::CONCEPT_KIND_QUANTITY &&
         about.kind() != v1::CONCEPT_KIND_AGE &&
         about.kind() != v1::CONCEPT_KIND_SITE && system != kAtc &&
         system != kRxNorm;
}

bool StandsInProcedure(const v1::Concept& about, absl::string_view system) {
  return IsCoded(about, system) && about.kind() != v1::CONCEPT_KIND_ALLERGY;
}

bool StandsInDevice(const v1::Concept& about, absl::string_view /*system*/) {
  return about.kind() == v1::CONCEPT_KIND_DEVICE;
}

std::vector<Element> Items(const Element& array) {
  std::vector<Element> items;
  for (int i = 0; i < array.size(); ++i) items.push_back(array.ObjectAt(i));
  return items;
}

}  // namespace

void MapProcedure(const FhirResource& resource, MappingContext* context) {
  const Element root = context->Root(resource);
  const absl::string_view status = root.Text("status");
  v1::FindingStatus said = v1::FINDING_STATUS_UNSPECIFIED;
  if (status == "completed" || status == "stopped") {
    said = v1::FINDING_STATUS_PAST;
  } else if (status == "in-progress") {
    said = v1::FINDING_STATUS_PRESENT;
  } else if (status == "unknown" || status == "on-hold") {
    said = v1::FINDING_STATUS_UNKNOWN;
  } else {
    context->NotUsed(resource, root.Member("status").path(),
                     status == "entered-in-error" || status == "not-done"
                         ? v1::FHIR_NOT_USED_REASON_VOID
                     : status == "preparation"
                         ? v1::FHIR_NOT_USED_REASON_NOT_CERTAIN
                         : v1::FHIR_NOT_USED_REASON_VALUE_NOT_USABLE);
    return;
  }
  const std::vector<CodedConcept> concepts =
      context->Concepts(resource, root.Object("code"), StandsInProcedure);
  if (concepts.empty()) return;
  std::string day = DayOf(root.Text("performedDateTime"));
  ElementPath day_path = root.Member("performedDateTime").path();
  std::string onset;
  ElementPath onset_path;
  if (const Element period = root.Object("performedPeriod"); period.exists()) {
    day = DayOf(period.Text("end"));
    day_path = period.Member("end").path();
    onset = DayOf(period.Text("start"));
    onset_path = period.Member("start").path();
  }
  for (const char* name :
       {"performedString", "performedAge", "performedRange"}) {
    if (root.HasMember(name)) {
      context->NotUsed(resource, root.Member(name).path(),
                       v1::FHIR_NOT_USED_REASON_TIME_NOT_MAPPED);
    }
  }
  for (const CodedConcept& about : concepts) {
    if (about.denied) {
      context->NotUsed(resource, about.path,
                       v1::FHIR_NOT_USED_REASON_VALUE_NOT_USABLE,
                       &about.coding);
      continue;
    }
    const v1::Concept& definition =
        *context->catalog().concepts[about.concept_index].definition;
    // One session of a course leaves open whether the course is over; what is
    // put in by a procedure stays; and an event is over.
    StatementKind kind = StatementKind::kThing;
    v1::FindingStatus status_here = said;
    if (said == v1::FINDING_STATUS_PAST) {
      if (definition.kind() == v1::CONCEPT_KIND_DEVICE) {
        status_here = v1::FINDING_STATUS_PRESENT;
      } else if (definition.tense() != v1::QUESTION_TENSE_EVER) {
        kind = StatementKind::kEvent;
      }
    }
    FindingDraft& draft = context->Add(resource, about, kind, status_here);
    draft.finding.set_recorded(day);
    draft.recorded = day_path;
    if (status_here != v1::FINDING_STATUS_UNKNOWN) {
      draft.finding.set_onset(onset);
      draft.onset = onset_path;
    }
    if (said == v1::FINDING_STATUS_PAST) {
      draft.finding.set_last(day);
      draft.last = day_path;
    }
    context->ReadBodySites(resource, Items(root.Array("bodySite")), &draft);
  }
}

void MapDevice(const FhirResource& resource, MappingContext* context) {
  const Element root = context->Root(resource);
  const absl::string_view status = root.Text("status");
  if (status == "entered-in-error" || status == "inactive") {
    context->NotUsed(resource, root.Member("status").path(),
                     v1::FHIR_NOT_USED_REASON_VOID);
    return;
  }
  if (!root.HasMember("type")) {
    context->NotUsed(resource, root.Member("type").path(),
                     v1::FHIR_NOT_USED_REASON_TEXT_ONLY);
    return;
  }
  for (const CodedConcept& about :
       context->Concepts(resource, root.Object("type"), StandsInDevice)) {
    // A device that belongs to a patient, of a kind that is implanted or worn.
    context->Add(resource, about, StatementKind::kThing,
                 status == "unknown" ? v1::FINDING_STATUS_UNKNOWN
                                     : v1::FINDING_STATUS_PRESENT);
  }
}

void MapDeviceUseStatement(const FhirResource& resource,
                           MappingContext* context) {
  const Element root = context->Root(resource);
  const absl::string_view status = root.Text("status");
  v1::FindingStatus said = v1::FINDING_STATUS_UNSPECIFIED;
  if (status == "active") {
    said = v1::FINDING_STATUS_PRESENT;
  } else if (status == "completed" || status == "stopped") {
    said = v1::FINDING_STATUS_PAST;
  } else if (status == "on-hold") {
    // Still in the body.
    said = v1::FINDING_STATUS_UNKNOWN;
  } else {
    context->NotUsed(
        resource, root.Member("status").path(),
        status == "entered-in-error" ? v1::FHIR_NOT_USED_REASON_VOID
        : status == "intended"       ? v1::FHIR_NOT_USED_REASON_NOT_CERTAIN
                               : v1::FHIR_NOT_USED_REASON_VALUE_NOT_USABLE);
    return;
  }
  const Element reference = root.Object("device");
  const FhirTarget target =
      context->resources().Resolve(resource, reference.Text("reference"));
  std::vector<CodedConcept> concepts;
  if (target.resource != nullptr) {
    concepts = context->Concepts(*target.resource,
                                 context->Root(*target.resource).Object("type"),
                                 StandsInDevice);
  } else if (target.json != nullptr) {
    const Element contained = root.Array("contained");
    for (int i = 0; i < contained.size(); ++i) {
      if (contained.Item(i).json() != target.json) continue;
      concepts = context->Concepts(
          resource, contained.ObjectAt(i).Object("type"), StandsInDevice);
    }
  } else {
    context->NotUsed(resource, reference.path(),
                     v1::FHIR_NOT_USED_REASON_REFERENCE_NOT_FOUND);
  }
  const Element timing = root.Object("timingPeriod");
  for (const CodedConcept& about : concepts) {
    if (about.denied) continue;
    FindingDraft& draft =
        context->Add(resource, about, StatementKind::kThing, said);
    draft.finding.set_recorded(DayOf(root.Text("recordedOn")));
    draft.recorded = root.Member("recordedOn").path();
    if (said != v1::FINDING_STATUS_UNKNOWN && timing.exists()) {
      draft.finding.set_onset(DayOf(timing.Text("start")));
      draft.onset = timing.Member("start").path();
    }
    if (said == v1::FINDING_STATUS_PAST && timing.exists()) {
      draft.finding.set_last(DayOf(timing.Text("end")));
      draft.last = timing.Member("end").path();
    }
    std::vector<Element> sites;
    if (root.HasMember("bodySite")) sites.push_back(root.Object("bodySite"));
    context->ReadBodySites(resource, sites, &draft);
  }
}

void MapFlag(const FhirResource& resource, MappingContext* context) {
  const Element root = context->Root(resource);
  // A flag that was taken down says nothing of what it warned of.
  if (root.Text("status") != "active") {
    context->NotUsed(resource, root.Member("status").path(),
                     v1::FHIR_NOT_USED_REASON_VOID);
    return;
  }
  for (const CodedConcept& about :
       context->Concepts(resource, root.Object("code"), IsCoded)) {
    if (about.denied) {
      context->NotUsed(resource, about.path,
                       v1::FHIR_NOT_USED_REASON_VALUE_NOT_USABLE,
                       &about.coding);
      continue;
    }
    FindingDraft& draft = context->Add(resource, about, StatementKind::kThing,
                                       v1::FINDING_STATUS_PRESENT);
    const Element period = root.Object("period");
    if (!period.exists()) continue;
    draft.finding.set_recorded(DayOf(period.Text("start")));
    draft.recorded = period.Member("start").path();
  }
}

}  // namespace needlewise
