#ifndef NEEDLEWISE_SERVER_DECISION_LOG_AUDIT_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_AUDIT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "server/decision_log/decision_store.h"

namespace needlewise {

// What an audit of the hash chain found.
struct AuditReport {
  int64_t entries = 0;
  ChainEnds ends;
  // What is wrong, a line for each: which entry is missing, was changed, or
  // has changed places with another. Empty: the chain holds.
  std::vector<std::string> faults;
};

// Follows the chain from its beginning to its end. Calls `progress` now and
// then with the entries looked at. Errors as those of the store.
absl::StatusOr<AuditReport> Audit(const DecisionStore& store,
                                  absl::FunctionRef<void(int64_t)> progress);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_AUDIT_H_
