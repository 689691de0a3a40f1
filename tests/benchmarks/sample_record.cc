#include "tests/benchmarks/sample_record.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace needlewise {
namespace {

using Json = nlohmann::json;

constexpr char kSnomed[] = "http://snomed.info/sct";
constexpr char kIcd[] = "http://hl7.org/fhir/sid/icd-10-cm";
constexpr char kLoinc[] = "http://loinc.org";
constexpr char kRxNorm[] = "http://www.nlm.nih.gov/research/umls/rxnorm";
constexpr char kUcum[] = "http://unitsofmeasure.org";

struct Value {
  const char* code;
  const char* display;
  double value;
  const char* unit;
};
// What a prefetch of the catalogue's concepts brings.
constexpr Value kValues[] = {
    {"777-3", "Platelets [#/volume] in Blood by Automated count", 214,
     "10*9/L"},
    {"718-7", "Hemoglobin [Mass/volume] in Blood", 13.9, "g/dL"},
    {"4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", 5.4, "%"},
};

Json CodingOf(const char* system, const std::string& code,
              const std::string& display) {
  return {{"system", system}, {"code", code}, {"display", display}};
}

Json Codeable(Json codings, const std::string& text) {
  return {{"coding", std::move(codings)}, {"text", text}};
}

Json StatusOf(const char* system, const char* code) {
  return Codeable(
      Json::array({CodingOf(
          absl::StrCat("http://terminology.hl7.org/CodeSystem/", system)
              .c_str(),
          code, code)}),
      code);
}

class RecordWriter {
 public:
  explicit RecordWriter(absl::CivilDay today) : today_(today) {}

  Json Condition(int i) {
    Json made = Common("Condition", i);
    made["clinicalStatus"] = StatusOf("condition-clinical", "resolved");
    made["verificationStatus"] = StatusOf("condition-ver-status", "confirmed");
    made["category"] =
        Json::array({StatusOf("condition-category", "encounter-diagnosis")});
    // Asthma, and one in ten acne.
    const bool asked_about = i % 10 == 0;
    made["code"] = Codeable(
        Json::array(
            {CodingOf(kSnomed,
                      asked_about ? "88616000" : absl::StrCat(195967000 + i),
                      "A disorder, as it is named"),
             CodingOf(kIcd, asked_about ? "L70.0" : "J45.909",
                      "Unspecified asthma, uncomplicated")}),
        "As the clinician has written it down");
    made["onsetDateTime"] = Day(900 + i);
    made["abatementDateTime"] = Day(800 + i);
    made["recordedDate"] = Day(700 + i);
    return made;
  }

  Json Observation(int i) {
    const Value& value = kValues[i % std::size(kValues)];
    Json made = Common("Observation", i);
    made["status"] = "final";
    made["category"] =
        Json::array({StatusOf("observation-category", "laboratory")});
    made["code"] =
        Codeable(Json::array({CodingOf(kLoinc, value.code, value.display)}),
                 value.display);
    made["effectiveDateTime"] = absl::StrCat(Day(7 + i), "T08:30:00Z");
    made["issued"] = absl::StrCat(Day(7 + i), "T11:00:00Z");
    made["valueQuantity"] = {{"value", value.value},
                             {"unit", value.unit},
                             {"system", kUcum},
                             {"code", value.unit}};
    made["interpretation"] =
        Json::array({StatusOf("v3-ObservationInterpretation", "N")});
    made["referenceRange"] = Json::array(
        {{{"low", {{"value", value.value / 2}, {"unit", value.unit}}},
          {"high", {{"value", value.value * 2}, {"unit", value.unit}}}}});
    return made;
  }

