// What a catalogue says in one language.

#ifndef NEEDLEWISE_RULES_ENGINE_WORDING_H_
#define NEEDLEWISE_RULES_ENGINE_WORDING_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/phrases.h"

namespace needlewise {

// The language of the catalogue's own texts.
inline constexpr char kEnglish[] = "en";

struct Wording {
  // BCP 47, lower case.
  std::string language;
  // The catalogue with the texts of this language; every record stands where it
  // stands in the original. Null: the original itself.
  std::unique_ptr<const v1::RuleCatalog> translated;
  Phrases phrases;
  // How many texts, phrases included, have no translation, or one of an English
  // text that has changed since: there the English stands.
  int untranslated = 0;

  const std::string& operator[](Phrase phrase) const {
    return phrases[static_cast<size_t>(phrase)];
  }
};

// The wordings of a sorted catalogue: English, then the languages that it
// declares, in order of code. Translations that name nothing are ignored; the
// validator refuses them.
std::vector<Wording> MakeWordings(const v1::RuleCatalog& catalog);

// The position among `wordings` of the language that serves a reader who asked
// for `tag`, by BCP 47 lookup: `fr-CA` is served by `fr`. Empty is English. -1
// where none serves.
int FindWording(const std::vector<Wording>& wordings, absl::string_view tag);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_WORDING_H_
