#include "rules/tools/document.h"

#include "absl/strings/match.h"

namespace needlewise {

Inline& Inline::Link(std::string text, std::string target) {
  if (!absl::StartsWith(target, "#") && !absl::StartsWith(target, "https://") &&
      !absl::StartsWith(target, "http://")) {
    target.clear();
  }
  spans_.push_back({Span::Style::kPlain, std::move(text), std::move(target)});
  return *this;
}

void Document::Heading(int level, std::string anchor, Inline text,
                       bool in_contents) {
  Block block;
  block.kind = Block::Kind::kHeading;
  block.level = level;
  block.anchor = std::move(anchor);
  block.text = std::move(text);
  block.in_contents = in_contents;
  blocks_.push_back(std::move(block));
}

void Document::Paragraph(Inline text) {
  Block block;
  block.kind = Block::Kind::kParagraph;
  block.text = std::move(text);
  blocks_.push_back(std::move(block));
}

void Document::List(std::vector<ListItem> items) {
  if (items.empty()) return;
  Block block;
  block.kind = Block::Kind::kList;
  block.items = std::move(items);
  blocks_.push_back(std::move(block));
}

void Document::Table(std::vector<Inline> header,
                     std::vector<std::vector<Inline>> rows) {
  if (rows.empty()) return;
  Block block;
  block.kind = Block::Kind::kTable;
  block.header = std::move(header);
  block.rows = std::move(rows);
  blocks_.push_back(std::move(block));
}

void Document::Contents() {
  Block block;
  block.kind = Block::Kind::kContents;
  blocks_.push_back(std::move(block));
}

void Document::BeginGroup() {
  Block block;
  block.kind = Block::Kind::kBeginGroup;
  blocks_.push_back(std::move(block));
}

void Document::EndGroup() {
  Block block;
  block.kind = Block::Kind::kEndGroup;
  blocks_.push_back(std::move(block));
}

}  // namespace needlewise
