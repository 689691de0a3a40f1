#include "rules/tools/check.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "rules/engine/catalog_loader.h"
#include "rules/tools/catalog_input.h"
#include "rules/tools/catalog_warnings.h"
#include "rules/tools/text_layout.h"
#include "rules/tools/translation_warnings.h"

namespace needlewise {
namespace {

int CountOf(v1::Severity severity,
            const std::vector<v1::Diagnostic>& diagnostics) {
  return static_cast<int>(std::count_if(diagnostics.begin(), diagnostics.end(),
                                        [severity](const v1::Diagnostic& d) {
                                          return d.severity() == severity;
                                        }));
}

bool PrintJson(const Console& console, const LoadResult& loaded) {
  v1::ValidateRuleCatalogResponse response;
  response.set_valid(loaded.catalog != nullptr);
  response.mutable_diagnostics()->Add(loaded.diagnostics.begin(),
                                      loaded.diagnostics.end());
  *response.mutable_version() = loaded.version;
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status =
      google::protobuf::util::MessageToJsonString(response, &json, options);
  if (!status.ok()) {
    *console.err << "needlewise-rules: cannot write JSON: "
                 << status.message().ToString() << "\n";
    return false;
  }
  *console.out << json;
  return true;
}

void PrintText(const Console& console, const LoadResult& loaded, int errors,
               int warnings) {
  PrintDiagnostics(console, *console.out, loaded.diagnostics);
  std::string summary =
      absl::StrCat(loaded.version.version().empty()
                       ? ""
                       : absl::StrCat("catalogue ", loaded.version.version(),
                                      ", ", loaded.version.digest(), ": "),
                   Counted(errors, "error", "errors"), ", ",
                   Counted(warnings, "warning", "warnings"));
  *console.out << Paint(console.color,
                        errors > 0     ? Tone::kBad
                        : warnings > 0 ? Tone::kDoubt
                                       : Tone::kGood,
                        summary)
               << "\n";
}

}  // namespace

int Check(const Console& console, const CommandLine& line) {
  const absl::StatusOr<CatalogInput> input =
      ReadCatalog(line.catalog, line.overlays);
  if (!input.ok()) {
    *console.err << "needlewise-rules: " << input.status().message() << "\n";
    return kExitUsage;
  }
  const absl::StatusOr<absl::CivilDay> today =
      DayOf("--today", line.today, console.today);
  if (!today.ok()) {
    *console.err << "needlewise-rules: " << today.status().message() << "\n";
    return kExitUsage;
  }
  LoadOptions options;
  options.today = *today;
  LoadResult loaded = LoadCatalog(input->files, options);
  // What looks unused in a faulty catalogue may only be misspelt elsewhere; a
  // case that fails is no such fault.
  LoadOptions without_cases = options;
  without_cases.run_cases = false;
  if (loaded.catalog != nullptr ||
      LoadCatalog(input->files, without_cases).catalog != nullptr) {
    const std::vector<std::unique_ptr<ParsedFile>> files = ParseFiles(*input);
    std::vector<v1::Diagnostic> warnings = FindWarnings(files);
    for (v1::Diagnostic& overdue : FindOverdue(files, *today)) {
      warnings.push_back(std::move(overdue));
    }
    for (v1::Diagnostic& hard : FindTranslatedWordWarnings(files)) {
      warnings.push_back(std::move(hard));
    }
    for (v1::Diagnostic& gap : FindTranslationGapWarnings(files)) {
      if (line.require_translations) gap.set_severity(v1::SEVERITY_ERROR);
      warnings.push_back(std::move(gap));
    }
    loaded.diagnostics.insert(loaded.diagnostics.end(),
                              std::make_move_iterator(warnings.begin()),
                              std::make_move_iterator(warnings.end()));
    std::stable_sort(loaded.diagnostics.begin(), loaded.diagnostics.end(),
                     [](const v1::Diagnostic& a, const v1::Diagnostic& b) {
                       return std::make_tuple(a.file(), a.line(), a.column()) <
                              std::make_tuple(b.file(), b.line(), b.column());
                     });
  }
  PrefixFiles(input->prefix, &loaded.diagnostics);
  const int errors = CountOf(v1::SEVERITY_ERROR, loaded.diagnostics);
  const int warnings = CountOf(v1::SEVERITY_WARNING, loaded.diagnostics);
  if (line.output == "json") {
    if (!PrintJson(console, loaded)) return kExitFault;
  } else {
    PrintText(console, loaded, errors, warnings);
  }
  return errors > 0 || (line.strict && warnings > 0) ? kExitFault : kExitOk;
}

}  // namespace needlewise
