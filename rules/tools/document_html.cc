#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "rules/tools/document.h"

namespace needlewise {
namespace {

constexpr char kStyle[] = R"(
:root { color-scheme: light; }
body { font: 10.5pt/1.45 Georgia, "Times New Roman", serif; color: #1a1a1a;
  background: #fff; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3, h4, th, nav { font-family: "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.9em; line-height: 1.2; }
h2 { font-size: 1.45em; border-bottom: 1.5pt solid #1a1a1a; margin-top: 2.2em; }
h3 { font-size: 1.15em; margin-top: 1.8em; }
h4 { font-size: 1em; margin: 1.4em 0 0.3em; }
p, ul { margin: 0.4em 0; }
ul { padding-left: 1.4em; }
code { font: 0.88em/1.2 "DejaVu Sans Mono", Menlo, Consolas, monospace;
  overflow-wrap: anywhere; }
a { color: #0b4f8a; text-decoration: none; }
a:hover { text-decoration: underline; }
table { border-collapse: collapse; width: 100%; margin: 0.8em 0;
  font-size: 0.93em; }
th, td { border: 0.5pt solid #999; padding: 0.25em 0.5em; text-align: left;
  vertical-align: top; overflow-wrap: anywhere; }
td:empty { height: 2.4em; }
th { background: #eee; }
nav ul { list-style: none; padding-left: 1.2em; }
.group { break-inside: avoid; border-top: 0.5pt solid #ccc;
  padding-top: 0.1em; }
.good { color: #14632a; }
.missing { color: #a11212; font-weight: bold; }
.dim { color: #666; }
@page { size: A4; margin: 20mm 18mm;
  @bottom-right { content: counter(page) " / " counter(pages);
    font: 8pt Arial, sans-serif; } }
@media print {
  body { max-width: none; margin: 0; padding: 0; font-size: 9.5pt; }
  a { color: inherit; }
  h2 { break-before: page; }
  h2, h3, h4 { break-after: avoid; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  th { background: none; }
}
)";

std::string Escaped(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"},
                                    {"<", "&lt;"},
                                    {">", "&gt;"},
                                    {"\"", "&quot;"},
                                    {"'", "&#39;"}});
}

const char* ClassOf(Span::Style style) {
  switch (style) {
    case Span::Style::kGood:
      return "good";
    case Span::Style::kMissing:
      return "missing";
    default:
      return "dim";
  }
}

std::string Styled(const Span& span) {
  const std::string text = Escaped(span.text);
  switch (span.style) {
    case Span::Style::kPlain:
      return text;
    case Span::Style::kBold:
      return absl::StrCat("<strong>", text, "</strong>");
    case Span::Style::kItalic:
      return absl::StrCat("<em>", text, "</em>");
    case Span::Style::kCode:
      return absl::StrCat("<code>", text, "</code>");
    default:
      return absl::StrCat("<span class=\"", ClassOf(span.style), "\">", text,
                          "</span>");
  }
}

std::string Written(const Inline& text) {
  std::string written;
  for (const Span& span : text.spans()) {
    if (span.text.empty()) continue;
    if (!span.target.empty()) {
      absl::StrAppend(&written, "<a href=\"", Escaped(span.target), "\">",
                      Styled(span), "</a>");
    } else {
      written += Styled(span);
    }
  }
  return written;
}

class Writer {
 public:
  explicit Writer(const Document& document) : document_(document) {}

  std::string Run() {
    absl::StrAppend(
        &out_, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n",
        "<meta charset=\"utf-8\">\n",
        "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
        Escaped(document_.title()), "</title>\n<style>", kStyle,
        "</style>\n</head>\n<body>\n<h1>", Escaped(document_.title()),
        "</h1>\n");
    for (const Block& block : document_.blocks()) Write(block);
    out_ += "</body>\n</html>\n";
    return std::move(out_);
  }

 private:
  void Write(const Block& block) {
    switch (block.kind) {
      case Block::Kind::kHeading:
        absl::StrAppend(&out_, "<h", block.level, " id=\"",
                        Escaped(block.anchor), "\">", Written(block.text),
                        "</h", block.level, ">\n");
        break;
      case Block::Kind::kParagraph:
        absl::StrAppend(&out_, "<p>", Written(block.text), "</p>\n");
        break;
      case Block::Kind::kList:
        WriteItems(block.items);
        break;
      case Block::Kind::kTable:
        WriteTable(block);
        break;
      case Block::Kind::kContents:
        WriteContents();
        break;
      case Block::Kind::kBeginGroup:
        out_ += "<div class=\"group\">\n";
        break;
      case Block::Kind::kEndGroup:
        out_ += "</div>\n";
        break;
    }
  }

  void WriteItems(const std::vector<ListItem>& items) {
    out_ += "<ul>\n";
    for (const ListItem& item : items) {
      absl::StrAppend(&out_, "<li>", Written(item.text));
      if (!item.items.empty()) {
        out_ += "\n";
        WriteItems(item.items);
      }
      out_ += "</li>\n";
    }
    out_ += "</ul>\n";
  }

  void WriteRow(const std::vector<Inline>& cells, const char* tag) {
    out_ += "<tr>";
    for (const Inline& cell : cells) {
      absl::StrAppend(&out_, "<", tag, ">", Written(cell), "</", tag, ">");
    }
    out_ += "</tr>\n";
  }

  void WriteTable(const Block& table) {
    out_ += "<table>\n<thead>\n";
    WriteRow(table.header, "th");
    out_ += "</thead>\n<tbody>\n";
    for (const std::vector<Inline>& row : table.rows) WriteRow(row, "td");
    out_ += "</tbody>\n</table>\n";
  }

  // Lists in lists, by the headings' levels.
  void WriteContents() {
    out_ += "<nav>\n";
    int open = 1;
    for (const Block& block : document_.blocks()) {
      if (block.kind != Block::Kind::kHeading || !block.in_contents) continue;
      if (block.level > open) {
        for (; open < block.level; ++open) out_ += "<ul>\n<li>";
      } else {
        for (; open > block.level; --open) out_ += "</li>\n</ul>\n";
        out_ += "</li>\n<li>";
      }
      std::string text;
      for (const Span& span : block.text.spans()) text += Styled(span);
      absl::StrAppend(&out_, "<a href=\"#", Escaped(block.anchor), "\">", text,
                      "</a>");
    }
    for (; open > 1; --open) out_ += "</li>\n</ul>\n";
    out_ += "</nav>\n";
  }

  const Document& document_;
  std::string out_;
};

}  // namespace

std::string ToHtml(const Document& document) { return Writer(document).Run(); }

}  // namespace needlewise
