// Outstanding questions as a FHIR Questionnaire, whose link ids are ids of
// concepts, so that its answers map back.

#ifndef NEEDLEWISE_SERVER_FHIR_QUESTIONNAIRE_H_
#define NEEDLEWISE_SERVER_FHIR_QUESTIONNAIRE_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "needlewise/v1/patient.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "server/fhir/json.h"

namespace needlewise {

// Code systems of our own.
inline constexpr char kFindingStatusSystem[] = "urn:needlewise:finding-status";
inline constexpr char kAreaSystem[] = "urn:needlewise:area";
inline constexpr char kTreatmentSystem[] = "urn:needlewise:treatment";
inline constexpr char kConceptSystem[] = "urn:needlewise:concept";
inline constexpr char kRuleSystem[] = "urn:needlewise:rule";
// Why something of a record was not used.
inline constexpr char kNotUsedSystem[] = "urn:needlewise:not-used-reason";

// What is put behind a concept's id for the parts of its answer.
inline constexpr char kLastSuffix[] = ".last";
inline constexpr char kOnsetSuffix[] = ".onset";
inline constexpr char kAreasSuffix[] = ".areas";

// The status of a code of `kFindingStatusSystem`; UNSPECIFIED for none.
v1::FindingStatus StatusOfCode(absl::string_view code);

// The concepts that are outstanding for any treatment and area, each once, in
// the order of the decision.
std::vector<int> OutstandingConcepts(const CompiledCatalog& catalog,
                                     const v1::Decision& decision);

// A Questionnaire of these concepts. `id` is its id; `language` that of its
// texts, among `catalog.wordings`. What many items offer is a ValueSet that it
// contains, so that areas are not listed once for each question.
Json MakeQuestionnaire(const CompiledCatalog& catalog,
                       const std::vector<int>& concepts, absl::string_view id,
                       int language);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_FHIR_QUESTIONNAIRE_H_
