// What is odd about a catalogue and no fault by itself, found by proof and
// shown on a patient where there is one.

#ifndef NEEDLEWISE_RULES_ANALYSIS_LINTS_H_
#define NEEDLEWISE_RULES_ANALYSIS_LINTS_H_

#include <string>
#include <vector>

#include "needlewise/testing/v1/rule_case.pb.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/analysis/prover.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise::analysis {

struct Lint {
  // `never-fires`, `always-fires`, `shadowed`, `nobody-eligible`,
  // `idle-question`, `no-way-out`, `no-rules`, `overlapping-windows`;
  // `not-decided`: time ran out, so there may be more.
  std::string kind;
  // Id of the rule, treatment or concept; of `not-decided`, where it was.
  std::string subject;
  // One line.
  std::string message;
  // One case that shows it: a patient for whom the rules hold. None where it
  // is that nobody is so, or nothing differs.
  testing::v1::RuleCaseSuite witness;
};

// In order of kind, then subject. Of `options`, `only` is not looked at.
std::vector<Lint> FindLints(const CompiledCatalog& catalog,
                            const ProveOptions& options);

}  // namespace needlewise::analysis

#endif  // NEEDLEWISE_RULES_ANALYSIS_LINTS_H_
