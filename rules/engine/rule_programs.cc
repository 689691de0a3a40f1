#include "rules/engine/rule_programs.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rules/engine/condition_terms.h"

namespace needlewise {
namespace {

// Worlds that fewest rules look for come first.
void OrderBenignWorlds(CompiledCatalog* catalog) {
  // By concept and world: how often the rules that matter look for it.
  std::vector<std::array<int, kMostWorlds>> weights(catalog->concepts.size());
  for (auto& of_concept : weights) of_concept.fill(0);
  for (const CompiledRule& rule : catalog->rules) {
    if (rule.strictness == Strictness::kNote) continue;
    for (const ConditionNode& node : rule.nodes) {
      if (node.kind != ConditionNode::Kind::kLeaf) continue;
      for (int w = 0; w < kMostWorlds; ++w) {
        if ((node.satisfying & Bit(w)) != 0) {
          weights[node.concept_index][w] += 4;
        }
      }
    }
  }
  for (size_t c = 0; c < catalog->concepts.size(); ++c) {
    CompiledConcept& made = catalog->concepts[c];
    WorldSet implying = 0;
    for (const int i : catalog->implications_from[c]) {
      implying |= catalog->implications[i].given;
    }
    std::vector<std::pair<int, uint8_t>> order;
    for (int w = 0; w < kMostWorlds; ++w) {
      if ((made.all & Bit(w)) == 0) continue;
      const int weight = weights[c][w] + ((implying & Bit(w)) != 0 ? 1 : 0);
      order.emplace_back(weight, static_cast<uint8_t>(w));
    }
    std::sort(order.begin(), order.end());
    for (const auto& [weight, world] : order) {
      made.benign_order.push_back(world);
    }
  }
}

// What a closed section denies.
void FindDenials(CompiledCatalog* catalog) {
  catalog->concepts_by_section.resize(catalog->catalog.sections_size());
  for (size_t c = 0; c < catalog->concepts.size(); ++c) {
    CompiledConcept& made = catalog->concepts[c];
    catalog->all_worlds.push_back(made.all);
    if (made.section >= 0 && !made.is_quantity) {
      made.denied = made.definition->tense() == v1::QUESTION_TENSE_EVER
                        ? made.never_everywhere
                        : made.absent_everywhere;
    }
    if (made.denied != 0) {
      catalog->concepts_by_section[made.section].push_back(
          static_cast<int32_t>(c));
    }
  }
}

void MakePrograms(CompiledCatalog* catalog) {
  for (size_t t = 0; t < catalog->treatments.size(); ++t) {
    CompiledTreatment& treatment = catalog->treatments[t];
    std::set<std::string> lineage;
    for (const int l : treatment.lineage) {
      lineage.insert(catalog->catalog.treatments(l).treatment_id());
    }
    for (const std::string& profile : catalog->profiles) {
      Program program;
      program.treatment = static_cast<int>(t);
      program.rules_by_concept.resize(catalog->concepts.size());
      for (const CompiledRule& rule : catalog->rules) {
        const v1::Rule& r = *rule.rule;
        if (std::none_of(
                r.applies_to().begin(), r.applies_to().end(),
                [&](const auto& id) { return lineage.count(id) > 0; })) {
          continue;
        }
        if (profile != "standard" &&
            std::find(r.profiles().begin(), r.profiles().end(), profile) ==
                r.profiles().end()) {
          program.left_out.push_back(
              static_cast<int32_t>(&rule - catalog->rules.data()));
          continue;
        }
        program.rules.push_back(&rule);
      }
      std::stable_sort(program.rules.begin(), program.rules.end(),
                       [](const CompiledRule* a, const CompiledRule* b) {
                         return a->strictness > b->strictness;
                       });
      for (size_t i = 0; i < program.rules.size(); ++i) {
        const CompiledRule& rule = *program.rules[i];
        for (const int c : rule.concepts) {
          program.rules_by_concept[c].push_back(static_cast<int>(i));
        }
        if (rule.entangled) {
          for (const int c : rule.enumerated) {
            auto& list = program.rules_by_concept[c];
            if (list.empty() || list.back() != static_cast<int>(i)) {
              list.push_back(static_cast<int>(i));
            }
          }
        }
      }
      treatment.programs.push_back(std::move(program));
    }
  }
}

}  // namespace

void MakeRulePrograms(CompiledCatalog* catalog) {
  OrderBenignWorlds(catalog);
  FindDenials(catalog);
  MakePrograms(catalog);
}

}  // namespace needlewise
