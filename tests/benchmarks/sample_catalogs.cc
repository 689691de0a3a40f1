#include "tests/benchmarks/sample_catalogs.h"

#include <google/protobuf/text_format.h>

#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "rules/engine/catalog_loader.h"

namespace needlewise {
namespace {

using Ids = absl::flat_hash_set<std::string>;

constexpr char kBase[] = "base_microneedling";

std::shared_ptr<const CompiledCatalog> Load(
    absl::Span<const CatalogFileText> files) {
  LoadOptions options;
  options.run_cases = false;
  LoadResult result = LoadCatalog(files, options);
  if (result.catalog == nullptr) {
    for (const v1::Diagnostic& diagnostic : result.diagnostics) {
      std::cerr << FormatDiagnostic(diagnostic) << "\n";
    }
    std::exit(1);
  }
  return std::move(result.catalog);
}

// Rules of plain needling that ask about one concept, once, strictest first.
std::vector<const CompiledRule*> SingleQuestionRules(
    const CompiledCatalog& catalog) {
  const int base = catalog.treatment_index.at(kBase);
  std::vector<const CompiledRule*> rules;
  for (const CompiledRule* rule : catalog.treatments[base].programs[0].rules) {
    if (rule->nodes.size() == 1 &&
        !catalog.concepts[rule->nodes[0].concept_index].is_context &&
        rule->rule->condition().has_finding()) {
      rules.push_back(rule);
    }
  }
  return rules;
}

// Leaves of `records` only those for which `keep` holds.
template <typename Records, typename Keep>
void KeepOnly(Records* records, Keep keep) {
  Records kept;
  for (auto& record : *records) {
    if (keep(record)) *kept.Add() = std::move(record);
  }
  *records = std::move(kept);
}

bool IsCopied(const v1::Concept& about, const Ids& implied) {
  switch (about.kind()) {
    case v1::CONCEPT_KIND_AGE:
    case v1::CONCEPT_KIND_SITE:
      return false;
    case v1::CONCEPT_KIND_QUANTITY:
      // Closing a section gives no value; a gate's "no" does.
      return implied.contains(about.concept_id());
    default:
      return true;
  }
}

// Makes one copy of the rules, and of all that they ask about.
class Copier {
 public:
  Copier(const v1::RuleCatalog& shipped, const Ids& copied, int number)
      : shipped_(shipped), copied_(copied), number_(number) {}

  void AddTo(v1::RuleCatalog* catalog) const {
    for (const v1::Concept& about : shipped_.concepts()) {
      if (!copied_.contains(about.concept_id())) continue;
      v1::Concept* copy = catalog->add_concepts();
      *copy = about;
      copy->set_concept_id(Renamed(about.concept_id()));
      // A code stands for the shipped concept alone.
      copy->clear_codes();
      copy->clear_synonyms();
    }
    for (const v1::Implication& gate : shipped_.implications()) {
      v1::Implication copy = gate;
      if (!Rename(&copy)) continue;
      copy.set_implication_id(absl::StrCat(gate.implication_id(), Suffix('-')));
      *catalog->add_implications() = std::move(copy);
    }
    for (int i = 0; i < shipped_.devices_size(); ++i) {
      for (const std::string& id : shipped_.devices(i).excluded_concepts()) {
        if (!copied_.contains(id)) continue;
        catalog->mutable_devices(i)->add_excluded_concepts(Renamed(id));
      }
    }
    for (const v1::Rule& rule : shipped_.rules()) {
      v1::Rule copy = rule;
      if (!Rename(copy.mutable_condition())) continue;
      copy.set_rule_id(absl::StrCat(rule.rule_id(), Suffix('-')));
      *catalog->add_rules() = std::move(copy);
    }
  }

 private:
  std::string Suffix(char joiner) const {
    return absl::StrCat(std::string(1, joiner), "copy", std::string(1, joiner),
                        number_);
  }

  std::string Renamed(const std::string& id) const {
    return absl::StrCat(id, Suffix('_'));
  }

  bool Rename(std::string* id) const {
    if (!copied_.contains(*id)) return false;
    *id = Renamed(*id);
    return true;
  }

  // Whether all of it could be renamed.
  bool Rename(v1::Implication* gate) const {
    bool all = Rename(gate->mutable_given()->mutable_concept());
    for (v1::ConceptState& state : *gate->mutable_implies()) {
      all = Rename(state.mutable_concept()) && all;
    }
    return all;
  }

