// What Prometheus reads.

#include "server/telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/integration/http_client.h"
#include "tests/integration/test_server.h"

namespace needlewise {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class MetricsTest : public ::testing::Test {
 protected:
  MetricsTest()
      : server_([](config::v1::ServerConfig* config) {
          config->mutable_http_listener()->set_address("127.0.0.1:0");
          config->mutable_http_listener()->set_insecure_for_development(true);
        }),
        port_(server_.server().http_port()) {}

  std::string Read() const {
    const HttpAnswer answer = HttpCall(port_, "GET", "/metrics");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.at("content-type"), kMetricsContentType);
    return answer.body;
  }

  grpc::Status Screen(const v1::ScreenEligibilityRequest& request) {
    grpc::ClientContext context;
    v1::ScreenEligibilityResponse response;
    return server_.screening().ScreenEligibility(&context, request, &response);
  }

  TestServer server_;
  const int port_;
};

TEST_F(MetricsTest, CountsCallsOfEveryDoorByMethodAndCode) {
  EXPECT_TRUE(Screen(ClearRequest()).ok());
  EXPECT_TRUE(Screen(ClearRequest()).ok());
  EXPECT_FALSE(Screen({}).ok());
  const std::string bytes = ClearRequest().SerializeAsString();
  ConnectCall(port_, "ScreeningService/ScreenEligibility", "application/proto",
              bytes);
  ConnectCall(port_, "ScreeningService/ScreenEligibility", "application/json",
              "{");
  HttpCall(port_, "GET", "/nope/Jane-Roe");
  const std::string text = Read();
  for (
      const char* line :
      {R"(_total{code="OK",door="grpc",method="ScreenEligibility"} 2)",
       R"(_total{code="INVALID_ARGUMENT",door="grpc",method="ScreenEligibility"} 1)",
       R"(_total{code="OK",door="http",method="ScreenEligibility"} 1)",
       R"(_total{code="INVALID_ARGUMENT",door="http",method="ScreenEligibility"} 1)",
       R"(_total{code="NOT_FOUND",door="http",method="none"} 1)"}) {
    EXPECT_THAT(text, HasSubstr(absl::StrCat("needlewise_calls", line)));
  }
  EXPECT_THAT(text,
              HasSubstr("needlewise_call_duration_seconds_count{code=\"OK\","
                        "door=\"grpc\",method=\"ScreenEligibility\"} 2"));
  // What a caller makes up is no label.
  EXPECT_THAT(text, Not(HasSubstr("Jane")));
}

TEST_F(MetricsTest, CountsVerdictsAndTheRulesBehindThem) {
  EXPECT_TRUE(Screen(ClearRequest()).ok());
  v1::ScreenEligibilityRequest keloid = ClearRequest();
  keloid.mutable_patient()->mutable_findings(0)->set_status(
      v1::FINDING_STATUS_PRESENT);
  EXPECT_TRUE(Screen(keloid).ok());
  const std::string text = Read();
  EXPECT_THAT(text, HasSubstr("needlewise_verdicts_total{treatment=\"base_"
                              "microneedling\",verdict=\"contraindicated\"} "
                              "1"));
  EXPECT_THAT(text, HasSubstr("needlewise_verdicts_total{treatment=\"base_"
                              "microneedling\",verdict=\"eligible\"} 1"));
  EXPECT_THAT(text, HasSubstr("needlewise_rule_verdicts_total{rule_id=\"keloid-"
                              "ever\",verdict=\"contraindicated\"} 1"));
}

TEST_F(MetricsTest, TellsOfTheCatalogue) {
  const std::string digest =
      server_.server().catalogs().Current()->compiled->version.digest();
  const std::string before = Read();
  EXPECT_THAT(before,
              HasSubstr(absl::StrCat("needlewise_catalog_info{digest=\"",
                                     digest, "\",version=\"")));
  EXPECT_THAT(before, HasSubstr("\nneedlewise_catalog_age_seconds 0\n"));
  EXPECT_THAT(before, HasSubstr("\nneedlewise_serving 1\n"));
  EXPECT_THAT(
      before,
      HasSubstr("needlewise_catalog_events_total{event=\"REFUSED\"} 0"));
  server_.folder().Replace({{"catalog.textproto", "nonsense: 1"}});
  EXPECT_EQ(server_.server().catalogs().CheckNow(),
            CatalogManager::CheckOutcome::kRefused);
  EXPECT_THAT(
      Read(),
      HasSubstr("needlewise_catalog_events_total{event=\"REFUSED\"} 1"));
}

TEST_F(MetricsTest, TellsOfRulesPastTheirReviewDate) {
  EXPECT_THAT(Read(), HasSubstr("\nneedlewise_rules_past_review 0\n"));
  EXPECT_EQ(HttpCall(port_, "GET", "/readyz").body, "ok\n");
  server_.folder().Replace(PastReview(SmallCatalog(2)));
  ASSERT_EQ(server_.server().catalogs().CheckNow(),
            CatalogManager::CheckOutcome::kActivated);
  const size_t rules = server_.server().catalogs().RulesPastReview().size();
  ASSERT_GT(rules, 1);
  const std::string text = Read();
  EXPECT_THAT(text, HasSubstr(absl::StrCat("\nneedlewise_rules_past_review ",
                                           rules, "\n")));
  EXPECT_THAT(text, HasSubstr("needlewise_catalog_events_total{event=\"PAST_"
                              "REVIEW\"} 1"));
  // It serves all the same.
  const HttpAnswer ready = HttpCall(port_, "GET", "/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_EQ(ready.body,
            absl::StrCat("ok, degraded: ", rules,
                         " rules cite a source past its review date\n"));
  EXPECT_EQ(HttpCall(port_, "GET", "/healthz").body, "ok\n");
}

TEST_F(MetricsTest, IsInTheFormThatPrometheusReads) {
  EXPECT_TRUE(Screen(ClearRequest()).ok());
  const std::regex sample(
      R"re([a-z_]+(\{[a-z_]+="[^"\\]*"(,[a-z_]+="[^"\\]*")*\})? [0-9.e+-]+)re");
  const std::regex comment("# (HELP|TYPE) needlewise_[a-z_]+ .+");
  for (const absl::string_view line : absl::StrSplit(Read(), '\n')) {
    if (line.empty()) continue;
    EXPECT_TRUE(
        std::regex_match(std::string(line), line[0] == '#' ? comment : sample))
        << line;
  }
}

}  // namespace
}  // namespace needlewise
