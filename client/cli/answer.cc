#include "client/cli/answer.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace needlewise {
namespace {

// UCUM's unit of a number without one, and of an age.
constexpr char kNoUnit[] = "1";
constexpr char kYears[] = "a";

std::vector<std::string> WordsOf(absl::string_view line) {
  return absl::StrSplit(line, absl::ByAnyChar(" \t,;"), absl::SkipEmpty());
}

bool IsOneOf(const std::string& word, const std::set<std::string>& words) {
  return words.count(absl::AsciiStrToLower(word)) > 0;
}

bool IsUnknown(const std::string& word) {
  return IsOneOf(word, {"unknown", "?", "u", "unsure"});
}

// The form of a date; whether it exists is for the server to say.
bool LooksLikeDate(absl::string_view word) {
  const std::vector<absl::string_view> parts = absl::StrSplit(word, '-');
  if (parts.size() > 3 || parts[0].size() != 4) return false;
  for (size_t i = 0; i < parts.size(); ++i) {
    if ((i > 0 && parts[i].size() != 2) ||
        parts[i].find_first_not_of("0123456789") != absl::string_view::npos) {
      return false;
    }
  }
  return true;
}

absl::Status NoDate(absl::string_view word) {
  return absl::InvalidArgumentError(absl::StrCat(
      "`", word, "` is not a date; write YYYY, YYYY-MM or YYYY-MM-DD"));
}

bool IsTest(const v1::SuggestedQuestion& question) {
  return std::find(question.answer_sources().begin(),
                   question.answer_sources().end(),
                   v1::ANSWER_SOURCE_TEST) != question.answer_sources().end();
}

bool IsAge(const v1::SuggestedQuestion& question) {
  return question.kind() == v1::CONCEPT_KIND_AGE;
}

}  // namespace

absl::StatusOr<AnswerKind> Answer::ReadFirst(absl::string_view line) {
  const std::vector<std::string> words = WordsOf(line);
  if (words.empty()) {
    return absl::InvalidArgumentError(
        "type an answer, `skip`, `back`, `quit` or `help`");
  }
  if (words.size() == 1) {
    if (IsOneOf(words[0], {"skip", "s"})) return AnswerKind::kSkip;
    if (IsOneOf(words[0], {"back", "b"})) return AnswerKind::kBack;
    if (IsOneOf(words[0], {"quit", "q", "exit"})) return AnswerKind::kQuit;
    if (IsOneOf(words[0], {"help", "h"})) return AnswerKind::kHelp;
  }
  const absl::Status status =
      question_.unit().empty() ? ReadStatement(words) : ReadQuantity(words);
  if (!status.ok()) return status;
  return AnswerKind::kAnswer;
}

