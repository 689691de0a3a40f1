// `DecisionLogService` over HTTP: the same answers as over gRPC.

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/http_client.h"
#include "tests/integration/test_server.h"

namespace needlewise {
namespace {

using ::google::protobuf::util::JsonStringToMessage;
using ::google::protobuf::util::MessageToJsonString;
using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr char kJson[] = "application/json";
constexpr char kProto[] = "application/proto";

void ServeHttp(config::v1::ServerConfig* config) {
  config->mutable_http_listener()->set_address("127.0.0.1:0");
  config->mutable_http_listener()->set_insecure_for_development(true);
}

std::string Method(const char* name) {
  return absl::StrCat("DecisionLogService/", name);
}

class DecisionLogHttpTest : public ::testing::Test {
 protected:
  DecisionLogHttpTest()
      : server_([this](config::v1::ServerConfig* config) {
          ServeHttp(config);
          config->mutable_decision_log()->set_mode(
              config::v1::DECISION_LOG_MODE_COMMITTED);
          config->mutable_decision_log()->set_sqlite_file(
              absl::StrCat(folder_.path(), "/log.db"));
        }) {}

  // A decision in which a rule fired.
  v1::ScreenEligibilityResponse Screen() {
    v1::ScreenEligibilityRequest request = ClearRequest();
    request.mutable_patient()->mutable_findings(0)->set_status(
        v1::FINDING_STATUS_PRESENT);
    v1::ScreenEligibilityResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(server_.screening()
                    .ScreenEligibility(&context, request, &response)
                    .ok());
    return response;
  }

  HttpAnswer Call(const char* method, const char* type,
                  const google::protobuf::Message& request) {
    std::string body = request.SerializeAsString();
    if (type == kJson) {
      body.clear();
      EXPECT_TRUE(MessageToJsonString(request, &body).ok());
    }
    return ConnectCall(server_.http_port(), Method(method), type, body);
  }

  // The answer of gRPC, which those over HTTP must be.
  template <typename Response>
  Response AnswerOf(const char* method,
                    const google::protobuf::Message& request) {
    std::string bytes;
    const grpc::Status status = CallWithBytes(
        server_.channel(), absl::StrCat("/needlewise.v1.", Method(method)),
        request.SerializeAsString(), &bytes);
    EXPECT_TRUE(status.ok()) << method << ": " << status.error_message();
    const HttpAnswer proto = Call(method, kProto, request);
    EXPECT_EQ(proto.status, 200) << method << ": " << proto.body;
    EXPECT_EQ(proto.body, bytes) << method;
    const HttpAnswer json = Call(method, kJson, request);
    EXPECT_EQ(json.status, 200) << method << ": " << json.body;
    Response response;
    EXPECT_TRUE(JsonStringToMessage(json.body, &response).ok()) << method;
    EXPECT_EQ(response.SerializeAsString(), bytes) << method;
    return response;
  }

