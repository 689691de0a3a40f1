// The catalogue that a verb works on: its files, as read and as compiled.

#ifndef NEEDLEWISE_RULES_TOOLS_CATALOG_INPUT_H_
#define NEEDLEWISE_RULES_TOOLS_CATALOG_INPUT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "rules/engine/catalog_loader.h"
#include "rules/engine/catalog_source.h"
#include "rules/engine/rule_cases.h"
#include "rules/tools/console.h"

namespace needlewise {

// Where a catalogue is looked for unless told.
inline constexpr char kDefaultCatalogFolder[] = "rules/catalog";

// `CatalogInput::prefix` of the catalogue that is built in.
inline constexpr char kBuiltInPrefix[] = "built-in/";

struct CatalogInput {
  // Every file, under its name in the catalogue.
  std::vector<CatalogFileText> files;
  // What makes that name one that leads to the file from the current folder,
  // for instance `rules/catalog/`.
  std::string prefix;
};

// Reads a folder; empty is the default one or, where there is none, the
// catalogue built in. The files of `overlays` join it. NOT_FOUND where
// something cannot be read.
absl::StatusOr<CatalogInput> ReadCatalog(
    const std::string& folder, absl::Span<const std::string> overlays = {});

// A catalogue that compiles, with the files it was made of.
struct ToolCatalog {
  std::shared_ptr<const CompiledCatalog> compiled;
  std::vector<std::unique_ptr<ParsedFile>> files;
  std::string prefix;

  std::vector<const testing::v1::RuleCaseSuite*> Suites() const;
};

// The files, parsed, in order of name. Syntax errors are the loader's affair.
std::vector<std::unique_ptr<ParsedFile>> ParseFiles(const CatalogInput& input);

// Reads and compiles a catalogue, with what `overlays` change in it, without
// running its cases. Where that fails, prints why and returns null, with
// `*exit_code` set.
std::unique_ptr<ToolCatalog> OpenCatalog(
    const Console& console, const std::string& folder, int* exit_code,
    absl::Span<const std::string> overlays = {});

// Makes `diagnostics` name files as a person finds them.
void PrefixFiles(const std::string& prefix,
                 std::vector<v1::Diagnostic>* diagnostics);

// Prints diagnostics, coloured where the console is.
void PrintDiagnostics(const Console& console, std::ostream& out,
                      const std::vector<v1::Diagnostic>& diagnostics);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_CATALOG_INPUT_H_
