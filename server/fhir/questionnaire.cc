#include "server/fhir/questionnaire.h"

#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "rules/engine/wording.h"
#include "server/fhir/known_codes.h"
#include "server/fhir/words.h"

namespace needlewise {
namespace {

struct StatusCode {
  absl::string_view code;
  Word display;
  v1::FindingStatus status;
};
constexpr StatusCode kStatusCodes[] = {
    {"present", Word::kYesNow, v1::FINDING_STATUS_PRESENT},
    {"past", Word::kInThePast, v1::FINDING_STATUS_PAST},
    {"absent", Word::kNotNow, v1::FINDING_STATUS_ABSENT},
    {"never", Word::kNever, v1::FINDING_STATUS_NEVER},
    {"unknown", Word::kNotKnown, v1::FINDING_STATUS_UNKNOWN},
};

Json Option(absl::string_view system, absl::string_view code,
            absl::string_view display) {
  return {{"valueCoding",
           {{"system", std::string(system)},
            {"code", std::string(code)},
            {"display", std::string(display)}}}};
}

// Makes the items of a questionnaire in one language.
class ItemMaker {
 public:
  ItemMaker(const CompiledCatalog& catalog, int language)
      : catalog_(catalog),
        texts_(catalog.In(language)),
        language_(catalog.wordings[language].language) {}

  Json Item(int concept_index) const {
    const CompiledConcept& asked = catalog_.concepts[concept_index];
    const v1::Concept& definition = texts_.concepts(concept_index);
    const std::string& id = definition.concept_id();
    Json item = {{"linkId", id},
                 {"text", definition.question()},
                 {"code", Json::array({{{"system", kConceptSystem},
                                        {"code", id},
                                        {"display", definition.display()}}})}};
    if (definition.kind() == v1::CONCEPT_KIND_AGE) {
      item["type"] = "integer";
      return item;
    }
    if (asked.is_quantity) {
      item["type"] = "quantity";
      item["extension"] = Json::array(
          {{{"url",
             "http://hl7.org/fhir/StructureDefinition/questionnaire-unit"},
            {"valueCoding",
             {{"system", std::string(kUcum)},
              {"code", definition.quantity().unit()}}}}});
      return item;
    }
    const bool by_area = definition.scope() == v1::CONCEPT_SCOPE_TREATMENT_AREA;
    const bool ever = definition.tense() == v1::QUESTION_TENSE_EVER;
    if (!ever && !by_area) {
      item["type"] = "boolean";
      return item;
    }
    item["type"] = "choice";
    item["answerOption"] = StatusOptions(definition.tense());
    Json parts = Json::array();
    if (by_area) parts.push_back(AreaItem(id));
    if (ever) parts.push_back(DateItem(id, kLastSuffix, Word::kWhenLast));
    if (!asked.onset_windows.empty()) {
      parts.push_back(DateItem(id, kOnsetSuffix, Word::kSinceWhen));
    }
    if (!parts.empty()) item["item"] = std::move(parts);
    return item;
  }

 private:
  // The statuses that answer a question of this tense.
  Json StatusOptions(v1::QuestionTense tense) const {
    Json options = Json::array();
    for (const StatusCode& status : kStatusCodes) {
      const bool offered = tense == v1::QUESTION_TENSE_EVER
                               ? status.status != v1::FINDING_STATUS_ABSENT
                               : status.status != v1::FINDING_STATUS_PAST &&
                                     status.status != v1::FINDING_STATUS_NEVER;
      if (offered) {
        options.push_back(Option(kFindingStatusSystem, status.code,
                                 WordIn(language_, status.display)));
      }
    }
    return options;
  }

  Json AreaItem(const std::string& concept_id) const {
    Json options = Json::array();
    for (const v1::Area& area : texts_.areas()) {
      options.push_back(Option(kAreaSystem, area.area_id(), area.display()));
    }
    return {{"linkId", absl::StrCat(concept_id, kAreasSuffix)},
            {"text", std::string(WordIn(language_, Word::kWhere))},
            {"type", "choice"},
            {"repeats", true},
            {"answerOption", std::move(options)}};
  }

  Json DateItem(const std::string& concept_id, const char* suffix,
                Word text) const {
    return {{"linkId", absl::StrCat(concept_id, suffix)},
            {"text", std::string(WordIn(language_, text))},
            {"type", "date"}};
  }

  const CompiledCatalog& catalog_;
  const v1::RuleCatalog& texts_;
  const std::string& language_;
};

}  // namespace

v1::FindingStatus StatusOfCode(absl::string_view code) {
  for (const StatusCode& status : kStatusCodes) {
    if (status.code == code) return status.status;
  }
  return v1::FINDING_STATUS_UNSPECIFIED;
}

std::vector<int> OutstandingConcepts(const CompiledCatalog& catalog,
                                     const v1::Decision& decision) {
  std::vector<int> concepts;
  absl::flat_hash_set<int> seen;
  for (const v1::TreatmentDecision& treatment : decision.treatments()) {
    for (const v1::AreaDecision& area : treatment.areas()) {
      for (const v1::Question& question : area.outstanding()) {
        const auto found = catalog.concept_index.find(question.concept());
        if (found == catalog.concept_index.end()) continue;
        if (catalog.concepts[found->second].definition == nullptr) continue;
        if (seen.insert(found->second).second) {
          concepts.push_back(found->second);
        }
      }
    }
  }
  return concepts;
}

Json MakeQuestionnaire(const CompiledCatalog& catalog,
                       const std::vector<int>& concepts, absl::string_view id,
                       int language) {
  const ItemMaker maker(catalog, language);
  const std::string& language_tag = catalog.wordings[language].language;
  Json items = Json::array();
  for (const int c : concepts) items.push_back(maker.Item(c));
  return {
      {"resourceType", "Questionnaire"},
      {"id", std::string(id)},
      {"language", language_tag},
      {"status", "active"},
      {"title", std::string(WordIn(language_tag, Word::kQuestionnaireTitle))},
      {"subjectType", Json::array({"Patient"})},
      {"item", std::move(items)}};
}

}  // namespace needlewise
