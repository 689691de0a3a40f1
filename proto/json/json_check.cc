#include "proto/json/json_check.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "proto/json/did_you_mean.h"

namespace needlewise {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::EnumDescriptor;
using ::google::protobuf::FieldDescriptor;

// Deeper than any message of the API; keeps hostile input off the stack's end.
constexpr int kDeepest = 64;

enum class ValueKind { kObject, kList, kString, kNumber, kBool, kNull };

const char* NameOf(ValueKind kind) {
  switch (kind) {
    case ValueKind::kObject:
      return "an object";
    case ValueKind::kList:
      return "a list";
    case ValueKind::kString:
      return "text";
    case ValueKind::kNumber:
      return "a number";
    case ValueKind::kBool:
      return "true or false";
    case ValueKind::kNull:
      return "null";
  }
  return "";
}

std::vector<std::string> FieldNames(const Descriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) {
    names.push_back(type.field(i)->json_name());
  }
  return names;
}

std::vector<std::string> ValueNames(const EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() != 0) names.push_back(type.value(i)->name());
  }
  return names;
}

// Types that JSON writes as text, for instance times in RFC 3339.
bool IsWrittenAsText(const Descriptor& type) {
  return type.full_name() == "google.protobuf.Timestamp" ||
         type.full_name() == "google.protobuf.Duration";
}

// Whether a name that was sent could be one of a field: then it may be
// repeated, as no patient's data looks like that by design.
bool LooksLikeFieldName(absl::string_view name) {
  constexpr size_t kLongestName = 64;
  return !name.empty() && name.size() <= kLongestName &&
         absl::ascii_isalpha(name[0]) &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '_';
         });
}

std::string Join(absl::string_view path, absl::string_view name) {
  return absl::StrCat(path, path.empty() ? "" : ".", name);
}

class Checker {
 public:
  Checker(absl::string_view text, JsonAuthor author, SourceMap* map)
      : text_(text), for_person_(author == JsonAuthor::kPerson), map_(map) {}

  std::vector<InputProblem> Check(const Descriptor& type) {
    SkipSpace();
    if (AtEnd()) {
      Broken("the input is empty; expected a JSON object");
    } else if (Peek() != '{') {
      Broken("expected a JSON object, which begins with `{`");
    } else if (CheckObject(&type, "", 0)) {
      SkipSpace();
      if (!AtEnd()) {
        path_.clear();
        Broken(Peek() != '{' ? "there is more after the end of the object"
               : for_person_ ? "another object follows the first; for one "
                               "request a line use `screen --batch`"
                             : "another object follows the first");
      }
    }
    return std::move(problems_);
  }

 private:
  bool AtEnd() const { return next_ == text_.size(); }
  char Peek() const { return text_[next_]; }

  void Advance() {
    const char c = text_[next_++];
    if (c == '\n') {
      ++here_.line;
      here_.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      // Bytes that continue a character of UTF-8 take no column.
      ++here_.column;
    }
  }

  void SkipSpace() {
    while (!AtEnd() && (Peek() == ' ' || Peek() == '\t' || Peek() == '\n' ||
                        Peek() == '\r')) {
      Advance();
    }
  }

  // A fault of the JSON itself: nothing after it can be told.
  bool Broken(std::string message) {
    problems_.push_back({here_, std::move(message), path_});
    return false;
  }

  void Fault(Position position, const std::string& path, std::string message) {
    problems_.push_back({position, std::move(message), path});
  }

  // A part of the input, to be repeated in a message; for a program, which
  // knows what it sent, only `instead`.
  std::string Repeated(absl::string_view text, absl::string_view instead) {
    return for_person_ ? absl::StrCat("`", text, "`") : std::string(instead);
  }

  bool BrokenAtEnd(absl::string_view what, Position opened) {
    return Broken(absl::StrCat(
        "the input ends inside the ", what, " that begins at ",
        opened.line == here_.line ? ""
                                  : absl::StrCat("line ", opened.line, ", "),
        "column ", opened.column));
  }

  // What to say where `expected` should have come.
  bool BrokenInstead(absl::string_view expected) {
    if (Peek() == '\'') {
      return Broken("text is written in double quotes, not in single ones");
    }
    if (Peek() == '/' || Peek() == '#') {
      return Broken("JSON has no comments; protobuf text format has");
    }
    return Broken(absl::StrCat("expected ", expected));
  }

