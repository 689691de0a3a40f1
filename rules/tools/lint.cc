#include "rules/tools/lint.h"

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "rules/analysis/lints.h"
#include "rules/analysis/witness.h"
#include "rules/tools/catalog_input.h"
#include "rules/tools/solver_flags.h"
#include "rules/tools/text_layout.h"

namespace needlewise {

int LintCatalog(const Console& console, const CommandLine& line) {
  analysis::ProveOptions options;
  if (!ReadSolverFlags(console, line, &options.milliseconds,
                       &options.threads)) {
    return kExitUsage;
  }
  int exit_code = kExitOk;
  const std::unique_ptr<ToolCatalog> catalog =
      OpenCatalog(console, line.catalog, &exit_code);
  if (catalog == nullptr) return exit_code;
  options.progress = [&](int done, int all, const std::string& slice) {
    *console.err << "lint: " << done << "/" << all << " " << slice << std::endl;
  };
  const std::vector<analysis::Lint> lints =
      analysis::FindLints(*catalog->compiled, options);
  for (const analysis::Lint& lint : lints) {
    *console.out << Paint(console.color, Tone::kDoubt, lint.kind) << ": "
                 << Paint(console.color, Tone::kBold, lint.subject) << ": "
                 << lint.message << "\n";
    if (lint.witness.cases_size() > 0) {
      *console.out << analysis::WriteSuite(lint.witness);
    }
  }
  *console.out << Counted(static_cast<int>(lints.size()), "oddity", "oddities")
               << "\n";
  const bool is_decided =
      std::none_of(lints.begin(), lints.end(),
                   [](const auto& l) { return l.kind == "not-decided"; });
  return !is_decided || (line.strict && !lints.empty()) ? kExitFault : kExitOk;
}

}  // namespace needlewise
