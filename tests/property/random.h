// Randomness that can be had again: every run says its seed.

#ifndef NEEDLEWISE_TESTS_PROPERTY_RANDOM_H_
#define NEEDLEWISE_TESTS_PROPERTY_RANDOM_H_

#include <cstdint>
#include <functional>
#include <random>
#include <vector>

namespace needlewise {

// Numbers that depend on the seed alone, on every platform.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  // From 0 to `count` - 1.
  int Below(int count) {
    return static_cast<int>(engine_() % static_cast<uint64_t>(count));
  }
  int Between(int least, int most) { return least + Below(most - least + 1); }
  bool Chance(double probability) {
    return static_cast<double>(engine_() >> 11) * 0x1.0p-53 < probability;
  }
  template <typename Values>
  const auto& Pick(const Values& values) {
    return values[Below(static_cast<int>(values.size()))];
  }
  template <typename Values>
  void Shuffle(Values* values) {
    for (int i = static_cast<int>(values->size()) - 1; i > 0; --i) {
      std::swap((*values)[i], (*values)[Below(i + 1)]);
    }
  }

  std::mt19937_64* engine() { return &engine_; }

 private:
  std::mt19937_64 engine_;
};

// Runs `run` `usual` times, or as often as NEEDLEWISE_TEST_ITERATIONS says,
// each time with a seed of its own, counted from NEEDLEWISE_TEST_SEED where it
// is set. Stops at the first failure and says how to have it again.
void ForEachSeed(int usual, const std::function<void(Random*)>& run);

// The same for what is done in numbers that differ from seed to seed: runs
// `run`, which returns how much it did, until it was `usual`, or as much as
// NEEDLEWISE_TEST_ITERATIONS says. Says on standard error how far it is, each
// thousand. Returns how much was done.
int ForSeedsUntil(int usual, const std::function<int(Random*)>& run);

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_PROPERTY_RANDOM_H_
