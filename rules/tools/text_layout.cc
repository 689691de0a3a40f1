#include "rules/tools/text_layout.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace needlewise {
namespace {

const char* EscapeOf(Tone tone) {
  switch (tone) {
    case Tone::kBold:
      return "\033[1m";
    case Tone::kGood:
      return "\033[32m";
    case Tone::kDoubt:
      return "\033[33m";
    case Tone::kBad:
      return "\033[31m";
    case Tone::kDim:
      return "\033[2m";
  }
  return "";
}

bool IsNumber(const std::string& text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_isdigit(c) || c == '/' || c == '%' || c == '.' ||
                  c == ' ' || c == '-';
         });
}

}  // namespace

std::string Paint(bool color, Tone tone, absl::string_view text) {
  if (!color || text.empty()) return std::string(text);
  return absl::StrCat(EscapeOf(tone), text, "\033[0m");
}

int ColumnsOf(absl::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string Wrapped(absl::string_view text, int indent, int columns) {
  const std::string margin(indent, ' ');
  std::string wrapped;
  int used = 0;
  for (const absl::string_view word :
       absl::StrSplit(text, absl::ByAnyChar(" \n\t"), absl::SkipEmpty())) {
    const int wide = ColumnsOf(word);
    if (used > 0 && indent + used + 1 + wide > columns) {
      wrapped += '\n';
      used = 0;
    }
    absl::StrAppend(&wrapped, used == 0 ? margin : " ", word);
    used += wide + (used == 0 ? 0 : 1);
  }
  wrapped += '\n';
  return wrapped;
}

std::string TextTable(const std::vector<std::vector<std::string>>& rows) {
  std::vector<int> widths;
  std::vector<bool> numbers;
  for (size_t r = 0; r < rows.size(); ++r) {
    widths.resize(std::max(widths.size(), rows[r].size()), 0);
    numbers.resize(widths.size(), true);
    for (size_t i = 0; i < rows[r].size(); ++i) {
      widths[i] = std::max(widths[i], ColumnsOf(rows[r][i]));
      if (r > 0 && !IsNumber(rows[r][i])) numbers[i] = false;
    }
  }
  std::string table;
  for (const std::vector<std::string>& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string gap(widths[i] - ColumnsOf(row[i]), ' ');
      absl::StrAppend(&line, i == 0 ? "" : "  ", numbers[i] ? gap : "", row[i],
                      numbers[i] ? "" : gap);
    }
    absl::StrAppend(&table, absl::StripTrailingAsciiWhitespace(line), "\n");
  }
  return table;
}

std::string Counted(int count, absl::string_view one, absl::string_view many) {
  return absl::StrCat(count, " ", count == 1 ? one : many);
}

}  // namespace needlewise
