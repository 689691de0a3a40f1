#include "proto/json/did_you_mean.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace needlewise {
namespace {

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
                             {{"_", ""}, {"-", ""}, {" ", ""}});
}

}  // namespace

std::vector<std::string> NearestOf(absl::string_view typed,
                                   const std::vector<std::string>& candidates) {
  const std::string normal = Normal(typed);
  if (normal.empty()) return {};
  std::vector<std::pair<size_t, std::string>> scored;
  for (const std::string& candidate : candidates) {
    const std::string other = Normal(candidate);
    size_t distance = Distance(normal, other);
    // `PRESENT` for FINDING_STATUS_PRESENT, `treatment` for `treatments`.
    if (normal.size() >= 3 && (absl::StrContains(other, normal) ||
                               absl::StrContains(normal, other))) {
      distance = std::min<size_t>(distance, 2);
    }
    const size_t near =
        std::max<size_t>(1, std::min(normal.size(), other.size()) / 3);
    if (distance <= near) scored.emplace_back(distance, candidate);
  }
  std::sort(scored.begin(), scored.end());
  std::vector<std::string> nearest;
  for (const auto& [distance, candidate] : scored) {
    if (nearest.size() == 3) break;
    nearest.push_back(candidate);
  }
  return nearest;
}

std::string DidYouMean(absl::string_view typed,
                       const std::vector<std::string>& candidates) {
  const std::vector<std::string> nearest = NearestOf(typed, candidates);
  if (nearest.empty()) return "";
  return absl::StrCat("; did you mean `", absl::StrJoin(nearest, "` or `"),
                      "`?");
}

}  // namespace needlewise
