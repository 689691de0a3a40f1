// Conditions as a clinician reads them.

#ifndef NEEDLEWISE_RULES_TOOLS_CONDITION_WORDS_H_
#define NEEDLEWISE_RULES_TOOLS_CONDITION_WORDS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/engine/truth.h"

namespace needlewise {

// A condition on one line, for instance `Keloid, ever, anywhere on the body`.
// Lists in lists are in parentheses.
std::string InWords(const CompiledCatalog& catalog,
                    const v1::Condition& condition);

// What stands above the parts of a condition: `all of`, `any of`, `not`. Empty
// for a leaf.
std::string HeadingOf(const v1::Condition& condition);

// `18 years`, `100 × 10⁹/L`, `4`: a value with its UCUM unit as people write
// it.
std::string ValueInWords(double value, absl::string_view unit);

// `present`, `not now`, `never`, or a bound with its unit.
std::string StateInWords(const CompiledCatalog& catalog,
                         const v1::ConceptState& state);

// `contraindication`, `deferral`, `review`, `precaution`, `note`.
std::string EffectInWords(v1::EffectKind effect);

// `A` to `G`.
std::string GradeInWords(v1::EvidenceGrade grade);

std::string VerdictInWords(v1::Verdict verdict);

// Who made a statement.
std::string SourceInWords(v1::Source source);

// `true`, `false`, `unknown`.
std::string TruthInWords(Truth truth);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_CONDITION_WORDS_H_
