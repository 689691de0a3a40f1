// That every test which the table of requirements names is there.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace needlewise {
namespace {

// `Suite.Test` of every test of this program; of those with parameters without
// what the parameters add.
std::set<std::string> TestsOfThisProgram() {
  std::set<std::string> tests;
  const auto* unit = ::testing::UnitTest::GetInstance();
  for (int s = 0; s < unit->total_test_suite_count(); ++s) {
    const auto* suite = unit->GetTestSuite(s);
    const std::vector<std::string> suite_name =
        absl::StrSplit(suite->name(), '/');
    for (int t = 0; t < suite->total_test_count(); ++t) {
      const std::vector<std::string> test_name =
          absl::StrSplit(suite->GetTestInfo(t)->name(), '/');
      tests.insert(absl::StrCat(suite_name.back(), ".", test_name[0]));
    }
  }
  return tests;
}

TEST(ConformanceTest, NamesATestThatIsThereForEachRequirement) {
  std::ifstream file(
      absl::StrCat(NEEDLEWISE_SOURCE_DIR, "/server/cds_hooks/conformance.md"));
  ASSERT_TRUE(file.is_open());
  const std::set<std::string> tests = TestsOfThisProgram();
  int requirements = 0;
  std::string line;
  while (std::getline(file, line)) {
    const std::vector<std::string> cells = absl::StrSplit(line, '|');
    if (cells.size() != 5 || !absl::StrContains(line, "`")) continue;
    ++requirements;
    int named = 0;
    for (absl::string_view word :
         absl::StrSplit(cells[3], absl::ByAnyChar(" ,"), absl::SkipEmpty())) {
      if (!absl::ConsumePrefix(&word, "`")) continue;
      ++named;
      const std::string test(absl::StripSuffix(word, "`"));
      EXPECT_TRUE(tests.count(test)) << test << " in: " << line;
    }
    EXPECT_GT(named, 0) << line;
  }
  EXPECT_GT(requirements, 30);
}

}  // namespace
}  // namespace needlewise
