// Verdicts, ids, codes and dates do not depend on the language.

#include <cstdlib>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "rules/engine/decide.h"
#include "tests/property/random.h"
#include "tests/property/random_patient.h"
#include "tests/support/shipped_catalog.h"

namespace needlewise {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kPatients = 150;
constexpr char kFrench[] = "fr";

uint64_t TestSeed() {
  static const uint64_t seed = [] {
    const char* given = std::getenv("NEEDLEWISE_TEST_SEED");
    const uint64_t chosen =
        given != nullptr ? std::strtoull(given, nullptr, 10) : 20261120;
    std::cout << "NEEDLEWISE_TEST_SEED=" << chosen << std::endl;
    return chosen;
  }();
  return seed;
}

Environment Today() {
  Environment environment;
  environment.today = absl::CivilDay(2026, 11, 20);
  return environment;
}

// Empties every field that holds words; returns how many held some.
int RemoveTexts(Message* message) {
  static const auto& texts = *new std::set<std::string>{
      "title",   "clinician_text", "cleared_by",  "text",
      "display", "note",           "course_text", "language"};
  int removed = 0;
  const google::protobuf::Reflection& reflection = *message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
        texts.count(field->name()) > 0) {
      reflection.ClearField(message, field);
      ++removed;
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (!field->is_repeated()) {
        removed += RemoveTexts(reflection.MutableMessage(message, field));
        continue;
      }
      for (int i = 0; i < reflection.FieldSize(*message, field); ++i) {
        removed +=
            RemoveTexts(reflection.MutableRepeatedMessage(message, field, i));
      }
    }
  }
  return removed;
}

// Expects the same but for the words, and words in both.
template <typename Answer>
void ExpectSameButForTexts(Answer english, Answer french) {
  EXPECT_NE(english.SerializeAsString(), french.SerializeAsString());
  EXPECT_EQ(RemoveTexts(&english), RemoveTexts(&french));
  ASSERT_EQ(english.DebugString(), french.DebugString());
}

class Asker {
 public:
  explicit Asker(uint64_t seed)
      : random_(seed), maker_(ShippedCatalog().catalog) {}

  v1::Patient Patient() {
    const Day today = ToDay(Today().today);
    PatientStyle style;
    style.mentioned = random_.Chance(0.5) ? 0.1 : 0.5;
    style.section_closed = 0.6;
    return maker_.Make(today, today, style, &random_);
  }

  v1::TreatmentSelection Treatment(const std::string& id) {
    const v1::RuleCatalog& catalog = ShippedCatalog().catalog;
    v1::TreatmentSelection treatment;
    treatment.set_treatment(id);
    treatment.add_areas(
        catalog.areas(random_.Below(catalog.areas_size())).area_id());
    if (random_.Chance(0.5)) {
      v1::DeviceSelection* device = treatment.mutable_device();
      device->set_device(
          catalog.devices(random_.Below(catalog.devices_size())).device_id());
      device->set_needle_depth_mm(random_.Below(30) / 10.0);
    }
    treatment.add_concerns(
        catalog.concerns(random_.Below(catalog.concerns_size())).concern_id());
    return treatment;
  }

 private:
  Random random_;
  PatientMaker maker_;
};

TEST(Language, ChangesNothingButWords) {
  const CompiledCatalog& catalog = ShippedCatalog();
  Asker asker(TestSeed());
  int planned = 0;
  for (int i = 0; i < kPatients && !::testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(i);
    const v1::Patient patient = asker.Patient();
    Violations violations;

    v1::ScreenEligibilityRequest screening;
    *screening.mutable_patient() = patient;
    screening.set_view(v1::VIEW_FULL);
    *screening.add_treatments() = asker.Treatment("base_microneedling");
    *screening.add_treatments() = asker.Treatment("rf");
    v1::Decision english;
    v1::Decision french;
    ASSERT_TRUE(Screen(catalog, Today(), screening, &english, &violations))
        << violations[0].field << " " << violations[0].description;
    screening.set_language(kFrench);
    ASSERT_TRUE(Screen(catalog, Today(), screening, &french, &violations));
    ExpectSameButForTexts(english, french);

    v1::SuggestQuestionsRequest questions;
    *questions.mutable_patient() = patient;
    *questions.mutable_treatments() = screening.treatments();
    questions.set_audience(v1::AUDIENCE_CLINICIAN);
    v1::SuggestQuestionsResponse asked;
    v1::SuggestQuestionsResponse asked_in_french;
    ASSERT_TRUE(
        SuggestQuestions(catalog, Today(), questions, &asked, &violations));
    questions.set_language(kFrench);
    ASSERT_TRUE(SuggestQuestions(catalog, Today(), questions, &asked_in_french,
                                 &violations));
    ExpectSameButForTexts(asked, asked_in_french);

    v1::RecommendAddOnsRequest add_ons;
    *add_ons.mutable_patient() = patient;
    *add_ons.mutable_base() = screening.treatments(0);
    add_ons.set_view(v1::VIEW_FULL);
    v1::AddOnDecision offered;
    v1::AddOnDecision offered_in_french;
    ASSERT_TRUE(
        RecommendAddOns(catalog, Today(), add_ons, &offered, &violations));
    add_ons.set_language(kFrench);
    ASSERT_TRUE(RecommendAddOns(catalog, Today(), add_ons, &offered_in_french,
                                &violations));
    ExpectSameButForTexts(offered, offered_in_french);

    v1::PlanTreatmentRequest plan;
    *plan.mutable_patient() = patient;
    *plan.mutable_base() = screening.treatments(0);
    v1::TreatmentPlan course;
    v1::TreatmentPlan course_in_french;
    const PlanOutcome outcome =
        PlanTreatment(catalog, Today(), plan, &course, &violations);
    plan.set_language(kFrench);
    ASSERT_EQ(
        PlanTreatment(catalog, Today(), plan, &course_in_french, &violations),
        outcome);
    if (outcome != PlanOutcome::kPlanned) continue;
    ++planned;
    ExpectSameButForTexts(course, course_in_french);
  }
  std::cout << planned << " courses compared" << std::endl;
}

}  // namespace
}  // namespace needlewise
