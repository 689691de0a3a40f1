#include "rules/engine/implication_compiler.h"

#include <algorithm>
#include <string>
#include <utility>

#include "rules/engine/condition_terms.h"

namespace needlewise {
namespace {

class ImplicationCompiler {
 public:
  ImplicationCompiler(CompiledCatalog* out, CatalogErrors* errors)
      : out_(*out), catalog_(out->catalog), errors_(*errors) {}

  void Run() {
    const size_t count = out_.concepts.size();
    out_.implications_from.resize(count);
    out_.implications_to.resize(count);
    if (!errors_.empty()) return;
    for (const v1::Implication& implication : catalog_.implications()) {
      for (const v1::ConceptState& state : implication.implies()) {
        AddImplication(implication, state);
      }
    }
    for (size_t i = 0; i < out_.implications.size(); ++i) {
      const CompiledImplication& made = out_.implications[i];
      out_.implications_from[made.gate].push_back(static_cast<int>(i));
      out_.implications_to[made.target].push_back(static_cast<int>(i));
    }
    for (size_t round = 0; round <= count; ++round) {
      bool changed = false;
      for (const CompiledImplication& made : out_.implications) {
        const int height = out_.concepts[made.target].gate_height + 1;
        if (out_.concepts[made.gate].gate_height < height) {
          out_.concepts[made.gate].gate_height = height;
          changed = true;
        }
      }
      if (!changed) break;
      if (round == count) {
        Fail("implications", "the implications run in a circle; break it");
        return;
      }
    }
    for (size_t c = 0; c < count; ++c) {
      if (!out_.implications_to[c].empty()) {
        out_.implied_concepts.push_back(static_cast<int>(c));
      }
    }
    std::stable_sort(out_.implied_concepts.begin(), out_.implied_concepts.end(),
                     [&](int a, int b) {
                       return out_.concepts[a].gate_height >
                              out_.concepts[b].gate_height;
                     });
  }

 private:
  void AddImplication(const v1::Implication& implication,
                      const v1::ConceptState& state) {
    const int gate = out_.concept_index.at(implication.given().concept());
    const int target = out_.concept_index.at(state.concept());
    const CompiledConcept& from = out_.concepts[gate];
    const CompiledConcept& to = out_.concepts[target];
    const auto add = [&](int gate_region, WorldSet implied) {
      out_.implications.push_back(CompiledImplication{
          &implication, &state, gate,
          WorldsWith(from, gate_region, implication.given().status()), target,
          implied});
    };
    if (to.is_quantity) {
      // A quantity is of the whole patient: only the widest answer settles it.
      const WorldSet implied =
          state.state_case() == v1::ConceptState::kAtLeast
              ? Compare(to, v1::COMPARISON_GREATER_OR_EQUAL, state.at_least())
              : Compare(to, v1::COMPARISON_LESS_OR_EQUAL, state.at_most());
      add(static_cast<int>(from.regions.size()) - 1, implied);
      return;
    }
    // What is denied of a place is denied of what lies in it; what is present
    // in a place is present in what holds it.
    const bool denied =
        implication.given().status() != v1::FINDING_STATUS_PRESENT;
    const bool denies = state.status() != v1::FINDING_STATUS_PRESENT;
    for (size_t r = 0; r < to.regions.size(); ++r) {
      int gate_region = RegionIndex(from, to.regions[r]);
      if (!denied || !denies) {
        for (size_t g = 0; g < from.regions.size(); ++g) {
          if (static_cast<int>(g) == gate_region ||
              (!denied && !denies &&
               LiesIn(out_, from.regions[g], to.regions[r]))) {
            add(static_cast<int>(g),
                WorldsWith(to, static_cast<int>(r), state.status()));
          }
        }
        continue;
      }
      for (size_t g = 0; gate_region < 0 && g < from.regions.size(); ++g) {
        if (LiesIn(out_, to.regions[r], from.regions[g])) {
          gate_region = static_cast<int>(g);
        }
      }
      if (gate_region < 0) continue;
      add(gate_region, WorldsWith(to, static_cast<int>(r), state.status()));
    }
  }

  void Fail(std::string subject, std::string message) {
    errors_.emplace_back(std::move(subject), std::move(message));
  }

  CompiledCatalog& out_;
  const v1::RuleCatalog& catalog_;
  CatalogErrors& errors_;
};

}  // namespace

void CompileImplications(CompiledCatalog* catalog, CatalogErrors* errors) {
  ImplicationCompiler(catalog, errors).Run();
}

}  // namespace needlewise
