#include "client/cli/questions.h"

#include <unistd.h>

#include <fstream>
#include <iostream>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/substitute.h"
#include "client/cli/answer.h"
#include "client/cli/names.h"
#include "client/cli/patient_verbs.h"
#include "client/cli/request_flags.h"
#include "client/cli/words.h"
#include "client/rpc_error.h"

namespace needlewise {
namespace {

// What was known before a question, to come back to.
struct Step {
  std::string concept_id;
  v1::Patient patient_before;
};

class Intake final {
 public:
  Intake(const Invocation& invocation, v1::Audience audience,
         v1::ScreenEligibilityRequest request)
      : invocation_(invocation),
        audience_(audience),
        request_(std::move(request)),
        to_(invocation.json() ? invocation.err() : invocation.out()),
        stream_(invocation.json() ? std::cerr : std::cout) {
    std::set<std::string> areas;
    for (const v1::TreatmentSelection& treatment : request_.treatments()) {
      for (const std::string& area : treatment.areas()) {
        if (areas.insert(area).second) areas_.push_back(area);
      }
    }
  }

  // Asks until nothing is left to ask, or nobody answers any more. An error
  // is that of a call.
  absl::Status Ask() {
    while (true) {
      auto suggested = Suggest();
      if (!suggested.ok()) return TakeBackOrFail(suggested.status());
      SpeakLanguage(suggested->language());
      complete_ = suggested->complete();
      remaining_ = suggested->remaining();
      elsewhere_.assign(suggested->elsewhere().begin(),
                        suggested->elsewhere().end());
      open_.clear();
      for (const v1::SuggestedQuestion& question : suggested->questions()) {
        open_.push_back(question.concept());
      }
      ShowNotices(*suggested);
      const v1::SuggestedQuestion* question = NextOf(*suggested);
      if (question == nullptr) return absl::OkStatus();
      if (!AskOne(*question)) return absl::OkStatus();
    }
  }

  // Says how the asking ended.
  void Conclude() {
    stream_ << "\n";
    const int asked = static_cast<int>(steps_.size());
    if (complete_ && audience_ == v1::AUDIENCE_PATIENT) {
      // Nothing here may tell how the answers were judged.
      Tell(Say("Thank you: there are no further questions."), Tone::kGood);
    } else if (complete_ && !elsewhere_.empty()) {
      Tell(
          absl::Substitute(
              Say(asked == 1 ? "Nothing is left to ask here after $0 answer."
                             : "Nothing is left to ask here after $0 answers."),
              asked),
          Tone::kGood);
    } else if (complete_) {
      Tell(absl::Substitute(
               Say(asked == 1 ? "Settled after $0 answer: nothing that is "
                                "still unknown can change the outcome."
                              : "Settled after $0 answers: nothing that is "
                                "still unknown can change the outcome."),
               asked),
           Tone::kGood);
    } else {
      // A short list is worth more than a number.
      constexpr size_t kMostNamed = 8;
      const bool named = open_.size() <= kMostNamed &&
                         static_cast<int>(open_.size()) == remaining_;
      const char* text = remaining_ == 1
                             ? (named ? "$0 question is still open: $1."
                                      : "$0 question is still open.")
                             : (named ? "$0 questions are still open: $1."
                                      : "$0 questions are still open.");
      Tell(absl::Substitute(Say(text), remaining_, absl::StrJoin(open_, ", ")),
           Tone::kQuestion);
    }
    if (!elsewhere_.empty()) {
      Tell(absl::Substitute(Say("Somebody else has to answer: $0."),
                            absl::StrJoin(elsewhere_, ", ")),
           Tone::kQuestion);
    }
    stream_ << "\n" << std::flush;
  }

  bool complete() const { return complete_; }
  const v1::ScreenEligibilityRequest& request() const { return request_; }

 private:
  absl::StatusOr<v1::SuggestQuestionsResponse> Suggest() const {
    v1::SuggestQuestionsRequest request;
    request.set_as_of(request_.as_of());
    *request.mutable_patient() = request_.patient();
    *request.mutable_treatments() = request_.treatments();
    request.set_profile(request_.profile());
    request.set_language(request_.language());
    request.set_audience(audience_);
    request.set_rule_catalog_digest(request_.rule_catalog_digest());
    // Enough to find one among those that were put aside.
    request.set_max_questions(static_cast<int>(asked_.size()) + 1);
    return invocation_.client().SuggestQuestions(request);
  }

