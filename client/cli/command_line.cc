#include "client/cli/command_line.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "client/cli/names.h"
#include "client/cli/terminal.h"
#include "proto/json/did_you_mean.h"

namespace needlewise {
namespace {

constexpr int kHelpWidth = 78;

const Flag kFormat = {
    "format", "json|textproto",
    "Format of the input. Default: what begins with `{` is JSON."};
const Flag kTreatment = {
    "treatment", "ID,...",
    "Ask about these treatments instead of those in the input; areas, device "
    "and concerns stay those of its first treatment."};
const Flag kBase = {"treatment", "ID",
                    "Base treatment instead of that in the input."};
const Flag kArea = {"area", "ID,...", "Areas instead of those in the input."};
const Flag kDevice = {
    "device", "ID",
    "Device instead of that in the input; `none` for no device."};
const Flag kDepth = {"depth", "MM",
                     "Planned greatest needle depth in millimetres; needs a "
                     "device."};
const Flag kConcern = {
    "concern", "ID,...",
    "Concerns instead of those in the input; `none` for no concern."};
const Flag kAsOf = {"as-of", "YYYY-MM-DD",
                    "Day of the treatment instead of that in the input; "
                    "`today` for today."};
const Flag kProfile = {"profile", "ID",
                       "Profile of rules instead of that in the input."};
const Flag kLanguage = {
    "language", "TAG",
    "Language of the texts, for instance `fr`, instead of that in the input."};
const Flag kAddOnDevice = {
    "add-on-device", "ADDON=ID,...",
    "Device for an add-on instead of that in the input, for instance "
    "rf=inmode_morpheus8."};

std::vector<Verb> MakeVerbs() {
  return {
      {"screen",
       "FILE",
       "May this treatment go ahead on this day?",
       "Screens one patient. FILE is a ScreenEligibilityRequest in JSON or "
       "protobuf text format, `-` for standard input. Exit code 1 says that a "
       "treatment is blocked. With --batch, FILE holds one request in JSON a "
       "line; the answers go to standard output, one line each, in the same "
       "order, and a line without an answer does not stop the others.",
       {kTreatment,
        kArea,
        kDevice,
        kDepth,
        kConcern,
        kAsOf,
        kProfile,
        kLanguage,
        kFormat,
        {"receipt", "", "Ask for a signed receipt, too."},
        {"batch", "", "Screen every line of FILE over one stream."},
        {"in-flight", "N",
         "With --batch: at most N requests without their answer, 1 to 10000. "
         "Default 64."},
        {"no-progress", "", "With --batch: no progress on standard error."}},
       1},
      {"add-ons",
       "FILE",
       "Which add-ons are worth offering?",
       "Recommends add-ons. FILE is a RecommendAddOnsRequest, or a "
       "ScreenEligibilityRequest whose first treatment is then the base. Exit "
       "code 1 says that the base treatment is blocked.",
       {kBase, kArea, kDevice, kDepth, kConcern, kAddOnDevice, kAsOf, kProfile,
        kLanguage, kFormat},
       1},
      {"plan",
       "FILE",
       "A dated course of treatment.",
       "Plans a course. FILE is a PlanTreatmentRequest, or a "
       "ScreenEligibilityRequest whose first treatment is then the base. Where "
       "screening blocks it, says why and ends with exit code 1.",
       {kBase,
        kArea,
        kDevice,
        kDepth,
        kConcern,
        {"add-on", "ID,...",
         "Add-ons instead of those in the input; `none` for no add-on."},
        kAddOnDevice,
        kAsOf,
        kProfile,
        kLanguage,
        kFormat},
       1},
      {"questions",
       "[FILE]",
       "Asks what is still open, until the answer is settled.",
       "Asks the questions of an intake one by one, on the terminal or with "
       "the answers read from standard input, and stops as soon as no answer "
       "can change the outcome; then screens. FILE is a "
       "ScreenEligibilityRequest with what is known already; without it "
       "--treatment and --area say what to ask about. Type `help` at a "
       "question for the forms of an answer.",
       {kTreatment,
        kArea,
        kDevice,
        kDepth,
        kConcern,
        kAsOf,
        kProfile,
        kLanguage,
        kFormat,
        {"audience", "clinician|patient",
         "Who answers. A patient is asked only what a patient can answer and "
         "is shown no verdict. Default clinician."},
        {"save", "FILE",
         "Write what is known at the end, a ScreenEligibilityRequest in "
         "JSON."}},
       1},
      {"rules",
       "list | show RULE",
       "The rules in force.",
       "Lists rules, or shows one with its condition, sources and conflicts.",
       {{"treatment", "ID", "Rules that apply to this treatment."},
        {"effect", "KIND",
         "Rules with this effect: contraindication, deferral, review, "
         "precaution or note."},
        {"concept", "ID", "Rules that ask about this concept."},
        {"profile", "ID", "Rules of this profile."},
        {"language", "TAG", "Language of the texts, for instance `fr`."},
        {"citation", "ID", "Rules that cite this source."},
        {"conflict", "ID", "Rules that resolve this source conflict."}},
       2},
      {"conflicts",
       "[ID...]",
       "Where the sources contradict each other.",
       "Lists source conflicts with their positions, resolution and the rules "
       "they touch; with IDs, only those.",
       {{"language", "TAG", "Language of the texts, for instance `fr`."}},
       100},
      {"decisions",
       "WHAT [ID]",
       "The decisions that the server has recorded.",
       "`list` lists recorded decisions, newest first; `show ID` shows one; "
       "`replay ID` decides one again and compares bytes (exit code 1: they "
       "differ); `verify FILE` checks a receipt as the verb `verify` does.",
       {{"verdict", "VERDICT", "With this verdict on some treatment."},
        {"rule", "ID", "In which this rule fired."},
        {"treatment", "ID", "On this treatment."},
        {"caller", "NAME", "Made for this caller."},
        {"subject", "HASH", "About this subject."},
        {"from", "TIME", "Committed at or after this time, RFC 3339 or a day."},
        {"before", "TIME", "Committed before this time."},
        {"limit", "N", "At most N. Default 100."},
        {"digest", "DIGEST",
         "With `replay`: decide with this archived catalogue instead."},
        {"key", "FILE", "With `verify`: as there."},
        {"request", "FILE", "With `verify`: as there."}},
       2},
      {"feedback",
       "ID OUTCOME",
       "Reports what a clinician did with a decision.",
       "OUTCOME is accepted, overridden or acknowledged.",
       {{"rule", "ID", "The rule concerned. Required with acknowledged."},
        {"reason", "REASON",
         "Why it was overridden: data-wrong, benefit-outweighs, "
         "specialist-advice, rule-not-applicable, patient-declined or other."},
        {"request-id", "UUID",
         "Makes a repetition count once. Default a new one."}},
       2},
      {"verify",
       "FILE",
       "Checks an answer's receipt, without a server.",
       "FILE is an answer in JSON that holds a receipt. Exit code 0: it was "
       "signed by the server and nothing in the answer was changed since.",
       {{"key", "FILE", "The server's public key, in PEM. Required."},
        {"request", "FILE",
         "Also check that the answer is to this request, as it was sent."}},
       1},
      {"watch",
       "",
       "Tells of each change of the rules in force.",
       "Prints the catalogue in force, then each change, until Ctrl-C.",
       {{"count", "N", "Stop after N events."}},
       0},
      {"health",
       "",
       "Is the server serving?",
       "Asks the standard health service, for the server as a whole and for "
       "each service. Exit code 0: serving, 1: not serving, 3: unreachable.",
       {{"wait", "DURATION",
         "Keep asking until it is serving, at most this long, for instance "
         "10s."}},
       0},
      {"version", "", "The version of this program.", "", {}, 0},
      {"help", "[VERB]", "This text, or that of a verb.", "", {}, 1},
  };
}

const Verb* FindVerb(absl::string_view name) {
  for (const Verb& verb : Verbs()) {
    if (verb.name == name) return &verb;
  }
  return nullptr;
}

std::vector<std::string> VerbNames() {
  std::vector<std::string> names;
  for (const Verb& verb : Verbs()) names.push_back(verb.name);
  return names;
}

const Flag* FindFlag(const Verb& verb, absl::string_view name) {
  for (const auto* flags : {&verb.flags, &GlobalFlags()}) {
    for (const Flag& flag : *flags) {
      if (flag.name == name) return &flag;
    }
  }
  return nullptr;
}

// Whether some verb takes a value with this word.
bool TakesValue(absl::string_view word) {
  for (const Verb& verb : Verbs()) {
    const Flag* flag =
        absl::StartsWith(word, "--") ? FindFlag(verb, word.substr(2)) : nullptr;
    if (flag != nullptr) return !flag->value.empty();
  }
  return false;
}

absl::Status UnknownFlag(const Verb& verb, const std::string& name) {
  std::vector<std::string> names;
  for (const auto* flags : {&verb.flags, &GlobalFlags()}) {
    for (const Flag& flag : *flags) names.push_back("--" + flag.name);
  }
  std::string hint = DidYouMean("--" + name, names);
  if (hint.empty()) {
    std::vector<std::string> elsewhere;
    for (const Verb& other : Verbs()) {
      if (FindFlag(other, name) != nullptr) elsewhere.push_back(other.name);
    }
    hint = elsewhere.empty() ? ""
                             : absl::StrCat("; it belongs to ",
                                            absl::StrJoin(elsewhere, ", "));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("`", verb.name, "` has no flag `--", name, "`", hint,
                   "; see `needlewise help ", verb.name, "`"));
}

void AppendFlags(const std::vector<Flag>& flags, std::string* text) {
  for (const Flag& flag : flags) {
    absl::StrAppend(text, "  --", flag.name, flag.value.empty() ? "" : "=",
                    flag.value, "\n");
    for (const std::string& line : Wrap(flag.help, kHelpWidth - 6)) {
      absl::StrAppend(text, "      ", line, "\n");
    }
  }
}

constexpr char kExitCodes[] =
    R"(Exit codes:
  0  done; where a verdict was asked for, the treatment is eligible
  1  answered, and the answer is no: screening blocks the treatment, questions
     are still open, or the server is not serving
  2  the command line or the input is wrong, found here or by the server
  3  no server at the address, none that is serving, or no answer in time
  4  the server refused or failed, or the output cannot be written
  5  a batch was read to its end, and some of its lines have no decision
)";

}  // namespace

