#include "server/http/connect_error.h"

#include <algorithm>
#include <cstdint>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/http/message_json.h"
#include "server/status.h"

namespace needlewise {
namespace {

struct CodeForm {
  absl::StatusCode code;
  absl::string_view name;
  int http_status;
};
// The table of the protocol's page, "Error Codes".
constexpr CodeForm kCodes[] = {
    {absl::StatusCode::kCancelled, "canceled", 499},
    {absl::StatusCode::kUnknown, "unknown", 500},
    {absl::StatusCode::kInvalidArgument, "invalid_argument", 400},
    {absl::StatusCode::kDeadlineExceeded, "deadline_exceeded", 504},
    {absl::StatusCode::kNotFound, "not_found", 404},
    {absl::StatusCode::kAlreadyExists, "already_exists", 409},
    {absl::StatusCode::kPermissionDenied, "permission_denied", 403},
    {absl::StatusCode::kResourceExhausted, "resource_exhausted", 429},
    {absl::StatusCode::kFailedPrecondition, "failed_precondition", 400},
    {absl::StatusCode::kAborted, "aborted", 409},
    {absl::StatusCode::kOutOfRange, "out_of_range", 400},
    {absl::StatusCode::kUnimplemented, "unimplemented", 501},
    {absl::StatusCode::kInternal, "internal", 500},
    {absl::StatusCode::kUnavailable, "unavailable", 503},
    {absl::StatusCode::kDataLoss, "data_loss", 500},
    {absl::StatusCode::kUnauthenticated, "unauthenticated", 401},
};

const CodeForm& FormOf(absl::StatusCode code) {
  const auto* found =
      std::find_if(std::begin(kCodes), std::end(kCodes),
                   [code](const CodeForm& form) { return form.code == code; });
  return found == std::end(kCodes) ? kCodes[1] : *found;
}

// Empty where the program does not know the message.
std::string DebugJson(const google::protobuf::Any& detail,
                      absl::string_view type) {
  const auto* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
          std::string(type));
  if (descriptor == nullptr) return "";
  const std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(descriptor)
          ->New());
  return message->ParseFromString(detail.value()) ? WriteJson(*message) : "";
}

std::string DetailJson(const google::protobuf::Any& detail) {
  absl::string_view type = detail.type_url();
  type.remove_prefix(type.rfind('/') + 1);
  std::string value = absl::Base64Escape(detail.value());
  // The protocol wants it without padding.
  value.resize(value.size() -
               std::min<size_t>(value.size(),
                                std::count(value.begin(), value.end(), '=')));
  std::string json =
      absl::StrCat("{\"type\":", QuoteJson(type), ",\"value\":\"", value, "\"");
  if (const std::string debug = DebugJson(detail, type); !debug.empty()) {
    absl::StrAppend(&json, ",\"debug\":", debug);
  }
  return absl::StrCat(json, "}");
}

// Whole seconds until a retry helps, at least 1; 0 where it does not.
int64_t RetrySeconds(const google::rpc::Status& error) {
  google::rpc::RetryInfo retry;
  for (const google::protobuf::Any& detail : error.details()) {
    if (!detail.UnpackTo(&retry)) continue;
    return std::max<int64_t>(1, retry.retry_delay().seconds() +
                                    (retry.retry_delay().nanos() > 0 ? 1 : 0));
  }
  return 0;
}

std::string ErrorJson(const google::rpc::Status& error) {
  std::string json =
      absl::StrCat("{\"code\":\"",
                   ConnectCodeName(static_cast<absl::StatusCode>(error.code())),
                   "\",\"message\":", QuoteJson(error.message()));
  for (int i = 0; i < error.details_size(); ++i) {
    absl::StrAppend(&json, i == 0 ? ",\"details\":[" : ",",
                    DetailJson(error.details(i)));
  }
  return absl::StrCat(json, error.details().empty() ? "}" : "]}");
}

}  // namespace

absl::string_view ConnectCodeName(absl::StatusCode code) {
  return FormOf(code).name;
}

int HttpStatusOf(absl::StatusCode code) {
  return code == absl::StatusCode::kOk ? 200 : FormOf(code).http_status;
}

absl::StatusCode CodeOfHttpStatus(int status) {
  if (status < 400) return absl::StatusCode::kOk;
  switch (status) {
    case 412:
      return absl::StatusCode::kFailedPrecondition;
    case 413:
    case 415:
      return absl::StatusCode::kInvalidArgument;
    case 405:
      return absl::StatusCode::kUnimplemented;
    default:
      break;
  }
  for (const CodeForm& form : kCodes) {
    if (form.http_status == status) {
      return status == 500 ? absl::StatusCode::kInternal : form.code;
    }
  }
  return status < 500 ? absl::StatusCode::kInvalidArgument
                      : absl::StatusCode::kInternal;
}

std::string ConnectErrorJson(const absl::Status& error) {
  return ErrorJson(ToRpcStatus(error));
}

HttpResponse ConnectErrorResponse(const absl::Status& error, int status) {
  const google::rpc::Status rpc = ToRpcStatus(error);
  HttpResponse response;
  response.status =
      status != 0 ? status
                  : HttpStatusOf(static_cast<absl::StatusCode>(rpc.code()));
  response.headers["content-type"] = "application/json";
  if (const int64_t seconds = RetrySeconds(rpc); seconds > 0) {
    response.headers["retry-after"] = absl::StrCat(seconds);
  }
  response.body = ErrorJson(rpc);
  return response;
}

}  // namespace needlewise
