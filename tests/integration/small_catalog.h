#ifndef NEEDLEWISE_TESTS_INTEGRATION_SMALL_CATALOG_H_
#define NEEDLEWISE_TESTS_INTEGRATION_SMALL_CATALOG_H_

#include <vector>

#include "rules/engine/catalog_loader.h"

namespace needlewise {

// A catalogue of a few rules that loads in a moment. Its version is
// `<edition>.0.0`, and a note `edition-<edition>` fires on every face.
std::vector<CatalogFileText> SmallCatalog(int edition);

// The same with two faults.
std::vector<CatalogFileText> BrokenCatalog(int edition);

// The same with a case that does not come out as it says.
std::vector<CatalogFileText> CatalogWithFailingCase(int edition);

// `files` with every source past its review date.
std::vector<CatalogFileText> PastReview(std::vector<CatalogFileText> files);

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_INTEGRATION_SMALL_CATALOG_H_
