#include "rules/analysis/lints.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/analysis/bench.h"

namespace needlewise::analysis {
namespace {

int StrictnessOf(const v1::Rule& rule) {
  return rule.has_contraindication() ? 4
         : rule.has_deferral()       ? 3
         : rule.has_review()         ? 2
         : rule.has_precaution()     ? 1
                                     : 0;
}

std::set<std::string> ConceptsOf(const v1::Rule& rule) {
  std::set<std::string> concepts;
  VisitConditions(rule.condition(), [&](const v1::Condition& c) {
    if (c.has_finding()) concepts.insert(c.finding().concept());
    if (c.has_quantity()) concepts.insert(c.quantity().concept());
  });
  return concepts;
}

bool Share(const std::set<std::string>& a, const std::set<std::string>& b) {
  return std::any_of(a.begin(), a.end(),
                     [&](const auto& id) { return b.count(id) > 0; });
}

// Which way a condition asks about each concept: affirmed, denied or both.
void CollectPolarity(const v1::Condition& condition, bool affirmed,
                     std::map<std::string, std::pair<bool, bool>>* polarity) {
  if (condition.has_not_()) {
    CollectPolarity(condition.not_(), !affirmed, polarity);
  }
  for (const auto* list : {&condition.all_of(), &condition.any_of()}) {
    for (const auto& c : list->conditions()) {
      CollectPolarity(c, affirmed, polarity);
    }
  }
  if (condition.has_finding()) {
    auto& [is_affirmed, is_denied] = (*polarity)[condition.finding().concept()];
    (affirmed ? is_affirmed : is_denied) = true;
  }
}

// Looks at one slice after the other and keeps what holds in all of them.
class Linter {
 public:
  Linter(const CompiledCatalog& catalog, const ProveOptions& options)
      : catalog_(catalog), written_(catalog.catalog), options_(options) {}

  std::vector<Lint> Run() {
    for (const auto& t : written_.catalog().treatments()) {
      if (written_.RulesOf(t.treatment_id(), "standard").empty()) {
        Add("no-rules", t.treatment_id(), "no rule applies to the treatment");
      }
      for (AreaClass& areas : written_.AreaClasses()) {
        slices_.emplace_back(t.treatment_id(), std::move(areas));
      }
    }
    for (const auto& r : written_.catalog().rules()) {
      never_.insert(r.rule_id());
      always_.insert(r.rule_id());
    }
    for (const auto& c : written_.catalog().concepts()) {
      idle_.insert(c.concept_id());
    }
    int done = 0;
    for (const auto& [treatment, areas] : slices_) {
      Bench bench(written_, catalog_, areas, treatment, "standard",
                  options_.milliseconds);
      LookAt(&bench);
      ++done;
      if (options_.progress != nullptr) {
        options_.progress(done, static_cast<int>(slices_.size()), bench.Name());
      }
    }
    Report();
    std::sort(lints_.begin(), lints_.end(), [](const Lint& a, const Lint& b) {
      return std::tie(a.kind, a.subject) < std::tie(b.kind, b.subject);
    });
    return std::move(lints_);
  }

 private:
  void Add(std::string kind, std::string subject, std::string message,
           testing::v1::RuleCaseSuite witness = {}) {
    lints_.push_back({std::move(kind), std::move(subject), std::move(message),
                      std::move(witness)});
  }

  // Whether nobody satisfies all of these. Where that is not decided it is
  // not, and `not-decided` is reported.
  bool IsOfNobody(Bench* bench, const std::vector<Formula>& all) {
    const Answer answer = bench->Ask(all);
    if (answer == Answer::kUndecided) undecided_.insert(bench->Name());
    return answer == Answer::kUnsatisfiable;
  }

  // A patient for whom all of these rules hold, where the first treatment and
  // areas are that have one.
  testing::v1::RuleCaseSuite Show(const std::set<std::string>& rules,
                                  const std::string& name,
                                  const std::string& statement) {
    for (const auto& [treatment, areas] : slices_) {
      size_t applying = 0;
      for (const v1::Rule* r : written_.RulesOf(treatment, "standard")) {
        applying += rules.count(r->rule_id());
      }
      if (applying < rules.size()) continue;
      Bench bench(written_, catalog_, areas, treatment, "standard",
                  options_.milliseconds);
      std::vector<Formula> all = {bench.NothingAcknowledged()};
      for (const CompiledRule* r : bench.program().rules) {
        if (rules.count(r->rule->rule_id()) == 0) continue;
        all.push_back(bench.f().Not(
            bench.engine().RuleTruth(*r, bench.known().drawn).can_be_false));
      }
      Finding shown = bench.Refute(all, name, statement);
      if (shown.witness.cases_size() > 0) return std::move(shown.witness);
    }
    return {};
  }

