// The patient that `explain` is about: from a file, or from a case.

#ifndef NEEDLEWISE_RULES_TOOLS_PATIENT_INPUT_H_
#define NEEDLEWISE_RULES_TOOLS_PATIENT_INPUT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "needlewise/v1/screening.pb.h"
#include "rules/tools/catalog_input.h"
#include "rules/tools/command_line.h"

namespace needlewise {

// Reads a request from JSON or protobuf text, whichever it is.
// INVALID_ARGUMENT where it is neither.
absl::StatusOr<v1::ScreenEligibilityRequest> ParseRequest(
    const std::string& text);

struct CaseRequest {
  v1::ScreenEligibilityRequest request;
  // The day of the question, ISO 8601.
  std::string today;
  std::string vignette;
};

// Finds a case by `name` or `suite/name`. NOT_FOUND with the nearest names;
// INVALID_ARGUMENT where several suites have one of the name.
absl::StatusOr<CaseRequest> FindCase(const ToolCatalog& catalog,
                                     const std::string& name);

// Puts what the command line names in place of what the request asks about:
// one treatment, with the areas, device and concerns of the request's own
// where it has that treatment, else of its first.
void OverrideTreatment(const CommandLine& line,
                       v1::ScreenEligibilityRequest* request);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_PATIENT_INPUT_H_
