#include "rules/tools/text_format_printer.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "rules/tools/text_layout.h"

namespace needlewise {
namespace {

using google::protobuf::Message;

constexpr int kColumns = kTextColumns;
constexpr int kStep = 2;

// Length of the UTF-8 character that `text` begins with; 0 where it begins
// with none.
size_t CharacterLength(absl::string_view text) {
  const auto byte = [&](size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const unsigned char lead = byte(0);
  const size_t length = lead < 0x80    ? 1
                        : lead < 0xC2  ? 0
                        : lead < 0xE0  ? 2
                        : lead < 0xF0  ? 3
                        : lead <= 0xF4 ? 4
                                       : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (length == 3 &&
      ((lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F))) {
    return 0;
  }
  if (length == 4 &&
      ((lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F))) {
    return 0;
  }
  return length;
}

// `bytes` as they stand between double quotes.
std::string Escaped(absl::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const char c = bytes[0];
    const size_t length = CharacterLength(bytes);
    if (c == '"' || c == '\\') {
      absl::StrAppend(&text, "\\", bytes.substr(0, 1));
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '\t') {
      text += "\\t";
    } else if (c == '\r') {
      text += "\\r";
    } else if (length == 0 || (length == 1 && (c < 0x20 || c == 0x7F))) {
      absl::StrAppendFormat(&text, "\\%03o", static_cast<unsigned char>(c));
      bytes.remove_prefix(1);
      continue;
    } else {
      absl::StrAppend(&text, bytes.substr(0, length));
    }
    bytes.remove_prefix(std::max<size_t>(length, 1));
  }
  return text;
}

std::string Quoted(absl::string_view bytes) {
  return absl::StrCat("\"", Escaped(bytes), "\"");
}

// Breaks a string into literals of at most `columns` columns, behind spaces
// and line feeds. Never empty.
std::vector<std::string> BreakString(absl::string_view bytes, int columns) {
  std::vector<std::string> literals;
  std::string line;
  while (!bytes.empty()) {
    size_t end = std::min(bytes.find_first_of(" \n"), bytes.size());
    while (end < bytes.size() && bytes[end] == ' ') ++end;
    const bool line_feed = end < bytes.size() && bytes[end] == '\n';
    if (line_feed) ++end;
    const std::string word = Escaped(bytes.substr(0, end));
    bytes.remove_prefix(end);
    if (!line.empty() && ColumnsOf(line) + ColumnsOf(word) + 2 > columns) {
      literals.push_back(absl::StrCat("\"", line, "\""));
      line.clear();
    }
    line += word;
    if (line_feed) {
      literals.push_back(absl::StrCat("\"", line, "\""));
      line.clear();
    }
  }
  if (!line.empty() || literals.empty()) {
    literals.push_back(absl::StrCat("\"", line, "\""));
  }
  return literals;
}

class Printer {
 public:
  void Print(const TextFile& file) {
    PrintBody(file.body, 0);
    PrintComments(file.dangling, 0, file.body.fields.empty());
  }

  std::string Take() && { return std::move(out_); }

 private:
  void Line(int indent, absl::string_view text,
            const std::string& comment = "") {
    absl::StrAppend(&out_, std::string(indent, ' '), text,
                    comment.empty() ? "" : "  ", comment, "\n");
  }

  // `first`: nothing stands before them in their block.
  void PrintComments(const std::vector<TextComment>& comments, int indent,
                     bool first) {
    for (const TextComment& comment : comments) {
      if (comment.blank_before && !first) out_ += "\n";
      Line(indent, comment.text);
      first = false;
    }
  }

  void PrintBody(const TextBody& body, int indent) {
    bool first = true;
    for (const TextField& field : body.fields) {
      PrintComments(field.leading, indent, first);
      first = first && field.leading.empty();
      if (field.blank_before && !first) out_ += "\n";
      PrintValue(field.name,
                 field.value.kind == TextValue::Kind::kMessage ? " " : ": ",
                 field.value, indent, "", field.trailing_comment);
      first = false;
    }
  }

