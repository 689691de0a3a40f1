// Runs the cases beside the rules: patients with what the rules should say.

#ifndef NEEDLEWISE_RULES_ENGINE_RULE_CASES_H_
#define NEEDLEWISE_RULES_ENGINE_RULE_CASES_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "needlewise/testing/v1/rule_case.pb.h"
#include "needlewise/v1/recommendation.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise {

// What a case got wrong.
struct CaseFailure {
  // Index in the suite.
  int index = -1;
  std::string name;
  // One line: what was expected and what came out.
  std::string message;
};

// Which truths the cases have seen of each rule, by rule id: -1, 0, 1.
using RuleCoverage = std::map<std::string, std::set<int>>;

// The request about add-ons that a case stands for, whose `screening` asks
// about at least one treatment.
v1::RecommendAddOnsRequest AddOnRequestOf(
    const CompiledCatalog& catalog, const testing::v1::RuleCase& rule_case,
    const v1::ScreenEligibilityRequest& screening);

class CaseRunner {
 public:
  // `suites` must outlive the runner; their patients are shared.
  CaseRunner(const CompiledCatalog& catalog,
             std::vector<const testing::v1::RuleCaseSuite*> suites);

  // Runs every case of a suite; empty where all are as expected.
  // `*cases_run` and `*coverage`, where not null, are added to.
  std::vector<CaseFailure> Run(const testing::v1::RuleCaseSuite& suite,
                               int* cases_run = nullptr,
                               RuleCoverage* coverage = nullptr) const;

  // The request that a case stands for.
  v1::ScreenEligibilityRequest RequestOf(
      const testing::v1::RuleCaseSuite& suite,
      const testing::v1::RuleCase& rule_case, v1::View view) const;

 private:
  const CompiledCatalog& catalog_;
  std::map<std::string, const v1::Patient*> patients_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_RULE_CASES_H_
