#ifndef NEEDLEWISE_RULES_ENGINE_NEAREST_NAMES_H_
#define NEEDLEWISE_RULES_ENGINE_NEAREST_NAMES_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace needlewise {

// The ids nearest to `wanted`: at most three, the nearest first. `names` are
// pairs of a name and the id it stands for, so that synonyms count. Empty
// where nothing is near.
std::vector<std::string> NearestNames(
    absl::string_view wanted,
    const std::vector<std::pair<std::string, std::string>>& names);

// `; did you mean `a`, `b`?`, or nothing.
std::string DidYouMean(const std::vector<std::string>& nearest);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_NEAREST_NAMES_H_
