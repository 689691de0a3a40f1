#include "tests/fhir/mapped.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "server/fhir/json.h"
#include "server/fhir/json_document.h"
#include "server/fhir/questionnaire.h"
#include "server/fhir/resource_set.h"
#include "tests/support/shipped_catalog.h"

namespace needlewise {
namespace {

std::string LineOf(const v1::Finding& finding) {
  std::string line = finding.concept();
  if (finding.has_quantity()) {
    absl::StrAppend(&line, " ", finding.quantity().value(), " ",
                    finding.quantity().unit());
  } else {
    absl::StrAppend(&line, " ",
                    absl::StripPrefix(v1::FindingStatus_Name(finding.status()),
                                      "FINDING_STATUS_"));
  }
  if (!finding.areas().empty()) {
    absl::StrAppend(&line, " ", absl::StrJoin(finding.areas(), "+"));
  }
  const auto add = [&](const char* word, const std::string& text) {
    if (!text.empty()) absl::StrAppend(&line, " ", word, " ", text);
  };
  add("since", finding.onset());
  add("last", finding.last());
  add("on", finding.recorded());
  if (finding.source() != v1::SOURCE_EHR) {
    absl::StrAppend(
        &line, " by ",
        absl::StripPrefix(v1::Source_Name(finding.source()), "SOURCE_"));
  }
  return line;
}

std::string LineOf(const v1::FhirNotUsed& not_used) {
  std::string line = absl::StrCat(
      not_used.resource(), " ", not_used.path(), " ",
      absl::StripPrefix(v1::FhirNotUsedReason_Name(not_used.reason()),
                        "FHIR_NOT_USED_REASON_"));
  if (not_used.has_coding()) {
    absl::StrAppend(&line, " ", not_used.coding().system(), "|",
                    not_used.coding().code());
  }
  return line;
}

}  // namespace

std::string Quoted(const std::string& text) {
  return absl::StrReplaceAll(
      text, {{"'", "\""}, {"~", "\"reference\":\"Patient/p1\""}});
}

std::string WellAnswers() {
  Json items = Json::array();
  for (const v1::Concept& about : ShippedCatalog().catalog.concepts()) {
    Json value;
    if (about.concept_id() == "fitzpatrick_skin_type") {
      value = {{"valueQuantity", {{"value", 2}, {"code", "1"}}}};
    } else if (about.kind() == v1::CONCEPT_KIND_QUANTITY ||
               about.kind() == v1::CONCEPT_KIND_AGE) {
      // What the answers to their gates settle.
      continue;
    } else {
      value = {
          {"valueCoding",
           {{"system", kFindingStatusSystem},
            {"code", about.kind() == v1::CONCEPT_KIND_SITE      ? "present"
                     : about.tense() == v1::QUESTION_TENSE_EVER ? "never"
                                                                : "absent"}}}};
    }
    items.push_back({{"linkId", about.concept_id()},
                     {"answer", Json::array({std::move(value)})}});
  }
  return WriteJson({{"resourceType", "QuestionnaireResponse"},
                    {"id", "q1"},
                    {"status", "completed"},
                    {"subject", {{"reference", "Patient/p1"}}},
                    {"authored", "2026-06-15"},
                    {"item", std::move(items)}});
}

std::string RecordOf(const std::vector<std::string>& resources) {
  std::string bundle =
      "{'resourceType':'Bundle','type':'collection','entry':[{'resource':"
      "{'resourceType':'Patient','id':'p1','birthDate':'1990-04-02'}}";
  for (const std::string& resource : resources) {
    absl::StrAppend(&bundle, ",{'resource':", resource, "}");
  }
  return Quoted(absl::StrCat(bundle, "]}"));
}

std::string Coded(const std::string& member, const std::string& system,
                  const std::string& code) {
  return absl::StrCat("'", member, "':{'coding':[{'system':'", system,
                      "','code':'", code, "'}]}");
}

std::string ConditionOf(const std::string& system, const std::string& code,
                        const std::string& more) {
  return absl::StrCat("{'resourceType':'Condition','id':'c1','subject':{~},",
                      Coded("code", system, code), more.empty() ? "" : ",",
                      more, "}");
}

Mapped MapRecord(const std::string& json) {
  Mapped mapped;
  Violations violations;
  const absl::optional<JsonDocument> document = ParseJson(json, &violations);
  if (document.has_value()) {
    ResourceSet resources;
    resources.Add(document->root(), "bundle", &violations);
    if (violations.empty()) {
      mapped.patient =
          MapPatient(ShippedCatalog(), resources, "bundle", &violations);
    }
  }
  for (const FieldViolation& violation : violations) {
    mapped.violations.push_back(
        absl::StrCat(violation.field, ": ", violation.description));
  }
  for (const v1::Finding& finding : mapped.patient.patient.findings()) {
    mapped.findings.push_back(LineOf(finding));
  }
  for (const v1::FhirOrigin& origin : mapped.patient.origins) {
    mapped.origins.push_back(
        absl::StrCat(origin.resource(), " ", origin.path()));
  }
  for (const v1::FhirNotUsed& not_used : mapped.patient.not_used) {
    mapped.not_used.push_back(LineOf(not_used));
  }
  return mapped;
}

Mapped MapResource(const std::string& resource) {
  return MapRecord(RecordOf({resource}));
}

}  // namespace needlewise
