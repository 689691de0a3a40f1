#include "rules/tools/text_format_syntax.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace needlewise {
namespace {

using google::protobuf::io::Tokenizer;

// A token with what stands between it and the one before.
struct Token {
  Tokenizer::TokenType type = Tokenizer::TYPE_END;
  std::string text;
  int line = 0;
  int last_line = 0;
  // A comment behind the token before, on its line. Empty: none.
  std::string comment_behind;
  // Comments on lines of their own.
  std::vector<TextComment> comments;
  // Whether an empty line stands right before the token.
  bool blank_before = false;
};

class SilentCollector final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (status_.ok()) {
      status_ = absl::InvalidArgumentError(
          absl::StrCat(line + 1, ":", column + 1, ": ", message));
    }
  }
  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

// Protobuf's tokenizer skips comments; they are read from the gaps that it
// leaves between tokens.
class Lexer {
 public:
  explicit Lexer(absl::string_view text) : text_(text) {}

  absl::StatusOr<std::vector<Token>> Run() {
    google::protobuf::io::ArrayInputStream stream(
        text_.data(), static_cast<int>(text_.size()));
    SilentCollector collector;
    Tokenizer tokenizer(&stream, &collector);
    // As protobuf's parser of text format sets it.
    tokenizer.set_allow_f_after_float(true);
    tokenizer.set_comment_style(Tokenizer::SH_COMMENT_STYLE);
    tokenizer.set_require_space_after_number(false);
    tokenizer.set_allow_multiline_strings(true);

    std::vector<Token> tokens;
    bool more = true;
    while (more) {
      more = tokenizer.Next();
      Token token;
      SkipGap(tokens.empty(), &token);
      if (more) {
        token.type = tokenizer.current().type;
        token.text = tokenizer.current().text;
        if (!absl::StartsWith(text_, token.text)) {
          return absl::InvalidArgumentError(
              absl::StrCat(line_ + 1, ": `", token.text, "` is out of place"));
        }
      } else if (!text_.empty()) {
        return absl::InvalidArgumentError(
            absl::StrCat(line_ + 1, ": the text ends early"));
      }
      token.line = line_;
      Advance(token.text.size());
      token.last_line = line_;
      tokens.push_back(std::move(token));
    }
    if (!collector.status().ok()) return collector.status();
    return tokens;
  }

 private:
  void Advance(size_t bytes) {
    line_ += static_cast<int>(
        std::count(text_.begin(), text_.begin() + bytes, '\n'));
    text_.remove_prefix(bytes);
  }

  // Reads white space and comments up to the next token.
  void SkipGap(bool first, Token* token) {
    int breaks = first ? 1 : 0;
    bool behind = !first;
    while (!text_.empty()) {
      if (text_[0] == '#') {
        const size_t end = std::min(text_.find('\n'), text_.size());
        const std::string comment(
            absl::StripTrailingAsciiWhitespace(text_.substr(0, end)));
        if (behind && breaks == 0) {
          token->comment_behind = comment;
        } else {
          token->comments.push_back({comment, breaks > 1});
        }
        behind = false;
        breaks = 0;
        Advance(end);
      } else if (absl::ascii_isspace(text_[0])) {
        if (text_[0] == '\n') ++breaks;
        Advance(1);
      } else {
        break;
      }
    }
    token->blank_before = breaks > 1;
  }

