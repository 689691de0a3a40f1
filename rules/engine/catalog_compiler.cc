#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rules/engine/baselines.h"
#include "rules/engine/catalog_errors.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/engine/concept_worlds.h"
#include "rules/engine/condition_compiler.h"
#include "rules/engine/condition_terms.h"
#include "rules/engine/effect.h"
#include "rules/engine/explainer.h"
#include "rules/engine/implication_compiler.h"
#include "rules/engine/rule_programs.h"
#include "rules/engine/sorted_catalog.h"

namespace needlewise {
namespace {

Strictness StrictnessOf(v1::EffectKind effect) {
  switch (effect) {
    case v1::EFFECT_KIND_CONTRAINDICATION:
      return Strictness::kContraindication;
    case v1::EFFECT_KIND_DEFERRAL:
      return Strictness::kDeferral;
    case v1::EFFECT_KIND_REVIEW:
      return Strictness::kReview;
    case v1::EFFECT_KIND_PRECAUTION:
      return Strictness::kPrecaution;
    default:
      return Strictness::kNote;
  }
}

class Compiler {
 public:
  Compiler(CompiledCatalog* out, CatalogErrors* errors)
      : out_(*out), catalog_(out->catalog), errors_(*errors) {}

  void Run() {
    IndexRecords();
    CompileAreas();
    MakeConceptWorlds(&out_, &errors_);
    CompileImplications(&out_, &errors_);
    IndexCodes();
    CompileTreatments();
    if (!errors_.empty()) return;
    CompileRules();
    MakeRulePrograms(&out_);
    MakeBaselines(&out_);
    DescribeCitations();
    for (CompiledRule& rule : out_.rules) {
      rule.review_by = ReviewBy(*rule.rule);
    }
    out_.wordings = MakeWordings(catalog_);
    for (size_t i = 0; i < out_.wordings.size(); ++i) {
      Explain(out_.In(static_cast<int>(i)).rules());
    }
  }

 private:
  // The earliest review date of the rule's sources.
  Day ReviewBy(const v1::Rule& rule) const {
    Day earliest = kLatestDay;
    for (const v1::SourceReference& reference : rule.citations()) {
      const int index = out_.citation_index.at(reference.source());
      const std::optional<Day> day =
          ParseWholeDate(catalog_.citations(index).review_by());
      if (day.has_value()) earliest = std::min(earliest, *day);
    }
    return earliest;
  }

  template <typename Records, typename Id>
  static void Index(const Records& records, Id id,
                    absl::flat_hash_map<std::string, int>* index) {
    for (int i = 0; i < records.size(); ++i) index->emplace(id(records[i]), i);
  }

  void IndexRecords() {
    Index(
        catalog_.areas(), [](const auto& r) { return r.area_id(); },
        &out_.area_index);
    Index(
        catalog_.treatments(), [](const auto& r) { return r.treatment_id(); },
        &out_.treatment_index);
    Index(
        catalog_.devices(), [](const auto& r) { return r.device_id(); },
        &out_.device_index);
    Index(
        catalog_.concerns(), [](const auto& r) { return r.concern_id(); },
        &out_.concern_index);
    Index(
        catalog_.sections(), [](const auto& r) { return r.section_id(); },
        &out_.section_index);
    Index(
        catalog_.rules(), [](const auto& r) { return r.rule_id(); },
        &out_.rule_index);
    Index(
        catalog_.citations(), [](const auto& r) { return r.citation_id(); },
        &out_.citation_index);
    Index(
        catalog_.parameters(), [](const auto& r) { return r.parameter_id(); },
        &out_.parameter_index);
    Index(
        catalog_.conflicts(), [](const auto& r) { return r.conflict_id(); },
        &out_.conflict_index);
    out_.profiles.push_back("standard");
    for (const v1::Profile& profile : catalog_.profiles()) {
      out_.profiles.push_back(profile.profile_id());
    }
  }

  void CompileAreas() {
    const int count = catalog_.areas_size();
    if (count > kMostWorlds) {
      Fail("areas",
           absl::StrCat("the catalogue has ", count, " areas; at most ",
                        kMostWorlds, " are possible"));
      return;
    }
    out_.areas.resize(count);
    for (int i = 0; i < count; ++i) {
      CompiledArea& area = out_.areas[i];
      area.definition = &catalog_.areas(i);
      const auto parent = out_.area_index.find(area.definition->parent());
      if (parent != out_.area_index.end()) area.parent = parent->second;
      for (const v1::ConceptCode& code : area.definition->codes()) {
        if (code.verification() == v1::CODE_VERIFICATION_UNVERIFIED) continue;
        const std::string key =
            absl::StrCat(code.coding().system(), "|", code.coding().code());
        if (!out_.area_codes.emplace(key, i).second) {
          Fail(area.definition->area_id(),
               absl::StrCat("code `", code.coding().code(),
                            "` stands for another area, too; remove one"));
        }
      }
    }
    for (int i = 0; i < count; ++i) {
      int steps = 0;
      for (int a = i; a >= 0 && steps <= count;
           a = out_.areas[a].parent, ++steps) {
        out_.areas[a].holds |= Bit(i);
        out_.areas[i].held_by |= Bit(a);
      }
      if (steps > count) {
        Fail(catalog_.areas(i).area_id(),
             "the area lies in itself; correct its parents");
      }
    }
  }

