// Kleene's strong three-valued logic. The order False < Unknown < True makes
// conjunction a minimum and disjunction a maximum.

#ifndef NEEDLEWISE_RULES_ENGINE_TRUTH_H_
#define NEEDLEWISE_RULES_ENGINE_TRUTH_H_

#include <algorithm>

namespace needlewise {

enum class Truth : signed char { kFalse = -1, kUnknown = 0, kTrue = 1 };

constexpr Truth Not(Truth a) {
  return Truth{static_cast<signed char>(-static_cast<int>(a))};
}
constexpr Truth And(Truth a, Truth b) { return std::min(a, b); }
constexpr Truth Or(Truth a, Truth b) { return std::max(a, b); }

static_assert(And(Truth::kFalse, Truth::kUnknown) == Truth::kFalse);
static_assert(And(Truth::kTrue, Truth::kUnknown) == Truth::kUnknown);
static_assert(Or(Truth::kTrue, Truth::kUnknown) == Truth::kTrue);
static_assert(Or(Truth::kFalse, Truth::kUnknown) == Truth::kUnknown);
static_assert(Not(Truth::kUnknown) == Truth::kUnknown);
static_assert(Not(Truth::kTrue) == Truth::kFalse);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_TRUTH_H_
