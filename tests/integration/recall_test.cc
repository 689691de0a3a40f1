// What a clinician has acknowledged is not raised anew, until a fact that the
// rule asks about, or the rule, changes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/integration/test_server.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kAcne[] = "acne-active";

// The small catalogue with `kAcne` of this effect.
std::vector<CatalogFileText> CatalogWhereAcneIs(const std::string& effect,
                                                const std::string& text,
                                                int edition = 1) {
  std::vector<CatalogFileText> files = SmallCatalog(edition);
  for (CatalogFileText& file : files) {
    absl::StrReplaceAll(
        {{"precaution {}\n  clinician_text: \"Consider sparing the spots.\"",
          absl::StrCat(effect, " {}\n  clinician_text: \"", text, "\"")}},
        &file.content);
  }
  return files;
}

v1::ScreenEligibilityRequest AcneRequest() {
  v1::ScreenEligibilityRequest request = ClearRequest();
  v1::Patient* patient = request.mutable_patient();
  patient->set_patient_reference("patient 7");
  v1::Finding* acne = patient->mutable_findings(2);
  EXPECT_EQ(acne->concept(), "active_acne");
  acne->set_status(v1::FINDING_STATUS_PRESENT);
  acne->add_areas("face");
  request.set_recall_acknowledgements(true);
  return request;
}

// Runs with the rule as a review, and as a precaution.
class RecallTest : public ::testing::TestWithParam<const char*> {
 protected:
  RecallTest()
      : server_([this](auto* config) { Adjust(config); },
                CatalogWhereAcneIs(GetParam(), "Consider the spots.")) {}

  void Adjust(config::v1::ServerConfig* config) {
    std::ofstream(folder_.path() + "/key") << std::string(32, 'k');
    config::v1::DecisionLog* log = config->mutable_decision_log();
    log->set_mode(config::v1::DECISION_LOG_MODE_COMMITTED);
    log->set_sqlite_file(folder_.path() + "/log.db");
    config::v1::SubjectKey* key = log->add_subject_keys();
    key->set_key_id("k1");
    key->set_file(folder_.path() + "/key");
  }

