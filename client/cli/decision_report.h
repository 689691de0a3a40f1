// Decisions as a clinician reads them.

#ifndef NEEDLEWISE_CLIENT_CLI_DECISION_REPORT_H_
#define NEEDLEWISE_CLIENT_CLI_DECISION_REPORT_H_

#include <string>

#include "client/cli/terminal.h"
#include "needlewise/v1/recommendation.pb.h"
#include "needlewise/v1/screening.pb.h"

namespace needlewise {

// Each appends to `*report` everything the answer holds, in the order in which
// a clinician needs it: the verdict and its date, what stands against the
// treatment from the strictest, what would clear it, what is still open, what
// was odd about the input. An answer in view BASIC gives ids without texts.

void ReportScreening(const v1::ScreenEligibilityResponse& response,
                     TextReport* report);

void ReportAddOns(const v1::RecommendAddOnsResponse& response,
                  TextReport* report);

void ReportPlan(const v1::PlanTreatmentResponse& response, TextReport* report);

// The catalogue and the profile that a decision was made with.
std::string CatalogLine(const v1::CatalogVersion& version,
                        const std::string& profile, int rules_left_out);

// A source in one line: its text, where to find it, and how it was checked.
std::string SourceLine(const v1::CitedSource& source);

}  // namespace needlewise

#endif  // NEEDLEWISE_CLIENT_CLI_DECISION_REPORT_H_
