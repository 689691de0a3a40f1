#include "server/fhir/decision_resources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "needlewise/v1/recommendation.pb.h"
#include "rules/engine/wording.h"
#include "tests/support/shipped_catalog.h"
#include "tests/support/text_proto.h"

namespace needlewise {
namespace {

// Resources of a decision that says nothing but its days.
class DecisionResourcesTest : public ::testing::Test {
 protected:
  DecisionResourcesTest() {
    decision_.set_as_of("2026-06-20");
    decision_.set_today("2026-06-15");
    decided_.catalog = &ShippedCatalog();
    decided_.mapped = &mapped_;
    decided_.decision_id = "d";
    decided_.decision = &decision_;
    decided_.subject = "Patient/p1";
  }

  MappedPatient mapped_;
  v1::Decision decision_;
  DecisionOfPatient decided_;
};

TEST_F(DecisionResourcesTest, RequestGroupHoldsEverySessionAndItemOfThePlan) {
  const auto planned = FromText<v1::PlanTreatmentResponse>(R"(
    decision_id: "abc"
    plan {
      as_of: "2026-06-20"
      treatments: "base_microneedling"
      sessions { number: 1 earliest: "2026-06-20" latest: "2026-06-20" }
      sessions {
        number: 2
        earliest: "2026-07-18"
        latest: "2026-08-01"
        optional: true
      }
      course_text: "Three to six sessions."
      items {
        item_id: "sun"
        section: PLAN_SECTION_AFTER_CARE
        text: "Keep out of the sun."
        from: "2026-06-20"
        until: "2026-06-27"
        mandatory: true
      }
    })");
  const Json group = MakeRequestGroup(decided_, planned);
  EXPECT_EQ(group["resourceType"], "RequestGroup");
  EXPECT_EQ(group["id"], "abc");
  EXPECT_EQ(group["intent"], "proposal");
  EXPECT_EQ(group["authoredOn"], "2026-06-15");
  EXPECT_EQ(group["note"][0]["text"], "Three to six sessions.");
  ASSERT_EQ(group["action"].size(), 3U);
  EXPECT_EQ(group["action"][0]["code"][0]["coding"][0]["code"],
            "base_microneedling");
  EXPECT_EQ(group["action"][1]["title"], "Session 2");
  EXPECT_EQ(group["action"][1]["timingPeriod"]["start"], "2026-07-18");
  EXPECT_EQ(group["action"][1]["requiredBehavior"], "could");
  EXPECT_EQ(group["action"][2]["prefix"], "after-care");
  EXPECT_EQ(group["action"][2]["requiredBehavior"], "must");
  EXPECT_EQ(group["action"][2]["timingPeriod"]["end"], "2026-06-27");

  const Json bundle = MakeDecisionBundle(decided_, &planned);
  EXPECT_EQ(bundle["entry"][0]["resource"]["result"]["reference"],
            "RequestGroup/abc");
  EXPECT_EQ(bundle["entry"].back()["resource"]["id"], "abc");
}

TEST_F(DecisionResourcesTest, ListsWhatWasNotUsed) {
  EXPECT_FALSE(
      MakeDecisionBundle(decided_, nullptr)["entry"][0]["resource"].contains(
          "evaluationMessage"));
  mapped_.not_used.push_back(FromText<v1::FhirNotUsed>(R"(
    resource: "Condition/c1"
    path: "Condition.code.coding[0]"
    reason: FHIR_NOT_USED_REASON_CODE_NOT_MAPPED
    coding { system: "urn:x" code: "y" })"));
  mapped_.not_used.push_back(FromText<v1::FhirNotUsed>(R"(
    resource: "Bundle.link"
    path: "bundle"
    reason: FHIR_NOT_USED_REASON_NOT_SENT)"));
  const Json bundle = MakeDecisionBundle(decided_, nullptr);
  const Json& guidance = bundle["entry"][0]["resource"];
  const Json& outcome = bundle["entry"].back()["resource"];
  EXPECT_EQ(guidance["evaluationMessage"][0]["reference"],
            "OperationOutcome/d-not-used");
  EXPECT_EQ(outcome["id"], "d-not-used");
  ASSERT_EQ(outcome["issue"].size(), 2U);
  const Json& first = outcome["issue"][0];
  EXPECT_EQ(first["severity"], "information");
  EXPECT_EQ(first["expression"][0], "Condition.code.coding[0]");
  EXPECT_EQ(first["details"]["coding"][0]["code"], "code-not-mapped");
  EXPECT_EQ(first["details"]["coding"][1]["code"], "y");
  EXPECT_EQ(outcome["issue"][1]["severity"], "warning");
  EXPECT_EQ(outcome["issue"][1]["code"], "incomplete");
}

TEST_F(DecisionResourcesTest, SpeaksTheLanguageOfTheAnswer) {
  decided_.language = FindWording(ShippedCatalog().wordings, "fr-CA");
  ASSERT_GT(decided_.language, 0);
  v1::AreaDecision* area = decision_.add_treatments()->add_areas();
  area->add_outstanding()->set_concept("keloid");
  v1::PlanTreatmentResponse planned;
  planned.mutable_plan()->add_sessions()->set_number(3);
  const Json bundle = MakeDecisionBundle(decided_, &planned);
  ASSERT_EQ(bundle["entry"].size(), 3U);
  for (const Json& entry : bundle["entry"]) {
    EXPECT_EQ(entry["resource"]["language"], "fr");
  }
  const Json& questionnaire = bundle["entry"][1]["resource"];
  const v1::RuleCatalog& texts = ShippedCatalog().In(decided_.language);
  const int keloid = ShippedCatalog().concept_index.at("keloid");
  const Json& item = questionnaire["item"][0];
  EXPECT_EQ(item["text"], texts.concepts(keloid).question());
  EXPECT_NE(item["text"], ShippedCatalog().catalog.concepts(keloid).question());
  EXPECT_EQ(item["answerValueSet"], "#statuses-ever");
  const Json& statuses = questionnaire["contained"][0];
  EXPECT_EQ(statuses["id"], "statuses-ever");
  EXPECT_EQ(statuses["compose"]["include"][0]["concept"].back()["display"],
            "Non connu");
  EXPECT_EQ(bundle["entry"][2]["resource"]["action"][0]["title"],
            "S\xC3\xA9"
            "ance 3");
}

TEST(UrlOfTest, FallsBackToTheDoi) {
  v1::CitedSource source;
  EXPECT_EQ(UrlOf(source), "");
  source.set_doi("10.1/x");
  EXPECT_EQ(UrlOf(source), "https://doi.org/10.1/x");
  source.set_url("https://example.org");
  EXPECT_EQ(UrlOf(source), "https://example.org");
}

}  // namespace
}  // namespace needlewise
