// What a catalogue says of itself and of its sources: review dates, the answers
// to regulators' questions, what is deliberately not adopted, and which way
// each parameter is stricter.

#ifndef NEEDLEWISE_RULES_ENGINE_PROVENANCE_CHECKS_H_
#define NEEDLEWISE_RULES_ENGINE_PROVENANCE_CHECKS_H_

#include <memory>
#include <vector>

#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/catalog_source.h"

namespace needlewise {

// Appends every such fault of the catalogue that `files` make together. A part
// of the validator; `complete` as there.
void CheckProvenance(const std::vector<std::unique_ptr<ParsedFile>>& files,
                     bool complete, std::vector<v1::Diagnostic>* diagnostics);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_PROVENANCE_CHECKS_H_