  // Prints `<label><separator><value><suffix>  <comment>`.
  void PrintValue(const std::string& label, const std::string& separator,
                  const TextValue& value, int indent, const std::string& suffix,
                  const std::string& comment) {
    const std::string lead =
        label.empty() ? "" : absl::StrCat(label, separator);
    const std::optional<std::string> one_line = OnOneLine(value);
    if (one_line.has_value()) {
      const std::string line = absl::StrCat(lead, *one_line, suffix);
      if (indent + ColumnsOf(line) <= kColumns ||
          NeverBreaks(value, indent + kStep)) {
        Line(indent, line, comment);
        return;
      }
    }
    switch (value.kind) {
      case TextValue::Kind::kScalar:
        Line(indent, absl::StrCat(lead, value.scalar, suffix), comment);
        break;
      case TextValue::Kind::kString:
        PrintString(label, value, indent, suffix, comment);
        break;
      case TextValue::Kind::kMessage:
        Line(indent, absl::StrCat(lead, "{"), value.opening_comment);
        PrintBody(*value.body, indent + kStep);
        PrintComments(value.dangling, indent + kStep,
                      value.body->fields.empty());
        Line(indent, absl::StrCat("}", suffix), comment);
        break;
      case TextValue::Kind::kList:
        Line(indent, absl::StrCat(lead, "["), value.opening_comment);
        PrintElements(value, indent + kStep);
        Line(indent, absl::StrCat("]", suffix), comment);
        break;
    }
  }

  void PrintElements(const TextValue& list, int indent) {
    if (IsPlain(list)) {
      PrintFilled(list, indent);
      return;
    }
    bool first = true;
    for (const TextElement& element : list.elements) {
      PrintComments(element.leading, indent, first);
      PrintValue("", "", element.value, indent,
                 &element == &list.elements.back() ? "" : ",",
                 element.trailing_comment);
      first = false;
    }
    PrintComments(list.dangling, indent, first);
  }

  // Whether a list holds short values alone: no message, no comment.
  static bool IsPlain(const TextValue& list) {
    return list.dangling.empty() &&
           std::all_of(list.elements.begin(), list.elements.end(),
                       [](const TextElement& element) {
                         return element.value.body == nullptr &&
                                element.leading.empty() &&
                                element.trailing_comment.empty() &&
                                OnOneLine(element.value).has_value();
                       });
  }

  // As many values on a line as fit.
  void PrintFilled(const TextValue& list, int indent) {
    std::string line;
    for (const TextElement& element : list.elements) {
      const std::string text =
          absl::StrCat(*OnOneLine(element.value),
                       &element == &list.elements.back() ? "" : ",");
      if (!line.empty() &&
          indent + ColumnsOf(line) + 1 + ColumnsOf(text) > kColumns) {
        Line(indent, line);
        line.clear();
      }
      absl::StrAppend(&line, line.empty() ? "" : " ", text);
    }
    Line(indent, line);
  }

  // In literals under each other.
  void PrintString(const std::string& label, const TextValue& value, int indent,
                   const std::string& suffix, const std::string& comment) {
    const int inner = label.empty() ? indent : indent + kStep;
    if (!label.empty()) Line(indent, absl::StrCat(label, ":"));
    for (const TextLiteral& literal : value.literals) {
      const bool last_literal = &literal == &value.literals.back();
      PrintComments(literal.leading, inner, true);
      const std::vector<std::string> parts =
          BreakString(literal.bytes, kColumns - inner);
      for (size_t i = 0; i + 1 < parts.size(); ++i) Line(inner, parts[i]);
      Line(inner, absl::StrCat(parts.back(), last_literal ? suffix : ""),
           last_literal ? comment : literal.trailing_comment);
    }
  }

  // Whether nothing is won by breaking a value that has no comments; `inner`
  // is where its parts would begin.
  static bool NeverBreaks(const TextValue& value, int inner) {
    switch (value.kind) {
      case TextValue::Kind::kScalar:
        return true;
      case TextValue::Kind::kString: {
        const std::vector<std::string> parts =
            BreakString(value.literals[0].bytes, kColumns - inner);
        return parts.size() == 1 && inner + ColumnsOf(parts[0]) > kColumns;
      }
      case TextValue::Kind::kMessage:
        return value.body->fields.empty();
      case TextValue::Kind::kList:
        return value.elements.empty();
    }
    return true;
  }

