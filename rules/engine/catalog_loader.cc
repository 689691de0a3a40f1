#include "rules/engine/catalog_loader.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "rules/engine/catalog_overlay.h"
#include "rules/engine/catalog_seal.h"
#include "rules/engine/catalog_source.h"
#include "rules/engine/catalog_validator.h"
#include "rules/engine/rule_cases.h"
#include "rules/engine/sorted_catalog.h"

namespace needlewise {
namespace {

constexpr int kTabWidth = 8;

bool HasErrors(const std::vector<v1::Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const v1::Diagnostic& d) {
                       return d.severity() == v1::SEVERITY_ERROR;
                     });
}

void SortDiagnostics(std::vector<v1::Diagnostic>* diagnostics) {
  std::stable_sort(diagnostics->begin(), diagnostics->end(),
                   [](const v1::Diagnostic& a, const v1::Diagnostic& b) {
                     return std::make_tuple(a.file(), a.line(), a.column()) <
                            std::make_tuple(b.file(), b.line(), b.column());
                   });
}

void RunCases(const CompiledCatalog& catalog,
              const std::vector<std::unique_ptr<ParsedFile>>& files,
              std::vector<v1::Diagnostic>* diagnostics) {
  std::vector<const testing::v1::RuleCaseSuite*> suites;
  for (const auto& file : files) {
    if (file->is_suite) suites.push_back(&file->suite);
  }
  const CaseRunner runner(catalog, suites);
  for (const auto& file : files) {
    if (!file->is_suite) continue;
    for (const CaseFailure& failure : runner.Run(file->suite)) {
      v1::Diagnostic diagnostic =
          RootOf(*file)
              .In("cases", failure.index)
              .Here(
                  absl::StrCat("case `", failure.name, "`: ", failure.message));
      diagnostic.set_subject(failure.name);
      diagnostics->push_back(std::move(diagnostic));
    }
  }
}

// Moves the records of `from` behind those of `to`: a copy of the whole
// catalogue takes as long as compiling it.
void MoveRecords(v1::RuleCatalog* from, v1::RuleCatalog* to) {
  const google::protobuf::Reflection& reflection = *from->GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(*from, &fields);
  for (const google::protobuf::FieldDescriptor* field : fields) {
    if (!field->is_repeated()) continue;
    std::vector<google::protobuf::Message*> records;
    while (reflection.FieldSize(*from, field) > 0) {
      records.push_back(reflection.ReleaseLast(from, field));
    }
    for (auto record = records.rbegin(); record != records.rend(); ++record) {
      reflection.AddAllocatedMessage(to, field, *record);
    }
  }
  // What is left is not repeated.
  to->MergeFrom(*from);
}

using CompileErrors = std::vector<std::pair<std::string, std::string>>;

// Reports what only the whole can show at the record concerned.
void ReportCompileErrors(const CompileErrors& errors,
                         const RecordPlaces& places,
                         const std::string& first_file,
                         std::vector<v1::Diagnostic>* diagnostics) {
  for (const auto& [subject, message] : errors) {
    const auto place = places.find(subject);
    v1::Diagnostic diagnostic;
    const std::string text = absl::StrCat("`", subject, "`: ", message);
    if (place != places.end()) {
      diagnostic = place->second.Here(text);
    } else {
      diagnostic.set_severity(v1::SEVERITY_ERROR);
      diagnostic.set_file(first_file);
      diagnostic.set_message(text);
    }
    diagnostic.set_subject(subject);
    diagnostics->push_back(std::move(diagnostic));
  }
}

absl::Status ReadFolder(const std::string& folder, const std::string& prefix,
                        std::vector<CatalogFileText>* files) {
  DIR* opened = opendir(folder.c_str());
  if (opened == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("folder `", folder, "` cannot be opened"));
  }
  std::vector<std::string> names;
  while (const dirent* entry = readdir(opened)) {
    const std::string name = entry->d_name;
    if (absl::EndsWith(name, ".textproto") && name[0] != '.') {
      names.push_back(name);
    }
  }
  closedir(opened);
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    std::ifstream stream(absl::StrCat(folder, "/", name), std::ios::binary);
    std::ostringstream content;
    content << stream.rdbuf();
    if (!stream.good() && !stream.eof()) {
      return absl::UnavailableError(
          absl::StrCat("file `", folder, "/", name, "` cannot be read"));
    }
    files->push_back({absl::StrCat(prefix, name), content.str()});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<CatalogFileText>> ReadFolders(
    const std::string& folder, absl::Span<const char* const> subfolders) {
  std::vector<CatalogFileText> files;
  absl::Status status = ReadFolder(folder, "", &files);
  if (!status.ok()) return status;
  for (const char* name : subfolders) {
    const std::string path = absl::StrCat(folder, "/", name);
    struct stat info;
    if (stat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) continue;
    status = ReadFolder(path, absl::StrCat(name, "/"), &files);
    if (!status.ok()) return status;
  }
  if (files.empty()) {
    return absl::NotFoundError(
        absl::StrCat("folder `", folder, "` holds no `.textproto` file"));
  }
  return files;
}

}  // namespace

