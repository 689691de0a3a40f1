#include "server/http/percent_coding.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace needlewise {

absl::optional<std::string> PercentDecode(absl::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (text.size() - i < 3 || !absl::ascii_isxdigit(text[i + 1]) ||
        !absl::ascii_isxdigit(text[i + 2])) {
      return absl::nullopt;
    }
    const std::string byte = absl::HexStringToBytes(text.substr(i + 1, 2));
    if (byte[0] == '\0') return absl::nullopt;
    decoded += byte;
    i += 2;
  }
  return decoded;
}

absl::optional<std::map<std::string, std::string>> ParseQuery(
    absl::string_view query) {
  std::map<std::string, std::string> parameters;
  for (const absl::string_view pair :
       absl::StrSplit(query, '&', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> split = absl::StrSplit(
        absl::StrReplaceAll(pair, {{"+", " "}}), absl::MaxSplits('=', 1));
    absl::optional<std::string> name = PercentDecode(split.first);
    absl::optional<std::string> value = PercentDecode(split.second);
    if (!name.has_value() || !value.has_value()) return absl::nullopt;
    parameters[*std::move(name)] = *std::move(value);
  }
  return parameters;
}

}  // namespace needlewise
