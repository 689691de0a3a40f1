// Which code answers which HTTP request. Knows no HTTP library, so that what
// answers can be tested without a listener.

#ifndef NEEDLEWISE_SERVER_HTTP_HTTP_ROUTES_H_
#define NEEDLEWISE_SERVER_HTTP_HTTP_ROUTES_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "server/http_message.h"

namespace needlewise {

// Takes the answer to one request.
class HttpAnswerTaker {
 public:
  virtual ~HttpAnswerTaker() = default;
  // Called once, from any thread. `code` is what the answer counts as where
  // its status does not tell.
  virtual void Take(HttpResponse response,
                    absl::optional<absl::StatusCode> code) = 0;
};

// The obligation to answer one request, exactly once, from any thread. One
// destroyed unused answers 500, so no client waits for ever.
class HttpReply {
 public:
  explicit HttpReply(std::shared_ptr<HttpAnswerTaker> taker)
      : taker_(std::move(taker)) {}
  HttpReply(HttpReply&&) = default;
  HttpReply& operator=(HttpReply&&) = delete;
  ~HttpReply();

  void Send(HttpResponse response,
            absl::optional<absl::StatusCode> code = absl::nullopt) &&;

 private:
  std::shared_ptr<HttpAnswerTaker> taker_;
};

// To be filled before a gateway starts, and then read by any thread.
class HttpRoutes {
 public:
  // Answers before it returns. Called from several threads at once.
  using Handler = std::function<HttpResponse(const HttpRequest&)>;
  // Answers now or later; the request stays until then.
  using AsyncHandler = std::function<void(const HttpRequest&, HttpReply)>;

  struct Route {
    // Of the metrics, and of the log.
    std::string name;
    AsyncHandler handler;
    // Whether its requests count as calls in progress: refused above the
    // limit, and waited for when the server stops.
    bool counted = true;
  };

  // What became of looking a request up.
  struct Match {
    // Null where there is none.
    const Route* route = nullptr;
    // Where the path is known and the method is not: those that are, for the
    // header `Allow`.
    std::vector<std::string> allowed;
  };

  // `method` is in upper case; GET answers HEAD too. `path` is one path, or,
  // where it ends in `*`, every path that begins with what stands before it.
  // An exact path comes before prefixes, a longer prefix before shorter ones.
  // Not to be called twice for the same method and path.
  void Add(std::string method, std::string path, std::string name,
           Handler handler);
  void AddAsync(std::string method, std::string path, Route route);

  Match Find(absl::string_view method, absl::string_view path) const;

 private:
  using Methods = std::map<std::string, Route, std::less<>>;
  using Paths = std::map<std::string, Methods, std::less<>>;

  Paths exact_;
  // Without the `*`.
  Paths prefixes_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_HTTP_HTTP_ROUTES_H_
