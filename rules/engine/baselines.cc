#include "rules/engine/baselines.h"

#include <utility>
#include <vector>

#include "rules/engine/evaluator.h"
#include "rules/engine/facts.h"
#include "rules/engine/implications.h"

namespace needlewise {
namespace {

// Finds the concepts that implications link, directly or through others.
void GroupImplications(CompiledCatalog* catalog) {
  const size_t count = catalog->concepts.size();
  std::vector<int32_t>& group_of = catalog->implication_group_of;
  group_of.assign(count, -1);
  for (size_t first = 0; first < count; ++first) {
    const bool linked = !catalog->implications_from[first].empty() ||
                        !catalog->implications_to[first].empty();
    if (!linked || group_of[first] >= 0) continue;
    const int number = static_cast<int>(catalog->implication_groups.size());
    ImplicationGroup& group = catalog->implication_groups.emplace_back();
    const auto add = [&](int c) {
      if (group_of[c] >= 0) return;
      group_of[c] = number;
      group.concepts.push_back(c);
    };
    add(static_cast<int>(first));
    for (size_t i = 0; i < group.concepts.size(); ++i) {
      const int c = group.concepts[i];
      for (const int arc : catalog->implications_from[c]) {
        add(catalog->implications[arc].target);
      }
      for (const int arc : catalog->implications_to[c]) {
        add(catalog->implications[arc].gate);
      }
    }
  }
  for (const int target : catalog->implied_concepts) {
    catalog->implication_groups[group_of[target]].implied.push_back(target);
  }
}

// What is stated where nothing is but the area, and where all else is denied.
std::vector<WorldSet> StatedIn(const CompiledCatalog& catalog, int area,
                               bool denied) {
  std::vector<WorldSet> stated = catalog.all_worlds;
  for (const auto& [c, worlds] : catalog.areas[area].narrowed) {
    stated[c] = worlds;
  }
  for (size_t c = 0; denied && c < stated.size(); ++c) {
    const WorldSet left = catalog.concepts[c].denied;
    if (left == 0) continue;
    stated[c] = (stated[c] & left) != 0 ? stated[c] & left : left;
  }
  stated[catalog.area_concept] = WorldSet{1} << area;
  stated[catalog.device_concept] = WorldSet{1} << CompiledCatalog::kNoDevice;
  stated[catalog.depth_concept] = catalog.NoDepthWorld();
  for (int i = 0; i < catalog.catalog.concerns_size(); ++i) {
    stated[catalog.first_concern_concept + i] = CompiledCatalog::kNotAConcern;
  }
  return stated;
}

Baseline MakeBaseline(const CompiledCatalog& catalog, int area, bool denied) {
  Facts facts;
  facts.possible = StatedIn(catalog, area, denied);
  Baseline baseline;
  baseline.stated = facts.possible;
  const std::vector<WorldSet> unstated =
      denied ? StatedIn(catalog, area, false) : facts.possible;
  for (const ImplicationGroup& group : catalog.implication_groups) {
    Imply(
        catalog, group, [&](int c) { return unstated[c]; }, &facts);
  }
  baseline.possible = std::move(facts.possible);
  baseline.broken = std::move(facts.broken);
  for (size_t c = 0; c < catalog.concepts.size(); ++c) {
    const CompiledConcept& about = catalog.concepts[c];
    if (about.HasWindows() &&
        (baseline.stated[c] & ~about.never_everywhere) != 0) {
      baseline.dated.push_back(static_cast<int32_t>(c));
    }
  }
  return baseline;
}

// Whether all that a rule's truth depends on is the same in two baselines.
bool LooksTheSame(const CompiledCatalog& catalog, const CompiledRule& rule,
                  const Baseline& a, const Baseline& b) {
  const auto same = [&](int c) { return a.possible[c] == b.possible[c]; };
  for (const int c : rule.concepts) {
    if (!same(c)) return false;
    // Completions of an entangled rule keep to implications with others, too.
    const int group = catalog.implication_group_of[c];
    if (!rule.entangled || group < 0) continue;
    for (const int linked : catalog.implication_groups[group].concepts) {
      if (!same(linked)) return false;
    }
  }
  return !rule.entangled || a.broken == b.broken;
}

// The truth of every rule in every baseline.
std::vector<std::vector<Truth>> EvaluateAll(const CompiledCatalog& catalog) {
  std::vector<std::vector<Truth>> truths(catalog.baselines.size());
  for (size_t b = 0; b < truths.size(); ++b) {
    const Baseline& baseline = catalog.baselines[b];
    Facts facts;
    facts.possible = baseline.possible;
    facts.broken = baseline.broken;
    for (size_t r = 0; r < catalog.rules.size(); ++r) {
      // Two before is the same baseline of the area before.
      const bool repeated =
          b >= 3 && LooksTheSame(catalog, catalog.rules[r], baseline,
                                 catalog.baselines[b - 2]);
      truths[b].push_back(repeated
                              ? truths[b - 2][r]
                              : EvaluateRule(catalog, catalog.rules[r], facts));
    }
  }
  return truths;
}

}  // namespace

void MakeBaselines(CompiledCatalog* catalog) {
  GroupImplications(catalog);
  Baseline nothing;
  nothing.stated = catalog->all_worlds;
  nothing.possible = catalog->all_worlds;
  catalog->baselines.push_back(std::move(nothing));
  for (size_t area = 0; area < catalog->areas.size(); ++area) {
    for (const bool denied : {false, true}) {
      catalog->baselines.push_back(
          MakeBaseline(*catalog, static_cast<int>(area), denied));
    }
  }
  const std::vector<std::vector<Truth>> truths = EvaluateAll(*catalog);
  for (CompiledTreatment& treatment : catalog->treatments) {
    for (Program& program : treatment.programs) {
      for (const std::vector<Truth>& in_baseline : truths) {
        Evaluation& made = program.in_baseline.emplace_back();
        for (const CompiledRule* rule : program.rules) {
          const Truth truth = in_baseline[rule - catalog->rules.data()];
          made.truths.push_back(truth);
          made.tally.Count(rule->strictness, truth, 1);
        }
      }
    }
  }
}

}  // namespace needlewise
