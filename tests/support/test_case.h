// Names of the cases of a table.

#ifndef NEEDLEWISE_TESTS_SUPPORT_TEST_CASE_H_
#define NEEDLEWISE_TESTS_SUPPORT_TEST_CASE_H_

#include <ostream>
#include <string>

#include "gtest/gtest.h"

namespace needlewise {

// What a row of a table begins with: what it shows, in words without spaces.
struct TestCase {
  std::string name;
};

inline std::ostream& operator<<(std::ostream& out, const TestCase& test_case) {
  return out << test_case.name;
}

// For `INSTANTIATE_TEST_SUITE_P`: each case under its own name.
struct CaseName {
  template <typename Info>
  std::string operator()(const Info& info) const {
    return info.param.name;
  }
};

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_SUPPORT_TEST_CASE_H_
