#include "tests/analysis/mutants.h"

#include <functional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/analysis/catalog_diff.h"
#include "rules/analysis/prover.h"
#include "rules/analysis/written.h"
#include "rules/engine/rule_cases.h"

namespace needlewise {
namespace {

constexpr unsigned kQuestionMilliseconds = 10000;

// Effects from the laxest; a rule's is the one that is set.
int EffectOf(const v1::Rule& rule) {
  return rule.has_contraindication() ? 4
         : rule.has_deferral()       ? 3
         : rule.has_review()         ? 2
         : rule.has_precaution()     ? 1
                                     : 0;
}

void SetEffect(int effect, v1::Rule* rule) {
  switch (effect) {
    case 4:
      rule->mutable_contraindication();
      return;
    case 3:
      rule->mutable_deferral();
      return;
    case 2:
      rule->mutable_review();
      return;
    case 1:
      rule->mutable_precaution();
      return;
    default:
      rule->mutable_note();
      return;
  }
}

void Negate(v1::Condition* condition) {
  v1::Condition before = *condition;
  *condition->mutable_not_() = std::move(before);
}

bool IsLeaf(const v1::Condition& condition) {
  return !condition.has_all_of() && !condition.has_any_of() &&
         !condition.has_not_();
}

void VisitLeaves(v1::Condition* condition,
                 const std::function<void(v1::Condition*)>& visit) {
  if (IsLeaf(*condition)) {
    visit(condition);
    return;
  }
  if (condition->has_not_()) VisitLeaves(condition->mutable_not_(), visit);
  if (condition->has_all_of()) {
    for (auto& c : *condition->mutable_all_of()->mutable_conditions()) {
      VisitLeaves(&c, visit);
    }
  }
  if (condition->has_any_of()) {
    for (auto& c : *condition->mutable_any_of()->mutable_conditions()) {
      VisitLeaves(&c, visit);
    }
  }
}

v1::Comparison Crossed(v1::Comparison comparison) {
  switch (comparison) {
    case v1::COMPARISON_LESS:
      return v1::COMPARISON_LESS_OR_EQUAL;
    case v1::COMPARISON_LESS_OR_EQUAL:
      return v1::COMPARISON_LESS;
    case v1::COMPARISON_GREATER:
      return v1::COMPARISON_GREATER_OR_EQUAL;
    default:
      return v1::COMPARISON_GREATER;
  }
}

void SetLength(const analysis::Length& length, int more, v1::Window* window) {
  if (length.months > 0) {
    window->set_months(length.months + more);
  } else {
    window->set_days(length.days + more);
  }
}

// The changes of one leaf, as what to do and what it is called.
using Change = std::pair<std::string, std::function<void(v1::Condition*)>>;

std::vector<Change> ChangesOf(const analysis::Written& written,
                              const v1::Condition& leaf) {
  std::vector<Change> changes = {{"negated", Negate}};
  if (leaf.has_quantity()) {
    const double limit = written.LimitOf(leaf.quantity());
    for (const double step : {-1.0, 1.0}) {
      changes.emplace_back(
          step < 0 ? "limit lower by one" : "limit higher by one",
          [limit, step](v1::Condition* c) {
            c->mutable_quantity()->set_value(limit + step);
          });
    }
    changes.emplace_back("limit itself crossed", [](v1::Condition* c) {
      c->mutable_quantity()->set_comparison(
          Crossed(c->quantity().comparison()));
    });
  }
  if (!leaf.has_finding()) return changes;
  if (leaf.finding().has_within()) {
    const analysis::Length length = written.LengthOf(leaf.finding().within());
    for (const int more : {-1, 1}) {
      if (length.days + length.months + more < 1) continue;
      changes.emplace_back(
          absl::StrCat("window a ", length.months > 0 ? "month" : "day",
                       more < 0 ? " shorter" : " longer"),
          [length, more](v1::Condition* c) {
            SetLength(length, more, c->mutable_finding()->mutable_within());
          });
    }
  }
  if (leaf.finding().time() == v1::FINDING_TIME_EVER) {
    changes.emplace_back("asked now and not ever", [](v1::Condition* c) {
      c->mutable_finding()->set_time(v1::FINDING_TIME_NOW);
    });
  } else if (leaf.finding().time() != v1::FINDING_TIME_PAST) {
    changes.emplace_back("asked ever", [](v1::Condition* c) {
      c->mutable_finding()->clear_within();
      c->mutable_finding()->set_time(v1::FINDING_TIME_EVER);
    });
  }
  if (leaf.finding().place() == v1::FINDING_PLACE_ANYWHERE) {
    changes.emplace_back("asked in the area alone", [](v1::Condition* c) {
      c->mutable_finding()->set_place(v1::FINDING_PLACE_TREATMENT_AREA);
    });
  }
  return changes;
}

}  // namespace

std::vector<Mutant> MakeMutants(const v1::RuleCatalog& catalog) {
  const analysis::Written written(catalog);
  std::vector<Mutant> mutants;
  for (const v1::Rule& rule : catalog.rules()) {
    const auto add = [&](std::string change, v1::Rule changed) {
      mutants.push_back(
          {rule.rule_id(), std::move(change), false, std::move(changed)});
    };
    mutants.push_back({rule.rule_id(), "dropped", true, {}});
    for (const int step : {-1, 1}) {
      const int effect = EffectOf(rule) + step;
      if (effect < 0 || effect > 4) continue;
      v1::Rule changed = rule;
      SetEffect(effect, &changed);
      add(step < 0 ? "effect laxer" : "effect stricter", std::move(changed));
    }
    v1::Rule negated = rule;
    Negate(negated.mutable_condition());
    add("negated", std::move(negated));
    if (IsLeaf(rule.condition()) && !rule.condition().has_quantity() &&
        !rule.condition().has_finding()) {
      continue;
    }
    // What can be done to each leaf, then each on a rule of its own.
    v1::Rule scanned = rule;
    std::vector<std::vector<Change>> changes;
    VisitLeaves(scanned.mutable_condition(), [&](v1::Condition* leaf) {
      changes.push_back(ChangesOf(written, *leaf));
    });
    for (size_t l = 0; l < changes.size(); ++l) {
      for (const Change& change : changes[l]) {
        // The only leaf negated is the rule negated.
        if (changes.size() == 1 && change.first == "negated") continue;
        v1::Rule changed = rule;
        size_t at = 0;
        VisitLeaves(changed.mutable_condition(), [&](v1::Condition* leaf) {
          if (at++ == l) change.second(leaf);
        });
        add(absl::StrCat("leaf ", l + 1, ": ", change.first),
            std::move(changed));
      }
    }
  }
  return mutants;
}

std::shared_ptr<const CompiledCatalog> Apply(const v1::RuleCatalog& catalog,
                                             const Mutant& mutant) {
  v1::RuleCatalog mutated = catalog;
  for (int i = 0; i < mutated.rules_size(); ++i) {
    if (mutated.rules(i).rule_id() != mutant.rule_id) continue;
    if (mutant.dropped) {
      mutated.mutable_rules()->DeleteSubrange(i, 1);
    } else {
      *mutated.mutable_rules(i) = mutant.rule;
    }
    break;
  }
  std::vector<std::pair<std::string, std::string>> errors;
  return CompileCatalog(std::move(mutated), &errors);
}

bool KilledByCase(
    const CompiledCatalog& mutated,
    const std::vector<const testing::v1::RuleCaseSuite*>& suites) {
  const CaseRunner runner(mutated, suites);
  for (const testing::v1::RuleCaseSuite* suite : suites) {
    if (!runner.Run(*suite).empty()) return true;
  }
  return false;
}

bool KilledByProof(const CompiledCatalog& mutated, const Mutant& mutant) {
  std::set<std::string> asked;
  const auto collect = [&asked](const v1::Condition& c) {
    if (c.has_finding()) asked.insert(c.finding().concept());
    if (c.has_quantity()) asked.insert(c.quantity().concept());
    if (c.has_treatment_area()) asked.insert("treatment area");
    if (c.has_label()) asked.insert("label");
    if (c.has_device()) asked.insert("device");
  };
  analysis::VisitConditions(mutant.rule.condition(), collect);
  analysis::ProveOptions options;
  options.milliseconds = kQuestionMilliseconds;
  for (const v1::Invariant& invariant : mutated.catalog.invariants()) {
    std::set<std::string> of_rule;
    of_rule.swap(asked);
    for (const v1::InvariantPremise& p : invariant.premises()) {
      analysis::VisitConditions(p.has_known() ? p.known() : p.possible(),
                                collect);
    }
    of_rule.swap(asked);
    bool concerns = invariant.fired().rule() == mutant.rule_id;
    for (const std::string& id : asked) {
      concerns = concerns || of_rule.count(id) > 0;
    }
    if (concerns) options.only.push_back(invariant.invariant_id());
  }
  if (options.only.empty()) return false;
  return !analysis::ProveCatalog(mutated.catalog, mutated, options).AllProved();
}

bool ChangesAVerdict(const CompiledCatalog& original,
                     const CompiledCatalog& mutated) {
  analysis::DiffOptions options;
  options.milliseconds = kQuestionMilliseconds;
  const testing::v1::CatalogDiff diff =
      analysis::DiffCatalogs(original, mutated, options);
  return diff.changes_size() > 0 || !diff.no_other_change();
}

}  // namespace needlewise
