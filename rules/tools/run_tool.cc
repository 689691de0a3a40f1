#include "rules/tools/run_tool.h"

#include <algorithm>

#include "absl/status/statusor.h"
#include "rules/tools/check.h"
#include "rules/tools/command_line.h"
#include "rules/tools/coverage_report.h"
#include "rules/tools/decision_log_verbs.h"
#include "rules/tools/diff.h"
#include "rules/tools/explain.h"
#include "rules/tools/format.h"
#include "rules/tools/lint.h"
#include "rules/tools/prove.h"
#include "rules/tools/render.h"
#include "rules/tools/seal.h"
#include "rules/tools/test_cases.h"
#include "rules/tools/translations.h"

namespace needlewise {
namespace {

int Help(const Console& console, const CommandLine& line) {
  absl::StatusOr<std::string> text =
      HelpText(line.help               ? line.verbs[0]
               : line.operands.empty() ? ""
                                       : line.operands[0]);
  if (!text.ok() || line.operands.size() > 1) {
    *console.err << "needlewise-rules: "
                 << (text.ok() ? "help takes one verb"
                               : text.status().message())
                 << "\n";
    return kExitUsage;
  }
  *console.out << *text;
  return kExitOk;
}

int RunVerb(const Console& console, const std::string& verb,
            const CommandLine& line) {
  if (verb == "check") return Check(console, line);
  if (verb == "format") return Format(console, line);
  if (verb == "test") return TestCases(console, line);
  if (verb == "coverage") return Coverage(console, line);
  if (verb == "explain") return Explain(console, line);
  if (verb == "render") return Render(console, line);
  if (verb == "replay") return Replay(console, line);
  if (verb == "audit") return Audit(console, line);
  if (verb == "retention") return CountOld(console, line);
  if (verb == "seal") return Seal(console, line);
  if (verb == "verify-seal") return VerifySeal(console, line);
  if (verb == "keygen") return GenerateKey(console, line);
  if (verb == "translations") return Translations(console, line);
  if (verb == "prove") return Prove(console, line);
  if (verb == "lint") return LintCatalog(console, line);
  if (verb == "diff") return Diff(console, line);
  return Help(console, line);
}

}  // namespace

int RunTool(const Console& console, const std::vector<std::string>& arguments) {
  const absl::StatusOr<CommandLine> line = ParseCommandLine(arguments);
  if (!line.ok()) {
    *console.err << "needlewise-rules: " << line.status().message() << "\n";
    return kExitUsage;
  }
  if (line->help) return Help(console, *line);
  int exit_code = kExitOk;
  for (const std::string& verb : line->verbs) {
    if (verb != line->verbs[0]) *console.out << "\n";
    exit_code = std::max(exit_code, RunVerb(console, verb, *line));
  }
  return exit_code;
}

}  // namespace needlewise
