// Reads requests that people write: JSON or protobuf text format, from a file
// or standard input.

#ifndef NEEDLEWISE_CLIENT_CLI_INPUT_H_
#define NEEDLEWISE_CLIENT_CLI_INPUT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/cli/terminal.h"
#include "google/protobuf/message.h"
#include "proto/json/json_check.h"
#include "proto/json/source_map.h"

namespace needlewise {

// `--format`.
enum class InputFormat {
  // By content: what begins with `{` is JSON.
  kDetect,
  kJson,
  kTextproto,
};

// A text and what to call it in messages.
struct InputText {
  std::string name;
  std::string content;
};

// Reads the whole of a file, or of standard input for `-`. NOT_FOUND,
// PERMISSION_DENIED or another error with a message for a person.
absl::StatusOr<InputText> ReadInput(const std::string& path);

// The format of a text; never DETECT.
InputFormat FormatOf(const InputText& input, InputFormat wanted);

// Whether the text sets `field` at its outermost level, as far as can be told
// without a full reading. Tells apart the two kinds of request that some verbs
// take.
bool SetsField(const InputText& input, InputFormat format,
               absl::string_view field);

// Reads a message. Returns every problem found; none: `*message` is set, and
// `*map` says where each field stands.
std::vector<InputProblem> ParseInput(const InputText& input, InputFormat format,
                                     google::protobuf::Message* message,
                                     SourceMap* map);

// A problem for a person: `file:line:column: message`, the line, and a caret
// under the column. Ends in a line break.
std::string FormatProblem(const InputText& input, const InputProblem& problem,
                          const Terminal& terminal);

// A failed call for a person, as `ExplainError`, but with each field violation
// at its place in the input, where it has one.
std::string ExplainAgainstInput(const absl::Status& status,
                                const InputText& input, const SourceMap& map,
                                const Terminal& terminal);

}  // namespace needlewise

#endif  // NEEDLEWISE_CLIENT_CLI_INPUT_H_