  // Whether any of it could be renamed.
  bool Rename(v1::Condition* condition) const {
    switch (condition->kind_case()) {
      case v1::Condition::kAllOf:
        return Rename(condition->mutable_all_of());
      case v1::Condition::kAnyOf:
        return Rename(condition->mutable_any_of());
      case v1::Condition::kNot:
        return Rename(condition->mutable_not_());
      case v1::Condition::kFinding:
        return Rename(condition->mutable_finding()->mutable_concept());
      case v1::Condition::kQuantity:
        return Rename(condition->mutable_quantity()->mutable_concept());
      case v1::Condition::kDevice:
        return condition->device().test_case() ==
                   v1::DeviceCondition::kLabelExcludes &&
               Rename(condition->mutable_device()->mutable_label_excludes());
      default:
        return false;
    }
  }

  bool Rename(v1::ConditionList* list) const {
    bool any = false;
    for (v1::Condition& condition : *list->mutable_conditions()) {
      any = Rename(&condition) || any;
    }
    return any;
  }

  const v1::RuleCatalog& shipped_;
  const Ids& copied_;
  const int number_;
};

}  // namespace

std::shared_ptr<const CompiledCatalog> LoadShippedCatalog() {
  return Load(BuiltInCatalog());
}

std::shared_ptr<const CompiledCatalog> LoadSingleQuestionRules(
    const CompiledCatalog& shipped, int count) {
  const std::vector<const CompiledRule*> all = SingleQuestionRules(shipped);
  if (all.size() < static_cast<size_t>(count)) {
    std::cerr << "the catalogue has only " << all.size()
              << " rules of plain needling that ask one thing\n";
    std::exit(1);
  }
  Ids rules;
  Ids asked = {shipped.concepts[shipped.age_concept].id};
  for (int i = 0; i < count; ++i) {
    const CompiledRule& rule = *all[i * all.size() / count];
    rules.insert(rule.rule->rule_id());
    asked.insert(shipped.concepts[rule.nodes[0].concept_index].id);
  }
  v1::RuleCatalog part = shipped.catalog;
  KeepOnly(part.mutable_rules(), [&](const v1::Rule& rule) {
    return rules.contains(rule.rule_id());
  });
  KeepOnly(part.mutable_concepts(), [&](const v1::Concept& about) {
    return asked.contains(about.concept_id());
  });
  KeepOnly(part.mutable_implications(), [&](const v1::Implication& gate) {
    for (const v1::ConceptState& state : gate.implies()) {
      if (!asked.contains(state.concept())) return false;
    }
    return asked.contains(gate.given().concept());
  });
  part.clear_devices();
  part.clear_plan_items();
  part.clear_courses();
  std::vector<std::pair<std::string, std::string>> errors;
  std::shared_ptr<const CompiledCatalog> compiled =
      CompileCatalog(std::move(part), &errors);
  for (const auto& [subject, message] : errors) {
    std::cerr << subject << ": " << message << "\n";
  }
  if (compiled == nullptr || !errors.empty()) std::exit(1);
  return compiled;
}

v1::RuleCatalog WithCopiedRules(const v1::RuleCatalog& shipped, int times) {
  Ids implied;
  for (const v1::Implication& gate : shipped.implications()) {
    for (const v1::ConceptState& state : gate.implies()) {
      implied.insert(state.concept());
    }
  }
  Ids copied;
  for (const v1::Concept& about : shipped.concepts()) {
    if (IsCopied(about, implied)) copied.insert(about.concept_id());
  }
  v1::RuleCatalog catalog = shipped;
  const int wanted = times * shipped.rules_size();
  for (int number = 2; catalog.rules_size() < wanted; ++number) {
    Copier(shipped, copied, number).AddTo(&catalog);
  }
  return catalog;
}

std::string ToText(const v1::RuleCatalog& catalog) {
  std::string text;
  if (!google::protobuf::TextFormat::PrintToString(catalog, &text)) {
    std::cerr << "a catalogue cannot be written as text\n";
    std::exit(1);
  }
  return text;
}

std::shared_ptr<const CompiledCatalog> LoadText(const std::string& text) {
  const std::vector<CatalogFileText> files = {{"catalog.textproto", text}};
  return Load(files);
}

}  // namespace needlewise
