// Runs needlewise-rules in the test's own process.

#ifndef NEEDLEWISE_TESTS_TOOLS_TOOL_RUN_H_
#define NEEDLEWISE_TESTS_TOOLS_TOOL_RUN_H_

#include <string>
#include <vector>

namespace needlewise {

// The day of every call.
inline constexpr char kToday[] = "2026-11-21";

struct ToolResult {
  int exit_code = 0;
  // Standard output and error, with paths from the repository's root.
  std::string out;
  std::string err;
};

ToolResult RunRules(const std::vector<std::string>& arguments,
                    const std::string& input = "", bool color = false);

// A path in the repository.
std::string InSource(const std::string& path);

// The text of a file; a file that cannot be read fails the test.
std::string TextOf(const std::string& path);

// Writes a file; failing to fails the test.
void WriteText(const std::string& path, const std::string& text);

// A folder that is gone with the object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  // A path in it.
  std::string operator/(const std::string& name) const;
  const std::string& path() const { return path_; }

  // A copy in it of a folder of the repository.
  std::string Copy(const std::string& folder) const;

 private:
  std::string path_;
};

// Expects `text` to be what `tests/tools/golden/<name>` holds. With
// `NEEDLEWISE_UPDATE_GOLDENS=1` in the environment it writes the file instead,
// to be read and committed.
void ExpectGoldenText(const std::string& name, const std::string& text);

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_TOOLS_TOOL_RUN_H_
