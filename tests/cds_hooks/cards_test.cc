#include "server/cds_hooks/cards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "server/cds_hooks/card_id.h"
#include "tests/support/shipped_catalog.h"
#include "tests/support/text_proto.h"

namespace needlewise {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::SizeIs;

TEST(ShortenedTest, KeepsWhatIsShortEnough) {
  EXPECT_EQ(Shortened("abc", 4), "abc");
  EXPECT_EQ(Shortened("abcd", 4), "ab\xE2\x80\xA6");
  EXPECT_EQ(Shortened("", 4), "");
}

TEST(ShortenedTest, CountsCharactersAndCutsNone) {
  const std::string e = "\xC3\xA9";
  EXPECT_EQ(Shortened(e + e + e, 4), e + e + e);
  EXPECT_EQ(Shortened(e + e + e + e, 4), e + e + "\xE2\x80\xA6");
}

TEST(CardIdTest, FollowsFromTheDecisionAndTheCard) {
  const std::string uuid = CardUuid("decision", 0, kVerdictCard);
  EXPECT_THAT(uuid, MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-"
                                 "[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_EQ(uuid, CardUuid("decision", 0, kVerdictCard));
  EXPECT_NE(uuid, CardUuid("decision", 1, kVerdictCard));
  EXPECT_NE(uuid, CardUuid("decision", 0, kMissingCard));
  EXPECT_NE(uuid, CardUuid("other", 0, kVerdictCard));
}

TEST(CardIdTest, LeadsToTheDecision) {
  v1::DecisionRecord record;
  for (int i = 0; i < 1000; ++i) {
    record.set_decision_id(absl::StrCat("decision", i));
    record.mutable_decision()->add_treatments();
    const std::string card = CardUuid(record.decision_id(), i, kMissingCard);
    EXPECT_EQ(DecisionTermIn(card),
              MakeTerm(TermKind::kDecision, record.decision_id()));
    EXPECT_TRUE(IsCardOf(card, record));
    EXPECT_FALSE(
        IsCardOf(CardUuid(record.decision_id(), i + 1, kMissingCard), record));
  }
  for (const char* text : {"", "card", "d1577c69-dfbe-44ad-ba6d-3e05e953b2eaa",
                           "d1577c69-dfbe-44ad-ba6d-3e05e953b2eg",
                           "d1577c69adfbe-44ad-ba6d-3e05e953b2ea"}) {
    EXPECT_FALSE(DecisionTermIn(text).has_value()) << text;
  }
}

class MakeCardsTest : public ::testing::Test {
 protected:
  Json Cards(const std::string& decision) {
    decision_ = FromText<v1::Decision>(decision);
    DecisionOfPatient decided;
    decided.catalog = &ShippedCatalog();
    decided.mapped = &mapped_;
    decided.decision_id = "d";
    decided.decision = &decision_;
    decided.subject = "Patient/p1";
    return MakeCards(decided);
  }

  v1::Decision decision_;
  MappedPatient mapped_;
};

TEST_F(MakeCardsTest, IsEmptyWhereThereIsNothingToSay) {
  EXPECT_THAT(Cards(R"(treatments {
                         treatment: "base_microneedling"
                         verdict: VERDICT_ELIGIBLE
                         areas { area: "face" verdict: VERDICT_ELIGIBLE }
                       })"),
              IsEmpty());
}

TEST_F(MakeCardsTest, SortsRulesByHowStrictTheyAreAndSaysEachOnce) {
  const Json cards = Cards(R"(
    treatments {
      treatment: "base_microneedling"
      verdict: VERDICT_DEFERRED
      eligible_from: "2026-09-01"
      areas {
        area: "face"
        verdict: VERDICT_DEFERRED
        fired { rule_id: "n" effect: EFFECT_KIND_NOTE title: "A note." }
      }
      areas {
        area: "neck"
        verdict: VERDICT_DEFERRED
        fired { rule_id: "d" effect: EFFECT_KIND_DEFERRAL title: "Wait." }
        fired { rule_id: "n" effect: EFFECT_KIND_NOTE title: "A note." }
      }
    })");
  ASSERT_THAT(cards, SizeIs(1));
  EXPECT_EQ(cards[0]["summary"],
            "Microneedling (face, neck): not now. Wait; A note");
  EXPECT_EQ(cards[0]["indicator"], "warning");
  EXPECT_THAT(cards[0]["detail"].get<std::string>(),
              HasSubstr("Not before 2026-09-01."));
}

TEST_F(MakeCardsTest, IndicatesByTheVerdict) {
  const auto indicator = [&](const std::string& verdict) {
    return Cards("treatments { treatment: 'rf' verdict: " + verdict +
                 " areas { area: 'face' fired { rule_id: 'r' } } }")[0]
        .at("indicator")
        .get<std::string>();
  };
  EXPECT_EQ(indicator("VERDICT_CONTRAINDICATED"), "critical");
  EXPECT_EQ(indicator("VERDICT_DEFERRED"), "warning");
  EXPECT_EQ(indicator("VERDICT_REVIEW_REQUIRED"), "warning");
  EXPECT_EQ(indicator("VERDICT_ELIGIBLE_WITH_PRECAUTIONS"), "info");
  EXPECT_EQ(indicator("VERDICT_ELIGIBLE"), "info");
}

TEST_F(MakeCardsTest, LetsNoTextBecomeMarkup) {
  v1::FhirNotUsed not_used;
  not_used.set_reason(v1::FHIR_NOT_USED_REASON_CODE_NOT_MAPPED);
  not_used.mutable_coding()->set_system("s");
  not_used.mutable_coding()->set_code("`<img src=x>`\n# h");
  mapped_.not_used.push_back(not_used);
  const Json cards = Cards(R"(
    treatments {
      treatment: "base_microneedling"
      areas {
        area: "face"
        fired {
          rule_id: "r"
          title: "t"
          facts { text: "[x](javascript:y) <b>" }
        }
      }
    })");
  const std::string detail = cards[0]["detail"];
  EXPECT_THAT(detail, HasSubstr("\\[x\\](javascript:y) \\<b\\>"));
  EXPECT_THAT(detail, HasSubstr("`s|?<img?src=x>??#?h`"));
  EXPECT_THAT(detail, Not(HasSubstr("\n# h")));
}

}  // namespace
}  // namespace needlewise
