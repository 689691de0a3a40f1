#include "tests/integration/http_client.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace needlewise {
namespace {

using ::google::protobuf::Struct;
using ::google::protobuf::util::JsonStringToMessage;

// The bytes of a detail, and that its debug form says the same.
google::protobuf::Any DetailOf(const Struct& detail) {
  const std::string& type = detail.fields().at("type").string_value();
  google::protobuf::Any any;
  any.set_type_url(absl::StrCat("type.googleapis.com/", type));
  EXPECT_TRUE(absl::Base64Unescape(detail.fields().at("value").string_value(),
                                   any.mutable_value()));
  EXPECT_EQ(detail.fields().at("value").string_value().find('='),
            std::string::npos);
  const auto* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
          type);
  if (descriptor == nullptr) {
    ADD_FAILURE() << type;
    return any;
  }
  const auto make = [descriptor] {
    return std::unique_ptr<google::protobuf::Message>(
        google::protobuf::MessageFactory::generated_factory()
            ->GetPrototype(descriptor)
            ->New());
  };
  const auto message = make();
  EXPECT_TRUE(message->ParseFromString(any.value()));
  std::string debug_json;
  EXPECT_TRUE(google::protobuf::util::MessageToJsonString(
                  detail.fields().at("debug"), &debug_json)
                  .ok());
  const auto debug = make();
  EXPECT_TRUE(JsonStringToMessage(debug_json, debug.get()).ok()) << debug_json;
  EXPECT_EQ(debug->ShortDebugString(), message->ShortDebugString());
  return any;
}

}  // namespace

HttpConnection::HttpConnection(int port) {
  socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(
      connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
      0);
}

HttpConnection::~HttpConnection() { close(socket_); }

bool HttpConnection::Write(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (written <= 0) return false;
    bytes.remove_prefix(written);
  }
  return true;
}

bool HttpConnection::ReadMore() {
  char bytes[16384];
  const ssize_t read = recv(socket_, bytes, sizeof(bytes), 0);
  if (read <= 0) return false;
  buffer_.append(bytes, read);
  return true;
}

HttpAnswer HttpConnection::Read(bool head) {
  size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!ReadMore()) return {};
  }
  HttpAnswer answer;
  const std::vector<std::string> lines =
      absl::StrSplit(buffer_.substr(0, end), "\r\n");
  buffer_.erase(0, end + 4);
  EXPECT_TRUE(absl::SimpleAtoi(lines[0].substr(9, 3), &answer.status));
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::pair<std::string, std::string> header =
        absl::StrSplit(lines[i], absl::MaxSplits(": ", 1));
    answer.headers[absl::AsciiStrToLower(header.first)] = header.second;
  }
  if (answer.status == 100) return Read(head);
  size_t length = 0;
  const auto given = answer.headers.find("content-length");
  if (given != answer.headers.end() && !head) {
    EXPECT_TRUE(absl::SimpleAtoi(given->second, &length));
  }
  while (buffer_.size() < length) {
    if (!ReadMore()) return {};
  }
  answer.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return answer;
}

HttpAnswer HttpConnection::Call(absl::string_view method,
                                absl::string_view target,
                                const HttpHeaders& headers,
                                absl::string_view body) {
  std::string request =
      absl::StrCat(method, " ", target, " HTTP/1.1\r\nHost: localhost\r\n");
  for (const auto& [name, value] : headers) {
    absl::StrAppend(&request, name, ": ", value, "\r\n");
  }
  if (method == "POST") {
    absl::StrAppend(&request, "Content-Length: ", body.size(), "\r\n");
  }
  Write(absl::StrCat(request, "\r\n", body));
  return Read(method == "HEAD");
}

bool HttpConnection::IsClosedWithin(absl::Duration time) {
  pollfd waited = {socket_, POLLIN, 0};
  return poll(&waited, 1, static_cast<int>(absl::ToInt64Milliseconds(time))) >
             0 &&
         IsClosedByPeer();
}

bool HttpConnection::IsClosedByPeer() { return buffer_.empty() && !ReadMore(); }

HttpAnswer HttpCall(int port, absl::string_view method,
                    absl::string_view target, const HttpHeaders& headers,
                    absl::string_view body) {
  HttpConnection connection(port);
  return connection.Call(method, target, headers, body);
}

HttpAnswer ConnectCall(int port, absl::string_view method,
                       absl::string_view content_type, absl::string_view body) {
  return HttpCall(port, "POST", absl::StrCat("/needlewise.v1.", method),
                  {{"Content-Type", std::string(content_type)}}, body);
}

ConnectError ConnectErrorOf(const HttpAnswer& answer) {
  ConnectError error;
  Struct json;
  const auto type = answer.headers.find("content-type");
  if (type == answer.headers.end() || type->second != "application/json" ||
      !JsonStringToMessage(answer.body, &json).ok()) {
    ADD_FAILURE() << answer.status << " " << answer.body;
    return error;
  }
  error.code = json.fields().at("code").string_value();
  error.status.set_message(json.fields().at("message").string_value());
  EXPECT_NE(error.status.message(), "");
  for (const auto& detail : json.fields().at("details").list_value().values()) {
    *error.status.add_details() = DetailOf(detail.struct_value());
  }
  return error;
}

}  // namespace needlewise
