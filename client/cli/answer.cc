#include "client/cli/answer.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/substitute.h"
#include "client/cli/words.h"

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

// What people type, in any language that questions are put in: no word means
// one thing in one of them and another in the next.

bool IsUnknown(const std::string& word) {
  return IsOneOf(word, {"unknown", "?", "u", "unsure", "inconnu", "inconnue"});
}

bool IsYes(const std::string& word) {
  return IsOneOf(word, {"yes", "y", "oui", "o"});
}

bool IsNo(const std::string& word) { return IsOneOf(word, {"no", "n", "non"}); }

bool IsNow(const std::string& word) {
  return IsOneOf(word, {"now", "present", "maintenant", "actuellement"});
}

bool IsPast(const std::string& word) {
  return IsOneOf(word, {"past", "p", "was", "pass\u00e9", "passe", "avant"});
}

bool IsNever(const std::string& word) {
  return IsOneOf(word, {"never", "jamais"});
}

bool IsSince(const std::string& word) {
  return IsOneOf(word, {"since", "from", "depuis"});
}

bool IsToday(const std::string& word) {
  return IsOneOf(word, {"today", "aujourd'hui", "aujourd\u2019hui"});
}

// Small words before a date or a place.
bool IsParticle(const std::string& word) {
  return IsOneOf(word, {"in", "on", "the", "and", "last", "taken", "of", "le",
                        "la", "les", "en", "sur", "et", "dans", "dernier"});
}

// A whole line that is no answer.
std::optional<AnswerKind> KindOfCommand(const std::vector<std::string>& words) {
  if (words.size() != 1) return std::nullopt;
  if (IsOneOf(words[0], {"skip", "s", "passer"})) return AnswerKind::kSkip;
  if (IsOneOf(words[0], {"back", "b", "retour"})) return AnswerKind::kBack;
  if (IsOneOf(words[0], {"quit", "q", "exit", "quitter"})) {
    return AnswerKind::kQuit;
  }
  if (IsOneOf(words[0], {"help", "h", "aide"})) return AnswerKind::kHelp;
  return std::nullopt;
}

// A refusal in the language spoken; `$0` and `$1` are what was typed and what
// is meant.
absl::Status Refuse(absl::string_view english, absl::string_view first = "",
                    absl::string_view second = "") {
  return absl::InvalidArgumentError(
      absl::Substitute(Say(english), first, second));
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
  return Refuse("`$0` is not a date; write YYYY, YYYY-MM or YYYY-MM-DD", word);
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
    return Refuse("type an answer, `skip`, `back`, `quit` or `help`");
  }
  if (const auto command = KindOfCommand(words)) return *command;
  const absl::Status status =
      question_.unit().empty() ? ReadStatement(words) : ReadQuantity(words);
  if (!status.ok()) return status;
  return AnswerKind::kAnswer;
}

