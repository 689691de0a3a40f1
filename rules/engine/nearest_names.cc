#include "rules/engine/nearest_names.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace needlewise {
namespace {

// No id is longer, and comparing takes time.
constexpr size_t kLongestCompared = 64;

// Levenshtein's distance.
size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

std::string Normal(absl::string_view text) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(text),
                             {{"_", " "}, {"-", " "}});
}

}  // namespace

std::vector<std::string> NearestNames(
    absl::string_view wanted,
    const std::vector<std::pair<std::string, std::string>>& names) {
  // Nothing is near to what is much longer than any name.
  if (wanted.size() > kLongestCompared) return {};
  const std::string normal = Normal(wanted);
  if (normal.empty()) return {};
  std::vector<std::pair<size_t, std::string>> scored;
  for (const auto& [name, id] : names) {
    const std::string other = Normal(name);
    size_t distance = Distance(normal, other);
    const bool holds = normal.size() >= 3 && other.size() >= 3 &&
                       (other.find(normal) != std::string::npos ||
                        normal.find(other) != std::string::npos);
    if (holds) distance = std::min<size_t>(distance, 2);
    const size_t near =
        std::max<size_t>(1, std::min(normal.size(), other.size()) / 3);
    if (holds || distance <= near) scored.emplace_back(distance, id);
  }
  std::sort(scored.begin(), scored.end());
  std::vector<std::string> nearest;
  for (const auto& [distance, id] : scored) {
    if (nearest.size() == 3) break;
    if (std::find(nearest.begin(), nearest.end(), id) == nearest.end()) {
      nearest.push_back(id);
    }
  }
  return nearest;
}

std::string DidYouMean(const std::vector<std::string>& nearest) {
  if (nearest.empty()) return "";
  return absl::StrCat("; did you mean `", absl::StrJoin(nearest, "`, `"), "`?");
}

}  // namespace needlewise