  // The value on one line, where it may stand on one.
  static std::optional<std::string> OnOneLine(const TextValue& value) {
    if (!value.opening_comment.empty() || !value.dangling.empty()) return {};
    switch (value.kind) {
      case TextValue::Kind::kScalar:
        return value.scalar;
      case TextValue::Kind::kString:
        if (value.literals.size() != 1) return {};
        return Quoted(value.literals[0].bytes);
      case TextValue::Kind::kMessage:
        return MessageOnOneLine(value);
      case TextValue::Kind::kList:
        return ListOnOneLine(value);
    }
    return {};
  }

  static std::optional<std::string> MessageOnOneLine(const TextValue& value) {
    if (value.body->fields.empty()) return "{}";
    if (!value.on_one_line) return {};
    std::vector<std::string> fields;
    for (const TextField& field : value.body->fields) {
      if (!field.leading.empty() || !field.trailing_comment.empty()) return {};
      const std::optional<std::string> inner = OnOneLine(field.value);
      if (!inner.has_value()) return {};
      fields.push_back(absl::StrCat(
          field.name,
          field.value.kind == TextValue::Kind::kMessage ? " " : ": ", *inner));
    }
    return absl::StrCat("{ ", absl::StrJoin(fields, " "), " }");
  }

  static std::optional<std::string> ListOnOneLine(const TextValue& value) {
    std::vector<std::string> elements;
    for (const TextElement& element : value.elements) {
      if (!element.leading.empty() || !element.trailing_comment.empty()) {
        return {};
      }
      const std::optional<std::string> inner = OnOneLine(element.value);
      if (!inner.has_value()) return {};
      elements.push_back(*inner);
    }
    return absl::StrCat("[", absl::StrJoin(elements, ", "), "]");
  }

  std::string out_;
};

class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text_.empty()) {
      text_ = absl::StrCat(line + 1, ":", column + 1, ": ", message);
    }
  }
  void AddWarning(int, int, const std::string&) override {}
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// The message that `text` describes, written field by field: two texts mean
// the same where these are equal.
absl::StatusOr<std::string> Meaning(absl::string_view text,
                                    const Message& prototype) {
  const std::unique_ptr<Message> message(prototype.New());
  google::protobuf::TextFormat::Parser parser;
  FirstError error;
  parser.RecordErrorsTo(&error);
  google::protobuf::io::ArrayInputStream input(text.data(),
                                               static_cast<int>(text.size()));
  if (!parser.Parse(&input, message.get())) {
    return absl::InvalidArgumentError(error.text());
  }
  std::string fields;
  google::protobuf::TextFormat::PrintToString(*message, &fields);
  return fields;
}

absl::StatusOr<std::vector<std::string>> SortedComments(
    absl::string_view text) {
  absl::StatusOr<std::vector<std::string>> comments = CommentsIn(text);
  if (comments.ok()) std::sort(comments->begin(), comments->end());
  return comments;
}

absl::Status Fault(absl::string_view what) {
  return absl::InternalError(absl::StrCat("the formatter would ", what,
                                          "; the text is left as it is"));
}

}  // namespace

std::string PrintTextFile(const TextFile& file) {
  Printer printer;
  printer.Print(file);
  return std::move(printer).Take();
}

absl::StatusOr<std::string> FormatTextProto(absl::string_view text,
                                            const Message& prototype) {
  const absl::StatusOr<std::string> meaning = Meaning(text, prototype);
  if (!meaning.ok()) return meaning.status();
  const absl::StatusOr<TextFile> file = ParseTextFile(text);
  if (!file.ok()) return file.status();
  std::string formatted = PrintTextFile(*file);

  const absl::StatusOr<std::string> new_meaning = Meaning(formatted, prototype);
  if (!new_meaning.ok() || *new_meaning != *meaning) {
    return Fault("change what it means");
  }
  const absl::StatusOr<std::vector<std::string>> comments =
      SortedComments(text);
  const absl::StatusOr<std::vector<std::string>> new_comments =
      SortedComments(formatted);
  if (!comments.ok() || !new_comments.ok() || *comments != *new_comments) {
    return Fault("lose a comment");
  }
  const absl::StatusOr<TextFile> again = ParseTextFile(formatted);
  if (!again.ok() || PrintTextFile(*again) != formatted) {
    return Fault("not come to rest");
  }
  return formatted;
}

}  // namespace needlewise
