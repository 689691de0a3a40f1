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

// For each rule: its effect one step stricter and laxer, dropped, negated. For
// each list of its condition: all for any and any for all, and each part
// dropped. For each leaf: negated, its window a day (or month) longer and
// shorter, its limit a step higher and lower, and crossed; asked now for ever
// and ever for what it is asked; asked in the area for anywhere and anywhere
// for the area; each of several areas left out.
std::vector<Mutant> MakeMutants(const v1::RuleCatalog& catalog);

// What becomes of a mutant.
struct Fate {
  enum class Kind {
    // `check` refuses the catalogue: nobody could run it.
    kRefused,
    kKilledByCase,
    // No case notices, and an invariant is refuted.
    kKilledByProof,
    // No case notices, and, proved, no verdict changes.
    kEqual,
    kSurvived,
  };
  Kind kind = Kind::kSurvived;
  // Whether some patient's verdict changes; true where that is not decided.
  bool changes_verdict = false;
  // The case or invariant that notices.
  std::string by;
  // Where the mutant survives: patients whose verdict changes, as cases that
  // would find it.
  testing::v1::RuleCaseSuite missing;
};

// Judges mutants of one catalogue. Refers to both.
class MutantJudge {
 public:
  MutantJudge(const CompiledCatalog& original,
              std::vector<const testing::v1::RuleCaseSuite*> suites);

  Fate Judge(const Mutant& mutant) const;

 private:
  // Null where `check` refuses it.
  std::shared_ptr<const CompiledCatalog> Apply(const Mutant& mutant) const;
  // The first case that fails, or nothing; and whether one does by a verdict.
  std::string CaseAgainst(const CompiledCatalog& mutated,
                          bool* by_verdict) const;
  bool ChangesAVerdict(const CompiledCatalog& mutated) const;
  testing::v1::RuleCaseSuite PatientsOf(const CompiledCatalog& mutated) const;
  std::string InvariantAgainst(const CompiledCatalog& mutated,
                               const Mutant& mutant) const;

  const CompiledCatalog& original_;
  const std::vector<const testing::v1::RuleCaseSuite*> suites_;
  // Its rules, without what no verdict depends on.
  v1::RuleCatalog plain_;
  // The same, compiled.
  std::shared_ptr<const CompiledCatalog> plain_compiled_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_ANALYSIS_MUTANTS_H_
