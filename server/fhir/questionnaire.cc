#include "server/fhir/questionnaire.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

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

// Answers that many items offer, each a ValueSet that is contained once.
constexpr char kAreasSet[] = "areas";
constexpr char kNowSet[] = "statuses-now";
constexpr char kEverSet[] = "statuses-ever";

Json CodeIn(absl::string_view code, absl::string_view display) {
  return {{"code", std::string(code)}, {"display", std::string(display)}};
}

Json MakeValueSet(const char* id, const char* system, Json codes) {
  return {
      {"resourceType", "ValueSet"},
      {"id", id},
      {"status", "active"},
      {"compose",
       {{"include",
         Json::array({{{"system", system}, {"concept", std::move(codes)}}})}}}};
}

// Makes the items of a questionnaire in one language.
class ItemMaker {
 public:
  ItemMaker(const CompiledCatalog& catalog, int language)
      : catalog_(catalog),
        texts_(catalog.In(language)),
        language_(catalog.wordings[language].language) {}

  Json Item(int concept_index) {
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
    item["answerValueSet"] = Offer(ever ? kEverSet : kNowSet);
    Json parts = Json::array();
    if (by_area) parts.push_back(AreaItem(id));
    if (ever) parts.push_back(DateItem(id, kLastSuffix, Word::kWhenLast));
    if (!asked.onset_windows.empty()) {
      parts.push_back(DateItem(id, kOnsetSuffix, Word::kSinceWhen));
    }
    if (!parts.empty()) item["item"] = std::move(parts);
    return item;
  }

  // The sets of answers that the items made so far offer.
  Json ValueSets() const {
    Json sets = Json::array();
    for (const char* id : offered_) {
      sets.push_back(id == kAreasSet ? MakeValueSet(id, kAreaSystem, Areas())
                                     : MakeValueSet(id, kFindingStatusSystem,
                                                    Statuses(id)));
    }
    return sets;
  }

 private:
  // A reference to a set of answers.
  std::string Offer(const char* id) {
    if (std::find(offered_.begin(), offered_.end(), id) == offered_.end()) {
      offered_.push_back(id);
    }
    return absl::StrCat("#", id);
  }

  // The statuses that answer a question of this tense.
  Json Statuses(const char* id) const {
    Json codes = Json::array();
    for (const StatusCode& status : kStatusCodes) {
      const bool offered = id == kEverSet
                               ? status.status != v1::FINDING_STATUS_ABSENT
                               : status.status != v1::FINDING_STATUS_PAST &&
                                     status.status != v1::FINDING_STATUS_NEVER;
      if (offered) {
        codes.push_back(CodeIn(status.code, WordIn(language_, status.display)));
      }
    }
    return codes;
  }

  Json Areas() const {
    Json codes = Json::array();
    for (const v1::Area& area : texts_.areas()) {
      codes.push_back(CodeIn(area.area_id(), area.display()));
    }
    return codes;
  }

  Json AreaItem(const std::string& concept_id) {
    return {{"linkId", absl::StrCat(concept_id, kAreasSuffix)},
            {"text", std::string(WordIn(language_, Word::kWhere))},
            {"type", "choice"},
            {"repeats", true},
            {"answerValueSet", Offer(kAreasSet)}};
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
  // In the order in which they were first offered.
  std::vector<const char*> offered_;
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
  ItemMaker maker(catalog, language);
  const std::string& language_tag = catalog.wordings[language].language;
  Json items = Json::array();
  for (const int c : concepts) items.push_back(maker.Item(c));
  Json questionnaire = {
      {"resourceType", "Questionnaire"},
      {"id", std::string(id)},
      {"language", language_tag},
      {"status", "active"},
      {"title", std::string(WordIn(language_tag, Word::kQuestionnaireTitle))},
      {"subjectType", Json::array({"Patient"})},
      {"item", std::move(items)}};
  if (Json sets = maker.ValueSets(); !sets.empty()) {
    questionnaire["contained"] = std::move(sets);
  }
  return questionnaire;
}

}  // namespace needlewise
