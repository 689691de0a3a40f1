#include "rules/tools/command_line.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "rules/engine/nearest_names.h"
#include "rules/engine/partial_date.h"

namespace needlewise {
namespace {

struct Verb {
  const char* name;
  // Whether it takes operands.
  bool operands;
  // Whether others may follow it on one command line.
  bool chains;
  const char* summary;
  const char* help;
};

constexpr Verb kVerbs[] = {
    {"check", false, true, "every fault of a catalogue, with its place",
     R"(Usage: needlewise-rules check [--catalog DIR] [--overlay FILE] [--strict]
                              [--today DATE] [--require-translations]
                              [--output FORMAT]

Reads, validates and compiles the catalogue and runs its cases; then applies
the overlays. Prints every fault as `file:line:column: error: message` with the
source line and a caret. Warns of what is defined and never used, of device
labels that no rule enforces, of rules that no case expects to fire, of sources
past their review date, of questions that patients find hard to read, of texts
that command the clinician, and of translations that are missing or of an
English text that has changed since.

  --catalog DIR    the catalogue's folder; without it `rules/catalog` under the
                   current folder or, where there is none, the one built in
  --overlay FILE   a clinic's overlay to apply; may be given several times
  --strict         a warning is a fault, too
  --today DATE     the day to judge review dates by, YYYY-MM-DD; without it
                   the computer's
  --require-translations
                   a missing or stale translation is an error
  --output FORMAT  `text` (default), or `json`: a ValidateRuleCatalogResponse

Exit codes: 0 no error, 1 errors (with --strict: or warnings), 2 wrong
arguments or unreadable files.
)"},
    {"format", true, false, "canonical text of catalogue files, in place",
     R"(Usage: needlewise-rules format [--check] [FILE...]

Rewrites protobuf text files in their one canonical form: two spaces a level,
one field a line, long strings in adjacent literals, at most one blank line.
The order of records and fields and every comment stay. A message that was on
one line stays there if it fits 80 columns. A file that does not parse is left
alone, and so is one whose meaning or comments would change.

FILE may be a folder: its `.textproto` files and those of its `cases`. Without
FILE it is `rules/catalog`; `-` formats standard input to standard output. What
a file holds is said by its `# proto-message:` line; without one it is a
RuleCaseSuite in a folder `cases` and a RuleCatalog elsewhere.

  --check  changes nothing; lists the files that are not canonical

Exit codes: 0 formatted (with --check: canonical), 1 a file does not parse
(with --check: or is not canonical), 2 wrong arguments or unreadable files.
)"},
    {"test", false, true, "runs the catalogue's cases",
     R"(Usage: needlewise-rules test [--catalog DIR] [--overlay FILE] [--filter RE]
                             [--junit FILE]

Runs the cases beside the rules. Prints each failure with its place and its
vignette, and a table of the suites. With an overlay, what fails is what it
changes.

  --catalog DIR  as for `check`
  --overlay FILE as for `check`
  --filter RE    only cases whose `suite/name` the regular expression finds
  --junit FILE   writes the results as JUnit XML, too; with `-`, standard
                 output holds only that

Exit codes: 0 every case passed, 1 a case failed, none ran, or the catalogue
does not load, 2 wrong arguments or unreadable files.
)"},
    {"coverage", false, true, "what the cases have seen of each rule",
     R"(Usage: needlewise-rules coverage [--catalog DIR] [--overlay FILE] [--all]
                                 [--minimum PERCENT] [--html FILE]

Says which rules, and which leaves of their conditions, the cases have seen
true, false and unknown, and lists what they have not. What only looks at the
request (area, device, concern, needle depth) is never unknown and need not be
seen so.

  --catalog DIR      as for `check`
  --overlay FILE     as for `check`
  --all              lists every rule and leaf, seen or not
  --minimum PERCENT  how much has to be seen, of rules and of leaves;
                     default 100
  --html FILE        writes the whole as HTML, too; with `-`, standard output
                     holds only that

Exit codes: 0 enough is seen, 1 less, or the catalogue does not load, 2 wrong
arguments or unreadable files.
)"},
    {"explain", false, false, "why each rule holds, or not, for one patient",
     R"(Usage: needlewise-rules explain --patient FILE [flags]
       needlewise-rules explain --case NAME [flags]

Prints, for each treatment and area, the verdict and each rule's condition as a
tree: whether each part is true, false or unknown, and the fact behind it, who
said so and when, or the gate whose answer implied it.

  --patient FILE   a ScreenEligibilityRequest as JSON or protobuf text; `-` is
                   standard input
  --case NAME      a case of the catalogue, as `name` or `suite/name`
  --treatment ID   this treatment instead of those of the request
  --area ID        this area instead; may be given several times
  --device ID      this device instead
  --concern ID     this concern instead; may be given several times
  --rule ID        only this rule, whatever it is; may be given several times
  --all            false rules, too
  --today DATE     the day of the question, YYYY-MM-DD; without it a case's
                   own, or the computer's
  --catalog DIR    as for `check`
  --overlay FILE   as for `check`

Facts about the clinic that a server has in its settings are known here only
where the file states them.

Exit codes: 0 explained, 1 the patient is faulty or the catalogue does not
load, 2 wrong arguments or unreadable files.
)"},
    {"render", false, false, "the catalogue as one readable document",
     R"(Usage: needlewise-rules render [--catalog DIR] [--overlay FILE] [--html FILE]
                               [--markdown FILE]

Writes the whole catalogue as a document to read, print and sign: the rules in
plain words with their sources, concepts and questions, gates, parameters,
devices, add-ons, plans, disagreements between sources, what is deliberately
not adopted, citations, and what overlays change. The same catalogue always
gives the same document.

  --catalog DIR    as for `check`
  --overlay FILE   as for `check`
  --html FILE      as HTML; `-` is standard output
  --markdown FILE  as Markdown; `-` is standard output. Without either flag,
                   Markdown goes to standard output

Exit codes: 0 written, 1 the catalogue does not load, 2 wrong arguments or
files that cannot be read or written.
)"},
    {"seal", false, false, "signs a catalogue that is released",
     R"(Usage: needlewise-rules seal --key FILE --approver TEXT
                             --effective-from DATE [--effective-until DATE]
                             [--catalog DIR] [--today DATE]

Writes `seal.textproto` into the catalogue's folder: its version, who approved
it, for which days, the digest of every file, and an Ed25519 signature of all
that. A server that trusts the key can tell that nothing was changed since.
Refuses a catalogue with an error, and one of whose sources the review date has
passed.

  --key FILE              the private key, in PEM
  --approver TEXT         who approved the release: name and role
  --effective-from DATE   first day on which it may be used, YYYY-MM-DD
  --effective-until DATE  last such day; without it there is no end
  --catalog DIR           as for `check`; the one built in cannot be sealed
  --today DATE            the day of the seal; without it the computer's

Exit codes: 0 sealed, 1 the catalogue cannot be released, 2 wrong arguments or
files that cannot be read or written.
)"},
    {"verify-seal", false, false, "whether a catalogue is as it was sealed",
     R"(Usage: needlewise-rules verify-seal --trusted-key FILE [--catalog DIR]
                                    [--today DATE]

Judges the seal of a catalogue as a server does that requires one: the
signature, that no file was changed, added or removed since, and the days.

  --trusted-key FILE  a public key that is trusted, in PEM; may be given
                      several times
  --catalog DIR       as for `check`
  --today DATE        the day to judge by; without it the computer's

Exit codes: 0 the seal holds, 1 it does not or there is none, 2 wrong arguments
or unreadable files.
)"},
    {"keygen", false, false, "makes a pair of keys to seal with",
     R"(Usage: needlewise-rules keygen --key FILE --public-key FILE

Makes an Ed25519 key. The private half signs seals: keep it from everybody but
who releases catalogues. The public half goes to the servers. Neither file may
exist. `openssl genpkey -algorithm ed25519` makes such a key, too.

  --key FILE         where to write the private key, readable by you alone
  --public-key FILE  where to write the public key

Exit codes: 0 written, 2 wrong arguments or files that exist or cannot be
written.
)"},
    {"replay", false, false, "decides recorded decisions again, and compares",
     R"(Usage: needlewise-rules replay --store STORE [--candidate DIR]

Decides every decision of a log again, from its record and the catalogue it was
made with, which the log has archived, and compares bytes. Prints every
difference, and the rate; progress goes to standard error. A server may go on
writing the log meanwhile.

  --store STORE    the log: an SQLite file, or a connection string or URI of
                   PostgreSQL
  --candidate DIR  decides with this catalogue instead, and counts the verdicts
                   that would change, by what into what and by rule

Exit codes: 0 every decision is the same (with --candidate: counted), 1 one
differs or could not be decided, 2 wrong arguments or an unreadable log.
)"},
    {"audit", false, false, "follows the hash chain of a decision log",
     R"(Usage: needlewise-rules audit --store STORE

Follows the chain from the first entry that is kept to the end, and says which
entry is missing, was changed, or has changed places with another. Prints the
chain's end, to be kept elsewhere: who can write the whole store can also make
a new chain, but not one that ends in what was printed before.

  --store STORE  as for `replay`

Exit codes: 0 the chain holds, 1 it does not, 2 wrong arguments or an
unreadable log.
)"},
    {"retention", false, false, "how many records are older than so many days",
     R"(Usage: needlewise-rules retention --store STORE --older-than DAYS

Says how many entries a server would remove whose setting
`decision_log.retention` is so many days. Removes nothing.

  --store STORE      as for `replay`
  --older-than DAYS  days

Exit codes: 0 counted, 2 wrong arguments or an unreadable log.
)"},
    {"translations", false, false, "what each language has and lacks",
     R"(Usage: needlewise-rules translations [--catalog DIR] [--language TAG]
                                     [--skeleton FILE | --import FILE]

Prints how many texts the catalogue has and, for each language that it
declares, how many of them are translated, missing, and stale: translated from
an English text that has changed since.

  --catalog DIR    as for `check`
  --language TAG   only this language
  --skeleton FILE  writes what is missing or stale as a file of the catalogue
                   to fill in, each text after its English; with `-`, standard
                   output holds only that
  --import FILE    puts what is filled in in such a file where it belongs in
                   the catalogue's files, in place of stale texts; what is
                   still empty is left out. Nothing is written where a text is
                   of an English that has changed, or the result does not load

Exit codes: 0 printed or taken over, 1 the catalogue does not load or the file
does not fit it, 2 wrong arguments or files that cannot be read or written.
)"},
    {"prove", false, false, "that the laws and invariants hold for everybody",
     R"(Usage: needlewise-rules prove [--catalog DIR] [--only ID]... [--limit SECONDS]
                              [--jobs N] [--witnesses FILE] [--html FILE]
                              [--markdown FILE]

Proves the laws of the engine and the catalogue's invariants over every
treatment, profile, area, device, concern and patient, and everything that can
be known of one. What is refuted comes with a patient as a rule case, ready to
be put under `cases/`; the engine decides on that patient, too, and must say
the same. What is not decided in time is a failure, never a proof.

  --catalog DIR     as for `check`
  --only ID         only this law (`compiled`, `table`, `L1`, `L2-erasing`,
                    `L2-adding`, `L3`, `L5`) or invariant; may be given several
                    times
  --limit SECONDS   for each question to the solver; default 20
  --jobs N          how many threads; default 2
  --witnesses FILE  writes the patients who refute something there, as a suite
                    of cases, and not to standard output
  --html FILE       writes the report as HTML, too; `-` is standard output
  --markdown FILE   writes the report as Markdown, too; `-` is standard output

Progress goes to standard error. Exit codes: 0 everything is proved, 1
something is not, or the catalogue does not load, 2 wrong arguments, files that
cannot be read or written, or a build without Z3.
)"},
    {"lint", false, false, "what is odd about the rules, found by proof",
     R"(Usage: needlewise-rules lint [--catalog DIR] [--strict] [--limit SECONDS]

Looks for what is no fault by itself: rules that never or always fire, rules
that are shadowed by a stricter one, treatments without rules or in which nobody
can be eligible, questions to which no answer changes a verdict, deferrals that
nothing ends, and windows of different rules on the same thing that say
different things of the same day; each shown on a patient where there is one.

  --catalog DIR    as for `check`
  --strict         an oddity is a fault, too
  --limit SECONDS  for each question to the solver; default 20

Progress goes to standard error. Exit codes: 0 looked, 1 the catalogue does not
load, or time ran out (with --strict: or it is odd), 2 wrong arguments,
unreadable files, or a build without Z3.
)"},
    {"diff", true, false, "what a change of rules does to patients",
     R"(Usage: needlewise-rules diff OLD NEW [--output FORMAT] [--limit SECONDS]
                             [--jobs N]

Compares the verdicts of two catalogues, each a folder, for every patient: which
classes of patients change, grouped by rule, whether to a stricter or a laxer
verdict, each with a patient and no more facts than matter. That no other
patient changes is proved. The profile is `standard`, and nothing is
acknowledged.

  --output FORMAT  `text` (default), or `json`: a CatalogDiff
  --limit SECONDS  for each question to the solver; default 20
  --jobs N         how many threads; default 2

Progress goes to standard error. Exit codes: 0 no verdict is laxer, 1 some is,
or that is not decided, or a catalogue does not load, 2 wrong arguments,
unreadable files, or a build without Z3.
)"},
    {"help", true, false, "this text, or one verb's",
     R"(Usage: needlewise-rules help [VERB]
)"},
};

const Verb* FindVerb(absl::string_view name) {
  for (const Verb& verb : kVerbs) {
    if (name == verb.name) return &verb;
  }
  return nullptr;
}

absl::Status UnknownVerb(absl::string_view name) {
  std::vector<std::pair<std::string, std::string>> names;
  for (const Verb& verb : kVerbs) names.emplace_back(verb.name, verb.name);
  return absl::InvalidArgumentError(absl::StrCat(
      "`", name, "` is not a verb", DidYouMean(NearestNames(name, names)),
      "; see needlewise-rules help"));
}

struct Flag {
  const char* name;
  // Verbs that take it.
  const char* verbs;
  // Exactly one of these is set.
  bool CommandLine::*on = nullptr;
  std::string CommandLine::*text = nullptr;
  std::vector<std::string> CommandLine::*list = nullptr;
};

constexpr Flag kFlags[] = {
    {"--catalog",
     "check test coverage explain render seal verify-seal translations prove "
     "lint",
     nullptr, &CommandLine::catalog},
    {"--overlay", "check test coverage explain render", nullptr, nullptr,
     &CommandLine::overlays},
    {"--output", "check diff", nullptr, &CommandLine::output},
    {"--strict", "check lint", &CommandLine::strict},
    {"--require-translations", "check", &CommandLine::require_translations},
    {"--language", "translations", nullptr, &CommandLine::language},
    {"--skeleton", "translations", nullptr, &CommandLine::skeleton},
    {"--import", "translations", nullptr, &CommandLine::import_file},
    {"--check", "format", &CommandLine::check},
    {"--junit", "test", nullptr, &CommandLine::junit},
    {"--filter", "test", nullptr, &CommandLine::filter},
    {"--html", "coverage render prove", nullptr, &CommandLine::html},
    {"--minimum", "coverage", nullptr, &CommandLine::minimum},
    {"--markdown", "render prove", nullptr, &CommandLine::markdown},
    {"--only", "prove", nullptr, nullptr, &CommandLine::only},
    {"--limit", "prove diff lint", nullptr, &CommandLine::limit},
    {"--jobs", "prove diff", nullptr, &CommandLine::jobs},
    {"--witnesses", "prove", nullptr, &CommandLine::witnesses},
    {"--patient", "explain", nullptr, &CommandLine::patient},
    {"--case", "explain", nullptr, &CommandLine::case_name},
    {"--treatment", "explain", nullptr, &CommandLine::treatment},
    {"--area", "explain", nullptr, nullptr, &CommandLine::areas},
    {"--device", "explain", nullptr, &CommandLine::device},
    {"--concern", "explain", nullptr, nullptr, &CommandLine::concerns},
    {"--rule", "explain", nullptr, nullptr, &CommandLine::rules},
    {"--today", "check explain seal verify-seal", nullptr, &CommandLine::today},
    {"--key", "seal keygen", nullptr, &CommandLine::key},
    {"--public-key", "keygen", nullptr, &CommandLine::public_key},
    {"--trusted-key", "verify-seal", nullptr, nullptr,
     &CommandLine::trusted_keys},
    {"--approver", "seal", nullptr, &CommandLine::approver},
    {"--effective-from", "seal", nullptr, &CommandLine::effective_from},
    {"--effective-until", "seal", nullptr, &CommandLine::effective_until},
    {"--store", "replay audit retention", nullptr, &CommandLine::store},
    {"--candidate", "replay", nullptr, &CommandLine::candidate},
    {"--older-than", "retention", nullptr, &CommandLine::older_than},
    {"--all", "explain coverage", &CommandLine::all},
};

bool Takes(const Flag& flag, const std::vector<std::string>& verbs) {
  const std::vector<std::string> takers = absl::StrSplit(flag.verbs, ' ');
  return std::any_of(verbs.begin(), verbs.end(), [&](const std::string& verb) {
    return std::find(takers.begin(), takers.end(), verb) != takers.end();
  });
}

const Flag* FindFlag(absl::string_view name,
                     const std::vector<std::string>& verbs) {
  for (const Flag& flag : kFlags) {
    if (name == flag.name && Takes(flag, verbs)) return &flag;
  }
  return nullptr;
}

absl::Status UnknownFlag(absl::string_view name,
                         const std::vector<std::string>& verbs) {
  std::vector<std::pair<std::string, std::string>> names;
  for (const Flag& flag : kFlags) {
    if (Takes(flag, verbs)) names.emplace_back(flag.name, flag.name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("`", name, "` is not a flag of `", verbs[0], "`",
                   DidYouMean(NearestNames(name, names)),
                   "; see needlewise-rules help ", verbs[0]));
}

absl::Status SetFlag(const Flag& flag, const std::string& value,
                     CommandLine* line) {
  if (value.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(flag.name, " is empty"));
  }
  if (flag.list != nullptr) {
    (line->*flag.list).push_back(value);
    return absl::OkStatus();
  }
  if (!(line->*flag.text).empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag.name, " is given twice"));
  }
  line->*flag.text = value;
  return absl::OkStatus();
}

