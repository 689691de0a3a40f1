// Messages as JSON. The only file of the door that includes protobuf's JSON.

#ifndef NEEDLEWISE_SERVER_HTTP_MESSAGE_JSON_H_
#define NEEDLEWISE_SERVER_HTTP_MESSAGE_JSON_H_

#include <google/protobuf/message.h>

#include <string>

#include "absl/strings/string_view.h"
#include "rules/engine/violation.h"

namespace needlewise {

// Reads `*message` from its canonical JSON. Nothing is ignored: what is no
// field, is given twice or has the wrong form is a violation with its path, all
// of them at once; of JSON that is malformed the first fault, with line and
// column. Empty where nothing is wrong; else `*message` is not to be used.
Violations ReadJson(absl::string_view text, google::protobuf::Message* message);

// The canonical JSON of `message`, on one line.
std::string WriteJson(const google::protobuf::Message& message);

// A text as a JSON string, with its quotes.
std::string QuoteJson(absl::string_view text);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_HTTP_MESSAGE_JSON_H_
