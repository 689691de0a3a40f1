// What the verbs that need Z3 say in a build without it.

#include "rules/tools/diff.h"
#include "rules/tools/lint.h"
#include "rules/tools/prove.h"

namespace needlewise {
namespace {

int Refuse(const Console& console) {
  *console.err << "needlewise-rules: this build has no proofs; configure with "
                  "-DNEEDLEWISE_WITH_ANALYSIS=ON and Z3\n";
  return kExitUsage;
}

}  // namespace

int Prove(const Console& console, const CommandLine&) {
  return Refuse(console);
}

int LintCatalog(const Console& console, const CommandLine&) {
  return Refuse(console);
}

int Diff(const Console& console, const CommandLine&) { return Refuse(console); }

}  // namespace needlewise
