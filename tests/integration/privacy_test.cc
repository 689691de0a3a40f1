#include <gmock/gmock.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "needlewise/v1/fhir.pb.h"
#include "tests/integration/http_client.h"
#include "tests/integration/test_server.h"

namespace needlewise {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCanary[] = "zanzibar";

// Plants a text in every text field of a message and of those in it. Of
// fields of which only one can be set, plants in number `choice`.
void Plant(int choice, Message* message) {
  const Reflection* reflection = message->GetReflection();
  for (int f = 0; f < message->GetDescriptor()->field_count(); ++f) {
    const FieldDescriptor* field = message->GetDescriptor()->field(f);
    const auto* oneof = field->real_containing_oneof();
    if (oneof != nullptr &&
        field != oneof->field(choice % oneof->field_count())) {
      continue;
    }
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      if (field->is_repeated()) {
        reflection->AddString(message, field, kCanary);
      } else {
        reflection->SetString(message, field, kCanary);
      }
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Plant(choice, field->is_repeated()
                        ? reflection->AddMessage(message, field)
                        : reflection->MutableMessage(message, field));
    }
  }
}

class PrivacyTest : public ::testing::Test {
 protected:
  // Calls a method with a request that is full of canaries.
  template <typename Request>
  void Call(const std::string& method) {
    for (int choice = 0; choice < 2; ++choice) {
      Request request;
      Plant(choice, &request);
      CallWith(method, request);
    }
  }

  // Over gRPC, and over HTTP in both forms.
  void CallWith(const std::string& method, const Message& request) {
    const std::string bytes = request.SerializeAsString();
    std::string response;
    CallWithBytes(server_.channel(), absl::StrCat("/needlewise.v1.", method),
                  bytes, &response);
    std::string json;
    EXPECT_TRUE(
        google::protobuf::util::MessageToJsonString(request, &json).ok());
    for (const auto& [type, body] : {std::pair("application/proto", bytes),
                                     std::pair("application/json", json)}) {
      const HttpAnswer answer =
          ConnectCall(server_.http_port(), method, type, body);
      EXPECT_NE(answer.status, 0) << method;
      // What is asked about the catalogue is about no patient.
      if (answer.status != 200 && !absl::StartsWith(method, "RuleCatalog")) {
        EXPECT_THAT(answer.body, Not(HasSubstr(kCanary))) << method;
      }
    }
  }

  // What the decision log holds, in whichever of its files.
  std::string StoredBytes() const {
    std::string bytes;
    for (const char* suffix : {"", "-wal"}) {
      std::ifstream in(absl::StrCat(folder_.path(), "/log.db", suffix),
                       std::ios::binary);
      bytes.append(std::istreambuf_iterator<char>(in), {});
    }
    return bytes;
  }

  static void KeepLog(const std::string& folder,
                      config::v1::ServerConfig* config) {
    std::ofstream(folder + "/key") << std::string(32, 'k');
    config::v1::DecisionLog* log = config->mutable_decision_log();
    log->set_mode(config::v1::DECISION_LOG_MODE_COMMITTED);
    log->set_sqlite_file(folder + "/log.db");
    config::v1::SubjectKey* key = log->add_subject_keys();
    key->set_key_id("k1");
    key->set_file(folder + "/key");
  }

  TemporaryFolder folder_;
  TestServer server_{[this](config::v1::ServerConfig* config) {
    KeepLog(folder_.path(), config);
    config->mutable_http_listener()->set_address("127.0.0.1:0");
    config->mutable_http_listener()->set_insecure_for_development(true);
  }};
};

TEST_F(PrivacyTest, NothingThatACallerSendsIsLoggedOrRecorded) {
  Call<v1::ScreenEligibilityRequest>("ScreeningService/ScreenEligibility");
  Call<v1::BatchScreenEligibilityRequest>(
      "ScreeningService/BatchScreenEligibility");
  Call<v1::StreamScreenEligibilityRequest>(
      "ScreeningService/StreamScreenEligibility");
  Call<v1::SuggestQuestionsRequest>("ScreeningService/SuggestQuestions");
  Call<v1::ScreenFhirBundleRequest>("FhirService/ScreenFhirBundle");
  Call<v1::RecommendAddOnsRequest>("RecommendationService/RecommendAddOns");
  Call<v1::PlanTreatmentRequest>("RecommendationService/PlanTreatment");
  Call<v1::GetRuleCatalogRequest>("RuleCatalogService/GetRuleCatalog");
  Call<v1::ListRulesRequest>("RuleCatalogService/ListRules");
  Call<v1::GetRuleRequest>("RuleCatalogService/GetRule");
  Call<v1::ListConceptsRequest>("RuleCatalogService/ListConcepts");
  Call<v1::ListCitationsRequest>("RuleCatalogService/ListCitations");
  Call<v1::ListSourceConflictsRequest>(
      "RuleCatalogService/ListSourceConflicts");
  Call<v1::ValidateRuleCatalogRequest>(
      "RuleCatalogService/ValidateRuleCatalog");
  Call<v1::GetDecisionRequest>("DecisionLogService/GetDecision");
  Call<v1::ListDecisionsRequest>("DecisionLogService/ListDecisions");
  Call<v1::ReplayDecisionRequest>("DecisionLogService/ReplayDecision");
  Call<v1::ReportFeedbackRequest>("DecisionLogService/ReportFeedback");
  Call<v1::ListRuleCountsRequest>("DecisionLogService/ListRuleCounts");
  Call<v1::EvaluateCandidateRequest>("DecisionLogService/EvaluateCandidate");

  // The same where the request is a good one.
  v1::ScreenEligibilityRequest good = ClearRequest();
  good.set_request_id(kCanary);
  good.mutable_patient()->set_patient_reference(kCanary);
  v1::Finding* unmapped = good.mutable_patient()->add_findings();
  unmapped->mutable_coding()->set_system(kCanary);
  unmapped->mutable_coding()->set_code(kCanary);
  unmapped->set_status(v1::FINDING_STATUS_PRESENT);
  good.mutable_treatments(0)->mutable_device()->set_device(kCanary);
  v1::Acknowledgement* acknowledged = good.add_acknowledgements();
  acknowledged->set_rule_id("acne-active");
  acknowledged->set_clinician_reference(kCanary);
  acknowledged->set_reason(kCanary);
  v1::ScreenEligibilityResponse response;
  grpc::ClientContext context;
  const grpc::Status status =
      server_.screening().ScreenEligibility(&context, good, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();

  EXPECT_GT(server_.log().Count("call"), 20);
  EXPECT_THAT(server_.log().Text(), Not(HasSubstr(kCanary)));
  // The good one is there, without what it said in its own words.
  EXPECT_THAT(StoredBytes(), HasSubstr(response.decision_id()));
  EXPECT_THAT(StoredBytes(), Not(HasSubstr(kCanary)));
}

TEST_F(PrivacyTest, ErrorsDoNotRepeatWhatIsSaidOfAPatient) {
  v1::ScreenEligibilityRequest request;
  Plant(0, &request);
  Plant(1, &request);
  v1::ScreenEligibilityResponse response;
  grpc::ClientContext context;
  const grpc::Status status =
      server_.screening().ScreenEligibility(&context, request, &response);
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error_message(), Not(HasSubstr(kCanary)));
  EXPECT_THAT(status.error_details(), Not(HasSubstr(kCanary)));
}

}  // namespace
}  // namespace needlewise
