// The catalogues that are measured: the shipped one, a part of it, and it many
// times over.

#ifndef NEEDLEWISE_TESTS_BENCHMARKS_SAMPLE_CATALOGS_H_
#define NEEDLEWISE_TESTS_BENCHMARKS_SAMPLE_CATALOGS_H_

#include <memory>
#include <string>

#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise {

// The shipped catalogue. Ends the program, with the reason, where it does not
// load, as do the others.
std::shared_ptr<const CompiledCatalog> LoadShippedCatalog();

// `count` of the rules of plain needling that ask about one thing only, taken
// evenly from the strictest to the mildest, with what they ask about.
std::shared_ptr<const CompiledCatalog> LoadSingleQuestionRules(
    const CompiledCatalog& shipped, int count);

// At least `times` as many rules: copies that ask about copies of the concepts,
// with copies of the gates, in the same sections of the questionnaire. What the
// samples state as a value, and what a clinic states of itself, is not copied,
// so a copy never fires for a sample: who closes a section has answered the
// copies, too, and gets the same answer as from the shipped catalogue.
v1::RuleCatalog WithCopiedRules(const v1::RuleCatalog& shipped, int times);

// A catalogue as a file.
std::string ToText(const v1::RuleCatalog& catalog);

std::shared_ptr<const CompiledCatalog> LoadText(const std::string& text);

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_BENCHMARKS_SAMPLE_CATALOGS_H_