  bool CheckObject(const Descriptor* type, const std::string& path, int depth) {
    if (depth > kDeepest) return Broken("objects are nested too deep");
    const Position opened = here_;
    Advance();
    std::set<std::string> seen;
    SkipSpace();
    if (!AtEnd() && Peek() == '}') {
      Advance();
      return true;
    }
    while (true) {
      SkipSpace();
      if (AtEnd()) return BrokenAtEnd("object", opened);
      const Position at = here_;
      if (Peek() == '}') {
        return Broken("there is a comma too many before this `}`");
      }
      if (Peek() != '"') {
        return BrokenInstead(absl::ascii_isalpha(Peek())
                                 ? "a name in double quotes"
                                 : "a name in double quotes, or `}`");
      }
      std::string name;
      if (!ReadString(&name)) return false;
      SkipSpace();
      if (AtEnd()) return BrokenAtEnd("object", opened);
      if (Peek() != ':') {
        return BrokenInstead(
            absl::StrCat("`:` after ", Repeated(name, "the name")));
      }
      Advance();
      const FieldDescriptor* field = nullptr;
      if (type != nullptr) field = FindField(*type, name, path, at, &seen);
      std::string field_path;
      if (field != nullptr) {
        field_path = Join(path, field->name());
        if (map_ != nullptr) map_->Add(field_path, at);
        path_ = field_path;
      }
      if (!CheckValue(field, /*element=*/false, field_path, depth)) {
        return false;
      }
      if (type != nullptr) path_ = path;
      SkipSpace();
      if (AtEnd()) return BrokenAtEnd("object", opened);
      if (Peek() == '}') {
        Advance();
        return true;
      }
      if (Peek() == '"') return Broken("a comma is missing before this");
      if (Peek() != ',') return BrokenInstead("`,` or `}`");
      Advance();
    }
  }

  bool CheckList(const FieldDescriptor* field, const std::string& path,
                 int depth) {
    const Position opened = here_;
    Advance();
    SkipSpace();
    if (!AtEnd() && Peek() == ']') {
      Advance();
      return true;
    }
    for (int i = 0;; ++i) {
      SkipSpace();
      if (AtEnd()) return BrokenAtEnd("list", opened);
      if (Peek() == ']') {
        return Broken("there is a comma too many before this `]`");
      }
      const std::string element =
          field == nullptr ? "" : absl::StrCat(path, "[", i, "]");
      if (field != nullptr) {
        if (map_ != nullptr) map_->Add(element, here_);
        path_ = element;
      }
      if (!CheckValue(field, /*element=*/true, element, depth)) return false;
      SkipSpace();
      if (AtEnd()) return BrokenAtEnd("list", opened);
      if (Peek() == ']') {
        Advance();
        return true;
      }
      if (Peek() == '"' || Peek() == '{') {
        return Broken("a comma is missing before this");
      }
      if (Peek() != ',') return BrokenInstead("`,` or `]`");
      Advance();
    }
  }

  // `field` is null where the value belongs to nothing known; then only the
  // JSON itself is checked.
  bool CheckValue(const FieldDescriptor* field, bool element,
                  const std::string& path, int depth) {
    if (depth > kDeepest) return Broken("values are nested too deep");
    SkipSpace();
    if (AtEnd()) return Broken("the input ends where a value is expected");
    const Position at = here_;
    const bool is_list = field != nullptr && field->is_repeated() && !element;
    const char c = Peek();
    if (c == '{') {
      const bool fits = Fits(field, path, is_list, ValueKind::kObject, "", at);
      return CheckObject(
          fits && field != nullptr ? field->message_type() : nullptr,
          fits ? path : "", depth + 1);
    }
    if (c == '[') {
      const bool fits = Fits(field, path, is_list, ValueKind::kList, "", at);
      return CheckList(fits ? field : nullptr, path, depth + 1);
    }
    if (c == '"') {
      std::string value;
      if (!ReadString(&value)) return false;
      Fits(field, path, is_list, ValueKind::kString, value, at);
      return true;
    }
    if (c == '-' || absl::ascii_isdigit(c)) {
      const size_t begin = next_;
      if (!ReadNumber()) return false;
      Fits(field, path, is_list, ValueKind::kNumber,
           text_.substr(begin, next_ - begin), at);
      return true;
    }
    if (absl::ascii_isalpha(c)) {
      std::string word;
      while (!AtEnd() && absl::ascii_isalnum(Peek())) {
        word += Peek();
        Advance();
      }
      if (word == "null") return true;
      if (word == "true" || word == "false") {
        Fits(field, path, is_list, ValueKind::kBool, "", at);
        return true;
      }
      here_ = at;
      return Broken(
          absl::StrCat(Repeated(word, "this"),
                       " is no JSON value; write text in double quotes, or ",
                       "true, false or null"));
    }
    return BrokenInstead("a value");
  }

