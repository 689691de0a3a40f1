#include "server/http/gateway_options.h"

#include <fstream>
#include <sstream>
#include <string>
#include <tuple>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "server/loopback.h"
#include "server/server_config.h"

namespace needlewise {
namespace {

// Leaves `*content` empty where no file is named.
absl::Status ReadPem(const std::string& file, const char* what,
                     std::string* content) {
  if (file.empty()) return absl::OkStatus();
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (in.is_open()) text << in.rdbuf();
  if (!in.is_open() || in.bad() || text.str().empty()) {
    return absl::UnavailableError(
        absl::StrCat("cannot serve HTTP: `http_listener.", what, "` names `",
                     file, "`, which cannot be read or is empty"));
  }
  *content = text.str();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<HttpGateway::Options> ToGatewayOptions(
    const config::v1::HttpListener& config) {
  HttpGateway::Options options;
  if (const absl::optional<HostPort> address =
          SplitHostPort(config.address())) {
    options.host = address->host;
    options.port = address->port;
  }
  for (const auto& [file, what, content] :
       {std::make_tuple(&config.certificate_file(), "certificate_file",
                        &options.certificate),
        std::make_tuple(&config.private_key_file(), "private_key_file",
                        &options.private_key),
        std::make_tuple(&config.client_ca_file(), "client_ca_file",
                        &options.client_ca)}) {
    if (absl::Status read = ReadPem(*file, what, content); !read.ok()) {
      return read;
    }
  }
  options.max_body_bytes = config.max_body_bytes();
  options.max_connections = config.max_connections();
  options.threads = config.threads();
  options.read_timeout = ToDuration(config.read_timeout());
  options.idle_timeout = ToDuration(config.idle_timeout());
  options.allowed_origins.assign(config.allowed_origins().begin(),
                                 config.allowed_origins().end());
  return options;
}

}  // namespace needlewise
