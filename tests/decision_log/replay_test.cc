// A record gives the same decision, byte for byte, and holds nothing of a
// caller's own words.

#include "server/decision_log/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "needlewise/log/v1/log_entry.pb.h"
#include "rules/engine/decide.h"
#include "server/decision_log/catalog_archive.h"
#include "server/decision_log/decision_recorder.h"
#include "server/decision_log/record_form.h"
#include "tests/property/random.h"
#include "tests/property/random_patient.h"
#include "tests/support/shipped_catalog.h"

namespace needlewise {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int kPatients = 1200;
constexpr char kCanary[] = "zanzibar";

v1::Finding SiteFinding(const char* about) {
  v1::Finding finding;
  finding.set_concept(about);
  finding.set_status(v1::FINDING_STATUS_PRESENT);
  finding.set_source(v1::SOURCE_SITE);
  return finding;
}

DecisionRecorder::Options RecorderOptions() {
  DecisionRecorder::Options options;
  options.subject_keys = SubjectKeys({{"k1", std::string(32, 'k')}});
  for (const char* about :
       {"site_licensed_operator", "site_sterile_single_use",
        "site_approved_sterile_products_only", "site_blood_handling_licensed",
        "site_autologous_chain_of_custody", "site_rf_medical_supervision"}) {
    options.site_findings.push_back(SiteFinding(about));
  }
  return options;
}

class ReplayTest : public ::testing::Test {
 protected:
  ReplayTest()
      : catalog_(ShippedCatalog()),
        patients_(catalog_.catalog),
        options_(RecorderOptions()),
        recorder_(options_) {}

  RecordContext Context() const {
    RecordContext context;
    context.catalog = &catalog_;
    context.today = FromDay(today_);
    context.method = v1::DECISION_METHOD_SCREEN;
    context.caller = "anonymous";
    context.decision_id = "id";
    return context;
  }

  Environment Today() const {
    Environment environment;
    environment.today = FromDay(today_);
    environment.site_findings = &options_.site_findings;
    return environment;
  }

  void ChooseDays(Random* random) {
    today_ = ToDay(absl::CivilDay(2026, 11, 20)) + random->Between(-400, 400);
    as_of_ = today_ + (random->Chance(0.5) ? 0 : random->Between(-20, 90));
  }

  v1::TreatmentSelection Selection(const std::string& treatment,
                                   Random* random) const {
    v1::TreatmentSelection selection;
    selection.set_treatment(treatment);
    const auto& areas = catalog_.catalog.areas();
    const auto& area = random->Pick(areas);
    selection.add_areas(area.treatable() ? area.area_id() : "cheeks");
    if (random->Chance(0.3)) selection.add_areas("forehead");
    const auto& concerns = catalog_.catalog.concerns();
    selection.add_concerns(random->Chance(0.5)
                               ? "acne_scars"
                               : random->Pick(concerns).concern_id());
    if (random->Chance(0.3)) {
      selection.mutable_device()->set_device(
          random->Pick(catalog_.catalog.devices()).device_id());
      selection.mutable_device()->set_needle_depth_mm(1.5);
    } else if (random->Chance(0.3)) {
      selection.mutable_device()->set_device(kCanary);
    }
    return selection;
  }

  // What all requests have in common.
  template <typename Request>
  void Fill(Random* random, Request* request) const {
    PatientStyle style;
    style.mentioned = random->Chance(0.5) ? 0.05 : 0.3;
    style.section_closed = random->Chance(0.5) ? 0.9 : 0.3;
    *request->mutable_patient() = patients_.Make(today_, as_of_, style, random);
    request->set_as_of(FormatDay(as_of_));
    request->set_request_id(kCanary);
    request->mutable_patient()->set_patient_reference(kCanary);
    if (random->Chance(0.3)) {
      v1::Finding* unmapped = request->mutable_patient()->add_findings();
      unmapped->mutable_coding()->set_system(kCanary);
      unmapped->mutable_coding()->set_code(kCanary);
      unmapped->set_status(v1::FINDING_STATUS_PRESENT);
    }
    if (random->Chance(0.3)) {
      const auto& rule = random->Pick(catalog_.rules);
      if (rule.strictness == Strictness::kReview ||
          rule.strictness == Strictness::kPrecaution) {
        v1::Acknowledgement* given = request->add_acknowledgements();
        given->set_rule_id(rule.rule->rule_id());
        given->set_clinician_reference(kCanary);
        given->set_reason(kCanary);
      }
    }
  }

