#ifndef NEEDLEWISE_SERVER_HTTP_CROSS_ORIGIN_H_
#define NEEDLEWISE_SERVER_HTTP_CROSS_ORIGIN_H_

#include <set>
#include <string>
#include <vector>

#include "server/http_message.h"

namespace needlewise {

// Which web pages may call, as browsers ask for it (CORS): those of an
// allow-list, compared byte for byte. Immutable.
class CrossOrigin {
 public:
  explicit CrossOrigin(const std::vector<std::string>& allowed_origins)
      : allowed_(allowed_origins.begin(), allowed_origins.end()) {}

  // Whether a request asks, before another one, what it may be.
  static bool IsPreflight(const HttpRequest& request);

  // What it is answered: that it may be, with the method it asked for, or 403.
  HttpResponse AnswerPreflight(const HttpRequest& request) const;

  // Tells a browser whether the page that sent `request` may read the answer.
  void Mark(const HttpRequest& request, HttpResponse* response) const;

 private:
  bool Allows(const HttpRequest& request) const;

  const std::set<std::string> allowed_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_HTTP_CROSS_ORIGIN_H_
