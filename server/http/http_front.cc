#include "server/http/http_front.h"

#include <chrono>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "server/http/connect_error.h"
#include "server/http/content_coding.h"
#include "server/status.h"

namespace needlewise {
namespace {

// Below this an answer fits into one packet anyway.
constexpr size_t kLeastCompressedBytes = 1024;
// What a request is counted as that no route is for.
constexpr char kNoRoute[] = "none";

std::string HeaderOf(const HttpRequest& request, const char* name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? "" : found->second;
}

void Compress(const HttpRequest& request, HttpResponse* response) {
  if (response->body.size() < kLeastCompressedBytes ||
      response->headers.count("content-encoding") > 0) {
    return;
  }
  AddVary("Accept-Encoding", response);
  if (!AcceptsGzip(HeaderOf(request, "accept-encoding"))) return;
  response->body = Gzip(response->body);
  response->headers["content-encoding"] = "gzip";
}

}  // namespace

// Sees to what every answer needs before it leaves.
class HttpFront::Finisher final : public HttpAnswerTaker {
 public:
  Finisher(const HttpFront* front, const HttpRequest* request,
           std::string route, std::shared_ptr<HttpAnswerTaker> taker)
      : front_(*front),
        request_(*request),
        route_(std::move(route)),
        start_(std::chrono::steady_clock::now()),
        taker_(std::move(taker)) {}

  void Take(HttpResponse response,
            absl::optional<absl::StatusCode> code) override {
    const absl::StatusCode counted_as =
        code.value_or(CodeOfHttpStatus(response.status));
    const auto elapsed = std::chrono::steady_clock::now() - start_;
    if (front_.options_.metrics != nullptr) {
      front_.options_.metrics->CountCall(Door::kHttp, route_, counted_as,
                                         absl::FromChrono(elapsed));
    }
    const Log& log = *front_.options_.log;
    if (log.Writes(LogSeverity::kDebug)) {
      const int64_t micros =
          std::chrono::duration_cast<std::chrono::microseconds>(elapsed)
              .count();
      log.Write(LogSeverity::kDebug, "call",
                {{"method", route_},
                 {"code", absl::StatusCodeToString(counted_as)},
                 {"http_status", response.status},
                 {"micros", micros}});
    }
    front_.cross_origin_.Mark(request_, &response);
    Compress(request_, &response);
    taker_->Take(std::move(response), code);
  }

 private:
  const HttpFront& front_;
  const HttpRequest& request_;
  const std::string route_;
  const std::chrono::steady_clock::time_point start_;
  const std::shared_ptr<HttpAnswerTaker> taker_;
};

HttpFront::HttpFront(Options options)
    : options_(std::move(options)), cross_origin_(options_.allowed_origins) {}

HttpResponse HttpFront::RefuseSize() const {
  return ConnectErrorResponse(
      FieldsInvalid({{"", absl::StrCat("the request is larger than ",
                                       options_.max_body_bytes, " bytes")}}),
      413);
}

absl::optional<HttpResponse> HttpFront::Decode(HttpRequest* request) const {
  const std::string coding = HeaderOf(*request, "content-encoding");
  // The Connect protocol has bodies without a byte that are not compressed,
  // whatever the header says.
  if (coding.empty() || absl::EqualsIgnoreCase(coding, "identity") ||
      request->body.empty()) {
    return absl::nullopt;
  }
  if (!absl::EqualsIgnoreCase(coding, "gzip")) {
    HttpResponse response = ConnectErrorResponse(
        NotOffered("a content coding other than gzip and identity"));
    response.headers["accept-encoding"] = "gzip, identity";
    return response;
  }
  absl::StatusOr<std::string> body =
      Gunzip(request->body, options_.max_body_bytes);
  if (absl::IsResourceExhausted(body.status())) return RefuseSize();
  if (!body.ok()) {
    return ConnectErrorResponse(
        FieldsInvalid({{"", std::string(body.status().message())}}));
  }
  request->body = *std::move(body);
  return absl::nullopt;
}

void HttpFront::Answer(HttpRequest* request, CallGate::Ticket* ticket,
                       std::shared_ptr<HttpAnswerTaker> taker) const {
  const bool preflight = CrossOrigin::IsPreflight(*request);
  const HttpRoutes::Match match = options_.routes->Find(
      preflight ? HeaderOf(*request, "access-control-request-method")
                : request->method,
      request->path);
  HttpReply reply(std::make_shared<Finisher>(
      this, request, match.route == nullptr ? kNoRoute : match.route->name,
      std::move(taker)));
  if (preflight && match.route != nullptr) {
    std::move(reply).Send(cross_origin_.AnswerPreflight(*request));
    return;
  }
  if (match.route == nullptr && match.allowed.empty()) {
    std::move(reply).Send(ConnectErrorResponse(NotOffered("this path"), 404));
    return;
  }
  if (match.route == nullptr) {
    HttpResponse response = ConnectErrorResponse(
        NotOffered("this method of HTTP, for this path,"), 405);
    response.headers["allow"] = absl::StrJoin(match.allowed, ", ");
    std::move(reply).Send(std::move(response));
    return;
  }
  if (match.route->counted) {
    absl::StatusOr<CallGate::Ticket> admitted = options_.gate->Enter();
    if (!admitted.ok()) {
      std::move(reply).Send(ConnectErrorResponse(admitted.status()),
                            admitted.status().code());
      return;
    }
    *ticket = *std::move(admitted);
  }
  if (auto refusal = Decode(request)) {
    std::move(reply).Send(*std::move(refusal));
    return;
  }
  match.route->handler(*request, std::move(reply));
}

}  // namespace needlewise
