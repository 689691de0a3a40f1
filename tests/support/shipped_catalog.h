// The catalogue that is released, as its folder holds it.

#ifndef NEEDLEWISE_TESTS_SUPPORT_SHIPPED_CATALOG_H_
#define NEEDLEWISE_TESTS_SUPPORT_SHIPPED_CATALOG_H_

#include <memory>
#include <vector>

#include "rules/engine/catalog_loader.h"
#include "rules/engine/catalog_source.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise {

// The text of its files, read once.
const std::vector<CatalogFileText>& ShippedFiles();

// It, loaded once without running its cases; a diagnostic ends the test
// program.
const CompiledCatalog& ShippedCatalog();

// Its files of cases, parsed once.
const std::vector<std::unique_ptr<ParsedFile>>& ShippedSuites();

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_SUPPORT_SHIPPED_CATALOG_H_
