#ifndef NEEDLEWISE_SERVER_HTTP_GATEWAY_OPTIONS_H_
#define NEEDLEWISE_SERVER_HTTP_GATEWAY_OPTIONS_H_

#include "absl/status/statusor.h"
#include "needlewise/config/v1/server_config.pb.h"
#include "server/http/http_gateway.h"

namespace needlewise {

// What the gateway is to do, by a configuration that no fault was found with:
// all but the pointers. UNAVAILABLE where a file that it names cannot be read,
// or is empty.
absl::StatusOr<HttpGateway::Options> ToGatewayOptions(
    const config::v1::HttpListener& config);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_HTTP_GATEWAY_OPTIONS_H_
