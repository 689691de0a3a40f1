// From the record of one patient in FHIR R4 to what the engine reads: the
// findings, where each came from, and what was not used. Pure: no clock, no
// I/O.
//
// The idea, told once. Nothing is assumed that a resource does not say. A
// resource about one thing (this drug, this diagnosis) may say that the
// concept is there, but its absence says nothing of a concept that is wider;
// only an answer to the concept's own question does. What is void (entered in
// error, refuted, cancelled) says nothing; what is not certain is unknown; and
// whatever is not used is listed with its code and path.

#ifndef NEEDLEWISE_SERVER_FHIR_MAPPING_H_
#define NEEDLEWISE_SERVER_FHIR_MAPPING_H_

#include <string>
#include <vector>

#include "needlewise/v1/fhir.pb.h"
#include "needlewise/v1/patient.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/engine/violation.h"
#include "server/fhir/resource_set.h"

namespace needlewise {

// Where the parts of a finding stand in the request; empty: nowhere.
struct FindingPlaces {
  std::string finding;
  std::string onset;
  std::string last;
  std::string recorded;
  std::string quantity;
};

// A patient as mapped.
struct MappedPatient {
  v1::Patient patient;
  // For each finding of `patient`.
  std::vector<v1::FhirOrigin> origins;
  std::vector<FindingPlaces> places;
  // Where the birth date stands in the request.
  std::string birth_date_place;
  std::vector<v1::FhirNotUsed> not_used;
  // The record says that the patient has died.
  bool deceased = false;
};

// Maps the record of the one patient of `resources`. Faults of form, and
// resources of another patient, are appended to `*violations`; the result must
// not be used then. `location` is where a patient was expected.
MappedPatient MapPatient(const CompiledCatalog& catalog,
                         const ResourceSet& resources,
                         const std::string& location, Violations* violations);

// Violations of a mapped patient, as the engine names them
// (`patient.findings[2].last`), with their places in the request instead.
// Others stay as they are.
Violations PlaceViolations(const MappedPatient& mapped,
                           const Violations& violations);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_FHIR_MAPPING_H_
