// The program's own words in the reader's language. What comes from the
// catalogue comes translated from the server.

#ifndef NEEDLEWISE_CLIENT_CLI_WORDS_H_
#define NEEDLEWISE_CLIENT_CLI_WORDS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace needlewise {

// One text in another language. Both have the same placeholders, `$0` to `$9`.
struct TranslatedWords {
  absl::string_view english;
  absl::string_view text;
};

// The words of a language, by BCP 47 tag or a longer tag of it; empty for
// English and for a language without words here.
const std::vector<TranslatedWords>& WordsIn(absl::string_view language);

// Sets the language of `Say` for the whole program; English until then. For the
// main thread alone, like `Say`.
void SpeakLanguage(absl::string_view language);

// Whether another language than English is spoken.
bool SpeaksForeign();

// What `english` is in the language spoken, or `english` itself.
std::string Say(absl::string_view english);

}  // namespace needlewise

#endif  // NEEDLEWISE_CLIENT_CLI_WORDS_H_
