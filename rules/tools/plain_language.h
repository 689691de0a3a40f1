// What readers must be able to take in: questions that a patient understands,
// and texts that leave the decision with the clinician.

#ifndef NEEDLEWISE_RULES_TOOLS_PLAIN_LANGUAGE_H_
#define NEEDLEWISE_RULES_TOOLS_PLAIN_LANGUAGE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "needlewise/v1/rule_catalog.pb.h"

namespace needlewise {

// The hardest that a question to a patient may be: the sixth grade with room
// for one long word.
inline constexpr double kHardestGrade = 7.0;
// And the least ease in French: "plain" on the scale of Kandel and Moles.
inline constexpr double kLeastEase = 60.0;

// A name that a question must use, and why no plainer word will do.
struct PlainTerm {
  const char* language;
  const char* term;
  const char* reason;
};

// Every such name.
const std::vector<PlainTerm>& PlainTerms();

// Whether a patient may be asked for it.
bool IsAskedOfPatients(const v1::Concept& definition);

// What makes a question to a patient too hard, in one line; empty where it is
// not. Languages without a formula are not judged.
std::string HardToRead(absl::string_view question, absl::string_view language);

// What in a text for clinicians commands, addresses the patient or promises
// safety, in one line; empty where nothing does.
std::string CommandIn(absl::string_view text, absl::string_view language);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_PLAIN_LANGUAGE_H_