// Reads the verb, and those that follow it.
absl::Status ReadVerbs(const std::vector<std::string>& arguments,
                       CommandLine* line, size_t* next) {
  if (arguments.empty()) {
    return absl::InvalidArgumentError("give a verb; see needlewise-rules help");
  }
  if (arguments[0] == "--help" || arguments[0] == "-h") {
    line->verbs.push_back("help");
    *next = 1;
    return absl::OkStatus();
  }
  for (*next = 0; *next < arguments.size(); ++*next) {
    const std::string& argument = arguments[*next];
    if (*next > 0 && (absl::StartsWith(argument, "-") ||
                      FindVerb(line->verbs[0])->operands)) {
      break;
    }
    const Verb* verb = FindVerb(argument);
    if (verb == nullptr) return UnknownVerb(argument);
    line->verbs.push_back(argument);
    if (line->verbs.size() > 1 &&
        (!verb->chains || !FindVerb(line->verbs[0])->chains)) {
      return absl::InvalidArgumentError(
          absl::StrCat("`", line->verbs[0], "` and `", argument,
                       "` cannot go on one command line; of the verbs only "
                       "check, test and coverage can"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckValues(const CommandLine& line) {
  if (!line.output.empty() && line.output != "text" && line.output != "json") {
    return absl::InvalidArgumentError(
        absl::StrCat("--output is `text` or `json`, not `", line.output, "`"));
  }
  if (line.verbs.size() > 1 &&
      (line.output == "json" || line.junit == "-" || line.html == "-")) {
    return absl::InvalidArgumentError(
        "what fills standard output by itself goes with one verb alone");
  }
  if (line.help) return absl::OkStatus();
  const auto require = [&](const char* verb, const char* flag,
                           bool given) -> absl::Status {
    if (line.verbs[0] != verb || given) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(
        verb, " needs ", flag, "; see needlewise-rules help ", verb));
  };
  for (const absl::Status& status :
       {require("seal", "--key", !line.key.empty()),
        require("seal", "--approver", !line.approver.empty()),
        require("seal", "--effective-from", !line.effective_from.empty()),
        require("verify-seal", "--trusted-key", !line.trusted_keys.empty()),
        require("keygen", "--key", !line.key.empty()),
        require("keygen", "--public-key", !line.public_key.empty())}) {
    if (!status.ok()) return status;
  }
  if (line.verbs[0] == "explain" &&
      line.patient.empty() == line.case_name.empty()) {
    return absl::InvalidArgumentError("give one of --patient and --case");
  }
  const std::string& verb = line.verbs[0];
  if ((verb == "replay" || verb == "audit" || verb == "retention") &&
      !line.help && line.store.empty()) {
    return absl::InvalidArgumentError("give --store, the log to read");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(
    const std::vector<std::string>& arguments) {
  CommandLine line;
  size_t next = 0;
  absl::Status status = ReadVerbs(arguments, &line, &next);
  if (!status.ok()) return status;
  const bool takes_operands = FindVerb(line.verbs[0])->operands;
  bool flags_end = false;
  for (; next < arguments.size(); ++next) {
    const std::string& argument = arguments[next];
    if (flags_end || argument == "-" || !absl::StartsWith(argument, "-")) {
      if (!takes_operands) {
        return absl::InvalidArgumentError(absl::StrCat(
            "`", line.verbs[0], "` takes flags only, not `", argument, "`"));
      }
      line.operands.push_back(argument);
      continue;
    }
    if (argument == "--") {
      flags_end = true;
      continue;
    }
    if (argument == "--help" || argument == "-h") {
      line.help = true;
      continue;
    }
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(argument, absl::MaxSplits('=', 1));
    const bool has_value = absl::StrContains(argument, '=');
    const Flag* flag = FindFlag(parts.first, line.verbs);
    if (flag == nullptr) return UnknownFlag(parts.first, line.verbs);
    if (flag->on != nullptr) {
      if (has_value) {
        return absl::InvalidArgumentError(
            absl::StrCat(flag->name, " takes no value"));
      }
      line.*(flag->on) = true;
      continue;
    }
    if (!has_value && next + 1 == arguments.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat(flag->name, " needs a value"));
    }
    status =
        SetFlag(*flag, has_value ? parts.second : arguments[++next], &line);
    if (!status.ok()) return status;
  }
  status = CheckValues(line);
  if (!status.ok()) return status;
  return line;
}

absl::StatusOr<absl::CivilDay> DayOf(absl::string_view flag,
                                     const std::string& text,
                                     absl::CivilDay otherwise) {
  if (text.empty()) return otherwise;
  const std::optional<Day> day = ParseWholeDate(text);
  if (!day.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, " is a date, YYYY-MM-DD, not `", text, "`"));
  }
  return FromDay(*day);
}

absl::StatusOr<std::string> HelpText(absl::string_view verb) {
  if (!verb.empty()) {
    const Verb* found = FindVerb(verb);
    if (found == nullptr) return UnknownVerb(verb);
    return std::string(found->help);
  }
  std::string text =
      "needlewise-rules: reads, tests and prints the rules of Needlewise.\n\n"
      "Usage: needlewise-rules VERB [flags]\n"
      "       needlewise-rules check test coverage [flags]\n\n";
  for (const Verb& v : kVerbs) {
    const std::string name = v.name;
    absl::StrAppend(&text, "  ", name, std::string(14 - name.size(), ' '),
                    v.summary, "\n");
  }
  absl::StrAppend(
      &text,
      "\n`needlewise-rules help VERB` lists the verb's flags. Verbs that read "
      "a\n"
      "catalogue take `rules/catalog` under the current folder or, where "
      "there\n"
      "is none, the one built in. Colour is for terminals only, and not where\n"
      "NO_COLOR is set.\n\n"
      "Exit codes:\n"
      "  0  nothing is wrong\n"
      "  1  what was looked at has a fault: an error in the catalogue, a file\n"
      "     that is not canonical, a case that failed or none that ran, too\n"
      "     little seen by the cases, a faulty patient, a seal that does not "
      "hold\n"
      "  2  wrong arguments, or a file that cannot be read or written\n");
  return text;
}

}  // namespace needlewise