  v1::ScreenEligibilityResponse Screen(
      const v1::ScreenEligibilityRequest& request) {
    v1::ScreenEligibilityResponse response;
    grpc::ClientContext context;
    const grpc::Status status =
        server_.screening().ScreenEligibility(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  grpc::Status Acknowledge(const std::string& decision_id,
                           const std::string& rule) {
    v1::ReportFeedbackRequest request;
    request.set_request_id(absl::StrCat("f", ++feedbacks_));
    request.set_decision_id(decision_id);
    request.set_rule_id(rule);
    request.set_outcome(v1::FEEDBACK_OUTCOME_ACKNOWLEDGED);
    v1::ReportFeedbackResponse response;
    grpc::ClientContext context;
    return server_.decision_log().ReportFeedback(&context, request, &response);
  }

  // Expects that the rule fires, and whether it is marked as acknowledged.
  void ExpectFires(const v1::ScreenEligibilityResponse& answer,
                   bool acknowledged) {
    int fired = 0;
    for (const auto& rule : answer.decision().treatments(0).areas(0).fired()) {
      if (rule.rule_id() != kAcne) continue;
      ++fired;
      EXPECT_EQ(rule.acknowledged(), acknowledged);
    }
    EXPECT_EQ(fired, 1);
    const v1::Verdict verdict = answer.decision().treatments(0).verdict();
    EXPECT_EQ(verdict, !acknowledged && IsReview()
                           ? v1::VERDICT_REVIEW_REQUIRED
                           : v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS);
    if (acknowledged) {
      EXPECT_THAT(answer.recalled_acknowledgements(), ElementsAre(kAcne));
    } else {
      EXPECT_THAT(answer.recalled_acknowledgements(), IsEmpty());
    }
  }

  void AcknowledgeAcne() {
    const v1::ScreenEligibilityResponse first = Screen(AcneRequest());
    ExpectFires(first, false);
    ASSERT_TRUE(Acknowledge(first.decision_id(), kAcne).ok());
  }

  bool IsReview() const { return std::string(GetParam()) == "review"; }

  TemporaryFolder folder_;
  TestServer server_;
  int feedbacks_ = 0;
};

TEST_P(RecallTest, IsMarkedWhereTheFactsAreTheSame) {
  AcknowledgeAcne();
  const v1::ScreenEligibilityResponse again = Screen(AcneRequest());
  ExpectFires(again, true);

  // It counts only where it is asked for, so that the same input goes on
  // giving the same decision, and for this patient.
  v1::ScreenEligibilityRequest unasked = AcneRequest();
  unasked.clear_recall_acknowledgements();
  ExpectFires(Screen(unasked), false);
  v1::ScreenEligibilityRequest other = AcneRequest();
  other.mutable_patient()->set_patient_reference("patient 8");
  ExpectFires(Screen(other), false);

  // The record tells that it was recalled, and decides the same again.
  v1::GetDecisionRequest get;
  get.set_decision_id(again.decision_id());
  v1::GetDecisionResponse got;
  grpc::ClientContext context;
  ASSERT_TRUE(server_.decision_log().GetDecision(&context, get, &got).ok());
  ASSERT_EQ(got.record().acknowledgements_size(), 1);
  EXPECT_EQ(got.record().acknowledgements(0).rule_id(), kAcne);
  EXPECT_TRUE(got.record().acknowledgements(0).recalled());
  v1::ReplayDecisionRequest replay;
  replay.set_decision_id(again.decision_id());
  v1::ReplayDecisionResponse replayed;
  grpc::ClientContext replay_context;
  ASSERT_TRUE(server_.decision_log()
                  .ReplayDecision(&replay_context, replay, &replayed)
                  .ok());
  EXPECT_TRUE(replayed.identical());
}

TEST_P(RecallTest, OutlastsWhatTheRuleDoesNotAskAbout) {
  AcknowledgeAcne();
  v1::ScreenEligibilityRequest request = AcneRequest();
  v1::Patient* patient = request.mutable_patient();
  patient->set_age_years(41);
  patient->mutable_findings(0)->set_recorded("2026-06-01");
  v1::Finding* platelets = patient->add_findings();
  platelets->set_concept("platelet_count");
  platelets->mutable_quantity()->set_value(300);
  platelets->mutable_quantity()->set_unit("10*9/L");
  ExpectFires(Screen(request), true);
  // The note of the edition is another rule.
  server_.folder().Replace(
      CatalogWhereAcneIs(GetParam(), "Consider the spots.", 2));
  ASSERT_EQ(server_.server().catalogs().CheckNow(),
            CatalogManager::CheckOutcome::kActivated);
  ExpectFires(Screen(request), true);
}

TEST_P(RecallTest, EndsWhereARelevantFactChanges) {
  AcknowledgeAcne();
  v1::ScreenEligibilityRequest elsewhere = AcneRequest();
  elsewhere.mutable_patient()->mutable_findings(2)->set_areas(0, "cheeks");
  ExpectFires(Screen(elsewhere), false);
  v1::ScreenEligibilityRequest since = AcneRequest();
  since.mutable_patient()->mutable_findings(2)->set_onset("2026-06-10");
  ExpectFires(Screen(since), false);
  // And is there again where it is as it was.
  ExpectFires(Screen(AcneRequest()), true);
}

TEST_P(RecallTest, EndsWhereTheRuleChanges) {
  AcknowledgeAcne();
  server_.folder().Replace(
      CatalogWhereAcneIs(GetParam(), "Consider sparing them."));
  ASSERT_EQ(server_.server().catalogs().CheckNow(),
            CatalogManager::CheckOutcome::kActivated);
  ExpectFires(Screen(AcneRequest()), false);
}

TEST_P(RecallTest, AnAcknowledgementGivenWithARequestCountsAgain) {
  v1::ScreenEligibilityRequest request = AcneRequest();
  v1::Acknowledgement* given = request.add_acknowledgements();
  given->set_rule_id(kAcne);
  given->set_clinician_reference("dr 1");
  given->set_reason("seen");
  EXPECT_THAT(Screen(request).recalled_acknowledgements(), IsEmpty());
  ExpectFires(Screen(AcneRequest()), true);
}

TEST_P(RecallTest, ContraindicationsCannotBeAcknowledgedAway) {
  v1::ScreenEligibilityRequest keloid = AcneRequest();
  keloid.mutable_patient()->mutable_findings(0)->set_status(
      v1::FINDING_STATUS_PRESENT);
  const v1::ScreenEligibilityResponse first = Screen(keloid);
  EXPECT_EQ(first.decision().treatments(0).verdict(),
            v1::VERDICT_CONTRAINDICATED);
  EXPECT_THAT(FieldsOf(Acknowledge(first.decision_id(), "keloid-ever")),
              ElementsAre("rule_id"));
  v1::ScreenEligibilityRequest with = keloid;
  v1::Acknowledgement* given = with.add_acknowledgements();
  given->set_rule_id("keloid-ever");
  given->set_clinician_reference("dr 1");
  given->set_reason("seen");
  v1::ScreenEligibilityResponse response;
  grpc::ClientContext context;
  EXPECT_THAT(FieldsOf(server_.screening().ScreenEligibility(&context, with,
                                                             &response)),
              ElementsAre("acknowledgements[0].rule_id"));
  // What else was acknowledged does not carry it along.
  ASSERT_TRUE(Acknowledge(first.decision_id(), kAcne).ok());
  const v1::ScreenEligibilityResponse again = Screen(keloid);
  EXPECT_EQ(again.decision().treatments(0).verdict(),
            v1::VERDICT_CONTRAINDICATED);
  EXPECT_THAT(again.recalled_acknowledgements(), ElementsAre(kAcne));
}

TEST_P(RecallTest, EveryDecidingMethodRecalls) {
  AcknowledgeAcne();
  const v1::ScreenEligibilityRequest request = AcneRequest();

  v1::BatchScreenEligibilityRequest batch;
  *batch.add_requests() = request;
  v1::BatchScreenEligibilityResponse batched;
  grpc::ClientContext batch_context;
  ASSERT_TRUE(server_.screening()
                  .BatchScreenEligibility(&batch_context, batch, &batched)
                  .ok());
  ExpectFires(batched.results(0).response(), true);

  grpc::ClientContext stream_context;
  auto stream = server_.screening().StreamScreenEligibility(&stream_context);
  for (int i = 0; i < 3; ++i) {
    v1::StreamScreenEligibilityRequest item;
    item.set_index(i);
    *item.mutable_request() = request;
    item.mutable_request()->set_recall_acknowledgements(i != 1);
    ASSERT_TRUE(stream->Write(item));
    v1::StreamScreenEligibilityResponse streamed;
    ASSERT_TRUE(stream->Read(&streamed));
    EXPECT_EQ(streamed.index(), i);
    ExpectFires(streamed.response(), i != 1);
  }
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());

  v1::RecommendAddOnsRequest add_ons;
  *add_ons.mutable_patient() = request.patient();
  *add_ons.mutable_base() = request.treatments(0);
  add_ons.set_as_of(request.as_of());
  add_ons.set_recall_acknowledgements(true);
  v1::RecommendAddOnsResponse recommended;
  grpc::ClientContext add_ons_context;
  ASSERT_TRUE(server_.recommendation()
                  .RecommendAddOns(&add_ons_context, add_ons, &recommended)
                  .ok());
  EXPECT_THAT(recommended.recalled_acknowledgements(), ElementsAre(kAcne));
}

TEST_P(RecallTest, APlanIsMadeWhereWhatStoodAgainstItIsAcknowledged) {
  const v1::ScreenEligibilityRequest request = AcneRequest();
  v1::PlanTreatmentRequest asked;
  *asked.mutable_patient() = request.patient();
  *asked.mutable_base() = request.treatments(0);
  asked.set_as_of(request.as_of());
  asked.set_recall_acknowledgements(true);
  v1::PlanTreatmentResponse planned;
  const auto plan = [&](const v1::PlanTreatmentRequest& plan_request) {
    grpc::ClientContext context;
    planned.Clear();
    return server_.recommendation().PlanTreatment(&context, plan_request,
                                                  &planned);
  };
  const grpc::Status before = plan(asked);
  EXPECT_EQ(before.ok(), !IsReview()) << before.error_message();
  if (IsReview()) {
    EXPECT_EQ(ReasonOf(before), "SCREENING_NOT_SATISFIED");
  }
  AcknowledgeAcne();
  const grpc::Status after = plan(asked);
  ASSERT_TRUE(after.ok()) << after.error_message();
  EXPECT_THAT(planned.recalled_acknowledgements(), ElementsAre(kAcne));
  EXPECT_GT(planned.plan().sessions_size(), 0);

  // Not where it is not asked for, nor where something else stands against it.
  v1::PlanTreatmentRequest unasked = asked;
  unasked.clear_recall_acknowledgements();
  EXPECT_EQ(plan(unasked).ok(), !IsReview());
  v1::PlanTreatmentRequest pregnant = asked;
  pregnant.mutable_patient()->mutable_findings(1)->set_status(
      v1::FINDING_STATUS_PRESENT);
  EXPECT_EQ(ReasonOf(plan(pregnant)), "SCREENING_NOT_SATISFIED");
  EXPECT_FALSE(planned.has_plan());
}

INSTANTIATE_TEST_SUITE_P(, RecallTest,
                         ::testing::Values("review", "precaution"),
                         [](const auto& info) {
                           return std::string(info.param);
                         });

}  // namespace
}  // namespace needlewise
