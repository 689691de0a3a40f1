// From files to a catalogue in force: parse, merge, validate, compile. May
// fail only with diagnostics that say where and what to do.

#ifndef NEEDLEWISE_RULES_ENGINE_CATALOG_LOADER_H_
#define NEEDLEWISE_RULES_ENGINE_CATALOG_LOADER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise {

// One file of a catalogue. A name that begins with `cases/` is a suite of rule
// cases, any other is a part of the catalogue.
struct CatalogFileText {
  std::string name;
  std::string content;
};

struct LoadOptions {
  // Deepest nesting of a condition.
  int max_condition_depth = 16;
  // Whether to run the catalogue's own cases; a failing case is an error.
  bool run_cases = true;
};

struct LoadResult {
  // Null where a diagnostic is an error.
  std::shared_ptr<const CompiledCatalog> catalog;
  // Every fault, in order of file, line and column.
  std::vector<v1::Diagnostic> diagnostics;
  // The merged catalogue's version. Unset where it does not parse.
  v1::CatalogVersion version;
};

// Loads a catalogue from the text of its files, whose order does not matter.
LoadResult LoadCatalog(absl::Span<const CatalogFileText> files,
                       const LoadOptions& options = {});

// Reads every `.textproto` under `folder` and `folder/cases`, in order of
// name. NOT_FOUND where the folder does not exist or holds none.
absl::StatusOr<std::vector<CatalogFileText>> ReadCatalogFolder(
    const std::string& folder);

// The catalogue that is compiled into the program.
const std::vector<CatalogFileText>& BuiltInCatalog();

// A diagnostic as a person reads it: `file:line:column: error: message`, the
// source line, and a caret under the column.
std::string FormatDiagnostic(const v1::Diagnostic& diagnostic);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_CATALOG_LOADER_H_
