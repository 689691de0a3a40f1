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

// Appends every fault of the catalogue that `files` make together.
void ValidateCatalog(const std::vector<std::unique_ptr<ParsedFile>>& files,
                     int max_condition_depth, RecordPlaces* places,
                     std::vector<v1::Diagnostic>* diagnostics);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_CATALOG_VALIDATOR_H_
