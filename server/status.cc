#include "server/status.h"

#include <cstdint>
#include <random>

#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"
#include "google/rpc/error_details.pb.h"
#include "rules/engine/nearest_names.h"

namespace needlewise {
namespace {

constexpr absl::string_view kDomain = "needlewise.v1";
constexpr absl::string_view kReasonPrefix = "ERROR_REASON_";
constexpr absl::string_view kTypePrefix = "type.googleapis.com/";
constexpr int kRetryMilliseconds = 100;

template <typename Detail>
std::string TypeUrl() {
  return absl::StrCat(kTypePrefix, Detail::descriptor()->full_name());
}

template <typename Detail>
void Attach(const Detail& detail, absl::Status* status) {
  status->SetPayload(TypeUrl<Detail>(), absl::Cord(detail.SerializeAsString()));
}

google::rpc::ErrorInfo MakeErrorInfo(v1::ErrorReason reason) {
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(
      absl::StripPrefix(v1::ErrorReason_Name(reason), kReasonPrefix)));
  info.set_domain(std::string(kDomain));
  return info;
}

absl::Status Error(absl::StatusCode code, v1::ErrorReason reason,
                   absl::string_view message) {
  absl::Status status(code, message);
  Attach(MakeErrorInfo(reason), &status);
  return status;
}

void AttachRetry(absl::Status* status) {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_nanos(kRetryMilliseconds * 1000000);
  Attach(retry, status);
}

template <typename Detail>
void CopyDetail(const absl::Status& from, google::rpc::Status* to) {
  const std::string url = TypeUrl<Detail>();
  const absl::optional<absl::Cord> payload = from.GetPayload(url);
  if (!payload.has_value()) return;
  google::protobuf::Any* any = to->add_details();
  any->set_type_url(url);
  any->set_value(std::string(*payload));
}

}  // namespace

absl::Status FieldsInvalid(const Violations& violations) {
  google::rpc::BadRequest bad;
  for (const FieldViolation& violation : violations) {
    auto* added = bad.add_field_violations();
    added->set_field(violation.field);
    added->set_description(violation.description);
  }
  absl::Status status =
      Error(absl::StatusCode::kInvalidArgument, v1::ERROR_REASON_FIELD_INVALID,
            violations.size() == 1
                ? "1 field is invalid; the details name it"
                : absl::StrCat(violations.size(),
                               " fields are invalid; the details name them"));
  Attach(bad, &status);
  return status;
}

absl::Status RuleNotFound(absl::string_view rule_id,
                          const std::vector<std::string>& nearest) {
  return Error(absl::StatusCode::kNotFound, v1::ERROR_REASON_RULE_NOT_FOUND,
               absl::StrCat("rule `", rule_id, "` is not in the catalogue",
                            DidYouMean(nearest)));
}

absl::Status CatalogVersionMismatch(const v1::CatalogVersion& in_force) {
  absl::Status status(
      absl::StatusCode::kFailedPrecondition,
      absl::StrCat("another catalogue is in force: `", in_force.version(),
                   "`, digest `", in_force.digest(),
                   "`; ask for that one, or for any"));
  google::rpc::ErrorInfo info =
      MakeErrorInfo(v1::ERROR_REASON_CATALOG_VERSION_MISMATCH);
  (*info.mutable_metadata())["version"] = in_force.version();
  (*info.mutable_metadata())["digest"] = in_force.digest();
  Attach(info, &status);
  return status;
}

absl::Status ScreeningNotSatisfied(const std::vector<std::string>& treatments) {
  absl::Status status(
      absl::StatusCode::kFailedPrecondition,
      absl::StrCat("screening does not let `",
                   absl::StrJoin(treatments, "`, `"),
                   "` go ahead on this day; screen to learn why"));
  google::rpc::ErrorInfo info =
      MakeErrorInfo(v1::ERROR_REASON_SCREENING_NOT_SATISFIED);
  (*info.mutable_metadata())["treatments"] = absl::StrJoin(treatments, ",");
  Attach(info, &status);
  return status;
}

absl::Status CatalogNotLoaded() {
  absl::Status status =
      Error(absl::StatusCode::kUnavailable, v1::ERROR_REASON_CATALOG_NOT_LOADED,
            "no catalogue has been loaded yet");
  AttachRetry(&status);
  return status;
}

