// The decision log of a server, through its API.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/decision_log/audit.h"
#include "server/decision_log/sqlite_decision_store.h"
#include "tests/integration/test_server.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kCanary[] = "zanzibar";

class DecisionLogTest : public ::testing::Test {
 protected:
  DecisionLogTest() : server_([this](auto* config) { Adjust(config); }) {}

  void Adjust(config::v1::ServerConfig* config) {
    std::ofstream(folder_.path() + "/key") << std::string(32, 'k');
    config::v1::DecisionLog* log = config->mutable_decision_log();
    log->set_mode(config::v1::DECISION_LOG_MODE_COMMITTED);
    log->set_sqlite_file(File());
    config::v1::SubjectKey* key = log->add_subject_keys();
    key->set_key_id("k1");
    key->set_file(folder_.path() + "/key");
  }

  std::string File() const { return folder_.path() + "/log.db"; }

  v1::ScreenEligibilityResponse Screen(
      const v1::ScreenEligibilityRequest& request) {
    v1::ScreenEligibilityResponse response;
    grpc::ClientContext context;
    const grpc::Status status =
        server_.screening().ScreenEligibility(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  grpc::Status Get(const std::string& id, v1::DecisionRecord* record) {
    v1::GetDecisionRequest request;
    request.set_decision_id(id);
    v1::GetDecisionResponse response;
    grpc::ClientContext context;
    const grpc::Status status =
        server_.decision_log().GetDecision(&context, request, &response);
    *record = response.record();
    return status;
  }

  std::vector<std::string> List(v1::ListDecisionsRequest request) {
    std::vector<std::string> ids;
    do {
      v1::ListDecisionsResponse response;
      grpc::ClientContext context;
      const grpc::Status status =
          server_.decision_log().ListDecisions(&context, request, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
      for (const auto& record : response.records()) {
        ids.push_back(record.decision_id());
      }
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }

  grpc::Status Report(const v1::ReportFeedbackRequest& request,
                      bool* already = nullptr) {
    v1::ReportFeedbackResponse response;
    grpc::ClientContext context;
    const grpc::Status status =
        server_.decision_log().ReportFeedback(&context, request, &response);
    if (already != nullptr) *already = response.already_recorded();
    return status;
  }

  TemporaryFolder folder_;
  TestServer server_;
};

v1::ScreenEligibilityRequest KeloidRequest() {
  v1::ScreenEligibilityRequest request = ClearRequest();
  request.mutable_patient()->mutable_findings(0)->set_status(
      v1::FINDING_STATUS_PRESENT);
  return request;
}

TEST_F(DecisionLogTest, KeepsEachDecisionAsItWasGiven) {
  v1::ScreenEligibilityRequest request = KeloidRequest();
  request.mutable_patient()->set_patient_reference("patient 7");
  const v1::ScreenEligibilityResponse answer = Screen(request);
  v1::DecisionRecord record;
  ASSERT_TRUE(Get(answer.decision_id(), &record).ok());
  EXPECT_EQ(record.sequence(), 1);
  EXPECT_EQ(record.method(), v1::DECISION_METHOD_SCREEN);
  EXPECT_EQ(record.caller(), "anonymous");
  EXPECT_EQ(record.decision().SerializeAsString(),
            answer.decision().SerializeAsString());
  EXPECT_EQ(record.facts(0).concept(), "keloid");
  EXPECT_EQ(record.age_from_years(), 40);
  EXPECT_THAT(record.subject_hash(), SizeIs(32));
  EXPECT_EQ(record.subject_key_id(), "k1");
  EXPECT_THAT(record.masked_fields(), ElementsAre("patient.patient_reference"));

  v1::DecisionRecord none;
  const grpc::Status missing = Get("nonesuch", &none);
  EXPECT_EQ(missing.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonOf(missing), "DECISION_NOT_FOUND");
}

TEST_F(DecisionLogTest, EveryDecidingMethodLeavesARecord) {
  const v1::ScreenEligibilityRequest clear = ClearRequest();
  Screen(clear);
  v1::BatchScreenEligibilityRequest batch;
  *batch.add_requests() = clear;
  batch.add_requests();
  *batch.add_requests() = KeloidRequest();
  v1::BatchScreenEligibilityResponse batched;
  grpc::ClientContext batch_context;
  ASSERT_TRUE(server_.screening()
                  .BatchScreenEligibility(&batch_context, batch, &batched)
                  .ok());
  grpc::ClientContext stream_context;
  auto stream = server_.screening().StreamScreenEligibility(&stream_context);
  v1::StreamScreenEligibilityRequest item;
  *item.mutable_request() = clear;
  ASSERT_TRUE(stream->Write(item));
  v1::StreamScreenEligibilityResponse streamed;
  ASSERT_TRUE(stream->Read(&streamed));
  stream->WritesDone();
  ASSERT_TRUE(stream->Finish().ok());
  v1::RecommendAddOnsRequest add_ons;
  *add_ons.mutable_patient() = clear.patient();
  *add_ons.mutable_base() = clear.treatments(0);
  v1::RecommendAddOnsResponse recommended;
  grpc::ClientContext add_ons_context;
  ASSERT_TRUE(server_.recommendation()
                  .RecommendAddOns(&add_ons_context, add_ons, &recommended)
                  .ok());
  v1::PlanTreatmentRequest plan;
  *plan.mutable_patient() = clear.patient();
  *plan.mutable_base() = clear.treatments(0);
  v1::PlanTreatmentResponse planned;
  grpc::ClientContext plan_context;
  ASSERT_TRUE(server_.recommendation()
                  .PlanTreatment(&plan_context, plan, &planned)
                  .ok());

  v1::ListDecisionsResponse all;
  grpc::ClientContext context;
  ASSERT_TRUE(server_.decision_log().ListDecisions(&context, {}, &all).ok());
  std::vector<v1::DecisionMethod> methods;
  for (const auto& record : all.records()) methods.push_back(record.method());
  EXPECT_THAT(
      methods,
      ElementsAre(v1::DECISION_METHOD_PLAN, v1::DECISION_METHOD_ADD_ONS,
                  v1::DECISION_METHOD_STREAM, v1::DECISION_METHOD_BATCH,
                  v1::DECISION_METHOD_BATCH, v1::DECISION_METHOD_SCREEN));
  for (const auto& record : all.records()) {
    v1::ReplayDecisionRequest replay;
    replay.set_decision_id(record.decision_id());
    v1::ReplayDecisionResponse replayed;
    grpc::ClientContext replay_context;
    const grpc::Status status = server_.decision_log().ReplayDecision(
        &replay_context, replay, &replayed);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_TRUE(replayed.identical()) << record.ShortDebugString();
  }
}

TEST_F(DecisionLogTest, ARequestIdIsRecordedOnce) {
  v1::ScreenEligibilityRequest request = ClearRequest();
  request.set_request_id("f3b1");
  const std::string id = Screen(request).decision_id();
  EXPECT_EQ(Screen(request).decision_id(), id);
  EXPECT_THAT(List({}), ElementsAre(id));

  v1::ScreenEligibilityRequest other = KeloidRequest();
  other.set_request_id("f3b1");
  v1::ScreenEligibilityResponse response;
  grpc::ClientContext context;
  const grpc::Status reused =
      server_.screening().ScreenEligibility(&context, other, &response);
  EXPECT_EQ(reused.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(ErrorInfoOf(reused).reason(), "REQUEST_ID_REUSED");
  EXPECT_EQ(ErrorInfoOf(reused).metadata().at("decision_id"), id);

  v1::BatchScreenEligibilityRequest batch;
  *batch.add_requests() = other;
  *batch.add_requests() = ClearRequest();
  v1::BatchScreenEligibilityResponse batched;
  grpc::ClientContext batch_context;
  ASSERT_TRUE(server_.screening()
                  .BatchScreenEligibility(&batch_context, batch, &batched)
                  .ok());
  EXPECT_EQ(ReasonOf(batched.results(0).status()), "REQUEST_ID_REUSED");
  EXPECT_FALSE(batched.results(0).has_response());
  EXPECT_EQ(batched.results(1).status().code(), 0);
}

TEST_F(DecisionLogTest, ListsByEveryFilter) {
  const std::string clear = Screen(ClearRequest()).decision_id();
  v1::ScreenEligibilityRequest request = KeloidRequest();
  request.mutable_patient()->set_patient_reference("patient 7");
  const std::string keloid = Screen(request).decision_id();
  EXPECT_THAT(List({}), ElementsAre(keloid, clear));

  v1::DecisionRecord record;
  ASSERT_TRUE(Get(keloid, &record).ok());
  const std::string rule =
      record.decision().treatments(0).areas(0).fired(0).rule_id();
  v1::ListDecisionsRequest filter;
  filter.set_rule_id(rule);
  EXPECT_THAT(List(filter), ElementsAre(keloid));
  filter.set_verdict(v1::VERDICT_ELIGIBLE);
  EXPECT_THAT(List(filter), IsEmpty());
  filter.Clear();
  filter.set_verdict(record.decision().treatments(0).verdict());
  EXPECT_THAT(List(filter), ElementsAre(keloid));
  filter.Clear();
  filter.set_subject_hash(record.subject_hash());
  EXPECT_THAT(List(filter), ElementsAre(keloid));
  filter.Clear();
  filter.set_treatment("base_microneedling");
  filter.set_caller("anonymous");
  filter.set_page_size(1);
  EXPECT_THAT(List(filter), ElementsAre(keloid, clear));
  filter.set_caller("nobody");
  EXPECT_THAT(List(filter), IsEmpty());
  filter.Clear();
  filter.mutable_committed_from()->set_seconds(record.committed_at().seconds() +
                                               1);
  EXPECT_THAT(List(filter), IsEmpty());

  v1::ListDecisionsResponse response;
  grpc::ClientContext context;
  filter.Clear();
  filter.set_page_token("nonsense");
  EXPECT_THAT(FieldsOf(server_.decision_log().ListDecisions(&context, filter,
                                                            &response)),
              ElementsAre("page_token"));
}

TEST_F(DecisionLogTest, FeedbackCountsOnceAndByRule) {
  const v1::ScreenEligibilityResponse answer = Screen(KeloidRequest());
  const std::string rule =
      answer.decision().treatments(0).areas(0).fired(0).rule_id();
  v1::ReportFeedbackRequest feedback;
  feedback.set_request_id("a1");
  feedback.set_decision_id(answer.decision_id());
  feedback.set_rule_id(rule);
  feedback.set_outcome(v1::FEEDBACK_OUTCOME_OVERRIDDEN);
  EXPECT_THAT(FieldsOf(Report(feedback)), ElementsAre("override_reason"));
  feedback.set_override_reason(v1::OVERRIDE_REASON_SPECIALIST_ADVICE);
  bool already = true;
  EXPECT_TRUE(Report(feedback, &already).ok());
  EXPECT_FALSE(already);
  EXPECT_TRUE(Report(feedback, &already).ok());
  EXPECT_TRUE(already);
  feedback.set_override_reason(v1::OVERRIDE_REASON_OTHER);
  EXPECT_EQ(ReasonOf(Report(feedback)), "REQUEST_ID_REUSED");
  feedback.set_request_id("a2");
  feedback.set_decision_id("nonesuch");
  EXPECT_EQ(ReasonOf(Report(feedback)), "DECISION_NOT_FOUND");
  feedback.set_decision_id(answer.decision_id());
  feedback.set_rule_id("never-fired");
  EXPECT_THAT(FieldsOf(Report(feedback)), ElementsAre("rule_id"));

  // Other rules fired, too.
  v1::ListRuleCountsRequest of_rule;
  of_rule.set_rule_id(rule);
  v1::ListRuleCountsResponse counts;
  grpc::ClientContext context;
  ASSERT_TRUE(
      server_.decision_log().ListRuleCounts(&context, of_rule, &counts).ok());
  ASSERT_THAT(counts.counts(), SizeIs(1));
  EXPECT_EQ(counts.counts(0).rule_id(), rule);
  EXPECT_EQ(counts.counts(0).fired(), 1);
  EXPECT_EQ(counts.counts(0).overridden(), 1);
  EXPECT_EQ(counts.counts(0).acknowledged(), 0);
}

TEST_F(DecisionLogTest, ACandidateIsEvaluatedOnWhatWasDecided) {
  Screen(KeloidRequest());
  Screen(ClearRequest());
  v1::EvaluateCandidateRequest request;
  for (const CatalogFileText& file : SmallCatalog(2)) {
    v1::CatalogFile* added = request.add_files();
    added->set_name(file.name);
    added->set_content(file.content);
  }
  v1::EvaluateCandidateResponse response;
  grpc::ClientContext context;
  const grpc::Status status =
      server_.decision_log().EvaluateCandidate(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.decisions(), 2);
  EXPECT_EQ(response.undecidable(), 0);
  EXPECT_NE(response.candidate().digest(), "");
}

TEST_F(DecisionLogTest, NothingOfACallersOwnWordsIsKept) {
  v1::ScreenEligibilityRequest request = ClearRequest();
  request.set_request_id(kCanary);
  request.mutable_patient()->set_patient_reference(kCanary);
  v1::Finding* unmapped = request.mutable_patient()->add_findings();
  unmapped->mutable_coding()->set_system(kCanary);
  unmapped->mutable_coding()->set_code(kCanary);
  unmapped->set_status(v1::FINDING_STATUS_PRESENT);
  request.mutable_treatments(0)->mutable_device()->set_device(kCanary);
  Screen(request);
  for (const char* suffix : {"", "-wal"}) {
    std::ifstream in(File() + suffix, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    EXPECT_THAT(bytes, Not(HasSubstr(kCanary)));
  }
  EXPECT_THAT(server_.log().Text(), Not(HasSubstr(kCanary)));
}

TEST_F(DecisionLogTest, TheChainHolds) {
  for (int i = 0; i < 20; ++i) Screen(ClearRequest());
  const auto store = OpenSqliteStore({File(), true});
  ASSERT_TRUE(store.ok()) << store.status();
  const auto report = Audit(**store, [](int64_t) {});
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->entries, 20);
  EXPECT_THAT(report->faults, IsEmpty());
}

TEST(DecisionLogOffTest, IsNotOffered) {
  TestServer server;
  v1::GetDecisionResponse response;
  grpc::ClientContext context;
  const grpc::Status status =
      server.decision_log().GetDecision(&context, {}, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(ReasonOf(status), "NOT_OFFERED");
}

}  // namespace
}  // namespace needlewise
