// A document to read and print: headings, paragraphs, lists and tables. What
// it looks like is a writer's affair, and so is escaping.

#ifndef NEEDLEWISE_RULES_TOOLS_DOCUMENT_H_
#define NEEDLEWISE_RULES_TOOLS_DOCUMENT_H_

#include <string>
#include <utility>
#include <vector>

namespace needlewise {

// A piece of running text.
struct Span {
  enum class Style { kPlain, kBold, kItalic, kCode, kGood, kMissing, kDim };
  Style style = Style::kPlain;
  std::string text;
  // Anchor in the document (`#rule-x`) or an address of a page. Empty: no
  // link.
  std::string target;
};

// Running text. Converts from plain text.
class Inline {
 public:
  Inline() = default;
  Inline(std::string text) {  // NOLINT: text is text.
    spans_.push_back({Span::Style::kPlain, std::move(text), ""});
  }
  Inline(const char* text) : Inline(std::string(text)) {}  // NOLINT: as above.

  Inline& Add(const Inline& more) {
    spans_.insert(spans_.end(), more.spans_.begin(), more.spans_.end());
    return *this;
  }
  Inline& Styled(Span::Style style, std::string text) {
    spans_.push_back({style, std::move(text), ""});
    return *this;
  }
  Inline& Bold(std::string text) {
    return Styled(Span::Style::kBold, std::move(text));
  }
  Inline& Code(std::string text) {
    return Styled(Span::Style::kCode, std::move(text));
  }
  // `target` is `#` and an anchor, or begins with `https://` or `http://`;
  // with any other the text is no link.
  Inline& Link(std::string text, std::string target);

  const std::vector<Span>& spans() const { return spans_; }
  bool empty() const { return spans_.empty(); }

 private:
  std::vector<Span> spans_;
};

struct ListItem {
  Inline text;
  std::vector<ListItem> items;
};

struct Block {
  enum class Kind {
    kHeading,
    kParagraph,
    kList,
    kTable,
    // Where the table of contents goes.
    kContents,
    // Around blocks that should not be parted by the end of a page.
    kBeginGroup,
    kEndGroup,
  };
  Kind kind = Kind::kParagraph;
  // Heading: 2 to 4.
  int level = 0;
  // Heading: unique in the document; lower-case words joined by `-`.
  std::string anchor;
  // Heading: whether the contents list it.
  bool in_contents = false;
  // Heading and paragraph.
  Inline text;
  std::vector<ListItem> items;
  std::vector<Inline> header;
  std::vector<std::vector<Inline>> rows;
};

class Document {
 public:
  explicit Document(std::string title) : title_(std::move(title)) {}

  void Heading(int level, std::string anchor, Inline text,
               bool in_contents = true);
  void Paragraph(Inline text);
  void List(std::vector<ListItem> items);
  // Left out where there are no rows.
  void Table(std::vector<Inline> header, std::vector<std::vector<Inline>> rows);
  void Contents();
  void BeginGroup();
  void EndGroup();

  const std::string& title() const { return title_; }
  const std::vector<Block>& blocks() const { return blocks_; }

 private:
  const std::string title_;
  std::vector<Block> blocks_;
};

// The document as Markdown (GitHub's, for its tables), one line a paragraph.
std::string ToMarkdown(const Document& document);

// The document as one HTML file that needs no other, made to be printed.
std::string ToHtml(const Document& document);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_DOCUMENT_H_
