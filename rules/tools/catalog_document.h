#ifndef NEEDLEWISE_RULES_TOOLS_CATALOG_DOCUMENT_H_
#define NEEDLEWISE_RULES_TOOLS_CATALOG_DOCUMENT_H_

#include <string>

#include "rules/engine/compiled_catalog.h"
#include "rules/tools/document.h"

namespace needlewise {

// The whole catalogue as a document for a committee to read and sign. Every
// record is in it; the same catalogue always gives the same document.
Document DescribeCatalog(const CompiledCatalog& catalog);

// Orders `C2` before `C10`: digits count as numbers.
bool NaturallyLess(const std::string& a, const std::string& b);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_CATALOG_DOCUMENT_H_
