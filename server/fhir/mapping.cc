#include "server/fhir/mapping.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/fhir/mapping_context.h"

namespace needlewise {
namespace {

using MapResource = void (*)(const FhirResource&, MappingContext*);

// A type of resource that is mapped, and how it says whose it is.
struct MappedType {
  absl::string_view type;
  const char* subject;
  // Null: the answers of a questionnaire, which may say the age, too.
  MapResource map;
  // A member that it has in another version of FHIR only.
  const char* foreign;
};

constexpr MappedType kMappedTypes[] = {
    {"AllergyIntolerance", "patient", MapAllergyIntolerance, nullptr},
    {"Condition", "subject", MapCondition, nullptr},
    {"Device", "patient", MapDevice, nullptr},
    {"DeviceUseStatement", "subject", MapDeviceUseStatement, nullptr},
    {"Flag", "subject", MapFlag, nullptr},
    {"MedicationAdministration", "subject", MapMedicationAdministration,
     "medication"},
    {"MedicationRequest", "subject", MapMedicationRequest, "medication"},
    {"MedicationStatement", "subject", MapMedicationStatement, "medication"},
    {"Observation", "subject", MapObservation, nullptr},
    {"Procedure", "subject", MapProcedure, "occurrenceDateTime"},
    {"QuestionnaireResponse", "subject", nullptr, nullptr},
};

// Types that others refer to, read where they are.
constexpr absl::string_view kReferredTypes[] = {"Medication", "Patient"};

// Whether a resource has the form of FHIR R4; a violation where it is that of
// another version, as far as the parts that matter tell.
bool IsR4(const Element& root, const MappedType& type, Violations* violations) {
  for (const char* name : {"clinicalStatus", "verificationStatus"}) {
    const Element status = root.Member(name);
    if (status.exists() && status.json()->IsString()) {
      violations->push_back({status.PathText(),
                             "is a text, as before FHIR R4; send FHIR R4 "
                             "(4.0.1), where it is a CodeableConcept"});
      return false;
    }
  }
  if (type.foreign != nullptr && root.HasMember(type.foreign)) {
    violations->push_back({root.Member(type.foreign).PathText(),
                           "is not of FHIR R4; send FHIR R4 (4.0.1)"});
    return false;
  }
  return true;
}

// Whether the resource is about the patient. Nothing said: it is listed.
// Somebody else: a violation.
bool IsAboutPatient(const FhirResource& resource, const MappedType& type,
                    const FhirResource& patient, MappingContext* context) {
  const Element subject = context->Root(resource).Object(type.subject);
  const absl::string_view reference = subject.Text("reference");
  if (reference.empty()) {
    context->NotUsed(resource, subject.path(),
                     v1::FHIR_NOT_USED_REASON_NO_SUBJECT);
    return false;
  }
  if (context->resources().LeadsTo(reference, patient)) return true;
  subject.Member("reference")
      .Fault(
          "is not the patient that was sent; send the record of one patient "
          "at a time");
  return false;
}

void ReadPatient(const FhirResource& resource, MappingContext* context,
                 MappedPatient* mapped) {
  const Element root = context->Root(resource);
  mapped->patient.set_birth_date(DayOf(root.Text("birthDate")));
  mapped->birth_date_place = root.Member("birthDate").PathText();
  mapped->deceased = root.Bool("deceasedBoolean").value_or(false) ||
                     !root.Text("deceasedDateTime").empty();
}

void MapOne(const FhirResource& resource, const FhirResource& patient,
            MappingContext* context, MappedPatient* mapped,
            Violations* violations) {
  const auto* type = std::find_if(
      std::begin(kMappedTypes), std::end(kMappedTypes),
      [&](const MappedType& mapped) { return mapped.type == resource.type; });
  if (type == std::end(kMappedTypes)) {
    if (std::find(std::begin(kReferredTypes), std::end(kReferredTypes),
                  resource.type) == std::end(kReferredTypes)) {
      context->NotUsed(resource, ElementPath(),
                       v1::FHIR_NOT_USED_REASON_RESOURCE_TYPE);
    }
    return;
  }
  if (!IsAboutPatient(resource, *type, patient, context) ||
      !IsR4(context->Root(resource), *type, violations)) {
    return;
  }
  if (type->map == nullptr) {
    MapQuestionnaireResponse(resource, context, mapped);
  } else {
    type->map(resource, context);
  }
}

}  // namespace

MappedPatient MapPatient(const CompiledCatalog& catalog,
                         const ResourceSet& resources,
                         const std::string& location, Violations* violations) {
  MappedPatient mapped;
  const FhirResource* patient = resources.Patient(location, violations);
  if (patient == nullptr) return mapped;
  MappingContext context(catalog, resources, violations);
  ReadPatient(*patient, &context, &mapped);
  for (const FhirResource& resource : resources.resources()) {
    MapOne(resource, *patient, &context, &mapped, violations);
  }
  context.Finish(&mapped);
  for (const FhirGap& gap : resources.gaps()) {
    v1::FhirNotUsed& not_used = mapped.not_used.emplace_back();
    not_used.set_resource(gap.what);
    not_used.set_path(gap.location);
    not_used.set_reason(v1::FHIR_NOT_USED_REASON_NOT_SENT);
  }
  return mapped;
}

Violations PlaceViolations(const MappedPatient& mapped,
                           const Violations& violations) {
  Violations placed;
  for (FieldViolation violation : violations) {
    absl::string_view field = violation.field;
    if (field == "patient.birth_date" || field == "patient.age_years") {
      violation.field = mapped.birth_date_place;
    } else if (absl::ConsumePrefix(&field, "patient.findings[")) {
      const size_t close = field.find(']');
      int index = -1;
      if (close != absl::string_view::npos &&
          absl::SimpleAtoi(field.substr(0, close), &index) && index >= 0 &&
          index < static_cast<int>(mapped.places.size())) {
        const FindingPlaces& places = mapped.places[index];
        const absl::string_view part = field.substr(close + 1);
        violation.field = part == ".onset"                   ? places.onset
                          : part == ".last"                  ? places.last
                          : part == ".recorded"              ? places.recorded
                          : part.substr(0, 9) == ".quantity" ? places.quantity
                                                             : places.finding;
      }
    }
    placed.push_back(std::move(violation));
  }
  return placed;
}

}  // namespace needlewise
