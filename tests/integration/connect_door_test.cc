// The unary methods over HTTP, in the way of the Connect protocol.

#include "server/http/connect_door.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/grpc_services.h"
#include "tests/integration/http_client.h"
#include "tests/integration/test_server.h"

namespace needlewise {
namespace {

using ::google::protobuf::util::JsonStringToMessage;
using ::google::protobuf::util::MessageToJsonString;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kScreen[] = "ScreeningService/ScreenEligibility";
constexpr char kJson[] = "application/json";
constexpr char kProto[] = "application/proto";

void ServeHttp(config::v1::ServerConfig* config) {
  config->mutable_http_listener()->set_address("127.0.0.1:0");
  config->mutable_http_listener()->set_insecure_for_development(true);
}

std::string ToJson(const google::protobuf::Message& message) {
  std::string json;
  EXPECT_TRUE(MessageToJsonString(message, &json).ok());
  return json;
}

class ConnectDoorTest : public ::testing::Test {
 protected:
  ConnectDoorTest() : server_(ServeHttp), port_(server_.server().http_port()) {}

  TestServer server_;
  const int port_;
};

TEST_F(ConnectDoorTest, AnswersWithTheBytesOfGrpc) {
  const v1::ScreenEligibilityRequest request = ClearRequest();
  grpc::ClientContext context;
  v1::ScreenEligibilityResponse over_grpc;
  ASSERT_TRUE(server_.screening()
                  .ScreenEligibility(&context, request, &over_grpc)
                  .ok());

  const HttpAnswer proto =
      ConnectCall(port_, kScreen, kProto, request.SerializeAsString());
  EXPECT_EQ(proto.status, 200);
  EXPECT_EQ(proto.headers.at("content-type"), kProto);
  EXPECT_EQ(proto.body, over_grpc.SerializeAsString());

  const HttpAnswer json = ConnectCall(port_, kScreen, kJson, ToJson(request));
  EXPECT_EQ(json.status, 200);
  EXPECT_EQ(json.headers.at("content-type"), kJson);
  v1::ScreenEligibilityResponse over_json;
  ASSERT_TRUE(JsonStringToMessage(json.body, &over_json).ok()) << json.body;
  EXPECT_EQ(over_json.SerializeAsString(), over_grpc.SerializeAsString());
}

TEST_F(ConnectDoorTest, HasEveryMethodOfEveryService) {
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  for (const char* name : ServiceNames()) {
    const auto* service = pool->FindServiceByName(name);
    ASSERT_NE(service, nullptr) << name;
    for (int i = 0; i < service->method_count(); ++i) {
      const auto& method = *service->method(i);
      const HttpAnswer answer =
          HttpCall(port_, "POST",
                   absl::StrCat("/", service->full_name(), "/", method.name()),
                   {{"Content-Type", kJson}}, "{}");
      EXPECT_NE(answer.status, 404) << method.full_name();
      if (method.client_streaming() || method.server_streaming()) {
        EXPECT_EQ(answer.status, 501) << method.full_name();
        EXPECT_THAT(answer.body, HasSubstr(method.name()));
      }
    }
  }
}

// What is wrong with a call, and what it is answered.
struct BadCall {
  const char* what;
  HttpHeaders headers;
  std::string body;
  int status;
  const char* code;
  // Fields of the violations.
  std::vector<std::string> fields;
};

TEST_F(ConnectDoorTest, NamesEveryFaultOfACall) {
  const HttpHeaders json = {{"Content-Type", kJson}};
  const std::string deep(100000, '[');
  const std::vector<BadCall> calls = {
      {"no type", {}, "{}", 415, "invalid_argument", {"content-type"}},
      {"another type",
       {{"Content-Type", "text/plain"}},
       "{}",
       415,
       "invalid_argument",
       {"content-type"}},
      {"another character set",
       {{"Content-Type", "application/json; charset=latin1"}},
       "{}",
       415,
       "invalid_argument",
       {"content-type"}},
      {"nothing", json, "", 400, "invalid_argument", {""}},
      {"cut off",
       json,
       "{\"patient\":{\"ageYears\":",
       400,
       "invalid_argument",
       {"patient.age_years"}},
      {"more after the end", json, "{} {}", 400, "invalid_argument", {""}},
      {"rubbish after the end", json, "{}x", 400, "invalid_argument", {""}},
      {"deep",
       json,
       "{\"patient\":" + deep,
       400,
       "invalid_argument",
       {"patient", "patient"}},
      {"no UTF-8",
       json,
       "{\"patient\":{\"patientReference\":\"\xC3\x28\"}}",
       400,
       "invalid_argument",
       {"patient.patient_reference"}},
      {"an overlong form",
       json,
       "{\"asOf\":\"\xC0\xAF\"}",
       400,
       "invalid_argument",
       {"as_of"}},
      {"a surrogate",
       json,
       "{\"asOf\":\"\xED\xA0\x80\"}",
       400,
       "invalid_argument",
       {"as_of"}},
      {"unknown fields",
       json,
       R"({"patient":{"agee":3,"findings":[{},{"concpt":"keloid"}]},"x":1})",
       400,
       "invalid_argument",
       {"patient.agee", "patient.findings[1].concpt", "x"}},
      {"twice",
       json,
       R"({"asOf":"2026-01-01","as_of":"2026-01-02"})",
       400,
       "invalid_argument",
       {"as_of"}},
      {"wrong forms",
       json,
       R"({"treatments":{},"patient":{"ageYears":"x","findings":[1]}})",
       400,
       "invalid_argument",
       {"treatments", "patient.age_years", "patient.findings[0]"}},
      {"no proto",
       {{"Content-Type", kProto}},
       "\xFF\xFF\xFF",
       400,
       "invalid_argument",
       {""}},
      {"another version of the protocol",
       {{"Content-Type", kJson}, {"Connect-Protocol-Version", "2"}},
       "{}",
       400,
       "invalid_argument",
       {"connect-protocol-version"}},
      {"no number",
       {{"Content-Type", kJson}, {"Connect-Timeout-Ms", "1s"}},
       "{}",
       400,
       "invalid_argument",
       {"connect-timeout-ms"}},
      {"too many digits",
       {{"Content-Type", kJson}, {"Connect-Timeout-Ms", "12345678901"}},
       "{}",
       400,
       "invalid_argument",
       {"connect-timeout-ms"}},
      {"what the engine finds",
       json,
       R"({"asOf":"2026-02-30","treatments":[{"treatment":"nope"}]})",
       400,
       "invalid_argument",
       {"as_of", "treatments[0].treatment", "treatments[0].areas"}},
  };
  HttpConnection connection(port_);
  for (const BadCall& call : calls) {
    SCOPED_TRACE(call.what);
    // On one connection, which therefore survives them all.
    const HttpAnswer answer =
        connection.Call("POST", absl::StrCat("/needlewise.v1.", kScreen),
                        call.headers, call.body);
    EXPECT_EQ(answer.status, call.status);
    const ConnectError error = ConnectErrorOf(answer);
    EXPECT_EQ(error.code, call.code);
    EXPECT_EQ(ReasonOf(error.status), "FIELD_INVALID");
    EXPECT_EQ(FieldsOf(error.status), call.fields) << answer.body;
  }
  EXPECT_EQ(
      connection
          .Call("POST", absl::StrCat("/needlewise.v1.", kScreen),
                {{"Content-Type", kProto}}, ClearRequest().SerializeAsString())
          .status,
      200);
}

TEST_F(ConnectDoorTest, RepeatsNothingThatCouldBeAPatients) {
  const HttpAnswer answer = ConnectCall(
      port_, kScreen, kJson,
      R"({"Jane Roe, 1970":1,"view":"Mary Major","patient":{"ageYears":"zq7"}})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(FieldsOf(ConnectErrorOf(answer).status),
              ElementsAre("", "view", "patient.age_years"));
  for (const char* value : {"Jane", "1970", "Mary", "zq7"}) {
    EXPECT_THAT(answer.body, Not(HasSubstr(value)));
    EXPECT_THAT(server_.log().Text(), Not(HasSubstr(value)));
  }
}

TEST_F(ConnectDoorTest, TellsAStreamingCallerWhereStreamsAre) {
  const HttpAnswer answer =
      ConnectCall(port_, "ScreeningService/StreamScreenEligibility",
                  "application/connect+json", "");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("content-type"), "application/connect+json");
  ASSERT_GE(answer.body.size(), 5u);
  EXPECT_EQ(answer.body[0], '\x02');
  EXPECT_EQ(answer.body.size(),
            5u + static_cast<unsigned char>(answer.body[3]) * 256u +
                static_cast<unsigned char>(answer.body[4]));
  EXPECT_THAT(answer.body, HasSubstr("{\"error\":{\"code\":\"unimplemented\""));
}

TEST_F(ConnectDoorTest, ReadsTheCatalogueWithGet) {
  const std::string target =
      "/needlewise.v1.RuleCatalogService/GetRule?connect=v1&encoding=json"
      "&message=";
  const std::string json = R"({"ruleId":"keloid-ever"})";
  v1::GetRuleRequest request;
  request.set_rule_id("keloid-ever");
  v1::GetRuleResponse rule;
  grpc::ClientContext context;
  ASSERT_TRUE(server_.catalog().GetRule(&context, request, &rule).ok());
  for (const std::string& query :
       {std::string("%7B%22ruleId%22%3A%22keloid-ever%22%7D"),
        absl::StrCat(absl::WebSafeBase64Escape(json), "&base64=1")}) {
    const HttpAnswer answer = HttpCall(port_, "GET", target + query);
    EXPECT_EQ(answer.status, 200) << answer.body;
    v1::GetRuleResponse read;
    ASSERT_TRUE(JsonStringToMessage(answer.body, &read).ok());
    EXPECT_EQ(read.SerializeAsString(), rule.SerializeAsString());
  }
  for (const char* query : {"", "%7", "a&base64=1", "{}&compression=br"}) {
    EXPECT_GE(HttpCall(port_, "GET", target + query).status, 400) << query;
  }
  // A patient does not belong into a URL.
  const HttpAnswer refused = HttpCall(
      port_, "GET",
      absl::StrCat("/needlewise.v1.", kScreen, "?encoding=json&message={}"));
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers.at("allow"), "POST");
}

