#include "rules/tools/catalog_input.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "rules/tools/file_io.h"
#include "rules/tools/text_layout.h"

namespace needlewise {
namespace {

constexpr char kOverlayPrefix[] = "overlays/";

bool IsFolder(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

}  // namespace

absl::StatusOr<CatalogInput> ReadCatalog(
    const std::string& folder, absl::Span<const std::string> overlays) {
  CatalogInput input;
  if (folder.empty() && !IsFolder(kDefaultCatalogFolder)) {
    input.files = BuiltInCatalog();
    input.prefix = kBuiltInPrefix;
  } else {
    const std::string path = folder.empty() ? kDefaultCatalogFolder : folder;
    absl::StatusOr<std::vector<CatalogFileText>> files =
        ReadCatalogFolder(path);
    if (!files.ok()) return files.status();
    input.files = *std::move(files);
    input.prefix = absl::EndsWith(path, "/") ? path : absl::StrCat(path, "/");
  }
  for (const std::string& overlay : overlays) {
    if (overlay == "-") {
      return absl::NotFoundError("an overlay is a file, not standard input");
    }
    absl::StatusOr<std::string> content = ReadFile({}, overlay);
    if (!content.ok()) return content.status();
    input.files.push_back(
        {absl::StrCat(kOverlayPrefix, overlay), *std::move(content)});
  }
  return input;
}

std::vector<const testing::v1::RuleCaseSuite*> ToolCatalog::Suites() const {
  std::vector<const testing::v1::RuleCaseSuite*> suites;
  for (const auto& file : files) {
    if (file->is_suite) suites.push_back(&file->suite);
  }
  return suites;
}

std::vector<std::unique_ptr<ParsedFile>> ParseFiles(const CatalogInput& input) {
  std::vector<std::unique_ptr<ParsedFile>> files;
  std::vector<v1::Diagnostic> diagnostics;
  for (const CatalogFileText& text : input.files) {
    files.push_back(ParseCatalogFile(text, &diagnostics));
  }
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a->name < b->name; });
  return files;
}

std::unique_ptr<ToolCatalog> OpenCatalog(
    const Console& console, const std::string& folder, int* exit_code,
    absl::Span<const std::string> overlays) {
  const absl::StatusOr<CatalogInput> input = ReadCatalog(folder, overlays);
  if (!input.ok()) {
    *console.err << "needlewise-rules: " << input.status().message() << "\n";
    *exit_code = kExitUsage;
    return nullptr;
  }
  LoadOptions options;
  options.run_cases = false;
  options.today = console.today;
  LoadResult loaded = LoadCatalog(input->files, options);
  if (loaded.catalog == nullptr) {
    PrefixFiles(input->prefix, &loaded.diagnostics);
    PrintDiagnostics(console, *console.err, loaded.diagnostics);
    *console.err << "needlewise-rules: the catalogue does not load; correct "
                    "the errors above\n";
    *exit_code = kExitFault;
    return nullptr;
  }
  auto catalog = std::make_unique<ToolCatalog>();
  catalog->compiled = std::move(loaded.catalog);
  catalog->files = ParseFiles(*input);
  catalog->prefix = input->prefix;
  return catalog;
}

void PrefixFiles(const std::string& prefix,
                 std::vector<v1::Diagnostic>* diagnostics) {
  for (v1::Diagnostic& diagnostic : *diagnostics) {
    absl::string_view file = diagnostic.file();
    if (absl::ConsumePrefix(&file, kOverlayPrefix)) {
      diagnostic.set_file(std::string(file));
    } else if (!file.empty()) {
      diagnostic.set_file(absl::StrCat(prefix, file));
    }
  }
}

void PrintDiagnostics(const Console& console, std::ostream& out,
                      const std::vector<v1::Diagnostic>& diagnostics) {
  for (const v1::Diagnostic& diagnostic : diagnostics) {
    std::vector<std::string> lines =
        absl::StrSplit(FormatDiagnostic(diagnostic), '\n');
    if (console.color) {
      const bool warning = diagnostic.severity() == v1::SEVERITY_WARNING;
      const std::string word = warning ? ": warning: " : ": error: ";
      const size_t at = lines[0].find(word);
      if (at != std::string::npos) {
        lines[0] = absl::StrCat(
            Paint(true, Tone::kBold, lines[0].substr(0, at + 1)), " ",
            Paint(true, warning ? Tone::kDoubt : Tone::kBad,
                  word.substr(2, word.size() - 3)),
            " ", lines[0].substr(at + word.size()));
      }
      if (lines.size() == 3) lines[2] = Paint(true, Tone::kGood, lines[2]);
    }
    for (const std::string& line : lines) out << line << "\n";
  }
}

}  // namespace needlewise
