// Answers the questions of `DecisionLogService` from the store. Every function
// may block for the store, and be called from any thread that may. Store errors
// come out as STORE_UNAVAILABLE, and in the log with their text.

#ifndef NEEDLEWISE_SERVER_DECISION_LOG_DECISION_QUERIES_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_DECISION_QUERIES_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "needlewise/v1/decision_log.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "server/decision_log/catalog_archive.h"
#include "server/decision_log/decision_store.h"
#include "server/telemetry/json_log.h"

namespace needlewise {

// The record of an entry, with what the store adds. Not OK where it holds
// another kind of entry: NOT_FOUND, or does not parse: DATA_LOSS.
absl::StatusOr<v1::DecisionRecord> ToDecisionRecord(const StoredEntry& entry);

class DecisionQueries {
 public:
  // No pointer is owned.
  DecisionQueries(const DecisionStore* store, const CatalogArchive* archive,
                  const Log* log)
      : store_(store), archive_(archive), log_(log) {}

  absl::Status Get(const v1::GetDecisionRequest& request,
                   v1::GetDecisionResponse* response) const;

  absl::Status List(const v1::ListDecisionsRequest& request,
                    v1::ListDecisionsResponse* response) const;

  absl::Status Replay(const v1::ReplayDecisionRequest& request,
                      v1::ReplayDecisionResponse* response) const;

  // `in_force` says which rules there are.
  absl::Status CountRules(const CompiledCatalog& in_force,
                          const v1::ListRuleCountsRequest& request,
                          v1::ListRuleCountsResponse* response) const;

  // Decides the newest decisions again with `candidate`. `may_go_on` is asked
  // now and then.
  absl::Status Evaluate(const CompiledCatalog& candidate, int max_decisions,
                        absl::FunctionRef<absl::Status()> may_go_on,
                        v1::EvaluateCandidateResponse* response) const;

  // The newest record of a decision. NOT_FOUND with DECISION_NOT_FOUND.
  absl::StatusOr<v1::DecisionRecord> FindDecision(
      const std::string& decision_id) const;
  // The newest record that has a key and is the one sought. NOT_FOUND as above.
  absl::StatusOr<v1::DecisionRecord> FindDecision(
      Term key,
      absl::FunctionRef<bool(const v1::DecisionRecord&)> is_sought) const;

  // Whether an entry of the key exists, for instance an acknowledgement.
  absl::StatusOr<bool> HasKey(Term key) const;

  // What an acknowledgement of a rule is about, in a recorded decision.
  absl::StatusOr<std::string> StateOf(const v1::DecisionRecord& record,
                                      const std::string& rule_id) const;

 private:
  absl::Status Failed(const absl::Status& status) const;

  const DecisionStore* const store_;
  const CatalogArchive* const archive_;
  const Log* const log_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_DECISION_QUERIES_H_
