#include "server/cds_hooks/feedback.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/cds_hooks/hook_server.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string FeedbackOn(const std::string& card, const std::string& more) {
  return WriteJson(JsonOf(absl::StrCat(
      "{'feedback':[{'card':'", card,
      "','outcomeTimestamp':'2026-06-15T10:00:00Z',", more, "}]}")));
}

std::vector<std::string> FaultsOf(const std::string& body,
                                  const CardRegistry& cards) {
  Violations violations;
  ReadFeedback(body, cards, &violations);
  std::vector<std::string> fields;
  for (const FieldViolation& violation : violations) {
    fields.push_back(violation.field);
  }
  return fields;
}

TEST(ReadFeedbackTest, GivesARequestForEachCard) {
  CardRegistry cards;
  cards.Add("c1", "d1");
  Violations violations;
  const std::vector<v1::ReportFeedbackRequest> accepted = ReadFeedback(
      FeedbackOn("c1",
                 "'outcome':'accepted','acceptedSuggestions':[{'id':"
                 "'s'}]"),
      cards, &violations);
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
      ReadFeedback(overridden, cards, &violations);
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first[0].override_reason(), v1::OVERRIDE_REASON_DATA_WRONG);
  EXPECT_EQ(first[0].DebugString().find("zanzibar"), std::string::npos);
  // The same again is the same request.
  EXPECT_EQ(ReadFeedback(overridden, cards, &violations)[0].request_id(),
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
  CardRegistry cards;
  cards.Add("c1", "d1");
  EXPECT_THAT(FaultsOf("{}", cards), ElementsAre("feedback"));
  EXPECT_THAT(FaultsOf("{\"feedback\":[]}", cards), ElementsAre("feedback"));
  EXPECT_THAT(FaultsOf("{\"feedback\":[{}]}", cards),
              ElementsAre("feedback[0].card", "feedback[0].outcomeTimestamp",
                          "feedback[0].outcome"));
  EXPECT_THAT(FaultsOf(FeedbackOn("c2", "'outcome':'accepted'"), cards),
              ElementsAre("feedback[0].card"));
  EXPECT_THAT(
      FaultsOf(
          FeedbackOn("c1", "'outcome':'accepted','acceptedSuggestions':[{}]"),
          cards),
      ElementsAre("feedback[0].acceptedSuggestions[0].id"));
}

TEST(CardRegistryTest, ForgetsTheOldest) {
  CardRegistry cards(2);
  cards.Add("a", "1");
  cards.Add("b", "2");
  cards.Add("a", "1");
  cards.Add("c", "3");
  EXPECT_EQ(cards.DecisionOf("a"), "");
  EXPECT_EQ(cards.DecisionOf("b"), "2");
  EXPECT_EQ(cards.DecisionOf("c"), "3");
}

TEST(FeedbackTest, IsRefusedWhereItCannotBeRecorded) {
  HookServer& server = HookServer::Shared();
  const Json cards = server.View(ViewCall())["cards"];
  const std::string path = absl::StrCat("/cds-services/", kView, "/feedback");
  const HttpAnswer refused = server.Post(
      path,
      FeedbackOn(cards[0]["uuid"].get<std::string>(), "'outcome':'accepted'"));
  EXPECT_EQ(refused.status, 501);
  EXPECT_THAT(IssuesOf(refused), ElementsAre("not-supported"));
  const HttpAnswer unknown =
      server.Post(path, FeedbackOn("of-nobody", "'outcome':'accepted'"));
  EXPECT_EQ(unknown.status, 400);
  EXPECT_THAT(IssuesOf(unknown), ElementsAre("invalid feedback[0].card"));
}

}  // namespace
}  // namespace needlewise
