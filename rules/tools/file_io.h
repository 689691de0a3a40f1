#ifndef NEEDLEWISE_RULES_TOOLS_FILE_IO_H_
#define NEEDLEWISE_RULES_TOOLS_FILE_IO_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rules/tools/console.h"

namespace needlewise {

// Reads a whole file; `-` is standard input. NOT_FOUND where it cannot be
// read, with the reason.
absl::StatusOr<std::string> ReadFile(const Console& console,
                                     const std::string& path);

// Writes a whole file; `-` is standard output. A file that exists is replaced
// at once and keeps its permissions: no reader sees half of it.
absl::Status WriteFile(const Console& console, const std::string& path,
                       absl::string_view content);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_FILE_IO_H_