const std::vector<Verb>& Verbs() {
  static const auto& verbs = *new std::vector<Verb>(MakeVerbs());
  return verbs;
}

const std::vector<Flag>& GlobalFlags() {
  static const auto& flags = *new std::vector<Flag>{
      {"address", "HOST:PORT",
       "The server. Default: NEEDLEWISE_ADDRESS, else 127.0.0.1:7443."},
      {"deadline", "DURATION",
       "Longest wait for an answer, for instance 500ms or 30s. Default 10s."},
      {"output", "table|json",
       "For people, or one JSON object for machines. Default table."},
      {"color", "auto|always|never",
       "Colour. Default auto: on a terminal, unless NO_COLOR is set."},
      {"view", "basic|full",
       "How much of a decision to ask for. Default full; with --batch what "
       "each line says, else basic."},
      {"help", "", "The help of the verb."},
  };
  return flags;
}

absl::StatusOr<CommandLine> CommandLine::Parse(
    const std::vector<std::string>& words) {
  CommandLine line;
  // The verb is the first word that is no flag, so that global flags may come
  // before it.
  size_t verb_at = 0;
  for (; verb_at < words.size(); ++verb_at) {
    const std::string& word = words[verb_at];
    if (!absl::StartsWith(word, "-") || word == "-") break;
    if (TakesValue(word)) ++verb_at;
  }
  const bool wants_version =
      std::find(words.begin(), words.end(), "--version") != words.end();
  if (verb_at >= words.size()) {
    line.verb_ = FindVerb(wants_version ? "version" : "help");
  } else {
    line.verb_ = FindVerb(words[verb_at]);
    if (line.verb_ == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(
          "`", words[verb_at], "` is not a verb",
          DidYouMean(words[verb_at], VerbNames()), "; see `needlewise help`"));
    }
  }

  bool only_arguments = false;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (i == verb_at) continue;
    if (only_arguments || word == "-" || !absl::StartsWith(word, "-")) {
      line.arguments_.push_back(word);
      continue;
    }
    if (word == "--") {
      only_arguments = true;
      continue;
    }
    if (word == "-h") {
      line.values_["help"].push_back("");
      continue;
    }
    if (word == "--version" && line.verb_->name == "version") continue;
    if (!absl::StartsWith(word, "--")) {
      return absl::InvalidArgumentError(
          absl::StrCat("`", word, "` is not a flag; flags begin with `--`"));
    }
    const size_t equals = word.find('=');
    const std::string name = absl::StrReplaceAll(
        word.substr(2, equals == std::string::npos ? equals : equals - 2),
        {{"_", "-"}});
    const Flag* flag = FindFlag(*line.verb_, name);
    if (flag == nullptr) return UnknownFlag(*line.verb_, name);
    std::string value;
    if (flag->value.empty()) {
      if (equals != std::string::npos) {
        return absl::InvalidArgumentError(
            absl::StrCat("`--", name, "` takes no value"));
      }
    } else if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (i + 1 < words.size() && i + 1 != verb_at &&
               !absl::StartsWith(words[i + 1], "--")) {
      value = words[++i];
    } else {
      return absl::InvalidArgumentError(absl::StrCat(
          "`--", name, "` needs a value: --", name, "=", flag->value));
    }
    line.values_[name].push_back(value);
  }
  if (static_cast<int>(line.arguments_.size()) > line.verb_->most_arguments) {
    return absl::InvalidArgumentError(absl::StrCat(
        "`", line.verb_->name, "` does not take `",
        line.arguments_[line.verb_->most_arguments], "`; usage: needlewise ",
        line.verb_->name, line.verb_->arguments.empty() ? "" : " ",
        line.verb_->arguments));
  }
  return line;
}