  void LookAt(Bench* bench) {
    Formulas& f = bench->f();
    const Formula lawful =
        f.And(bench->model().Lawful(bench->truth()),
              bench->model().KeepsImplications(written_, bench->truth()));
    std::map<std::string, Formula> holds;
    for (const v1::Rule* rule :
         written_.RulesOf(bench->treatment(), "standard")) {
      const std::string& id = rule->rule_id();
      holds[id] =
          bench->model().Holds(written_, rule->condition(), bench->truth());
      if (never_.count(id) > 0 && !IsOfNobody(bench, {lawful, holds[id]})) {
        never_.erase(id);
      }
      if (always_.count(id) > 0 &&
          !IsOfNobody(bench, {lawful, f.Not(holds[id])})) {
        always_.erase(id);
      }
    }
    LookForShadows(bench, lawful, holds);
    LookForWayOut(bench, lawful, holds);
    LookForWindows(bench);
    LookForEligible(bench);
    LookForIdle(bench);
  }

  // A rule that says less wherever it says anything than another one.
  void LookForShadows(Bench* bench, Formula lawful,
                      const std::map<std::string, Formula>& holds) {
    Formulas& f = bench->f();
    std::map<std::string, std::set<std::string>> here;
    for (const auto& [id, rule_holds] : holds) {
      const v1::Rule& rule = *written_.FindRule(id);
      if (!Blocks(rule)) continue;
      const std::set<std::string> asked = ConceptsOf(rule);
      const bool first = shadows_.count(id) == 0;
      for (const auto& [other_id, other_holds] : holds) {
        const v1::Rule& other = *written_.FindRule(other_id);
        if (StrictnessOf(other) <= StrictnessOf(rule) ||
            !Share(asked, ConceptsOf(other)) ||
            (!first && shadows_[id].count(other_id) == 0)) {
          continue;
        }
        if (IsOfNobody(bench, {lawful, rule_holds, f.Not(other_holds)})) {
          here[id].insert(other_id);
        }
      }
      shadows_[id] = here[id];
    }
  }

  // A deferral that stays however everything turns out: what it affirms ended
  // long ago, and what it denies is so.
  void LookForWayOut(Bench* bench, Formula lawful,
                     const std::map<std::string, Formula>& holds) {
    Formulas& f = bench->f();
    for (const auto& [id, rule_holds] : holds) {
      const v1::Rule& rule = *written_.FindRule(id);
      if (!rule.has_deferral() || !IsOwn(*bench, rule)) continue;
      std::map<std::string, std::pair<bool, bool>> polarity;
      CollectPolarity(rule.condition(), true, &polarity);
      const History later = bench->model().AddHistory("later");
      std::vector<Formula> turned = {bench->model().Lawful(later)};
      for (const auto& [concept_id, ways] : polarity) {
        const int c = bench->model().IndexOf(concept_id);
        for (size_t p = 0; p < later.lives[c].size(); ++p) {
          const Life& before = bench->truth().lives[c][p];
          const Life& after = later.lives[c][p];
          // What was, was.
          turned.push_back(f.Implies(f.Is(before.ever), f.Is(after.ever)));
          turned.push_back(ways.first ? f.Not(f.Is(after.now))
                                      : f.Is(after.now));
          if (ways.first) {
            turned.push_back(f.AtMost(after.last, kLongAgo));
            turned.push_back(f.Implies(f.Is(after.ever), f.Is(before.ever)));
          }
        }
      }
      // A quantity can turn out as it may.
      const Formula stays =
          bench->model().Holds(written_, rule.condition(), later);
      if (IsOfNobody(bench,
                     {lawful, rule_holds, f.And(turned), f.Not(stays)})) {
        no_way_out_.insert(id);
      }
    }
  }

  // Two rules that look back on the same thing through windows and say
  // different things of the same day.
  void LookForWindows(Bench* bench) {
    std::map<std::string, std::vector<const CompiledRule*>> by_concept;
    for (const CompiledRule* rule : bench->program().rules) {
      VisitConditions(rule->rule->condition(), [&](const v1::Condition& c) {
        if (c.has_finding() && c.finding().has_within()) {
          by_concept[c.finding().concept()].push_back(rule);
        }
      });
    }
    for (const auto& [concept_id, rules] : by_concept) {
      for (size_t i = 0; i < rules.size(); ++i) {
        for (size_t j = 0; j < i; ++j) {
          const std::string pair = absl::StrCat(rules[j]->rule->rule_id(), ", ",
                                                rules[i]->rule->rule_id());
          if (rules[i]->strictness == rules[j]->strictness ||
              !windows_seen_.insert(pair).second) {
            continue;
          }
          testing::v1::RuleCaseSuite shown =
              Show({rules[i]->rule->rule_id(), rules[j]->rule->rule_id()},
                   absl::StrCat("overlap-", concept_id),
                   absl::StrCat("Windows of ", pair, " overlap."));
          if (shown.cases().empty()) continue;
          Add("overlapping-windows", pair,
              absl::StrCat("both look back on `", concept_id,
                           "` and say different things of the same day, in ",
                           bench->treatment()),
              std::move(shown));
        }
      }
    }
  }