  // Whether a value of this kind can stand there; reports it where not.
  bool Fits(const FieldDescriptor* field, const std::string& path, bool is_list,
            ValueKind kind, absl::string_view text, Position at) {
    if (field == nullptr) return true;
    std::string expected;
    if (is_list) {
      if (kind == ValueKind::kList) return true;
      expected = "a list, written [ ... ]";
    } else {
      switch (field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_MESSAGE:
          if (IsWrittenAsText(*field->message_type())) {
            if (kind == ValueKind::kString) return true;
            expected = "text in double quotes";
            break;
          }
          if (kind == ValueKind::kObject) return true;
          expected = "an object, written { ... }";
          break;
        case FieldDescriptor::CPPTYPE_STRING:
          if (kind == ValueKind::kString) return true;
          expected = "text in double quotes";
          break;
        case FieldDescriptor::CPPTYPE_BOOL:
          if (kind == ValueKind::kBool) return true;
          expected = "true or false";
          break;
        case FieldDescriptor::CPPTYPE_ENUM:
          if (kind == ValueKind::kNumber) return true;
          if (kind == ValueKind::kString) {
            return IsValueOf(*field->enum_type(), text, path, at);
          }
          expected = "the name of a value in double quotes";
          break;
        default: {
          // Numbers may also be written as text.
          double number = 0;
          if ((kind == ValueKind::kNumber || kind == ValueKind::kString) &&
              absl::SimpleAtod(text, &number)) {
            return IsInRange(*field, number, path, at);
          }
          expected = "a number";
        }
      }
    }
    Fault(at, path,
          absl::StrCat("`", field->json_name(), "` is ", NameOf(kind),
                       " here; expected ", expected));
    return false;
  }

