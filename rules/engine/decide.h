// Answers requests from a compiled catalogue. Pure: no clock, no I/O, no
// threads; the same input and the same catalogue give the same bytes. Every
// function may be called from any thread.

#ifndef NEEDLEWISE_RULES_ENGINE_DECIDE_H_
#define NEEDLEWISE_RULES_ENGINE_DECIDE_H_

#include <vector>

#include "absl/time/civil_time.h"
#include "needlewise/v1/patient.pb.h"
#include "needlewise/v1/recommendation.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/engine/violation.h"

namespace needlewise {

// What a decision rests on beside the request and the catalogue.
struct Environment {
  // The day of the call. Statements without a date were made on it; nothing
  // may be dated after it.
  absl::CivilDay today;
  // Standing facts about the site, which join each request. May be null. Not
  // owned.
  const std::vector<v1::Finding>* site_findings = nullptr;
  // Most findings of one patient.
  int max_findings = 2000;
};

// Each of the following returns true and fills `*answer`, or returns false and
// appends every fault of the request to `*violations`, leaving `*answer`
// unspecified. `rule_catalog_digest` and `request_id` are the caller's affair.

bool Screen(const CompiledCatalog& catalog, const Environment& environment,
            const v1::ScreenEligibilityRequest& request, v1::Decision* answer,
            Violations* violations);

bool SuggestQuestions(const CompiledCatalog& catalog,
                      const Environment& environment,
                      const v1::SuggestQuestionsRequest& request,
                      v1::SuggestQuestionsResponse* answer,
                      Violations* violations);

bool RecommendAddOns(const CompiledCatalog& catalog,
                     const Environment& environment,
                     const v1::RecommendAddOnsRequest& request,
                     v1::AddOnDecision* answer, Violations* violations);

enum class PlanOutcome {
  // `*answer` holds the plan.
  kPlanned,
  // `*violations` holds what is wrong with the request.
  kInvalid,
  // Screening blocks the base or a chosen add-on: `answer->screening` holds
  // the decisions, nothing else of it is set.
  kNotSatisfied,
};

PlanOutcome PlanTreatment(const CompiledCatalog& catalog,
                          const Environment& environment,
                          const v1::PlanTreatmentRequest& request,
                          v1::TreatmentPlan* answer, Violations* violations);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_DECIDE_H_