  template <typename Request, typename Decision>
  v1::DecisionRecord Record(const Request& request, const Decision& decision) {
    const NewEntry entry = recorder_.Record(Context(), request, decision);
    EXPECT_THAT(entry.payload, Not(HasSubstr(kCanary)));
    EXPECT_EQ(entry.digest, PayloadDigest(entry.payload));
    log::v1::LogEntry parsed;
    EXPECT_TRUE(parsed.ParseFromString(entry.payload));
    if (!request.patient().birth_date().empty() &&
        parsed.decision().has_birth_from_days()) {
      ++births_recorded_;
    }
    return parsed.decision();
  }

  void ExpectSameAgain(const v1::DecisionRecord& record) {
    const auto again = DecideAgain(catalog_, options_.site_findings, record);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_THAT(Differences(record, *again), IsEmpty());
  }

  const CompiledCatalog& catalog_;
  const PatientMaker patients_;
  const DecisionRecorder::Options options_;
  const DecisionRecorder recorder_;
  Day today_ = 0;
  Day as_of_ = 0;
  int births_recorded_ = 0;
};

TEST_F(ReplayTest, AScreeningIsTheSameAgain) {
  int decided = 0;
  ForEachSeed(kPatients, [&](Random* random) {
    ChooseDays(random);
    v1::ScreenEligibilityRequest request;
    Fill(random, &request);
    for (int i = random->Between(1, 2); i > 0; --i) {
      *request.add_treatments() = Selection(
          random->Pick(catalog_.catalog.treatments()).treatment_id(), random);
    }
    v1::Decision basic;
    v1::Decision full;
    Violations violations;
    // Random acknowledgements and areas are never faulty; a random treatment
    // of one may be.
    if (!Screen(catalog_, Today(), request, &basic, &violations)) {
      ADD_FAILURE() << violations[0].field << violations[0].description;
      return;
    }
    request.set_view(v1::VIEW_FULL);
    ASSERT_TRUE(Screen(catalog_, Today(), request, &full, &violations));
    const v1::DecisionRecord of_basic = Record(request, basic);
    const v1::DecisionRecord of_full = Record(request, full);
    EXPECT_EQ(DecisionBytes(of_basic), DecisionBytes(of_full));
    ExpectSameAgain(of_full);
    ++decided;
  });
  EXPECT_GT(decided, 0);
  // The birth date itself is the rare exception.
  EXPECT_LT(births_recorded_, decided / 20);
}

TEST_F(ReplayTest, AddOnsAreTheSameAgain) {
  ForEachSeed(kPatients / 4, [&](Random* random) {
    ChooseDays(random);
    v1::RecommendAddOnsRequest request;
    Fill(random, &request);
    *request.mutable_base() = Selection("base_microneedling", random);
    v1::AddOnDevice* device = request.add_add_on_devices();
    device->set_add_on("rf");
    device->mutable_device()->set_device(
        random->Chance(0.5) ? kCanary : "inmode_morpheus8");
    request.set_view(random->Chance(0.5) ? v1::VIEW_FULL : v1::VIEW_BASIC);
    v1::AddOnDecision decision;
    Violations violations;
    ASSERT_TRUE(
        RecommendAddOns(catalog_, Today(), request, &decision, &violations))
        << violations[0].field << violations[0].description;
    ExpectSameAgain(Record(request, decision));
  });
}

TEST_F(ReplayTest, APlanIsTheSameAgain) {
  int planned = 0;
  ForEachSeed(kPatients / 4, [&](Random* random) {
    ChooseDays(random);
    v1::PlanTreatmentRequest request;
    Fill(random, &request);
    v1::TreatmentSelection* base = request.mutable_base();
    base->set_treatment("base_microneedling");
    base->add_areas("cheeks");
    base->add_concerns("acne_scars");
    if (random->Chance(0.5)) {
      base->mutable_device()->set_device("skinpen_precision");
      base->mutable_device()->set_needle_depth_mm(1);
    }
    // Of whom nothing is known nothing is planned.
    request.mutable_patient()->clear_findings();
    request.mutable_patient()->set_age_years(40);
    request.mutable_patient()->clear_birth_date();
    for (const auto& section : catalog_.catalog.sections()) {
      request.mutable_patient()->add_closed_sections()->set_section(
          section.section_id());
    }
    v1::Finding* skin = request.mutable_patient()->add_findings();
    skin->set_concept("fitzpatrick_skin_type");
    skin->mutable_quantity()->set_value(random->Between(1, 6));
    skin->mutable_quantity()->set_unit("1");
    if (random->Chance(0.3)) request.add_add_ons("prp");
    v1::TreatmentPlan plan;
    Violations violations;
    if (PlanTreatment(catalog_, Today(), request, &plan, &violations) !=
        PlanOutcome::kPlanned) {
      return;
    }
    ++planned;
    ExpectSameAgain(Record(request, plan));
  });
  EXPECT_GT(planned, kPatients / 20);
}

TEST_F(ReplayTest, TheArchivedCatalogueDecidesAlike) {
  const auto content = Decompress(Compress(ArchivedForm(catalog_)));
  ASSERT_TRUE(content.ok());
  v1::RuleCatalog parsed;
  ASSERT_TRUE(parsed.ParseFromString(*content));
  std::vector<std::pair<std::string, std::string>> errors;
  const auto compiled = CompileCatalog(std::move(parsed), &errors);
  EXPECT_THAT(errors, IsEmpty());
  ASSERT_NE(compiled, nullptr);
  EXPECT_EQ(compiled->version.digest(), catalog_.version.digest());
  EXPECT_FALSE(Decompress("too short").ok());
  EXPECT_FALSE(Decompress(std::string(100, '\xFF')).ok());
}

TEST(FormatPartialDateTest, IsWhatParsePartialDateReads) {
  for (const char* text : {"2024", "2024-02", "2024-02-29", "1999-12"}) {
    EXPECT_EQ(FormatPartialDate(*ParsePartialDate(text)), text);
  }
  EXPECT_EQ(FormatPartialDate({0, 5}), "");
}

TEST(AcknowledgedStateTest, ChangesWithTheFactsAndNotWithWhenTheyWereSaid) {
  const CompiledCatalog& catalog = ShippedCatalog();
  const CompiledRule* about_facts = nullptr;
  for (const CompiledRule& rule : catalog.rules) {
    if (rule.strictness == Strictness::kReview && !rule.concepts.empty() &&
        !catalog.concepts[rule.concepts[0]].is_context &&
        !catalog.concepts[rule.concepts[0]].is_quantity) {
      about_facts = &rule;
      break;
    }
  }
  ASSERT_NE(about_facts, nullptr);
  const std::string id = catalog.concepts[about_facts->concepts[0]].id;
  const Day day = ToDay(absl::CivilDay(2026, 11, 20));
  v1::Patient patient;
  v1::Finding* finding = patient.add_findings();
  finding->set_concept(id);
  finding->set_status(v1::FINDING_STATUS_PRESENT);
  google::protobuf::RepeatedPtrField<v1::TreatmentSelection> asked;
  asked.Add()->set_treatment("base_microneedling");
  const auto state = [&](Day as_of) {
    return AcknowledgedState(catalog, *about_facts, patient, as_of,
                             FromDay(as_of), asked);
  };
  const std::string before = state(day);
  finding->set_recorded("2026-11-01");
  EXPECT_EQ(state(day + 5), before);
  v1::Finding* unrelated = patient.add_findings();
  unrelated->set_concept("smoking");
  unrelated->set_status(v1::FINDING_STATUS_PRESENT);
  if (id != "smoking") {
    EXPECT_EQ(state(day), before);
  }
  finding->set_status(v1::FINDING_STATUS_PAST);
  EXPECT_NE(state(day), before);
}

}  // namespace
}  // namespace needlewise
