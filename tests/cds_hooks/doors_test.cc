// The same record through CDS Hooks, through `ScreenFhirBundle`, and as a
// patient through gRPC and the Connect protocol gives the same decision, and
// cards that follow from it.

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "needlewise/v1/fhir.grpc.pb.h"
#include "server/cds_hooks/cards.h"
#include "server/cds_hooks/prefetch.h"
#include "tests/cds_hooks/hook_server.h"
#include "tests/support/shipped_catalog.h"

namespace needlewise {
namespace {

constexpr int kPatients = 150;

// How many patients, from NEEDLEWISE_DOORS_PATIENTS; a campaign sets it.
int PatientsToTry() {
  int patients = kPatients;
  const char* text = std::getenv("NEEDLEWISE_DOORS_PATIENTS");
  if (text != nullptr) {
    EXPECT_TRUE(absl::SimpleAtoi(text, &patients));
  }
  return patients;
}

uint64_t SeedToUse() {
  uint64_t seed = std::random_device()();
  const char* text = std::getenv("NEEDLEWISE_TEST_SEED");
  if (text != nullptr) {
    EXPECT_TRUE(absl::SimpleAtoi(text, &seed));
  }
  return seed;
}

// Makes records: any code of the catalogue, and some that are not in it, in
// resources of every type, with any status and dates.
class RecordMaker {
 public:
  explicit RecordMaker(uint64_t seed) : random_(seed) {
    for (const v1::Concept& about : ShippedCatalog().catalog.concepts()) {
      for (const v1::ConceptCode& code : about.codes()) {
        codes_.push_back(code.coding());
      }
      concepts_.push_back(&about);
    }
    v1::Coding unmapped;
    unmapped.set_system("urn:local");
    unmapped.set_code("x");
    codes_.push_back(unmapped);
  }

  // Resources by prefetch key.
  std::map<std::string, Json> Make() {
    std::map<std::string, Json> by_key;
    const int count = Below(12);
    for (int i = 0; i < count; ++i) {
      switch (Below(5)) {
        case 0:
          Add("conditions", Condition(i), &by_key);
          break;
        case 1:
          Add("medicationStatements", Medicine(i), &by_key);
          break;
        case 2:
          Add("observations", Observation(i), &by_key);
          break;
        case 3:
          Add("allergies", Allergy(i), &by_key);
          break;
        default:
          Add("questionnaireResponses", Answers(i), &by_key);
          break;
      }
    }
    return by_key;
  }

 private:
  int Below(int limit) {
    return std::uniform_int_distribution<int>(0, limit - 1)(random_);
  }
  template <typename T>
  const T& Pick(const std::vector<T>& list) {
    return list[Below(static_cast<int>(list.size()))];
  }

  static void Add(const std::string& key, Json resource,
                  std::map<std::string, Json>* by_key) {
    Json& bundle = (*by_key)[key];
    if (bundle.is_null()) {
      bundle = {{"resourceType", "Bundle"},
                {"type", "searchset"},
                {"entry", Json::array()}};
    }
    bundle["entry"].push_back({{"resource", std::move(resource)}});
  }

  Json Common(const char* type, int number) {
    return {{"resourceType", type},
            {"id", absl::StrCat("r", number)},
            {"subject", {{"reference", "Patient/p1"}}}};
  }
  Json Code() {
    const v1::Coding& coding = Pick(codes_);
    return {{"coding", Json::array({{{"system", coding.system()},
                                     {"code", coding.code()}}})}};
  }
  static Json Status(const std::string& code) {
    return {{"coding", Json::array({{{"code", code}}})}};
  }
  std::string Date() {
    const std::vector<std::string> dates = {
        "2019", "2025-11", "2026-03-31", "2026-06-01", "2026-06-14", "2026-06"};
    return Pick(dates);
  }

  Json Condition(int number) {
    Json made = Common("Condition", number);
    made["code"] = Code();
    made["clinicalStatus"] = Status(
        Pick<std::string>({"active", "resolved", "remission", "recurrence"}));
    made["verificationStatus"] = Status(Pick<std::string>(
        {"confirmed", "confirmed", "refuted", "provisional"}));
    if (Below(2) == 0) made["recordedDate"] = Date();
    if (Below(3) == 0) made["abatementDateTime"] = Date();
    return made;
  }
  Json Medicine(int number) {
    Json made = Common("MedicationStatement", number);
    made["medicationCodeableConcept"] = Code();
    made["status"] =
        Pick<std::string>({"active", "stopped", "completed", "not-taken"});
    if (Below(2) == 0) made["effectivePeriod"] = {{"end", Date()}};
    return made;
  }
  Json Observation(int number) {
    Json made = Common("Observation", number);
    made["status"] = Pick<std::string>({"final", "final", "preliminary"});
    made["effectiveDateTime"] = Date();
    made["code"] = Code();
    switch (Below(3)) {
      case 0:
        made["valueQuantity"] = {
            {"value", 1 + Below(6)},
            {"code", Pick<std::string>({"10*9/L", "g/dL", "%", "1"})}};
        break;
      case 1:
        made["valueCodeableConcept"] = Code();
        break;
      default:
        made["valueBoolean"] = Below(2) == 0;
        break;
    }
    return made;
  }
  Json Allergy(int number) {
    Json made = Common("AllergyIntolerance", number);
    made["patient"] = made["subject"];
    made["code"] = Code();
    return made;
  }
  Json Answers(int number) {
    Json made = Common("QuestionnaireResponse", number);
    made["status"] = "completed";
    made["authored"] = "2026-06-14";
    Json items = Json::array();
    for (int i = 0; i < 20; ++i) {
      const v1::Concept* about = Pick(concepts_);
      items.push_back(
          {{"linkId", about->concept_id()},
           {"answer", Json::array({{{"valueBoolean", Below(4) == 0}}})}});
    }
    made["item"] = std::move(items);
    return made;
  }