  // A refusal right after an answer is about that answer: it is taken back,
  // and the question asked again.
  absl::Status TakeBackOrFail(const absl::Status& status) {
    if (!absl::IsInvalidArgument(status) || steps_.empty() ||
        !last_was_answer_) {
      return status;
    }
    std::vector<std::string> reasons;
    const google::rpc::BadRequest bad_request = ViolationsOf(status);
    for (const auto& violation : bad_request.field_violations()) {
      reasons.push_back(violation.description());
    }
    Tell(absl::Substitute(Say("That cannot be: $0"),
                          reasons.empty() ? std::string(status.message())
                                          : absl::StrJoin(reasons, "; ")),
         Tone::kStop);
    GoBack();
    return Ask();
  }

  const v1::SuggestedQuestion* NextOf(
      const v1::SuggestQuestionsResponse& suggested) const {
    for (const v1::SuggestedQuestion& question : suggested.questions()) {
      if (asked_.count(question.concept()) == 0) return &question;
    }
    return nullptr;
  }

  // Puts one question. False: stop asking.
  bool AskOne(const v1::SuggestedQuestion& question) {
    stream_ << "\n";
    TextReport report(to_);
    report.Item(0, absl::StrCat(steps_.size() + 1, ". "), question.text(),
                Tone::kBold, Tone::kBold);
    report.Item(
        3, "",
        absl::StrCat(question.concept(),
                     remaining_ > 1
                         ? absl::Substitute(Say("; at most $0 questions to go"),
                                            remaining_)
                         : ""),
        Tone::kDim);
    stream_ << report.text();
    std::optional<Answer> answer(std::in_place, question, areas_);
    bool first = true;
    while (first || answer->missing() != Missing::kNothing) {
      const std::optional<std::string> line = Prompt(
          first ? AnswerForms(question) : MissingPrompt(answer->missing()));
      if (!line.has_value()) return false;
      const absl::StatusOr<AnswerKind> kind =
          first ? answer->ReadFirst(*line) : answer->ReadMissing(*line);
      if (!kind.ok()) {
        Tell(std::string(kind.status().message()), Tone::kCaution);
        continue;
      }
      switch (*kind) {
        case AnswerKind::kHelp:
          stream_ << AnswerHelp();
          continue;
        case AnswerKind::kQuit:
          return false;
        case AnswerKind::kBack:
          if (!first) {
            // Only part of this answer was given: it is begun anew.
            answer.emplace(question, areas_);
            first = true;
            continue;
          }
          if (steps_.empty()) {
            Tell(Say("This is the first question."), Tone::kCaution);
            continue;
          }
          GoBack();
          return true;
        case AnswerKind::kSkip:
          steps_.push_back({question.concept(), request_.patient()});
          asked_.insert(question.concept());
          last_was_answer_ = false;
          return true;
        case AnswerKind::kAnswer:
          first = false;
      }
    }
    steps_.push_back({question.concept(), request_.patient()});
    asked_.insert(question.concept());
    last_was_answer_ = true;
    answer->AddTo(SourceOf(question), request_.mutable_patient());
    return true;
  }

  v1::Source SourceOf(const v1::SuggestedQuestion& question) const {
    if (question.kind() == v1::CONCEPT_KIND_SITE) return v1::SOURCE_SITE;
    return audience_ == v1::AUDIENCE_PATIENT ? v1::SOURCE_PATIENT
                                             : v1::SOURCE_CLINICIAN;
  }

  void GoBack() {
    *request_.mutable_patient() = steps_.back().patient_before;
    asked_.erase(steps_.back().concept_id);
    steps_.pop_back();
    last_was_answer_ = false;
  }

  std::optional<std::string> Prompt(const std::string& forms) {
    stream_ << "   " << Paint(to_, Tone::kDim, forms) << " > " << std::flush;
    std::string line;
    if (!std::getline(std::cin, line)) {
      stream_ << "\n";
      return std::nullopt;
    }
    // Piped answers are shown, so that a transcript reads like a session.
    if (isatty(STDIN_FILENO) != 1) stream_ << WithoutControls(line) << "\n";
    return line;
  }