absl::Status Answer::ReadStatement(const std::vector<std::string>& words) {
  v1::Finding finding;
  const bool ever = question_.tense() == v1::QUESTION_TENSE_EVER;
  bool open = false;
  if (IsOneOf(words[0], {"yes", "y"})) {
    finding.set_status(v1::FINDING_STATUS_PRESENT);
    // "Have you ever had botulinum toxin?": a yes does not say it is so now.
    open = ever;
  } else if (IsOneOf(words[0], {"now", "present"})) {
    finding.set_status(v1::FINDING_STATUS_PRESENT);
  } else if (IsOneOf(words[0], {"past", "p", "was"})) {
    finding.set_status(v1::FINDING_STATUS_PAST);
  } else if (IsOneOf(words[0], {"no", "n"})) {
    finding.set_status(ever ? v1::FINDING_STATUS_NEVER
                            : v1::FINDING_STATUS_ABSENT);
  } else if (IsOneOf(words[0], {"absent"})) {
    finding.set_status(v1::FINDING_STATUS_ABSENT);
  } else if (IsOneOf(words[0], {"never"})) {
    finding.set_status(v1::FINDING_STATUS_NEVER);
  } else if (IsUnknown(words[0])) {
    finding.set_status(v1::FINDING_STATUS_UNKNOWN);
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("`", words[0], "` is not an answer here; type ",
                     AnswerForms(question_), ", or `help`"));
  }

  const bool is_presence = finding.status() == v1::FINDING_STATUS_PRESENT ||
                           finding.status() == v1::FINDING_STATUS_PAST;
  bool rest_unknown = false;
  std::vector<std::string> areas;
  for (size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!is_presence) {
      return absl::InvalidArgumentError(
          absl::StrCat("nothing follows `", words[0], "`"));
    }
    if (IsOneOf(word, {"in", "on", "last", "the"})) continue;
    if (IsUnknown(word)) {
      rest_unknown = true;
    } else if (IsOneOf(word, {"since", "from"})) {
      if (i + 1 == words.size() || !LooksLikeDate(words[i + 1])) {
        return NoDate(i + 1 == words.size() ? "" : words[i + 1]);
      }
      finding.set_onset(words[++i]);
      // What began and is not said to have ended is so now.
      open = false;
    } else if (LooksLikeDate(word)) {
      if (finding.status() == v1::FINDING_STATUS_PRESENT && !open) {
        return absl::InvalidArgumentError(
            absl::StrCat("say `since ", word, "` if it began then, or `past ",
                         word, "` if it was last so then"));
      }
      finding.set_status(v1::FINDING_STATUS_PAST);
      finding.set_last(word);
      open = false;
    } else {
      areas.push_back(word);
    }
  }

  finding_ = std::move(finding);
  now_or_past_open_ = open;
  last_settled_ = rest_unknown || !question_.wants_last();
  onset_settled_ = rest_unknown || !question_.wants_onset();
  areas_settled_ = rest_unknown || !question_.by_area() || !is_presence;
  taken_settled_ = true;
  if (!areas.empty()) return ReadAreas(areas);
  if (!areas_settled_ && !ever) {
    // A question of the present asks about "the area" itself.
    return ReadAreas({"here"});
  }
  return absl::OkStatus();
}

absl::Status Answer::ReadAreas(const std::vector<std::string>& words) {
  bool only = false;
  std::vector<std::string> areas;
  for (const std::string& word : words) {
    if (IsOneOf(word, {"only"})) {
      only = true;
    } else if (IsOneOf(word, {"in", "on", "the", "and"})) {
      continue;
    } else if (IsOneOf(word, {"here"})) {
      areas.insert(areas.end(), treatment_areas_.begin(),
                   treatment_areas_.end());
    } else if (word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") ==
               std::string::npos) {
      areas.push_back(word);
    } else {
      return absl::InvalidArgumentError(absl::StrCat(
          "`", word,
          "` is not an area; type ids such as `cheeks`, or `here` for the "
          "treatment area"));
    }
  }
  if (areas.empty()) {
    return absl::InvalidArgumentError(
        "name the areas, for instance `only arms legs`");
  }
  finding_.clear_areas();
  for (std::string& area : areas) *finding_.add_areas() = std::move(area);
  finding_.set_areas_complete(only);
  areas_settled_ = true;
  return absl::OkStatus();
}

