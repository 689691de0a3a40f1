#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/integration/test_server.h"

namespace needlewise {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr char kScreenMethod[] =
    "/needlewise.v1.ScreeningService/ScreenEligibility";

class ScreeningServiceTest : public ::testing::Test {
 protected:
  grpc::Status Screen(const v1::ScreenEligibilityRequest& request,
                      v1::ScreenEligibilityResponse* response) {
    grpc::ClientContext context;
    return server_.screening().ScreenEligibility(&context, request, response);
  }

  // Screens, and fails the test where that is an error.
  v1::ScreenEligibilityResponse Screened(
      const v1::ScreenEligibilityRequest& request) {
    v1::ScreenEligibilityResponse response;
    const grpc::Status status = Screen(request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  TestServer server_;
};

TEST_F(ScreeningServiceTest, AnswersWithAVerdictForEachTreatment) {
  v1::ScreenEligibilityRequest request = ClearRequest();
  *request.add_treatments() = request.treatments(0);
  request.mutable_treatments(1)->set_treatment("prp");
  const v1::ScreenEligibilityResponse response = Screened(request);

  const v1::Decision& decision = response.decision();
  ASSERT_EQ(decision.treatments_size(), 2);
  EXPECT_EQ(decision.treatments(0).verdict(), v1::VERDICT_ELIGIBLE);
  // Nobody counted the platelets.
  EXPECT_EQ(decision.treatments(1).verdict(), v1::VERDICT_DATA_REQUIRED);
  EXPECT_EQ(decision.today(), "2026-06-15");
  EXPECT_EQ(decision.as_of(), "2026-06-20");
  EXPECT_EQ(decision.catalog().version(), "1.0.0");
  EXPECT_EQ(decision.catalog().digest().size(), 64);
  EXPECT_THAT(response.decision_id(), MatchesRegex("[a-z2-7]{26}"));
}

TEST_F(ScreeningServiceTest, TodayIsTheServersWhereNoDayIsGiven) {
  v1::ScreenEligibilityRequest request = ClearRequest();
  request.clear_as_of();
  EXPECT_EQ(Screened(request).decision().as_of(), "2026-06-15");
}

TEST_F(ScreeningServiceTest, SameRequestGivesTheSameBytes) {
  v1::ScreenEligibilityRequest request = ClearRequest();
  request.set_request_id("6f1b3f0e-8d5e-4c1e-9a53-0f6b2f6f7a01");
  request.set_view(v1::VIEW_FULL);
  const v1::ScreenEligibilityResponse first = Screened(request);
  EXPECT_EQ(first.SerializeAsString(), Screened(request).SerializeAsString());

  request.set_request_id("6f1b3f0e-8d5e-4c1e-9a53-0f6b2f6f7a02");
  EXPECT_NE(first.decision_id(), Screened(request).decision_id());
}

TEST_F(ScreeningServiceTest, MissingClinicalDataIsAnAnswer) {
  v1::ScreenEligibilityRequest request = ClearRequest();
  request.mutable_patient()->mutable_findings()->DeleteSubrange(0, 1);
  const v1::ScreenEligibilityResponse response = Screened(request);
  const v1::TreatmentDecision& decision = response.decision().treatments(0);
  EXPECT_EQ(decision.verdict(), v1::VERDICT_DATA_REQUIRED);
  ASSERT_EQ(decision.areas(0).outstanding_size(), 1);
  EXPECT_EQ(decision.areas(0).outstanding(0).concept(), "keloid");
}

TEST_F(ScreeningServiceTest, OddInputIsATypedNoticeInAnAnswer) {
  v1::ScreenEligibilityRequest request = ClearRequest();
  *request.mutable_patient()->add_findings() =
      MakeFinding("keloid", v1::FINDING_STATUS_PRESENT);
  v1::Finding* unmapped = request.mutable_patient()->add_findings();
  unmapped->mutable_coding()->set_system("http://snomed.info/sct");
  unmapped->mutable_coding()->set_code("1");
  unmapped->set_status(v1::FINDING_STATUS_PRESENT);
  const v1::ScreenEligibilityResponse response = Screened(request);
  std::vector<v1::NoticeKind> kinds;
  for (const v1::Notice& notice : response.decision().notices()) {
    kinds.push_back(notice.kind());
  }
  EXPECT_THAT(kinds, ElementsAre(v1::NOTICE_KIND_CONTRADICTION_OPEN,
                                 v1::NOTICE_KIND_CODE_NOT_MAPPED));
}

TEST_F(ScreeningServiceTest, NamesEveryFaultAtOnce) {
  v1::ScreenEligibilityRequest request;
  request.set_as_of("2026-02-30");
  v1::Patient* patient = request.mutable_patient();
  patient->set_age_years(-1);
  patient->set_birth_date("yesterday");
  // 0: unknown concept. 1: malformed date. 2: future date.
  *patient->add_findings() = MakeFinding("keliod", v1::FINDING_STATUS_PRESENT);
  *patient->add_findings() = MakeFinding("keloid", v1::FINDING_STATUS_PAST);
  patient->mutable_findings(1)->set_last("2026-13");
  *patient->add_findings() = MakeFinding("keloid", v1::FINDING_STATUS_PAST);
  patient->mutable_findings(2)->set_last("2027");
  // 3: no unit. 4: a unit that does not convert. 5: unknown area.
  for (const char* unit : {"", "mg"}) {
    v1::Finding* count = patient->add_findings();
    count->set_concept("platelet_count");
    count->mutable_quantity()->set_value(105);
    count->mutable_quantity()->set_unit(unit);
  }
  *patient->add_findings() =
      MakeFinding("active_acne", v1::FINDING_STATUS_PRESENT);
  patient->mutable_findings(5)->add_areas("cheek");
  patient->add_closed_sections()->set_section("histery");
  v1::TreatmentSelection* treatment = request.add_treatments();
  treatment->set_treatment("microneedling");
  treatment->add_areas("fase");
  treatment->add_concerns("acne_scar");
  request.set_profile("corr");
  request.add_acknowledgements()->set_rule_id("keloid-never");

  v1::ScreenEligibilityResponse response;
  const grpc::Status status = Screen(request, &response);
  ASSERT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(status), "FIELD_INVALID");
  const std::vector<std::string> fields = FieldsOf(status);
  for (const char* field :
       {"as_of", "patient.age_years", "patient.birth_date",
        "patient.findings[0].concept", "patient.findings[1].last",
        "patient.findings[2].last", "patient.findings[3].quantity.unit",
        "patient.findings[4].quantity.unit", "patient.findings[5].areas[0]",
        "patient.closed_sections[0].section", "treatments[0].treatment",
        "treatments[0].areas[0]", "treatments[0].concerns[0]", "profile",
        "acknowledgements[0].rule_id"}) {
    EXPECT_THAT(fields, Contains(field));
  }
}

TEST_F(ScreeningServiceTest, NamesTheNearestConcept) {
  v1::ScreenEligibilityRequest request = ClearRequest();
  request.mutable_patient()->mutable_findings(0)->set_concept("keliod");
  v1::ScreenEligibilityResponse response;
  const auto violations = ViolationsOf(DetailsOf(Screen(request, &response)));
  ASSERT_EQ(violations.size(), 1);
  EXPECT_THAT(violations[0].description(), HasSubstr("`keloid`"));
  EXPECT_THAT(violations[0].description(), Not(HasSubstr("keliod")));
}

TEST_F(ScreeningServiceTest, AgeAndBirthDateThatDisagreeAreAFault) {
  v1::ScreenEligibilityRequest request = ClearRequest();
  request.mutable_patient()->set_birth_date("2000-01-01");
  v1::ScreenEligibilityResponse response;
  EXPECT_THAT(FieldsOf(Screen(request, &response)),
              ElementsAre("patient.age_years"));
}

TEST_F(ScreeningServiceTest, UnitsOfAPlateletCountAgree) {
  std::vector<v1::Verdict> verdicts;
  for (const auto& [value, unit] : std::vector<std::pair<double, std::string>>{
           {105, "10*9/L"}, {105, "10*3/uL"}, {105000, "/uL"}}) {
    v1::ScreenEligibilityRequest request = ClearRequest();
    request.mutable_treatments(0)->set_treatment("prp");
    v1::Finding* count = request.mutable_patient()->add_findings();
    count->set_concept("platelet_count");
    count->mutable_quantity()->set_value(value);
    count->mutable_quantity()->set_unit(unit);
    verdicts.push_back(Screened(request).decision().treatments(0).verdict());
  }
  EXPECT_THAT(verdicts, ElementsAre(v1::VERDICT_ELIGIBLE, v1::VERDICT_ELIGIBLE,
                                    v1::VERDICT_ELIGIBLE));
}

TEST_F(ScreeningServiceTest, RefusesAPinToAnotherCatalogue) {
  v1::ScreenEligibilityRequest request = ClearRequest();
  request.set_rule_catalog_digest(std::string(64, 'a'));
  v1::ScreenEligibilityResponse response;
  const grpc::Status status = Screen(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonOf(status), "CATALOG_VERSION_MISMATCH");
  const std::string in_force = ErrorInfoOf(status).metadata().at("digest");

  request.set_rule_catalog_digest(in_force);
  EXPECT_EQ(Screened(request).decision().catalog().digest(), in_force);
}

TEST_F(ScreeningServiceTest, NamesBytesThatAreNoRequest) {
  std::string response;
  for (const std::string& bytes :
       {std::string("\xFF\xFF\xFF"), std::string("\x0A\x02\xC3\x28")}) {
    const grpc::Status status =
        CallWithBytes(server_.channel(), kScreenMethod, bytes, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(ReasonOf(status), "FIELD_INVALID");
  }
}

TEST_F(ScreeningServiceTest, SendsAsManyViolationsAsTrailersHold) {
  v1::ScreenEligibilityRequest request = ClearRequest();
  for (int i = 0; i < 1500; ++i) {
    *request.mutable_patient()->add_findings() =
        MakeFinding("zzzzzzzzzzzz", v1::FINDING_STATUS_PRESENT);
  }
  v1::ScreenEligibilityResponse response;
  const grpc::Status status = Screen(request, &response);
  ASSERT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT)
      << status.error_message();
  EXPECT_THAT(status.error_message(), HasSubstr("1500 fields"));
  const auto violations = ViolationsOf(DetailsOf(status));
  EXPECT_GT(violations.size(), 40);
  EXPECT_EQ(violations[0].field(), "patient.findings[3].concept");
  EXPECT_EQ(violations.back().field(), "");
  EXPECT_EQ(violations.back().description(),
            absl::StrCat("and ", 1500 - (violations.size() - 1),
                         " more fields are invalid; correct these first"));
}

TEST_F(ScreeningServiceTest, SiteFindingsJoinEachRequest) {
  v1::ScreenEligibilityRequest request = ClearRequest();
  EXPECT_EQ(Screened(request).decision().treatments(0).verdict(),
            v1::VERDICT_ELIGIBLE);

  TestServer unlicensed([](config::v1::ServerConfig* config) {
    config->mutable_site_findings(0)->set_status(v1::FINDING_STATUS_ABSENT);
  });
  grpc::ClientContext context;
  v1::ScreenEligibilityResponse response;
  ASSERT_TRUE(unlicensed.screening()
                  .ScreenEligibility(&context, request, &response)
                  .ok());
  EXPECT_EQ(response.decision().treatments(0).verdict(),
            v1::VERDICT_REVIEW_REQUIRED);
}

TEST_F(ScreeningServiceTest, QuestionsNeverHoldAVerdict) {
  // Neither the message nor any it is made of has a place for one.
  std::vector<const google::protobuf::Descriptor*> seen = {
      v1::SuggestQuestionsResponse::descriptor()};
  for (size_t i = 0; i < seen.size(); ++i) {
    for (int f = 0; f < seen[i]->field_count(); ++f) {
      const google::protobuf::FieldDescriptor* field = seen[i]->field(f);
      EXPECT_NE(field->enum_type(), v1::Verdict_descriptor());
      EXPECT_NE(field->enum_type(), v1::EffectKind_descriptor());
      if (field->message_type() != nullptr &&
          !::testing::Value(seen, Contains(field->message_type()))) {
        seen.push_back(field->message_type());
      }
    }
  }
}

TEST_F(ScreeningServiceTest, QuestionsForAPatientLeaveOutWhatOthersAnswer) {
  v1::SuggestQuestionsRequest request;
  request.mutable_patient();
  *request.add_treatments() = ClearRequest().treatments(0);
  request.set_audience(v1::AUDIENCE_PATIENT);
  v1::SuggestQuestionsResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(
      server_.screening().SuggestQuestions(&context, request, &response).ok());
  std::vector<std::string> concepts;
  for (const v1::SuggestedQuestion& question : response.questions()) {
    concepts.push_back(question.concept());
    EXPECT_THAT(question.answer_sources(), IsEmpty());
  }
  EXPECT_THAT(concepts, ElementsAre("keloid", "pregnancy"));
  EXPECT_THAT(response.elsewhere(), IsEmpty());
  EXPECT_THAT(response.notices(), IsEmpty());
}

TEST_F(ScreeningServiceTest, QuestionsNeedAnAudience) {
  v1::SuggestQuestionsRequest request;
  *request.add_treatments() = ClearRequest().treatments(0);
  v1::SuggestQuestionsResponse response;
  grpc::ClientContext context;
  const grpc::Status status =
      server_.screening().SuggestQuestions(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(FieldsOf(status), Contains("audience"));
}

}  // namespace
}  // namespace needlewise
