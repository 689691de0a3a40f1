// What the cases have seen of each rule and of each leaf of its condition.

#ifndef NEEDLEWISE_RULES_TOOLS_COVERAGE_H_
#define NEEDLEWISE_RULES_TOOLS_COVERAGE_H_

#include <string>
#include <vector>

#include "needlewise/v1/rule.pb.h"
#include "rules/engine/truth.h"
#include "rules/tools/catalog_input.h"
#include "rules/tools/condition_tree.h"

namespace needlewise {

// Which truths have been seen, of those that are possible.
struct SeenTruths {
  PossibleTruths possible;
  bool is_true = false;
  bool is_false = false;
  bool unknown = false;

  void Add(Truth truth);
  int SeenCount() const;
  int PossibleCount() const;
  // For instance `never true, never unknown`. Empty where nothing is missing.
  std::string Missing() const;
};

struct CoveredLeaf {
  // In words.
  std::string words;
  // Where it is written; line 0: not known.
  std::string file;
  int line = 0;
  SeenTruths seen;
};

struct CoveredRule {
  std::string rule_id;
  v1::EffectKind effect = v1::EFFECT_KIND_UNSPECIFIED;
  std::string file;
  int line = 0;
  SeenTruths seen;
  std::vector<CoveredLeaf> leaves;

  bool Complete() const;
};

struct CoverageReport {
  // In order of id.
  std::vector<CoveredRule> rules;
  int cases = 0;
};

// Looks at each case's patient in every treatment and area that the case asks
// about, and in the add-ons that it expects something of. Cases that cannot be
// read are left out: `test` reports them.
CoverageReport MeasureCoverage(const ToolCatalog& catalog);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_COVERAGE_H_
