// Answers requests from a compiled catalogue. Pure: no clock, no I/O, no
// threads; the same input and the same catalogue give the same bytes. Every
// function may be called from any thread.

#ifndef NEEDLEWISE_RULES_ENGINE_DECIDE_H_
#define NEEDLEWISE_RULES_ENGINE_DECIDE_H_

#include <vector>

#include "needlewise/v1/patient.pb.h"
#include "needlewise/v1/recommendation.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/engine/evaluator.h"
#include "rules/engine/patient_facts.h"
#include "rules/engine/patient_intake.h"
#include "rules/engine/request_checks.h"
#include "rules/engine/violation.h"

namespace needlewise {

// Which verdict wins. The one place that knows.
v1::Verdict VerdictFrom(const RuleTally& tally);

// Whether the treatment may go ahead.
bool IsEligible(v1::Verdict verdict);

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

// Below: the parts that the functions above, and the planner, share.

// Decides on one treatment in each of its areas. `acknowledged` holds indices
// in `catalog.rules`. What its facts break by implication is appended to
// `*notices`.
void DecideTreatment(const PatientFacts& patient,
                     const SelectedTreatment& selected,
                     const std::vector<int>& acknowledged, v1::View view,
                     v1::TreatmentDecision* decision,
                     std::vector<v1::Notice>* notices);

// Writes notices in a canonical order, each kind once for each concept.
void WriteNotices(std::vector<v1::Notice> notices,
                  google::protobuf::RepeatedPtrField<v1::Notice>* out);

// What to do with an add-on, from its screening and that of the base.
v1::AddOnStatus AddOnStatusFrom(const v1::TreatmentDecision& base,
                                const v1::TreatmentDecision& screening,
                                bool indicated, v1::EvidenceStrength strongest);

// The add-on's treatment, to be screened where the base is wanted: same areas
// and concerns; its own device, or the base's where that is used for it.
SelectedTreatment SelectAddOn(
    const CompiledCatalog& catalog, const SelectedTreatment& base,
    int treatment,
    const google::protobuf::RepeatedPtrField<v1::AddOnDevice>& devices);

// Checks the devices stated for add-ons.
void CheckAddOnDevices(
    const CompiledCatalog& catalog,
    const google::protobuf::RepeatedPtrField<v1::AddOnDevice>& devices,
    Violations* violations);

// Reads the base of a request; a violation where it is an add-on.
SelectedTreatment ReadBase(const CompiledCatalog& catalog,
                           const v1::TreatmentSelection& selection, int profile,
                           Violations* violations);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_DECIDE_H_