absl::Status Answer::ReadQuantity(const std::vector<std::string>& words) {
  v1::Finding finding;
  last_settled_ = onset_settled_ = areas_settled_ = true;
  taken_settled_ = true;
  if (words.size() == 1 && IsUnknown(words[0])) {
    finding.set_status(v1::FINDING_STATUS_UNKNOWN);
    finding_ = std::move(finding);
    return absl::OkStatus();
  }
  double value = 0;
  if (!absl::SimpleAtod(words[0], &value)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "`", words[0], "` is not a number; type ", AnswerForms(question_)));
  }
  std::string unit;
  bool taken = false;
  for (size_t i = 1; i < words.size(); ++i) {
    if (IsOneOf(words[i], {"on", "in", "taken", "of"})) continue;
    if (IsOneOf(words[i], {"today"})) {
      taken = true;
    } else if (LooksLikeDate(words[i])) {
      finding.set_recorded(words[i]);
      taken = true;
    } else if (unit.empty()) {
      unit = words[i];
    } else {
      return absl::InvalidArgumentError(absl::StrCat(
          "`", words[i], "` is not expected; type ", AnswerForms(question_)));
    }
  }
  if (unit.empty()) {
    if (question_.unit() != kNoUnit && !IsAge(question_)) {
      return absl::InvalidArgumentError(
          absl::StrCat("a unit is needed and is never guessed; for instance ",
                       words[0], " ", question_.unit()));
    }
    unit = question_.unit();
  }
  if (IsAge(question_)) {
    if (!IsOneOf(unit, {kYears, "years", "year", "y"})) {
      return absl::InvalidArgumentError("an age is a number of years");
    }
    if (value < 0 || value > 1000 || value != static_cast<int>(value)) {
      return absl::InvalidArgumentError("an age is a whole number of years");
    }
    unit = kYears;
  }
  finding.mutable_quantity()->set_value(value);
  finding.mutable_quantity()->set_unit(unit);
  finding_ = std::move(finding);
  taken_settled_ = taken || !IsTest(question_);
  return absl::OkStatus();
}

Missing Answer::missing() const {
  if (now_or_past_open_) return Missing::kNowOrPast;
  if (finding_.status() == v1::FINDING_STATUS_PAST && finding_.last().empty() &&
      !last_settled_) {
    return Missing::kLast;
  }
  if (finding_.status() == v1::FINDING_STATUS_PRESENT &&
      finding_.onset().empty() && !onset_settled_) {
    return Missing::kOnset;
  }
  if (!areas_settled_) return Missing::kAreas;
  if (!taken_settled_) return Missing::kTaken;
  return Missing::kNothing;
}

absl::StatusOr<AnswerKind> Answer::ReadMissing(absl::string_view line) {
  std::vector<std::string> words = WordsOf(line);
  if (words.size() == 1) {
    if (IsOneOf(words[0], {"skip", "s"})) return AnswerKind::kSkip;
    if (IsOneOf(words[0], {"back", "b"})) return AnswerKind::kBack;
    if (IsOneOf(words[0], {"quit", "q", "exit"})) return AnswerKind::kQuit;
    if (IsOneOf(words[0], {"help", "h"})) return AnswerKind::kHelp;
  }
  const bool not_known =
      words.empty() || (words.size() == 1 && IsUnknown(words[0]));
  switch (missing()) {
    case Missing::kNowOrPast: {
      if (not_known) {
        // Neither can be stated; nothing is claimed.
        finding_.Clear();
        finding_.set_status(v1::FINDING_STATUS_UNKNOWN);
        now_or_past_open_ = false;
        areas_settled_ = true;
        return AnswerKind::kAnswer;
      }
      if (LooksLikeDate(words[0])) words.insert(words.begin(), "past");
      if (IsOneOf(words[0], {"no", "n"})) words[0] = "past";
      if (IsOneOf(words[0], {"yes", "y"})) words[0] = "now";
      if (!IsOneOf(words[0], {"now", "past", "p", "was"})) {
        return absl::InvalidArgumentError(
            "type `now`, or `past` with the date of the last time");
      }
      const v1::Finding before = finding_;
      const absl::Status status = ReadStatement(words);
      if (!status.ok()) return status;
      if (finding_.areas().empty() && !before.areas().empty()) {
        *finding_.mutable_areas() = before.areas();
        finding_.set_areas_complete(before.areas_complete());
        areas_settled_ = true;
      }
      return AnswerKind::kAnswer;
    }
    case Missing::kLast:
    case Missing::kOnset: {
      const bool last = missing() == Missing::kLast;
      if (!not_known) {
        if (IsOneOf(words[0], {"since", "last", "in", "on"})) {
          words.erase(words.begin());
        }
        if (words.size() != 1 || !LooksLikeDate(words[0])) return NoDate(line);
        if (last) {
          finding_.set_last(words[0]);
        } else {
          finding_.set_onset(words[0]);
        }
      }
      (last ? last_settled_ : onset_settled_) = true;
      return AnswerKind::kAnswer;
    }
    case Missing::kAreas: {
      if (not_known) {
        areas_settled_ = true;
        return AnswerKind::kAnswer;
      }
      const absl::Status status = ReadAreas(words);
      if (!status.ok()) return status;
      return AnswerKind::kAnswer;
    }
    case Missing::kTaken: {
      if (!words.empty() && IsOneOf(words[0], {"on", "in"})) {
        words.erase(words.begin());
      }
      if (words.size() == 1 && IsOneOf(words[0], {"today"})) {
        taken_settled_ = true;
        return AnswerKind::kAnswer;
      }
      if (words.size() == 1 && LooksLikeDate(words[0])) {
        finding_.set_recorded(words[0]);
        taken_settled_ = true;
        return AnswerKind::kAnswer;
      }
      // A value of an unknown day would pass as today's.
      return absl::InvalidArgumentError(
          "type the day it was taken, `today`, or `skip` to leave the value "
          "out");
    }
    case Missing::kNothing:
      break;
  }
  return AnswerKind::kAnswer;
}

