// Which error goes on the wire, and with which details. Every function gives
// an `absl::Status` that carries its `google.rpc` details as payloads, so code
// below the transport needs no gRPC. No message holds patient data.

#ifndef NEEDLEWISE_SERVER_STATUS_H_
#define NEEDLEWISE_SERVER_STATUS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/rpc/status.pb.h"
#include "needlewise/v1/error_reason.pb.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/violation.h"
#include "server/telemetry/json_log.h"

namespace needlewise {

// INVALID_ARGUMENT with every violation.
absl::Status FieldsInvalid(const Violations& violations);

// NOT_FOUND. `nearest` are ids that the caller may have meant.
absl::Status RuleNotFound(absl::string_view rule_id,
                          const std::vector<std::string>& nearest);

// FAILED_PRECONDITION: another catalogue than the one asked for is in force.
absl::Status CatalogVersionMismatch(const v1::CatalogVersion& in_force);

// FAILED_PRECONDITION: screening blocks `treatments`.
absl::Status ScreeningNotSatisfied(const std::vector<std::string>& treatments);

// UNAVAILABLE, to be tried again.
absl::Status CatalogNotLoaded();

// RESOURCE_EXHAUSTED, to be tried again. `what` is in the plural, for instance
// `calls`.
absl::Status TooMany(absl::string_view what, int limit);

// RESOURCE_EXHAUSTED, to be tried again: the decision log's queue is full.
absl::Status DecisionLogBusy();

// UNAVAILABLE, to be tried again: the decision store does not answer.
absl::Status StoreUnavailable();

// NOT_FOUND.
absl::Status DecisionNotFound();

// ALREADY_EXISTS: the request id belongs to `decision_id`.
absl::Status RequestIdReused(absl::string_view decision_id);

// FAILED_PRECONDITION: the server has no key for receipts.
absl::Status ReceiptsNotOffered();

// FAILED_PRECONDITION: the catalogue of a record cannot be decided with.
absl::Status CatalogNotArchived(absl::string_view digest);

// DEADLINE_EXCEEDED.
absl::Status DeadlinePassed();

// CANCELLED: the caller gave up.
absl::Status CallCancelled();

// UNAUTHENTICATED: the caller has shown no certificate that the server trusts.
absl::Status CredentialsMissing();

// UNAVAILABLE: the server is draining.
absl::Status ShuttingDown();

// UNIMPLEMENTED. `what` is not offered by this build or configuration.
absl::Status NotOffered(absl::string_view what);

// INTERNAL: an invariant is broken. Logs `what`, which must be fixed text,
// under an opaque id, and repeats only the id.
absl::Status Fault(const Log& log, absl::string_view what);

// The status with its details, `ErrorInfo` first. An error made elsewhere,
// without details, becomes an INTERNAL one without its text.
google::rpc::Status ToRpcStatus(const absl::Status& status);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_STATUS_H_
