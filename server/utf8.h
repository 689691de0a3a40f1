#ifndef NEEDLEWISE_SERVER_UTF8_H_
#define NEEDLEWISE_SERVER_UTF8_H_

#include <google/protobuf/stubs/common.h>

#include <limits>

#include "absl/strings/string_view.h"

namespace needlewise {

// Whether a text is UTF-8 in its shortest form, without surrogates. What is
// longer than any message may be is not.
inline bool IsUtf8(absl::string_view text) {
  return text.size() <= std::numeric_limits<int>::max() &&
         google::protobuf::internal::IsStructurallyValidUTF8(
             text.data(), static_cast<int>(text.size()));
}

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_UTF8_H_
