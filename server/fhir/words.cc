#include "server/fhir/words.h"

#include <cstddef>

namespace needlewise {
namespace {

struct Texts {
  absl::string_view english;
  absl::string_view french;
};
// In the order of `Word`.
constexpr Texts kTexts[] = {
    {"Facts that the decision still needs",
     "Faits qu’il reste à connaître pour la décision"},
    {"Yes, now", "Oui, actuellement"},
    {"In the past, not now", "Par le passé, plus maintenant"},
    {"Not now", "Pas actuellement"},
    {"Never", "Jamais"},
    {"Not known", "Non connu"},
    {"Where?", "Où ?"},
    {"When was it last so?", "Quand était-ce le cas pour la dernière fois ?"},
    {"When did it begin?", "Quand cela a-t-il commencé ?"},
    {"Session", "Séance"},
};
static_assert(sizeof(kTexts) / sizeof(kTexts[0]) ==
              static_cast<size_t>(Word::kSession) + 1);

}  // namespace

absl::string_view WordIn(absl::string_view language, Word word) {
  const Texts& texts = kTexts[static_cast<size_t>(word)];
  return language == "fr" ? texts.french : texts.english;
}

}  // namespace needlewise
