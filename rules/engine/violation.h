#ifndef NEEDLEWISE_RULES_ENGINE_VIOLATION_H_
#define NEEDLEWISE_RULES_ENGINE_VIOLATION_H_

#include <string>
#include <utility>
#include <vector>

namespace needlewise {

// One fault of one field of a request. Never holds the patient's value.
struct FieldViolation {
  // Path from the request, for instance `patient.findings[2].last`.
  std::string field;
  // What is wrong and what to do: one line, lower case, no final full stop.
  std::string description;
};

// Every fault of a request, in the order in which the fields are read.
using Violations = std::vector<FieldViolation>;

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_VIOLATION_H_
