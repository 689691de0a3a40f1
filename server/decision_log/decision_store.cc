#include "server/decision_log/decision_store.h"

#include "absl/strings/str_cat.h"

namespace needlewise {

absl::Status LaterVersion(absl::string_view log, int64_t version,
                          int64_t known) {
  return absl::FailedPreconditionError(absl::StrCat(
      log, " is of version ", version, ", and this program knows up to ", known,
      "; start the program that wrote it, or a later one"));
}

}  // namespace needlewise
