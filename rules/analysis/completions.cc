#include "rules/analysis/completions.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace needlewise::analysis {
namespace {

// Ways to make a rule true that are tried; any of them is enough.
constexpr size_t kMostChoices = 2000;

// How much is affirmed in a world: a quantity's worlds are alike.
int AffirmedIn(const CompiledConcept& about, int world) {
  int affirmed = 0;
  if (about.is_quantity) return 0;
  for (const uint8_t cell : about.world_cells[world]) {
    affirmed += cell == 0 ? 0 : cell < about.PresentCell(0) ? 1 : 3;
  }
  return affirmed;
}

// Fills in what a choice leaves open.
class Recipe {
 public:
  explicit Recipe(Bench* bench)
      : f_(bench->f()),
        compiled_(bench->compiled()),
        drawn_(bench->known().drawn) {}

  // Whether the recipe breaks an implication for a choice of worlds.
  Formula Breaks(const EngineModel::Choice& choice) {
    std::map<int, int> chosen;
    for (size_t i = 0; i < choice.concepts.size(); ++i) {
      const int c = choice.concepts[i];
      if (!compiled_.implications_from[c].empty() ||
          !compiled_.implications_to[c].empty()) {
        chosen[c] = choice.worlds[i];
      }
    }
    const auto found = made_.find(chosen);
    if (found != made_.end()) return found->second;
    const Formula made = MakeBreaks(chosen);
    made_.emplace(std::move(chosen), made);
    return made;
  }

 private:
  Formula MakeBreaks(const std::map<int, int>& chosen) {
    // What the choice implies, directly or not; and all that is tied to it.
    std::set<int> below;
    std::set<int> tied;
    for (const auto& [c, world] : chosen) {
      below.insert(c);
      tied.insert(c);
    }
    for (size_t before = 0; before != below.size() + tied.size();) {
      before = below.size() + tied.size();
      for (const CompiledImplication& arc : compiled_.implications) {
        if (below.count(arc.gate) > 0) below.insert(arc.target);
        if (tied.count(arc.gate) + tied.count(arc.target) > 0) {
          tied.insert({arc.gate, arc.target});
        }
      }
    }
    const auto is_in = [&](int c, WorldSet set, bool inside) {
      const auto has = [&](int w) { return ((set >> w & 1) != 0) == inside; };
      const auto fixed = chosen.find(c);
      if (fixed != chosen.end()) return f_.Constant(has(fixed->second));
      std::vector<Formula> any;
      const std::vector<Formula>& picked = Pick(c, below.count(c) == 0);
      for (size_t w = 0; w < picked.size(); ++w) {
        if (has(static_cast<int>(w))) any.push_back(picked[w]);
      }
      return f_.Or(std::move(any));
    };
    std::vector<Formula> any;
    for (const CompiledImplication& arc : compiled_.implications) {
      if (tied.count(arc.gate) == 0) continue;
      any.push_back(f_.And({is_in(arc.gate, arc.given, true),
                            is_in(arc.target, arc.implied, false),
                            f_.Not(drawn_.broken[arc.target])}));
    }
    return f_.Or(std::move(any));
  }

  // The possible world of a concept that affirms most, or least.
  const std::vector<Formula>& Pick(int c, bool most) {
    const auto found = picks_.find({c, most});
    if (found != picks_.end()) return found->second;
    const CompiledConcept& about = compiled_.concepts[c];
    const std::vector<Formula>& possible = drawn_.worlds[c];
    std::vector<std::pair<int, int>> order;
    for (size_t w = 0; w < possible.size(); ++w) {
      if (possible[w] == f_.False()) continue;
      const int affirmed = AffirmedIn(about, static_cast<int>(w));
      order.emplace_back(most ? -affirmed : affirmed, static_cast<int>(w));
    }
    std::sort(order.begin(), order.end());
    std::vector<Formula> picked(possible.size(), f_.False());
    Formula none_before = f_.True();
    for (const auto& [affirmed, w] : order) {
      picked[w] = f_.And(possible[w], none_before);
      none_before = f_.And(none_before, f_.Not(possible[w]));
    }
    return picks_.emplace(std::make_pair(c, most), std::move(picked))
        .first->second;
  }

