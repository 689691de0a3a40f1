#ifndef NEEDLEWISE_SERVER_HTTP_CONNECT_REQUEST_H_
#define NEEDLEWISE_SERVER_HTTP_CONNECT_REQUEST_H_

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/decision_support.h"
#include "server/http_message.h"

namespace needlewise {

// How a message is written.
enum class ConnectCodec { kJson, kProto };

absl::string_view ContentTypeOf(ConnectCodec codec);

// A unary call of the Connect protocol.
struct ConnectRequest {
  ConnectCodec codec = ConnectCodec::kJson;
  // When the caller gives up. Infinite where it does not say.
  absl::Time deadline = absl::InfiniteFuture();
  // The message, in the body of the HTTP request or in `unpacked`.
  absl::string_view bytes;
  // What a query held encoded.
  std::string unpacked;
  // Who asks, as the record says it.
  Caller caller;
};

// Reads what the protocol says of a call, from the headers of a POST or the
// query of a GET; `max_bytes` limits a message that a query holds compressed.
// Returns the answer where the call cannot be read, which names every fault.
// The HTTP request must outlive `*request`.
absl::optional<HttpResponse> ReadConnectRequest(const HttpRequest& http,
                                                bool require_version,
                                                size_t max_bytes,
                                                ConnectRequest* request);

// Reads the message; INVALID_ARGUMENT with every violation where it is not one.
absl::Status DecodeConnect(ConnectCodec codec, absl::string_view bytes,
                           google::protobuf::Message* message);

std::string EncodeConnect(ConnectCodec codec,
                          const google::protobuf::Message& message);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_HTTP_CONNECT_REQUEST_H_
