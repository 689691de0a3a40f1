#include "rules/tools/coverage.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/engine/decide.h"
#include "rules/engine/evaluator.h"
#include "rules/engine/partial_date.h"
#include "rules/tools/condition_words.h"
#include "rules/tools/consultation.h"

namespace needlewise {
namespace {

// A rule with the trees of its leaves.
struct Watched {
  CoveredRule covered;
  ConditionTree tree;
  std::vector<const ConditionTree*> leaves;

  void See(const CompiledCatalog& catalog, const CompiledRule& rule,
           const Facts& facts) {
    covered.seen.Add(EvaluateRule(catalog, rule, facts));
    for (size_t i = 0; i < leaves.size(); ++i) {
      covered.leaves[i].seen.Add(TruthOf(catalog, *leaves[i], facts));
    }
  }
};

std::vector<std::unique_ptr<Watched>> WatchRules(const ToolCatalog& catalog) {
  std::map<std::string, std::pair<const ParsedFile*, int>> written;
  for (const auto& file : catalog.files) {
    for (int i = 0; i < file->catalog.rules_size(); ++i) {
      written[file->catalog.rules(i).rule_id()] = {file.get(), i};
    }
  }
  const CompiledCatalog& compiled = *catalog.compiled;
  std::vector<std::unique_ptr<Watched>> rules;
  for (const CompiledRule& rule : compiled.rules) {
    auto watched = std::make_unique<Watched>();
    watched->tree = MakeConditionTree(compiled, rule.rule->condition());
    watched->leaves = LeavesOf(watched->tree);
    CoveredRule& covered = watched->covered;
    covered.rule_id = rule.rule->rule_id();
    covered.effect = rule.effect;
    covered.seen.possible = PossibleTruthsOf(compiled, watched->tree);
    const auto& [file, index] = written.at(covered.rule_id);
    const Place place = RootOf(*file).In("rules", index);
    covered.file = absl::StrCat(catalog.prefix, file->name);
    covered.line = place.Here("").line();
    const std::vector<Place> places = PlacesOfLeaves(
        file->catalog.rules(index).condition(), place.In("condition"));
    for (size_t i = 0; i < watched->leaves.size(); ++i) {
      CoveredLeaf& leaf = covered.leaves.emplace_back();
      leaf.words = InWords(compiled, *watched->leaves[i]->condition);
      leaf.file = covered.file;
      leaf.line = places[i].Here("").line();
      leaf.seen.possible = PossibleTruthsOf(compiled, *watched->leaves[i]);
    }
    rules.push_back(std::move(watched));
  }
  return rules;
}

// The day of the question, where both it and the day of the treatment are
// days.
std::optional<Day> TodayOf(const testing::v1::RuleCaseSuite& suite,
                           const testing::v1::RuleCase& rule_case,
                           const v1::ScreenEligibilityRequest& request) {
  std::string today = rule_case.today();
  if (today.empty()) today = suite.today();
  if (today.empty()) today = request.as_of();
  if (!ParseWholeDate(request.as_of()).has_value()) return {};
  return ParseWholeDate(today);
}

// The add-ons that a case expects something of, as they are screened beside
// the base.
std::vector<SelectedTreatment> AddOnsOf(
    const CompiledCatalog& catalog, const testing::v1::RuleCase& rule_case,
    const v1::ScreenEligibilityRequest& screening) {
  const v1::RecommendAddOnsRequest request =
      AddOnRequestOf(catalog, rule_case, screening);
  Violations violations;
  const int profile = ReadProfile(catalog, request.profile(), &violations);
  const SelectedTreatment base =
      ReadBase(catalog, request.base(), profile, &violations);
  std::vector<SelectedTreatment> add_ons;
  if (!violations.empty()) return add_ons;
  for (const auto& expect : rule_case.expect_add_ons()) {
    const auto treatment = catalog.treatment_index.find(expect.add_on());
    if (treatment != catalog.treatment_index.end()) {
      add_ons.push_back(SelectAddOn(catalog, base, treatment->second,
                                    request.add_on_devices()));
    }
  }
  return add_ons;
}

// Everything that a case looks at. Nothing where it cannot be read.
std::optional<std::vector<Consultation::Visit>> VisitsOf(
    const CompiledCatalog& catalog, const CaseRunner& runner,
    const testing::v1::RuleCaseSuite& suite,
    const testing::v1::RuleCase& rule_case) {
  const v1::ScreenEligibilityRequest request =
      runner.RequestOf(suite, rule_case, v1::VIEW_BASIC);
  const std::optional<Day> today = TodayOf(suite, rule_case, request);
  if (!today.has_value()) return {};
  Violations violations;
  const std::unique_ptr<const Consultation> consultation =
      Consultation::Create(catalog, request, FromDay(*today), &violations);
  if (consultation == nullptr) return {};
  std::vector<Consultation::Visit> visits = consultation->visits();
  if (rule_case.expect_add_ons().empty()) return visits;
  for (const SelectedTreatment& add_on :
       AddOnsOf(catalog, rule_case, request)) {
    for (Consultation::Visit& visit : consultation->VisitsOf(add_on)) {
      visits.push_back(std::move(visit));
    }
  }
  return visits;
}

}  // namespace

void SeenTruths::Add(Truth truth) {
  is_true = is_true || truth == Truth::kTrue;
  is_false = is_false || truth == Truth::kFalse;
  unknown = unknown || truth == Truth::kUnknown;
}

int SeenTruths::SeenCount() const {
  return (possible.is_true && is_true) + (possible.is_false && is_false) +
         (possible.unknown && unknown);
}

int SeenTruths::PossibleCount() const {
  return possible.is_true + possible.is_false + possible.unknown;
}

std::string SeenTruths::Missing() const {
  std::vector<std::string> missing;
  if (possible.is_true && !is_true) missing.push_back("never true");
  if (possible.is_false && !is_false) missing.push_back("never false");
  if (possible.unknown && !unknown) missing.push_back("never unknown");
  return absl::StrJoin(missing, ", ");
}

bool CoveredRule::Complete() const {
  return seen.Missing().empty() &&
         std::all_of(leaves.begin(), leaves.end(), [](const CoveredLeaf& leaf) {
           return leaf.seen.Missing().empty();
         });
}

CoverageReport MeasureCoverage(const ToolCatalog& catalog) {
  const CompiledCatalog& compiled = *catalog.compiled;
  const std::vector<std::unique_ptr<Watched>> rules = WatchRules(catalog);
  const CaseRunner runner(compiled, catalog.Suites());
  CoverageReport report;
  for (const testing::v1::RuleCaseSuite* suite : catalog.Suites()) {
    for (const testing::v1::RuleCase& rule_case : suite->cases()) {
      const std::optional<std::vector<Consultation::Visit>> visits =
          VisitsOf(compiled, runner, *suite, rule_case);
      if (!visits.has_value()) continue;
      ++report.cases;
      for (const Consultation::Visit& visit : *visits) {
        for (const CompiledRule* rule : visit.program->rules) {
          rules[rule - compiled.rules.data()]->See(compiled, *rule,
                                                   visit.facts);
        }
      }
    }
  }
  for (const std::unique_ptr<Watched>& watched : rules) {
    report.rules.push_back(std::move(watched->covered));
  }
  return report;
}

}  // namespace needlewise
