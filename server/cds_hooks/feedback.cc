#include "server/cds_hooks/feedback.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/decision_id.h"
#include "server/fhir/element.h"
#include "server/fhir/json_document.h"
#include "server/fhir/mapping_context.h"
#include "server/sha256.h"

namespace needlewise {
namespace {

constexpr char kOverrideReasonSystem[] = "urn:needlewise:override-reason";
constexpr int kMostItems = 1000;

struct Reason {
  absl::string_view code;
  absl::string_view display;
  v1::OverrideReason reason;
};
constexpr Reason kReasons[] = {
    {"data-wrong", "The facts were wrong or out of date",
     v1::OVERRIDE_REASON_DATA_WRONG},
    {"benefit-outweighs", "The benefit outweighs the risk for this patient",
     v1::OVERRIDE_REASON_BENEFIT_OUTWEIGHS},
    {"specialist-advice", "A specialist decided",
     v1::OVERRIDE_REASON_SPECIALIST_ADVICE},
    {"rule-not-applicable", "The rule does not fit this case",
     v1::OVERRIDE_REASON_RULE_NOT_APPLICABLE},
    {"patient-declined", "The patient declined",
     v1::OVERRIDE_REASON_PATIENT_DECLINED},
    {"other", "Another reason", v1::OVERRIDE_REASON_OTHER},
};

bool IsInstant(absl::string_view text) {
  absl::Time time;
  std::string error;
  return absl::ParseTime(absl::RFC3339_full, text, &time, &error);
}

using DecisionOf =
    absl::FunctionRef<absl::StatusOr<std::string>(absl::string_view)>;

absl::Status ReadItem(const Element& item, DecisionOf decision_of,
                      std::vector<v1::ReportFeedbackRequest>* reports) {
  const absl::string_view card = item.Text("card");
  std::string decision;
  if (card.empty()) {
    item.Member("card").Fault("is required");
  } else {
    absl::StatusOr<std::string> found = decision_of(card);
    if (found.ok()) {
      decision = *std::move(found);
    } else if (absl::IsNotFound(found.status())) {
      item.Member("card").Fault(
          "is no card of a decision in this server's log; report feedback to "
          "a server that shares the log of the one that gave the card");
    } else {
      return found.status();
    }
  }
  if (!IsInstant(item.Text("outcomeTimestamp"))) {
    item.Member("outcomeTimestamp")
        .Fault("is required and must be a time with its zone");
  }
  v1::ReportFeedbackRequest report;
  report.set_decision_id(decision);
  const absl::string_view outcome = item.Text("outcome");
  if (outcome == "accepted") {
    report.set_outcome(v1::FEEDBACK_OUTCOME_ACCEPTED);
    const Element suggestions = item.Array("acceptedSuggestions");
    for (int i = 0; i < suggestions.size(); ++i) {
      const Element suggestion = suggestions.ObjectAt(i);
      if (suggestion.Text("id").empty()) {
        suggestion.Member("id").Fault("is required");
      }
    }
  } else if (outcome == "overridden") {
    report.set_outcome(v1::FEEDBACK_OUTCOME_OVERRIDDEN);
    // The user's own words are not recorded: they may be about anybody.
    const v1::Coding reason =
        ReadCoding(item.Object("overrideReason").Object("reason"));
    report.set_override_reason(
        OverrideReasonOf(reason.system(), reason.code()));
  } else {
    item.Member("outcome").Fault("must be `accepted` or `overridden`");
  }
  report.set_request_id(
      ToUuid(Sha256()
                 .Add(report.SerializeAsString())
                 .Add(absl::StrCat(card, "/", item.Text("outcomeTimestamp")))
                 .Finish()));
  reports->push_back(std::move(report));
  return absl::OkStatus();
}

}  // namespace

Json OverrideReasonCodings() {
  Json codings = Json::array();
  for (const Reason& reason : kReasons) {
    codings.push_back({{"system", kOverrideReasonSystem},
                       {"code", std::string(reason.code)},
                       {"display", std::string(reason.display)}});
  }
  return codings;
}

v1::OverrideReason OverrideReasonOf(absl::string_view system,
                                    absl::string_view code) {
  for (const Reason& reason : kReasons) {
    if (system == kOverrideReasonSystem && code == reason.code) {
      return reason.reason;
    }
  }
  return v1::OVERRIDE_REASON_OTHER;
}

absl::StatusOr<std::vector<v1::ReportFeedbackRequest>> ReadFeedback(
    absl::string_view body, DecisionOf decision_of, Violations* violations) {
  std::vector<v1::ReportFeedbackRequest> reports;
  const absl::optional<JsonDocument> document = ParseJson(body, violations);
  if (!document.has_value()) return reports;
  const Element root(&document->root(), "", violations);
  const Element items = root.Array("feedback");
  if (items.size() == 0 || items.size() > kMostItems) {
    root.Member("feedback").Fault("is required and must hold 1 to 1,000 items");
    return reports;
  }
  for (int i = 0; i < items.size(); ++i) {
    if (absl::Status read = ReadItem(items.ObjectAt(i), decision_of, &reports);
        !read.ok()) {
      return read;
    }
  }
  return reports;
}

}  // namespace needlewise
