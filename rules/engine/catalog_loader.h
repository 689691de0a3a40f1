// From files to a catalogue in force: parse, merge, validate, compile. May
// fail only with diagnostics that say where and what to do.

#ifndef NEEDLEWISE_RULES_ENGINE_CATALOG_LOADER_H_
#define NEEDLEWISE_RULES_ENGINE_CATALOG_LOADER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise {

// One file of a catalogue. A name that begins with `cases/` is a suite of rule
// cases, one that begins with `overlays/` a clinic's overlay, `seal.textproto`
// the seal; any other is a part of the catalogue.
struct CatalogFileText {
  std::string name;
  std::string content;
};

// The public half of a key that seals catalogues.
struct SealKey {
  // The 32 bytes of an Ed25519 public key.
  std::string bytes;
};

// Which seals are trusted.
struct SealPolicy {
  // A seal must be signed with one of these. Empty, and not required: seals
  // are not judged.
  std::vector<SealKey> keys;
  // Whether a catalogue without a seal is refused.
  bool required = false;
  // Whether a day outside the seal's dates is only a warning: for a catalogue
  // that was accepted before.
  bool dates_only_warn = false;
};

struct LoadOptions {
  // Deepest nesting of a condition.
  int max_condition_depth = 16;
  // Whether to run the catalogue's own cases; a failing case is an error. They
  // are of the released catalogue, whatever overlays change.
  bool run_cases = true;
  // Which seals are trusted. Default: none is judged.
  SealPolicy seal;
  // The day of the call, to judge the dates of seals and approvals by. Unset:
  // no seal is in force and no approval too late.
  std::optional<absl::CivilDay> today;
};

struct LoadResult {
  // Null where a diagnostic is an error.
  std::shared_ptr<const CompiledCatalog> catalog;
  // Every fault, in order of file, line and column.
  std::vector<v1::Diagnostic> diagnostics;
  // The version of the merged catalogue with its overlays; without them where
  // one is refused. Unset where it does not parse.
  v1::CatalogVersion version;
  // The seal as it is written. Unset: there is none.
  std::optional<v1::CatalogSeal> seal;
  // Whether the seal is one that the options trust.
  bool seal_trusted = false;
};

// Loads a catalogue from the text of its files, whose order does not matter.
LoadResult LoadCatalog(absl::Span<const CatalogFileText> files,
                       const LoadOptions& options = {});

// Reads every `.textproto` under `folder` and `folder/cases`, in order of
// name. NOT_FOUND where the folder does not exist or holds none.
absl::StatusOr<std::vector<CatalogFileText>> ReadCatalogFolder(
    const std::string& folder);

// The same, and those under `folder/overlays`: for a folder that keeps what was
// in force. A released catalogue holds no overlays.
absl::StatusOr<std::vector<CatalogFileText>> ReadKeptCatalogFolder(
    const std::string& folder);

// The catalogue that is compiled into the program.
const std::vector<CatalogFileText>& BuiltInCatalog();

// A diagnostic as a person reads it: `file:line:column: error: message`, the
// source line, and a caret under the column.
std::string FormatDiagnostic(const v1::Diagnostic& diagnostic);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_CATALOG_LOADER_H_
