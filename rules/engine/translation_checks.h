// Whether the translations of a catalogue are acceptable, and what they lack.

#ifndef NEEDLEWISE_RULES_ENGINE_TRANSLATION_CHECKS_H_
#define NEEDLEWISE_RULES_ENGINE_TRANSLATION_CHECKS_H_

#include <memory>
#include <string>
#include <vector>

#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/catalog_source.h"

namespace needlewise {

// Appends every fault of the languages and translations in `files`. Where they
// are not `complete`, what is named and not found may be in the part that could
// not be read and is not reported. A missing or stale translation is no fault.
void CheckTranslations(const std::vector<std::unique_ptr<ParsedFile>>& files,
                       bool complete, std::vector<v1::Diagnostic>* diagnostics);

// A text that has no current translation.
struct TranslationGap {
  std::string language;
  // As in `Translation` and `TranslatedText`.
  std::string records;
  std::string record_id;
  std::string field;
  std::string english;
  // True: there is a translation, of an English text that has changed since.
  bool stale = false;
};

// Every gap of a merged catalogue, by language, in the order of the texts.
std::vector<TranslationGap> FindTranslationGaps(const v1::RuleCatalog& catalog);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_TRANSLATION_CHECKS_H_
