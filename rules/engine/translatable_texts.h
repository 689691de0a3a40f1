// Which texts of a catalogue a reader sees, and so have translations.

#ifndef NEEDLEWISE_RULES_ENGINE_TRANSLATABLE_TEXTS_H_
#define NEEDLEWISE_RULES_ENGINE_TRANSLATABLE_TEXTS_H_

#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "needlewise/v1/rule_catalog.pb.h"

namespace needlewise {

// What the translations of `Phrase` name as their records.
inline constexpr char kPhraseRecords[] = "phrases";

// Where a text is. The views live as long as the call they are passed to.
struct TextPlace {
  // Field of `RuleCatalog` that holds the record, or `phrases`.
  absl::string_view records;
  // The record's id; empty for the manifest.
  absl::string_view record_id;
  // Path in the record, for instance `title` or `positions[0].statement`.
  absl::string_view field;
};

// Calls `visit` with each text of the catalogue that is not empty, in the order
// of fields and records; the terminologies' displays and the titles of sources
// are none. The catalogue's languages and translations are left out, and so
// are phrases.
void VisitTexts(
    const v1::RuleCatalog& catalog,
    const std::function<void(const TextPlace&, const std::string&)>& visit);

// The same for texts that may be written.
void VisitMutableTexts(
    v1::RuleCatalog* catalog,
    const std::function<void(const TextPlace&, std::string*)>& visit);

// The same for the engine's phrases, in English.
void VisitPhrases(
    const std::function<void(const TextPlace&, const std::string&)>& visit);

// The first eight hexadecimal digits of a text's SHA-256: which English text a
// translation is of.
std::string DigestOfText(absl::string_view text);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_TRANSLATABLE_TEXTS_H_
