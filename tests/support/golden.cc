#include "tests/support/golden.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace needlewise {

void ExpectGolden(const std::string& name, const std::string& text) {
  const std::string path = absl::StrCat(NEEDLEWISE_SOURCE_DIR,
                                        "/tests/unit/golden/", name, ".golden");
  const char* const update = std::getenv("NEEDLEWISE_UPDATE_GOLDENS");
  if (update != nullptr && absl::string_view(update) == "1") {
    std::ofstream out(path, std::ios::binary);
    out << text;
    ASSERT_TRUE(out.good()) << "cannot write " << path;
    return;
  }
  std::ifstream in(path, std::ios::binary);
  ASSERT_TRUE(in.good()) << "cannot read " << path
                         << "; write it with NEEDLEWISE_UPDATE_GOLDENS=1";
  std::ostringstream golden;
  golden << in.rdbuf();
  EXPECT_EQ(text, golden.str())
      << "if the text is meant to change, run again with "
         "NEEDLEWISE_UPDATE_GOLDENS=1 and read the difference";
}

}  // namespace needlewise
