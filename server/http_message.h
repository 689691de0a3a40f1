// One HTTP exchange as the doors see it, free of any HTTP library: the gateway
// reads and writes the wire, and what answers is a pure function of these.

#ifndef NEEDLEWISE_SERVER_HTTP_MESSAGE_H_
#define NEEDLEWISE_SERVER_HTTP_MESSAGE_H_

#include <map>
#include <string>

namespace needlewise {

struct HttpRequest {
  // Upper case, for instance `POST`.
  std::string method;
  // Decoded, without the query, beginning with `/`.
  std::string path;
  // As sent, without the `?`. Empty: none.
  std::string query;
  // By lower-case name; values joined by `, ` where a name occurs twice.
  std::map<std::string, std::string> headers;
  // Whole, after any content coding is undone.
  std::string body;
  // Who the client's certificate says it is, once that is verified. Empty
  // where clients need none.
  std::string caller;
};

struct HttpResponse {
  // 100 to 599.
  int status = 200;
  // By lower-case name; `content-length` and `connection` are the gateway's.
  std::map<std::string, std::string> headers;
  std::string body;
};

// Says that an answer differs by a header of the request, for caches.
inline void AddVary(const char* header, HttpResponse* response) {
  std::string& vary = response->headers["vary"];
  if (!vary.empty()) vary += ", ";
  vary += header;
}

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_HTTP_MESSAGE_H_
