// The catalogue as a clinician reads it.

#ifndef NEEDLEWISE_CLIENT_CLI_CATALOG_REPORT_H_
#define NEEDLEWISE_CLIENT_CLI_CATALOG_REPORT_H_

#include <string>

#include "client/cli/terminal.h"
#include "needlewise/v1/rule_catalog.pb.h"

namespace needlewise {

// A table of rules.
void ReportRules(const v1::ListRulesResponse& response, TextReport* report);

// One rule with its condition in words.
void ReportRule(const v1::GetRuleResponse& response, TextReport* report);

// Source conflicts with their positions.
void ReportConflicts(const v1::ListSourceConflictsResponse& response,
                     TextReport* report);

// How many rules are past review, in words.
std::string PastReviewLine(int rules);

// What became of a catalogue.
void ReportEvent(const v1::WatchRuleCatalogResponse& event, TextReport* report);

}  // namespace needlewise

#endif  // NEEDLEWISE_CLIENT_CLI_CATALOG_REPORT_H_
