#include "server/fhir/decision_resources.h"

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "server/fhir/questionnaire.h"
#include "server/fhir/words.h"

namespace needlewise {
namespace {

// The verdict as a code: `data-required`.
std::string VerdictCode(v1::Verdict verdict) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(absl::StripPrefix(
                                 v1::Verdict_Name(verdict), "VERDICT_")),
                             {{"_", "-"}});
}

const char* SeverityOf(v1::EffectKind effect) {
  switch (effect) {
    case v1::EFFECT_KIND_CONTRAINDICATION:
    case v1::EFFECT_KIND_DEFERRAL:
      return "high";
    case v1::EFFECT_KIND_REVIEW:
      return "moderate";
    default:
      return "low";
  }
}

// The type of resource that would usually hold what is missing.
const char* TypeOf(v1::ConceptKind kind) {
  switch (kind) {
    case v1::CONCEPT_KIND_CONDITION:
      return "Condition";
    case v1::CONCEPT_KIND_MEDICINE:
      return "MedicationStatement";
    case v1::CONCEPT_KIND_PROCEDURE:
      return "Procedure";
    case v1::CONCEPT_KIND_ALLERGY:
      return "AllergyIntolerance";
    case v1::CONCEPT_KIND_DEVICE:
      return "DeviceUseStatement";
    case v1::CONCEPT_KIND_QUANTITY:
      return "Observation";
    case v1::CONCEPT_KIND_AGE:
      return "Patient";
    default:
      return "QuestionnaireResponse";
  }
}

Json DataRequirement(const v1::Concept& asked) {
  Json codes = Json::array();
  for (const v1::ConceptCode& code : asked.codes()) {
    if (code.prefix()) continue;
    codes.push_back({{"system", code.coding().system()},
                     {"code", code.coding().code()},
                     {"display", code.display()}});
  }
  codes.push_back({{"system", kConceptSystem},
                   {"code", asked.concept_id()},
                   {"display", asked.display()}});
  return {{"type", TypeOf(asked.kind())},
          {"codeFilter",
           Json::array({{{"path", "code"}, {"code", std::move(codes)}}})}};
}

// The catalogue in the language of the answer.
const v1::RuleCatalog& Texts(const DecisionOfPatient& decided) {
  return decided.catalog->In(decided.language);
}

Json Reference(absl::string_view to) {
  return {{"reference", std::string(to)}};
}

Json Verdicts(const v1::Decision& decision) {
  Json verdicts = Json::array();
  for (const v1::TreatmentDecision& treatment : decision.treatments()) {
    for (const v1::AreaDecision& area : treatment.areas()) {
      Json parts = Json::array(
          {{{"url", "treatment"}, {"valueCode", treatment.treatment()}},
           {{"url", "area"}, {"valueCode", area.area()}},
           {{"url", "verdict"}, {"valueCode", VerdictCode(area.verdict())}}});
      if (!area.eligible_from().empty()) {
        parts.push_back(
            {{"url", "eligibleFrom"}, {"valueDate", area.eligible_from()}});
      }
      verdicts.push_back(
          {{"url", "urn:needlewise:verdict"}, {"extension", std::move(parts)}});
    }
  }
  return verdicts;
}

// The resources that findings about a concept came from.
std::vector<std::string> ResourcesOf(const MappedPatient& mapped,
                                     const std::string& concept_id) {
  std::vector<std::string> resources;
  std::set<std::string> seen;
  for (int i = 0; i < mapped.patient.findings_size(); ++i) {
    if (mapped.patient.findings(i).concept() != concept_id) continue;
    const std::string& resource = mapped.origins[i].resource();
    if (seen.insert(resource).second) resources.push_back(resource);
  }
  return resources;
}

Json Evidence(const DecisionOfPatient& decided, const v1::FiredRule& rule) {
  Json evidence = Json::array();
  for (const v1::MatchedFact& fact : rule.facts()) {
    Json item = {
        {"code",
         Json::array({{{"coding", Json::array({{{"system", kConceptSystem},
                                                {"code", fact.concept()},
                                                {"display", fact.display()}}})},
                       {"text", fact.text()}}})}};
    Json details = Json::array();
    for (const std::string& resource :
         ResourcesOf(*decided.mapped, fact.concept())) {
      // `Condition[3]` names a place and no resource.
      if (resource.find('[') == std::string::npos) {
        details.push_back(Reference(resource));
      }
    }
    if (!details.empty()) item["detail"] = std::move(details);
    evidence.push_back(std::move(item));
  }
  return evidence;
}