  absl::string_view text_;
  int line_ = 0;
};

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  absl::StatusOr<TextFile> Run() {
    TextFile file;
    while (status_.ok() && Peek().type != Tokenizer::TYPE_END) {
      ReadField(&file.body);
    }
    if (!status_.ok()) return status_;
    TakeComments(&file.dangling);
    return file;
  }

 private:
  const Token& Peek() const { return tokens_[next_]; }
  bool Looks(absl::string_view text) const {
    return Peek().type == Tokenizer::TYPE_SYMBOL && Peek().text == text;
  }

  void Fail(absl::string_view wanted) {
    if (!status_.ok()) return;
    status_ = absl::InvalidArgumentError(
        absl::StrCat(Peek().line + 1, ": ", wanted, " is expected, not `",
                     Peek().text, "`"));
  }

  // Moves the comments before the next token to `*comments`.
  void TakeComments(std::vector<TextComment>* comments) {
    Token& token = tokens_[next_];
    std::move(token.comments.begin(), token.comments.end(),
              std::back_inserter(*comments));
    token.comments.clear();
  }

  // The comment behind the token just read.
  std::string TakeBehind() {
    return std::exchange(tokens_[next_].comment_behind, "");
  }
  // Moves whatever stands before the next token above the field.
  void Hoist(std::vector<TextComment>* leading) {
    std::string behind = TakeBehind();
    if (!behind.empty()) leading->push_back({std::move(behind), false});
    const size_t before = leading->size();
    TakeComments(leading);
    for (size_t i = before; i < leading->size(); ++i) {
      (*leading)[i].blank_before = false;
    }
  }

  // Comments around a separator stay behind the value where there is one, and
  // go above it where there are more.
  void SkipSeparator(std::vector<TextComment>* leading,
                     std::string* trailing_comment) {
    Hoist(leading);
    Next();
    if (trailing_comment->empty()) {
      *trailing_comment = TakeBehind();
    } else {
      Hoist(leading);
    }
  }

  std::string Next() {
    std::string text = Peek().text;
    if (Peek().type == Tokenizer::TYPE_END) {
      Fail("more");
    } else {
      ++next_;
    }
    return text;
  }

  void ReadField(TextBody* body) {
    TextField field;
    TakeComments(&field.leading);
    field.blank_before = Peek().blank_before;
    ReadName(&field);
    if (!status_.ok()) return;
    Hoist(&field.leading);
    if (Looks(":")) {
      Next();
      Hoist(&field.leading);
    } else if (!Looks("{") && !Looks("<")) {
      Fail("`:`");
      return;
    }
    ReadValue(&field.leading, &field.value);
    if (!status_.ok()) return;
    field.trailing_comment = TakeBehind();
    if (Looks(",") || Looks(";")) {
      SkipSeparator(&field.leading, &field.trailing_comment);
    }
    body->fields.push_back(std::move(field));
  }

  void ReadName(TextField* field) {
    if (Peek().type == Tokenizer::TYPE_IDENTIFIER ||
        Peek().type == Tokenizer::TYPE_INTEGER) {
      field->name = Next();
      return;
    }
    if (!Looks("[")) {
      Fail("a field");
      return;
    }
    while (status_.ok()) {
      const bool last = Looks("]");
      absl::StrAppend(&field->name, Next());
      if (last) return;
      Hoist(&field->leading);
    }
  }

  // Comments that cannot stay where they are go to `*leading`.
  void ReadValue(std::vector<TextComment>* leading, TextValue* value) {
    if (Looks("{") || Looks("<")) {
      ReadMessage(value);
    } else if (Looks("[")) {
      ReadList(value);
    } else if (Peek().type == Tokenizer::TYPE_STRING) {
      ReadString(value);
    } else {
      if (Looks("-")) {
        value->scalar = Next();
        Hoist(leading);
      }
      if (Peek().type == Tokenizer::TYPE_SYMBOL) {
        Fail("a value");
        return;
      }
      absl::StrAppend(&value->scalar, Next());
    }
  }

  void ReadString(TextValue* value) {
    value->kind = TextValue::Kind::kString;
    while (status_.ok() && Peek().type == Tokenizer::TYPE_STRING) {
      TextLiteral literal;
      if (!value->literals.empty()) {
        value->literals.back().trailing_comment = TakeBehind();
        TakeComments(&literal.leading);
      }
      Tokenizer::ParseStringAppend(Next(), &literal.bytes);
      const bool joins = !value->literals.empty() && literal.leading.empty() &&
                         value->literals.back().trailing_comment.empty();
      if (joins) {
        value->literals.back().bytes += literal.bytes;
      } else {
        value->literals.push_back(std::move(literal));
      }
    }
  }

  void ReadMessage(TextValue* value) {
    value->kind = TextValue::Kind::kMessage;
    value->body = std::make_unique<TextBody>();
    const int line = Peek().line;
    const std::string closing = Next() == "{" ? "}" : ">";
    value->opening_comment = TakeBehind();
    while (status_.ok() && !Looks(closing)) {
      if (Peek().type == Tokenizer::TYPE_END) {
        Fail(absl::StrCat("`", closing, "`"));
        return;
      }
      ReadField(value->body.get());
    }
    if (!status_.ok()) return;
    TakeComments(&value->dangling);
    value->on_one_line = Peek().line == line;
    Next();
  }

  void ReadList(TextValue* value) {
    value->kind = TextValue::Kind::kList;
    const int line = Peek().line;
    Next();
    value->opening_comment = TakeBehind();
    while (status_.ok() && !Looks("]")) {
      TextElement element;
      TakeComments(&element.leading);
      ReadValue(&element.leading, &element.value);
      if (!status_.ok()) return;
      element.trailing_comment = TakeBehind();
      if (Looks(",")) {
        SkipSeparator(&element.leading, &element.trailing_comment);
      } else if (!Looks("]")) {
        Fail("`,` or `]`");
        return;
      }
      value->elements.push_back(std::move(element));
    }
    if (!status_.ok()) return;
    TakeComments(&value->dangling);
    value->on_one_line = Peek().line == line;
    Next();
  }

  std::vector<Token> tokens_;
  size_t next_ = 0;
  absl::Status status_;
};

}  // namespace

absl::StatusOr<TextFile> ParseTextFile(absl::string_view text) {
  absl::StatusOr<std::vector<Token>> tokens = Lexer(text).Run();
  if (!tokens.ok()) return tokens.status();
  return Parser(*std::move(tokens)).Run();
}

absl::StatusOr<std::vector<std::string>> CommentsIn(absl::string_view text) {
  const absl::StatusOr<std::vector<Token>> tokens = Lexer(text).Run();
  if (!tokens.ok()) return tokens.status();
  std::vector<std::string> comments;
  for (const Token& token : *tokens) {
    if (!token.comment_behind.empty()) {
      comments.push_back(token.comment_behind);
    }
    for (const TextComment& c : token.comments) comments.push_back(c.text);
  }
  return comments;
}

}  // namespace needlewise
