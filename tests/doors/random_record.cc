#include "tests/doors/random_record.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/fhir/questionnaire.h"

namespace needlewise {
namespace {

using Words = std::vector<std::string>;

void Add(const std::string& key, Json resource,
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

Json Status(const std::string& code) {
  return {{"coding", Json::array({{{"code", code}}})}};
}

std::string Date(Random* random) {
  return random->Pick(Words{"2019", "2025-11", "2026-03-31", "2026-06-01",
                            "2026-06-14", "2026-06"});
}

}  // namespace

RecordMaker::RecordMaker(const v1::RuleCatalog& catalog) {
  for (const v1::Concept& about : catalog.concepts()) {
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

std::map<std::string, Json> RecordMaker::Make(Random* random) const {
  std::map<std::string, Json> by_key;
  if (random->Chance(0.3)) {
    Add("questionnaireResponses", Intake(0, random), &by_key);
  }
  const int count = random->Below(12);
  for (int i = 1; i <= count; ++i) {
    switch (random->Below(6)) {
      case 0:
        Add("conditions", Condition(i, random), &by_key);
        break;
      case 1:
        Add("medicationStatements", Medicine(i, random), &by_key);
        break;
      case 2:
        Add("observations", Observation(i, random), &by_key);
        break;
      case 3:
        Add("allergies", Allergy(i, random), &by_key);
        break;
      case 4:
        Add("procedures", Procedure(i, random), &by_key);
        break;
      default:
        Add("questionnaireResponses", Answers(i, random), &by_key);
        break;
    }
  }
  return by_key;
}

Json RecordMaker::Code(Random* random) const {
  const v1::Coding& coding = random->Pick(codes_);
  return {{"coding", Json::array({{{"system", coding.system()},
                                   {"code", coding.code()}}})}};
}

Json RecordMaker::Condition(int number, Random* random) const {
  Json made = Common("Condition", number);
  made["code"] = Code(random);
  made["clinicalStatus"] = Status(
      random->Pick(Words{"active", "resolved", "remission", "recurrence"}));
  made["verificationStatus"] = Status(
      random->Pick(Words{"confirmed", "confirmed", "refuted", "provisional"}));
  if (random->Chance(0.5)) made["recordedDate"] = Date(random);
  if (random->Chance(0.3)) made["abatementDateTime"] = Date(random);
  return made;
}

Json RecordMaker::Medicine(int number, Random* random) const {
  Json made = Common("MedicationStatement", number);
  made["medicationCodeableConcept"] = Code(random);
  made["status"] =
      random->Pick(Words{"active", "stopped", "completed", "not-taken"});
  if (random->Chance(0.5)) made["effectivePeriod"] = {{"end", Date(random)}};
  return made;
}

Json RecordMaker::Observation(int number, Random* random) const {
  Json made = Common("Observation", number);
  made["status"] = random->Pick(Words{"final", "final", "preliminary"});
  made["effectiveDateTime"] = Date(random);
  made["code"] = Code(random);
  switch (random->Below(3)) {
    case 0:
      made["valueQuantity"] = {
          {"value", 1 + random->Below(6)},
          {"code", random->Pick(Words{"10*9/L", "g/dL", "%", "1"})}};
      break;
    case 1:
      made["valueCodeableConcept"] = Code(random);
      break;
    default:
      made["valueBoolean"] = random->Chance(0.5);
      break;
  }
  return made;
}

Json RecordMaker::Allergy(int number, Random* random) const {
  Json made = Common("AllergyIntolerance", number);
  made["patient"] = made["subject"];
  made["code"] = Code(random);
  return made;
}

Json RecordMaker::Procedure(int number, Random* random) const {
  Json made = Common("Procedure", number);
  made["status"] =
      random->Pick(Words{"completed", "completed", "in-progress", "not-done"});
  made["code"] = Code(random);
  if (random->Chance(0.7)) made["performedDateTime"] = Date(random);
  return made;
}

Json RecordMaker::Answers(int number, Random* random) const {
  Json made = Common("QuestionnaireResponse", number);
  made["status"] = "completed";
  made["authored"] = "2026-06-14";
  Json items = Json::array();
  for (int i = 0; i < 20; ++i) {
    items.push_back(
        {{"linkId", random->Pick(concepts_)->concept_id()},
         {"answer", Json::array({{{"valueBoolean", random->Chance(0.25)}}})}});
  }
  made["item"] = std::move(items);
  return made;
}

Json RecordMaker::Intake(int number, Random* random) const {
  Json made = Common("QuestionnaireResponse", number);
  made["status"] = "completed";
  made["authored"] = "2026-06-15";
  Json items = Json::array();
  for (const v1::Concept* about : concepts_) {
    Json value;
    if (about->kind() == v1::CONCEPT_KIND_QUANTITY) {
      // The answers to its gates settle every other one.
      if (about->concept_id() != "fitzpatrick_skin_type" &&
          !random->Chance(0.02)) {
        continue;
      }
      value = {{"valueQuantity",
                {{"value", 1 + random->Below(6)},
                 {"code", about->quantity().unit()}}}};
    } else if (about->kind() == v1::CONCEPT_KIND_AGE) {
      continue;
    } else {
      const bool yes =
          (about->kind() == v1::CONCEPT_KIND_SITE) != random->Chance(0.01);
      value = {
          {"valueCoding",
           {{"system", kFindingStatusSystem},
            {"code", yes                                         ? "present"
                     : about->tense() == v1::QUESTION_TENSE_EVER ? "never"
                                                                 : "absent"}}}};
    }
    items.push_back({{"linkId", about->concept_id()},
                     {"answer", Json::array({std::move(value)})}});
  }
  made["item"] = std::move(items);
  return made;
}

}  // namespace needlewise
