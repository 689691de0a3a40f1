#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "needlewise/v1/screening.pb.h"
#include "server/fhir/questionnaire.h"
#include "tests/cds_hooks/hook_server.h"
#include "tests/fhir/mapped.h"
#include "tests/support/shipped_catalog.h"

namespace needlewise {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kViewPath[] = "/cds-services/needlewise-patient-view";

const Json& DecisionOf(const Json& answer) {
  return answer["extension"]["needlewise.v1"]["decisions"][0];
}

TEST(DiscoveryTest, ListsAServiceForEachHook) {
  const HttpAnswer answer = HookServer::Shared().Get("/cds-services");
  ASSERT_EQ(answer.status, 200);
  const Json services = Json::parse(answer.body)["services"];
  std::set<std::string> hooks;
  for (const Json& service : services) {
    hooks.insert(service["hook"].get<std::string>());
    EXPECT_FALSE(service["title"].get<std::string>().empty());
    EXPECT_FALSE(service["description"].get<std::string>().empty());
    EXPECT_EQ(service["id"].get<std::string>().find_first_of("/?#% "),
              std::string::npos);
  }
  EXPECT_THAT(hooks, ElementsAre("appointment-book", "order-select",
                                 "order-sign", "patient-view"));
}

TEST(DiscoveryTest, AsksForWhatTheConceptsNeed) {
  const Json services =
      Json::parse(HookServer::Shared().Get("/cds-services").body)["services"];
  const Json& prefetch = services[0]["prefetch"];
  EXPECT_EQ(prefetch["patient"], "Patient/{{context.patientId}}");
  EXPECT_EQ(prefetch["conditions"], "Condition?patient={{context.patientId}}");
  const std::string observations = prefetch["observations"];
  // Every code of a quantity, and no other.
  for (const v1::Concept& about : ShippedCatalog().catalog.concepts()) {
    for (const v1::ConceptCode& code : about.codes()) {
      if (code.coding().system() != "http://loinc.org") continue;
      EXPECT_EQ(absl::StrContains(observations,
                                  absl::StrCat("|", code.coding().code())),
                about.kind() == v1::CONCEPT_KIND_QUANTITY)
          << code.coding().code();
    }
  }
  EXPECT_THAT(observations, HasSubstr("http://loinc.org|82810-3"));
  EXPECT_THAT(observations, Not(HasSubstr("32623-1")));
}

TEST(HookCallTest, AsksForWhatIsMissing) {
  const Json answer = HookServer::Shared().View(ViewCall());
  ASSERT_THAT(answer["cards"], SizeIs(2));
  const Json& missing = answer["cards"][1];
  EXPECT_EQ(missing["indicator"], "warning");
  EXPECT_THAT(missing["summary"].get<std::string>(), HasSubstr("missing"));
  EXPECT_THAT(missing["detail"].get<std::string>(), HasSubstr("- **"));
  EXPECT_EQ(missing["selectionBehavior"], "at-most-one");
  const Json& suggestion = missing["suggestions"][0];
  EXPECT_THAT(suggestion["uuid"].get<std::string>(), SizeIs(36));
  const Json& sheet = suggestion["actions"][0]["resource"];
  EXPECT_EQ(suggestion["actions"][0]["type"], "create");
  EXPECT_EQ(sheet["resourceType"], "QuestionnaireResponse");
  EXPECT_EQ(sheet["subject"]["reference"], "Patient/p1");
  EXPECT_EQ(DecisionOf(answer)["verdicts"][0]["verdict"], "DATA_REQUIRED");
}

TEST(HookCallTest, SaysWhatStandsAgainstTheTreatment) {
  Json call = ViewCall();
  call["prefetch"]["conditions"] =
      SearchsetOf({ConditionOf(kSct, "33659008", kActive),
                   ConditionOf(kIcd, "J45.909", kActive)});
  const Json answer = HookServer::Shared().View(call);
  const Json& card = answer["cards"][0];
  EXPECT_EQ(card["indicator"], "critical");
  EXPECT_THAT(card["summary"].get<std::string>(), HasSubstr("contraindicated"));
  EXPECT_LT(card["summary"].get<std::string>().size(), 140U);
  const std::string detail = card["detail"];
  EXPECT_THAT(detail, HasSubstr("Contraindication"));
  EXPECT_THAT(detail, HasSubstr("Sources: "));
  EXPECT_THAT(detail, HasSubstr("In the record, but not used: "
                                "`http://hl7.org/fhir/sid/icd-10-cm|J45.909`"));
  EXPECT_FALSE(card["source"]["label"].get<std::string>().empty());
  EXPECT_EQ(card["source"]["topic"]["code"], "base_microneedling");
  EXPECT_EQ(card["extension"]["needlewise.v1"]["decisionId"],
            DecisionOf(answer)["decisionId"]);
  std::set<std::string> reasons;
  for (const Json& reason : card["overrideReasons"]) {
    EXPECT_EQ(reason["system"], "urn:needlewise:override-reason");
    EXPECT_FALSE(reason["display"].get<std::string>().empty());
    reasons.insert(reason["code"].get<std::string>());
  }
  EXPECT_THAT(reasons, Contains("benefit-outweighs"));
  for (const Json& link : card["links"]) {
    EXPECT_EQ(link["type"], "absolute");
    EXPECT_TRUE(absl::StartsWith(link["url"].get<std::string>(), "http"));
  }
  EXPECT_EQ(DecisionOf(answer)["findings"][0]["resource"], "Condition/c1");
  EXPECT_EQ(DecisionOf(answer)["notUsed"][0]["code"], "J45.909");
}

TEST(HookCallTest, GivesTheSameBytesForTheSameCall) {
  HookServer& server = HookServer::Shared();
  Json call = ViewCall();
  const HttpAnswer first = server.Post(kViewPath, WriteJson(call));
  // Another call about the same patient, but for what names the call.
  call["hookInstance"] = "00000000-0000-4000-8000-000000000001";
  EXPECT_EQ(first.body, server.Post(kViewPath, WriteJson(call)).body);
}

// What a record says through the hook, and through gRPC.
TEST(HookCallTest, DecidesAsTheOtherDoorsDo) {
  Json call = ViewCall();
  call["prefetch"]["conditions"] =
      SearchsetOf({ConditionOf(kIcd, "L40.0", kActive)});
  const Json answer = HookServer::Shared().View(call);

  v1::ScreenEligibilityRequest request;
  request.set_view(v1::VIEW_FULL);
  request.mutable_patient()->set_birth_date("1990-04-02");
  v1::Finding* psoriasis = request.mutable_patient()->add_findings();
  psoriasis->set_concept("psoriasis");
  psoriasis->set_status(v1::FINDING_STATUS_PRESENT);
  psoriasis->set_source(v1::SOURCE_EHR);
  request.add_treatments()->set_treatment("base_microneedling");
  request.mutable_treatments(0)->add_areas("face");
  v1::ScreenEligibilityResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(HookServer::Shared()
                  .server()
                  .screening()
                  .ScreenEligibility(&context, request, &response)
                  .ok());
  EXPECT_EQ(DecisionOf(answer)["decisionId"], response.decision_id());
}

// Answers every question that a card suggests until none is left: then there
// is nothing to say.
TEST(HookCallTest, SaysNothingWhereNothingFiredAndEverythingIsKnown) {
  HookServer server([](config::v1::ServerConfig* config) {
    for (const char* fact :
         {"site_licensed_operator", "site_sterile_single_use",
          "site_approved_sterile_products_only"}) {
      v1::Finding* finding = config->add_site_findings();
      finding->set_concept(fact);
      finding->set_status(v1::FINDING_STATUS_PRESENT);
    }
    v1::TreatmentSelection* view =
        config->mutable_cds_hooks()->mutable_patient_view();
    view->set_treatment("base_microneedling");
    view->add_areas("cheeks");
    view->mutable_device()->set_device("skinpen_precision");
    view->add_concerns("acne_scars");
  });
  Json call = ViewCall();
  Json sheet = JsonOf(
      "{'resourceType':'QuestionnaireResponse','id':'q','status':'completed',"
      "'subject':{~},'authored':'2026-06-15T09:00:00Z','item':[]}");
  Json cards;
  for (int round = 0; round < 20; ++round) {
    call["prefetch"]["questionnaireResponses"] = {
        {"resourceType", "Bundle"},
        {"entry", Json::array({{{"resource", sheet}}})}};
    cards = server.View(call)["cards"];
    if (cards.empty()) break;
    const Json& last = cards.back();
    ASSERT_TRUE(last.contains("suggestions")) << WriteJson(cards);
    const Json& asked = last["suggestions"][0]["actions"][0]["resource"]
                            ["contained"][0]["item"];
    for (const Json& item : asked) {
      Json value;
      if (item["type"] == "boolean") {
        value = {{"valueBoolean", false}};
      } else if (item["type"] == "quantity") {
        const Json& unit = item["extension"][0]["valueCoding"];
        value = {{"valueQuantity",
                  {{"value", item["linkId"] == "platelet_count" ? 250 : 3},
                   {"system", unit["system"]},
                   {"code", unit["code"]}}}};
      } else {
        // No: "not now" or "never".
        const bool ever = item["answerValueSet"] == "#statuses-ever";
        value = {{"valueCoding",
                  {{"system", kFindingStatusSystem},
                   {"code", ever ? "never" : "absent"}}}};
      }
      sheet["item"].push_back(
          {{"linkId", item["linkId"]}, {"answer", Json::array({value})}});
    }
  }
  EXPECT_EQ(cards, Json::array()) << WriteJson(cards);
}

TEST(PrefetchTest, TellsFourKindsOfAbsenceApart) {
  HookServer server([](config::v1::ServerConfig* config) {
    config->mutable_cds_hooks()->add_optional_prefetch("flags");
  });
  Json call = ViewCall();
  call["prefetch"].erase("flags");
  call["prefetch"]["conditions"] = nullptr;
  call["prefetch"]["allergies"] =
      JsonOf("{'resourceType':'Bundle','type':'searchset','total':0}");
  call["prefetch"]["observations"] = JsonOf(
      "{'resourceType':'OperationOutcome','issue':[{'severity':'error',"
      "'code':'timeout'}]}");
  const Json answer = server.View(call);
  const Json& states = answer["extension"]["needlewise.v1"]["prefetch"];
  EXPECT_EQ(states["flags"], "missing");
  EXPECT_EQ(states["conditions"], "null");
  EXPECT_EQ(states["allergies"], "empty");
  EXPECT_EQ(states["observations"], "failed");
  EXPECT_EQ(states["patient"], "given");
  // None of them is a no.
  EXPECT_EQ(DecisionOf(answer)["verdicts"][0]["verdict"], "DATA_REQUIRED");
  EXPECT_EQ(DecisionOf(answer)["findings"], Json::array());
  EXPECT_THAT(answer["cards"].back()["detail"].get<std::string>(),
              HasSubstr("The record did not give: `prefetch.observations`"));
}

TEST(PrefetchTest, NamesEveryKeyThatIsMissing) {
  Json call = ViewCall();
  call["prefetch"].erase("conditions");
  call["prefetch"].erase("observations");
  const HttpAnswer answer =
      HookServer::Shared().Post(kViewPath, WriteJson(call));
  EXPECT_EQ(answer.status, 412);
  EXPECT_THAT(IssuesOf(answer), ElementsAre("required prefetch.conditions",
                                            "required prefetch.observations"));
  call.erase("prefetch");
  EXPECT_EQ(HookServer::Shared().Post(kViewPath, WriteJson(call)).status, 412);
}

TEST(PrefetchTest, NeedsThePatient) {
  for (const char* patient : {"null", "{'resourceType':'OperationOutcome'}",
                              "{'resourceType':'Bundle','entry':[]}"}) {
    Json call = ViewCall();
    call["prefetch"]["patient"] = JsonOf(patient);
    const HttpAnswer answer =
        HookServer::Shared().Post(kViewPath, WriteJson(call));
    EXPECT_EQ(answer.status, 412) << patient;
    EXPECT_THAT(IssuesOf(answer), ElementsAre("required prefetch.patient"));
  }
}

TEST(PrefetchTest, RefusesAnotherPatient) {
  Json call = ViewCall();
  call["prefetch"]["patient"]["id"] = "p2";
  HttpAnswer answer = HookServer::Shared().Post(kViewPath, WriteJson(call));
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(IssuesOf(answer), Contains("invalid prefetch.patient.id"));

  call = ViewCall();
  call["prefetch"]["conditions"] = SearchsetOf(
      {"{'resourceType':'Condition','id':'c','subject':{'reference':"
       "'Patient/p2'},'code':{'text':'x'}}"});
  answer = HookServer::Shared().Post(kViewPath, WriteJson(call));
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(
      IssuesOf(answer),
      ElementsAre(
          "invalid prefetch.conditions.entry[0].resource.subject.reference"));
}

TEST(PrefetchTest, SaysNothingOfTheDead) {
  Json call = ViewCall();
  call["prefetch"]["patient"]["deceasedBoolean"] = true;
  EXPECT_EQ(HookServer::Shared().View(call)["cards"], Json::array());
}

TEST(BadCallTest, IsToleratedWhereItIsOnlyMore) {
  Json call = ViewCall();
  call["extension"] = {{"org.example.anything", {1, 2, 3}}};
  call["context"]["extension"] = {{"x", nullptr}};
  call["context"]["encounterId"] = "e1";
  call["prefetch"]["somethingElse"] = {{"resourceType", "Group"}};
  call["somethingElse"] = true;
  EXPECT_THAT(HookServer::Shared().View(call)["cards"], SizeIs(2));
}

struct BadCall {
  const char* name;
  std::function<void(Json*)> change;
  const char* issue;
};

class BadCallFieldTest : public ::testing::TestWithParam<BadCall> {};

TEST_P(BadCallFieldTest, IsRefusedByItsPath) {
  Json call = ViewCall();
  GetParam().change(&call);
  const HttpAnswer answer =
      HookServer::Shared().Post(kViewPath, WriteJson(call));
  EXPECT_EQ(answer.status, 400) << answer.body;
  EXPECT_THAT(IssuesOf(answer), Contains(GetParam().issue));
}

INSTANTIATE_TEST_SUITE_P(
    Calls, BadCallFieldTest,
    ::testing::Values(
        BadCall{"WrongHook", [](Json* call) { (*call)["hook"] = "order-sign"; },
                "invalid hook"},
        BadCall{"NoHook", [](Json* call) { call->erase("hook"); },
                "invalid hook"},
        BadCall{"NoHookInstance",
                [](Json* call) { call->erase("hookInstance"); },
                "invalid hookInstance"},
        BadCall{"HookInstanceThatIsNoUuid",
                [](Json* call) { (*call)["hookInstance"] = "1"; },
                "invalid hookInstance"},
        BadCall{"NoContext", [](Json* call) { call->erase("context"); },
                "invalid context"},
        BadCall{"NoPatientId",
                [](Json* call) { (*call)["context"].erase("patientId"); },
                "invalid context.patientId"},
        BadCall{"PatientIdThatIsAPath",
                [](Json* call) { (*call)["context"]["patientId"] = "../x"; },
                "invalid context.patientId"},
        BadCall{"NoUserId",
                [](Json* call) { (*call)["context"].erase("userId"); },
                "invalid context.userId"},
        BadCall{"AuthorizationWithoutAServer",
                [](Json* call) {
                  (*call)["fhirAuthorization"] = {{"access_token", "x"},
                                                  {"token_type", "Bearer"}};
                },
                "invalid fhirServer"},
        BadCall{"AuthorizationThatWouldSplitAHeader",
                [](Json* call) {
                  (*call)["fhirServer"] = "https://ehr.test";
                  (*call)["fhirAuthorization"] = {{"access_token", "a\r\nb"},
                                                  {"token_type", "Bearer"}};
                },
                "invalid fhirAuthorization.access_token"},
        BadCall{"PrefetchThatIsNoObject",
                [](Json* call) { (*call)["prefetch"] = Json::array(); },
                "invalid prefetch"},
        BadCall{"ResourceThatIsNone",
                [](Json* call) { (*call)["prefetch"]["conditions"] = 7; },
                "invalid prefetch.conditions"},
        BadCall{"OnsetInTheFuture",
                [](Json* call) {
                  (*call)["prefetch"]["conditions"] = SearchsetOf({ConditionOf(
                      kSct, "33659008", "'onsetDateTime':'2031-01-01'")});
                },
                "invalid prefetch.conditions.entry[0].resource.onsetDateTime"},
        BadCall{"OlderFhir",
                [](Json* call) {
                  (*call)["prefetch"]["conditions"] = SearchsetOf({ConditionOf(
                      kSct, "33659008", "'clinicalStatus':'active'")});
                },
                "invalid prefetch.conditions.entry[0].resource."
                "clinicalStatus"},
        BadCall{"QuantityWithoutAUnit",
                [](Json* call) {
                  (*call)["prefetch"]["observations"] = SearchsetOf(
                      {absl::StrCat("{'resourceType':'Observation','id':'o',"
                                    "'subject':{~},'status':'final',"
                                    "'effectiveDateTime':'2026-06-10',",
                                    Coded("code", kLn, "777-3"),
                                    ",'valueQuantity':{'value':210}}")});
                },
                "invalid prefetch.observations.entry[0].resource."
                "valueQuantity"}),
    [](const auto& info) { return info.param.name; });

TEST(BadCallTest, ThatIsNoJsonIsRefused) {
  HookServer& server = HookServer::Shared();
  const std::string good = WriteJson(ViewCall());
  for (const std::string& body :
       {good.substr(0, good.size() / 2), good + "x", good + good,
        std::string("{\"hook\":\"\xC3\x28\"}"), std::string(5000, '['),
        std::string(), std::string("[]")}) {
    const HttpAnswer answer = server.Post(kViewPath, body);
    EXPECT_EQ(answer.status, 400) << body.substr(0, 40);
    EXPECT_THAT(IssuesOf(answer), SizeIs(1));
  }
  EXPECT_EQ(server.Post(kViewPath, std::string(5000000, ' ')).status, 413);
  EXPECT_EQ(
      server.Post(kViewPath, good, {{"content-type", "text/plain"}}).status,
      415);
  // It lives.
  EXPECT_EQ(server.Post(kViewPath, good).status, 200);
}

TEST(BadCallTest, OfNoServiceIsNotFound) {
  HookServer& server = HookServer::Shared();
  EXPECT_EQ(server.Post("/cds-services/other", "{}").status, 404);
  EXPECT_EQ(server.Get(kViewPath).status, 405);
}

TEST(BadCallTest, NothingOfACallIsLoggedOrRepeated) {
  HookServer& server = HookServer::Shared();
  Json call = ViewCall();
  call["prefetch"]["conditions"] = SearchsetOf(
      {ConditionOf("urn:x", "zanzibar",
                   "'onsetDateTime':'zanzibar','recordedDate':"
                   "'zanzibar'"),
       ConditionOf(kSct, "33659008", "'onsetDateTime':'zanzibar'")});
  const HttpAnswer answer = server.Post(kViewPath, WriteJson(call));
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, Not(HasSubstr("zanzibar")));
  EXPECT_THAT(server.server().log().Text(), Not(HasSubstr("zanzibar")));
}

}  // namespace
}  // namespace needlewise
