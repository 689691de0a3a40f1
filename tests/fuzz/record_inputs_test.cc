// A slice of the fuzzing that needs no fuzzer: the samples, cut, spliced and
// bent at random.

#include "tests/fuzz/record_inputs.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace needlewise {
namespace {

constexpr int kInputs = 3000;

std::string Sample(const std::string& name) {
  std::ifstream file(
      absl::StrCat(NEEDLEWISE_SOURCE_DIR, "/client/samples/fhir/", name));
  EXPECT_TRUE(file.is_open()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

// Bits of text that readers treat in their own ways.
const char* const kPieces[] = {"null",
                               "[]",
                               "{}",
                               "\"\"",
                               "0",
                               "-1e308",
                               "true",
                               "\"2026-02-30\"",
                               "\"Patient/p1\"",
                               "\"#m\"",
                               "\"urn:uuid:x\"",
                               "\\u0000",
                               "\xC3\x28",
                               "\"resolved\"",
                               "\"entered-in-error\"",
                               ",",
                               ":",
                               "[",
                               "]",
                               "{",
                               "}"};

std::string Bent(std::string text, std::mt19937_64* random) {
  const auto below = [&](size_t limit) {
    return std::uniform_int_distribution<size_t>(0, limit - 1)(*random);
  };
  const size_t changes = 1 + below(3);
  for (size_t i = 0; i < changes && !text.empty(); ++i) {
    const size_t at = below(text.size());
    switch (below(5)) {
      case 0:
        text[at] = static_cast<char>(below(256));
        break;
      case 1:
        text.erase(at, 1 + below(20));
        break;
      case 2:
        text.insert(at, kPieces[below(std::size(kPieces))]);
        break;
      case 3: {
        // One value in the place of another.
        const size_t colon = text.find(": ", at);
        if (colon == std::string::npos) break;
        const size_t end = text.find_first_of(",\n", colon);
        if (end == std::string::npos) break;
        text.replace(colon + 2, end - colon - 2,
                     kPieces[below(std::size(kPieces))]);
        break;
      }
      default:
        text.resize(at);
        break;
    }
  }
  return text;
}

TEST(RecordInputsTest, AreAnsweredWhateverTheyAre) {
  uint64_t seed = 20261120;
  if (const char* text = std::getenv("NEEDLEWISE_TEST_SEED")) {
    ASSERT_TRUE(absl::SimpleAtoi(text, &seed));
  }
  // Written before anything can abort.
  std::cout << "NEEDLEWISE_TEST_SEED=" << seed << std::endl;
  std::mt19937_64 random(seed);
  const std::string record = Sample("record.json");
  const std::string hook = Sample("patient-view.json");
  TryRecord(record);
  TryHook(hook);
  for (int i = 0; i < kInputs; ++i) {
    TryRecord(Bent(record, &random));
    TryHook(Bent(hook, &random));
    TryFeedback(Bent(R"({"feedback": [{"card": "c", "outcome": "accepted",
                        "outcomeTimestamp": "2026-06-15T10:00:00Z"}]})",
                     &random));
  }
}

}  // namespace
}  // namespace needlewise
