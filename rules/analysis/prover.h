// Proves a catalogue: the laws and its own invariants, over every treatment,
// profile and class of areas.

#ifndef NEEDLEWISE_RULES_ANALYSIS_PROVER_H_
#define NEEDLEWISE_RULES_ANALYSIS_PROVER_H_

#include <functional>
#include <string>
#include <vector>

#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/analysis/bench.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise::analysis {

struct ProveOptions {
  // Of each question to the solver. 0: none.
  unsigned milliseconds = 20000;
  // At least 1.
  int threads = 2;
  // Ids of laws and invariants. Empty: every one.
  std::vector<std::string> only;
  // Told after each slice, from any thread but one at a time: how many are
  // done, of how many, and which was. Null: nobody.
  std::function<void(int done, int all, const std::string& slice)> progress;
};

// A property and what became of it over the whole catalogue.
struct Property {
  // `L1`, or an invariant's id.
  std::string id;
  std::string statement;
  bool is_invariant = false;
  Finding finding;
  // Slices it was looked at in, and questions asked of the solver.
  int slices = 0;
  int questions = 0;
  double seconds = 0;
};

struct ProofReport {
  v1::CatalogVersion version;
  // Laws, then invariants in order of id.
  std::vector<Property> properties;
  double seconds = 0;

  bool AllProved() const;
};

// `written` is what the rules are to mean; `compiled` is what the engine runs,
// usually of the same text.
ProofReport ProveCatalog(const v1::RuleCatalog& written,
                         const CompiledCatalog& compiled,
                         const ProveOptions& options);

// `proved`, `refuted`, …
const char* NameOf(Outcome outcome);

}  // namespace needlewise::analysis

#endif  // NEEDLEWISE_RULES_ANALYSIS_PROVER_H_
