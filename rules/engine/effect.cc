#include "rules/engine/effect.h"

namespace needlewise {

v1::EffectKind EffectOf(const v1::Rule& rule) {
  switch (rule.effect_case()) {
    case v1::Rule::kContraindication:
      return v1::EFFECT_KIND_CONTRAINDICATION;
    case v1::Rule::kDeferral:
      return v1::EFFECT_KIND_DEFERRAL;
    case v1::Rule::kReview:
      return v1::EFFECT_KIND_REVIEW;
    case v1::Rule::kPrecaution:
      return v1::EFFECT_KIND_PRECAUTION;
    case v1::Rule::kNote:
      return v1::EFFECT_KIND_NOTE;
    case v1::Rule::EFFECT_NOT_SET:
      break;
  }
  return v1::EFFECT_KIND_UNSPECIFIED;
}

void SetEffect(v1::EffectKind effect, v1::Rule* rule) {
  switch (effect) {
    case v1::EFFECT_KIND_CONTRAINDICATION:
      rule->mutable_contraindication();
      return;
    case v1::EFFECT_KIND_DEFERRAL:
      rule->mutable_deferral();
      return;
    case v1::EFFECT_KIND_REVIEW:
      rule->mutable_review();
      return;
    case v1::EFFECT_KIND_PRECAUTION:
      rule->mutable_precaution();
      return;
    case v1::EFFECT_KIND_NOTE:
      rule->mutable_note();
      return;
    default:
      rule->clear_effect();
      return;
  }
}

bool IsStricter(v1::EffectKind a, v1::EffectKind b) {
  // Numbered from the strictest.
  return static_cast<int>(a) < static_cast<int>(b);
}

const char* EffectWord(v1::EffectKind effect) {
  switch (effect) {
    case v1::EFFECT_KIND_CONTRAINDICATION:
      return "contraindication";
    case v1::EFFECT_KIND_DEFERRAL:
      return "deferral";
    case v1::EFFECT_KIND_REVIEW:
      return "review";
    case v1::EFFECT_KIND_PRECAUTION:
      return "precaution";
    case v1::EFFECT_KIND_NOTE:
      return "note";
    default:
      return "nothing";
  }
}

}  // namespace needlewise