absl::Status Answer::ReadStatement(const std::vector<std::string>& words) {
  v1::Finding finding;
  const bool ever = question_.tense() == v1::QUESTION_TENSE_EVER;
  bool open = false;
  if (IsYes(words[0])) {
    finding.set_status(v1::FINDING_STATUS_PRESENT);
    // "Have you ever had botulinum toxin?": a yes does not say it is so now.
    open = ever;
  } else if (IsNow(words[0])) {
    finding.set_status(v1::FINDING_STATUS_PRESENT);
  } else if (IsPast(words[0])) {
    finding.set_status(v1::FINDING_STATUS_PAST);
  } else if (IsNo(words[0])) {
    finding.set_status(ever ? v1::FINDING_STATUS_NEVER
                            : v1::FINDING_STATUS_ABSENT);
  } else if (IsOneOf(words[0], {"absent"})) {
    finding.set_status(v1::FINDING_STATUS_ABSENT);
  } else if (IsNever(words[0])) {
    finding.set_status(v1::FINDING_STATUS_NEVER);
  } else if (IsUnknown(words[0])) {
    finding.set_status(v1::FINDING_STATUS_UNKNOWN);
  } else {
    return Refuse("`$0` is not an answer here; type $1, or `help`", words[0],
                  AnswerForms(question_));
  }

  const bool is_presence = finding.status() == v1::FINDING_STATUS_PRESENT ||
                           finding.status() == v1::FINDING_STATUS_PAST;
  bool rest_unknown = false;
  std::vector<std::string> areas;
  for (size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!is_presence) {
      return Refuse("nothing follows `$0`", words[0]);
    }
    if (IsParticle(word)) continue;
    if (IsUnknown(word)) {
      rest_unknown = true;
    } else if (IsSince(word)) {
      if (i + 1 == words.size() || !LooksLikeDate(words[i + 1])) {
        return NoDate(i + 1 == words.size() ? "" : words[i + 1]);
      }
      finding.set_onset(words[++i]);
      // What began and is not said to have ended is so now.
      open = false;
    } else if (LooksLikeDate(word)) {
      if (finding.status() == v1::FINDING_STATUS_PRESENT && !open) {
        return Refuse(
            "say `since $0` if it began then, or `past $0` if it was last so "
            "then",
            word);
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
    if (IsOneOf(word, {"only", "seulement"})) {
      only = true;
    } else if (IsParticle(word)) {
      continue;
    } else if (IsOneOf(word, {"here", "ici"})) {
      areas.insert(areas.end(), treatment_areas_.begin(),
                   treatment_areas_.end());
    } else if (word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") ==
               std::string::npos) {
      areas.push_back(word);
    } else {
      return Refuse(
          "`$0` is not an area; type ids such as `cheeks`, or `here` for the "
          "treatment area",
          word);
    }
  }
  if (areas.empty()) {
    return Refuse("name the areas, for instance `only arms legs`");
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
    return Refuse("`$0` is not a number; type $1", words[0],
                  AnswerForms(question_));
  }
  std::string unit;
  bool taken = false;
  for (size_t i = 1; i < words.size(); ++i) {
    if (IsParticle(words[i])) continue;
    if (IsToday(words[i])) {
      taken = true;
    } else if (LooksLikeDate(words[i])) {
      finding.set_recorded(words[i]);
      taken = true;
    } else if (unit.empty()) {
      unit = words[i];
    } else {
      return Refuse("`$0` is not expected; type $1", words[i],
                    AnswerForms(question_));
    }
  }
  if (unit.empty()) {
    if (question_.unit() != kNoUnit && !IsAge(question_)) {
      return Refuse("a unit is needed and is never guessed; for instance $0 $1",
                    words[0], question_.unit());
    }
    unit = question_.unit();
  }
  if (IsAge(question_)) {
    if (!IsOneOf(unit, {kYears, "years", "year", "y", "ans", "an"})) {
      return Refuse("an age is a number of years");
    }
    if (value < 0 || value > 1000 || value != static_cast<int>(value)) {
      return Refuse("an age is a whole number of years");
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
  if (const auto command = KindOfCommand(words)) return *command;
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
      if (IsNo(words[0])) words[0] = "past";
      if (IsYes(words[0])) words[0] = "now";
      if (!IsNow(words[0]) && !IsPast(words[0])) {
        return Refuse("type `now`, or `past` with the date of the last time");
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
        if (IsSince(words[0]) || IsParticle(words[0])) {
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
      if (!words.empty() && IsParticle(words[0])) words.erase(words.begin());
      if (words.size() == 1 && IsToday(words[0])) {
        taken_settled_ = true;
        return AnswerKind::kAnswer;
      }
      if (words.size() == 1 && LooksLikeDate(words[0])) {
        finding_.set_recorded(words[0]);
        taken_settled_ = true;
        return AnswerKind::kAnswer;
      }
      // A value of an unknown day would pass as today's.
      return Refuse(
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
    if (IsAge(question)) return Say("years / unknown");
    const std::string unit =
        question.unit() == kNoUnit ? "" : absl::StrCat(" ", question.unit());
    return absl::Substitute(
        Say(IsTest(question) ? "number$0 on YYYY-MM-DD / unknown"
                             : "number$0 / unknown"),
        unit);
  }
  return Say(question.tense() == v1::QUESTION_TENSE_EVER
                 ? "now / past YYYY-MM / never / unknown"
                 : "yes / no / unknown");
}

std::string MissingPrompt(Missing missing) {
  switch (missing) {
    case Missing::kNowOrPast:
      return Say(
          "Is it so now, or when was it last? (now / past YYYY-MM / unknown)");
    case Missing::kLast:
      return Say(
          "When was it last so? (YYYY, YYYY-MM, YYYY-MM-DD; Enter: not known)");
    case Missing::kOnset:
      return Say(
          "When did it begin? (YYYY, YYYY-MM, YYYY-MM-DD; Enter: not known)");
    case Missing::kAreas:
      return Say("Where? (here, cheeks, only arms ...; Enter: not known)");
    case Missing::kTaken:
      return Say("When was it taken? (YYYY-MM-DD or today)");
    case Missing::kNothing:
      break;
  }
  return "";
}

std::string AnswerHelp() {
  return Say(R"(Answers:
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
)");
}

}  // namespace needlewise
