#ifndef NEEDLEWISE_RULES_TOOLS_JUNIT_XML_H_
#define NEEDLEWISE_RULES_TOOLS_JUNIT_XML_H_

#include <string>
#include <vector>

namespace needlewise {

struct JunitCase {
  std::string name;
  std::string file;
  int line = 0;
  // What went wrong, one line each. Empty: passed.
  std::vector<std::string> failures;
  // Shown with the failures.
  std::string description;
};

struct JunitSuite {
  std::string name;
  std::vector<JunitCase> cases;
};

// The results as JUnit XML. The same results always give the same text: no
// times are in it.
std::string JunitXml(const std::vector<JunitSuite>& suites);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_JUNIT_XML_H_
