#include "server/decision_feedback.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/engine/request_checks.h"
#include "server/status.h"

namespace needlewise {
namespace {

Violations CheckFeedback(const v1::ReportFeedbackRequest& request) {
  Violations violations;
  if (request.request_id().empty()) {
    violations.push_back({"request_id", "is required; a UUID"});
  }
  CheckRequestId(request.request_id(), &violations);
  if (request.decision_id().empty()) {
    violations.push_back({"decision_id", "is required"});
  }
  const v1::FeedbackOutcome outcome = request.outcome();
  if (!v1::FeedbackOutcome_IsValid(outcome) ||
      outcome == v1::FEEDBACK_OUTCOME_UNSPECIFIED) {
    violations.push_back(
        {"outcome", "is required; ACCEPTED, OVERRIDDEN or ACKNOWLEDGED"});
  }
  const bool has_reason =
      request.override_reason() != v1::OVERRIDE_REASON_UNSPECIFIED;
  if (!v1::OverrideReason_IsValid(request.override_reason())) {
    violations.push_back({"override_reason", "is not a reason"});
  } else if ((outcome == v1::FEEDBACK_OUTCOME_OVERRIDDEN) != has_reason) {
    violations.push_back(
        {"override_reason", has_reason ? "goes with OVERRIDDEN only"
                                       : "is required with OVERRIDDEN"});
  }
  if (outcome == v1::FEEDBACK_OUTCOME_ACKNOWLEDGED &&
      request.rule_id().empty()) {
    violations.push_back({"rule_id", "is required with ACKNOWLEDGED"});
  }
  return violations;
}

// The rule as it fired in the decision; null where it did not.
const v1::FiredRule* FindFired(const v1::DecisionRecord& record,
                               const std::string& rule_id) {
  const v1::FiredRule* found = nullptr;
  const auto look = [&](const v1::TreatmentDecision& treatment) {
    for (const v1::AreaDecision& area : treatment.areas()) {
      for (const v1::FiredRule& fired : area.fired()) {
        if (fired.rule_id() == rule_id) found = &fired;
      }
    }
  };
  for (const auto& treatment : record.decision().treatments()) look(treatment);
  look(record.add_on_decision().base());
  for (const auto& add_on : record.add_on_decision().add_ons()) {
    look(add_on.screening());
  }
  for (const auto& pair : record.add_on_decision().combinations()) {
    look(pair.screening());
  }
  for (const auto& screening : record.plan().screening()) look(screening);
  return found;
}

Violations CheckRule(const v1::ReportFeedbackRequest& request,
                     const v1::DecisionRecord& record) {
  if (request.rule_id().empty()) return {};
  const v1::FiredRule* fired = FindFired(record, request.rule_id());
  if (fired == nullptr) {
    return {{"rule_id", "names a rule that did not fire in the decision"}};
  }
  if (request.outcome() == v1::FEEDBACK_OUTCOME_ACKNOWLEDGED &&
      fired->effect() != v1::EFFECT_KIND_REVIEW &&
      fired->effect() != v1::EFFECT_KIND_PRECAUTION) {
    return {{"rule_id",
             "names a rule that is neither a review nor a precaution; only "
             "those can be acknowledged"}};
  }
  return {};
}

bool SameFeedback(const v1::FeedbackRecord& a, const v1::FeedbackRecord& b) {
  return a.decision_id() == b.decision_id() && a.rule_id() == b.rule_id() &&
         a.outcome() == b.outcome() &&
         a.override_reason() == b.override_reason();
}

}  // namespace

void StartFeedback(
    Recording* recording, const v1::ReportFeedbackRequest& request,
    const std::string& caller,
    absl::AnyInvocable<void(absl::Status, const v1::ReportFeedbackResponse&)>
        done) {
  Violations violations = CheckFeedback(request);
  if (!violations.empty()) {
    done(FieldsInvalid(violations), {});
    return;
  }
  const absl::StatusOr<v1::DecisionRecord> record =
      recording->queries().FindDecision(request.decision_id());
  if (!record.ok()) {
    done(record.status(), {});
    return;
  }
  violations = CheckRule(request, *record);
  if (!violations.empty()) {
    done(FieldsInvalid(violations), {});
    return;
  }
  v1::FeedbackRecord feedback;
  feedback.set_decision_id(request.decision_id());
  feedback.set_rule_id(request.rule_id());
  feedback.set_outcome(request.outcome());
  feedback.set_override_reason(request.override_reason());
  feedback.set_caller(caller);
  const RequestKey key =
      MakeRequestKey("feedback", caller, request.request_id());
  feedback.set_request_hash(key.hash);
  feedback.set_subject_hash(record->subject_hash());
  if (request.outcome() == v1::FEEDBACK_OUTCOME_ACKNOWLEDGED) {
    const absl::StatusOr<std::string> state =
        recording->queries().StateOf(*record, request.rule_id());
    if (!state.ok()) {
      done(state.status(), {});
      return;
    }
    v1::RecordedAcknowledgement* kept = feedback.mutable_acknowledgement();
    kept->set_rule_id(request.rule_id());
    kept->set_state(*state);
  }
  recording->Append(
      MakeFeedbackEntry(feedback, key.key),
      [recording, feedback,
       done = std::move(done)](AppendOutcome outcome) mutable {
        v1::ReportFeedbackResponse response;
        if (!outcome.results.empty() && outcome.results[0].already_there) {
          const auto there = recording->FeedbackAt(outcome.results[0].sequence);
          if (!there.has_value() || !SameFeedback(*there, feedback)) {
            outcome.status.Update(
                RequestIdReused(there.has_value() ? there->decision_id() : ""));
          }
          response.set_already_recorded(true);
        }
        done(outcome.status, response);
      });
}

}  // namespace needlewise
