#include "tests/analysis/mutants.h"

#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/analysis/written.h"

namespace needlewise {
namespace {

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

v1::ConditionList* PartsOf(v1::Condition* list) {
  return list->has_all_of() ? list->mutable_all_of() : list->mutable_any_of();
}

void TurnList(v1::Condition* list) {
  v1::ConditionList parts = *PartsOf(list);
  *(list->has_all_of() ? list->mutable_any_of() : list->mutable_all_of()) =
      std::move(parts);
}

// Each list after the lists in it.
void VisitLists(v1::Condition* condition,
                const std::function<void(v1::Condition*)>& visit) {
  if (condition->has_not_()) VisitLists(condition->mutable_not_(), visit);
  if (!condition->has_all_of() && !condition->has_any_of()) return;
  for (auto& c : *PartsOf(condition)->mutable_conditions()) {
    VisitLists(&c, visit);
  }
  visit(condition);
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
  if (leaf.treatment_area().areas_size() > 1) {
    for (int a = 0; a < leaf.treatment_area().areas_size(); ++a) {
      changes.emplace_back(
          absl::StrCat("without area ", leaf.treatment_area().areas(a)),
          [a](v1::Condition* c) {
            c->mutable_treatment_area()->mutable_areas()->DeleteSubrange(a, 1);
          });
    }
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
  } else {
    changes.emplace_back("asked ever", [](v1::Condition* c) {
      c->mutable_finding()->clear_within();
      c->mutable_finding()->set_time(v1::FINDING_TIME_EVER);
    });
  }
  if (leaf.finding().place() == v1::FINDING_PLACE_ANYWHERE) {
    changes.emplace_back("asked in the area alone", [](v1::Condition* c) {
      c->mutable_finding()->set_place(v1::FINDING_PLACE_TREATMENT_AREA);
    });
  } else if (leaf.finding().place() != v1::FINDING_PLACE_UNSPECIFIED ||
             written.OwnPlace(*written.FindConcept(leaf.finding().concept())) !=
                 analysis::kAnywhere) {
    changes.emplace_back("asked anywhere", [](v1::Condition* c) {
      c->mutable_finding()->set_place(v1::FINDING_PLACE_ANYWHERE);
      c->mutable_finding()->clear_region();
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
    int lists = 0;
    v1::Rule visited = rule;
    VisitLists(visited.mutable_condition(), [&](v1::Condition*) { ++lists; });
    for (int l = 0; l < lists; ++l) {
      // The change that `change` makes to list `l` of a copy.
      const auto with = [&](const std::function<void(v1::Condition*)>& change) {
        v1::Rule changed = rule;
        int at = 0;
        VisitLists(changed.mutable_condition(), [&](v1::Condition* list) {
          if (at++ == l) change(list);
        });
        return changed;
      };
      int parts = 0;
      v1::Rule turned = with([&](v1::Condition* list) {
        parts = PartsOf(list)->conditions_size();
        TurnList(list);
      });
      if (parts < 2) continue;
      add(absl::StrCat("list ", l + 1, ": all for any, any for all"),
          std::move(turned));
      for (int part = 0; part < parts; ++part) {
        add(absl::StrCat("list ", l + 1, ": part ", part + 1, " dropped"),
            with([part](v1::Condition* list) {
              PartsOf(list)->mutable_conditions()->DeleteSubrange(part, 1);
            }));
      }
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

}  // namespace needlewise