Json Citations(const v1::FiredRule& rule) {
  Json citations = Json::array();
  for (const v1::CitedSource& source : rule.citations()) {
    Json artifact = {{"type", "citation"},
                     {"label", source.source()},
                     {"citation", source.text()}};
    if (const std::string url = UrlOf(source); !url.empty()) {
      artifact["url"] = url;
    }
    citations.push_back(
        {{"url",
          "http://hl7.org/fhir/StructureDefinition/workflow-relatedArtifact"},
         {"valueRelatedArtifact", std::move(artifact)}});
  }
  return citations;
}

Json MakeDetectedIssue(const DecisionOfPatient& decided,
                       const v1::FiredRule& rule) {
  Json issue = {
      {"resourceType", "DetectedIssue"},
      {"id",
       absl::StrCat(decided.decision_id, "-", rule.rule_id()).substr(0, 64)},
      {"status", "final"},
      {"code",
       {{"coding",
         Json::array({{{"system", kRuleSystem}, {"code", rule.rule_id()}}})},
        {"text", rule.title()}}},
      {"severity", SeverityOf(rule.effect())},
      {"patient", Reference(decided.subject)},
      {"identifiedDateTime", decided.decision->today()},
      {"detail", rule.clinician_text()}};
  if (Json evidence = Evidence(decided, rule); !evidence.empty()) {
    issue["evidence"] = std::move(evidence);
  }
  if (!rule.cleared_by().empty()) {
    issue["mitigation"] =
        Json::array({{{"action", {{"text", rule.cleared_by()}}}}});
  }
  if (Json citations = Citations(rule); !citations.empty()) {
    issue["extension"] = std::move(citations);
  }
  for (const v1::CitedSource& source : rule.citations()) {
    if (const std::string url = UrlOf(source); !url.empty()) {
      issue["reference"] = url;
      break;
    }
  }
  return issue;
}

}  // namespace

std::string UrlOf(const v1::CitedSource& source) {
  if (!source.url().empty()) return source.url();
  return source.doi().empty() ? ""
                              : absl::StrCat("https://doi.org/", source.doi());
}

Json MakeGuidanceResponse(const DecisionOfPatient& decided) {
  bool data_required = false;
  for (const v1::TreatmentDecision& treatment :
       decided.decision->treatments()) {
    for (const v1::AreaDecision& area : treatment.areas()) {
      data_required |= area.verdict() == v1::VERDICT_DATA_REQUIRED;
    }
  }
  Json response = {
      {"resourceType", "GuidanceResponse"},
      {"id", std::string(decided.decision_id)},
      {"moduleUri", absl::StrCat("urn:needlewise:catalog:",
                                 decided.decision->catalog().digest())},
      {"status", data_required ? "data-required" : "success"},
      {"subject", Reference(decided.subject)},
      {"occurrenceDateTime", decided.decision->today()},
      {"extension", Verdicts(*decided.decision)}};
  Json requirements = Json::array();
  for (const int c : OutstandingConcepts(*decided.catalog, *decided.decision)) {
    requirements.push_back(DataRequirement(Texts(decided).concepts(c)));
  }
  if (!requirements.empty()) {
    response["dataRequirement"] = std::move(requirements);
  }
  return response;
}

Json MakeDetectedIssues(const DecisionOfPatient& decided) {
  Json issues = Json::array();
  std::set<std::string> seen;
  for (const v1::TreatmentDecision& treatment :
       decided.decision->treatments()) {
    for (const v1::AreaDecision& area : treatment.areas()) {
      for (const v1::FiredRule& rule : area.fired()) {
        if (seen.insert(rule.rule_id()).second) {
          issues.push_back(MakeDetectedIssue(decided, rule));
        }
      }
    }
  }
  return issues;
}

