#include "rules/tools/junit_xml.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace needlewise {
namespace {

// Text for an element or an attribute in double quotes. Characters that XML
// does not allow at all become question marks.
std::string Escaped(absl::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\n':
        escaped += "&#10;";
        break;
      case '\t':
        escaped += "&#9;";
        break;
      default:
        escaped += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  return escaped;
}

int Failures(const JunitSuite& suite) {
  int failures = 0;
  for (const JunitCase& c : suite.cases) failures += !c.failures.empty();
  return failures;
}

}  // namespace

std::string JunitXml(const std::vector<JunitSuite>& suites) {
  size_t tests = 0;
  int failures = 0;
  for (const JunitSuite& suite : suites) {
    tests += suite.cases.size();
    failures += Failures(suite);
  }
  std::string xml = absl::StrCat(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"needlewise-rules\" tests=\"",
      tests, "\" failures=\"", failures, "\" errors=\"0\">\n");
  for (const JunitSuite& suite : suites) {
    absl::StrAppend(&xml, "  <testsuite name=\"", Escaped(suite.name),
                    "\" tests=\"", suite.cases.size(), "\" failures=\"",
                    Failures(suite), "\" errors=\"0\">\n");
    for (const JunitCase& c : suite.cases) {
      absl::StrAppend(&xml, "    <testcase classname=\"", Escaped(suite.name),
                      "\" name=\"", Escaped(c.name), "\" file=\"",
                      Escaped(c.file), "\" line=\"", c.line, "\"");
      if (c.failures.empty()) {
        xml += "/>\n";
        continue;
      }
      absl::StrAppend(&xml, ">\n      <failure message=\"",
                      Escaped(c.failures[0]), "\">",
                      Escaped(absl::StrCat(c.description, "\n",
                                           absl::StrJoin(c.failures, "\n"))),
                      "</failure>\n    </testcase>\n");
    }
    xml += "  </testsuite>\n";
  }
  xml += "</testsuites>\n";
  return xml;
}

}  // namespace needlewise
