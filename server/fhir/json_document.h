// JSON as the doors for health records read it: strict, bounded, and without
// exceptions for the caller.

#ifndef NEEDLEWISE_SERVER_FHIR_JSON_DOCUMENT_H_
#define NEEDLEWISE_SERVER_FHIR_JSON_DOCUMENT_H_

#include <rapidjson/document.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "rules/engine/violation.h"

namespace needlewise {

// A value of a document. What it is has to be asked before it is read as that.
using JsonValue = rapidjson::Value;

// A document that was read. Values stay where they are when it is moved.
class JsonDocument {
 public:
  JsonDocument() : root_(std::make_unique<rapidjson::Document>()) {}
  // Texts of `root` are in `text`.
  JsonDocument(std::unique_ptr<char[]> text,
               std::unique_ptr<rapidjson::Document> root)
      : text_(std::move(text)), root_(std::move(root)) {}

  const JsonValue& root() const { return *root_; }

 private:
  std::unique_ptr<char[]> text_;
  std::unique_ptr<rapidjson::Document> root_;
};

// Deepest nesting of objects and arrays that is read.
inline constexpr int kDeepestJson = 64;

// Reads one JSON value that fills `text`: UTF-8 without faults, no member twice
// in an object, no number beyond a double, nothing after the value. Nothing,
// and one violation that names the place, where it is anything else; texts of
// the document are not repeated but for names of members.
absl::optional<JsonDocument> ParseJson(absl::string_view text,
                                       Violations* violations);

// A member; null where `object` is no object or has none of this name.
const JsonValue* FindMember(const JsonValue& object, absl::string_view name);

// A value that is a text; nothing where it is something else.
absl::optional<absl::string_view> TextIn(const JsonValue& value);

// Writes a value without insignificant white space, members in their order.
std::string WriteJson(const JsonValue& value);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_FHIR_JSON_DOCUMENT_H_
