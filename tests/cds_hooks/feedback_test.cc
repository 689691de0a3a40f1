#include "server/cds_hooks/feedback.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/cds_hooks/card_id.h"
#include "server/decision_log/sqlite_decision_store.h"
#include "server/status.h"
#include "tests/cds_hooks/hook_server.h"
#include "tests/fhir/mapped.h"
#include "tests/support/temporary_folder.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kPath[] = "/cds-services/needlewise-patient-view/feedback";

// Knows one card.
absl::StatusOr<std::string> DecisionOf(absl::string_view card) {
  if (card == "c1") return "d1";
  return DecisionNotFound();
}

std::string FeedbackOn(const std::string& card, const std::string& more) {
  return WriteJson(JsonOf(absl::StrCat(
      "{'feedback':[{'card':'", card,
      "','outcomeTimestamp':'2026-06-15T10:00:00Z',", more, "}]}")));
}

std::vector<std::string> FaultsOf(const std::string& body) {
  Violations violations;
  EXPECT_TRUE(ReadFeedback(body, DecisionOf, &violations).ok());
  std::vector<std::string> fields;
  for (const FieldViolation& violation : violations) {
    fields.push_back(violation.field);
  }
  return fields;
}

TEST(ReadFeedbackTest, GivesARequestForEachCard) {
  Violations violations;
  const std::vector<v1::ReportFeedbackRequest> accepted = *ReadFeedback(
      FeedbackOn("c1",
                 "'outcome':'accepted','acceptedSuggestions':[{'id':"
                 "'s'}]"),
      DecisionOf, &violations);
  ASSERT_THAT(accepted, SizeIs(1));
  EXPECT_EQ(accepted[0].decision_id(), "d1");
  EXPECT_EQ(accepted[0].outcome(), v1::FEEDBACK_OUTCOME_ACCEPTED);
  EXPECT_THAT(accepted[0].request_id(), SizeIs(36));

  const std::string overridden =
      FeedbackOn("c1",
                 "'outcome':'overridden','overrideReason':{'reason':{'system':"
                 "'urn:needlewise:override-reason','code':'data-wrong'},"
                 "'userComment':'zanzibar'}");
  const std::vector<v1::ReportFeedbackRequest> first =
      *ReadFeedback(overridden, DecisionOf, &violations);
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first[0].override_reason(), v1::OVERRIDE_REASON_DATA_WRONG);
  EXPECT_EQ(first[0].DebugString().find("zanzibar"), std::string::npos);
  // The same again is the same request.
  EXPECT_EQ(
      ReadFeedback(overridden, DecisionOf, &violations)->at(0).request_id(),
      first[0].request_id());
  EXPECT_NE(accepted[0].request_id(), first[0].request_id());
  EXPECT_THAT(violations, IsEmpty());
}

TEST(ReadFeedbackTest, TakesAReasonItDoesNotKnowForAnother) {
  EXPECT_EQ(OverrideReasonOf("urn:other", "data-wrong"),
            v1::OVERRIDE_REASON_OTHER);
  EXPECT_EQ(OverrideReasonOf("urn:needlewise:override-reason", "x"),
            v1::OVERRIDE_REASON_OTHER);
  for (const Json& coding : OverrideReasonCodings()) {
    if (coding["code"] == "other") continue;
    EXPECT_NE(OverrideReasonOf(coding["system"].get<std::string>(),
                               coding["code"].get<std::string>()),
              v1::OVERRIDE_REASON_OTHER);
  }
}

TEST(ReadFeedbackTest, NamesEveryFault) {
  EXPECT_THAT(FaultsOf("{}"), ElementsAre("feedback"));
  EXPECT_THAT(FaultsOf("{\"feedback\":[]}"), ElementsAre("feedback"));
  EXPECT_THAT(FaultsOf("{\"feedback\":[{}]}"),
              ElementsAre("feedback[0].card", "feedback[0].outcomeTimestamp",
                          "feedback[0].outcome"));
  EXPECT_THAT(FaultsOf(FeedbackOn("c2", "'outcome':'accepted'")),
              ElementsAre("feedback[0].card"));
  EXPECT_THAT(FaultsOf(FeedbackOn(
                  "c1", "'outcome':'accepted','acceptedSuggestions':[{}]")),
              ElementsAre("feedback[0].acceptedSuggestions[0].id"));
}