  TemporaryFolder folder_;
  TestServer server_;
};

TEST_F(DecisionLogHttpTest, AnswersWithTheBytesOfGrpc) {
  const std::string id = Screen().decision_id();
  Screen();
  v1::GetDecisionRequest get;
  get.set_decision_id(id);
  EXPECT_EQ(AnswerOf<v1::GetDecisionResponse>("GetDecision", get)
                .record()
                .decision_id(),
            id);
  v1::ListDecisionsRequest list;
  list.set_page_size(1);
  const auto page = AnswerOf<v1::ListDecisionsResponse>("ListDecisions", list);
  EXPECT_THAT(page.records(), SizeIs(1));
  list.set_page_token(page.next_page_token());
  EXPECT_THAT(
      AnswerOf<v1::ListDecisionsResponse>("ListDecisions", list).records(),
      SizeIs(1));
  v1::ReplayDecisionRequest replay;
  replay.set_decision_id(id);
  EXPECT_TRUE(AnswerOf<v1::ReplayDecisionResponse>("ReplayDecision", replay)
                  .identical());
  EXPECT_GT(AnswerOf<v1::ListRuleCountsResponse>("ListRuleCounts",
                                                 v1::ListRuleCountsRequest())
                .counts_size(),
            0);
  v1::EvaluateCandidateRequest candidate;
  for (const CatalogFileText& file : SmallCatalog(2)) {
    v1::CatalogFile* added = candidate.add_files();
    added->set_name(file.name);
    added->set_content(file.content);
  }
  EXPECT_EQ(
      AnswerOf<v1::EvaluateCandidateResponse>("EvaluateCandidate", candidate)
          .decisions(),
      2);
}

TEST_F(DecisionLogHttpTest, TakesFeedbackOnce) {
  const v1::ScreenEligibilityResponse answer = Screen();
  v1::ReportFeedbackRequest feedback;
  feedback.set_request_id("a1");
  feedback.set_decision_id(answer.decision_id());
  feedback.set_rule_id(
      answer.decision().treatments(0).areas(0).fired(0).rule_id());
  feedback.set_outcome(v1::FEEDBACK_OUTCOME_OVERRIDDEN);
  feedback.set_override_reason(v1::OVERRIDE_REASON_SPECIALIST_ADVICE);
  const HttpAnswer first = Call("ReportFeedback", kJson, feedback);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body, "{}");
  const HttpAnswer again = Call("ReportFeedback", kJson, feedback);
  EXPECT_EQ(again.body, "{\"alreadyRecorded\":true}");
  EXPECT_TRUE(AnswerOf<v1::ReportFeedbackResponse>("ReportFeedback", feedback)
                  .already_recorded());
  v1::ListRuleCountsRequest of_rule;
  of_rule.set_rule_id(feedback.rule_id());
  EXPECT_EQ(AnswerOf<v1::ListRuleCountsResponse>("ListRuleCounts", of_rule)
                .counts(0)
                .overridden(),
            1);
}

TEST_F(DecisionLogHttpTest, GivesErrorsTheirStatusAndReason) {
  v1::GetDecisionRequest get;
  get.set_decision_id("nonesuch");
  v1::ReportFeedbackRequest feedback;
  feedback.set_request_id("a1");
  feedback.set_decision_id("nonesuch");
  feedback.set_outcome(v1::FEEDBACK_OUTCOME_ACCEPTED);
  for (const char* type : {kJson, kProto}) {
    for (const auto& [method, request] :
         std::vector<std::pair<const char*, const google::protobuf::Message*>>{
             {"GetDecision", &get}, {"ReportFeedback", &feedback}}) {
      const HttpAnswer missing = Call(method, type, *request);
      EXPECT_EQ(missing.status, 404) << method;
      EXPECT_EQ(ConnectErrorOf(missing).code, "not_found") << method;
      EXPECT_EQ(ReasonOf(ConnectErrorOf(missing).status), "DECISION_NOT_FOUND")
          << method;
    }
  }
  EXPECT_THAT(FieldsOf(ConnectErrorOf(Call("ReportFeedback", kJson,
                                           v1::ReportFeedbackRequest()))
                           .status),
              ElementsAre("request_id", "decision_id", "outcome"));
  EXPECT_THAT(FieldsOf(ConnectErrorOf(Call("EvaluateCandidate", kJson,
                                           v1::EvaluateCandidateRequest()))
                           .status),
              ElementsAre("files"));
  const HttpAnswer unread =
      ConnectCall(server_.http_port(), Method("ReportFeedback"), kJson,
                  R"({"outcome":"ZANZIBAR","desicionId":"x"})");
  EXPECT_EQ(unread.status, 400);
  EXPECT_THAT(FieldsOf(ConnectErrorOf(unread).status),
              ElementsAre("outcome", "desicionId"));
  // What a clinician did belongs into no URL.
  EXPECT_EQ(HttpCall(server_.http_port(), "GET",
                     absl::StrCat("/needlewise.v1.", Method("GetDecision"),
                                  "?encoding=json&message={}"))
                .status,
            405);
}

TEST(DecisionLogOverHttpOffTest, IsNotOffered) {
  TestServer server(ServeHttp);
  for (const char* method :
       {"GetDecision", "ListDecisions", "ReplayDecision", "ReportFeedback",
        "ListRuleCounts", "EvaluateCandidate"}) {
    const HttpAnswer answer =
        ConnectCall(server.http_port(), Method(method), kJson, "{}");
    EXPECT_EQ(answer.status, 501) << method;
    EXPECT_EQ(ReasonOf(ConnectErrorOf(answer).status), "NOT_OFFERED") << method;
  }
}

}  // namespace
}  // namespace needlewise
