// What can be said of a catalogue once its records are in order of id.

#ifndef NEEDLEWISE_RULES_ENGINE_SORTED_CATALOG_H_
#define NEEDLEWISE_RULES_ENGINE_SORTED_CATALOG_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise {

// The manifest's version, and the digest.
v1::CatalogVersion VersionOf(const v1::RuleCatalog& sorted_catalog);

// `CompileCatalog` for whoever has sorted the catalogue, and has its version
// from `VersionOf`.
std::shared_ptr<const CompiledCatalog> CompileSorted(
    v1::RuleCatalog sorted_catalog, v1::CatalogVersion version,
    std::vector<std::pair<std::string, std::string>>* errors);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_SORTED_CATALOG_H_
