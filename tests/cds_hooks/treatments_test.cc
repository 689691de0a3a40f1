#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/cds_hooks/asked_treatments.h"
#include "server/cds_hooks/hook_settings.h"
#include "tests/cds_hooks/hook_server.h"
#include "tests/support/shipped_catalog.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A call of a hook whose context has these members beside the usual.
Json CallOf(const std::string& hook, const std::string& members) {
  Json call = ViewCall();
  call["hook"] = hook;
  call["context"].update(JsonOf(absl::StrCat("{", members, "}")));
  return call;
}

std::string Appointments(const std::string& appointment) {
  return absl::StrCat(
      "'appointments':{'resourceType':'Bundle','entry':[{'resource':{"
      "'resourceType':'Appointment','id':'a1',",
      appointment, "}}]}");
}

std::string Orders(const std::string& order) {
  return absl::StrCat(
      "'draftOrders':{'resourceType':'Bundle','entry':[{'resource':{"
      "'resourceType':'ServiceRequest','id':'s1','subject':{~},",
      order, "}}]}");
}

class AskedTreatmentsTest : public ::testing::Test {
 protected:
  AskedTreatmentsTest() {
    config::v1::HookTreatment* known = config_.add_treatments();
    known->mutable_coding()->set_system("urn:clinic");
    known->mutable_coding()->set_code("RF");
    known->mutable_treatment()->set_treatment("rf");
    known->mutable_treatment()->add_areas("neck");
    config_.add_treatments()->set_words("microneedling");
    config_.mutable_treatments(1)->mutable_treatment()->set_treatment(
        "base_microneedling");
    FillHookDefaults(&config_);
  }

  // `treatment areas day resource` of each.
  std::vector<std::string> Asked(const Json& call) {
    const HookService* service = nullptr;
    for (const HookService& each : HookServices()) {
      if (call["hook"] == std::string(each.hook)) service = &each;
    }
    Violations violations;
    const std::unique_ptr<HookRequest> request =
        ReadHookRequest(WriteJson(call), *service, &violations);
    std::vector<std::string> lines;
    if (request != nullptr) {
      for (const AskedTreatment& asked : AskedTreatments(
               config_, ShippedCatalog(), *service, *request, &violations)) {
        std::string line = asked.selection.treatment();
        for (const std::string& area : asked.selection.areas()) {
          absl::StrAppend(&line, " ", area);
        }
        lines.push_back(
            absl::StrCat(line, "|", asked.day, "|", asked.resource));
      }
    }
    for (const FieldViolation& violation : violations) {
      lines.push_back(absl::StrCat("!", violation.field));
    }
    return lines;
  }

  config::v1::CdsHooks config_;
};

TEST_F(AskedTreatmentsTest, OfPatientViewAreTheConfiguredOnes) {
  EXPECT_THAT(Asked(ViewCall()), ElementsAre("base_microneedling face||"));
}

TEST_F(AskedTreatmentsTest, OfAppointmentsAreFoundByCodeAndByWords) {
  const auto asked = [&](const std::string& appointment) {
    return Asked(CallOf("appointment-book", Appointments(appointment)));
  };
  EXPECT_THAT(asked("'start':'2026-07-01T09:00:00Z','serviceType':[{'coding':[{"
                    "'system':'urn:clinic','code':'RF'}]}]"),
              ElementsAre("rf neck|2026-07-01|Appointment/a1"));
  EXPECT_THAT(asked("'serviceType':[{'coding':[{'system':"
                    "'urn:needlewise:treatment','code':'prp'}]}]"),
              ElementsAre("prp face||Appointment/a1"));
  EXPECT_THAT(asked("'reasonCode':[{'text':'Microneedling, second session'}]"),
              ElementsAre("base_microneedling face||Appointment/a1"));
  EXPECT_THAT(asked("'description':'MICRONEEDLING'"),
              ElementsAre("base_microneedling face||Appointment/a1"));
  EXPECT_THAT(asked("'serviceType':[{'coding':[{'system':'urn:clinic','code':"
                    "'XRAY','display':'X-ray'}]}]"),
              IsEmpty());
}

TEST_F(AskedTreatmentsTest, OfOrdersTakeTheirPlaceAndDay) {
  EXPECT_THAT(
      Asked(CallOf("order-sign",
                   Orders("'code':{'text':'microneedling'},"
                          "'occurrenceDateTime':'2026-08-02',"
                          "'bodySite':[{'coding':[{'system':"
                          "'http://snomed.info/sct','code':'52795006'}]},"
                          "{'coding':[{'system':'urn:needlewise:area','code':"
                          "'chin'}]}]"))),
      ElementsAre("base_microneedling forehead chin|2026-08-02|"
                  "ServiceRequest/s1"));
}

TEST_F(AskedTreatmentsTest, OfSelectedOrdersAreTheSelected) {
  const std::string order = Orders("'code':{'text':'microneedling'}");
  EXPECT_THAT(Asked(CallOf("order-select", absl::StrCat("'selections':['"
                                                        "ServiceRequest/s1'],",
                                                        order))),
              ElementsAre("base_microneedling face||ServiceRequest/s1"));
  EXPECT_THAT(Asked(CallOf("order-select", absl::StrCat("'selections':['"
                                                        "ServiceRequest/s2'],",
                                                        order))),
              IsEmpty());
}

TEST_F(AskedTreatmentsTest, OfAnotherPatientAreRefused) {
  EXPECT_THAT(
      Asked(CallOf("order-sign", absl::StrReplaceAll(
                                     Orders("'code':{'text':'microneedling'}"),
                                     {{"~", "'reference':'Patient/p2'"}}))),
      ::testing::Contains("!context.draftOrders.entry[0].resource.subject."
                          "reference"));
  EXPECT_THAT(Asked(CallOf("appointment-book",
                           Appointments("'participant':[{'actor':{'reference':"
                                        "'Patient/p2'}}],'description':"
                                        "'microneedling'"))),
              ::testing::Contains("!context.appointments.entry[0].resource."
                                  "participant[0].actor.reference"));
}

TEST_F(AskedTreatmentsTest, NeedTheContextOfTheHook) {
  EXPECT_THAT(Asked(CallOf("appointment-book", "")),
              ElementsAre("!context.appointments"));
  EXPECT_THAT(Asked(CallOf("order-select", "")),
              ElementsAre("!context.selections", "!context.draftOrders"));
  EXPECT_THAT(Asked(CallOf("order-sign", "")),
              ElementsAre("!context.draftOrders"));
}

TEST(HookCallTest, AboutSomethingElseHasNoCards) {
  // Not even a record is asked for.
  Json call = CallOf("order-sign", Orders("'code':{'text':'X-ray'}"));
  call.erase("prefetch");
  EXPECT_EQ(HookServer::Shared().Answer("needlewise-order-sign", call),
            JsonOf("{'cards':[]}"));
}

TEST(HookCallTest, DecidesForTheDayOfTheAppointment) {
  const Json answer = HookServer::Shared().Answer(
      "needlewise-appointment-book",
      CallOf("appointment-book",
             Appointments("'start':'2026-07-01T09:00:00Z','description':"
                          "'Microneedling'")));
  EXPECT_EQ(answer["extension"]["needlewise.v1"]["decisions"][0]["asOf"],
            "2026-07-01");
  EXPECT_THAT(answer["cards"], SizeIs(2));
  EXPECT_THAT(answer["cards"][0]["detail"].get<std::string>(),
              HasSubstr("2026-07-01"));
}

}  // namespace
}  // namespace needlewise
