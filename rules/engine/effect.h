// The kinds of effect a rule can have, and which is stricter.

#ifndef NEEDLEWISE_RULES_ENGINE_EFFECT_H_
#define NEEDLEWISE_RULES_ENGINE_EFFECT_H_

#include "needlewise/v1/rule.pb.h"

namespace needlewise {

// The effect of a rule; UNSPECIFIED where it has none.
v1::EffectKind EffectOf(const v1::Rule& rule);

// Gives the rule an effect instead of its own.
void SetEffect(v1::EffectKind effect, v1::Rule* rule);

// Whether `a` is stricter than `b`. Neither may be UNSPECIFIED.
bool IsStricter(v1::EffectKind a, v1::EffectKind b);

// One word, for messages: `contraindication`.
const char* EffectWord(v1::EffectKind effect);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_EFFECT_H_
