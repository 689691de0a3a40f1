#include "server/fhir/screen_operation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "needlewise/v1/fhir.grpc.pb.h"
#include "server/fhir/json.h"
#include "tests/fhir/mapped.h"
#include "tests/integration/http_client.h"
#include "tests/integration/test_server.h"
#include "tests/support/shipped_catalog.h"
#include "tests/support/temporary_folder.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr char kFhir[] = "application/fhir+json";

class ScreenOperationTest : public ::testing::Test {
 protected:
  ScreenOperationTest()
      : server_(
            [this](config::v1::ServerConfig* config) {
              config->mutable_http_listener()->set_address("127.0.0.1:0");
              config->mutable_http_listener()->set_insecure_for_development(
                  true);
              config->mutable_decision_log()->set_mode(
                  config::v1::DECISION_LOG_MODE_COMMITTED);
              config->mutable_decision_log()->set_sqlite_file(folder_.path() +
                                                              "/log.db");
            },
            ShippedFiles()) {}

  HttpAnswer Post(const std::string& body, const HttpHeaders& more = {}) {
    HttpHeaders headers = more;
    headers.emplace("content-type", kFhir);
    return HttpCall(server_.http_port(), "POST", kScreenOperationPath, headers,
                    body);
  }

  // A Bundle of an answer, which must be 200.
  Json Answer(const std::string& body, const HttpHeaders& more = {}) {
    const HttpAnswer answer = Post(body, more);
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.headers.at("content-type"), kFhir);
    return Json::parse(answer.body, nullptr, false);
  }

  // Places of the faults of a refused body.
  std::vector<std::string> FaultsOf(const std::string& body) {
    const HttpAnswer answer = Post(body);
    EXPECT_EQ(answer.status, 400) << answer.body;
    EXPECT_EQ(answer.headers.at("content-type"), kFhir);
    std::vector<std::string> places;
    const Json outcome = Json::parse(answer.body, nullptr, false);
    EXPECT_EQ(outcome["resourceType"], "OperationOutcome");
    for (const Json& issue : outcome["issue"]) {
      places.push_back(issue.contains("expression")
                           ? issue["expression"][0].get<std::string>()
                           : "");
    }
    return places;
  }

  v1::ScreenFhirBundleResponse OverGrpc(
      const v1::ScreenFhirBundleRequest& request) {
    v1::ScreenFhirBundleResponse response;
    grpc::ClientContext context;
    const grpc::Status status =
        v1::FhirService::NewStub(server_.channel())
            ->ScreenFhirBundle(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  TemporaryFolder folder_;
  TestServer server_;
};

std::string Keloid() {
  return RecordOf({ConditionOf(kSct, "33659008", kActive),
                   ConditionOf(kIcd, "J45.909", kActive)});
}

// Parameters of a record and of these.
std::string ParametersOf(const std::string& record, const std::string& more) {
  return absl::StrCat(
      R"({"resourceType":"Parameters","parameter":[{"name":"record","resource":)",
      record, "}", Quoted(more), "]}");
}

TEST_F(ScreenOperationTest, AnswersWithTheResourcesOfScreenFhirBundle) {
  v1::ScreenFhirBundleRequest request;
  request.set_bundle(Keloid());
  request.set_view(v1::VIEW_FULL);
  v1::TreatmentSelection* treatment = request.add_treatments();
  treatment->set_treatment("base_microneedling");
  treatment->add_areas("face");
  // A record alone: what is asked is what the settings say.
  const HttpAnswer answer = Post(Keloid());
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("content-language"), "en");
  EXPECT_EQ(answer.body, OverGrpc(request).resources());

  treatment->mutable_areas()->Clear();
  treatment->add_areas("cheeks");
  treatment->add_areas("chin");
  treatment->add_concerns("acne_scars");
  treatment->mutable_device()->set_device("skinpen_precision");
  treatment->mutable_device()->set_needle_depth_mm(1.5);
  request.set_as_of("2026-07-01");
  request.set_profile("core");
  request.set_language("fr");
  request.set_request_id("r1");
  EXPECT_EQ(
      Post(ParametersOf(Keloid(),
                        ",{'name':'treatment','part':["
                        "{'name':'treatment','valueCode':'base_microneedling'},"
                        "{'name':'area','valueCode':'cheeks'},"
                        "{'name':'area','valueCode':'chin'},"
                        "{'name':'concern','valueCode':'acne_scars'},"
                        "{'name':'device','valueString':'skinpen_precision'},"
                        "{'name':'needleDepth','valueDecimal':1.5}]},"
                        "{'name':'asOf','valueDate':'2026-07-01'},"
                        "{'name':'profile','valueCode':'core'},"
                        "{'name':'language','valueCode':'fr'},"
                        "{'name':'requestId','valueString':'r1'}"))
          .body,
      OverGrpc(request).resources());
}

TEST_F(ScreenOperationTest, ListsWhatItDidNotUse) {
  const Json bundle = Answer(Keloid());
  const Json& outcome = bundle["entry"].back()["resource"];
  EXPECT_EQ(outcome["resourceType"], "OperationOutcome");
  EXPECT_EQ(outcome["issue"][0]["details"]["coding"][1]["code"], "J45.909");
}

TEST_F(ScreenOperationTest, PlansWhatIsEligible) {
  const Json bundle = Answer(RecordOf({WellAnswers()}));
  EXPECT_EQ(bundle["entry"].back()["resource"]["resourceType"], "RequestGroup");
  v1::ListDecisionsResponse recorded;
  grpc::ClientContext context;
  ASSERT_TRUE(
      server_.decision_log().ListDecisions(&context, {}, &recorded).ok());
  EXPECT_EQ(recorded.records_size(), 2);
}