void Answer::AddTo(v1::Source source, v1::Patient* patient) const {
  if (IsAge(question_)) {
    if (finding_.has_quantity()) {
      patient->set_age_years(static_cast<int>(finding_.quantity().value()));
    }
    return;
  }
  v1::Finding* finding = patient->add_findings();
  *finding = finding_;
  finding->set_concept(question_.concept());
  finding->set_source(source);
}

std::string AnswerForms(const v1::SuggestedQuestion& question) {
  if (!question.unit().empty()) {
    if (IsAge(question)) return "years / unknown";
    return absl::StrCat(question.unit() == kNoUnit
                            ? "number"
                            : absl::StrCat("number ", question.unit()),
                        IsTest(question) ? " on YYYY-MM-DD" : "", " / unknown");
  }
  if (question.tense() == v1::QUESTION_TENSE_EVER) {
    return "now / past YYYY-MM / never / unknown";
  }
  return "yes / no / unknown";
}

std::string MissingPrompt(Missing missing) {
  switch (missing) {
    case Missing::kNowOrPast:
      return "Is it so now, or when was it last? (now / past YYYY-MM / "
             "unknown)";
    case Missing::kLast:
      return "When was it last so? (YYYY, YYYY-MM, YYYY-MM-DD; Enter: not "
             "known)";
    case Missing::kOnset:
      return "When did it begin? (YYYY, YYYY-MM, YYYY-MM-DD; Enter: not "
             "known)";
    case Missing::kAreas:
      return "Where? (here, cheeks, only arms ...; Enter: not known)";
    case Missing::kTaken:
      return "When was it taken? (YYYY-MM-DD or today)";
    case Missing::kNothing:
      break;
  }
  return "";
}

std::string AnswerHelp() {
  return R"(Answers:
  yes                 it is so now; to "have you ever" it asks back
  no                  not now; to "have you ever": never
  now [since DATE]    it is so now, and began then
  past [DATE]         it was so and is not now; DATE is the last time
  never               not now and never before
  unknown             asked, and not known
  105 10*9/L on DATE  a value with its unit, and the day it was taken
Where, after `yes`, `now` or `past`:
  here                the treatment area
  cheeks chin         these areas, and perhaps others
  only arms           these areas and no others
  unknown             the place, and the date, are not known
Dates are 2026, 2026-05 or 2026-05-17.
  skip                leave the question open
  back                take the last answer back
  quit                stop asking
)";
}

}  // namespace needlewise
