// The same patient gets the same decision, byte for byte, whatever door the
// request comes in through (L7); and the same error where it is refused.

#include <gtest/gtest.h>

#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "needlewise/v1/fhir.grpc.pb.h"
#include "rules/engine/partial_date.h"
#include "server/cds_hooks/cards.h"
#include "server/cds_hooks/prefetch.h"
#include "server/fhir/screen_operation.h"
#include "tests/cds_hooks/hook_server.h"
#include "tests/doors/plain_doors.h"
#include "tests/doors/random_record.h"
#include "tests/integration/http_client.h"
#include "tests/integration/test_server.h"
#include "tests/property/random.h"
#include "tests/property/random_patient.h"
#include "tests/support/shipped_catalog.h"

namespace needlewise {
namespace {

// Of them some are refused, which is compared, too.
constexpr int kUsualPatients = 400;
constexpr int kUsualRecords = 150;
constexpr int kMostOfOneKind = 3;

template <typename Records, typename IdOf>
std::string PickId(const Records& records, const IdOf& id_of, Random* random) {
  return id_of(records.Get(random->Below(records.size())));
}

v1::ScreenEligibilityRequest MakeRequest(const v1::RuleCatalog& catalog,
                                         const PatientMaker& patients,
                                         Day today, Random* random) {
  v1::ScreenEligibilityRequest request;
  const Day as_of = today + random->Between(-30, 60);
  request.set_as_of(FormatDay(as_of));
  // What the command line asks for where a request leaves it out.
  request.set_view(random->Chance(0.8) ? v1::VIEW_FULL : v1::VIEW_BASIC);
  PatientStyle style;
  style.mentioned = random->Chance(0.5) ? 0.9 : 0.2;
  style.section_closed = random->Chance(0.5) ? 0.95 : 0.2;
  *request.mutable_patient() = patients.Make(today, as_of, style, random);
  // Texts that JSON has to escape.
  request.set_request_id(
      absl::StrCat("r-", random->Below(1000000), "-\"\\/\n\x7F\u00E9\u2028"));
  if (random->Chance(0.9)) request.clear_request_id();
  const int treatments = random->Between(1, kMostOfOneKind);
  for (int i = 0; i < treatments; ++i) {
    v1::TreatmentSelection* selection = request.add_treatments();
    selection->set_treatment(PickId(
        catalog.treatments(),
        [](const auto& record) { return record.treatment_id(); }, random));
    const int areas = random->Between(1, kMostOfOneKind);
    for (int a = 0; a < areas; ++a) {
      selection->add_areas(PickId(
          catalog.areas(), [](const auto& record) { return record.area_id(); },
          random));
    }
    if (random->Chance(0.7)) {
      selection->mutable_device()->set_device(PickId(
          catalog.devices(),
          [](const auto& record) { return record.device_id(); }, random));
      if (random->Chance(0.5)) {
        selection->mutable_device()->set_needle_depth_mm(
            random->Between(1, 25) / 10.0);
      }
    }
  }
  return request;
}

TEST(DoorsAgreeTest, OnRandomPatients) {
  TestServer server([](config::v1::ServerConfig* config) {
    // The catalogue that ships.
    config->mutable_catalog()->clear_folder();
    config->clear_site_findings();
    config->mutable_http_listener()->set_address("127.0.0.1:0");
    config->mutable_http_listener()->set_insecure_for_development(true);
  });
  const v1::RuleCatalog& catalog =
      server.server().catalogs().Current()->compiled->catalog;
  const PatientMaker patients(catalog);
  const Day today =
      ToDay(absl::ToCivilDay(FixedClock().Now(), absl::LocalTimeZone()));
  ScreenRequests requests;
  ForEachSeed(kUsualPatients, [&](Random* random) {
    requests.push_back(MakeRequest(catalog, patients, today, random));
  });

  int decided = 0;
  for (const DoorAnswer& answer : ThroughEveryPlainDoor(server, requests)) {
    decided += answer.error.empty();
  }
  // Else there would be little to compare.
  EXPECT_GT(decided, static_cast<int>(requests.size()) / 2);
  std::cout << decided << " of " << requests.size() << " patients decided\n";
}

// A record in every form in which a door takes one.
struct RecordForms {
  // The body of a call for `patient-view`.
  Json hook;
  v1::ScreenFhirBundleRequest bundle;
};

RecordForms FormsOf(const std::map<std::string, Json>& record) {
  RecordForms forms;
  forms.hook = ViewCall();
  Json entries =
      Json::array({{{"resource", forms.hook["prefetch"]["patient"]}}});
  // In the order of the templates, as the hook reads them.
  for (const PrefetchTemplate& item : PrefetchTemplates(ShippedCatalog())) {
    const auto given = record.find(item.key);
    if (given == record.end()) continue;
    forms.hook["prefetch"][item.key] = given->second;
    for (const Json& entry : given->second["entry"]) entries.push_back(entry);
  }
  forms.bundle.set_bundle(
      WriteJson({{"resourceType", "Bundle"}, {"entry", std::move(entries)}}));
  forms.bundle.set_view(v1::VIEW_FULL);
  forms.bundle.add_treatments()->set_treatment("base_microneedling");
  forms.bundle.mutable_treatments(0)->add_areas("face");
  return forms;
}

// Records through CDS Hooks, `ScreenFhirBundle` over gRPC and HTTP, and
// `$screen`; then, as patients, through every plain door.
class RecordDoorsTest : public ::testing::Test {
 protected:
  RecordDoorsTest()
      : server_(HookServer::Shared()),
        fhir_(v1::FhirService::NewStub(server_.server().channel())),
        http_(server_.server().http_port()) {}

