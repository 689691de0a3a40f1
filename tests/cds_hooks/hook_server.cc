#include "tests/cds_hooks/hook_server.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "server/cds_hooks/hook_settings.h"
#include "server/cds_hooks/prefetch.h"
#include "tests/fhir/mapped.h"
#include "tests/support/shipped_catalog.h"

namespace needlewise {

HookServer::HookServer(
    const std::function<void(config::v1::ServerConfig*)>& adjust)
    : server_(std::make_unique<TestServer>(
          [&](config::v1::ServerConfig* config) {
            config->mutable_http_listener()->set_address("127.0.0.1:0");
            config->mutable_http_listener()->set_insecure_for_development(true);
            config->mutable_cds_hooks()
                ->set_without_authentication_for_development(true);
            if (adjust != nullptr) adjust(config);
            FillHookDefaults(config->mutable_cds_hooks());
          },
          ShippedFiles())) {}

HookServer& HookServer::Shared() {
  static auto& server = *new HookServer();
  return server;
}

HttpAnswer HookServer::Get(const std::string& path) {
  return HttpCall(server_->server().http_port(), "GET", path);
}

HttpAnswer HookServer::Post(const std::string& path, const std::string& body,
                            const HttpHeaders& more) {
  HttpHeaders headers = more;
  headers.emplace("content-type", "application/json");
  return HttpCall(server_->server().http_port(), "POST", path, headers, body);
}

Json HookServer::Answer(const std::string& service, const Json& body) {
  const HttpAnswer answer =
      Post(absl::StrCat("/cds-services/", service), WriteJson(body));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.headers.at("content-type"), "application/json");
  return Json::parse(answer.body, nullptr, false);
}

Json HookServer::View(const Json& body) { return Answer(kView, body); }

Json JsonOf(const std::string& text) {
  Json json = Json::parse(Quoted(text), nullptr, false);
  EXPECT_FALSE(json.is_discarded()) << text;
  return json;
}

Json SearchsetOf(const std::vector<std::string>& resources) {
  Json entries = Json::array();
  for (const std::string& resource : resources) {
    entries.push_back({{"resource", JsonOf(resource)}});
  }
  return {{"resourceType", "Bundle"},
          {"type", "searchset"},
          {"entry", std::move(entries)}};
}

Json ViewCall() {
  Json prefetch = Json::object();
  for (const PrefetchTemplate& item : PrefetchTemplates(ShippedCatalog())) {
    prefetch[item.key] = nullptr;
  }
  prefetch["patient"] =
      JsonOf("{'resourceType':'Patient','id':'p1','birthDate':'1990-04-02'}");
  return {{"hook", "patient-view"},
          {"hookInstance", "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"},
          {"context", {{"userId", "Practitioner/u1"}, {"patientId", "p1"}}},
          {"prefetch", std::move(prefetch)}};
}

std::vector<std::string> IssuesOf(const HttpAnswer& answer) {
  const Json outcome = Json::parse(answer.body, nullptr, false);
  EXPECT_EQ(outcome.value("resourceType", ""), "OperationOutcome")
      << answer.body;
  std::vector<std::string> issues;
  if (!outcome.contains("issue")) return issues;
  for (const Json& issue : outcome["issue"]) {
    std::string line = issue["code"];
    if (issue.contains("expression")) {
      absl::StrAppend(&line, " ", issue["expression"][0].get<std::string>());
    }
    issues.push_back(line);
  }
  return issues;
}

}  // namespace needlewise