bool CommandLine::Has(const std::string& flag) const {
  return values_.find(flag) != values_.end();
}

std::string CommandLine::Get(const std::string& flag,
                             const std::string& otherwise) const {
  const auto found = values_.find(flag);
  return found == values_.end() ? otherwise : found->second.back();
}

std::vector<std::string> CommandLine::List(const std::string& flag) const {
  std::vector<std::string> list;
  const auto found = values_.find(flag);
  if (found == values_.end()) return list;
  for (const std::string& value : found->second) {
    for (const absl::string_view part :
         absl::StrSplit(value, ',', absl::SkipWhitespace())) {
      list.emplace_back(absl::StripAsciiWhitespace(part));
    }
  }
  return list;
}

std::string HelpText() {
  std::string text =
      "needlewise: decision support for microneedling, for clinicians\n\n"
      "Usage: needlewise VERB [ARGUMENTS] [FLAGS]\n\n"
      "Verbs:\n";
  for (const Verb& verb : Verbs()) {
    const std::string usage = absl::StrCat(
        verb.name, verb.arguments.empty() ? "" : " ", verb.arguments);
    absl::StrAppend(&text, "  ", usage,
                    std::string(usage.size() < 22 ? 24 - usage.size() : 2, ' '),
                    verb.summary, "\n");
  }
  absl::StrAppend(&text, "\nFlags of every verb:\n");
  AppendFlags(GlobalFlags(), &text);
  absl::StrAppend(&text, "\n", kExitCodes,
                  "\n`needlewise help VERB` tells more of a verb.\n");
  return text;
}

std::string HelpText(const Verb& verb) {
  std::string text = absl::StrCat(
      "Usage: needlewise ", verb.name, verb.arguments.empty() ? "" : " ",
      verb.arguments, " [FLAGS]\n\n", verb.summary, "\n");
  if (!verb.description.empty()) {
    absl::StrAppend(&text, "\n");
    for (const std::string& line : Wrap(verb.description, kHelpWidth)) {
      absl::StrAppend(&text, line, "\n");
    }
  }
  if (!verb.flags.empty()) {
    absl::StrAppend(&text, "\nFlags:\n");
    AppendFlags(verb.flags, &text);
  }
  absl::StrAppend(&text, "\nFlags of every verb:\n");
  AppendFlags(GlobalFlags(), &text);
  absl::StrAppend(&text, "\n", kExitCodes);
  return text;
}

}  // namespace needlewise
