#include "client/cli/patient_verbs.h"

#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cli/batch.h"
#include "client/cli/decision_report.h"
#include "client/cli/names.h"
#include "client/cli/request_flags.h"
#include "client/rpc_error.h"

namespace needlewise {
namespace {

absl::Status NoFile(const CommandLine& line) {
  return absl::InvalidArgumentError(
      absl::StrCat("`", line.verb().name,
                   "` needs a file with the request, or `-` for standard "
                   "input; see `needlewise help ",
                   line.verb().name, "`"));
}

// Reads the request of a verb, with its flags applied. OK, or the code to exit
// with after the failure was reported.
template <typename Request>
ExitCode LoadRequest(const Invocation& invocation, InputText* input,
                     SourceMap* map, Request* request) {
  if (invocation.line().arguments().empty()) {
    return invocation.Fail(NoFile(invocation.line()));
  }
  absl::StatusOr<InputText> text = ReadInput(invocation.line().arguments()[0]);
  if (!text.ok()) {
    // A file that cannot be read is a wrong command line, whatever the cause.
    return invocation.Fail(absl::InvalidArgumentError(text.status().message()));
  }
  *input = *std::move(text);

  constexpr bool kTakesScreening =
      !std::is_same_v<Request, v1::ScreenEligibilityRequest>;
  if constexpr (kTakesScreening) {
    if (SetsField(*input, invocation.format(), "treatments") &&
        !SetsField(*input, invocation.format(), "base")) {
      v1::ScreenEligibilityRequest screening;
      const std::vector<InputProblem> problems =
          ParseInput(*input, invocation.format(), &screening, map);
      if (!problems.empty()) return invocation.Fail(*input, problems);
      FromScreening(screening, request);
      map->Rename("treatments[0]", "base");
      return kExitOk;
    }
  }
  const std::vector<InputProblem> problems =
      ParseInput(*input, invocation.format(), request, map);
  if (!problems.empty()) return invocation.Fail(*input, problems);
  return kExitOk;
}

v1::View ViewOf(const Invocation& invocation, v1::View in_request) {
  return invocation.ViewOr(in_request == v1::VIEW_UNSPECIFIED ? v1::VIEW_FULL
                                                              : in_request);
}

bool AnyBlocked(const v1::Decision& decision) {
  for (const v1::TreatmentDecision& treatment : decision.treatments()) {
    if (IsBlocked(treatment.verdict())) return true;
  }
  return false;
}

// Screens what a plan was refused for, so that the reader sees why.
ExitCode ExplainRefusedPlan(const Invocation& invocation,
                            const absl::Status& status,
                            const v1::PlanTreatmentRequest& request) {
  invocation.Fail(status);
  if (invocation.json()) return kExitNo;
  v1::ScreenEligibilityRequest screening;
  screening.set_as_of(request.as_of());
  *screening.mutable_patient() = request.patient();
  *screening.add_treatments() = request.base();
  for (const std::string& add_on : request.add_ons()) {
    v1::TreatmentSelection* selection = screening.add_treatments();
    *selection = request.base();
    selection->set_treatment(add_on);
    for (const v1::AddOnDevice& device : request.add_on_devices()) {
      if (device.add_on() == add_on) {
        *selection->mutable_device() = device.device();
      }
    }
  }
  screening.set_profile(request.profile());
  screening.set_language(request.language());
  screening.set_view(v1::VIEW_FULL);
  screening.set_rule_catalog_digest(request.rule_catalog_digest());
  *screening.mutable_acknowledgements() = request.acknowledgements();
  const auto response = invocation.client().ScreenEligibility(screening);
  if (!response.ok()) return invocation.Fail(response.status());
  const ExitCode printed = PrintScreening(invocation, *response);
  return printed == kExitOk ? kExitNo : printed;
}

}  // namespace

ExitCode PrintScreening(const Invocation& invocation,
                        const v1::ScreenEligibilityResponse& response) {
  ExitCode printed;
  if (invocation.json()) {
    printed = invocation.PrintJson(response);
  } else {
    TextReport report(invocation.out());
    ReportScreening(response, &report);
    printed = invocation.PrintText(report.text());
  }
  if (printed != kExitOk) return printed;
  return AnyBlocked(response.decision()) ? kExitNo : kExitOk;
}

ExitCode RunScreen(const Invocation& invocation) {
  if (invocation.line().Has("batch")) {
    if (invocation.line().arguments().empty()) {
      return invocation.Fail(NoFile(invocation.line()));
    }
    return RunBatch(invocation);
  }
  for (const char* flag : {"in-flight", "no-progress"}) {
    if (invocation.line().Has(flag)) {
      return invocation.Fail(absl::InvalidArgumentError(
          absl::StrCat("`--", flag, "` goes with --batch only")));
    }
  }
  InputText input;
  SourceMap map;
  v1::ScreenEligibilityRequest request;
  const ExitCode loaded = LoadRequest(invocation, &input, &map, &request);
  if (loaded != kExitOk) return loaded;
  const absl::Status applied = ApplyFlags(invocation.line(), &request, &map);
  if (!applied.ok()) return invocation.Fail(applied);
  request.set_view(ViewOf(invocation, request.view()));
  if (invocation.line().Has("receipt")) request.set_wants_receipt(true);
  const auto response = invocation.client().ScreenEligibility(request);
  if (!response.ok()) return invocation.Fail(response.status(), input, map);
  return PrintScreening(invocation, *response);
}

ExitCode RunAddOns(const Invocation& invocation) {
  InputText input;
  SourceMap map;
  v1::RecommendAddOnsRequest request;
  const ExitCode loaded = LoadRequest(invocation, &input, &map, &request);
  if (loaded != kExitOk) return loaded;
  const absl::Status applied = ApplyFlags(invocation.line(), &request, &map);
  if (!applied.ok()) return invocation.Fail(applied);
  request.set_view(ViewOf(invocation, request.view()));
  const auto response = invocation.client().RecommendAddOns(request);
  if (!response.ok()) return invocation.Fail(response.status(), input, map);
  ExitCode printed;
  if (invocation.json()) {
    printed = invocation.PrintJson(*response);
  } else {
    TextReport report(invocation.out());
    ReportAddOns(*response, &report);
    printed = invocation.PrintText(report.text());
  }
  if (printed != kExitOk) return printed;
  return IsBlocked(response->decision().base().verdict()) ? kExitNo : kExitOk;
}

ExitCode RunPlan(const Invocation& invocation) {
  InputText input;
  SourceMap map;
  v1::PlanTreatmentRequest request;
  const ExitCode loaded = LoadRequest(invocation, &input, &map, &request);
  if (loaded != kExitOk) return loaded;
  const absl::Status applied = ApplyFlags(invocation.line(), &request, &map);
  if (!applied.ok()) return invocation.Fail(applied);
  const auto response = invocation.client().PlanTreatment(request);
  if (!response.ok()) {
    if (ExitCodeOf(response.status()) == kExitNo) {
      return ExplainRefusedPlan(invocation, response.status(), request);
    }
    return invocation.Fail(response.status(), input, map);
  }
  if (invocation.json()) return invocation.PrintJson(*response);
  TextReport report(invocation.out());
  ReportPlan(*response, &report);
  return invocation.PrintText(report.text());
}

}  // namespace needlewise
