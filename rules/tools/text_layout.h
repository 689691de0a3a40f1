// Plain text for a terminal: columns, wrapped lines, tables, colour.

#ifndef NEEDLEWISE_RULES_TOOLS_TEXT_LAYOUT_H_
#define NEEDLEWISE_RULES_TOOLS_TEXT_LAYOUT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace needlewise {

// Columns of the text that the tool writes.
inline constexpr int kTextColumns = 80;

// How a piece of text stands out.
enum class Tone { kBold, kGood, kDoubt, kBad, kDim };

// `text` in a tone, or as it is without `color`.
std::string Paint(bool color, Tone tone, absl::string_view text);

// How many columns UTF-8 `text` takes, each character one.
int ColumnsOf(absl::string_view text);

// Breaks `text` between words into lines of at most `columns` columns, each
// after `indent` spaces and with a line break at its end. A longer word has a
// line of its own and stays whole.
std::string Wrapped(absl::string_view text, int indent,
                    int columns = kTextColumns);

// Rows under columns of equal width, two spaces apart. Where a cell of a
// column is a number in every row but the first, the column is set to the
// right.
std::string TextTable(const std::vector<std::vector<std::string>>& rows);

// `1 case`, `2 cases`.
std::string Counted(int count, absl::string_view one, absl::string_view many);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_TEXT_LAYOUT_H_