Json MakeNotUsedOutcome(const DecisionOfPatient& decided) {
  Json issues = Json::array();
  for (const v1::FhirNotUsed& not_used : decided.mapped->not_used) {
    const bool not_sent =
        not_used.reason() == v1::FHIR_NOT_USED_REASON_NOT_SENT;
    const std::string reason =
        absl::StrReplaceAll(absl::AsciiStrToLower(absl::StripPrefix(
                                v1::FhirNotUsedReason_Name(not_used.reason()),
                                "FHIR_NOT_USED_REASON_")),
                            {{"_", "-"}});
    Json details = {{"coding", Json::array({{{"system", kNotUsedSystem},
                                             {"code", reason}}})}};
    if (not_used.has_coding()) {
      details["coding"].push_back({{"system", not_used.coding().system()},
                                   {"code", not_used.coding().code()}});
    }
    issues.push_back(
        {{"severity", not_sent ? "warning" : "information"},
         {"code", not_sent ? "incomplete" : "informational"},
         {"details", std::move(details)},
         {"diagnostics", absl::StrCat("not used: ", not_used.resource())},
         {"expression", Json::array({not_used.path()})}});
  }
  return {{"resourceType", "OperationOutcome"},
          {"id", absl::StrCat(decided.decision_id, "-not-used")},
          {"issue", std::move(issues)}};
}

Json MakeRequestGroup(const DecisionOfPatient& decided,
                      const v1::PlanTreatmentResponse& planned) {
  const v1::TreatmentPlan& plan = planned.plan();
  const std::string& language =
      decided.catalog->wordings[decided.language].language;
  Json codes = Json::array();
  for (const std::string& treatment : plan.treatments()) {
    const auto found = decided.catalog->treatment_index.find(treatment);
    if (found == decided.catalog->treatment_index.end()) continue;
    codes.push_back(
        {{"coding",
          Json::array(
              {{{"system", kTreatmentSystem},
                {"code", treatment},
                {"display",
                 Texts(decided).treatments(found->second).display()}}})}});
  }
  Json actions = Json::array();
  for (const v1::PlannedSession& session : plan.sessions()) {
    Json action = {
        {"title",
         absl::StrCat(WordIn(language, Word::kSession), " ", session.number())},
        {"code", codes},
        {"timingPeriod",
         {{"start", session.earliest()}, {"end", session.latest()}}}};
    if (session.optional()) action["requiredBehavior"] = "could";
    actions.push_back(std::move(action));
  }
  for (const v1::PlannedItem& item : plan.items()) {
    Json action = {
        {"prefix", absl::StrReplaceAll(absl::AsciiStrToLower(absl::StripPrefix(
                                           v1::PlanSection_Name(item.section()),
                                           "PLAN_SECTION_")),
                                       {{"_", "-"}})},
        {"title", item.item_id()},
        {"description", item.text()}};
    if (item.mandatory()) action["requiredBehavior"] = "must";
    if (!item.from().empty()) {
      action["timingPeriod"] = {{"start", item.from()}};
      if (!item.until().empty()) action["timingPeriod"]["end"] = item.until();
    }
    actions.push_back(std::move(action));
  }
  Json group = {{"resourceType", "RequestGroup"},
                {"id", planned.decision_id()},
                {"status", "draft"},
                {"intent", "proposal"},
                {"subject", Reference(decided.subject)},
                {"authoredOn", decided.decision->today()},
                {"action", std::move(actions)}};
  if (!plan.course_text().empty()) {
    group["note"] = Json::array({{{"text", plan.course_text()}}});
  }
  return group;
}

Json MakeDecisionBundle(const DecisionOfPatient& decided,
                        const v1::PlanTreatmentResponse* planned) {
  const std::string& language =
      decided.catalog->wordings[decided.language].language;
  Json entries = Json::array();
  const auto add = [&](Json resource) {
    resource["language"] = language;
    entries.push_back({{"resource", std::move(resource)}});
  };
  Json guidance = MakeGuidanceResponse(decided);
  if (planned != nullptr) {
    guidance["result"] =
        Reference(absl::StrCat("RequestGroup/", planned->decision_id()));
  }
  Json not_used = MakeNotUsedOutcome(decided);
  const bool all_used = not_used["issue"].empty();
  if (!all_used) {
    guidance["evaluationMessage"] = Json::array({Reference(
        absl::StrCat("OperationOutcome/", not_used["id"].get<std::string>()))});
  }
  add(std::move(guidance));
  for (Json& issue : MakeDetectedIssues(decided)) add(std::move(issue));
  const std::vector<int> outstanding =
      OutstandingConcepts(*decided.catalog, *decided.decision);
  if (!outstanding.empty()) {
    add(MakeQuestionnaire(*decided.catalog, outstanding, decided.decision_id,
                          decided.language));
  }
  if (planned != nullptr) add(MakeRequestGroup(decided, *planned));
  if (!all_used) add(std::move(not_used));
  return {{"resourceType", "Bundle"},
          {"type", "collection"},
          {"entry", std::move(entries)}};
}

}  // namespace needlewise
