#include "server/http/cross_origin.h"

namespace needlewise {
namespace {

constexpr char kRequestHeaders[] =
    "Authorization, Connect-Protocol-Version, Connect-Timeout-Ms, "
    "Content-Encoding, Content-Type";
// Browsers cap it at 2 h or less.
constexpr char kPreflightSeconds[] = "7200";

}  // namespace

bool CrossOrigin::IsPreflight(const HttpRequest& request) {
  return request.method == "OPTIONS" && request.headers.count("origin") > 0 &&
         request.headers.count("access-control-request-method") > 0;
}

bool CrossOrigin::Allows(const HttpRequest& request) const {
  const auto origin = request.headers.find("origin");
  return origin != request.headers.end() && allowed_.count(origin->second) > 0;
}

HttpResponse CrossOrigin::AnswerPreflight(const HttpRequest& request) const {
  HttpResponse response;
  if (!Allows(request)) {
    response.status = 403;
    return response;
  }
  response.status = 204;
  response.headers["access-control-allow-methods"] =
      request.headers.at("access-control-request-method");
  response.headers["access-control-allow-headers"] = kRequestHeaders;
  response.headers["access-control-max-age"] = kPreflightSeconds;
  return response;
}

void CrossOrigin::Mark(const HttpRequest& request,
                       HttpResponse* response) const {
  if (allowed_.empty()) return;
  AddVary("Origin", response);
  if (!Allows(request)) return;
  response->headers["access-control-allow-origin"] =
      request.headers.at("origin");
  response->headers["access-control-expose-headers"] = "Retry-After";
}

}  // namespace needlewise