TEST_F(ConnectDoorTest, GivesErrorsTheirStatusAndReason) {
  const HttpAnswer unknown_rule = ConnectCall(
      port_, "RuleCatalogService/GetRule", kJson, R"({"ruleId":"keloid-evr"})");
  EXPECT_EQ(unknown_rule.status, 404);
  EXPECT_EQ(ConnectErrorOf(unknown_rule).code, "not_found");
  EXPECT_EQ(ReasonOf(ConnectErrorOf(unknown_rule).status), "RULE_NOT_FOUND");

  v1::ScreenEligibilityRequest pinned = ClearRequest();
  pinned.set_rule_catalog_digest(std::string(64, '0'));
  const HttpAnswer mismatch =
      ConnectCall(port_, kScreen, kProto, pinned.SerializeAsString());
  EXPECT_EQ(mismatch.status, 400);
  EXPECT_EQ(ConnectErrorOf(mismatch).code, "failed_precondition");
  EXPECT_EQ(ReasonOf(ConnectErrorOf(mismatch).status),
            "CATALOG_VERSION_MISMATCH");

  const HttpAnswer no_method =
      ConnectCall(port_, "ScreeningService/Nope", kJson, "{}");
  EXPECT_EQ(no_method.status, 404);
  EXPECT_EQ(ConnectErrorOf(no_method).code, "unimplemented");
}

