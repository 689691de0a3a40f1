#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/integration/test_server.h"

namespace needlewise {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::MatchesRegex;

class RecommendationServiceTest : public ::testing::Test {
 protected:
  RecommendationServiceTest() {
    const v1::ScreenEligibilityRequest clear = ClearRequest();
    add_ons_.set_as_of(clear.as_of());
    *add_ons_.mutable_patient() = clear.patient();
    *add_ons_.mutable_base() = clear.treatments(0);
    add_ons_.mutable_base()->add_concerns("acne_scars");
    v1::Finding* count = add_ons_.mutable_patient()->add_findings();
    count->set_concept("platelet_count");
    count->mutable_quantity()->set_value(250);
    count->mutable_quantity()->set_unit("10*9/L");

    plan_.set_as_of(add_ons_.as_of());
    *plan_.mutable_patient() = add_ons_.patient();
    *plan_.mutable_base() = add_ons_.base();
    plan_.add_add_ons("prp");
  }

  grpc::Status Recommend(v1::RecommendAddOnsResponse* response) {
    grpc::ClientContext context;
    return server_.recommendation().RecommendAddOns(&context, add_ons_,
                                                    response);
  }
  grpc::Status Plan(v1::PlanTreatmentResponse* response) {
    grpc::ClientContext context;
    return server_.recommendation().PlanTreatment(&context, plan_, response);
  }

  TestServer server_;
  v1::RecommendAddOnsRequest add_ons_;
  v1::PlanTreatmentRequest plan_;
};

TEST_F(RecommendationServiceTest, RecommendsAnIndicatedAddOn) {
  v1::RecommendAddOnsResponse response;
  const grpc::Status status = Recommend(&response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_THAT(response.decision_id(), MatchesRegex("[a-z2-7]{26}"));
  ASSERT_EQ(response.decision().add_ons_size(), 1);
  EXPECT_EQ(response.decision().add_ons(0).status(),
            v1::ADD_ON_STATUS_RECOMMENDED);
}

TEST_F(RecommendationServiceTest, NamesEveryFaultAtOnce) {
  add_ons_.set_as_of("soon");
  add_ons_.mutable_base()->set_treatment("prp?");
  add_ons_.set_profile("corr");
  v1::RecommendAddOnsResponse response;
  const grpc::Status status = Recommend(&response);
  EXPECT_EQ(ReasonOf(status), "FIELD_INVALID");
  for (const char* field : {"as_of", "base.treatment", "profile"}) {
    EXPECT_THAT(FieldsOf(status), Contains(field));
  }
}

TEST_F(RecommendationServiceTest, PlansADatedCourse) {
  v1::PlanTreatmentResponse response;
  const grpc::Status status = Plan(&response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_THAT(response.decision_id(), MatchesRegex("[a-z2-7]{26}"));
  ASSERT_GE(response.plan().sessions_size(), 3);
  EXPECT_EQ(response.plan().sessions(0).earliest(), "2026-06-20");
  EXPECT_EQ(response.plan().catalog().version(), "1.0.0");
}

TEST_F(RecommendationServiceTest, DoesNotPlanWhileScreeningBlocks) {
  // Too few platelets stop the add-on and not the needling.
  plan_.mutable_patient()
      ->mutable_findings()
      ->rbegin()
      ->mutable_quantity()
      ->set_value(50);
  v1::PlanTreatmentResponse response;
  const grpc::Status status = Plan(&response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonOf(status), "SCREENING_NOT_SATISFIED");
  EXPECT_EQ(ErrorInfoOf(status).metadata().at("treatments"), "prp");
  EXPECT_FALSE(response.has_plan());
}

TEST_F(RecommendationServiceTest, NamesTheFaultsOfAPlan) {
  plan_.add_add_ons("rf");
  plan_.set_request_id(std::string(1000, 'x'));
  v1::PlanTreatmentResponse response;
  EXPECT_THAT(FieldsOf(Plan(&response)),
              ElementsAre("request_id", "add_ons[1]"));
}

TEST_F(RecommendationServiceTest, RefusesAPinToAnotherCatalogue) {
  add_ons_.set_rule_catalog_digest("another");
  plan_.set_rule_catalog_digest("another");
  v1::RecommendAddOnsResponse add_ons;
  EXPECT_EQ(ReasonOf(Recommend(&add_ons)), "CATALOG_VERSION_MISMATCH");
  v1::PlanTreatmentResponse plan;
  EXPECT_EQ(ReasonOf(Plan(&plan)), "CATALOG_VERSION_MISMATCH");
}

TEST_F(RecommendationServiceTest, DecisionLogIsNotOffered) {
  v1::DecisionLogService::Stub& log = server_.decision_log();
  {
    grpc::ClientContext context;
    v1::GetDecisionResponse response;
    const grpc::Status status = log.GetDecision(&context, {}, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
    EXPECT_EQ(ReasonOf(status), "NOT_OFFERED");
  }
  {
    grpc::ClientContext context;
    v1::ListDecisionsResponse response;
    EXPECT_EQ(ReasonOf(log.ListDecisions(&context, {}, &response)),
              "NOT_OFFERED");
  }
  {
    grpc::ClientContext context;
    v1::ReplayDecisionResponse response;
    EXPECT_EQ(ReasonOf(log.ReplayDecision(&context, {}, &response)),
              "NOT_OFFERED");
  }
  {
    grpc::ClientContext context;
    v1::ReportFeedbackResponse response;
    EXPECT_EQ(ReasonOf(log.ReportFeedback(&context, {}, &response)),
              "NOT_OFFERED");
  }
}

}  // namespace
}  // namespace needlewise
