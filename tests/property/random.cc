#include "tests/property/random.h"

#include <cstdlib>
#include <iostream>
#include <string>

#include "gtest/gtest.h"

namespace needlewise {
namespace {

constexpr uint64_t kUsualSeed = 20261120;

uint64_t NumberIn(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr || *text == '\0' ? otherwise
                                          : std::strtoull(text, nullptr, 10);
}

}  // namespace

void ForEachSeed(int usual, const std::function<void(Random*)>& run) {
  const uint64_t first = NumberIn("NEEDLEWISE_TEST_SEED", kUsualSeed);
  const uint64_t count = NumberIn("NEEDLEWISE_TEST_ITERATIONS", usual);
  std::cout << "seeds " << first << " to " << first + count - 1 << std::endl;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE("run again with NEEDLEWISE_TEST_SEED=" + std::to_string(seed) +
                 " NEEDLEWISE_TEST_ITERATIONS=1");
    Random random(seed);
    run(&random);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace needlewise
