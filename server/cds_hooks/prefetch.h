#ifndef NEEDLEWISE_SERVER_CDS_HOOKS_PREFETCH_H_
#define NEEDLEWISE_SERVER_CDS_HOOKS_PREFETCH_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "rules/engine/compiled_catalog.h"
#include "server/fhir/json_document.h"

namespace needlewise {

// Key of the patient, the one thing that nothing stands in for.
inline constexpr absl::string_view kPatientKey = "patient";

// A query that a service asks its caller to have answered beforehand.
struct PrefetchTemplate {
  std::string key;
  // With `{{context.patientId}}`.
  std::string query;
};

// What the concepts of a catalogue need, and nothing more: the types of
// resources whose codes could stand for one, and of observations those codes
// alone that do. The patient first, then by key.
std::vector<PrefetchTemplate> PrefetchTemplates(const CompiledCatalog& catalog);

// The query for one patient, relative to the FHIR server. `patient_id` is a
// FHIR id.
std::string QueryFor(const PrefetchTemplate& prefetch,
                     absl::string_view patient_id);

// What a caller gave for a key. None of them says that there is no finding:
// what is not mentioned is unknown.
enum class PrefetchState {
  // The key is missing: the caller did not ask, or could not.
  kMissing,
  // `null`: the record has no such resource.
  kNull,
  // A bundle without entries: the search found nothing.
  kEmpty,
  // An OperationOutcome: the search failed.
  kFailed,
  // A resource, or a bundle with some.
  kGiven,
};

PrefetchState StateOf(const JsonValue* value);

// As in the answer's extension: `missing`, `null`, `empty`, `failed`, `given`.
absl::string_view NameOf(PrefetchState state);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_CDS_HOOKS_PREFETCH_H_
