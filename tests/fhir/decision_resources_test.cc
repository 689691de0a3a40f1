#include "server/fhir/decision_resources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "needlewise/v1/recommendation.pb.h"
#include "rules/engine/decide.h"
#include "tests/support/screening.h"
#include "tests/support/shipped_catalog.h"
#include "tests/support/text_proto.h"

namespace needlewise {
namespace {

TEST(RequestGroupTest, HoldsEverySessionAndItemOfThePlan) {
  v1::TreatmentPlan plan = FromText<v1::TreatmentPlan>(R"(
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
    })");
  const Json group =
      MakeRequestGroup(ShippedCatalog(), plan, "abc", "Patient/p1");
  EXPECT_EQ(group["resourceType"], "RequestGroup");
  EXPECT_EQ(group["intent"], "proposal");
  ASSERT_EQ(group["action"].size(), 3U);
  EXPECT_EQ(group["action"][0]["code"][0]["coding"][0]["code"],
            "base_microneedling");
  EXPECT_EQ(group["action"][1]["timingPeriod"]["start"], "2026-07-18");
  EXPECT_EQ(group["action"][1]["requiredBehavior"], "could");
  EXPECT_EQ(group["action"][2]["prefix"], "after-care");
  EXPECT_EQ(group["action"][2]["requiredBehavior"], "must");
  EXPECT_EQ(group["action"][2]["timingPeriod"]["end"], "2026-06-27");
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
