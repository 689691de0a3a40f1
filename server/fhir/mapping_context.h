#ifndef NEEDLEWISE_SERVER_FHIR_MAPPING_CONTEXT_H_
#define NEEDLEWISE_SERVER_FHIR_MAPPING_CONTEXT_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "needlewise/v1/fhir.pb.h"
#include "needlewise/v1/patient.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/engine/violation.h"
#include "server/fhir/element.h"
#include "server/fhir/mapping.h"
#include "server/fhir/resource_set.h"

namespace needlewise {

// What kind of statement a draft is, which decides how it stands beside others
// about the same concept.
enum class StatementKind {
  // About one thing that stands for the concept, as a diagnosis or a
  // prescription is. Several may be about several things.
  kThing,
  // An answer to the concept's own question.
  kAnswer,
  // That a dose was given, or a session held, on a day: says nothing of now.
  kEvent,
  // That nothing of a wide kind is there, as "no known allergy" says.
  kNothingKnown,
};

// A finding before it is weighed against the others.
struct FindingDraft {
  v1::Finding finding;
  int concept_index = -1;
  StatementKind kind = StatementKind::kThing;
  const FhirResource* resource = nullptr;
  // Where its code was read: a medicine may be a resource of its own.
  const FhirResource* code_resource = nullptr;
  v1::Coding coding;
  // Where its parts were read; without steps: nowhere.
  ElementPath code;
  ElementPath onset;
  ElementPath last;
  ElementPath recorded;
  ElementPath quantity;
};

// A code of an element that stands for a concept.
struct CodedConcept {
  int concept_index = -1;
  // By the code's own meaning the concept is not there.
  bool denied = false;
  const FhirResource* resource = nullptr;
  v1::Coding coding;
  ElementPath path;
};

// Which concepts a code may stand for in the resource at hand: the name of a
// substance is an allergy in one and a medicine in another.
using ConceptFilter =
    absl::FunctionRef<bool(const v1::Concept&, absl::string_view system)>;

// What the files for the types of resources write to.
class MappingContext {
 public:
  MappingContext(const CompiledCatalog& catalog, const ResourceSet& resources,
                 Violations* violations)
      : catalog_(catalog), resources_(resources), violations_(violations) {}

  const CompiledCatalog& catalog() const { return catalog_; }
  const ResourceSet& resources() const { return resources_; }
  Violations* violations() const { return violations_; }

  // The root element of a resource. Paths begin with its place in the request.
  Element Root(const FhirResource& resource) const {
    return Element(resource.json, resource.location, violations_);
  }

  // Index of the concept of an id; -1 where the catalogue has none.
  int ConceptIndex(absl::string_view concept_id) const;

  // Lists what was not used.
  void NotUsed(const FhirResource& resource, const ElementPath& path,
               v1::FhirNotUsedReason reason,
               const v1::Coding* coding = nullptr);

  // The concepts that a CodeableConcept stands for. Its other codes, and text
  // without any, are listed.
  std::vector<CodedConcept> Concepts(const FhirResource& resource,
                                     const Element& codeable,
                                     ConceptFilter filter);

  // Where a resource is in the request.
  int IndexOf(const FhirResource& resource) const;

  // Starts a draft about a concept; the reference holds until the next.
  FindingDraft& Add(const FhirResource& resource, const CodedConcept& about,
                    StatementKind kind, v1::FindingStatus status);

  // Reads the body sites of a finding. False, and nothing is left of the draft,
  // where it denies something of a place that is not mapped: an absence without
  // areas would be one everywhere.
  bool ReadBodySites(const FhirResource& resource,
                     const std::vector<Element>& sites, FindingDraft* draft);

  // Takes the last draft back.
  void DropLast() { drafts_.pop_back(); }

  // Notes that there is an allergy, or a medicine, that contradicts "nothing
  // known" about `concept_id`.
  void Contradict(absl::string_view concept_id);

  // Weighs the drafts against each other and writes the findings.
  void Finish(MappedPatient* mapped);

 private:
  void ResolveEvents();
  void LetPresencesStand();
  void DropContradictedDenials();
  void DropUndated();
  void Drop(FindingDraft* draft, v1::FhirNotUsedReason reason);
  void Write(const FindingDraft& draft, MappedPatient* mapped) const;

  const CompiledCatalog& catalog_;
  const ResourceSet& resources_;
  Violations* const violations_;
  std::vector<FindingDraft> drafts_;
  // With the index of its resource, which orders them.
  std::vector<std::pair<int, v1::FhirNotUsed>> not_used_;
  std::vector<std::string> contradicted_;
};

// The coding of an element that has `system` and `code`.
v1::Coding ReadCoding(const Element& coding);

// Whether one of the codings of a CodeableConcept has this code, in any system.
// For bindings that FHIR requires, whose codes are its own.
bool HasCode(const Element& codeable, absl::string_view code);

// The code of a CodeableConcept whose binding FHIR requires: that of its first
// coding. Empty where it has none.
absl::string_view RequiredCode(const Element& codeable);

// The day of a FHIR date, dateTime or instant, as written: `2026-05-17` of
// `2026-05-17T09:30:00+02:00`.
std::string DayOf(absl::string_view date_time);

// Whether a quantity may be stated in `unit`.
bool UnitConverts(const v1::QuantityForm& form, const std::string& unit);

// Files for the types of resources. Each reads one resource of the patient's.
void MapCondition(const FhirResource& resource, MappingContext* context);
void MapObservation(const FhirResource& resource, MappingContext* context);
void MapMedicationStatement(const FhirResource& resource,
                            MappingContext* context);
void MapMedicationRequest(const FhirResource& resource,
                          MappingContext* context);
void MapMedicationAdministration(const FhirResource& resource,
                                 MappingContext* context);
void MapAllergyIntolerance(const FhirResource& resource,
                           MappingContext* context);
void MapProcedure(const FhirResource& resource, MappingContext* context);
void MapDevice(const FhirResource& resource, MappingContext* context);
void MapDeviceUseStatement(const FhirResource& resource,
                           MappingContext* context);
void MapFlag(const FhirResource& resource, MappingContext* context);
void MapQuestionnaireResponse(const FhirResource& resource,
                              MappingContext* context, MappedPatient* mapped);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_FHIR_MAPPING_CONTEXT_H_
