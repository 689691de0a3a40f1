#include "client/rpc_error.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "grpcpp/support/status.h"

namespace needlewise {
namespace {

constexpr char kPayloadUrl[] = "type.googleapis.com/google.rpc.Status";

template <typename Detail>
std::optional<Detail> FindDetail(const absl::Status& status) {
  const google::rpc::Status rpc_status = ToRpcStatus(status);
  for (const google::protobuf::Any& any : rpc_status.details()) {
    Detail detail;
    if (any.Is<Detail>() && any.UnpackTo(&detail)) return detail;
  }
  return std::nullopt;
}

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

}  // namespace

absl::Status ToAbslStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
  google::rpc::Status details;
  // Details of another form are left out: code and message still hold.
  if (!status.error_details().empty() &&
      details.ParseFromString(status.error_details())) {
    result.SetPayload(kPayloadUrl, absl::Cord(status.error_details()));
  }
  return result;
}

absl::Status ToAbslStatus(const google::rpc::Status& status) {
  if (status.code() == 0) return absl::OkStatus();
  absl::Status result(static_cast<absl::StatusCode>(status.code()),
                      status.message());
  result.SetPayload(kPayloadUrl, absl::Cord(status.SerializeAsString()));
  return result;
}

google::rpc::Status ToRpcStatus(const absl::Status& status) {
  google::rpc::Status result;
  if (const auto payload = status.GetPayload(kPayloadUrl)) {
    if (!result.ParseFromString(std::string(*payload))) result.Clear();
  }
  result.set_code(static_cast<int>(status.code()));
  result.set_message(std::string(status.message()));
  return result;
}

std::string ReasonOf(const absl::Status& status) {
  const auto info = FindDetail<google::rpc::ErrorInfo>(status);
  return info.has_value() ? info->reason() : "";
}

google::rpc::BadRequest ViolationsOf(const absl::Status& status) {
  return FindDetail<google::rpc::BadRequest>(status).value_or(
      google::rpc::BadRequest());
}

std::optional<absl::Duration> RetryDelayOf(const absl::Status& status) {
  const auto retry = FindDetail<google::rpc::RetryInfo>(status);
  if (!retry.has_value() || !retry->has_retry_delay()) return std::nullopt;
  return ToDuration(retry->retry_delay());
}

std::string ExplainError(const absl::Status& status) {
  if (status.ok()) return "no error";
  std::string text =
      status.message().empty()
          ? absl::StatusCodeToString(status.code())
          : absl::StrCat(status.message(), " (",
                         absl::StatusCodeToString(status.code()), ")");
  const google::rpc::BadRequest bad_request = ViolationsOf(status);
  for (const auto& violation : bad_request.field_violations()) {
    absl::StrAppend(&text, "\n  ", violation.field(), ": ",
                    violation.description());
  }
  if (const auto info = FindDetail<google::rpc::ErrorInfo>(status)) {
    absl::StrAppend(&text, "\n  reason: ", info->reason());
    // A map has no order of its own; the text should.
    std::vector<std::pair<std::string, std::string>> about(
        info->metadata().begin(), info->metadata().end());
    std::sort(about.begin(), about.end());
    for (const auto& [key, value] : about) {
      absl::StrAppend(&text, "\n  ", key, ": ", value);
    }
  }
  if (const auto delay = RetryDelayOf(status)) {
    absl::StrAppend(&text, "\n  try again in ", absl::FormatDuration(*delay));
  }
  return text;
}

}  // namespace needlewise
