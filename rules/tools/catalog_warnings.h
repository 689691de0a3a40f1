#ifndef NEEDLEWISE_RULES_TOOLS_CATALOG_WARNINGS_H_
#define NEEDLEWISE_RULES_TOOLS_CATALOG_WARNINGS_H_

#include <memory>
#include <vector>

#include "absl/time/civil_time.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/catalog_source.h"

namespace needlewise {

// What is acceptable in a catalogue and still looks like a slip: what is
// defined and never used, a device label that no rule enforces, a plan item
// that nobody is ever shown, a rule that no case expects to fire, a question
// that patients find hard, a text that commands the clinician. In order of
// file, line and column. `files` hold no error.
std::vector<v1::Diagnostic> FindWarnings(
    const std::vector<std::unique_ptr<ParsedFile>>& files);

// Warns of each source whose review date has passed on `today`, naming the
// rules that cite it.
std::vector<v1::Diagnostic> FindOverdue(
    const std::vector<std::unique_ptr<ParsedFile>>& files,
    absl::CivilDay today);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_CATALOG_WARNINGS_H_
