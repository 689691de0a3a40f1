#include "proto/json/source_map.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace needlewise {
namespace {

bool IsUnder(absl::string_view path, absl::string_view root) {
  return absl::StartsWith(path, root) &&
         (path.size() == root.size() || path[root.size()] == '.' ||
          path[root.size()] == '[');
}

}  // namespace

void SourceMap::Add(const std::string& path, Position position) {
  positions_.emplace(path, position);
}

void SourceMap::Forget(absl::string_view path) {
  forgotten_.emplace_back(path);
  for (auto it = positions_.begin(); it != positions_.end();) {
    it = IsUnder(it->first, path) ? positions_.erase(it) : std::next(it);
  }
}

void SourceMap::Rename(absl::string_view from, absl::string_view to) {
  std::map<std::string, Position> renamed;
  for (auto& [path, position] : positions_) {
    if (IsUnder(path, from)) {
      renamed.emplace(absl::StrCat(to, path.substr(from.size())), position);
    } else {
      renamed.emplace(path, position);
    }
  }
  positions_ = std::move(renamed);
}

std::optional<Position> SourceMap::Find(absl::string_view path) const {
  for (const std::string& forgotten : forgotten_) {
    if (IsUnder(path, forgotten)) return std::nullopt;
  }
  while (!path.empty()) {
    const auto found = positions_.find(std::string(path));
    if (found != positions_.end()) return found->second;
    const size_t end = path.find_last_of(".[");
    if (end == absl::string_view::npos) break;
    path = path.substr(0, end);
  }
  return std::nullopt;
}

}  // namespace needlewise
