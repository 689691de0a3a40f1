// The engine's own sentences and words, in one place. Here in English; other
// languages are records of the catalogue, like every text that a reader sees.

#ifndef NEEDLEWISE_RULES_ENGINE_PHRASES_H_
#define NEEDLEWISE_RULES_ENGINE_PHRASES_H_

#include <array>
#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace needlewise {

enum class Phrase {
  // A matched fact, `$0: $1`, built up from its value outwards.
  kFact,
  kFactWhere,
  kFactSince,
  kFactLast,
  kFactSaidBy,
  kFactSaidByOn,
  kFactImplied,
  kFactRequested,
  kStatusPresent,
  kStatusPast,
  kStatusAbsent,
  kStatusNever,
  kStatusUnknown,
  kSourceRecord,
  kSourcePatient,
  kSourceClinician,
  kSourceSite,
  kSourceNotStated,
  // Values.
  kDecimalPoint,
  kListSeparator,
  kWithUnit,
  kYears,
  kYearsFromTo,
  kAtLeast,
  kAbove,
  kAtMost,
  kBelow,
  kBoth,
  kMillimetres,
  kNotStated,
  // The context of a request.
  kTreatmentArea,
  kDevice,
  kNeedleDepth,
  kConcern,
  kNoDevice,
  kUnlistedDevice,
  // Notices, in the order of `NoticeKind`; each follows the concept.
  kContradictionSettled,
  kContradictionOpen,
  kImplicationBroken,
  kStale,
  kAfterAsOf,
  kCodeNotMapped,
  // What would have to change; `$0` is the rule's title or the concept.
  kReviewClears,
  kNothingClears,
  kTimeClears,
  kChange,
};

inline constexpr size_t kPhraseCount = static_cast<size_t>(Phrase::kChange) + 1;

// A phrase as the catalogue's translations name it, and its English; `$0` to
// `$9` are filled in.
struct PhraseText {
  absl::string_view id;
  absl::string_view english;
};

const PhraseText& TextOf(Phrase phrase);

// The phrases of one language, by `Phrase`.
using Phrases = std::array<std::string, kPhraseCount>;

Phrases EnglishPhrases();

// Placeholders of a phrase, in order, each once: `$0$1`; also what looks like
// one and is none.
std::string PlaceholdersIn(absl::string_view phrase);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_PHRASES_H_
