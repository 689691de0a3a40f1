#include "server/fhir/screen_bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "needlewise/v1/fhir.grpc.pb.h"
#include "rules/engine/decide.h"
#include "server/fhir/json.h"
#include "tests/fhir/mapped.h"
#include "tests/integration/test_server.h"
#include "tests/support/shipped_catalog.h"
#include "tests/support/text_proto.h"

namespace needlewise {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A server with the released catalogue, on a day in June 2026.
class ScreenFhirBundleTest : public ::testing::Test {
 protected:
  ScreenFhirBundleTest()
      : server_(nullptr, ShippedFiles()),
        fhir_(v1::FhirService::NewStub(server_.channel())) {}

  static v1::ScreenFhirBundleRequest RequestOf(const std::string& bundle) {
    v1::ScreenFhirBundleRequest request;
    request.set_as_of("2026-06-20");
    request.set_bundle(bundle);
    request.set_view(v1::VIEW_FULL);
    v1::TreatmentSelection* treatment = request.add_treatments();
    treatment->set_treatment("base_microneedling");
    treatment->add_areas("face");
    return request;
  }

  grpc::Status Screen(const v1::ScreenFhirBundleRequest& request,
                      v1::ScreenFhirBundleResponse* response) {
    grpc::ClientContext context;
    return fhir_->ScreenFhirBundle(&context, request, response);
  }

