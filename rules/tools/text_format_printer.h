#ifndef NEEDLEWISE_RULES_TOOLS_TEXT_FORMAT_PRINTER_H_
#define NEEDLEWISE_RULES_TOOLS_TEXT_FORMAT_PRINTER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "rules/tools/text_format_syntax.h"

namespace needlewise {

// The one canonical text of a file: two spaces a level, one field a line, at
// most one empty line in a row, strings longer than a line in adjacent
// literals. A message that was on one line stays there if it fits. Fields and
// comments keep their order.
std::string PrintTextFile(const TextFile& file);

// The canonical form of `text`, which is of the type of `prototype`.
// Formatting it again changes nothing. INVALID_ARGUMENT where it does not
// parse; INTERNAL where the result would mean something else or lack a
// comment, which is a fault of the formatter.
absl::StatusOr<std::string> FormatTextProto(
    absl::string_view text, const google::protobuf::Message& prototype);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_TEXT_FORMAT_PRINTER_H_
