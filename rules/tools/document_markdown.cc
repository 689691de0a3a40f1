#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "rules/tools/document.h"

namespace needlewise {
namespace {

// Plain text in which nothing is markup.
std::string Escaped(absl::string_view text) {
  std::string escaped;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n' || c == '\r' || c == '\t') {
      escaped += ' ';
      continue;
    }
    const bool entity =
        c == '&' && i + 1 < text.size() &&
        (absl::ascii_isalpha(text[i + 1]) || text[i + 1] == '#');
    // Within a word an underscore is no markup.
    const bool emphasis = c == '_' && !(i > 0 && i + 1 < text.size() &&
                                        absl::ascii_isalnum(text[i - 1]) &&
                                        absl::ascii_isalnum(text[i + 1]));
    if (absl::string_view("\\`*[]<>|~").find(c) != absl::string_view::npos ||
        entity || emphasis) {
      escaped += '\\';
    }
    escaped += c;
  }
  return escaped;
}

// The same at the beginning of a line, where more is markup: `#`, `+`, `-`,
// `=`, `1.`, `1)`.
std::string EscapedAtStart(absl::string_view text) {
  const size_t digits =
      std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits > 0 && digits < text.size() &&
      (text[digits] == '.' || text[digits] == ')')) {
    return absl::StrCat(text.substr(0, digits), "\\",
                        Escaped(text.substr(digits)));
  }
  if (!text.empty() &&
      absl::string_view("#+-=").find(text[0]) != absl::string_view::npos) {
    return absl::StrCat("\\", Escaped(text));
  }
  return Escaped(text);
}

// Between as many backticks as it takes. A bar would end a table's cell.
std::string Code(absl::string_view text) {
  size_t longest = 0;
  size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  const char* const gap = longest > 0 ? " " : "";
  return absl::StrCat(fence, gap,
                      absl::StrReplaceAll(text, {{"|", "\\|"}, {"\n", " "}}),
                      gap, fence);
}

std::string Styled(const Span& span, bool at_start) {
  const std::string text = at_start && span.target.empty()
                               ? EscapedAtStart(span.text)
                               : Escaped(span.text);
  switch (span.style) {
    case Span::Style::kBold:
    case Span::Style::kMissing:
      return absl::StrCat("**", Escaped(span.text), "**");
    case Span::Style::kItalic:
      return absl::StrCat("*", Escaped(span.text), "*");
    case Span::Style::kCode:
      return Code(span.text);
    default:
      return text;
  }
}

std::string Link(const std::string& text, const std::string& target) {
  const std::string address = absl::StrReplaceAll(
      target,
      {{"\\", "%5C"}, {"<", "%3C"}, {">", "%3E"}, {"|", "%7C"}, {"\n", ""}});
  const bool plain = address.find_first_of(" ()") == std::string::npos;
  return absl::StrCat("[", text, plain ? "](" : "](<", address,
                      plain ? ")" : ">)");
}

// Running text; `block` where it begins a line.
std::string Written(const Inline& text, bool block) {
  std::string written;
  for (const Span& span : text.spans()) {
    if (span.text.empty()) continue;
    const std::string piece = Styled(span, block && written.empty());
    written += span.target.empty() ? piece : Link(piece, span.target);
  }
  return written;
}

class Writer {
 public:
  explicit Writer(const Document& document) : document_(document) {}

  std::string Run() {
    absl::StrAppend(&out_, "# ", Escaped(document_.title()), "\n");
    for (const Block& block : document_.blocks()) {
      switch (block.kind) {
        case Block::Kind::kHeading:
          absl::StrAppend(&out_, "\n<a id=\"", block.anchor, "\"></a>\n\n",
                          std::string(block.level, '#'), " ",
                          Written(block.text, false), "\n");
          break;
        case Block::Kind::kParagraph:
          absl::StrAppend(&out_, "\n", Written(block.text, true), "\n");
          break;
        case Block::Kind::kList:
          out_ += "\n";
          WriteItems(block.items, 0);
          break;
        case Block::Kind::kTable:
          WriteTable(block);
          break;
        case Block::Kind::kContents:
          WriteContents();
          break;
        case Block::Kind::kBeginGroup:
        case Block::Kind::kEndGroup:
          break;
      }
    }
    return std::move(out_);
  }

 private:
  void WriteItems(const std::vector<ListItem>& items, int indent) {
    for (const ListItem& item : items) {
      absl::StrAppend(&out_, std::string(indent, ' '), "- ",
                      Written(item.text, true), "\n");
      WriteItems(item.items, indent + 2);
    }
  }

  void WriteRow(const std::vector<Inline>& cells) {
    out_ += "|";
    for (const Inline& cell : cells) {
      absl::StrAppend(&out_, " ", Written(cell, false), " |");
    }
    out_ += "\n";
  }

  void WriteTable(const Block& table) {
    out_ += "\n";
    WriteRow(table.header);
    out_ += "|";
    for (size_t i = 0; i < table.header.size(); ++i) out_ += " --- |";
    out_ += "\n";
    for (const std::vector<Inline>& row : table.rows) WriteRow(row);
  }

  void WriteContents() {
    out_ += "\n";
    for (const Block& block : document_.blocks()) {
      if (block.kind != Block::Kind::kHeading || !block.in_contents) continue;
      std::string text;
      for (const Span& span : block.text.spans()) {
        text += Styled(span, false);
      }
      absl::StrAppend(&out_, std::string(2 * (block.level - 2), ' '), "- ",
                      Link(text, absl::StrCat("#", block.anchor)), "\n");
    }
  }

  const Document& document_;
  std::string out_;
};

}  // namespace

std::string ToMarkdown(const Document& document) {
  return Writer(document).Run();
}

}  // namespace needlewise
