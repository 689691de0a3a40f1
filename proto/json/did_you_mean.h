#ifndef NEEDLEWISE_PROTO_JSON_DID_YOU_MEAN_H_
#define NEEDLEWISE_PROTO_JSON_DID_YOU_MEAN_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace needlewise {

// The candidates nearest to what was typed, at most three, nearest first;
// empty where none is near.
std::vector<std::string> NearestOf(absl::string_view typed,
                                   const std::vector<std::string>& candidates);

// `; did you mean `a` or `b`?`, or nothing.
std::string DidYouMean(absl::string_view typed,
                       const std::vector<std::string>& candidates);

}  // namespace needlewise

#endif  // NEEDLEWISE_PROTO_JSON_DID_YOU_MEAN_H_
