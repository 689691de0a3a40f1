#ifndef NEEDLEWISE_RULES_TOOLS_COMMAND_LINE_H_
#define NEEDLEWISE_RULES_TOOLS_COMMAND_LINE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace needlewise {

// The arguments after the program's name.
struct CommandLine {
  // One verb, or several of those that can follow each other. Never empty.
  std::vector<std::string> verbs;
  // What follows the verb and is no flag: files, or the verb to explain.
  std::vector<std::string> operands;

  // Folder of the catalogue. Empty: the default.
  std::string catalog;
  // `text` or `json`. Empty: `text`.
  std::string output;
  // BCP 47. Empty: every language.
  std::string language;
  // Where to write what a translator is to fill in. Empty: nowhere.
  std::string skeleton;
  // A skeleton that was filled in, to take over. Empty: none.
  std::string import_file;
  std::string junit;
  std::string filter;
  std::string html;
  std::string markdown;
  // A percentage. Empty: 100.
  std::string minimum;
  std::string patient;
  std::string case_name;
  std::string treatment;
  std::vector<std::string> areas;
  std::string device;
  std::vector<std::string> concerns;
  std::vector<std::string> rules;
  // Files of overlays to apply.
  std::vector<std::string> overlays;
  // Files of public keys.
  std::vector<std::string> trusted_keys;
  // File of the private key, and of the public one.
  std::string key;
  std::string public_key;
  std::string approver;
  // ISO 8601.
  std::string effective_from;
  std::string effective_until;
  // Ids of laws and invariants to prove. Empty: every one.
  std::vector<std::string> only;
  // Seconds for each question to the solver. Empty: 20.
  std::string limit;
  // How many threads prove. Empty: 2.
  std::string jobs;
  // Where to write witnesses. Empty: to standard output.
  std::string witnesses;
  // ISO 8601. Empty: the day of the call.
  std::string today;
  // Where a decision log is: a file, or a connection to PostgreSQL.
  std::string store;
  // Folder of a candidate catalogue.
  std::string candidate;
  // A number of days.
  std::string older_than;
  bool check = false;
  bool strict = false;
  bool require_translations = false;
  bool all = false;
  bool help = false;
};

// Reads the arguments. INVALID_ARGUMENT for what is not known, for a flag of
// another verb, and for verbs that cannot follow each other.
absl::StatusOr<CommandLine> ParseCommandLine(
    const std::vector<std::string>& arguments);

// The day that a flag gives, or `otherwise` where it is not given.
// INVALID_ARGUMENT where it is no date.
absl::StatusOr<absl::CivilDay> DayOf(absl::string_view flag,
                                     const std::string& text,
                                     absl::CivilDay otherwise);

// What the program does, its verbs and its exit codes; or, of one verb, its
// flags. INVALID_ARGUMENT for an unknown verb.
absl::StatusOr<std::string> HelpText(absl::string_view verb);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_COMMAND_LINE_H_
