// The truths of a program's rules, and how many of each strictness there are.

#ifndef NEEDLEWISE_RULES_ENGINE_EVALUATION_H_
#define NEEDLEWISE_RULES_ENGINE_EVALUATION_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "rules/engine/truth.h"

namespace needlewise {

// How strict the effect of a rule is; also the strictness of the verdict that
// it alone gives.
enum class Strictness : uint8_t {
  kNote = 0,
  kPrecaution = 1,
  kReview = 2,
  kDeferral = 3,
  kContraindication = 4,
};

// How many rules of each strictness are true, and unknown.
struct RuleTally {
  std::array<int, 5> true_rules{};
  std::array<int, 5> unknown_rules{};

  // Counts `by` more rules of one strictness and truth; `by` may be negative.
  void Count(Strictness strictness, Truth truth, int by) {
    if (truth == Truth::kFalse) return;
    (truth == Truth::kTrue ? true_rules
                           : unknown_rules)[static_cast<size_t>(strictness)] +=
        by;
  }
};

struct Evaluation {
  // By position in the program's rules.
  std::vector<Truth> truths;
  RuleTally tally;
};

// Calls `visit(position)` for each rule that is true or unknown, in order. Most
// rules are false for most patients: passes over eight of those at a time.
template <typename Visit>
void ForEachNotFalse(const std::vector<Truth>& truths, Visit visit) {
  static_assert(sizeof(Truth) == 1, "a truth is a byte");
  constexpr uint64_t kAllFalse = ~uint64_t{0};
  static_assert(static_cast<signed char>(Truth::kFalse) == -1,
                "eight times false is `kAllFalse`");
  size_t i = 0;
  while (i < truths.size()) {
    uint64_t eight;
    if (i + sizeof(eight) <= truths.size()) {
      std::memcpy(&eight, &truths[i], sizeof(eight));
      if (eight == kAllFalse) {
        i += sizeof(eight);
        continue;
      }
    }
    for (size_t end = std::min(i + sizeof(eight), truths.size()); i < end;
         ++i) {
      if (truths[i] != Truth::kFalse) visit(static_cast<int>(i));
    }
  }
}

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_EVALUATION_H_
