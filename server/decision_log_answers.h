// Answers to the decision log's questions that need a catalogue, too, whatever
// door they came in through.

#ifndef NEEDLEWISE_SERVER_DECISION_LOG_ANSWERS_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_ANSWERS_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "needlewise/v1/decision_log.pb.h"
#include "server/catalog_manager.h"
#include "server/decision_log/decision_queries.h"

namespace needlewise {

// How often the rules in force fired. Blocks while it reads the log.
absl::Status CountRules(const CatalogManager& catalogs,
                        const DecisionQueries& queries,
                        const v1::ListRuleCountsRequest& request,
                        v1::ListRuleCountsResponse* response);

// Checks and loads a candidate, and decides again with it. Takes long; asks
// `may_go_on` now and then.
absl::Status EvaluateCandidate(const CatalogManager& catalogs,
                               const DecisionQueries& queries,
                               const v1::EvaluateCandidateRequest& request,
                               absl::FunctionRef<absl::Status()> may_go_on,
                               v1::EvaluateCandidateResponse* response);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_ANSWERS_H_
