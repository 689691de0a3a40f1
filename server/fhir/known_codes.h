// Codes that answer, ask or deny: what the value sets of a catalogue, which say
// what stands for a concept, have no place for. Concepts are named by id; a
// catalogue without one of them has no use for its codes.

#ifndef NEEDLEWISE_SERVER_FHIR_KNOWN_CODES_H_
#define NEEDLEWISE_SERVER_FHIR_KNOWN_CODES_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace needlewise {

inline constexpr absl::string_view kLoinc = "http://loinc.org";
inline constexpr absl::string_view kSnomed = "http://snomed.info/sct";
inline constexpr absl::string_view kRxNorm =
    "http://www.nlm.nih.gov/research/umls/rxnorm";
inline constexpr absl::string_view kAtc = "http://www.whocc.no/atc";
inline constexpr absl::string_view kUcum = "http://unitsofmeasure.org";

// A code of an observation that asks about a concept.
struct AskingCode {
  absl::string_view system;
  absl::string_view code;
  absl::string_view concept_id;
};

// All of them.
absl::Span<const AskingCode> AskingCodes();

// Id of the concept that a code of an observation asks about, so that only its
// value says anything; empty: the code asks about none.
absl::string_view AskedConcept(absl::string_view system,
                               absl::string_view code);

// Id of the concept that a code says is not there; empty: it denies none.
absl::string_view DeniedConcept(absl::string_view system,
                                absl::string_view code);

// Whether a code says that nothing is known.
bool SaysUnknown(absl::string_view system, absl::string_view code);

// What a coded answer says of the question it answers.
enum class CodedAnswer { kNone, kYes, kNo };
CodedAnswer AnswerOfCode(absl::string_view system, absl::string_view code);

// Whether a code is of a route by which a medicine is put on the skin.
bool IsTopicalRoute(absl::string_view system, absl::string_view code);

// Id of the concept of the same ingredient put on the skin, for a concept of a
// medicine taken; empty: the catalogue tells no difference.
absl::string_view TopicalCounterpart(absl::string_view concept_id);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_FHIR_KNOWN_CODES_H_
