#ifndef NEEDLEWISE_RULES_TOOLS_COVERAGE_REPORT_H_
#define NEEDLEWISE_RULES_TOOLS_COVERAGE_REPORT_H_

#include <string>

#include "rules/tools/command_line.h"
#include "rules/tools/console.h"
#include "rules/tools/coverage.h"

namespace needlewise {

// The report as text: a table by effect, then each rule and leaf that the
// cases have not seen in full; with `all`, every one.
std::string CoverageText(const CoverageReport& report, bool all, bool color);

// The report as HTML: every rule and leaf.
std::string CoverageHtml(const CoverageReport& report,
                         const v1::CatalogVersion& version);

// The verb `coverage`. Returns the exit code.
int Coverage(const Console& console, const CommandLine& line);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_COVERAGE_REPORT_H_
