// Whether a catalogue is acceptable: every fault at once, with its place.

#ifndef NEEDLEWISE_RULES_ENGINE_CATALOG_VALIDATOR_H_
#define NEEDLEWISE_RULES_ENGINE_CATALOG_VALIDATOR_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/catalog_source.h"

namespace needlewise {

// Where each record is, by id; for faults that only the whole can show.
using RecordPlaces = absl::flat_hash_map<std::string, Place>;

// Appends every fault of the catalogue that `files` make together. Where they
// are not `complete`, some file having syntax errors, what seems to be missing
// may be in the part that could not be read and is not reported.
void ValidateCatalog(const std::vector<std::unique_ptr<ParsedFile>>& files,
                     bool complete, int max_condition_depth,
                     RecordPlaces* places,
                     std::vector<v1::Diagnostic>* diagnostics);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_CATALOG_VALIDATOR_H_
