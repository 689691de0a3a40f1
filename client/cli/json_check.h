#ifndef NEEDLEWISE_CLIENT_CLI_JSON_CHECK_H_
#define NEEDLEWISE_CLIENT_CLI_JSON_CHECK_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/cli/source_map.h"
#include "google/protobuf/descriptor.h"

namespace needlewise {

// Something wrong with an input, and where.
struct InputProblem {
  Position position;
  // What is wrong and what to do, one line.
  std::string message;
};

// Checks that `text` is protobuf JSON of `type`: every field that is unknown,
// given twice or of the wrong form, each with its place and a hint; or the
// first fault of the JSON itself, after which nothing can be told. Empty where
// nothing is wrong. Records in `*map` where each field stands.
std::vector<InputProblem> CheckJson(absl::string_view text,
                                    const google::protobuf::Descriptor& type,
                                    SourceMap* map);

}  // namespace needlewise

#endif  // NEEDLEWISE_CLIENT_CLI_JSON_CHECK_H_
