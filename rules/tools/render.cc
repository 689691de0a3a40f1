#include "rules/tools/render.h"

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "rules/tools/catalog_document.h"
#include "rules/tools/catalog_input.h"
#include "rules/tools/document.h"
#include "rules/tools/file_io.h"

namespace needlewise {
namespace {

bool Write(const Console& console, const std::string& path,
           const std::string& text) {
  const absl::Status written = WriteFile(console, path, text);
  if (written.ok()) return true;
  *console.err << "needlewise-rules: " << written.message() << "\n";
  return false;
}

}  // namespace

int Render(const Console& console, const CommandLine& line) {
  int exit_code = kExitOk;
  const std::unique_ptr<ToolCatalog> catalog =
      OpenCatalog(console, line.catalog, &exit_code, line.overlays);
  if (catalog == nullptr) return exit_code;
  const Document document = DescribeCatalog(*catalog->compiled);
  const bool nowhere = line.html.empty() && line.markdown.empty();
  if (!line.html.empty() && !Write(console, line.html, ToHtml(document))) {
    return kExitUsage;
  }
  if ((nowhere || !line.markdown.empty()) &&
      !Write(console, nowhere ? "-" : line.markdown, ToMarkdown(document))) {
    return kExitUsage;
  }
  return kExitOk;
}

}  // namespace needlewise
