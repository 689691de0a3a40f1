// What is known, as sets of worlds.

#ifndef NEEDLEWISE_RULES_ENGINE_FACTS_H_
#define NEEDLEWISE_RULES_ENGINE_FACTS_H_

#include <cstdint>
#include <vector>

#include "rules/engine/compiled_catalog.h"

namespace needlewise {

// What can be true of each concept, for one treatment area, device and set of
// concerns.
struct Facts {
  // By index of concept; never empty.
  std::vector<WorldSet> possible;
  // Every concept of which something else is known than in the baseline; some
  // more than once, some though they are no different.
  std::vector<int32_t> known;
  // Concepts whose statement breaks an implication: they are unknown, and
  // implications no longer restrict them.
  std::vector<int32_t> broken;
  // Index in `CompiledCatalog::baselines`.
  int baseline = 0;

  bool IsBroken(int concept_index) const {
    for (const int b : broken) {
      if (b == concept_index) return true;
    }
    return false;
  }
};

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_FACTS_H_
