#include "server/http/http_routes.h"

#include <utility>

#include "absl/strings/match.h"

namespace needlewise {

HttpReply::~HttpReply() {
  if (taker_ == nullptr) return;
  HttpResponse response;
  response.status = 500;
  std::move(*this).Send(std::move(response), absl::StatusCode::kInternal);
}

void HttpReply::Send(HttpResponse response,
                     absl::optional<absl::StatusCode> code) && {
  const std::shared_ptr<HttpAnswerTaker> taker = std::exchange(taker_, nullptr);
  taker->Take(std::move(response), code);
}

void HttpRoutes::Add(std::string method, std::string path, std::string name,
                     Handler handler) {
  AddAsync(std::move(method), std::move(path),
           {std::move(name), [handler = std::move(handler)](
                                 const HttpRequest& request, HttpReply reply) {
              std::move(reply).Send(handler(request));
            }});
}

void HttpRoutes::AddAsync(std::string method, std::string path, Route route) {
  const bool is_prefix = absl::EndsWith(path, "*");
  if (is_prefix) path.pop_back();
  Paths& paths = is_prefix ? prefixes_ : exact_;
  paths[std::move(path)].emplace(std::move(method), std::move(route));
}

HttpRoutes::Match HttpRoutes::Find(absl::string_view method,
                                   absl::string_view path) const {
  Match match;
  const auto look = [&](const Methods& methods) {
    auto found = methods.find(method);
    if (found == methods.end() && method == "HEAD") found = methods.find("GET");
    if (found != methods.end()) {
      match.route = &found->second;
      return;
    }
    for (const auto& [name, route] : methods) match.allowed.push_back(name);
  };
  if (const auto found = exact_.find(path); found != exact_.end()) {
    look(found->second);
    return match;
  }
  // The longest prefix is the last of those that sort before the path, or
  // stands before one of them.
  for (auto at = prefixes_.upper_bound(path); at != prefixes_.begin();) {
    --at;
    if (!absl::StartsWith(path, at->first)) continue;
    look(at->second);
    return match;
  }
  return match;
}

}  // namespace needlewise
