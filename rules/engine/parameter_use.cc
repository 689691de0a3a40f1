#include "rules/engine/parameter_use.h"

#include <algorithm>
#include <tuple>

#include "rules/engine/effect.h"

namespace needlewise {
namespace {

using Uses = std::map<std::string, std::vector<ParameterUse>>;

v1::StricterDirection Reversed(v1::StricterDirection direction) {
  switch (direction) {
    case v1::STRICTER_DIRECTION_GREATER:
      return v1::STRICTER_DIRECTION_LESS;
    case v1::STRICTER_DIRECTION_LESS:
      return v1::STRICTER_DIRECTION_GREATER;
    default:
      return direction;
  }
}

// Collects what one rule's condition uses.
class Collector {
 public:
  Collector(const v1::Rule& rule, Uses* uses) : rule_(rule), uses_(*uses) {}

  // `negated`: the condition stands under an odd number of `not`.
  void Visit(const v1::Condition& condition, bool negated) {
    for (const v1::Condition& c : condition.all_of().conditions()) {
      Visit(c, negated);
    }
    for (const v1::Condition& c : condition.any_of().conditions()) {
      Visit(c, negated);
    }
    if (condition.has_not_()) Visit(condition.not_(), !negated);
    const v1::FindingCondition& finding = condition.finding();
    if (!finding.within().parameter().empty()) {
      // A longer window holds longer.
      Add(finding.within().parameter(), v1::STRICTER_DIRECTION_GREATER, negated,
          "");
    }
    const v1::QuantityCondition& quantity = condition.quantity();
    if (!quantity.parameter().empty()) {
      const bool below = quantity.comparison() == v1::COMPARISON_LESS ||
                         quantity.comparison() == v1::COMPARISON_LESS_OR_EQUAL;
      Add(quantity.parameter(),
          below ? v1::STRICTER_DIRECTION_GREATER : v1::STRICTER_DIRECTION_LESS,
          negated, quantity.concept());
    }
  }

 private:
  void Add(const std::string& parameter, v1::StricterDirection direction,
           bool negated, const std::string& quantity) {
    if (negated) direction = Reversed(direction);
    std::vector<ParameterUse>& uses = uses_[parameter];
    for (ParameterUse& use : uses) {
      if (use.is_freshness || use.subject != rule_.rule_id()) continue;
      if (use.stricter != direction) {
        use.stricter = v1::STRICTER_DIRECTION_UNSPECIFIED;
      }
      return;
    }
    uses.push_back(
        {rule_.rule_id(), false, EffectOf(rule_), direction, quantity});
  }

  const v1::Rule& rule_;
  Uses& uses_;
};

}  // namespace

std::map<std::string, std::vector<ParameterUse>> ParameterUses(
    absl::Span<const v1::RuleCatalog* const> parts) {
  Uses uses;
  for (const v1::RuleCatalog* part : parts) {
    for (const v1::Rule& rule : part->rules()) {
      Collector(rule, &uses).Visit(rule.condition(), false);
    }
  }
  for (const v1::RuleCatalog* part : parts) {
    for (const v1::Concept& asked : part->concepts()) {
      const std::string& parameter = asked.freshness().parameter();
      if (parameter.empty()) continue;
      uses[parameter].push_back({asked.concept_id(), true,
                                 v1::EFFECT_KIND_CONTRAINDICATION,
                                 v1::STRICTER_DIRECTION_LESS, ""});
    }
  }
  for (auto& [parameter, list] : uses) {
    std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
      return std::tie(a.is_freshness, a.subject) <
             std::tie(b.is_freshness, b.subject);
    });
  }
  return uses;
}

v1::StricterDirection DirectionOf(const std::vector<ParameterUse>& uses) {
  if (uses.empty()) return v1::STRICTER_DIRECTION_UNSPECIFIED;
  const auto strictest = std::min_element(
      uses.begin(), uses.end(), [](const auto& a, const auto& b) {
        return IsStricter(a.effect, b.effect);
      });
  const bool agree =
      std::all_of(uses.begin(), uses.end(), [&](const ParameterUse& use) {
        return use.effect != strictest->effect ||
               use.stricter == strictest->stricter;
      });
  return agree ? strictest->stricter : v1::STRICTER_DIRECTION_UNSPECIFIED;
}

}  // namespace needlewise
