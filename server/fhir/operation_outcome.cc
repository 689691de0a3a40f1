#include "server/fhir/operation_outcome.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/fhir/json.h"
#include "server/fhir/screen_bundle.h"

namespace needlewise {
namespace {

Json Issue(absl::string_view code, absl::string_view diagnostics) {
  return {{"severity", "error"},
          {"code", std::string(code)},
          {"diagnostics", std::string(diagnostics)}};
}

HttpResponse ResponseOf(int status, Json issues) {
  HttpResponse response;
  response.status = status;
  response.headers["content-type"] = "application/fhir+json";
  response.body = WriteJson(
      {{"resourceType", "OperationOutcome"}, {"issue", std::move(issues)}});
  return response;
}

}  // namespace

HttpResponse OutcomeResponse(int status, absl::string_view code,
                             absl::string_view diagnostics) {
  return ResponseOf(status, Json::array({Issue(code, diagnostics)}));
}

HttpResponse ViolationsResponse(int status, absl::string_view issue_code,
                                const Violations& violations) {
  Json issues = Json::array();
  for (const FieldViolation& violation : violations) {
    Json issue = Issue(
        issue_code,
        violation.field.empty()
            ? violation.description
            : absl::StrCat("`", violation.field, "` ", violation.description));
    if (!violation.field.empty()) {
      issue["expression"] = Json::array({violation.field});
    }
    issues.push_back(std::move(issue));
  }
  return ResponseOf(status, std::move(issues));
}

HttpResponse ErrorResponse(const absl::Status& status) {
  const Violations violations = ViolationsIn(status);
  if (!violations.empty())
    return ViolationsResponse(400, "invalid", violations);
  const auto with_retry = [](HttpResponse response) {
    response.headers["retry-after"] = "1";
    return response;
  };
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return OutcomeResponse(400, "invalid", status.message());
    case absl::StatusCode::kFailedPrecondition:
      return OutcomeResponse(409, "conflict", status.message());
    case absl::StatusCode::kAlreadyExists:
      return OutcomeResponse(409, "duplicate", status.message());
    case absl::StatusCode::kUnimplemented:
      return OutcomeResponse(501, "not-supported", status.message());
    case absl::StatusCode::kNotFound:
      return OutcomeResponse(404, "not-found", status.message());
    case absl::StatusCode::kResourceExhausted:
      return with_retry(OutcomeResponse(429, "throttled", status.message()));
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return with_retry(OutcomeResponse(503, "transient", status.message()));
    default:
      return OutcomeResponse(500, "exception", status.message());
  }
}

}  // namespace needlewise
