#ifndef NEEDLEWISE_SERVER_HTTP_PERCENT_CODING_H_
#define NEEDLEWISE_SERVER_HTTP_PERCENT_CODING_H_

#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace needlewise {

// The text with each `%XX` replaced by its byte. Empty where an escape is
// malformed or stands for the byte 0.
absl::optional<std::string> PercentDecode(absl::string_view text);

// The parameters of a query, where `+` is a space; of several with one name the
// last. Empty where an escape is malformed.
absl::optional<std::map<std::string, std::string>> ParseQuery(
    absl::string_view query);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_HTTP_PERCENT_CODING_H_
