#include "client/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace needlewise {
namespace {

constexpr int kNarrowest = 40;
// Prose in longer lines is hard to read.
constexpr int kWidest = 100;
constexpr int kUsualWidth = 80;

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

const char* EscapeOf(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
      return "";
    case Tone::kBold:
      return "\033[1m";
    case Tone::kDim:
      return "\033[2m";
    case Tone::kGood:
      return "\033[32m";
    case Tone::kCaution:
      return "\033[33m";
    case Tone::kQuestion:
      return "\033[36m";
    case Tone::kWarning:
      return "\033[35m";
    case Tone::kStop:
      return "\033[31m";
    case Tone::kGoodBanner:
      return "\033[1;30;42m";
    case Tone::kCautionBanner:
      return "\033[1;30;43m";
    case Tone::kQuestionBanner:
      return "\033[1;30;46m";
    case Tone::kWarningBanner:
      return "\033[1;37;45m";
    case Tone::kStopBanner:
      return "\033[1;37;41m";
  }
  return "";
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Terminal InspectTerminal(int file_descriptor, ColorMode mode) {
  Terminal terminal;
  terminal.is_terminal = isatty(file_descriptor) == 1;
  terminal.color =
      mode == ColorMode::kAlways ||
      (mode == ColorMode::kAuto && terminal.is_terminal &&
       Environment("NO_COLOR").empty() && Environment("TERM") != "dumb");
  int columns = 0;
  winsize size = {};
  if (terminal.is_terminal && ioctl(file_descriptor, TIOCGWINSZ, &size) == 0) {
    columns = size.ws_col;
  }
  if (columns == 0 && !absl::SimpleAtoi(Environment("COLUMNS"), &columns)) {
    columns = kUsualWidth;
  }
  if (columns <= 0) columns = kUsualWidth;
  terminal.width = std::clamp(columns, kNarrowest, kWidest);
  return terminal;
}

std::string Paint(const Terminal& terminal, Tone tone, absl::string_view text) {
  if (!terminal.color || tone == Tone::kPlain || text.empty()) {
    return std::string(text);
  }
  return absl::StrCat(EscapeOf(tone), text, "\033[0m");
}

size_t Utf8Prefix(absl::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const unsigned char lead = text[i];
    const size_t length = lead < 0x80                   ? 1
                          : lead >= 0xC2 && lead < 0xE0 ? 2
                          : lead >= 0xE0 && lead < 0xF0 ? 3
                          : lead >= 0xF0 && lead < 0xF5 ? 4
                                                        : 0;
    if (length == 0 || i + length > text.size()) return i;
    for (size_t j = 1; j < length; ++j) {
      if (!IsContinuation(text[i + j])) return i;
    }
    const unsigned char second = length > 1 ? text[i + 1] : 0x80;
    // Overlong forms, surrogates, and what lies beyond Unicode.
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
        (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
      return i;
    }
    i += length;
  }
  return i;
}

std::string WithoutControls(absl::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  size_t valid = Utf8Prefix(text);
  for (size_t i = 0; i < text.size(); ++i) {
    if (i >= valid) {
      clean += '?';
      valid = i + 1 + Utf8Prefix(text.substr(i + 1));
      continue;
    }
    const unsigned char c = text[i];
    if (c == '\n' || c == '\t' || c == '\r') {
      clean += ' ';
    } else if (c == 0xC2 && i + 1 < text.size() &&
               static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      ++i;  // A control character of the upper half, U+0080 to U+009F.
    } else if (c >= 0x20 && c != 0x7F) {
      clean += text[i];
    }
  }
  return clean;
}

int ColumnsOf(absl::string_view text) {
  return static_cast<int>(std::count_if(
      text.begin(), text.end(), [](char c) { return !IsContinuation(c); }));
}

std::vector<std::string> Wrap(absl::string_view text, int width) {
  width = std::max(width, 1);
  std::vector<std::string> lines;
  std::string line;
  int columns = 0;
  for (const absl::string_view word :
       absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const int wide = ColumnsOf(word);
    if (columns > 0 && columns + 1 + wide > width) {
      lines.push_back(std::move(line));
      line.clear();
      columns = 0;
    }
    if (columns > 0) {
      line += ' ';
      ++columns;
    }
    absl::StrAppend(&line, word);
    columns += wide;
  }
  if (!line.empty() || lines.empty()) lines.push_back(std::move(line));
  return lines;
}

void TextReport::Gap() {
  if (text_.empty() || (text_.size() >= 2 && text_[text_.size() - 2] == '\n')) {
    return;
  }
  text_ += '\n';
}

void TextReport::Line(absl::string_view text) {
  absl::StrAppend(&text_, text, "\n");
}

void TextReport::Item(int indent, absl::string_view label,
                      absl::string_view text, Tone tone, Tone label_tone) {
  const std::string clean_label = WithoutControls(label);
  int column = indent + ColumnsOf(clean_label);
  // Under a long label the text would be a narrow strip.
  const bool below = column > terminal_.width / 2;
  if (below) {
    Line(absl::StrCat(std::string(indent, ' '),
                      Paint(terminal_, label_tone,
                            absl::StripTrailingAsciiWhitespace(clean_label))));
    column = indent + 4;
  }
  const std::vector<std::string> lines =
      Wrap(WithoutControls(text), terminal_.width - column);
  for (size_t i = 0; i < lines.size(); ++i) {
    const bool labelled = i == 0 && !below;
    Line(absl::StrCat(std::string(labelled ? indent : column, ' '),
                      labelled ? Paint(terminal_, label_tone, clean_label) : "",
                      Paint(terminal_, tone, lines[i])));
  }
}

void TextReport::Table(int indent,
                       const std::vector<std::vector<std::string>>& rows) {
  std::vector<int> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (size_t i = 0; i + 1 < row.size(); ++i) {
      widths[i] = std::max(widths[i], ColumnsOf(WithoutControls(row[i])));
    }
  }
  for (const auto& row : rows) {
    std::string label;
    for (size_t i = 0; i + 1 < row.size(); ++i) {
      const std::string cell = WithoutControls(row[i]);
      absl::StrAppend(&label, cell,
                      std::string(widths[i] - ColumnsOf(cell) + 2, ' '));
    }
    Item(indent, label, row.empty() ? "" : row.back());
  }
}

}  // namespace needlewise
