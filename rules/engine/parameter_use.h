// What a parameter does to the rules that use it: which way each becomes
// stricter, and which way the parameter as a whole does.

#ifndef NEEDLEWISE_RULES_ENGINE_PARAMETER_USE_H_
#define NEEDLEWISE_RULES_ENGINE_PARAMETER_USE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "needlewise/v1/rule_catalog.pb.h"

namespace needlewise {

// One use of a parameter.
struct ParameterUse {
  // Rule that compares with it, or concept whose freshness it limits.
  std::string subject;
  bool is_freshness = false;
  // The rule's effect. A limit of freshness counts as a contraindication: what
  // is stale is unknown, and blocks where anything would.
  v1::EffectKind effect = v1::EFFECT_KIND_UNSPECIFIED;
  // The change under which the rule holds for more patients, or a statement
  // goes stale sooner. UNSPECIFIED: neither, the rule uses it both ways.
  v1::StricterDirection stricter = v1::STRICTER_DIRECTION_UNSPECIFIED;
  // Quantity concept that is compared with it. Empty: it is a time.
  std::string quantity;
};

// The uses of each parameter, by its id: rules and then concepts, each in order
// of id.
// What only a plan item uses has none: it decides nothing.
std::map<std::string, std::vector<ParameterUse>> ParameterUses(
    absl::Span<const v1::RuleCatalog* const> parts);

// Which way a parameter with these uses is stricter: that of its uses with the
// strictest effect, where they agree. Another use with a lesser effect may go
// the other way, since the stricter rule takes over what it gives up: a higher
// limit of a contraindication leaves less to the review above it.
v1::StricterDirection DirectionOf(const std::vector<ParameterUse>& uses);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_PARAMETER_USE_H_
