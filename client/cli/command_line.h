// The command line: verbs, what flags each takes, and reading one.

#ifndef NEEDLEWISE_CLIENT_CLI_COMMAND_LINE_H_
#define NEEDLEWISE_CLIENT_CLI_COMMAND_LINE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace needlewise {

// A flag.
struct Flag {
  // Without the two dashes, words joined by `-`.
  std::string name;
  // What the value is called in help. Empty: the flag takes no value.
  std::string value;
  // One or two sentences.
  std::string help;
};

// A verb.
struct Verb {
  std::string name;
  // What follows the verb, for instance `FILE`.
  std::string arguments;
  // One line, for the list of verbs.
  std::string summary;
  // What it does, for its own help.
  std::string description;
  std::vector<Flag> flags;
  // How many arguments it takes at most.
  int most_arguments = 0;
};

// Every verb, in the order of the help.
const std::vector<Verb>& Verbs();

// Flags that every verb takes.
const std::vector<Flag>& GlobalFlags();

// A command line as read: known verb, known flags, no more arguments than the
// verb takes.
class CommandLine final {
 public:
  // Reads the words after the program's name. Flags may stand anywhere, as
  // `--name=value` or `--name value`, with `_` for `-`; after `--` every word
  // is an argument. INVALID_ARGUMENT with a message for a person. No words at
  // all, `-h` and `--help` are the verb `help`.
  static absl::StatusOr<CommandLine> Parse(
      const std::vector<std::string>& words);

  const Verb& verb() const { return *verb_; }
  const std::vector<std::string>& arguments() const { return arguments_; }

  // Whether a flag is given.
  bool Has(const std::string& flag) const;

  // A flag's value, the last one given; `otherwise` where it is not given.
  std::string Get(const std::string& flag,
                  const std::string& otherwise = "") const;

  // Every value of a flag that may be given several times, each split at its
  // commas.
  std::vector<std::string> List(const std::string& flag) const;

 private:
  const Verb* verb_ = nullptr;
  std::vector<std::string> arguments_;
  std::map<std::string, std::vector<std::string>> values_;
};

// The help as a whole, or of one verb.
std::string HelpText();
std::string HelpText(const Verb& verb);

}  // namespace needlewise

#endif  // NEEDLEWISE_CLIENT_CLI_COMMAND_LINE_H_