  // Whether what one door refuses the others refuse, too, and what one decides
  // is the answer of the others. Adds what is left to compare.
  void Compare(const std::map<std::string, Json>& record) {
    const RecordForms forms = FormsOf(record);
    const HttpAnswer hook = http_.Call(
        "POST", absl::StrCat("/cds-services/", kView),
        {{"content-type", "application/json"}}, WriteJson(forms.hook));
    v1::ScreenFhirBundleResponse mapped;
    grpc::ClientContext context;
    const grpc::Status status =
        fhir_->ScreenFhirBundle(&context, forms.bundle, &mapped);
    const HttpAnswer connect =
        http_.Call("POST", "/needlewise.v1.FhirService/ScreenFhirBundle",
                   {{"content-type", "application/proto"}},
                   forms.bundle.SerializeAsString());
    const HttpAnswer operation = http_.Call(
        "POST", kScreenOperationPath,
        {{"content-type", "application/fhir+json"}}, forms.bundle.bundle());
    ASSERT_EQ(hook.status == 200, status.ok()) << hook.body;
    ASSERT_EQ(connect.status == 200, status.ok()) << connect.body;
    ASSERT_EQ(operation.status == 200, status.ok()) << operation.body;
    if (!status.ok()) return;
    ASSERT_EQ(connect.body, mapped.SerializeAsString());
    ASSERT_EQ(operation.body, mapped.resources());
    CompareCards(hook, mapped);
    ComparePlan(forms, mapped);

    v1::ScreenEligibilityRequest plain;
    *plain.mutable_patient() = mapped.patient();
    *plain.mutable_treatments() = forms.bundle.treatments();
    plain.set_view(v1::VIEW_FULL);
    requests_.push_back(std::move(plain));
    decisions_.push_back(
        {mapped.decision_id(), mapped.decision().SerializeAsString()});
  }

  // The hook's cards are those that follow from the decision.
  void CompareCards(const HttpAnswer& hook,
                    const v1::ScreenFhirBundleResponse& mapped) {
    MappedPatient patient;
    patient.patient = mapped.patient();
    patient.origins.assign(mapped.origins().begin(), mapped.origins().end());
    patient.not_used.assign(mapped.not_used().begin(), mapped.not_used().end());
    DecisionOfPatient decision;
    decision.catalog = &ShippedCatalog();
    decision.mapped = &patient;
    decision.decision_id = mapped.decision_id();
    decision.decision = &mapped.decision();
    decision.subject = "Patient/p1";
    const Json answer = Json::parse(hook.body, nullptr, false);
    ASSERT_EQ(answer["cards"], MakeCards(decision));
    ASSERT_EQ(
        answer["extension"]["needlewise.v1"]["decisions"][0]["decisionId"],
        mapped.decision_id());
  }

  // The plan is that of `PlanTreatment`.
  void ComparePlan(const RecordForms& forms,
                   const v1::ScreenFhirBundleResponse& mapped) {
    if (!mapped.has_plan()) return;
    ++planned_;
    v1::PlanTreatmentRequest request;
    request.set_as_of(mapped.decision().as_of());
    *request.mutable_patient() = mapped.patient();
    *request.mutable_base() = forms.bundle.treatments(0);
    v1::PlanTreatmentResponse plan;
    grpc::ClientContext context;
    ASSERT_TRUE(server_.server()
                    .recommendation()
                    .PlanTreatment(&context, request, &plan)
                    .ok());
    ASSERT_EQ(mapped.plan().SerializeAsString(), plan.SerializeAsString());
  }

  HookServer& server_;
  std::unique_ptr<v1::FhirService::Stub> fhir_;
  HttpConnection http_;
  // Of each record that was decided: as a patient, and the decision's id and
  // bytes.
  ScreenRequests requests_;
  std::vector<std::pair<std::string, std::string>> decisions_;
  int planned_ = 0;
};

TEST_F(RecordDoorsTest, AgreeOnRandomRecords) {
  const RecordMaker records(ShippedCatalog().catalog);
  int sent = 0;
  ForEachSeed(kUsualRecords, [&](Random* random) {
    ++sent;
    Compare(records.Make(random));
  });
  if (HasFailure()) return;
  const std::vector<DoorAnswer> plain =
      ThroughEveryPlainDoor(server_.server(), requests_);
  for (size_t i = 0; i < plain.size(); ++i) {
    v1::ScreenEligibilityResponse response;
    ASSERT_TRUE(plain[i].error.empty() &&
                response.ParseFromString(plain[i].bytes))
        << MessageToJson(requests_[i]);
    ASSERT_EQ(response.decision_id(), decisions_[i].first);
    ASSERT_TRUE(response.decision().SerializeAsString() == decisions_[i].second)
        << MessageToJson(requests_[i]);
  }
  std::cout << plain.size() << " of " << sent << " records decided, "
            << planned_ << " planned\n";
  // Else there would be little to compare.
  if (sent < kUsualRecords) return;
  EXPECT_GT(plain.size(), static_cast<size_t>(sent) / 3);
  EXPECT_GT(planned_, 0);
}

}  // namespace
}  // namespace needlewise
