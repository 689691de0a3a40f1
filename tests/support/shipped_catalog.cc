#include "tests/support/shipped_catalog.h"

#include <cstdlib>
#include <iostream>
#include <string>

namespace needlewise {
namespace {

[[noreturn]] void Fail(const std::string& why) {
  std::cerr << why << "\n";
  std::exit(1);
}

}  // namespace

const std::vector<CatalogFileText>& ShippedFiles() {
  static const auto* files = [] {
    auto read = ReadCatalogFolder(NEEDLEWISE_SOURCE_DIR "/rules/catalog");
    if (!read.ok()) Fail(read.status().ToString());
    return new std::vector<CatalogFileText>(*std::move(read));
  }();
  return *files;
}

const CompiledCatalog& ShippedCatalog() {
  static const auto* catalog = [] {
    LoadOptions options;
    options.run_cases = false;
    LoadResult loaded = LoadCatalog(ShippedFiles(), options);
    if (!loaded.diagnostics.empty()) {
      Fail(FormatDiagnostic(loaded.diagnostics[0]));
    }
    return new std::shared_ptr<const CompiledCatalog>(loaded.catalog);
  }();
  return **catalog;
}

const std::vector<std::unique_ptr<ParsedFile>>& ShippedSuites() {
  static const auto* suites = [] {
    auto* parsed = new std::vector<std::unique_ptr<ParsedFile>>;
    std::vector<v1::Diagnostic> diagnostics;
    for (const CatalogFileText& file : ShippedFiles()) {
      auto one = ParseCatalogFile(file, &diagnostics);
      if (one->is_suite) parsed->push_back(std::move(one));
    }
    if (!diagnostics.empty()) Fail(FormatDiagnostic(diagnostics[0]));
    return parsed;
  }();
  return *suites;
}

}  // namespace needlewise