TEST(ReadFeedbackTest, TellsALogThatDoesNotAnswerFromACardThatIsNotThere) {
  Violations violations;
  EXPECT_EQ(ReadFeedback(
                FeedbackOn("c1", "'outcome':'accepted'"),
                [](absl::string_view) -> absl::StatusOr<std::string> {
                  return StoreUnavailable();
                },
                &violations)
                .status()
                .code(),
            absl::StatusCode::kUnavailable);
  EXPECT_THAT(violations, IsEmpty());
}

TEST(FeedbackTest, IsRefusedWhereItCannotBeRecorded) {
  HookServer& server = HookServer::Shared();
  const Json cards = server.View(ViewCall())["cards"];
  const HttpAnswer refused = server.Post(
      kPath,
      FeedbackOn(cards[0]["uuid"].get<std::string>(), "'outcome':'accepted'"));
  EXPECT_EQ(refused.status, 501);
  EXPECT_THAT(IssuesOf(refused), ElementsAre("not-supported"));
}

// A server with a decision log, which can be stopped and started again.
class LoggedFeedbackTest : public ::testing::Test {
 protected:
  LoggedFeedbackTest() { Start(); }

  void Start() {
    server_.reset();
    server_ =
        std::make_unique<HookServer>([this](config::v1::ServerConfig* config) {
          config->mutable_decision_log()->set_mode(
              config::v1::DECISION_LOG_MODE_COMMITTED);
          config->mutable_decision_log()->set_sqlite_file(
              absl::StrCat(folder_.path(), "/log.db"));
        });
  }

  TemporaryFolder folder_;
  std::unique_ptr<HookServer> server_;
};

Json KeloidCall() {
  Json call = ViewCall();
  call["prefetch"]["conditions"] =
      SearchsetOf({ConditionOf(kSct, "33659008", kActive)});
  return call;
}

TEST_F(LoggedFeedbackTest, FindsTheDecisionAfterARestart) {
  // One card of what fired, one of what is missing.
  const Json answer = server_->View(ViewCall());
  ASSERT_THAT(answer["cards"], SizeIs(2)) << answer;
  // Others are decided meanwhile.
  server_->View(KeloidCall());
  Start();
  for (const Json& card : answer["cards"]) {
    const HttpAnswer taken = server_->Post(
        kPath,
        FeedbackOn(card["uuid"].get<std::string>(), "'outcome':'overridden'"));
    EXPECT_EQ(taken.status, 200) << taken.body;
  }
  const std::string id =
      answer["extension"]["needlewise.v1"]["decisions"][0]["decisionId"];
  const auto store =
      OpenSqliteStore({absl::StrCat(folder_.path(), "/log.db"), true});
  ASSERT_TRUE(store.ok()) << store.status();
  EntryQuery query;
  query.keys.push_back(MakeTerm(TermKind::kFeedbackOf, id));
  const auto page = (*store)->Find(query);
  ASSERT_TRUE(page.ok());
  EXPECT_THAT(page->entries, SizeIs(2));
}

TEST_F(LoggedFeedbackTest, RefusesWhatIsNoCardOfTheLog) {
  const Json answer = server_->View(ViewCall());
  const std::string card = answer["cards"][0]["uuid"];
  // The same decision by its term, and no card of it.
  std::string other = card;
  other.back() = other.back() == '0' ? '1' : '0';
  // The questionnaire's id is no card's either.
  const std::string sheet = answer["cards"].back()["suggestions"][0]["uuid"];
  for (const std::string& uuid : {std::string("of-nobody"), other, sheet,
                                  CardUuid("nonesuch", 0, kVerdictCard)}) {
    const HttpAnswer unknown =
        server_->Post(kPath, FeedbackOn(uuid, "'outcome':'accepted'"));
    EXPECT_EQ(unknown.status, 400) << uuid;
    EXPECT_THAT(IssuesOf(unknown), ElementsAre("invalid feedback[0].card"));
  }
  // Ids compare without regard to case.
  EXPECT_EQ(server_
                ->Post(kPath, FeedbackOn(absl::AsciiStrToUpper(card),
                                         "'outcome':'accepted'"))
                .status,
            200);
}

}  // namespace
}  // namespace needlewise