  void Tell(const std::string& text, Tone tone) {
    TextReport report(to_);
    report.Item(3, "", text, tone);
    stream_ << report.text();
  }

  // Shows what is odd about the answers so far, each once.
  void ShowNotices(const v1::SuggestQuestionsResponse& suggested) {
    for (const v1::Notice& notice : suggested.notices()) {
      if (shown_.insert(notice.text()).second) {
        Tell(notice.text(), Tone::kCaution);
      }
    }
  }

  const Invocation& invocation_;
  const v1::Audience audience_;
  v1::ScreenEligibilityRequest request_;
  const Terminal to_;
  std::ostream& stream_;
  std::vector<std::string> areas_;
  // Answered or skipped; not asked again, even where the answer leaves the
  // fact open.
  std::set<std::string> asked_;
  std::vector<Step> steps_;
  std::set<std::string> shown_;
  std::vector<std::string> elsewhere_;
  // Concepts of the last questions suggested.
  std::vector<std::string> open_;
  bool last_was_answer_ = false;
  bool complete_ = false;
  int remaining_ = 0;
};

absl::StatusOr<v1::Audience> AudienceOf(const CommandLine& line) {
  const std::string text = line.Get("audience", "clinician");
  if (text == "clinician") return v1::AUDIENCE_CLINICIAN;
  if (text == "patient") return v1::AUDIENCE_PATIENT;
  return absl::InvalidArgumentError(
      absl::StrCat("`--audience=", text, "`: expected clinician or patient"));
}

absl::Status Save(const std::string& path,
                  const v1::ScreenEligibilityRequest& request) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << ToJson(request, /*one_line=*/false);
  file.close();
  if (!file) {
    return absl::InternalError(absl::StrCat("cannot write `", path, "`"));
  }
  return absl::OkStatus();
}

}  // namespace

ExitCode RunQuestions(const Invocation& invocation) {
  const CommandLine& line = invocation.line();
  const absl::StatusOr<v1::Audience> audience = AudienceOf(line);
  if (!audience.ok()) return invocation.Fail(audience.status());

  v1::ScreenEligibilityRequest request;
  request.mutable_patient();
  SourceMap map;
  InputText input;
  if (!line.arguments().empty()) {
    if (line.arguments()[0] == "-") {
      return invocation.Fail(absl::InvalidArgumentError(
          "standard input holds the answers; name a file with the request"));
    }
    absl::StatusOr<InputText> text = ReadInput(line.arguments()[0]);
    if (!text.ok()) {
      return invocation.Fail(
          absl::InvalidArgumentError(text.status().message()));
    }
    input = *std::move(text);
    const std::vector<InputProblem> problems =
        ParseInput(input, invocation.format(), &request, &map);
    if (!problems.empty()) return invocation.Fail(input, problems);
  }
  const absl::Status applied = ApplyFlags(line, &request, &map);
  if (!applied.ok()) return invocation.Fail(applied);
  if (request.treatments().empty()) {
    return invocation.Fail(absl::InvalidArgumentError(
        "nothing to ask about; name a file with the request, or --treatment "
        "and --area, for instance --treatment=base_microneedling "
        "--area=face"));
  }

  Intake intake(invocation, *audience, request);
  const absl::Status asked = intake.Ask();
  if (!asked.ok()) return invocation.Fail(asked, input, map);
  intake.Conclude();
  if (line.Has("save")) {
    const absl::Status saved = Save(line.Get("save"), intake.request());
    if (!saved.ok()) return invocation.Fail(saved);
  }

  if (*audience == v1::AUDIENCE_PATIENT) {
    if (invocation.json()) {
      const ExitCode printed = invocation.PrintJson(intake.request());
      if (printed != kExitOk) return printed;
    }
    return intake.complete() ? kExitOk : kExitNo;
  }
  v1::ScreenEligibilityRequest screening = intake.request();
  screening.set_view(invocation.ViewOr(screening.view() == v1::VIEW_UNSPECIFIED
                                           ? v1::VIEW_FULL
                                           : screening.view()));
  const auto response = invocation.client().ScreenEligibility(screening);
  if (!response.ok()) return invocation.Fail(response.status(), input, map);
  return PrintScreening(invocation, *response);
}

}  // namespace needlewise