  std::mt19937_64 random_;
  std::vector<v1::Coding> codes_;
  std::vector<const v1::Concept*> concepts_;
};

class DoorsTest : public ::testing::Test {
 protected:
  DoorsTest()
      : server_(HookServer::Shared()),
        fhir_(v1::FhirService::NewStub(server_.server().channel())) {}

  void Compare(const std::map<std::string, Json>& record) {
    Json call = ViewCall();
    Json entries = Json::array({{{"resource", call["prefetch"]["patient"]}}});
    // In the order of the templates, as the hook reads them.
    for (const PrefetchTemplate& item : PrefetchTemplates(ShippedCatalog())) {
      const auto given = record.find(item.key);
      if (given == record.end()) continue;
      call["prefetch"][item.key] = given->second;
      for (const Json& entry : given->second["entry"]) entries.push_back(entry);
    }
    const HttpAnswer hook =
        server_.Post(absl::StrCat("/cds-services/", kView), WriteJson(call));

    v1::ScreenFhirBundleRequest bundle;
    bundle.set_bundle(
        WriteJson({{"resourceType", "Bundle"}, {"entry", std::move(entries)}}));
    bundle.set_view(v1::VIEW_FULL);
    bundle.add_treatments()->set_treatment("base_microneedling");
    bundle.mutable_treatments(0)->add_areas("face");
    v1::ScreenFhirBundleResponse mapped;
    grpc::ClientContext context;
    const grpc::Status status =
        fhir_->ScreenFhirBundle(&context, bundle, &mapped);
    // What one door refuses the other does, too.
    ASSERT_EQ(hook.status == 200, status.ok()) << hook.body;
    if (!status.ok()) return;
    ++decided_;

    v1::ScreenEligibilityRequest plain;
    *plain.mutable_patient() = mapped.patient();
    *plain.mutable_treatments() = bundle.treatments();
    plain.set_view(v1::VIEW_FULL);
    v1::ScreenEligibilityResponse over_grpc;
    grpc::ClientContext plain_context;
    ASSERT_TRUE(server_.server()
                    .screening()
                    .ScreenEligibility(&plain_context, plain, &over_grpc)
                    .ok());
    std::string body;
    ASSERT_TRUE(google::protobuf::util::MessageToJsonString(plain, &body).ok());
    const HttpAnswer connect = ConnectCall(
        server_.server().server().http_port(),
        "ScreeningService/ScreenEligibility", "application/json", body);
    v1::ScreenEligibilityResponse over_connect;
    ASSERT_TRUE(
        google::protobuf::util::JsonStringToMessage(connect.body, &over_connect)
            .ok())
        << connect.body;
    const std::string bytes = over_grpc.decision().SerializeAsString();
    ASSERT_EQ(mapped.decision().SerializeAsString(), bytes);
    ASSERT_EQ(over_connect.decision().SerializeAsString(), bytes);
    ASSERT_EQ(over_connect.decision_id(), over_grpc.decision_id());
    ASSERT_EQ(mapped.decision_id(), over_grpc.decision_id());

    // The hook's cards are those that follow from these bytes.
    MappedPatient patient;
    patient.patient = mapped.patient();
    patient.origins.assign(mapped.origins().begin(), mapped.origins().end());
    patient.not_used.assign(mapped.not_used().begin(), mapped.not_used().end());
    DecisionOfPatient decision;
    decision.catalog = &ShippedCatalog();
    decision.mapped = &patient;
    decision.decision_id = over_grpc.decision_id();
    decision.decision = &over_grpc.decision();
    decision.subject = "Patient/p1";
    const Json answer = Json::parse(hook.body);
    ASSERT_EQ(answer["cards"], MakeCards(decision));
    ASSERT_EQ(
        answer["extension"]["needlewise.v1"]["decisions"][0]["decisionId"],
        over_grpc.decision_id());
  }

  HookServer& server_;
  std::unique_ptr<v1::FhirService::Stub> fhir_;
  int decided_ = 0;
};

TEST_F(DoorsTest, LeadToTheSameDecision) {
  const uint64_t seed = SeedToUse();
  SCOPED_TRACE(absl::StrCat("NEEDLEWISE_TEST_SEED=", seed));
  RecordMaker maker(seed);
  const int patients = PatientsToTry();
  for (int i = 0; i < patients; ++i) {
    ASSERT_NO_FATAL_FAILURE(Compare(maker.Make())) << "patient " << i;
  }
  std::cout << decided_ << " of " << patients << " records decided\n";
  EXPECT_GT(decided_, patients / 4);
}

}  // namespace
}  // namespace needlewise
