#include "server/http/message_json.h"

#include <google/protobuf/util/json_util.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "proto/json/json_check.h"

namespace needlewise {

Violations ReadJson(absl::string_view text,
                    google::protobuf::Message* message) {
  Violations violations;
  for (const InputProblem& problem :
       CheckJson(text, *message->GetDescriptor(), JsonAuthor::kProgram,
                 /*map=*/nullptr)) {
    violations.push_back(
        {problem.path,
         absl::StrCat(problem.message, " (line ", problem.position.line,
                      ", column ", problem.position.column, ")")});
  }
  if (!violations.empty()) return violations;
  google::protobuf::util::JsonParseOptions options;
  options.case_insensitive_enum_parsing = false;
  if (!google::protobuf::util::JsonStringToMessage({text.data(), text.size()},
                                                   message, options)
           .ok()) {
    // The library's own words may repeat a value.
    violations.push_back(
        {"", absl::StrCat("the JSON is not a `",
                          message->GetDescriptor()->full_name(), "`")});
  }
  return violations;
}

std::string WriteJson(const google::protobuf::Message& message) {
  std::string json;
  // INVARIANT: fails only for messages in `Any` that the program does not know.
  if (!google::protobuf::util::MessageToJsonString(message, &json).ok()) {
    return "{}";
  }
  return json;
}

std::string QuoteJson(absl::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      absl::StrAppend(&quoted, "\\", std::string(1, c));
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(&quoted, "\\u%04x", c);
    } else {
      quoted += c;
    }
  }
  quoted += '"';
  return quoted;
}

}  // namespace needlewise
