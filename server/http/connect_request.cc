#include "server/http/connect_request.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "rules/engine/violation.h"
#include "server/http/connect_error.h"
#include "server/http/content_coding.h"
#include "server/http/message_json.h"
#include "server/http/percent_coding.h"
#include "server/status.h"

namespace needlewise {
namespace {

constexpr size_t kMostTimeoutDigits = 10;

std::string HeaderOf(const HttpRequest& http, const char* name) {
  const auto found = http.headers.find(name);
  return found == http.headers.end() ? "" : found->second;
}

// The type that a `Content-Type` names, without parameters, in lower case.
// Empty where it asks for another character set than UTF-8.
std::string MediaType(absl::string_view header) {
  const std::vector<std::string> parts =
      absl::StrSplit(absl::AsciiStrToLower(header), ';');
  for (size_t i = 1; i < parts.size(); ++i) {
    const absl::string_view parameter = absl::StripAsciiWhitespace(parts[i]);
    if (absl::StartsWith(parameter, "charset=") &&
        parameter != "charset=utf-8" && parameter != "charset=\"utf-8\"") {
      return "";
    }
  }
  return std::string(absl::StripAsciiWhitespace(parts[0]));
}

HttpResponse UnsupportedCodec(const char* field, const char* wanted) {
  HttpResponse response = ConnectErrorResponse(
      FieldsInvalid({{field, absl::StrCat("must be ", wanted)}}), 415);
  response.headers["accept-post"] = "application/json, application/proto";
  return response;
}

void CheckTimeout(const HttpRequest& http, absl::Time* deadline,
                  Violations* violations) {
  const std::string text = HeaderOf(http, "connect-timeout-ms");
  if (http.headers.count("connect-timeout-ms") == 0) return;
  int64_t millis = 0;
  if (text.size() > kMostTimeoutDigits ||
      !std::all_of(text.begin(), text.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(text, &millis) || millis == 0) {
    violations->push_back(
        {"connect-timeout-ms",
         "must be a whole number of milliseconds, from 1 to 9999999999"});
    return;
  }
  *deadline = absl::Now() + absl::Milliseconds(millis);
}

absl::optional<HttpResponse> ReadPost(const HttpRequest& http,
                                      bool require_version,
                                      ConnectRequest* request) {
  const std::string type = MediaType(HeaderOf(http, "content-type"));
  if (type == "application/proto") {
    request->codec = ConnectCodec::kProto;
  } else if (type != "application/json") {
    return UnsupportedCodec("content-type",
                            "application/json, in UTF-8, or application/proto");
  }
  Violations violations;
  const bool has_version = http.headers.count("connect-protocol-version") > 0;
  if ((has_version || require_version) &&
      HeaderOf(http, "connect-protocol-version") != "1") {
    violations.push_back({"connect-protocol-version", "must be 1"});
  }
  CheckTimeout(http, &request->deadline, &violations);
  if (!violations.empty()) {
    return ConnectErrorResponse(FieldsInvalid(violations));
  }
  request->bytes = http.body;
  return absl::nullopt;
}

// The message of a query, out of base64 and of compression.
absl::Status ReadMessageParameter(
    const std::map<std::string, std::string>& query, size_t max_bytes,
    std::string* bytes) {
  const auto parameter = [&](const char* name) {
    const auto found = query.find(name);
    return found == query.end() ? "" : found->second;
  };
  *bytes = parameter("message");
  if (parameter("base64") == "1") {
    std::string decoded;
    // Takes it with padding and without.
    if (!absl::WebSafeBase64Unescape(*bytes, &decoded)) {
      return FieldsInvalid({{"message", "is not base64url"}});
    }
    *bytes = std::move(decoded);
  }
  const std::string compression = parameter("compression");
  if (compression.empty() || compression == "identity" || bytes->empty()) {
    return absl::OkStatus();
  }
  if (compression != "gzip") {
    return NotOffered("a compression other than gzip and identity");
  }
  absl::StatusOr<std::string> text = Gunzip(*bytes, max_bytes);
  if (!text.ok()) {
    return FieldsInvalid({{"message", std::string(text.status().message())}});
  }
  *bytes = *std::move(text);
  return absl::OkStatus();
}

absl::optional<HttpResponse> ReadGet(const HttpRequest& http,
                                     bool require_version, size_t max_bytes,
                                     ConnectRequest* request) {
  const auto query = ParseQuery(http.query);
  if (!query.has_value()) {
    return ConnectErrorResponse(
        FieldsInvalid({{"query", "holds a malformed percent escape"}}));
  }
  const auto encoding = query->find("encoding");
  if (encoding != query->end() && encoding->second == "proto") {
    request->codec = ConnectCodec::kProto;
  } else if (encoding == query->end() || encoding->second != "json") {
    return UnsupportedCodec("encoding", "json or proto");
  }
  Violations violations;
  const auto version = query->find("connect");
  if (version == query->end() ? require_version : version->second != "v1") {
    violations.push_back({"connect", "must be v1"});
  }
  if (query->count("message") == 0) {
    violations.push_back({"message", "is missing from the query"});
  }
  CheckTimeout(http, &request->deadline, &violations);
  if (!violations.empty()) {
    return ConnectErrorResponse(FieldsInvalid(violations));
  }
  if (absl::Status read =
          ReadMessageParameter(*query, max_bytes, &request->unpacked);
      !read.ok()) {
    return ConnectErrorResponse(read);
  }
  request->bytes = request->unpacked;
  return absl::nullopt;
}

}  // namespace

absl::string_view ContentTypeOf(ConnectCodec codec) {
  return codec == ConnectCodec::kJson ? "application/json"
                                      : "application/proto";
}

absl::optional<HttpResponse> ReadConnectRequest(const HttpRequest& http,
                                                bool require_version,
                                                size_t max_bytes,
                                                ConnectRequest* request) {
  if (!http.caller.empty()) request->caller.name = http.caller;
  return http.method == "POST"
             ? ReadPost(http, require_version, request)
             : ReadGet(http, require_version, max_bytes, request);
}

absl::Status DecodeConnect(ConnectCodec codec, absl::string_view bytes,
                           google::protobuf::Message* message) {
  if (codec == ConnectCodec::kJson) {
    const Violations violations = ReadJson(bytes, message);
    return violations.empty() ? absl::OkStatus() : FieldsInvalid(violations);
  }
  if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return FieldsInvalid(
        {{"", absl::StrCat("the request is not a well-formed `",
                           message->GetDescriptor()->full_name(),
                           "`; text must be UTF-8")}});
  }
  return absl::OkStatus();
}

std::string EncodeConnect(ConnectCodec codec,
                          const google::protobuf::Message& message) {
  return codec == ConnectCodec::kJson ? WriteJson(message)
                                      : message.SerializeAsString();
}

}  // namespace needlewise