TEST_F(ScreenOperationTest, SpeaksALanguageThatTheCallerAccepts) {
  const HttpAnswer french =
      Post(Keloid(), {{"Accept-Language", "tlh, fr-CA;q=0.8, en;q=0.5"}});
  EXPECT_EQ(french.headers.at("content-language"), "fr");
  EXPECT_THAT(french.headers.at("vary"), HasSubstr("Accept-Language"));
  const HttpAnswer none = Post(Keloid(), {{"Accept-Language", "tlh,*"}});
  EXPECT_EQ(none.headers.at("content-language"), "en");
}

TEST_F(ScreenOperationTest, ReadsAcknowledgements) {
  // A contraindication cannot be acknowledged, and a reason is required.
  EXPECT_THAT(
      FaultsOf(ParametersOf(Keloid(),
                            ",{'name':'acknowledgement','part':["
                            "{'name':'rule','valueCode':'keloid-ever'},"
                            "{'name':'clinician','valueString':'c'}]}")),
      UnorderedElementsAre("Parameters.parameter[1].part[0]",
                           "Parameters.parameter[1]"));
  EXPECT_THAT(FaultsOf(ParametersOf(Keloid(),
                                    ",{'name':'acknowledgement','part':["
                                    "{'name':'reson','valueString':'c'}]}")),
              ElementsAre("Parameters.parameter[1].part[0].name"));
}

TEST_F(ScreenOperationTest, NamesThePlaceOfEveryFault) {
  EXPECT_THAT(FaultsOf(""), ElementsAre(""));
  EXPECT_THAT(FaultsOf("{} {}"), ElementsAre(""));
  EXPECT_THAT(FaultsOf("[]"), ElementsAre(""));
  EXPECT_THAT(FaultsOf("{\"resourceType\":\"Parameters\"}"),
              ElementsAre("Parameters.parameter"));
  EXPECT_THAT(FaultsOf(RecordOf({ConditionOf(kSct, "33659008",
                                             "'onsetDateTime':'2031-01-01'")})),
              ElementsAre("Bundle.entry[1].resource.onsetDateTime"));
  EXPECT_THAT(
      FaultsOf(ParametersOf(
          RecordOf(
              {ConditionOf(kSct, "33659008", "'onsetDateTime':'2031-01-01'")}),
          "")),
      ElementsAre(
          "Parameters.parameter[0].resource.entry[1].resource.onsetDateTime"));
  EXPECT_THAT(FaultsOf(ParametersOf(
                  Keloid(),
                  ",{'name':'treatment','part':["
                  "{'name':'treatment','valueCode':'nope'},"
                  "{'name':'area','valueCode':'nowhere'}]},"
                  "{'name':'treatment','part':["
                  "{'name':'treatment','valueCode':'base_microneedling'}]},"
                  "{'name':'asOf','valueDate':'2026-02-30'},"
                  "{'name':'language','valueCode':'tlh'}")),
              UnorderedElementsAre(
                  "Parameters.parameter[1].part[0]",
                  "Parameters.parameter[1].part[1]", "Parameters.parameter[2]",
                  "Parameters.parameter[3]", "Parameters.parameter[4]"));
  EXPECT_THAT(
      FaultsOf(ParametersOf(Keloid(),
                            ",{'name':'asOf','valueString':'2026-07-01'},"
                            "{'name':'zanzibar'},{},7,"
                            "{'name':'record','resource':{}},"
                            "{'name':'treatment','part':[{'name':'x'},"
                            "{'name':'needleDepth'}]}")),
      ElementsAre("Parameters.parameter[1]", "Parameters.parameter[2].name",
                  "Parameters.parameter[3].name", "Parameters.parameter[4]",
                  "Parameters.parameter[4].name", "Parameters.parameter[5]",
                  "Parameters.parameter[6].part[0].name",
                  "Parameters.parameter[6].part[1]"));
}

TEST_F(ScreenOperationTest, AnswersOtherErrorsWithAnOutcome) {
  const HttpAnswer type =
      HttpCall(server_.http_port(), "POST", kScreenOperationPath,
               {{"content-type", "text/xml"}}, Keloid());
  EXPECT_EQ(type.status, 415);
  EXPECT_THAT(type.body, HasSubstr("OperationOutcome"));
  const HttpAnswer pinned = Post(ParametersOf(
      Keloid(), ",{'name':'ruleCatalogDigest','valueString':'00'}"));
  EXPECT_EQ(pinned.status, 409);
  EXPECT_THAT(pinned.body, HasSubstr("\"conflict\""));
  const std::string id = ",{'name':'requestId','valueString':'r2'}";
  EXPECT_EQ(Post(ParametersOf(Keloid(), id)).status, 200);
  const HttpAnswer reused = Post(ParametersOf(RecordOf({}), id));
  EXPECT_EQ(reused.status, 409);
  EXPECT_THAT(reused.body, HasSubstr("\"duplicate\""));
  EXPECT_EQ(HttpCall(server_.http_port(), "GET", kScreenOperationPath).status,
            405);
}

TEST_F(ScreenOperationTest, RepeatsNothingOfTheRecord) {
  const HttpAnswer refused = Post(ParametersOf(
      RecordOf({ConditionOf(kSct, "33659008", "'onsetDateTime':'zanzibar'")}),
      ",{'name':'requestId','valueString':'zanzibar'},"
      "{'name':'zanzibar','valueString':'zanzibar'}"));
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, Not(HasSubstr("zanzibar")));
  Answer(
      ParametersOf(RecordOf({ConditionOf("urn:zanzibar", "zanzibar", kActive)}),
                   ",{'name':'requestId','valueString':'zanzibar'}"));
  EXPECT_THAT(server_.log().Text(), Not(HasSubstr("zanzibar")));
}

}  // namespace
}  // namespace needlewise