  bool IsInRange(const FieldDescriptor& field, double number,
                 const std::string& path, Position at) {
    if (!std::isfinite(number)) {
      Fault(at, path,
            absl::StrCat("`", field.json_name(),
                         "` is not a number that can be stored"));
      return false;
    }
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_INT32 &&
        field.cpp_type() != FieldDescriptor::CPPTYPE_INT64) {
      return true;
    }
    if (number != std::floor(number)) {
      Fault(at, path,
            absl::StrCat("`", field.json_name(), "` is a whole number"));
      return false;
    }
    const double limit =
        field.cpp_type() == FieldDescriptor::CPPTYPE_INT32 ? 0x1p31 : 0x1p63;
    if (number < -limit || number >= limit) {
      Fault(at, path,
            absl::StrCat("`", field.json_name(), "` is too large here"));
      return false;
    }
    return true;
  }

  bool IsValueOf(const EnumDescriptor& type, absl::string_view name,
                 const std::string& path, Position at) {
    if (type.FindValueByName(std::string(name)) != nullptr) return true;
    const std::vector<std::string> values = ValueNames(type);
    std::string hint = DidYouMean(name, values);
    if (hint.empty()) {
      hint = absl::StrCat("; expected one of ", absl::StrJoin(values, ", "));
    }
    Fault(at, path,
          absl::StrCat(Repeated(name, "this"), " is not a value of ",
                       type.name(), hint));
    return false;
  }

  const FieldDescriptor* FindField(const Descriptor& type,
                                   const std::string& name,
                                   const std::string& path, Position at,
                                   std::set<std::string>* seen) {
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor* field = type.field(i);
      if (name != field->json_name() && name != field->name()) continue;
      if (!seen->insert(field->name()).second) {
        Fault(at, Join(path, field->name()),
              absl::StrCat("`", name, "` is given twice"));
        return nullptr;
      }
      const auto* oneof = field->real_containing_oneof();
      if (oneof != nullptr && !seen->insert("oneof " + oneof->name()).second) {
        Fault(at, Join(path, field->name()),
              absl::StrCat("`", name,
                           "` excludes another field that is given: only one "
                           "kind of ",
                           oneof->name(), " can be stated"));
        return nullptr;
      }
      return field;
    }
    const std::vector<std::string> names = FieldNames(type);
    std::string hint = DidYouMean(name, names);
    if (hint.empty()) {
      hint = absl::StrCat("; it has ", absl::StrJoin(names, ", "));
    }
    const bool repeatable = for_person_ || LooksLikeFieldName(name);
    Fault(at, repeatable ? Join(path, name) : path,
          absl::StrCat(type.name(), " has no field ",
                       repeatable ? absl::StrCat("`", name, "`")
                                  : "of a name that is given",
                       hint));
    return nullptr;
  }

  bool ReadString(std::string* value) {
    const Position opened = here_;
    Advance();
    while (true) {
      if (AtEnd()) return BrokenAtEnd("text", opened);
      const char c = Peek();
      if (c == '"') {
        Advance();
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) {
        return Broken(c == '\n' ? "the text is not closed on its line; close "
                                  "it with `\"`, or write \\n"
                                : "a control character in a text; write it as "
                                  "an escape such as \\t");
      }
      if (static_cast<unsigned char>(c) >= 0x80) {
        if (!ReadMultibyte(value)) return false;
        continue;
      }
      if (c != '\\') {
        *value += c;
        Advance();
        continue;
      }
      Advance();
      if (AtEnd()) return BrokenAtEnd("text", opened);
      if (Peek() == 'u') {
        Advance();
        for (int i = 0; i < 4; ++i) {
          if (AtEnd() || !absl::ascii_isxdigit(Peek())) {
            return Broken("expected four hexadecimal digits after \\u");
          }
          Advance();
        }
        // Only names are compared, and none holds an escape.
        *value += '?';
        continue;
      }
      if (!absl::StrContains("\"\\/bfnrt", Peek())) {
        return Broken("unknown escape; write \\\\ for a backslash");
      }
      *value += Peek();
      Advance();
    }
  }

  // Reads a character of two to four bytes: UTF-8 in its shortest form, without
  // surrogates (RFC 3629).
  bool ReadMultibyte(std::string* value) {
    const auto byte = [this](size_t i) -> unsigned {
      return next_ + i < text_.size()
                 ? static_cast<unsigned char>(text_[next_ + i])
                 : 0;
    };
    const unsigned first = byte(0);
    size_t size = 2;
    unsigned least = 0x80;
    unsigned greatest = 0xBF;
    if (first >= 0xE0) size = 3;
    if (first >= 0xF0) size = 4;
    if (first == 0xE0) least = 0xA0;
    if (first == 0xED) greatest = 0x9F;
    if (first == 0xF0) least = 0x90;
    if (first == 0xF4) greatest = 0x8F;
    bool valid = first >= 0xC2 && first <= 0xF4 && byte(1) >= least &&
                 byte(1) <= greatest;
    for (size_t i = 2; i < size; ++i) valid = valid && (byte(i) & 0xC0) == 0x80;
    if (!valid) return Broken("the text is not UTF-8 here");
    for (size_t i = 0; i < size; ++i) {
      *value += Peek();
      Advance();
    }
    return true;
  }

  bool ReadNumber() {
    const auto digits = [this] {
      int count = 0;
      for (; !AtEnd() && absl::ascii_isdigit(Peek()); ++count) Advance();
      return count;
    };
    if (Peek() == '-') Advance();
    const bool zero = !AtEnd() && Peek() == '0';
    const int whole = digits();
    if (whole == 0) return Broken("expected a digit");
    if (zero && whole > 1) return Broken("a number may not begin with 0");
    if (!AtEnd() && Peek() == '.') {
      Advance();
      if (digits() == 0) return Broken("expected a digit after the point");
    }
    if (!AtEnd() && (Peek() == 'e' || Peek() == 'E')) {
      Advance();
      if (!AtEnd() && (Peek() == '+' || Peek() == '-')) Advance();
      if (digits() == 0) return Broken("expected a digit in the exponent");
    }
    if (!AtEnd() && (absl::ascii_isalnum(Peek()) || Peek() == '-')) {
      return Broken(
          "expected the end of the number; write dates and text in double "
          "quotes");
    }
    return true;
  }

  const absl::string_view text_;
  const bool for_person_;
  SourceMap* const map_;
  size_t next_ = 0;
  Position here_;
  // The innermost field that is being read.
  std::string path_;
  std::vector<InputProblem> problems_;
};

}  // namespace

std::vector<InputProblem> CheckJson(absl::string_view text,
                                    const Descriptor& type, JsonAuthor author,
                                    SourceMap* map) {
  return Checker(text, author, map).Check(type);
}

}  // namespace needlewise