absl::Status TooMany(absl::string_view what, int limit) {
  absl::Status status = Error(
      absl::StatusCode::kResourceExhausted, v1::ERROR_REASON_TOO_MANY_CALLS,
      absl::StrCat("at most ", limit, " ", what,
                   " may be open at once; wait and try again"));
  AttachRetry(&status);
  return status;
}

absl::Status DecisionLogBusy() {
  absl::Status status = Error(
      absl::StatusCode::kResourceExhausted, v1::ERROR_REASON_DECISION_LOG_BUSY,
      "the decision log has more to write than it may keep waiting; wait "
      "and try again");
  AttachRetry(&status);
  return status;
}

absl::Status StoreUnavailable() {
  absl::Status status =
      Error(absl::StatusCode::kUnavailable, v1::ERROR_REASON_STORE_UNAVAILABLE,
            "the decision cannot be recorded now, so it is not given; try "
            "again, with the same `request_id`");
  AttachRetry(&status);
  return status;
}

absl::Status DecisionNotFound() {
  return Error(absl::StatusCode::kNotFound, v1::ERROR_REASON_DECISION_NOT_FOUND,
               "no decision of that id is in the log");
}

absl::Status RequestIdReused(absl::string_view decision_id) {
  absl::Status status(
      absl::StatusCode::kAlreadyExists,
      absl::StrCat("the `request_id` belongs to decision `", decision_id,
                   "`, of another input, day or catalogue; get that one, or "
                   "ask with a new id"));
  google::rpc::ErrorInfo info =
      MakeErrorInfo(v1::ERROR_REASON_REQUEST_ID_REUSED);
  (*info.mutable_metadata())["decision_id"] = std::string(decision_id);
  Attach(info, &status);
  return status;
}

absl::Status ReceiptsNotOffered() {
  return Error(absl::StatusCode::kFailedPrecondition,
               v1::ERROR_REASON_RECEIPTS_NOT_OFFERED,
               "the server has no key to sign receipts; ask without one");
}

absl::Status CatalogNotArchived(absl::string_view digest) {
  return Error(absl::StatusCode::kFailedPrecondition,
               v1::ERROR_REASON_CATALOG_NOT_ARCHIVED,
               absl::StrCat("catalogue `", digest,
                            "` is not in the archive, or does not compile any "
                            "more"));
}

absl::Status DeadlinePassed() {
  return Error(absl::StatusCode::kDeadlineExceeded,
               v1::ERROR_REASON_DEADLINE_EXCEEDED,
               "the deadline passed before the answer was ready");
}

absl::Status CallCancelled() {
  // There is nobody left to read a reason.
  return absl::CancelledError("the caller cancelled");
}

absl::Status CredentialsMissing() {
  return Error(absl::StatusCode::kUnauthenticated,
               v1::ERROR_REASON_CREDENTIALS_MISSING,
               "a client needs a certificate that this server trusts");
}

absl::Status ShuttingDown() {
  return Error(absl::StatusCode::kUnavailable, v1::ERROR_REASON_SHUTTING_DOWN,
               "the server is shutting down; another replica will answer");
}

absl::Status NotOffered(absl::string_view what) {
  return Error(absl::StatusCode::kUnimplemented, v1::ERROR_REASON_NOT_OFFERED,
               absl::StrCat(what, " is not offered by this server"));
}

absl::Status Fault(const Log& log, absl::string_view what) {
  std::random_device random;
  const std::string id =
      absl::StrFormat("%08x%08x", static_cast<uint32_t>(random()),
                      static_cast<uint32_t>(random()));
  log.Write(LogSeverity::kError, "fault", {{"id", id}, {"what", what}});
  return Error(
      absl::StatusCode::kInternal, v1::ERROR_REASON_INTERNAL,
      absl::StrCat("internal error; quote `", id, "` to the operator"));
}

google::rpc::Status ToRpcStatus(const absl::Status& status) {
  google::rpc::Status rpc;
  rpc.set_code(static_cast<int>(status.code()));
  if (status.ok()) return rpc;
  if (!absl::IsCancelled(status) &&
      !status.GetPayload(TypeUrl<google::rpc::ErrorInfo>()).has_value()) {
    return ToRpcStatus(Error(absl::StatusCode::kInternal,
                             v1::ERROR_REASON_INTERNAL, "internal error"));
  }
  rpc.set_message(std::string(status.message()));
  CopyDetail<google::rpc::ErrorInfo>(status, &rpc);
  CopyDetail<google::rpc::BadRequest>(status, &rpc);
  CopyDetail<google::rpc::RetryInfo>(status, &rpc);
  return rpc;
}

}  // namespace needlewise
