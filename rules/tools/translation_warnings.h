#ifndef NEEDLEWISE_RULES_TOOLS_TRANSLATION_WARNINGS_H_
#define NEEDLEWISE_RULES_TOOLS_TRANSLATION_WARNINGS_H_

#include <memory>
#include <vector>

#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/catalog_source.h"

namespace needlewise {

// Texts that a language of the catalogue lacks, one warning for each record,
// and translations of an English text that has changed since. `files` hold no
// error.
std::vector<v1::Diagnostic> FindTranslationGapWarnings(
    const std::vector<std::unique_ptr<ParsedFile>>& files);

// Translated questions that patients find hard, and translated texts that
// command clinicians.
std::vector<v1::Diagnostic> FindTranslatedWordWarnings(
    const std::vector<std::unique_ptr<ParsedFile>>& files);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_TRANSLATION_WARNINGS_H_
