#include "server/catalog_queries.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "rules/engine/nearest_names.h"
#include "rules/engine/request_checks.h"
#include "server/diagnostics.h"
#include "server/page_token.h"
#include "server/status.h"

namespace needlewise {
namespace {

constexpr size_t kLongestRuleId = 256;
constexpr size_t kLongestFileName = 256;

using IdIndex = absl::flat_hash_map<std::string, int>;

std::vector<std::string> Nearest(const IdIndex& ids, absl::string_view wanted) {
  std::vector<std::pair<std::string, std::string>> names;
  for (const auto& [id, index] : ids) names.emplace_back(id, id);
  // A hash map has no order, and ties between names go by it.
  std::sort(names.begin(), names.end());
  return NearestNames(wanted, names);
}

// Reports a filter by an id that is not among `ids`. Empty: no filter.
void CheckFilter(const char* field, const std::string& id, const IdIndex& ids,
                 const char* what, Violations* violations) {
  if (id.empty() || ids.contains(id)) return;
  violations->push_back(
      {field, absl::StrCat("is not ", what, " of the catalogue",
                           DidYouMean(Nearest(ids, id)))});
}

IdIndex ProfileIndex(const CompiledCatalog& catalog) {
  IdIndex ids;
  for (size_t i = 0; i < catalog.profiles.size(); ++i) {
    ids.emplace(catalog.profiles[i], static_cast<int>(i));
  }
  return ids;
}

template <typename Ids>
bool Contains(const Ids& ids, absl::string_view wanted) {
  return std::find(ids.begin(), ids.end(), wanted) != ids.end();
}

bool Cites(const v1::Rule& rule, absl::string_view citation) {
  return std::any_of(rule.citations().begin(), rule.citations().end(),
                     [&](const v1::SourceReference& reference) {
                       return reference.source() == citation;
                     });
}

bool Asks(const CompiledCatalog& catalog, const CompiledRule& rule,
          absl::string_view concept_id) {
  return std::any_of(
      rule.concepts.begin(), rule.concepts.end(), [&](int32_t index) {
        const CompiledConcept& asked = catalog.concepts[index];
        return asked.definition != nullptr && asked.id == concept_id;
      });
}

// Whether the rules of one of the treatments in `lineage` include this one.
bool AppliesTo(const CompiledCatalog& catalog, const v1::Rule& rule,
               const std::vector<int>& lineage) {
  return std::any_of(lineage.begin(), lineage.end(), [&](int treatment) {
    return Contains(rule.applies_to(),
                    catalog.treatments[treatment].definition->treatment_id());
  });
}

bool Passes(const CompiledCatalog& catalog, const CompiledRule& compiled,
            const v1::ListRulesRequest& filter) {
  const v1::Rule& rule = *compiled.rule;
  if (!filter.treatment().empty()) {
    const int treatment = catalog.treatment_index.at(filter.treatment());
    if (!AppliesTo(catalog, rule, catalog.treatments[treatment].lineage)) {
      return false;
    }
  }
  // Profile 0, `standard`, holds every rule.
  return (filter.effect() == v1::EFFECT_KIND_UNSPECIFIED ||
          filter.effect() == compiled.effect) &&
         (filter.concept().empty() ||
          Asks(catalog, compiled, filter.concept())) &&
         (filter.profile().empty() || filter.profile() == catalog.profiles[0] ||
          Contains(rule.profiles(), filter.profile())) &&
         (filter.citation().empty() || Cites(rule, filter.citation())) &&
         (filter.conflict().empty() ||
          Contains(rule.conflicts(), filter.conflict()));
}

// Fills one page of a list: `copy` is called with each record of it.
template <typename Record, typename Request, typename Response, typename Copy>
void FillPage(const std::vector<const Record*>& records, PageStart start,
              const v1::CatalogVersion& version, const Request& request,
              Response* response, Copy copy) {
  const int total = static_cast<int>(records.size());
  const int first = std::min(start.position, total);
  const int last = first + std::min(start.size, total - first);
  for (int i = first; i < last; ++i) copy(*records[i]);
  if (last < total) {
    response->set_next_page_token(MakePageToken(request, version, last));
  }
  response->set_total_size(total);
  *response->mutable_version() = version;
}

// Says what language a list is in.
template <typename Response>
void NameLanguage(const Wording& wording, Response* response) {
  response->set_language(wording.language);
  response->set_untranslated_texts(wording.untranslated);
}

template <typename Records>
auto Pointers(const Records& records) {
  std::vector<const typename Records::value_type*> pointers;
  pointers.reserve(records.size());
  for (const auto& record : records) pointers.push_back(&record);
  return pointers;
}

// Copies those of `records` whose id, as `id_of` gives it, is in `wanted`.
template <typename Records, typename IdOf, typename Out>
void CopyWanted(const Records& records,
                const absl::flat_hash_set<absl::string_view>& wanted,
                IdOf id_of, Out* out) {
  for (const auto& record : records) {
    if (wanted.contains(id_of(record))) *out->Add() = record;
  }
}

}  // namespace

void GetRuleCatalog(const ActiveCatalog& active, absl::CivilDay today,
                    const v1::GetRuleCatalogRequest& request,
                    v1::GetRuleCatalogResponse* response) {
  const CompiledCatalog& catalog = *active.compiled;
  *response->mutable_version() = catalog.version;
  response->set_rule_count(catalog.catalog.rules_size());
  response->set_concept_count(catalog.catalog.concepts_size());
  response->set_activated_at(ToRfc3339(active.activated_at));
  for (std::string& rule : RulesPastReview(catalog, today)) {
    response->add_rules_past_review(std::move(rule));
  }
  for (const v1::CatalogOverlay& overlay : catalog.catalog.overlays()) {
    response->add_overlay_ids(overlay.overlay_id());
  }
  if (active.seal.has_value()) *response->mutable_seal() = *active.seal;
  response->set_seal_trusted(active.seal_trusted);
  for (const Wording& wording : catalog.wordings) {
    v1::LanguageCoverage* language = response->add_languages();
    language->set_language(wording.language);
    language->set_untranslated_texts(wording.untranslated);
  }
  if (!request.version_only()) *response->mutable_catalog() = catalog.catalog;
}

absl::Status ListRules(const CompiledCatalog& catalog,
                       const v1::ListRulesRequest& request,
                       v1::ListRulesResponse* response) {
  Violations violations;
  PageStart start;
  const absl::Status page =
      ReadPageStart(request, catalog.version, &start, &violations);
  CheckFilter("treatment", request.treatment(), catalog.treatment_index,
              "a treatment", &violations);
  const int language = ReadLanguage(catalog, request.language(), &violations);
  if (!v1::EffectKind_IsValid(request.effect())) {
    violations.push_back({"effect", "is not a kind of effect"});
  }
  CheckFilter("concept", request.concept(), catalog.concept_index, "a concept",
              &violations);
  CheckFilter("profile", request.profile(), ProfileIndex(catalog), "a profile",
              &violations);
  CheckFilter("citation", request.citation(), catalog.citation_index,
              "a citation", &violations);
  CheckFilter("conflict", request.conflict(), catalog.conflict_index,
              "a source conflict", &violations);
  if (!violations.empty()) return FieldsInvalid(violations);
  if (!page.ok()) return page;

  NameLanguage(catalog.wordings[language], response);
  const v1::RuleCatalog& texts = catalog.In(language);
  std::vector<const v1::Rule*> passing;
  for (int i = 0; i < texts.rules_size(); ++i) {
    if (Passes(catalog, catalog.rules[i], request)) {
      passing.push_back(&texts.rules(i));
    }
  }
  FillPage(passing, start, catalog.version, request, response,
           [&](const v1::Rule& rule) { *response->add_rules() = rule; });
  return absl::OkStatus();
}

absl::Status GetRule(const CompiledCatalog& catalog,
                     const v1::GetRuleRequest& request,
                     v1::GetRuleResponse* response) {
  if (request.rule_id().empty() || request.rule_id().size() > kLongestRuleId) {
    return FieldsInvalid({{"rule_id", absl::StrCat("is required, of at most ",
                                                   kLongestRuleId, " bytes")}});
  }
  const auto found = catalog.rule_index.find(request.rule_id());
  if (found == catalog.rule_index.end()) {
    return RuleNotFound(request.rule_id(),
                        Nearest(catalog.rule_index, request.rule_id()));
  }
  Violations violations;
  const int language = ReadLanguage(catalog, request.language(), &violations);
  if (!violations.empty()) return FieldsInvalid(violations);
  NameLanguage(catalog.wordings[language], response);
  const v1::RuleCatalog& texts = catalog.In(language);
  const CompiledRule& compiled = catalog.rules[found->second];
  const v1::Rule& rule = texts.rules(found->second);
  absl::flat_hash_set<absl::string_view> concepts;
  for (const int32_t index : compiled.concepts) {
    if (catalog.concepts[index].definition != nullptr) {
      concepts.insert(catalog.concepts[index].id);
    }
  }
  absl::flat_hash_set<absl::string_view> citations;
  for (const v1::SourceReference& reference : rule.citations()) {
    citations.insert(reference.source());
  }
  const absl::flat_hash_set<absl::string_view> conflicts(
      rule.conflicts().begin(), rule.conflicts().end());

  *response->mutable_rule() = rule;
  CopyWanted(
      texts.concepts(), concepts,
      [](const v1::Concept& c) { return absl::string_view(c.concept_id()); },
      response->mutable_concepts());
  CopyWanted(
      texts.citations(), citations,
      [](const v1::Citation& c) { return absl::string_view(c.citation_id()); },
      response->mutable_citations());
  CopyWanted(
      texts.conflicts(), conflicts,
      [](const v1::SourceConflict& c) {
        return absl::string_view(c.conflict_id());
      },
      response->mutable_conflicts());
  *response->mutable_version() = catalog.version;
  return absl::OkStatus();
}

absl::Status ListConcepts(const CompiledCatalog& catalog,
                          const v1::ListConceptsRequest& request,
                          v1::ListConceptsResponse* response) {
  Violations violations;
  PageStart start;
  const absl::Status page =
      ReadPageStart(request, catalog.version, &start, &violations);
  CheckFilter("section", request.section(), catalog.section_index, "a section",
              &violations);
  const int language = ReadLanguage(catalog, request.language(), &violations);
  if (!violations.empty()) return FieldsInvalid(violations);
  if (!page.ok()) return page;

  NameLanguage(catalog.wordings[language], response);
  std::vector<const v1::Concept*> passing;
  for (const v1::Concept& c : catalog.In(language).concepts()) {
    if (request.section().empty() || c.section() == request.section()) {
      passing.push_back(&c);
    }
  }
  FillPage(passing, start, catalog.version, request, response,
           [&](const v1::Concept& c) { *response->add_concepts() = c; });
  return absl::OkStatus();
}

absl::Status ListCitations(const CompiledCatalog& catalog,
                           const v1::ListCitationsRequest& request,
                           v1::ListCitationsResponse* response) {
  Violations violations;
  PageStart start;
  const absl::Status page =
      ReadPageStart(request, catalog.version, &start, &violations);
  if (!violations.empty()) return FieldsInvalid(violations);
  if (!page.ok()) return page;

  FillPage(Pointers(catalog.catalog.citations()), start, catalog.version,
           request, response,
           [&](const v1::Citation& c) { *response->add_citations() = c; });
  return absl::OkStatus();
}

absl::Status ListSourceConflicts(const CompiledCatalog& catalog,
                                 const v1::ListSourceConflictsRequest& request,
                                 v1::ListSourceConflictsResponse* response) {
  Violations violations;
  PageStart start;
  const absl::Status page =
      ReadPageStart(request, catalog.version, &start, &violations);
  const int language = ReadLanguage(catalog, request.language(), &violations);
  if (!violations.empty()) return FieldsInvalid(violations);
  if (!page.ok()) return page;

  NameLanguage(catalog.wordings[language], response);

  const auto copy = [&](const v1::SourceConflict& conflict) {
    v1::SourceConflictUse* use = response->add_conflicts();
    *use->mutable_conflict() = conflict;
    const std::string& id = conflict.conflict_id();
    for (const v1::Rule& rule : catalog.catalog.rules()) {
      if (Contains(rule.conflicts(), id)) use->add_rule_ids(rule.rule_id());
    }
    for (const v1::Course& course : catalog.catalog.courses()) {
      if (Contains(course.conflicts(), id)) {
        use->add_plan_ids(course.course_id());
      }
    }
    for (const v1::PlanItem& item : catalog.catalog.plan_items()) {
      if (Contains(item.conflicts(), id)) use->add_plan_ids(item.item_id());
    }
    std::sort(use->mutable_plan_ids()->begin(), use->mutable_plan_ids()->end());
  };
  FillPage(Pointers(catalog.In(language).conflicts()), start, catalog.version,
           request, response, copy);
  return absl::OkStatus();
}

Violations CheckCandidate(const v1::ValidateRuleCatalogRequest& request) {
  Violations violations;
  if (request.files().empty()) {
    violations.push_back({"files", "must hold at least one file"});
  }
  absl::flat_hash_set<absl::string_view> names;
  for (int i = 0; i < request.files_size(); ++i) {
    const std::string& name = request.files(i).name();
    const std::string path = absl::StrCat("files[", i, "].name");
    if (name.empty() || name.size() > kLongestFileName) {
      violations.push_back({path, absl::StrCat("is required, of at most ",
                                               kLongestFileName, " bytes")});
    } else if (!names.insert(name).second) {
      violations.push_back({path, "is the name of another file, too"});
    }
  }
  return violations;
}

std::vector<CatalogFileText> ToFileTexts(
    const v1::ValidateRuleCatalogRequest& request) {
  std::vector<CatalogFileText> texts;
  texts.reserve(request.files_size());
  for (const v1::CatalogFile& file : request.files()) {
    texts.push_back({file.name(), file.content()});
  }
  return texts;
}

void FillValidation(const LoadResult& result,
                    v1::ValidateRuleCatalogResponse* response) {
  response->set_valid(result.catalog != nullptr);
  CopyDiagnostics(result.diagnostics, response->mutable_diagnostics());
  if (!result.version.digest().empty()) {
    *response->mutable_version() = result.version;
  }
}

}  // namespace needlewise
