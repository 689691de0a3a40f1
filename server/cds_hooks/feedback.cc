#include "server/cds_hooks/feedback.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/cds_hooks/cards.h"
#include "server/fhir/element.h"
#include "server/fhir/mapping_context.h"

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

void ReadItem(const Element& item, const CardRegistry& cards,
              std::vector<v1::ReportFeedbackRequest>* reports) {
  const std::string card(item.Text("card"));
  const std::string decision = cards.DecisionOf(card);
  if (card.empty()) {
    item.Member("card").Fault("is required");
  } else if (decision.empty()) {
    item.Member("card").Fault(
        "is no card that this server still knows; report feedback to the "
        "server that gave the card, by the decision's id where it has "
        "restarted");
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
      UuidOf(report.SerializeAsString(),
             absl::StrCat(card, "/", item.Text("outcomeTimestamp"))));
  reports->push_back(std::move(report));
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

void CardRegistry::Add(const std::string& card,
                       const std::string& decision_id) {
  absl::MutexLock lock(&mutex_);
  if (!decisions_.emplace(card, decision_id).second) return;
  order_.push_back(card);
  if (order_.size() > limit_) {
    decisions_.erase(order_.front());
    order_.pop_front();
  }
}

std::string CardRegistry::DecisionOf(const std::string& card) const {
  absl::MutexLock lock(&mutex_);
  const auto found = decisions_.find(card);
  return found == decisions_.end() ? "" : found->second;
}

std::vector<v1::ReportFeedbackRequest> ReadFeedback(absl::string_view body,
                                                    const CardRegistry& cards,
                                                    Violations* violations) {
  std::vector<v1::ReportFeedbackRequest> reports;
  const absl::optional<Json> document = ParseJson(body, violations);
  if (!document.has_value()) return reports;
  const Element root(&*document, "", violations);
  const Element items = root.Array("feedback");
  if (items.size() == 0 || items.size() > kMostItems) {
    root.Member("feedback").Fault("is required and must hold 1 to 1,000 items");
    return reports;
  }
  for (int i = 0; i < items.size(); ++i) {
    ReadItem(items.ObjectAt(i), cards, &reports);
  }
  return reports;
}

}  // namespace needlewise