LoadResult LoadCatalog(absl::Span<const CatalogFileText> files,
                       const LoadOptions& options) {
  LoadResult result;
  std::vector<std::unique_ptr<ParsedFile>> parsed;
  for (const CatalogFileText& text : files) {
    parsed.push_back(ParseCatalogFile(text, &result.diagnostics));
  }
  // Whatever the order of the files.
  std::sort(parsed.begin(), parsed.end(),
            [](const auto& a, const auto& b) { return a->name < b->name; });
  const bool parses = !HasErrors(result.diagnostics);
  RecordPlaces places;
  ValidateCatalog(parsed, parses, options.max_condition_depth, &places,
                  &result.diagnostics);
  v1::RuleCatalog merged;
  const ParsedFile* seal = nullptr;
  bool overlaid = false;
  for (const auto& file : parsed) {
    if (!file->is_suite) MoveRecords(&file->catalog, &merged);
    if (file->is_seal) seal = file.get();
    overlaid = overlaid || file->is_overlay;
  }
  SortCatalog(&merged);
  if (parses) {
    result.version = VersionOf(merged);
    if (seal != nullptr) result.seal = seal->seal;
    result.seal_trusted = CheckSeal(files, seal, result.version, options.seal,
                                    options.today, &result.diagnostics);
  }
  if (!HasErrors(result.diagnostics)) {
    const std::string first = parsed.empty() ? "" : parsed[0]->name;
    std::shared_ptr<const CompiledCatalog> compiled;
    const auto report = [&](const CompileErrors& errors) {
      ReportCompileErrors(errors, places, first, &result.diagnostics);
    };
    if (!overlaid || options.run_cases) {
      CompileErrors errors;
      // Kept where overlays are still to be applied to it.
      compiled = CompileSorted(overlaid ? merged : std::move(merged),
                               result.version, &errors);
      report(errors);
      if (compiled != nullptr && options.run_cases) {
        RunCases(*compiled, parsed, &result.diagnostics);
      }
    }
    if (overlaid) {
      const size_t before = result.diagnostics.size();
      ApplyOverlays(parsed, result.version, options.today, &merged,
                    &result.diagnostics);
      if (result.diagnostics.size() == before) {
        CompileErrors errors;
        compiled = CompileCatalog(std::move(merged), &errors);
        report(errors);
        if (compiled != nullptr) result.version = compiled->version;
      }
    }
    if (!HasErrors(result.diagnostics)) result.catalog = std::move(compiled);
  }
  SortDiagnostics(&result.diagnostics);
  return result;
}

absl::StatusOr<std::vector<CatalogFileText>> ReadCatalogFolder(
    const std::string& folder) {
  return ReadFolders(folder, {"cases"});
}

absl::StatusOr<std::vector<CatalogFileText>> ReadKeptCatalogFolder(
    const std::string& folder) {
  return ReadFolders(folder, {"cases", "overlays"});
}

std::string FormatDiagnostic(const v1::Diagnostic& diagnostic) {
  std::string text = diagnostic.file();
  if (diagnostic.line() > 0) {
    absl::StrAppend(&text, ":", diagnostic.line(), ":", diagnostic.column());
  }
  absl::StrAppend(
      &text, ": ",
      diagnostic.severity() == v1::SEVERITY_WARNING ? "warning" : "error", ": ",
      diagnostic.message());
  if (diagnostic.source_line().empty() || diagnostic.line() == 0) return text;
  absl::StrAppend(&text, "\n  ", diagnostic.source_line(), "\n  ");
  // Columns count every byte, and a tab up to the next multiple of eight.
  int column = 1;
  for (const char c : diagnostic.source_line()) {
    if (column >= diagnostic.column()) break;
    if (c == '\t') {
      text.push_back('\t');
      column += kTabWidth - (column - 1) % kTabWidth;
      continue;
    }
    const bool continuation = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    if (!continuation) text.push_back(' ');
    ++column;
  }
  text.append(std::max(diagnostic.column() - column, 0), ' ');
  text.push_back('^');
  return text;
}

}  // namespace needlewise
