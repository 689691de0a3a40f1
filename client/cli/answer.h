// Answers to questions, as people type them, and the findings they make.

#ifndef NEEDLEWISE_CLIENT_CLI_ANSWER_H_
#define NEEDLEWISE_CLIENT_CLI_ANSWER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "needlewise/v1/patient.pb.h"
#include "needlewise/v1/screening.pb.h"

namespace needlewise {

// What to do with what was typed.
enum class AnswerKind {
  // It answers the question.
  kAnswer,
  // Leaves the question open and asks the next one.
  kSkip,
  // Takes the last answer back and asks that question again.
  kBack,
  // Ends the asking.
  kQuit,
  // Wants to know the forms of an answer.
  kHelp,
};

// What an answer still lacks.
enum class Missing {
  kNothing,
  // A "yes" to "have you ever": now, or in the past?
  kNowOrPast,
  // When it was last so.
  kLast,
  // When it began.
  kOnset,
  // Where.
  kAreas,
  // When a test was taken.
  kTaken,
};

// An answer on its way: typed in one line, or piece by piece.
class Answer final {
 public:
  // `question` must outlive the answer. `treatment_areas` are what `here`
  // stands for.
  Answer(const v1::SuggestedQuestion& question,
         std::vector<std::string> treatment_areas)
      : question_(question), treatment_areas_(std::move(treatment_areas)) {}

  // Reads the first line. INVALID_ARGUMENT with a message for a person; then
  // the answer is as before.
  absl::StatusOr<AnswerKind> ReadFirst(absl::string_view line);

  // Reads the line that answers what is missing; an empty line or `unknown`
  // leaves it not known.
  absl::StatusOr<AnswerKind> ReadMissing(absl::string_view line);

  // The next thing to ask for.
  Missing missing() const;

  // Adds the answer to what is known of the patient.
  void AddTo(v1::Source source, v1::Patient* patient) const;

 private:
  absl::Status ReadQuantity(const std::vector<std::string>& words);
  absl::Status ReadStatement(const std::vector<std::string>& words);
  absl::Status ReadAreas(const std::vector<std::string>& words);

  const v1::SuggestedQuestion& question_;
  const std::vector<std::string> treatment_areas_;

  v1::Finding finding_;
  bool now_or_past_open_ = false;
  bool last_settled_ = false;
  bool onset_settled_ = false;
  bool areas_settled_ = false;
  bool taken_settled_ = false;
};

// The forms an answer to this question can take, in a few words for a prompt.
std::string AnswerForms(const v1::SuggestedQuestion& question);

// What to ask for something that is missing.
std::string MissingPrompt(Missing missing);

// Every form, for `help` at a question.
std::string AnswerHelp();

}  // namespace needlewise

#endif  // NEEDLEWISE_CLIENT_CLI_ANSWER_H_
