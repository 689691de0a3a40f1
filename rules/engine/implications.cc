#include "rules/engine/implications.h"

#include <vector>

namespace needlewise {
namespace {

// From gates to targets.
void ImplyForward(const CompiledCatalog& catalog, const ImplicationGroup& group,
                  absl::FunctionRef<WorldSet(int)> unstated, Facts* facts) {
  std::vector<WorldSet>& possible = facts->possible;
  for (const int target : group.implied) {
    if (facts->IsBroken(target)) continue;
    WorldSet implied = possible[target];
    for (const int i : catalog.implications_to[target]) {
      const CompiledImplication& arc = catalog.implications[i];
      if (TruthIn(possible[arc.gate], arc.given) == Truth::kTrue) {
        implied &= arc.implied;
      }
    }
    if (implied == 0) {
      facts->broken.push_back(target);
      implied = unstated(target);
    }
    possible[target] = implied;
  }
}

// From targets to gates. Returns whether anything changed, which can be ground
// for more.
bool ImplyBackward(const CompiledCatalog& catalog,
                   const ImplicationGroup& group, Facts* facts) {
  std::vector<WorldSet>& possible = facts->possible;
  bool changed = false;
  for (auto t = group.implied.rbegin(); t != group.implied.rend(); ++t) {
    if (facts->IsBroken(*t)) continue;
    for (const int i : catalog.implications_to[*t]) {
      const CompiledImplication& arc = catalog.implications[i];
      if ((possible[*t] & arc.implied) != 0) continue;
      const WorldSet left = possible[arc.gate] & ~arc.given;
      if (left == 0 || left == possible[arc.gate]) continue;
      possible[arc.gate] = left;
      changed = true;
    }
  }
  return changed;
}

}  // namespace

void Imply(const CompiledCatalog& catalog, const ImplicationGroup& group,
           absl::FunctionRef<WorldSet(int)> unstated, Facts* facts) {
  do {
    ImplyForward(catalog, group, unstated, facts);
  } while (ImplyBackward(catalog, group, facts));
}

}  // namespace needlewise