  // The faults of a bundle that is refused.
  std::vector<std::string> FaultsOf(const std::string& bundle) {
    v1::ScreenFhirBundleResponse response;
    const grpc::Status status = Screen(RequestOf(bundle), &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    return FieldsOf(status);
  }

  TestServer server_;
  std::unique_ptr<v1::FhirService::Stub> fhir_;
};

std::string Record() {
  return RecordOf(
      {ConditionOf(kSct, "33659008", kActive),
       ConditionOf(kIcd, "J45.909", kActive),
       absl::StrCat("{'resourceType':'Observation','id':'o1','subject':{~},"
                    "'status':'final','effectiveDateTime':'2026-06-10',",
                    Coded("code", kLn, "777-3"),
                    ",'valueQuantity':{'value':210,'code':'10*9/L'}}")});
}

TEST_F(ScreenFhirBundleTest, GivesTheDecisionOfThePatientAsMapped) {
  v1::ScreenFhirBundleResponse mapped;
  const v1::ScreenFhirBundleRequest request = RequestOf(Record());
  ASSERT_TRUE(Screen(request, &mapped).ok());

  v1::ScreenEligibilityRequest same;
  same.set_as_of(request.as_of());
  *same.mutable_patient() = mapped.patient();
  *same.mutable_treatments() = request.treatments();
  same.set_view(request.view());
  v1::ScreenEligibilityResponse plain;
  grpc::ClientContext context;
  ASSERT_TRUE(
      server_.screening().ScreenEligibility(&context, same, &plain).ok());
  EXPECT_EQ(mapped.decision_id(), plain.decision_id());
  EXPECT_EQ(mapped.decision().SerializeAsString(),
            plain.decision().SerializeAsString());
  EXPECT_EQ(mapped.decision().treatments(0).verdict(),
            v1::VERDICT_CONTRAINDICATED);
}

TEST_F(ScreenFhirBundleTest, SaysWhereFindingsCameFromAndWhatWasNotUsed) {
  v1::ScreenFhirBundleResponse response;
  ASSERT_TRUE(Screen(RequestOf(Record()), &response).ok());
  ASSERT_EQ(response.origins_size(), response.patient().findings_size());
  EXPECT_EQ(response.origins(0).resource(), "Condition/c1");
  EXPECT_EQ(response.patient().findings(0).concept(), "keloid");
  EXPECT_EQ(response.origins(1).resource(), "Observation/o1");
  ASSERT_EQ(response.not_used_size(), 1);
  EXPECT_EQ(response.not_used(0).coding().code(), "J45.909");
  EXPECT_EQ(response.not_used(0).path(), "Condition.code.coding[0]");
}

TEST_F(ScreenFhirBundleTest, NamesPlacesOfFaultsInTheRecord) {
  EXPECT_THAT(FaultsOf(RecordOf({ConditionOf(kSct, "33659008",
                                             "'onsetDateTime':'2031-01-01'")})),
              ElementsAre("bundle.entry[1].resource.onsetDateTime"));
  EXPECT_THAT(FaultsOf(RecordOf({ConditionOf(kSct, "33659008",
                                             "'recordedDate':'yesterday'")})),
              ElementsAre("bundle.entry[1].resource.recordedDate"));
  EXPECT_THAT(
      FaultsOf(RecordOf({absl::StrCat(
          "{'resourceType':'Observation','id':'o1','subject':{~},"
          "'status':'final','effectiveDateTime':'2026-06-10',",
          Coded("code", kLn, "777-3"), ",'valueQuantity':{'value':210}}")})),
      ElementsAre("bundle.entry[1].resource.valueQuantity"));
  EXPECT_THAT(FaultsOf(Quoted("{'resourceType':'Patient','id':'a',"
                              "'birthDate':'2031'}")),
              ElementsAre("bundle.birthDate"));
  EXPECT_THAT(FaultsOf("{\"resourceType\":"),
              ElementsAre("bundle.resourceType"));
  EXPECT_THAT(FaultsOf(""), ElementsAre("bundle"));
}

TEST_F(ScreenFhirBundleTest, ReportsEveryFaultAtOnce) {
  EXPECT_THAT(
      FaultsOf(RecordOf(
          {ConditionOf(kSct, "33659008", "'onsetDateTime':'2031-01-01'"),
           ConditionOf(kSct, "33659008", "'onsetDateTime':'2031-02-30'")})),
      ElementsAre("bundle.entry[1].resource.onsetDateTime",
                  "bundle.entry[2].resource.onsetDateTime"));
}

TEST_F(ScreenFhirBundleTest, AnswersInFhir) {
  v1::ScreenFhirBundleResponse response;
  ASSERT_TRUE(Screen(RequestOf(Record()), &response).ok());
  const Json json = Json::parse(response.resources(), nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  const Json& entries = json["entry"];
  const Json& guidance = entries[0]["resource"];
  EXPECT_EQ(guidance["resourceType"], "GuidanceResponse");
  EXPECT_EQ(guidance["id"], response.decision_id());
  EXPECT_EQ(guidance["status"], "success");
  EXPECT_EQ(guidance["subject"]["reference"], "Patient/p1");
  const v1::FiredRule& fired =
      response.decision().treatments(0).areas(0).fired(0);
  const Json& issue = entries[1]["resource"];
  EXPECT_EQ(issue["resourceType"], "DetectedIssue");
  EXPECT_EQ(issue["code"]["coding"][0]["code"], fired.rule_id());
  EXPECT_EQ(issue["severity"], "high");
  EXPECT_EQ(issue["evidence"][0]["detail"][0]["reference"], "Condition/c1");
  EXPECT_EQ(issue["extension"].size(),
            static_cast<size_t>(fired.citations_size()));
}

TEST_F(ScreenFhirBundleTest, AsksForWhatIsMissing) {
  v1::ScreenFhirBundleResponse response;
  ASSERT_TRUE(Screen(RequestOf(RecordOf({})), &response).ok());
  EXPECT_EQ(response.decision().treatments(0).verdict(),
            v1::VERDICT_DATA_REQUIRED);
  const Json json = Json::parse(response.resources(), nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  const Json& guidance = json["entry"][0]["resource"];
  EXPECT_EQ(guidance["status"], "data-required");
  const size_t outstanding =
      response.decision().treatments(0).areas(0).outstanding_size();
  EXPECT_EQ(guidance["dataRequirement"].size(), outstanding);
  const Json& questionnaire = json.at("entry").back()["resource"];
  EXPECT_EQ(questionnaire["resourceType"], "Questionnaire");
  EXPECT_EQ(questionnaire["item"].size(), outstanding);
}

// Resources of a type in an answer.
std::vector<Json> ResourcesOf(const v1::ScreenFhirBundleResponse& response,
                              const std::string& type) {
  std::vector<Json> found;
  const Json bundle = Json::parse(response.resources(), nullptr, false);
  for (const Json& entry : bundle["entry"]) {
    if (entry["resource"]["resourceType"] == type) {
      found.push_back(entry["resource"]);
    }
  }
  return found;
}

TEST_F(ScreenFhirBundleTest, PlansWhatIsEligible) {
  v1::ScreenFhirBundleRequest request = RequestOf(RecordOf({WellAnswers()}));
  v1::ScreenFhirBundleResponse response;
  ASSERT_TRUE(Screen(request, &response).ok());
  ASSERT_TRUE(IsEligible(response.decision().treatments(0).verdict()))
      << response.decision().ShortDebugString();

  v1::PlanTreatmentRequest same;
  same.set_as_of(request.as_of());
  *same.mutable_patient() = response.patient();
  *same.mutable_base() = request.treatments(0);
  v1::PlanTreatmentResponse plain;
  grpc::ClientContext context;
  ASSERT_TRUE(
      server_.recommendation().PlanTreatment(&context, same, &plain).ok());
  EXPECT_EQ(response.plan().SerializeAsString(), plain.SerializeAsString());
  const std::vector<Json> groups = ResourcesOf(response, "RequestGroup");
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0]["id"], plain.decision_id());
  EXPECT_EQ(groups[0]["action"].size(),
            static_cast<size_t>(plain.plan().sessions_size() +
                                plain.plan().items_size()));
  EXPECT_EQ(ResourcesOf(response, "GuidanceResponse")[0]["result"]["reference"],
            absl::StrCat("RequestGroup/", plain.decision_id()));

  request.set_view(v1::VIEW_BASIC);
  ASSERT_TRUE(Screen(request, &response).ok());
  EXPECT_FALSE(response.has_plan());
}

TEST_F(ScreenFhirBundleTest, PlansAddOnsThatAreAskedAbout) {
  v1::ScreenFhirBundleRequest request = RequestOf(RecordOf({WellAnswers()}));
  v1::TreatmentSelection* add_on = request.add_treatments();
  add_on->set_treatment("prp");
  add_on->add_areas("face");
  v1::ScreenFhirBundleResponse response;
  ASSERT_TRUE(Screen(request, &response).ok());
  EXPECT_THAT(response.plan().plan().treatments(),
              ElementsAre("base_microneedling", "prp"));

  // One that is blocked leaves nothing to plan.
  request.set_bundle(RecordOf(
      {WellAnswers(),
       absl::StrCat("{'resourceType':'Observation','id':'o1','subject':{~},"
                    "'status':'final','effectiveDateTime':'2026-06-15',",
                    Coded("code", kLn, "777-3"),
                    ",'valueQuantity':{'value':40,'code':'10*9/L'}}")}));
  ASSERT_TRUE(Screen(request, &response).ok());
  EXPECT_FALSE(IsEligible(response.decision().treatments(1).verdict()));
  EXPECT_FALSE(response.has_plan());
  EXPECT_THAT(ResourcesOf(response, "RequestGroup"), ::testing::IsEmpty());
}

TEST_F(ScreenFhirBundleTest, SpeaksTheLanguageThatIsAskedFor) {
  v1::ScreenFhirBundleRequest request = RequestOf(Record());
  v1::ScreenFhirBundleResponse english;
  ASSERT_TRUE(Screen(request, &english).ok());
  EXPECT_EQ(english.language(), "en");
  request.set_language("fr-CA");
  v1::ScreenFhirBundleResponse french;
  ASSERT_TRUE(Screen(request, &french).ok());
  EXPECT_EQ(french.language(), "fr");
  EXPECT_EQ(french.untranslated_texts(), 0);
  const Json issue = ResourcesOf(french, "DetectedIssue")[0];
  const v1::FiredRule& fired =
      french.decision().treatments(0).areas(0).fired(0);
  EXPECT_EQ(issue["detail"], fired.clinician_text());
  EXPECT_NE(issue["detail"],
            ResourcesOf(english, "DetectedIssue")[0]["detail"]);
  EXPECT_EQ(issue["language"], "fr");

  request.set_language("tlh");
  EXPECT_THAT(FieldsOf(Screen(request, &french)), ElementsAre("language"));
}

TEST_F(ScreenFhirBundleTest, RecordsTheDecisionAndThePlan) {
  const TemporaryFolder folder;
  TestServer server(
      [&folder](config::v1::ServerConfig* config) {
        config->mutable_decision_log()->set_mode(
            config::v1::DECISION_LOG_MODE_COMMITTED);
        config->mutable_decision_log()->set_sqlite_file(folder.path() +
                                                        "/log.db");
      },
      ShippedFiles());
  const auto fhir = v1::FhirService::NewStub(server.channel());
  v1::ScreenFhirBundleRequest request = RequestOf(RecordOf({WellAnswers()}));
  request.set_request_id("f3b1");
  std::vector<std::string> ids;
  // Twice is the same.
  for (int i = 0; i < 2; ++i) {
    v1::ScreenFhirBundleResponse response;
    grpc::ClientContext context;
    const grpc::Status status =
        fhir->ScreenFhirBundle(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    ids = {response.plan().decision_id(), response.decision_id()};
  }
  v1::ListDecisionsResponse all;
  grpc::ClientContext context;
  const grpc::Status listed =
      server.decision_log().ListDecisions(&context, {}, &all);
  ASSERT_TRUE(listed.ok()) << listed.error_message();
  std::vector<std::string> recorded;
  for (const auto& record : all.records()) {
    recorded.push_back(record.decision_id());
    v1::ReplayDecisionRequest replay;
    replay.set_decision_id(record.decision_id());
    v1::ReplayDecisionResponse replayed;
    grpc::ClientContext replay_context;
    ASSERT_TRUE(server.decision_log()
                    .ReplayDecision(&replay_context, replay, &replayed)
                    .ok());
    EXPECT_TRUE(replayed.identical());
  }
  EXPECT_EQ(recorded, ids);
}

TEST_F(ScreenFhirBundleTest, LogsNothingOfTheRecord) {
  v1::ScreenFhirBundleResponse response;
  (void)Screen(RequestOf(RecordOf({ConditionOf("urn:zanzibar", "zanzibar",
                                               "'onsetDateTime':'zanzibar'")})),
               &response);
  const grpc::Status status = Screen(
      RequestOf(RecordOf(
          {ConditionOf(kSct, "33659008", "'onsetDateTime':'zanzibar'")})),
      &response);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.error_details(), ::testing::Not(HasSubstr("zanzibar")));
  EXPECT_THAT(server_.log().Text(), ::testing::Not(HasSubstr("zanzibar")));
}

}  // namespace
}  // namespace needlewise
