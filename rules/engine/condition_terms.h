// What the words of a condition mean in the catalogue that is being compiled:
// parameters, windows, places and limits, and the worlds in which they hold.

#ifndef NEEDLEWISE_RULES_ENGINE_CONDITION_TERMS_H_
#define NEEDLEWISE_RULES_ENGINE_CONDITION_TERMS_H_

#include <string>

#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise {

// A concept is in one of at most so many worlds, the bits of a WorldSet.
constexpr int kMostWorlds = 64;

// The concept that the skin types of a device's cleared uses limit.
constexpr char kSkinTypeConcept[] = "fitzpatrick_skin_type";

// The set of the first `count` worlds.
WorldSet FirstWorlds(int count);

// 0 where the catalogue has no such parameter.
double ParameterValue(const CompiledCatalog& catalog, const std::string& id);

// Empty where no length is set. A parameter counts in its own unit, rounded up.
TimeSpan SpanOf(const CompiledCatalog& catalog, const v1::Window& window);

// Where a finding is looked for.
Region RegionOf(const CompiledCatalog& catalog,
                const v1::FindingCondition& finding);

// Where a condition looks that names no place.
v1::FindingPlace DefaultPlace(const CompiledCatalog& catalog,
                              int concept_index);

// Orders the kinds of places, narrower ones first.
int RegionOrder(const Region& region);

// The position of `region` among those that a concept is asked in; -1 where it
// is none of them.
int RegionIndex(const CompiledConcept& concept_, const Region& region);

// Whether what is in `inner` is in `outer`, whatever area is treated.
bool LiesIn(const CompiledCatalog& catalog, const Region& inner,
            const Region& outer);

// The worlds of a condition in which region `r` has `status`.
WorldSet WorldsWith(const CompiledConcept& made, int r,
                    v1::FindingStatus status);

double LimitOf(const CompiledCatalog& catalog,
               const v1::QuantityCondition& quantity);

// The worlds of a quantity in which it compares so with `limit`, which is one
// of its limits.
WorldSet Compare(const CompiledConcept& made, v1::Comparison comparison,
                 double limit);

// The darkest skin type of a cleared use.
int MaximumSkinType(const v1::ClearedUse& use);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_CONDITION_TERMS_H_