  // Areas in which nobody is eligible, though no single rule says so.
  void LookForEligible(Bench* bench) {
    Formulas& f = bench->f();
    std::vector<std::string> nobody;
    for (const auto& [id, x] : bench->model().context().areas) {
      if (!IsOfNobody(bench, {f.Is(x), bench->known().verdict.eligible})) {
        continue;
      }
      bool by_one_rule = false;
      for (const CompiledRule* rule : bench->program().rules) {
        if (rule->strictness < Strictness::kDeferral) continue;
        const Possible truth =
            bench->engine().RuleTruth(*rule, bench->known().drawn);
        by_one_rule =
            by_one_rule || IsOfNobody(bench, {f.Is(x), truth.can_be_false});
      }
      if (!by_one_rule) nobody.push_back(id);
    }
    if (nobody.empty()) return;
    Add("nobody-eligible", bench->treatment(),
        absl::StrCat("its rules contradict each other: nobody can be eligible "
                     "in ",
                     absl::StrJoin(nobody, ", ")));
  }

  // A concept whose every answer leaves every verdict as it is.
  void LookForIdle(Bench* bench) {
    Formulas& f = bench->f();
    const std::set<std::string> still_idle = idle_;
    for (const std::string& id : still_idle) {
      const Bench::Variation varied =
          bench->Vary([&](int c, std::vector<Formula>* worlds) {
            if (catalog_.concepts[c].id != id) return;
            std::vector<Formula> any;
            for (size_t w = 0; w < worlds->size(); ++w) {
              if (!bench->engine().WorldAllowed(c, static_cast<int>(w))) {
                continue;
              }
              (*worlds)[w] = f.Is(f.Bool("answered"));
              any.push_back((*worlds)[w]);
            }
            bench->solver().Assert(f.Or(std::move(any)));
          });
      std::vector<Formula> differ;
      for (const auto& [verdict, holds] : bench->known().verdict.is) {
        const Formula other = varied.verdict.is.at(verdict);
        if (other != holds) differ.push_back(f.Not(f.Iff(holds, other)));
      }
      if (differ.empty()) continue;
      if (!IsOfNobody(bench, {f.Or(std::move(differ))})) {
        idle_.erase(id);
      }
    }
  }

  void Report() {
    for (const std::string& id : never_) {
      Add("never-fires", id, "nobody can have what it looks for");
    }
    for (const std::string& id : always_) {
      Add("always-fires", id, "it holds for everybody",
          Show({id}, absl::StrCat("always-", id),
               absl::StrCat("Rule `", id, "` holds for everybody.")));
    }
    for (const auto& [id, others] : shadows_) {
      if (others.empty() || never_.count(id) > 0) continue;
      std::set<std::string> together = others;
      together.insert(id);
      Add("shadowed", id,
          absl::StrCat("wherever it holds, a stricter rule does: ",
                       absl::StrJoin(others, ", ")),
          Show(together, absl::StrCat("shadowed-", id),
               absl::StrCat("Rule `", id, "` changes nothing here.")));
    }
    for (const std::string& id : no_way_out_) {
      Add("no-way-out", id,
          "a deferral that nothing ends; make it a contraindication",
          Show({id}, absl::StrCat("no-way-out-", id),
               absl::StrCat("Deferred by rule `", id, "`, for good.")));
    }
    for (const std::string& id : idle_) {
      Add("idle-question", id, "no answer to it changes a verdict");
    }
    for (const std::string& slice : undecided_) {
      Add("not-decided", slice,
          "time ran out, so there may be more; raise --limit");
    }
  }

  const CompiledCatalog& catalog_;
  const Written written_;
  const ProveOptions& options_;
  std::vector<std::pair<std::string, AreaClass>> slices_;
  std::vector<Lint> lints_;
  std::set<std::string> undecided_;
  std::set<std::string> never_;
  std::set<std::string> always_;
  std::map<std::string, std::set<std::string>> shadows_;
  std::set<std::string> no_way_out_;
  std::set<std::string> windows_seen_;
  std::set<std::string> idle_;
};

}  // namespace

std::vector<Lint> FindLints(const CompiledCatalog& catalog,
                            const ProveOptions& options) {
  return Linter(catalog, options).Run();
}

}  // namespace needlewise::analysis