  Formulas& f_;
  const CompiledCatalog& compiled_;
  const Drawn& drawn_;
  std::map<std::map<int, int>, Formula> made_;
  std::map<std::pair<int, bool>, std::vector<Formula>> picks_;
};

// The recipe failed for the patient of the last answer: asks whether no other
// way blocks either.
Finding AskInAllCompletions(Bench* bench, const std::string& rule_id,
                            const std::vector<Formula>& violation) {
  Finding finding = bench->Refute(
      violation, "data-required-in-vain",
      absl::StrCat("Data are required because of rule `", rule_id,
                   "`, and however they are filled in, nothing blocks."));
  if (finding.outcome != Outcome::kRefuted) return finding;
  // What is known is fixed to what it is in the last answer.
  Formulas& f = bench->f();
  std::vector<Formula> fixed = {bench->TruthIsPossible(), bench->TruthBlocks()};
  const Solver& solver = bench->solver();
  const auto fix = [&](Variable x) {
    if (f.variables()[x.index].sort == VariableInfo::Sort::kBool) {
      fixed.push_back(solver.IsTrue(x) ? f.Is(x) : f.Not(f.Is(x)));
    } else {
      fixed.push_back(f.Equals(x, solver.ValueOf(x)));
    }
  };
  const Knowledge& known = bench->known().knowledge;
  for (size_t c = 0; c < known.lives.size(); ++c) {
    for (const KnownLife& life : known.lives[c]) {
      for (const Variable x :
           {life.never, life.past, life.present, life.last_from, life.last_to,
            life.onset_from, life.onset_to}) {
        fix(x);
      }
    }
    if (bench->model().concepts()[c].is_quantity) {
      fix(known.low[c]);
      fix(known.high[c]);
    }
  }
  const Context& context = bench->model().context();
  for (const auto* group :
       {&context.areas, &context.devices, &context.concerns}) {
    for (const auto& [id, x] : *group) fix(x);
  }
  fix(context.no_device);
  fix(context.unlisted_device);
  fix(context.depth_stated);
  fix(context.depth);
  for (const auto& [id, x] : bench->acknowledged()) fix(x);
  switch (bench->Ask(fixed)) {
    case Answer::kUnsatisfiable:
      absl::StrAppend(&finding.detail, " because of rule `", rule_id,
                      "`, which no completion makes true");
      return finding;
    case Answer::kSatisfiable:
    case Answer::kUndecided:
      break;
  }
  finding.outcome = Outcome::kUndecided;
  finding.detail = absl::StrCat(
      bench->Name(), ": the recipe for completions does not fit rule `",
      rule_id, "`");
  finding.witness.Clear();
  return finding;
}

}  // namespace

Formula CompiledImplicationsKept(Bench* bench) {
  Formulas& f = bench->f();
  const CompiledCatalog& compiled = bench->compiled();
  std::vector<Formula> all;
  const auto is_in = [&](int c, WorldSet set) {
    const CompiledConcept& about = compiled.concepts[c];
    std::vector<Formula> any;
    for (int w = 0; w < 64; ++w) {
      if ((about.all & set) >> w & 1) {
        any.push_back(bench->engine().IsIn(about, w, bench->truth()));
      }
    }
    return f.Or(std::move(any));
  };
  for (const CompiledImplication& arc : compiled.implications) {
    all.push_back(
        f.Implies(is_in(arc.gate, arc.given), is_in(arc.target, arc.implied)));
  }
  return f.And(std::move(all));
}

Finding ProveCompletions(Bench* bench) {
  // A profile's rules are rules of the profile `standard`, and an inherited
  // one is looked at where it comes from, with any device.
  if (bench->profile() != "standard") return {};
  Formulas& f = bench->f();
  KnownPatient& known = bench->known();
  Recipe recipe(bench);
  std::vector<const CompiledRule*> rules;
  std::vector<Formula> violations;
  for (const CompiledRule* rule : bench->program().rules) {
    if (rule->strictness < Strictness::kReview || !IsOwn(*bench, *rule->rule)) {
      continue;
    }
    const Possible truth = bench->engine().RuleTruth(*rule, known.drawn);
    std::vector<Formula> violation = {truth.can_be_true, truth.can_be_false};
    std::vector<EngineModel::Choice> choices =
        bench->engine().ChoicesOf(*rule, known.drawn);
    if (choices.size() > kMostChoices) choices.resize(kMostChoices);
    for (const EngineModel::Choice& choice : choices) {
      violation.push_back(f.Or(f.Not(choice.holds), recipe.Breaks(choice)));
    }
    rules.push_back(rule);
    violations.push_back(f.And(std::move(violation)));
  }
  if (bench->AskOfAnyDevice({f.Or(violations)}) == Answer::kUnsatisfiable) {
    return {};
  }
  const Formula required = known.verdict.is.at(v1::VERDICT_DATA_REQUIRED);
  for (size_t i = 0; i < rules.size(); ++i) {
    if (bench->AskOfAnyDevice({violations[i]}) == Answer::kUnsatisfiable) {
      continue;
    }
    return AskInAllCompletions(
        bench, rules[i]->rule->rule_id(),
        {required, violations[i], bench->NothingAcknowledged()});
  }
  return AskInAllCompletions(bench, "", {required, f.Or(violations)});
}

}  // namespace needlewise::analysis
