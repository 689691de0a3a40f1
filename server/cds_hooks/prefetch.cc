#include "server/cds_hooks/prefetch.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "server/fhir/known_codes.h"

namespace needlewise {
namespace {

constexpr char kPatientToken[] = "{{context.patientId}}";

// Which types of resources some code of the catalogue could stand in.
struct Needs {
  bool diagnoses = false;
  bool medicines = false;
  bool allergies = false;
  bool procedures = false;
  bool devices = false;
  // `system|code`, in order.
  std::set<std::string> observations;
};

void AddCode(const v1::Concept& about, const v1::Coding& coding, Needs* needs) {
  if (coding.system() == kAtc || coding.system() == kRxNorm) {
    needs->medicines = true;
    return;
  }
  switch (about.kind()) {
    case v1::CONCEPT_KIND_QUANTITY:
      needs->observations.insert(
          absl::StrCat(coding.system(), "|", coding.code()));
      return;
    case v1::CONCEPT_KIND_MEDICINE:
      needs->medicines = true;
      break;
    case v1::CONCEPT_KIND_ALLERGY:
      needs->allergies = true;
      break;
    case v1::CONCEPT_KIND_PROCEDURE:
      needs->procedures = true;
      break;
    case v1::CONCEPT_KIND_DEVICE:
      needs->devices = true;
      break;
    default:
      break;
  }
  needs->diagnoses = true;
}

Needs NeedsOf(const CompiledCatalog& catalog) {
  Needs needs;
  for (const v1::Concept& about : catalog.catalog.concepts()) {
    for (const v1::ConceptCode& code : about.codes()) {
      if (code.verification() != v1::CODE_VERIFICATION_UNVERIFIED) {
        AddCode(about, code.coding(), &needs);
      }
    }
  }
  for (const AskingCode& asking : AskingCodes()) {
    if (catalog.concept_index.contains(asking.concept_id)) {
      needs.observations.insert(absl::StrCat(asking.system, "|", asking.code));
    }
  }
  return needs;
}

PrefetchTemplate SearchOf(const char* key, const char* type,
                          absl::string_view more = "") {
  return {key, absl::StrCat(type, "?patient=", kPatientToken, more)};
}

}  // namespace

std::vector<PrefetchTemplate> PrefetchTemplates(
    const CompiledCatalog& catalog) {
  const Needs needs = NeedsOf(catalog);
  std::vector<PrefetchTemplate> templates;
  templates.push_back(
      {std::string(kPatientKey), absl::StrCat("Patient/", kPatientToken)});
  if (needs.allergies) {
    templates.push_back(SearchOf("allergies", "AllergyIntolerance"));
  }
  if (needs.diagnoses) {
    templates.push_back(SearchOf("conditions", "Condition"));
  }
  if (needs.devices) {
    templates.push_back(SearchOf("deviceUse", "DeviceUseStatement"));
    templates.push_back(SearchOf("devices", "Device"));
  }
  if (needs.diagnoses) templates.push_back(SearchOf("flags", "Flag"));
  if (needs.medicines) {
    templates.push_back(
        SearchOf("medicationAdministrations", "MedicationAdministration"));
    templates.push_back(SearchOf("medicationRequests", "MedicationRequest"));
    templates.push_back(
        SearchOf("medicationStatements", "MedicationStatement"));
  }
  if (!needs.observations.empty()) {
    templates.push_back(SearchOf(
        "observations", "Observation",
        absl::StrCat("&code=", absl::StrJoin(needs.observations, ","))));
  }
  if (needs.procedures) {
    templates.push_back(SearchOf("procedures", "Procedure"));
  }
  templates.push_back(
      SearchOf("questionnaireResponses", "QuestionnaireResponse"));
  return templates;
}

std::string QueryFor(const PrefetchTemplate& prefetch,
                     absl::string_view patient_id) {
  return absl::StrReplaceAll(prefetch.query,
                             {{kPatientToken, patient_id}, {"|", "%7C"}});
}

PrefetchState StateOf(const JsonValue* value) {
  if (value == nullptr) return PrefetchState::kMissing;
  if (value->IsNull()) return PrefetchState::kNull;
  const JsonValue* type = FindMember(*value, "resourceType");
  if (type == nullptr) return PrefetchState::kGiven;
  if (TextIn(*type) == "OperationOutcome") return PrefetchState::kFailed;
  if (TextIn(*type) != "Bundle") return PrefetchState::kGiven;
  const JsonValue* entries = FindMember(*value, "entry");
  return entries == nullptr || entries->IsNull() ||
                 (entries->IsArray() && entries->Empty())
             ? PrefetchState::kEmpty
             : PrefetchState::kGiven;
}

absl::string_view NameOf(PrefetchState state) {
  switch (state) {
    case PrefetchState::kMissing:
      return "missing";
    case PrefetchState::kNull:
      return "null";
    case PrefetchState::kEmpty:
      return "empty";
    case PrefetchState::kFailed:
      return "failed";
    case PrefetchState::kGiven:
      return "given";
  }
  return "";
}

}  // namespace needlewise
