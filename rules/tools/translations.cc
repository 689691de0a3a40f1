#include "rules/tools/translations.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "rules/engine/nearest_names.h"
#include "rules/engine/translatable_texts.h"
#include "rules/engine/translation_checks.h"
#include "rules/tools/catalog_input.h"
#include "rules/tools/file_io.h"
#include "rules/tools/text_format_printer.h"
#include "rules/tools/text_layout.h"
#include "rules/tools/translation_import.h"

namespace needlewise {
namespace {

// How many texts one list of records has in one language.
struct Count {
  int texts = 0;
  int missing = 0;
  int stale = 0;
};

// By list of records, in the order of the catalogue.
using Counts = std::vector<std::pair<std::string, Count>>;

Count& CountOf(absl::string_view records, Counts* counts) {
  for (auto& [name, count] : *counts) {
    if (name == records) return count;
  }
  counts->emplace_back(std::string(records), Count());
  return counts->back().second;
}

Counts CountTexts(const v1::RuleCatalog& catalog,
                  const std::vector<TranslationGap>& gaps,
                  const std::string& language) {
  Counts counts;
  const auto add = [&](const TextPlace& place, const std::string&) {
    ++CountOf(place.records, &counts).texts;
  };
  VisitTexts(catalog, add);
  VisitPhrases(add);
  for (const TranslationGap& gap : gaps) {
    if (gap.language != language) continue;
    Count& count = CountOf(gap.records, &counts);
    ++(gap.stale ? count.stale : count.missing);
  }
  return counts;
}

std::vector<std::string> Row(const std::string& language,
                             const std::string& records, const Count& count) {
  return {language,
          records,
          absl::StrCat(count.texts),
          absl::StrCat(count.texts - count.missing - count.stale),
          absl::StrCat(count.missing),
          absl::StrCat(count.stale)};
}

std::string CoverageTable(const v1::RuleCatalog& catalog,
                          const std::vector<TranslationGap>& gaps,
                          const std::vector<std::string>& languages) {
  std::vector<std::vector<std::string>> rows = {
      {"Language", "Records", "Texts", "Translated", "Missing", "Stale"}};
  for (const std::string& language : languages) {
    Count all;
    for (const auto& [records, count] : CountTexts(catalog, gaps, language)) {
      rows.push_back(Row(language, records, count));
      all.texts += count.texts;
      all.missing += count.missing;
      all.stale += count.stale;
    }
    rows.push_back(Row(language, "all", all));
  }
  return TextTable(rows);
}

// What a translator fills in: each text that is missing or stale, empty, after
// its English.
absl::StatusOr<std::string> Skeleton(
    const std::vector<TranslationGap>& gaps,
    const std::vector<std::string>& languages) {
  std::string text = absl::StrCat(
      "# proto-file: needlewise/v1/rule_catalog.proto\n"
      "# proto-message: RuleCatalog\n"
      "# Put what the English says into each `text`. Then put this file into "
      "the\n"
      "# catalogue with `needlewise-rules translations --import`.\n");
  for (const std::string& language : languages) {
    const TranslationGap* open = nullptr;
    for (const TranslationGap& gap : gaps) {
      if (gap.language != language) continue;
      const bool same = open != nullptr && open->records == gap.records &&
                        open->record_id == gap.record_id;
      if (!same) {
        if (open != nullptr) absl::StrAppend(&text, "}\n");
        absl::StrAppend(&text, "\ntranslations {\n  language: \"", language,
                        "\"\n  records: \"", gap.records, "\"\n");
        if (!gap.record_id.empty()) {
          absl::StrAppend(&text, "  record_id: \"",
                          absl::CEscape(gap.record_id), "\"\n");
        }
        open = &gap;
      }
      absl::StrAppend(&text, "  # ", gap.english, "\n");
      if (gap.stale) {
        absl::StrAppend(&text, "  # Stale: the present text is of another.\n");
      }
      absl::StrAppend(&text, "  texts {\n    field: \"", gap.field,
                      "\"\n    of: \"", DigestOfText(gap.english),
                      "\"\n    text: \"\"\n  }\n");
    }
    if (open != nullptr) absl::StrAppend(&text, "}\n");
  }
  return FormatTextProto(text, v1::RuleCatalog());
}

int FailWith(const Console& console, const absl::Status& status) {
  *console.err << "needlewise-rules: " << status.message() << "\n";
  return kExitUsage;
}

int Refuse(const Console& console) {
  *console.err << "needlewise-rules: nothing is taken over; correct the errors "
                  "above\n";
  return kExitFault;
}

// The files as they would be. Whether they load; what does not is printed.
bool Loads(const Console& console, const ToolCatalog& opened,
           const std::map<std::string, std::string>& changed) {
  std::vector<CatalogFileText> files;
  for (const auto& [name, content] : changed) files.push_back({name, content});
  for (const auto& file : opened.files) {
    if (changed.count(file->name) == 0) {
      files.push_back({file->name, file->content});
    }
  }
  LoadOptions options;
  options.run_cases = false;
  options.today = console.today;
  LoadResult loaded = LoadCatalog(files, options);
  PrefixFiles(opened.prefix, &loaded.diagnostics);
  PrintDiagnostics(console, *console.err, loaded.diagnostics);
  return loaded.catalog != nullptr;
}

int Import(const Console& console, const ToolCatalog& opened,
           const std::string& path) {
  if (opened.prefix == kBuiltInPrefix) {
    return FailWith(console, absl::InvalidArgumentError(
                                 "the catalogue built in cannot be changed; "
                                 "give --catalog"));
  }
  const absl::StatusOr<std::string> text = ReadFile(console, path);
  if (!text.ok()) return FailWith(console, text.status());
  std::vector<v1::Diagnostic> faults;
  const std::unique_ptr<ParsedFile> filled =
      ParseCatalogFile({"filled.textproto", *text}, &faults);
  if (!faults.empty()) {
    for (v1::Diagnostic& fault : faults) fault.set_file(path);
    PrintDiagnostics(console, *console.err, faults);
    return Refuse(console);
  }
  const TranslationImport import = ImportTranslations(
      opened.files, opened.compiled->catalog, filled->catalog);
  for (const std::string& error : import.errors) {
    *console.err << path << ": error: " << error << "\n";
  }
  if (!import.errors.empty() || !Loads(console, opened, import.files)) {
    return Refuse(console);
  }
  for (const auto& [name, content] : import.files) {
    const std::string file = absl::StrCat(opened.prefix, name);
    const absl::Status written = WriteFile(console, file, content);
    if (!written.ok()) return FailWith(console, written);
    *console.out << file << ": written\n";
  }
  *console.out << import.added << " added, " << import.replaced << " replaced, "
               << import.unchanged << " unchanged, " << import.empty
               << " still empty\n";
  return kExitOk;
}

}  // namespace

int Translations(const Console& console, const CommandLine& line) {
  int exit_code = kExitOk;
  const std::unique_ptr<ToolCatalog> opened =
      OpenCatalog(console, line.catalog, &exit_code);
  if (opened == nullptr) return exit_code;
  if (!line.import_file.empty()) {
    if (!line.skeleton.empty() || !line.language.empty()) {
      return FailWith(console, absl::InvalidArgumentError(
                                   "--import goes with --catalog alone; the "
                                   "file names its languages"));
    }
    return Import(console, *opened, line.import_file);
  }
  const v1::RuleCatalog& catalog = opened->compiled->catalog;
  std::vector<std::string> languages;
  std::vector<std::pair<std::string, std::string>> names;
  for (const v1::Language& language : catalog.languages()) {
    names.emplace_back(language.display(), language.language());
    names.emplace_back(language.language(), language.language());
    if (line.language.empty() || line.language == language.language()) {
      languages.push_back(language.language());
    }
  }
  if (languages.empty() && !line.language.empty()) {
    return FailWith(
        console, absl::InvalidArgumentError(absl::StrCat(
                     "`", line.language, "` is not a language of the catalogue",
                     DidYouMean(NearestNames(line.language, names)))));
  }
  const std::vector<TranslationGap> gaps = FindTranslationGaps(catalog);
  if (line.skeleton != "-") {
    *console.out << CoverageTable(catalog, gaps, languages);
  }
  if (line.skeleton.empty()) return kExitOk;
  const absl::StatusOr<std::string> skeleton = Skeleton(gaps, languages);
  if (!skeleton.ok()) return FailWith(console, skeleton.status());
  const absl::Status written = WriteFile(console, line.skeleton, *skeleton);
  return written.ok() ? kExitOk : FailWith(console, written);
}

}  // namespace needlewise