  void IndexCodes() {
    for (size_t i = 0; i < out_.concepts.size(); ++i) {
      if (out_.concepts[i].definition == nullptr) continue;
      for (const v1::ConceptCode& code : out_.concepts[i].definition->codes()) {
        if (code.verification() == v1::CODE_VERIFICATION_UNVERIFIED) continue;
        if (code.prefix()) {
          out_.prefix_codes[code.coding().system()].push_back(&code);
          out_.prefix_concepts[&code] = static_cast<int>(i);
        } else {
          out_.exact_codes[absl::StrCat(code.coding().system(), "|",
                                        code.coding().code())]
              .push_back(static_cast<int>(i));
        }
      }
    }
  }

  void CompileTreatments() {
    out_.treatments.resize(catalog_.treatments_size());
    for (int i = 0; i < catalog_.treatments_size(); ++i) {
      CompiledTreatment& made = out_.treatments[i];
      made.definition = &catalog_.treatments(i);
      AddLineage(i, &made.lineage);
    }
  }

  void AddLineage(int treatment, std::vector<int>* lineage) const {
    if (std::find(lineage->begin(), lineage->end(), treatment) !=
        lineage->end()) {
      return;
    }
    lineage->push_back(treatment);
    const v1::Treatment& definition = catalog_.treatments(treatment);
    const auto base = out_.treatment_index.find(definition.base());
    if (base != out_.treatment_index.end()) AddLineage(base->second, lineage);
    for (const std::string& part : definition.combines()) {
      AddLineage(out_.treatment_index.at(part), lineage);
    }
  }

  void CompileRules() {
    for (const v1::Rule& rule : catalog_.rules()) {
      CompiledRule made = CompileCondition(out_, rule.condition());
      made.rule = &rule;
      made.effect = EffectOf(rule);
      made.strictness = StrictnessOf(made.effect);
      out_.rules.push_back(std::move(made));
    }
    for (const v1::PlanItem& item : catalog_.plan_items()) {
      out_.plan_item_conditions.push_back(
          item.has_condition() ? CompileNodes(out_, item.condition())
                               : std::vector<ConditionNode>());
    }
  }

  // Adds the texts of the rules in one more language.
  void Explain(const google::protobuf::RepeatedPtrField<v1::Rule>& rules) {
    for (int i = 0; i < rules.size(); ++i) {
      const v1::Rule& rule = rules[i];
      v1::FiredRule explanation;
      explanation.set_title(rule.title());
      explanation.set_clinician_text(rule.clinician_text());
      explanation.set_cleared_by(rule.cleared_by());
      *explanation.mutable_conflicts() = rule.conflicts();
      *explanation.mutable_overlay_notes() = rule.overlay_notes();
      ExplainCitations(out_, rule.citations(), explanation.mutable_citations());
      out_.rules[i].explanations.push_back(std::move(explanation));
    }
  }

  void DescribeCitations() {
    for (const v1::Citation& citation : catalog_.citations()) {
      std::string line;
      const std::string year =
          citation.year() > 0 ? absl::StrCat(citation.year()) : "";
      for (absl::string_view part :
           {absl::string_view(citation.title()),
            absl::string_view(citation.publisher()),
            absl::string_view(citation.reference()), absl::string_view(year)}) {
        const bool repeated =
            part == year && absl::StrContains(citation.reference(), year);
        if (part.empty() || repeated) continue;
        const bool stopped =
            absl::EndsWith(line, ".") || absl::EndsWith(line, "?");
        absl::StrAppend(&line, line.empty() ? "" : stopped ? " " : ". ", part);
      }
      out_.citation_lines.push_back(std::move(line));
    }
  }

  void Fail(std::string subject, std::string message) {
    errors_.emplace_back(std::move(subject), std::move(message));
  }

  CompiledCatalog& out_;
  const v1::RuleCatalog& catalog_;
  CatalogErrors& errors_;
};

}  // namespace

std::vector<std::string> RulesPastReview(const CompiledCatalog& catalog,
                                         absl::CivilDay today) {
  std::vector<std::string> ids;
  for (const CompiledRule& rule : catalog.rules) {
    if (rule.review_by < ToDay(today)) ids.push_back(rule.rule->rule_id());
  }
  return ids;
}

std::shared_ptr<const CompiledCatalog> CompileCatalog(
    v1::RuleCatalog catalog,
    std::vector<std::pair<std::string, std::string>>* errors) {
  SortCatalog(&catalog);
  v1::CatalogVersion version = VersionOf(catalog);
  return CompileSorted(std::move(catalog), std::move(version), errors);
}

std::shared_ptr<const CompiledCatalog> CompileSorted(
    v1::RuleCatalog sorted_catalog, v1::CatalogVersion version,
    std::vector<std::pair<std::string, std::string>>* errors) {
  auto compiled = std::make_shared<CompiledCatalog>();
  compiled->version = std::move(version);
  compiled->catalog = std::move(sorted_catalog);
  Compiler(compiled.get(), errors).Run();
  if (!errors->empty()) return nullptr;
  return compiled;
}

}  // namespace needlewise
