#ifndef NEEDLEWISE_PROTO_JSON_SOURCE_MAP_H_
#define NEEDLEWISE_PROTO_JSON_SOURCE_MAP_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace needlewise {

// A place in a text; both count from 1, columns in characters.
struct Position {
  int line = 1;
  int column = 1;
};

// Where the fields of a message stand in the text it was read from. Paths are
// those that servers report, for instance `patient.findings[2].last`.
class SourceMap final {
 public:
  // The first place that a path is given stays.
  void Add(const std::string& path, Position position);

  // Forgets `path` and everything under it, as their values no longer come
  // from the text: they have no place any more, not even that of a field
  // around them.
  void Forget(absl::string_view path);

  // Moves `from` and everything under it to `to`.
  void Rename(absl::string_view from, absl::string_view to);

  // The place of `path`, or of the nearest field around it. Empty where
  // neither comes from the text.
  std::optional<Position> Find(absl::string_view path) const;

 private:
  std::map<std::string, Position> positions_;
  std::vector<std::string> forgotten_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_PROTO_JSON_SOURCE_MAP_H_
