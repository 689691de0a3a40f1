#include "server/http/probes.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace needlewise {
namespace {

// `degraded` may be null.
void AddProbe(const char* path, const char* name, std::function<bool()> is_well,
              std::function<std::string()> degraded, HttpRoutes* routes) {
  HttpRoutes::Route route;
  route.name = name;
  // A probe has to be answered just when there is too much to do, and while
  // the server stops.
  route.counted = false;
  route.handler = [is_well = std::move(is_well),
                   degraded = std::move(degraded)](const HttpRequest&,
                                                   HttpReply reply) {
    const bool well = is_well();
    const std::string amiss =
        well && degraded != nullptr ? degraded() : std::string();
    HttpResponse response;
    response.status = well ? 200 : 503;
    response.headers["content-type"] = "text/plain; charset=utf-8";
    response.headers["cache-control"] = "no-store";
    response.body = !well ? "not serving\n"
                    : amiss.empty()
                        ? "ok\n"
                        : absl::StrCat("ok, degraded: ", amiss, "\n");
    std::move(reply).Send(std::move(response));
  };
  routes->AddAsync("GET", path, std::move(route));
}

}  // namespace

void AddProbeRoutes(std::function<bool()> is_ready,
                    std::function<std::string()> degraded, HttpRoutes* routes) {
  AddProbe(
      "/healthz", "healthz", [] { return true; }, nullptr, routes);
  AddProbe("/readyz", "readyz", std::move(is_ready), std::move(degraded),
           routes);
}

void AddMetricsRoute(const Metrics* metrics, HttpRoutes* routes) {
  HttpRoutes::Route route;
  route.name = "metrics";
  route.counted = false;
  route.handler = [metrics](const HttpRequest&, HttpReply reply) {
    HttpResponse response;
    response.headers["content-type"] = kMetricsContentType;
    response.body = metrics->Text();
    std::move(reply).Send(std::move(response));
  };
  routes->AddAsync("GET", "/metrics", std::move(route));
}

}  // namespace needlewise
