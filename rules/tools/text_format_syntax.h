// Protobuf text format as its author wrote it: fields and values in their
// order, with every comment. What the fields mean is not looked at.

#ifndef NEEDLEWISE_RULES_TOOLS_TEXT_FORMAT_SYNTAX_H_
#define NEEDLEWISE_RULES_TOOLS_TEXT_FORMAT_SYNTAX_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace needlewise {

// A comment, from its `#` to the end of its line, without trailing spaces.
struct TextComment {
  std::string text;
  // Whether an empty line stands before it.
  bool blank_before = false;
};

// One literal of a string, or several that no comment parts, joined.
struct TextLiteral {
  std::vector<TextComment> leading;
  // The bytes that it stands for.
  std::string bytes;
  // Empty: none.
  std::string trailing_comment;
};

struct TextBody;
struct TextElement;

struct TextValue {
  enum class Kind {
    // A number, an enumerator or a boolean: `scalar` holds it as written.
    kScalar,
    // `literals`.
    kString,
    // `body`.
    kMessage,
    // `elements`.
    kList,
  };
  Kind kind = Kind::kScalar;
  std::string scalar;
  std::vector<TextLiteral> literals;
  std::unique_ptr<TextBody> body;
  std::vector<TextElement> elements;
  // Message and list: behind the opening bracket, and before the closing one.
  std::string opening_comment;
  std::vector<TextComment> dangling;
  // Message and list: whether it was opened and closed on one line.
  bool on_one_line = false;
};

// A value of a list.
struct TextElement {
  std::vector<TextComment> leading;
  TextValue value;
  // Behind it, on its last line. Empty: none.
  std::string trailing_comment;
};

struct TextField {
  std::vector<TextComment> leading;
  bool blank_before = false;
  // With brackets for an extension or the type of an `Any`.
  std::string name;
  TextValue value;
  // Behind it, on its last line. Empty: none.
  std::string trailing_comment;
};

struct TextBody {
  std::vector<TextField> fields;
};

struct TextFile {
  TextBody body;
  // Comments after the last field.
  std::vector<TextComment> dangling;
};

// Reads text that protobuf's own parser accepts. A comment in the middle of a
// field, where it could not be kept in place, becomes one above the field.
// INVALID_ARGUMENT where the text is not well formed.
absl::StatusOr<TextFile> ParseTextFile(absl::string_view text);

// Every comment of a text, in order, read without regard to its fields.
// INVALID_ARGUMENT where the text is not made of tokens.
absl::StatusOr<std::vector<std::string>> CommentsIn(absl::string_view text);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_TEXT_FORMAT_SYNTAX_H_
