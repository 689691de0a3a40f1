// What is the same for every request, whatever answers it: content coding,
// other origins' pages, the count of calls in progress. Knows no HTTP library.

#ifndef NEEDLEWISE_SERVER_HTTP_HTTP_FRONT_H_
#define NEEDLEWISE_SERVER_HTTP_HTTP_FRONT_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "server/call_gate.h"
#include "server/http/cross_origin.h"
#include "server/http/http_routes.h"
#include "server/http_message.h"
#include "server/telemetry/json_log.h"
#include "server/telemetry/metrics.h"

namespace needlewise {

// May be used from any thread.
class HttpFront {
 public:
  struct Options {
    // Not owned; must outlive the front.
    const HttpRoutes* routes = nullptr;
    CallGate* gate = nullptr;
    const Log* log = nullptr;
    // May be null: then nothing is counted.
    Metrics* metrics = nullptr;
    // Largest body, also after it is decompressed.
    size_t max_body_bytes = 4194304;
    // Origins whose web pages may call.
    std::vector<std::string> allowed_origins;
  };

  explicit HttpFront(Options options);

  // The answer to a body that is larger than allowed.
  HttpResponse RefuseSize() const;

  // Has `*request` answered, which must stay until `taker` has the answer.
  // Where it counts as a call in progress, it does so until `*ticket`, which
  // is not to be touched before the answer is there, is destroyed.
  void Answer(HttpRequest* request, CallGate::Ticket* ticket,
              std::shared_ptr<HttpAnswerTaker> taker) const;

 private:
  class Finisher;

  // Undoes the coding of the body, or says why it cannot be.
  absl::optional<HttpResponse> Decode(HttpRequest* request) const;

  const Options options_;
  const CrossOrigin cross_origin_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_HTTP_HTTP_FRONT_H_
