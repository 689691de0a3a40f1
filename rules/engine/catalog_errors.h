// What is wrong with a catalogue that only the whole shows.

#ifndef NEEDLEWISE_RULES_ENGINE_CATALOG_ERRORS_H_
#define NEEDLEWISE_RULES_ENGINE_CATALOG_ERRORS_H_

#include <string>
#include <utility>
#include <vector>

namespace needlewise {

// The record's id, and what is wrong with it and what to do.
using CatalogErrors = std::vector<std::pair<std::string, std::string>>;

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_CATALOG_ERRORS_H_