TEST(ConnectDoorOptionsTest, AsksForTheProtocolsVersionWhereTold) {
  TestServer server([](config::v1::ServerConfig* config) {
    ServeHttp(config);
    config->mutable_http_listener()->set_require_connect_protocol_version(true);
  });
  const int port = server.server().http_port();
  const std::string body = ClearRequest().SerializeAsString();
  const HttpAnswer refused = ConnectCall(port, kScreen, kProto, body);
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(FieldsOf(ConnectErrorOf(refused).status),
              ElementsAre("connect-protocol-version"));
  EXPECT_EQ(HttpCall(port, "POST", absl::StrCat("/needlewise.v1.", kScreen),
                     {{"Content-Type", kProto},
                      {"Connect-Protocol-Version", "1"},
                      {"Connect-Timeout-Ms", "9999999999"}},
                     body)
                .status,
            200);
}

TEST_F(ConnectDoorTest, ValidatesACandidateOnTheWorker) {
  const HttpAnswer answer = ConnectCall(
      port_, "RuleCatalogService/ValidateRuleCatalog", kJson,
      R"({"files":[{"name":"a.textproto","content":"rules { nonsense: 1 }"}]})");
  EXPECT_EQ(answer.status, 200);
  v1::ValidateRuleCatalogResponse response;
  ASSERT_TRUE(JsonStringToMessage(answer.body, &response).ok());
  EXPECT_FALSE(response.valid());
  EXPECT_THAT(response.diagnostics(), Not(IsEmpty()));
}

}  // namespace
}  // namespace needlewise
