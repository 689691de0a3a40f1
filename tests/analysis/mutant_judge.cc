#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "rules/analysis/bench.h"
#include "rules/analysis/catalog_diff.h"
#include "rules/analysis/invariants.h"
#include "rules/analysis/written.h"
#include "rules/engine/catalog_loader.h"
#include "rules/engine/rule_cases.h"
#include "tests/analysis/mutants.h"

namespace needlewise {
namespace {

constexpr unsigned kQuestionMilliseconds = 20000;

// A catalogue as `check` sees it; null where it finds a fault.
std::shared_ptr<const CompiledCatalog> Load(const v1::RuleCatalog& catalog) {
  CatalogFileText file;
  file.name = "mutant.textproto";
  google::protobuf::TextFormat::PrintToString(catalog, &file.content);
  LoadOptions options;
  options.run_cases = false;
  return LoadCatalog({file}, options).catalog;
}

std::set<std::string> AskedBy(const v1::Condition& condition) {
  std::set<std::string> asked;
  analysis::VisitConditions(condition, [&](const v1::Condition& c) {
    if (c.has_finding()) asked.insert(c.finding().concept());
    if (c.has_quantity()) asked.insert(c.quantity().concept());
    if (c.has_treatment_area()) asked.insert("the treatment area");
    if (c.has_label()) asked.insert("the label");
    if (c.has_device()) asked.insert("the device");
  });
  return asked;
}

// Whether an invariant's premises ask about something that a rule asks about,
// or it names the rule.
bool Concerns(const v1::Invariant& invariant, const std::string& rule_id,
              const std::set<std::string>& asked) {
  if (invariant.fired().rule() == rule_id) return true;
  for (const v1::InvariantPremise& p : invariant.premises()) {
    for (const std::string& id :
         AskedBy(p.has_known() ? p.known() : p.possible())) {
      if (asked.count(id) > 0) return true;
    }
  }
  return std::any_of(
      invariant.unchanged().concepts().begin(),
      invariant.unchanged().concepts().end(),
      [&](const std::string& id) { return asked.count(id) > 0; });
}

}  // namespace

MutantJudge::MutantJudge(const CompiledCatalog& original,
                         std::vector<const testing::v1::RuleCaseSuite*> suites)
    : original_(original),
      suites_(std::move(suites)),
      plain_(original.catalog) {
  plain_.clear_translations();
  plain_.clear_languages();
  plain_compiled_ = Load(plain_);
}

std::shared_ptr<const CompiledCatalog> MutantJudge::Apply(
    const Mutant& mutant) const {
  v1::RuleCatalog mutated = plain_;
  for (int i = 0; i < mutated.rules_size(); ++i) {
    if (mutated.rules(i).rule_id() != mutant.rule_id) continue;
    if (mutant.dropped) {
      mutated.mutable_rules()->DeleteSubrange(i, 1);
    } else {
      *mutated.mutable_rules(i) = mutant.rule;
    }
    break;
  }
  return Load(mutated);
}

std::string MutantJudge::CaseAgainst(const CompiledCatalog& mutated,
                                     bool* by_verdict) const {
  const CaseRunner runner(mutated, suites_);
  std::string first;
  for (const testing::v1::RuleCaseSuite* suite : suites_) {
    for (const CaseFailure& failure : runner.Run(*suite)) {
      if (first.empty()) first = failure.name;
      // Of an add-on, rules change the status by its verdict alone.
      if (absl::StrContains(failure.message, ": verdict: ") ||
          absl::StartsWith(failure.message, "add-on ")) {
        *by_verdict = true;
        return failure.name;
      }
    }
  }
  return first;
}

bool MutantJudge::ChangesAVerdict(const CompiledCatalog& mutated) const {
  analysis::DiffOptions options;
  options.milliseconds = kQuestionMilliseconds;
  options.threads = 1;
  options.witnesses = false;
  const testing::v1::CatalogDiff diff =
      analysis::DiffCatalogs(*plain_compiled_, mutated, options);
  return diff.changes_size() > 0 || !diff.no_other_change();
}

testing::v1::RuleCaseSuite MutantJudge::PatientsOf(
    const CompiledCatalog& mutated) const {
  analysis::DiffOptions options;
  options.milliseconds = kQuestionMilliseconds;
  options.threads = 1;
  // From the fault to what is right, so that they expect what is right.
  const testing::v1::CatalogDiff diff =
      analysis::DiffCatalogs(mutated, *plain_compiled_, options);
  testing::v1::RuleCaseSuite suite;
  suite.set_as_of(diff.as_of());
  for (const testing::v1::VerdictChange& change : diff.changes()) {
    if (change.has_witness()) *suite.add_cases() = change.witness();
  }
  return suite;
}

std::string MutantJudge::InvariantAgainst(const CompiledCatalog& mutated,
                                          const Mutant& mutant) const {
  const analysis::Written before(plain_);
  const analysis::Written written(mutated.catalog);
  const v1::Rule& rule = *before.FindRule(mutant.rule_id);
  const std::set<std::string> asked = AskedBy(rule.condition());
  // Those that have to do with the rule first: most often it is one of them.
  for (const bool concerning : {true, false}) {
    for (const v1::Treatment& t : plain_.treatments()) {
      const std::string& treatment = t.treatment_id();
      const auto rules = before.RulesOf(treatment, "standard");
      if (std::find(rules.begin(), rules.end(), &rule) == rules.end()) continue;
      for (const analysis::AreaClass& areas : written.AreaClasses()) {
        analysis::Bench bench(written, mutated, areas, treatment, "standard",
                              kQuestionMilliseconds);
        for (const v1::Invariant& invariant : plain_.invariants()) {
          if (!analysis::SpeaksOf(invariant, treatment, "standard") ||
              Concerns(invariant, mutant.rule_id, asked) != concerning) {
            continue;
          }
          const analysis::Finding finding =
              analysis::ProveInvariant(invariant, &bench);
          if (finding.outcome == analysis::Outcome::kRefuted ||
              finding.outcome == analysis::Outcome::kDisagreement) {
            return invariant.invariant_id();
          }
        }
      }
    }
  }
  return "";
}

Fate MutantJudge::Judge(const Mutant& mutant) const {
  Fate fate;
  const std::shared_ptr<const CompiledCatalog> mutated = Apply(mutant);
  if (mutated == nullptr) {
    fate.kind = Fate::Kind::kRefused;
    return fate;
  }
  fate.by = CaseAgainst(*mutated, &fate.changes_verdict);
  if (!fate.by.empty()) {
    fate.kind = Fate::Kind::kKilledByCase;
    fate.changes_verdict = fate.changes_verdict || ChangesAVerdict(*mutated);
    return fate;
  }
  fate.changes_verdict = ChangesAVerdict(*mutated);
  if (!fate.changes_verdict) {
    fate.kind = Fate::Kind::kEqual;
    return fate;
  }
  fate.by = InvariantAgainst(*mutated, mutant);
  if (!fate.by.empty()) {
    fate.kind = Fate::Kind::kKilledByProof;
  } else {
    fate.missing = PatientsOf(*mutated);
  }
  return fate;
}

}  // namespace needlewise
