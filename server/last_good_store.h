#ifndef NEEDLEWISE_SERVER_LAST_GOOD_STORE_H_
#define NEEDLEWISE_SERVER_LAST_GOOD_STORE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "rules/engine/catalog_loader.h"

namespace needlewise {

// Keeps the files of the last good catalogue in a folder of its own: one
// subfolder for each catalogue, and the link `current` to the one that holds.
// The link is replaced in one step, so a crash leaves the former catalogue or
// the new one. Not to be used from two threads at once.
class LastGoodStore {
 public:
  explicit LastGoodStore(std::string folder) : folder_(std::move(folder)) {}

  // Makes `files` the last good catalogue, with its overlays and its seal.
  // `digest`, of 64 hexadecimal digits, names what they hold.
  absl::Status Save(absl::string_view digest,
                    absl::Span<const CatalogFileText> files) const;

  // NOT_FOUND where nothing was ever saved.
  absl::StatusOr<std::vector<CatalogFileText>> Load() const;

 private:
  absl::Status RemoveOthers(absl::string_view digest) const;

  const std::string folder_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_LAST_GOOD_STORE_H_
