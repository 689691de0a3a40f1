// How hard a text is to read, by the usual formulas: the Flesch-Kincaid grade
// for English (Kincaid et al., 1975) and the reading ease of Kandel and Moles
// (1958) for French. Both need the number of sentences, words and syllables.

#ifndef NEEDLEWISE_RULES_TOOLS_READABILITY_H_
#define NEEDLEWISE_RULES_TOOLS_READABILITY_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace needlewise {

struct TextMeasure {
  int sentences = 0;
  int words = 0;
  int syllables = 0;
};

// The words of a text in lower case, UTF-8. An apostrophe stays in its word, a
// hyphen parts two.
std::vector<std::string> WordsOf(absl::string_view text);

// Syllables of one word in lower case, at least 1, counted from its spelling:
// vowels that stand together are one, a mute ending is none.
int CountEnglishSyllables(absl::string_view word);
int CountFrenchSyllables(absl::string_view word);

// Measures a text. `language` is `en` or `fr`. A sentence ends at `.`, `!` or
// `?` before a space or the end. Each of `terms`, in lower case, of one word
// or several, counts as one word of two syllables: what has only one name is
// not made harder by the length of the name.
TextMeasure MeasureText(absl::string_view text, absl::string_view language,
                        const std::vector<std::string>& terms = {});

// School years that reading needs. A text without words is 0.
double FleschKincaidGrade(const TextMeasure& measure);

// From 0, very hard, to 100, very easy; 60 and more is plain. A text without
// words is 100.
double KandelMolesEase(const TextMeasure& measure);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_READABILITY_H_
