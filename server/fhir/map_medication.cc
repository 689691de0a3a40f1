// Medicines: what is said to be taken, what is prescribed, what was given.

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "server/fhir/known_codes.h"
#include "server/fhir/mapping_context.h"

namespace needlewise {
namespace {

// A medicine's code may stand for what the medicine does (`L04`), or for a
// procedure it is the means of; the name of a substance is no allergy here.
bool StandsInMedicine(const v1::Concept& about, absl::string_view system) {
  if (about.kind() == v1::CONCEPT_KIND_ALLERGY) return false;
  return about.kind() == v1::CONCEPT_KIND_MEDICINE || system == kAtc ||
         system == kRxNorm;
}

// A code that denies is about medicines only where its concept is.
bool IsNoMedicine(const CodedConcept& about, const MappingContext& context) {
  return about.denied &&
         context.catalog().concepts[about.concept_index].id != "any_medicine";
}

// The codes of a Medication, and of what it is made of.
void ReadMedication(const FhirResource& resource, const Element& medication,
                    MappingContext* context,
                    std::vector<CodedConcept>* concepts) {
  const auto add = [&](const Element& codeable) {
    if (!codeable.exists()) return;
    for (CodedConcept& coded :
         context->Concepts(resource, codeable, StandsInMedicine)) {
      concepts->push_back(std::move(coded));
    }
  };
  add(medication.Object("code"));
  const Element ingredients = medication.Array("ingredient");
  for (int i = 0; i < ingredients.size(); ++i) {
    add(ingredients.ObjectAt(i).Object("itemCodeableConcept"));
  }
}

std::vector<CodedConcept> ReadMedicationOf(const FhirResource& resource,
                                           const Element& root,
                                           MappingContext* context) {
  std::vector<CodedConcept> concepts;
  if (const Element codeable = root.Object("medicationCodeableConcept");
      codeable.exists()) {
    concepts = context->Concepts(resource, codeable, StandsInMedicine);
  }
  const Element reference = root.Object("medicationReference");
  if (!reference.exists()) return concepts;
  const FhirTarget target =
      context->resources().Resolve(resource, reference.Text("reference"));
  if (target.resource != nullptr) {
    ReadMedication(*target.resource, context->Root(*target.resource), context,
                   &concepts);
  } else if (target.json != nullptr) {
    const Element contained = root.Array("contained");
    for (int i = 0; i < contained.size(); ++i) {
      if (contained.Item(i).json() != target.json) continue;
      ReadMedication(resource, contained.ObjectAt(i), context, &concepts);
    }
  } else {
    context->NotUsed(resource, reference.path(),
                     v1::FHIR_NOT_USED_REASON_REFERENCE_NOT_FOUND);
  }
  return concepts;
}

// Whether every route that a list of dosages gives is by the skin.
bool IsTopical(const std::vector<Element>& dosages) {
  bool topical = false;
  for (const Element& dosage : dosages) {
    const Element route = dosage.Object("route");
    if (!route.exists()) continue;
    bool this_one = absl::EqualsIgnoreCase(route.Text("text"), "topical");
    const Element codings = route.Array("coding");
    for (int i = 0; i < codings.size(); ++i) {
      const v1::Coding coding = ReadCoding(codings.ObjectAt(i));
      this_one |= IsTopicalRoute(coding.system(), coding.code());
    }
    if (!this_one) return false;
    topical = true;
  }
  return topical;
}

std::vector<Element> Items(const Element& array) {
  std::vector<Element> items;
  for (int i = 0; i < array.size(); ++i) items.push_back(array.ObjectAt(i));
  return items;
}

// What one resource says of all its codes.
struct MedicineStatement {
  StatementKind kind = StatementKind::kThing;
  v1::FindingStatus status = v1::FINDING_STATUS_UNSPECIFIED;
  std::string onset;
  ElementPath onset_path;
  std::string last;
  ElementPath last_path;
  std::string recorded;
  ElementPath recorded_path;
  v1::Source source = v1::SOURCE_EHR;
  bool topical = false;
};

// An ingredient put on the skin stands for the concept of what is put on the
// skin where the catalogue has one; whether another systemic concept is meant
// is left open.
void AdjustToRoute(const FhirResource& resource, MappingContext* context,
                   CodedConcept* about, MedicineStatement* said) {
  const v1::Concept& definition =
      *context->catalog().concepts[about->concept_index].definition;
  if (!said->topical || definition.scope() != v1::CONCEPT_SCOPE_PATIENT ||
      about->coding.system() == kAtc) {
    return;
  }
  const int counterpart =
      context->ConceptIndex(TopicalCounterpart(definition.concept_id()));
  if (counterpart >= 0) {
    about->concept_index = counterpart;
    return;
  }
  context->NotUsed(resource, about->path, v1::FHIR_NOT_USED_REASON_NOT_CERTAIN,
                   &about->coding);
  said->status = v1::FINDING_STATUS_UNKNOWN;
  said->kind = StatementKind::kThing;
}

void AddMedicines(const FhirResource& resource,
                  const std::vector<CodedConcept>& concepts,
                  const MedicineStatement& statement, MappingContext* context) {
  for (CodedConcept about : concepts) {
    MedicineStatement said = statement;
    if (IsNoMedicine(about, *context)) continue;
    if (about.denied) {
      said.kind = StatementKind::kNothingKnown;
      said.status = v1::FINDING_STATUS_ABSENT;
    } else {
      if (said.status == v1::FINDING_STATUS_PRESENT) {
        context->Contradict("any_medicine");
      }
      AdjustToRoute(resource, context, &about, &said);
    }
    // A procedure is done, not taken: a prescription of its means says nothing
    // of it, and a dose on a day says all.
    if (context->catalog().concepts[about.concept_index].definition->kind() ==
        v1::CONCEPT_KIND_PROCEDURE) {
      if (said.kind == StatementKind::kEvent) {
        said.kind = StatementKind::kThing;
        said.status = v1::FINDING_STATUS_PAST;
      } else if (said.status == v1::FINDING_STATUS_PRESENT) {
        said.status = v1::FINDING_STATUS_UNKNOWN;
      }
    }
    FindingDraft& draft = context->Add(resource, about, said.kind, said.status);
    draft.finding.set_source(said.source);
    draft.finding.set_recorded(said.recorded);
    draft.recorded = said.recorded_path;
    if (said.kind == StatementKind::kEvent ||
        said.status == v1::FINDING_STATUS_PRESENT ||
        said.status == v1::FINDING_STATUS_PAST) {
      draft.finding.set_onset(said.onset);
      draft.onset = said.onset_path;
    }
    // The end of what is still taken is a plan.
    if (said.kind == StatementKind::kEvent ||
        said.status == v1::FINDING_STATUS_PAST) {
      draft.finding.set_last(said.last);
      draft.last = said.last_path;
    }
  }
}

// Notes an unmapped medicine, which still is one.
void NoteMedicine(const std::vector<CodedConcept>& concepts, bool taken,
                  MappingContext* context) {
  if (taken && concepts.empty()) context->Contradict("any_medicine");
}

void ReadPeriod(const Element& period, MedicineStatement* said) {
  if (!period.exists()) return;
  said->onset = DayOf(period.Text("start"));
  said->onset_path = period.Member("start").path();
  said->last = DayOf(period.Text("end"));
  said->last_path = period.Member("end").path();
}

}  // namespace

void MapMedicationStatement(const FhirResource& resource,
                            MappingContext* context) {
  const Element root = context->Root(resource);
  const absl::string_view status = root.Text("status");
  const ElementPath status_path = root.Member("status").path();
  MedicineStatement said;
  if (status == "active") {
    said.status = v1::FINDING_STATUS_PRESENT;
  } else if (status == "completed" || status == "stopped" ||
             status == "on-hold") {
    said.status = v1::FINDING_STATUS_PAST;
  } else if (status == "unknown") {
    said.status = v1::FINDING_STATUS_UNKNOWN;
  } else {
    // A medicine that is not taken is one of several that stand for its
    // concept; one that is intended is not taken yet.
    context->NotUsed(
        resource, status_path,
        status == "entered-in-error" ? v1::FHIR_NOT_USED_REASON_VOID
        : status == "not-taken"      ? v1::FHIR_NOT_USED_REASON_NARROWER_DENIAL
        : status == "intended"       ? v1::FHIR_NOT_USED_REASON_NOT_CERTAIN
                               : v1::FHIR_NOT_USED_REASON_VALUE_NOT_USABLE);
    return;
  }
  ReadPeriod(root.Object("effectivePeriod"), &said);
  if (const absl::string_view at = root.Text("effectiveDateTime");
      !at.empty()) {
    // A day on which it was taken, the last that is known.
    said.last = DayOf(at);
    said.last_path = root.Member("effectiveDateTime").path();
  }
  // Completed on a day that was only the last known: the end is not known.
  if (said.status == v1::FINDING_STATUS_PAST &&
      root.HasMember("effectiveDateTime")) {
    context->NotUsed(resource, said.last_path,
                     v1::FHIR_NOT_USED_REASON_TIME_NOT_MAPPED);
    said.last.clear();
  }
  said.recorded = DayOf(root.Text("dateAsserted"));
  said.recorded_path = root.Member("dateAsserted").path();
  if (absl::StartsWith(
          NameInReference(root.Object("informationSource").Text("reference")),
          "Patient/")) {
    said.source = v1::SOURCE_PATIENT;
  }
  said.topical = IsTopical(Items(root.Array("dosage")));
  const std::vector<CodedConcept> concepts =
      ReadMedicationOf(resource, root, context);
  NoteMedicine(concepts, said.status == v1::FINDING_STATUS_PRESENT, context);
  AddMedicines(resource, concepts, said, context);
}

void MapMedicationRequest(const FhirResource& resource,
                          MappingContext* context) {
  const Element root = context->Root(resource);
  const absl::string_view status = root.Text("status");
  const absl::string_view intent = root.Text("intent");
  const ElementPath status_path = root.Member("status").path();
  if (root.Bool("doNotPerform").value_or(false)) {
    context->NotUsed(resource, root.Member("doNotPerform").path(),
                     v1::FHIR_NOT_USED_REASON_VOID);
    return;
  }
  if (intent == "proposal" || intent == "plan" || intent == "option") {
    context->NotUsed(resource, root.Member("intent").path(),
                     v1::FHIR_NOT_USED_REASON_NOT_CERTAIN);
    return;
  }
  MedicineStatement said;
  if (status == "active") {
    said.status = v1::FINDING_STATUS_PRESENT;
  } else if (status == "completed" || status == "stopped" ||
             status == "on-hold") {
    // When the prescription ended is not when the last dose was.
    said.status = v1::FINDING_STATUS_PAST;
  } else if (status == "unknown") {
    said.status = v1::FINDING_STATUS_UNKNOWN;
  } else {
    context->NotUsed(resource, status_path,
                     status == "entered-in-error" || status == "cancelled"
                         ? v1::FHIR_NOT_USED_REASON_VOID
                     : status == "draft"
                         ? v1::FHIR_NOT_USED_REASON_NOT_CERTAIN
                         : v1::FHIR_NOT_USED_REASON_VALUE_NOT_USABLE);
    return;
  }
  said.recorded = DayOf(root.Text("authoredOn"));
  said.recorded_path = root.Member("authoredOn").path();
  said.topical = IsTopical(Items(root.Array("dosageInstruction")));
  const std::vector<CodedConcept> concepts =
      ReadMedicationOf(resource, root, context);
  NoteMedicine(concepts, said.status == v1::FINDING_STATUS_PRESENT, context);
  AddMedicines(resource, concepts, said, context);
}

void MapMedicationAdministration(const FhirResource& resource,
                                 MappingContext* context) {
  const Element root = context->Root(resource);
  const absl::string_view status = root.Text("status");
  MedicineStatement said;
  if (status == "in-progress") {
    said.status = v1::FINDING_STATUS_PRESENT;
  } else if (status == "completed" || status == "stopped") {
    said.kind = StatementKind::kEvent;
    said.status = v1::FINDING_STATUS_UNKNOWN;
  } else if (status == "unknown" || status == "on-hold") {
    said.status = v1::FINDING_STATUS_UNKNOWN;
  } else {
    context->NotUsed(resource, root.Member("status").path(),
                     status == "entered-in-error" || status == "not-done"
                         ? v1::FHIR_NOT_USED_REASON_VOID
                         : v1::FHIR_NOT_USED_REASON_VALUE_NOT_USABLE);
    return;
  }
  ReadPeriod(root.Object("effectivePeriod"), &said);
  if (const absl::string_view at = root.Text("effectiveDateTime");
      !at.empty()) {
    said.last = DayOf(at);
    said.last_path = root.Member("effectiveDateTime").path();
  }
  said.recorded = said.last;
  said.recorded_path = said.last_path;
  said.topical = IsTopical(root.HasMember("dosage")
                               ? std::vector<Element>{root.Object("dosage")}
                               : std::vector<Element>());
  const std::vector<CodedConcept> concepts =
      ReadMedicationOf(resource, root, context);
  NoteMedicine(concepts, said.status == v1::FINDING_STATUS_PRESENT, context);
  AddMedicines(resource, concepts, said, context);
}

}  // namespace needlewise
