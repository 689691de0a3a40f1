// In the patient's language, why: the facts that made a rule fire, its sources,
// the open questions in words, and what would have to change.

#ifndef NEEDLEWISE_RULES_ENGINE_EXPLAINER_H_
#define NEEDLEWISE_RULES_ENGINE_EXPLAINER_H_

#include <string>

#include "needlewise/v1/rule.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/engine/evaluator.h"
#include "rules/engine/patient_facts.h"
#include "rules/engine/questions.h"

namespace needlewise {

// Writes cited sources in full.
void ExplainCitations(
    const CompiledCatalog& catalog,
    const google::protobuf::RepeatedPtrField<v1::SourceReference>& references,
    google::protobuf::RepeatedPtrField<v1::CitedSource>* cited);

// Adds texts, matched facts and sources to a rule that fired.
void ExplainRule(const CompiledRule& rule, const PatientFacts& patient,
                 const Facts& facts, const TreatmentContext& context,
                 v1::FiredRule* fired);

// Adds the words of a question.
void ExplainQuestion(const PatientFacts& patient, const Program& program,
                     const OpenQuestion& question, v1::Question* out);

// What would have to change for a blocked decision to be eligible. `fired`
// rules carry the days on which time alone clears them.
void ExplainChange(const Program& program,
                   const EffectiveStrictness& strictness,
                   const Evaluation& evaluation, const PatientFacts& patient,
                   const Facts& facts, const v1::AreaDecision& decision,
                   v1::Counterfactual* change);

// `none named`, or the device's display, in a language given by its position in
// the catalogue's wordings.
std::string DescribeDevice(const CompiledCatalog& catalog, int device_world,
                           int language = 0);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_EXPLAINER_H_
