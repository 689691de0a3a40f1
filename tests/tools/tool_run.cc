#include "tests/tools/tool_run.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "rules/engine/partial_date.h"
#include "rules/tools/run_tool.h"

namespace needlewise {

ToolResult RunRules(const std::vector<std::string>& arguments,
                    const std::string& input, bool color) {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  Console console;
  console.in = &in;
  console.out = &out;
  console.err = &err;
  console.color = color;
  console.today = FromDay(*ParseWholeDate(kToday));
  ToolResult result;
  result.exit_code = RunTool(console, arguments);
  const auto relative = [](const std::string& text) {
    return absl::StrReplaceAll(text, {{InSource(""), ""}});
  };
  result.out = relative(out.str());
  result.err = relative(err.str());
  return result;
}

std::string InSource(const std::string& path) {
  return absl::StrCat(NEEDLEWISE_SOURCE_DIR, "/", path);
}

std::string TextOf(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << "cannot read " << path;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void WriteText(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  ASSERT_TRUE(out.good()) << "cannot write " << path;
}

TempFolder::TempFolder() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "needlewise.XXXXXX").string();
  const char* const made = mkdtemp(pattern.data());
  EXPECT_NE(made, nullptr) << "cannot make a folder like " << pattern;
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;  // What is left over is in the way of nothing.
  std::filesystem::remove_all(path_, ignored);
}

std::string TempFolder::operator/(const std::string& name) const {
  return absl::StrCat(path_, "/", name);
}

std::string TempFolder::Copy(const std::string& folder) const {
  const std::string copy = *this / "copy";
  std::filesystem::copy(InSource(folder), copy,
                        std::filesystem::copy_options::recursive);
  return copy;
}

void ExpectGoldenText(const std::string& name, const std::string& text) {
  const std::string path = InSource(absl::StrCat("tests/tools/golden/", name));
  const char* const update = std::getenv("NEEDLEWISE_UPDATE_GOLDENS");
  if (update != nullptr && absl::string_view(update) == "1") {
    WriteText(path, text);
    return;
  }
  EXPECT_EQ(text, TextOf(path))
      << "if the text is meant to change, run again with "
         "NEEDLEWISE_UPDATE_GOLDENS=1 and read the difference";
}

}  // namespace needlewise
