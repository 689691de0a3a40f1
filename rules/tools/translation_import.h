// Puts what a translator has filled in where it belongs in a catalogue's files.

#ifndef NEEDLEWISE_RULES_TOOLS_TRANSLATION_IMPORT_H_
#define NEEDLEWISE_RULES_TOOLS_TRANSLATION_IMPORT_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/catalog_source.h"

namespace needlewise {

struct TranslationImport {
  // What is wrong with the file, each with what to do; then nothing else is
  // meaningful.
  std::vector<std::string> errors;
  // The new text of each file that changes, by name; comments and order are
  // kept.
  std::map<std::string, std::string> files;
  // Texts that replaced another, that were not there before, that were there
  // just so, and that are still empty.
  int replaced = 0;
  int added = 0;
  int unchanged = 0;
  int empty = 0;
};

// Merges the translations of `filled`, a skeleton that was filled in, into
// `files`, which make `catalog`. A text of an English that is not the
// catalogue's present one is an error.
TranslationImport ImportTranslations(
    const std::vector<std::unique_ptr<ParsedFile>>& files,
    const v1::RuleCatalog& catalog, const v1::RuleCatalog& filled);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_TRANSLATION_IMPORT_H_
