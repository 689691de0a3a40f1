// HTTP/1.1 as a test wants to speak it: byte by byte, well and badly.

#ifndef NEEDLEWISE_TESTS_INTEGRATION_HTTP_CLIENT_H_
#define NEEDLEWISE_TESTS_INTEGRATION_HTTP_CLIENT_H_

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/rpc/status.pb.h"

namespace needlewise {

struct HttpAnswer {
  // 0: the connection ended before there was an answer.
  int status = 0;
  // By lower-case name.
  std::map<std::string, std::string> headers;
  std::string body;
};

using HttpHeaders = std::map<std::string, std::string>;

// One connection to a port of this machine.
class HttpConnection {
 public:
  explicit HttpConnection(int port);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // Writes bytes as they are. Whether the peer still takes them.
  bool Write(absl::string_view bytes);
  // Reads one answer; with `head`, of one without a body.
  HttpAnswer Read(bool head = false);
  HttpAnswer Call(absl::string_view method, absl::string_view target,
                  const HttpHeaders& headers = {}, absl::string_view body = "");
  // Waits until the peer closes. Whether it did without another byte.
  bool IsClosedByPeer();
  // The same, at most this long.
  bool IsClosedWithin(absl::Duration time);

 private:
  bool ReadMore();

  int socket_ = -1;
  // Read and not yet used.
  std::string buffer_;
};

// A call on a connection of its own.
HttpAnswer HttpCall(int port, absl::string_view method,
                    absl::string_view target, const HttpHeaders& headers = {},
                    absl::string_view body = "");

// POST in the way of the Connect protocol. `method` is for instance
// `ScreeningService/ScreenEligibility`.
HttpAnswer ConnectCall(int port, absl::string_view method,
                       absl::string_view content_type, absl::string_view body);

// An error of the Connect protocol. Fails the test where it is none, or where
// what it says for people is not what it says for programs.
struct ConnectError {
  std::string code;
  google::rpc::Status status;
};
ConnectError ConnectErrorOf(const HttpAnswer& answer);

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_INTEGRATION_HTTP_CLIENT_H_
