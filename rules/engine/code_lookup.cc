#include "rules/engine/code_lookup.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace needlewise {

ConceptIndices ConceptsOfCode(const CompiledCatalog& catalog,
                              absl::string_view system,
                              absl::string_view code) {
  ConceptIndices concepts;
  const auto exact = catalog.exact_codes.find(absl::StrCat(system, "|", code));
  if (exact != catalog.exact_codes.end()) {
    concepts.assign(exact->second.begin(), exact->second.end());
  }
  const auto prefixes = catalog.prefix_codes.find(system);
  if (prefixes != catalog.prefix_codes.end()) {
    for (const v1::ConceptCode* prefix : prefixes->second) {
      if (!absl::StartsWith(code, prefix->coding().code())) continue;
      if (std::any_of(prefix->except_prefixes().begin(),
                      prefix->except_prefixes().end(),
                      [&](const std::string& except) {
                        return absl::StartsWith(code, except);
                      })) {
        continue;
      }
      concepts.push_back(catalog.prefix_concepts.at(prefix));
    }
  }
  std::sort(concepts.begin(), concepts.end());
  concepts.erase(std::unique(concepts.begin(), concepts.end()), concepts.end());
  return concepts;
}

int AreaOfCode(const CompiledCatalog& catalog, absl::string_view system,
               absl::string_view code) {
  const auto area = catalog.area_codes.find(absl::StrCat(system, "|", code));
  return area == catalog.area_codes.end() ? -1 : area->second;
}

}  // namespace needlewise
