// The catalogue's invariants, on one bench.

#ifndef NEEDLEWISE_RULES_ANALYSIS_INVARIANTS_H_
#define NEEDLEWISE_RULES_ANALYSIS_INVARIANTS_H_

#include <string>

#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/analysis/bench.h"

namespace needlewise::analysis {

// Whether an invariant speaks of a treatment under a profile. Invariants are
// about every rule: of the profile `standard` alone.
bool SpeaksOf(const v1::Invariant& invariant, const std::string& treatment,
              const std::string& profile);

// Whether there is anybody of whom the premises hold.
Answer SpeaksOfSomebody(const v1::Invariant& invariant, Bench* bench);

Finding ProveInvariant(const v1::Invariant& invariant, Bench* bench);

}  // namespace needlewise::analysis

#endif  // NEEDLEWISE_RULES_ANALYSIS_INVARIANTS_H_
