// JSON as the doors for health records read it: strict, bounded, and without
// exceptions for the caller.

#ifndef NEEDLEWISE_SERVER_FHIR_JSON_H_
#define NEEDLEWISE_SERVER_FHIR_JSON_H_

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "rules/engine/violation.h"

namespace needlewise {

using Json = nlohmann::json;

// Deepest nesting of objects and arrays that is read.
inline constexpr int kDeepestJson = 64;

// Reads one JSON value that fills `text`: UTF-8 without faults, no member twice
// in an object, no number beyond a double, nothing after the value. Nothing,
// and one violation that names the place, where it is anything else; texts of
// the document are not repeated but for names of members.
absl::optional<Json> ParseJson(absl::string_view text, Violations* violations);

// Writes a value without insignificant white space. Text that is not UTF-8 is
// replaced, never an error.
std::string WriteJson(const Json& json);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_FHIR_JSON_H_
