#include "tests/property/random.h"

#include <cstdlib>
#include <iostream>
#include <string>

#include "gtest/gtest.h"

namespace needlewise {
namespace {

constexpr uint64_t kUsualSeed = 20261120;
constexpr int kTellEach = 1000;

uint64_t NumberIn(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr || *text == '\0' ? otherwise
                                          : std::strtoull(text, nullptr, 10);
}

std::string HowToRunAgain(uint64_t seed) {
  return "run again with NEEDLEWISE_TEST_SEED=" + std::to_string(seed) +
         " NEEDLEWISE_TEST_ITERATIONS=1";
}

}  // namespace

void ForEachSeed(int usual, const std::function<void(Random*)>& run) {
  const uint64_t first = NumberIn("NEEDLEWISE_TEST_SEED", kUsualSeed);
  const uint64_t count = NumberIn("NEEDLEWISE_TEST_ITERATIONS", usual);
  std::cout << "seeds " << first << " to " << first + count - 1 << std::endl;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE(HowToRunAgain(seed));
    Random random(seed);
    run(&random);
    if (testing::Test::HasFailure()) return;
  }
}

int ForSeedsUntil(int usual, const std::function<int(Random*)>& run) {
  const uint64_t first = NumberIn("NEEDLEWISE_TEST_SEED", kUsualSeed);
  const int wanted =
      static_cast<int>(NumberIn("NEEDLEWISE_TEST_ITERATIONS", usual));
  int done = 0;
  int told = 0;
  uint64_t seed = first;
  for (; done < wanted; ++seed) {
    SCOPED_TRACE(HowToRunAgain(seed));
    Random random(seed);
    done += run(&random);
    if (testing::Test::HasFailure()) break;
    if (done / kTellEach > told) {
      told = done / kTellEach;
      std::cerr << done << " of " << wanted << std::endl;
    }
  }
  std::cout << "seeds " << first << " to " << seed - 1 << std::endl;
  return done;
}

}  // namespace needlewise
