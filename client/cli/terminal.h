// How text gets onto a terminal: colour where one is there to show it, and
// lines that fit its width.

#ifndef NEEDLEWISE_CLIENT_CLI_TERMINAL_H_
#define NEEDLEWISE_CLIENT_CLI_TERMINAL_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace needlewise {

// `--color`.
enum class ColorMode { kAuto, kAlways, kNever };

// How a piece of text stands out.
enum class Tone {
  kPlain,
  kBold,
  kDim,
  // From the mildest to the gravest.
  kGood,
  kCaution,
  kQuestion,
  kWarning,
  kStop,
  // The same as a filled banner.
  kGoodBanner,
  kCautionBanner,
  kQuestionBanner,
  kWarningBanner,
  kStopBanner,
};

// What one output can show.
struct Terminal {
  bool is_terminal = false;
  bool color = false;
  // Columns to fill, 40 to 100.
  int width = 80;
};

// Looks at a file descriptor. AUTO gives colour on a terminal unless NO_COLOR
// is set and not empty, or TERM is `dumb`. The width is the terminal's, else
// that of COLUMNS, else 80.
Terminal InspectTerminal(int file_descriptor, ColorMode mode);

// `text` in a tone, or as it is where the terminal has no colour.
std::string Paint(const Terminal& terminal, Tone tone, absl::string_view text);

// How many bytes at the beginning of `text` are UTF-8.
size_t Utf8Prefix(absl::string_view text);

// `text` without control characters, so that no text from elsewhere can steer
// the terminal; line breaks become spaces, and bytes that are not UTF-8 `?`.
std::string WithoutControls(absl::string_view text);

// Breaks `text` between words into lines of at most `width` characters. A word
// that is longer, such as a link, has a line of its own and stays whole.
std::vector<std::string> Wrap(absl::string_view text, int width);

// How many columns UTF-8 `text` takes, each character one.
int ColumnsOf(absl::string_view text);

// A report under construction.
class TextReport final {
 public:
  explicit TextReport(const Terminal& terminal) : terminal_(terminal) {}

  // An empty line; never two in a row, and none at the beginning.
  void Gap();

  // One line, as it is. `text` may be painted.
  void Line(absl::string_view text);

  // `label` at column `indent`, then `text` wrapped so that its further lines
  // stand under its first.
  void Item(int indent, absl::string_view label, absl::string_view text,
            Tone tone = Tone::kPlain, Tone label_tone = Tone::kPlain);

  // Rows under columns of equal width; the last column is wrapped. Columns but
  // the last are as wide as their widest cell.
  void Table(int indent, const std::vector<std::vector<std::string>>& rows);

  const Terminal& terminal() const { return terminal_; }

  // The report so far.
  const std::string& text() const { return text_; }

 private:
  const Terminal terminal_;
  std::string text_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_CLIENT_CLI_TERMINAL_H_
