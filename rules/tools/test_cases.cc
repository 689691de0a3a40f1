#include "rules/tools/test_cases.h"

#include <memory>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "rules/engine/rule_cases.h"
#include "rules/tools/catalog_input.h"
#include "rules/tools/file_io.h"
#include "rules/tools/junit_xml.h"
#include "rules/tools/text_layout.h"

namespace needlewise {
namespace {

// Which cases to run: those whose `suite/name` the expression finds.
class CaseFilter {
 public:
  static absl::StatusOr<CaseFilter> Create(const std::string& expression) {
    try {
      return CaseFilter(std::regex(expression));
    } catch (const std::regex_error&) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--filter `", expression, "` is not a regular expression"));
    }
  }

  bool Takes(const std::string& suite, const std::string& name) const {
    return std::regex_search(absl::StrCat(suite, "/", name), expression_);
  }

 private:
  explicit CaseFilter(std::regex expression)
      : expression_(std::move(expression)) {}

  std::regex expression_;
};

// `cases/screening.textproto` is the suite `screening`.
std::string SuiteName(const std::string& file) {
  return std::string(
      absl::StripSuffix(absl::StripPrefix(file, "cases/"), ".textproto"));
}

// Runs the cases of one file that the filter takes.
JunitSuite RunSuite(const CaseRunner& runner, const ParsedFile& file,
                    const std::string& prefix, const CaseFilter& filter) {
  JunitSuite results;
  results.name = SuiteName(file.name);
  testing::v1::RuleCaseSuite taken = file.suite;
  taken.clear_cases();
  for (int i = 0; i < file.suite.cases_size(); ++i) {
    const testing::v1::RuleCase& rule_case = file.suite.cases(i);
    if (!filter.Takes(results.name, rule_case.name())) continue;
    *taken.add_cases() = rule_case;
    JunitCase& result = results.cases.emplace_back();
    result.name = rule_case.name();
    result.file = absl::StrCat(prefix, file.name);
    result.line = RootOf(file).In("cases", i).Here("").line();
    result.description = rule_case.vignette();
  }
  for (CaseFailure& failure : runner.Run(taken)) {
    results.cases[failure.index].failures.push_back(std::move(failure.message));
  }
  return results;
}

void PrintFailures(const Console& console, const JunitSuite& suite) {
  for (const JunitCase& c : suite.cases) {
    if (c.failures.empty()) continue;
    *console.out << Paint(console.color, Tone::kBold,
                          absl::StrCat(c.file, ":", c.line, ":"))
                 << " " << Paint(console.color, Tone::kBad, "failed") << ": "
                 << suite.name << "/" << c.name << "\n"
                 << Wrapped(c.description, 4);
    for (const std::string& failure : c.failures) {
      *console.out << "  - " << failure << "\n";
    }
    *console.out << "\n";
  }
}

struct Counts {
  int ran = 0;
  int failed = 0;
};

Counts CountCases(const JunitSuite& suite) {
  Counts counts;
  counts.ran = static_cast<int>(suite.cases.size());
  for (const JunitCase& c : suite.cases) counts.failed += !c.failures.empty();
  return counts;
}

void PrintTable(const Console& console, const std::vector<JunitSuite>& suites,
                const Counts& total) {
  const auto row = [](const std::string& name, const Counts& counts) {
    return std::vector<std::string>{name, absl::StrCat(counts.ran),
                                    absl::StrCat(counts.ran - counts.failed),
                                    absl::StrCat(counts.failed)};
  };
  std::vector<std::vector<std::string>> rows = {
      {"suite", "cases", "passed", "failed"}};
  for (const JunitSuite& suite : suites) {
    rows.push_back(row(suite.name, CountCases(suite)));
  }
  rows.push_back(row("total", total));
  *console.out << TextTable(rows);
}

}  // namespace

int TestCases(const Console& console, const CommandLine& line) {
  const absl::StatusOr<CaseFilter> filter = CaseFilter::Create(line.filter);
  if (!filter.ok()) {
    *console.err << "needlewise-rules: " << filter.status().message() << "\n";
    return kExitUsage;
  }
  int exit_code = kExitOk;
  const std::unique_ptr<ToolCatalog> catalog =
      OpenCatalog(console, line.catalog, &exit_code, line.overlays);
  if (catalog == nullptr) return exit_code;

  const CaseRunner runner(*catalog->compiled, catalog->Suites());
  std::vector<JunitSuite> suites;
  for (const auto& file : catalog->files) {
    if (!file->is_suite) continue;
    suites.push_back(RunSuite(runner, *file, catalog->prefix, *filter));
  }
  Counts total;
  for (const JunitSuite& suite : suites) {
    const Counts counts = CountCases(suite);
    total.ran += counts.ran;
    total.failed += counts.failed;
  }
  if (line.junit != "-") {
    for (const JunitSuite& suite : suites) PrintFailures(console, suite);
    PrintTable(console, suites, total);
  }
  if (!line.junit.empty()) {
    const absl::Status written =
        WriteFile(console, line.junit, JunitXml(suites));
    if (!written.ok()) {
      *console.err << "needlewise-rules: " << written.message() << "\n";
      return kExitUsage;
    }
  }
  if (total.ran == 0) {
    *console.err << "needlewise-rules: no case ran; "
                 << (line.filter.empty() ? "add some under cases/"
                                         : "the filter finds none")
                 << "\n";
    return kExitFault;
  }
  return total.failed > 0 ? kExitFault : kExitOk;
}

}  // namespace needlewise