  Json Prescription(int i) {
    Json made = Common("MedicationRequest", i);
    made["status"] = "completed";
    made["intent"] = "order";
    made["medicationCodeableConcept"] =
        Codeable(Json::array({CodingOf(kRxNorm, absl::StrCat(900000 + i),
                                       "A medicine 20 MG Oral Tablet")}),
                 "A medicine 20 mg");
    made["authoredOn"] = Day(60 + i);
    made["dosageInstruction"] = Json::array(
        {{{"text", "One tablet once a day with water"},
          {"timing", {{"repeat", {{"frequency", 1}, {"period", 1}}}}},
          {"doseAndRate", Json::array({{{"doseQuantity", {{"value", 1}}}}})}}});
    return made;
  }

  Json Procedure(int i) {
    Json made = Common("Procedure", i);
    made["status"] = "completed";
    made["code"] =
        Codeable(Json::array({CodingOf(kSnomed, absl::StrCat(71388000 + i),
                                       "A procedure, as it is named")}),
                 "A procedure");
    made["performedDateTime"] = Day(400 + i);
    return made;
  }

  Json Allergy(int i) {
    Json made = Common("AllergyIntolerance", i);
    made["patient"] = made["subject"];
    made.erase("subject");
    made["clinicalStatus"] = StatusOf("allergyintolerance-clinical", "active");
    made["code"] = Codeable(
        Json::array({CodingOf(kSnomed, absl::StrCat(256349000 + i), "Pollen")}),
        "Pollen");
    made["recordedDate"] = Day(2000 + i);
    return made;
  }

 private:
  std::string Day(int days_ago) const {
    return absl::FormatCivilTime(today_ - days_ago);
  }

  Json Common(const char* type, int i) const {
    return {
        {"resourceType", type},
        {"id", absl::StrCat(type, "-", i)},
        {"meta",
         {{"versionId", "3"},
          {"lastUpdated", absl::StrCat(Day(5), "T12:00:00Z")},
          {"profile",
           Json::array({absl::StrCat("http://hl7.org/fhir/StructureDefinition/",
                                     type)})}}},
        {"subject", {{"reference", "Patient/p1"}, {"display", "The patient"}}},
        {"encounter", {{"reference", absl::StrCat("Encounter/", i)}}}};
  }

  const absl::CivilDay today_;
};

}  // namespace

std::string MakeHookCall(int resources, absl::CivilDay today) {
  Json prefetch = {{"patient",
                    {{"resourceType", "Patient"},
                     {"id", "p1"},
                     {"birthDate", "1990-04-02"}}},
                   {"deviceUse", nullptr},
                   {"devices", nullptr},
                   {"flags", nullptr},
                   {"medicationAdministrations", nullptr},
                   {"medicationStatements", nullptr},
                   {"questionnaireResponses", nullptr}};
  const auto add = [&prefetch](const char* key, Json resource) {
    Json& bundle = prefetch[key];
    if (bundle.is_null()) {
      bundle = {{"resourceType", "Bundle"},
                {"type", "searchset"},
                {"entry", Json::array()}};
    }
    const std::string url =
        absl::StrCat("https://ehr.example.org/fhir/",
                     resource["resourceType"].get<std::string>(), "/",
                     resource["id"].get<std::string>());
    bundle["entry"].push_back({{"fullUrl", url},
                               {"resource", std::move(resource)},
                               {"search", {{"mode", "match"}}}});
  };
  RecordWriter writer(today);
  for (int i = 0; i < resources; ++i) {
    switch (i % 10) {
      case 0:
      case 1:
      case 2:
        add("conditions", writer.Condition(i));
        break;
      case 3:
      case 4:
        add("medicationRequests", writer.Prescription(i));
        break;
      case 5:
        add("procedures", writer.Procedure(i));
        break;
      case 6:
        add("allergies", writer.Allergy(i));
        break;
      default:
        add("observations", writer.Observation(i));
        break;
    }
  }
  return Json(
             {{"hook", "patient-view"},
              {"hookInstance", "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"},
              {"context", {{"userId", "Practitioner/u1"}, {"patientId", "p1"}}},
              {"prefetch", std::move(prefetch)}})
      .dump();
}

}  // namespace needlewise
