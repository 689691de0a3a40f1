#include "rules/tools/diff.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/util/json_util.h"
#include "rules/analysis/catalog_diff.h"
#include "rules/analysis/witness.h"
#include "rules/tools/catalog_input.h"
#include "rules/tools/solver_flags.h"
#include "rules/tools/text_layout.h"

namespace needlewise {
namespace {

using testing::v1::CatalogDiff;
using testing::v1::VerdictChange;

int Complain(const Console& console, const std::string& message) {
  *console.err << "needlewise-rules: " << message << "\n";
  return kExitUsage;
}

// `CONTRAINDICATED`.
std::string VerdictName(v1::Verdict verdict) {
  return v1::Verdict_Name(verdict).substr(sizeof("VERDICT_") - 1);
}

void PrintChange(const Console& console, const VerdictChange& change) {
  const bool laxer = change.direction() == testing::v1::CHANGE_DIRECTION_LAXER;
  if (!change.has_witness()) {
    *console.out << Paint(console.color, laxer ? Tone::kBad : Tone::kDoubt,
                          laxer ? "laxer" : "stricter")
                 << "  " << change.treatment() << ": no patient to show\n";
    return;
  }
  *console.out
      << Paint(console.color, laxer ? Tone::kBad : Tone::kDoubt,
               laxer ? "laxer" : "stricter")
      << "  " << change.treatment() << ": " << VerdictName(change.old_verdict())
      << " -> " << VerdictName(change.new_verdict()) << "\n"
      << Wrapped(
             absl::StrCat("known: ", change.facts().empty()
                                         ? std::string("nothing")
                                         : absl::StrJoin(change.facts(), ", ")),
             4)
      << Wrapped(absl::StrCat("areas: ", absl::StrJoin(change.areas(), ", ")),
                 4);
  testing::v1::RuleCaseSuite suite;
  *suite.add_cases() = change.witness();
  *console.out << analysis::WriteSuite(suite);
}

void PrintText(const Console& console, const CatalogDiff& diff) {
  *console.out << diff.old_version().version() << " ("
               << diff.old_version().digest().substr(0, 12) << ") -> "
               << diff.new_version().version() << " ("
               << diff.new_version().digest().substr(0, 12) << ")\n";
  std::string rule;
  for (const VerdictChange& change : diff.changes()) {
    if (change.rule_id() != rule) {
      rule = change.rule_id();
      *console.out << "\n" << Paint(console.color, Tone::kBold, rule) << "\n";
    }
    PrintChange(console, change);
  }
  *console.out << "\n";
  for (const std::string& line : diff.undecided()) {
    *console.out << "not decided: " << line << "\n";
  }
  int laxer = 0;
  for (const VerdictChange& c : diff.changes()) {
    laxer += c.direction() == testing::v1::CHANGE_DIRECTION_LAXER;
  }
  *console.out << Counted(diff.changes_size(), "class", "classes")
               << " of patients change, " << laxer << " to a laxer verdict\n"
               << (diff.no_other_change()
                       ? "no other patient changes: proved\n"
                       : "whether another patient changes is not decided\n");
}

}  // namespace

int Diff(const Console& console, const CommandLine& line) {
  if (line.operands.size() != 2) {
    return Complain(console,
                    "give the folders of two catalogues, the old one first");
  }
  analysis::DiffOptions options;
  if (!ReadSolverFlags(console, line, &options.milliseconds,
                       &options.threads)) {
    return kExitUsage;
  }
  int exit_code = kExitOk;
  const std::unique_ptr<ToolCatalog> before =
      OpenCatalog(console, line.operands[0], &exit_code);
  if (before == nullptr) return exit_code;
  const std::unique_ptr<ToolCatalog> after =
      OpenCatalog(console, line.operands[1], &exit_code);
  if (after == nullptr) return exit_code;
  options.progress = [&](int done, int all, const std::string& slice) {
    *console.err << "diff: " << done << "/" << all << " " << slice << std::endl;
  };
  const CatalogDiff diff =
      analysis::DiffCatalogs(*before->compiled, *after->compiled, options);
  if (line.output == "json") {
    std::string json;
    google::protobuf::util::JsonPrintOptions print;
    print.add_whitespace = true;
    print.preserve_proto_field_names = true;
    if (!google::protobuf::util::MessageToJsonString(diff, &json, print).ok()) {
      return Complain(console, "the difference cannot be written as JSON");
    }
    *console.out << json;
  } else {
    PrintText(console, diff);
  }
  return analysis::MayBeLaxer(diff) ? kExitFault : kExitOk;
}

}  // namespace needlewise
