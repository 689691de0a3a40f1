#ifndef NEEDLEWISE_PROTO_JSON_JSON_CHECK_H_
#define NEEDLEWISE_PROTO_JSON_JSON_CHECK_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "proto/json/source_map.h"

namespace needlewise {

// Something wrong with an input, and where.
struct InputProblem {
  Position position;
  // What is wrong and what to do, one line.
  std::string message;
  // The field, as servers report it, for instance `patient.findings[2].last`;
  // empty for the input as a whole.
  std::string path = "";
};

// Who wrote a text and will read what is wrong with it.
enum class JsonAuthor {
  // Somebody who looks at it: messages repeat what is wrong.
  kPerson,
  // Another program: messages repeat nothing that could be patient data, only
  // names that look like those of fields.
  kProgram,
};

// Checks that `text` is protobuf JSON of `type`, in UTF-8: every field that is
// unknown, given twice or of the wrong form, each with its place and a hint; or
// the first fault of the JSON itself, after which nothing can be told. Empty
// where nothing is wrong. Records in `*map`, which may be null, where each
// field stands.
std::vector<InputProblem> CheckJson(absl::string_view text,
                                    const google::protobuf::Descriptor& type,
                                    JsonAuthor author, SourceMap* map);

}  // namespace needlewise

#endif  // NEEDLEWISE_PROTO_JSON_JSON_CHECK_H_
