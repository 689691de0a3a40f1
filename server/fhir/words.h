// The few words of our own in what goes out in FHIR; all other texts are the
// catalogue's.

#ifndef NEEDLEWISE_SERVER_FHIR_WORDS_H_
#define NEEDLEWISE_SERVER_FHIR_WORDS_H_

#include "absl/strings/string_view.h"

namespace needlewise {

enum class Word {
  kQuestionnaireTitle,
  // Answers to a question.
  kYesNow,
  kInThePast,
  kNotNow,
  kNever,
  kNotKnown,
  // What is asked beside a question.
  kWhere,
  kWhenLast,
  kSinceWhen,
  // Before its number.
  kSession,
};

// A word in a language of the catalogue; in English where there is none.
absl::string_view WordIn(absl::string_view language, Word word);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_FHIR_WORDS_H_
