// Small faults that somebody could make in a rule.

#ifndef NEEDLEWISE_TESTS_ANALYSIS_MUTANTS_H_
#define NEEDLEWISE_TESTS_ANALYSIS_MUTANTS_H_

#include <memory>
#include <string>
#include <vector>

#include "needlewise/testing/v1/rule_case.pb.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise {

// One change of one rule.
struct Mutant {
  std::string rule_id;
  // What was done to it, for instance `leaf 2: window a day longer`.
  std::string change;
  // The rule as changed; none: dropped.
  bool dropped = false;
  v1::Rule rule;
};

// For each rule: its effect one step stricter and laxer, dropped, negated; and
// each leaf of its condition negated, its window a day (or month) longer and
// shorter, its limit crossed, and asked one step away.
std::vector<Mutant> MakeMutants(const v1::RuleCatalog& catalog);

// The catalogue with the mutant in it; null where it does not compile.
std::shared_ptr<const CompiledCatalog> Apply(const v1::RuleCatalog& catalog,
                                             const Mutant& mutant);

// Whether a case notices.
bool KilledByCase(const CompiledCatalog& mutated,
                  const std::vector<const testing::v1::RuleCaseSuite*>& suites);

// Whether an invariant that has to do with the rule is refuted.
bool KilledByProof(const CompiledCatalog& mutated, const Mutant& mutant);

// Whether it changes a verdict of any patient; true where that is not decided.
bool ChangesAVerdict(const CompiledCatalog& original,
                     const CompiledCatalog& mutated);

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_ANALYSIS_MUTANTS_H_
