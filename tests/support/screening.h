// Requests about the treatments of `CatalogBuilder`, and their answers.

#ifndef NEEDLEWISE_TESTS_SUPPORT_SCREENING_H_
#define NEEDLEWISE_TESTS_SUPPORT_SCREENING_H_

#include <map>
#include <string>
#include <vector>

#include "needlewise/v1/screening.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/engine/decide.h"
#include "rules/engine/patient_facts.h"

namespace needlewise {

// The day of every decision that names no other.
inline constexpr char kAsOf[] = "2026-11-20";

// Today is `day`, and there are no site findings.
Environment EnvironmentOn(const std::string& day = kAsOf);

// Asks, on `kAsOf`, about one treatment of one area; `more` is protobuf text
// of the treatment asked about.
v1::ScreenEligibilityRequest RequestFor(
    const v1::Patient& patient, const std::string& area = "cheeks",
    const std::string& treatment = "needling", const std::string& more = "");

// Answers; a violation fails the test.
v1::Decision MustScreen(const CompiledCatalog& catalog,
                        const v1::ScreenEligibilityRequest& request,
                        const std::string& today = kAsOf);

// As `MustScreen`, for a request about one treatment of one area.
v1::AreaDecision MustDecide(const CompiledCatalog& catalog,
                            const v1::ScreenEligibilityRequest& request,
                            const std::string& today = kAsOf);

// The patient as read; a violation fails the test. Refers to `patient`.
PatientIntake MustRead(const CompiledCatalog& catalog,
                       const v1::Patient& patient,
                       const std::string& as_of = kAsOf,
                       const std::string& today = kAsOf);

// The area, and nothing else, in which a treatment is asked about.
TreatmentContext ContextOf(const CompiledCatalog& catalog,
                           const std::string& area = "cheeks",
                           const std::string& treatment = "needling");

// What each rule says of a patient, by rule id.
std::map<std::string, Truth> TruthsOf(const CompiledCatalog& catalog,
                                      const v1::Patient& patient,
                                      const std::string& area = "cheeks",
                                      const std::string& as_of = kAsOf,
                                      const std::string& today = kAsOf);

// `field: description` of each violation.
std::vector<std::string> Lines(const Violations& violations);

// Ids, in order.
std::vector<std::string> FiredIn(const v1::AreaDecision& decision);
std::vector<std::string> OutstandingIn(const v1::AreaDecision& decision);
std::vector<std::string> AlsoUsefulIn(const v1::AreaDecision& decision);

// `kind concept [findings]` of each notice, the kind without its prefix.
std::vector<std::string> NoticesIn(const v1::Decision& decision);

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_SUPPORT_SCREENING_H_
