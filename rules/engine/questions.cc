#include "rules/engine/questions.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

namespace needlewise {
namespace {

// Steps after which a search gives up and keeps the question: asking once too
// often is the lesser harm. No released catalogue comes near it.
constexpr int kMostSteps = 20000;

// In place of a rank; after every one.
constexpr int kNotLive = std::numeric_limits<int>::max();

bool IsOpen(WorldSet worlds) { return (worlds & (worlds - 1)) != 0; }

class Search {
 public:
  Search(const CompiledCatalog& catalog, const Program& program,
         const Facts& facts, const Evaluation& evaluation,
         const EffectiveStrictness& strictness)
      : catalog_(catalog),
        program_(program),
        facts_(facts),
        evaluation_(evaluation),
        strictness_(strictness) {}

  OpenQuestions Run() {
    OpenQuestions questions;
    floor_ = StrictestTrue(evaluation_.tally);
    if (floor_ == Strictness::kContraindication) return questions;
    if (evaluation_.tally.unknown_rules == RuleTally().unknown_rules) {
      return questions;
    }
    for (size_t i = 0; i < evaluation_.truths.size(); ++i) {
      const int position = static_cast<int>(i);
      if (evaluation_.truths[i] == Truth::kUnknown &&
          strictness_.of(position) > floor_) {
        live_.push_back(position);
      }
    }
    std::stable_sort(live_.begin(), live_.end(), [&](int a, int b) {
      return strictness_.of(a) > strictness_.of(b);
    });
    if (!live_.empty()) FindOutstanding(&questions.outstanding);
    FindAlsoUseful(questions.outstanding, &questions.also_useful);
    return questions;
  }

 private:
  void FindOutstanding(std::vector<OpenQuestion>* outstanding) {
    RankLive();
    MakeBenign();
    std::vector<int> candidates;
    std::vector<bool> seen(catalog_.concepts.size(), false);
    for (const int position : live_) {
      for (const int c : AskedBy(position)) {
        if (!seen[c] && IsOpen(facts_.possible[c])) candidates.push_back(c);
        seen[c] = true;
      }
    }
    influences_.assign(catalog_.concepts.size(), false);
    for (const int c : candidates) influences_[c] = InfluencesDirectly(c);
    // Gates, from the nearest to what they settle upwards.
    for (auto t = catalog_.implied_concepts.rbegin();
         t != catalog_.implied_concepts.rend(); ++t) {
      for (const int i : catalog_.implications_to[*t]) {
        const int gate = catalog_.implications[i].gate;
        if (!influences_[gate] && IsOpen(facts_.possible[gate]) &&
            InfluencesAsGate(gate)) {
          influences_[gate] = true;
        }
      }
    }
    for (size_t c = 0; c < influences_.size(); ++c) {
      if (influences_[c]) outstanding->push_back(Describe(static_cast<int>(c)));
    }
    std::stable_sort(
        outstanding->begin(), outstanding->end(),
        [&](const OpenQuestion& a, const OpenQuestion& b) {
          const auto rank = [&](const OpenQuestion& q) {
            return std::make_tuple(
                -static_cast<int>(q.decides),
                q.settles.empty()
                    ? 0
                    : -catalog_.concepts[q.concept_index].gate_height,
                -static_cast<int>(q.settles.size() + q.rules.size()));
          };
          return rank(a) < rank(b);
        });
  }

  const std::vector<int32_t>& AskedBy(int position) const {
    const CompiledRule& rule = *program_.rules[position];
    return rule.entangled ? rule.enumerated : rule.concepts;
  }

  void RankLive() {
    rank_.assign(program_.rules.size(), kNotLive);
    asking_.resize(catalog_.concepts.size());
    for (size_t rank = 0; rank < live_.size(); ++rank) {
      const int position = live_[rank];
      rank_[position] = static_cast<int>(rank);
      for (const int c : AskedBy(position)) asking_[c].push_back(position);
    }
  }

  // Gives each concept the world in which nothing fires, if there is one.
  void MakeBenign() {
    benign_ = facts_.possible;
    for (size_t c = 0; c < benign_.size(); ++c) {
      if (!IsOpen(benign_[c])) continue;
      for (const uint8_t world : catalog_.concepts[c].benign_order) {
        if ((benign_[c] & Bit(world)) != 0) {
          benign_[c] = Bit(world);
          break;
        }
      }
    }
    // Of what a gate forces, its target gives way.
    for (const int target : catalog_.implied_concepts) {
      for (const int i : catalog_.implications_to[target]) {
        const CompiledImplication& arc = catalog_.implications[i];
        if (!IsBroken(arc, benign_)) continue;
        for (const uint8_t world : catalog_.concepts[target].benign_order) {
          if ((facts_.possible[target] & arc.implied & Bit(world)) != 0) {
            benign_[target] = Bit(world);
            break;
          }
        }
      }
    }
    for (const int position : live_) {
      if (!IsFalse(position, benign_)) benign_firing_.push_back(position);
    }
    for (const CompiledImplication& arc : catalog_.implications) {
      if (IsBroken(arc, benign_)) benign_broken_.push_back(&arc);
    }
    benign_holds_ = benign_firing_.empty() && benign_broken_.empty();
  }

  bool IsBroken(const CompiledImplication& arc,
                const std::vector<WorldSet>& possible) const {
    return (possible[arc.gate] & ~arc.given) == 0 &&
           (possible[arc.target] & arc.implied) == 0 &&
           !facts_.IsBroken(arc.target);
  }

  // Calls `visit` for each concept that is not as in `benign_`, until it
  // returns false, and returns whether it went to the end. What asks or implies
  // none of them is as it is there.
  template <typename Visit>
  bool ForEachChange(const std::vector<WorldSet>& possible,
                     const Visit& visit) const {
    for (size_t c = 0; c < possible.size(); ++c) {
      if (possible[c] != benign_[c] && !visit(static_cast<int>(c))) {
        return false;
      }
    }
    return true;
  }

  // Whether no implication is broken.
  bool IsPossible(const std::vector<WorldSet>& possible) const {
    return std::none_of(benign_broken_.begin(), benign_broken_.end(),
                        [&](const CompiledImplication* arc) {
                          return IsBroken(*arc, possible);
                        }) &&
           ForEachChange(possible, [&](int c) {
             return !BreaksImplication(catalog_, facts_, possible, c);
           });
  }

  bool IsFalse(int position, const std::vector<WorldSet>& possible) const {
    return EvaluateNodes(program_.rules[position]->nodes, possible.data()) ==
           Truth::kFalse;
  }

  // Whether every live rule at least as strict as `level` is false.
  bool NothingFires(const std::vector<WorldSet>& possible,
                    Strictness level) const {
    return FirstToFire(possible, level) == kNotLive;
  }

  // The first of the live rules at least as strict as `level` that is not
  // false, as its place in `live_`; kNotLive where there is none.
  int FirstToFire(const std::vector<WorldSet>& possible,
                  Strictness level) const {
    int first = kNotLive;
    const auto look_at = [&](int position) {
      if (rank_[position] < first && strictness_.of(position) >= level &&
          !IsFalse(position, possible)) {
        first = rank_[position];
      }
    };
    for (const int position : benign_firing_) look_at(position);
    ForEachChange(possible, [&](int c) {
      for (const int position : program_.rules_by_concept[c]) look_at(position);
      return true;
    });
    return first;
  }

  bool IsTrue(int position, const std::vector<WorldSet>& possible) const {
    return EvaluateNodes(program_.rules[position]->nodes, possible.data()) ==
           Truth::kTrue;
  }

  // The usual case without a search: a rule that asks only this.
  bool FiresAlone(int c) {
    const WorldSet before = benign_[c];
    bool fires = false;
    for (const int position : program_.rules_by_concept[c]) {
      const CompiledRule& rule = *program_.rules[position];
      if (rule.nodes.size() != 1 || strictness_.of(position) <= floor_ ||
          evaluation_.truths[position] != Truth::kUnknown) {
        continue;
      }
      for (WorldSet rest = facts_.possible[c] & rule.nodes[0].satisfying;
           rest != 0 && !fires; rest &= rest - 1) {
        benign_[c] = rest & -rest;
        fires = !BreaksImplication(catalog_, facts_, benign_, c);
      }
      if (fires) break;
    }
    benign_[c] = before;
    return fires;
  }

  bool InfluencesDirectly(int c) {
    if (benign_holds_ && FiresAlone(c)) return true;
    for (const Others others :
         {Others::kBenign, Others::kGatesOpen, Others::kAny}) {
      if (others == Others::kBenign && !benign_holds_) continue;
      for (const int position : asking_[c]) {
        if (Separates(c, position, others)) return true;
      }
    }
    return false;
  }

  // What a search assumes of the concepts that it does not vary: the cheaper
  // assumptions find nearly everything, the last one all of it.
  enum class Others { kBenign, kGatesOpen, kAny };

  // Moves every gate above `c` to an answer that leaves `c` free.
  void OpenGates(int c, std::vector<WorldSet>* possible) const {
    for (const int i : catalog_.implications_to[c]) {
      const CompiledImplication& arc = catalog_.implications[i];
      if (((*possible)[arc.gate] & ~arc.given) != 0) continue;
      for (const uint8_t world : catalog_.concepts[arc.gate].benign_order) {
        if ((facts_.possible[arc.gate] & ~arc.given & Bit(world)) != 0) {
          (*possible)[arc.gate] = Bit(world);
          break;
        }
      }
      OpenGates(arc.gate, possible);
    }
  }

  // Whether two answers to `c` make `position` true in one and leave nothing
  // as strict true in the other, all else being equal.
  bool Separates(int c, int position, Others others) {
    const Strictness level = strictness_.of(position);
    std::vector<int32_t> varied;
    for (const int v : AskedBy(position)) {
      if (IsOpen(facts_.possible[v])) varied.push_back(v);
    }
    Facts start;
    start.possible = benign_;
    start.broken = facts_.broken;
    if (others != Others::kBenign) {
      for (const int v : varied) OpenGates(v, &start.possible);
    }
    for (const int v : varied) start.possible[v] = facts_.possible[v];
    bool found = false;
    int steps = 0;
    std::vector<WorldSet> without;
    const auto try_with = [&](const std::vector<WorldSet>& with) {
      if (++steps > kMostSteps) {
        found = true;
        return false;
      }
      if (!IsTrue(position, with)) return true;
      for (WorldSet rest = facts_.possible[c] & ~with[c]; rest != 0;
           rest &= rest - 1) {
        without = with;
        without[c] = rest & -rest;
        found = others == Others::kAny
                    ? CanRepair(level, varied, {{c, with[c]}}, without)
                    : !BreaksImplication(catalog_, facts_, without, c) &&
                          NothingFires(without, level) && IsPossible(without);
        if (found) return false;
      }
      return true;
    };
    Vary(varied, others, start, try_with);
    return found;
  }

  // Calls `visit` for each way to answer `varied`, until it returns false.
  template <typename Visit>
  void Vary(const std::vector<int32_t>& varied, Others others,
            const Facts& start, const Visit& visit) const {
    if (others != Others::kAny) {
      ForEachCompletion(catalog_, start, varied, visit);
      return;
    }
    // What is not varied may still have to give way to an implication.
    Facts free = start;
    for (size_t i = 0; i < free.possible.size(); ++i) {
      free.possible[i] = facts_.possible[i];
    }
    ForEachCompletion(catalog_, free, varied,
                      [&](const std::vector<WorldSet>& with) {
                        std::vector<WorldSet> all = start.possible;
                        for (const int v : varied) all[v] = with[v];
                        return visit(all);
                      });
  }

  // Answers of one completion that differ in another.
  using Answers = std::vector<std::pair<int32_t, WorldSet>>;

  bool CanRepair(Strictness level, const std::vector<int32_t>& fixed,
                 const Answers& other, std::vector<WorldSet> possible) {
    fixed_.assign(catalog_.concepts.size(), false);
    for (const int f : fixed) fixed_[f] = true;
    for (const auto& [c, world] : other) fixed_[c] = true;
    steps_left_ = kMostSteps;
    return Repair(level, other, &possible);
  }

  // Changes what is not fixed until nothing as strict as `level` fires and no
  // implication is broken, also with `other` in place of what is here. Whatever
  // the solution, it changes some concept of each fault it meets, so all are
  // tried.
  bool Repair(Strictness level, const Answers& other,
              std::vector<WorldSet>* possible) {
    if (--steps_left_ < 0) return true;
    std::vector<int32_t> fault;
    if (!FindFault(level, other, *possible, &fault)) return true;
    std::vector<int32_t> tried;
    bool repaired = false;
    for (const int f : fault) {
      if (fixed_[f]) continue;
      fixed_[f] = true;
      tried.push_back(f);
      const WorldSet before = (*possible)[f];
      for (const uint8_t world : catalog_.concepts[f].benign_order) {
        const WorldSet changed = Bit(world);
        if ((facts_.possible[f] & changed) == 0 || changed == before) continue;
        (*possible)[f] = changed;
        repaired = Repair(level, other, possible);
        if (repaired) break;
      }
      if (repaired) break;
      (*possible)[f] = before;
    }
    if (!repaired) {
      for (const int f : tried) fixed_[f] = false;
    }
    return repaired;
  }

  // The concepts of one rule that fires, or of one implication that is broken.
  bool FindFault(Strictness level, const Answers& other,
                 const std::vector<WorldSet>& possible,
                 std::vector<int32_t>* fault) const {
    const int first = FirstToFire(possible, level);
    if (first != kNotLive) {
      *fault = program_.rules[live_[first]]->concepts;
      return true;
    }
    const auto in_other = [&](int c) {
      for (const auto& [differs, world] : other) {
        if (differs == c) return world;
      }
      return possible[c];
    };
    for (const CompiledImplication& arc : catalog_.implications) {
      if (facts_.IsBroken(arc.target)) continue;
      const auto broken = [&](WorldSet gate, WorldSet target) {
        return (gate & ~arc.given) == 0 && (target & arc.implied) == 0;
      };
      if (broken(possible[arc.gate], possible[arc.target]) ||
          broken(in_other(arc.gate), in_other(arc.target))) {
        *fault = {arc.gate, arc.target};
        return true;
      }
    }
    return false;
  }

  // Whether two answers to a gate, each with what it forces, can give different
  // verdicts.
  bool InfluencesAsGate(int gate) {
    bool settles = false;
    for (const int i : catalog_.implications_from[gate]) {
      const CompiledImplication& arc = catalog_.implications[i];
      const WorldSet can_be = facts_.possible[gate];
      if ((can_be & arc.given) == 0 || (can_be & ~arc.given) == 0) continue;
      if (facts_.IsBroken(arc.target)) continue;
      const WorldSet target = facts_.possible[arc.target];
      settles =
          settles || ((target & ~arc.implied) != 0 && influences_[arc.target]);
    }
    if (!settles) return false;
    const std::vector<bool> below = Below(gate);
    std::vector<bool> asks_below(live_.size(), false);
    for (size_t c = 0; c < below.size(); ++c) {
      if (!below[c] || static_cast<int>(c) == gate) continue;
      for (const int position : asking_[c]) asks_below[rank_[position]] = true;
    }
    std::vector<std::pair<int, std::vector<int32_t>>> reached;
    for (size_t rank = 0; rank < live_.size(); ++rank) {
      if (!asks_below[rank]) continue;
      std::vector<int32_t> varied =
          BetweenGateAndRule(gate, below, live_[rank]);
      if (varied.size() > 1) reached.emplace_back(live_[rank], varied);
    }
    for (const Others others :
         {Others::kBenign, Others::kGatesOpen, Others::kAny}) {
      if (others == Others::kBenign && !benign_holds_) continue;
      for (const auto& [position, varied] : reached) {
        if (GateSeparates(gate, position, varied, others)) return true;
      }
    }
    return false;
  }

  // A gate and all that it can settle.
  std::vector<bool> Below(int gate) const {
    std::vector<bool> below(catalog_.concepts.size(), false);
    below[gate] = true;
    // Targets in the order of gates before what they settle.
    for (const int target : catalog_.implied_concepts) {
      for (const int i : catalog_.implications_to[target]) {
        if (below[catalog_.implications[i].gate]) below[target] = true;
      }
    }
    return below;
  }

  // A gate, what the rule at `position` asks, and what lies between them.
  std::vector<int32_t> BetweenGateAndRule(int gate,
                                          const std::vector<bool>& below,
                                          int position) const {
    std::vector<bool> above(catalog_.concepts.size(), false);
    for (const int v : AskedBy(position)) above[v] = true;
    std::vector<int32_t> varied = {gate};
    for (auto t = catalog_.implied_concepts.rbegin();
         t != catalog_.implied_concepts.rend(); ++t) {
      if (!above[*t]) continue;
      for (const int i : catalog_.implications_to[*t]) {
        const int between = catalog_.implications[i].gate;
        if (below[between]) above[between] = true;
      }
    }
    for (size_t c = 0; c < above.size(); ++c) {
      const int v = static_cast<int>(c);
      if (above[c] && v != gate && IsOpen(facts_.possible[c])) {
        varied.push_back(v);
      }
    }
    return varied;
  }

  bool GateSeparates(int gate, int position, const std::vector<int32_t>& varied,
                     Others others) {
    const Strictness level = strictness_.of(position);
    Facts start;
    start.possible = benign_;
    start.broken = facts_.broken;
    if (others != Others::kBenign) {
      for (const int v : varied) OpenGates(v, &start.possible);
    }
    for (const int v : varied) start.possible[v] = facts_.possible[v];
    bool found = false;
    int steps = 0;
    Vary(varied, others, start, [&](const std::vector<WorldSet>& with) {
      if (++steps > kMostSteps) {
        found = true;
        return false;
      }
      const bool fires = IsTrue(position, with);
      if (!fires && others != Others::kAny && !NothingFires(with, level)) {
        return true;
      }
      for (WorldSet rest = facts_.possible[gate] & ~with[gate]; rest != 0;
           rest &= rest - 1) {
        std::vector<WorldSet> followed = with;
        followed[gate] = rest & -rest;
        std::vector<int32_t> changed = {gate};
        found = Follow(others, &followed, &changed, [&] {
          if (IsTrue(position, followed) == fires) return false;
          const std::vector<WorldSet>& clear = fires ? followed : with;
          if (others != Others::kAny) {
            return NothingFires(clear, level) && IsPossible(with) &&
                   IsPossible(followed);
          }
          Answers other;
          for (const int c : changed) {
            other.emplace_back(c, fires ? with[c] : followed[c]);
          }
          return CanRepair(level, varied, other, clear);
        });
        if (found) return false;
      }
      return true;
    });
    return found;
  }

  // Calls `visit` for each way to change what the answers to `changed` force,
  // until it returns true; nothing else changes.
  template <typename Visit>
  bool Follow(Others others, std::vector<WorldSet>* possible,
              std::vector<int32_t>* changed, const Visit& visit) const {
    const auto breaks = [&](const CompiledImplication& arc) {
      return IsBroken(arc, *possible);
    };
    const auto has_changed = [&](int c) {
      return std::find(changed->begin(), changed->end(), c) != changed->end();
    };
    for (const int c : *changed) {
      for (const int i : catalog_.implications_to[c]) {
        const CompiledImplication& arc = catalog_.implications[i];
        // Others can give way to what has changed only where they are free.
        if (breaks(arc) && (others != Others::kAny || has_changed(arc.gate))) {
          return false;
        }
      }
    }
    for (const int c : *changed) {
      for (const int i : catalog_.implications_from[c]) {
        const CompiledImplication& arc = catalog_.implications[i];
        if (!breaks(arc)) continue;
        const WorldSet before = (*possible)[arc.target];
        changed->push_back(arc.target);
        for (WorldSet rest = facts_.possible[arc.target] & arc.implied;
             rest != 0; rest &= rest - 1) {
          (*possible)[arc.target] = rest & -rest;
          if (Follow(others, possible, changed, visit)) return true;
        }
        changed->pop_back();
        (*possible)[arc.target] = before;
        return false;
      }
    }
    return visit();
  }

  OpenQuestion Describe(int c) const {
    OpenQuestion question;
    question.concept_index = c;
    for (const int i : catalog_.implications_from[c]) {
      const CompiledImplication& arc = catalog_.implications[i];
      if (influences_[arc.target] &&
          std::find(question.settles.begin(), question.settles.end(),
                    arc.target) == question.settles.end()) {
        question.settles.push_back(arc.target);
      }
    }
    std::vector<bool> waits(live_.size(), false);
    for (const int position : asking_[c]) waits[rank_[position]] = true;
    for (const int target : question.settles) {
      for (const int position : asking_[target]) waits[rank_[position]] = true;
    }
    for (size_t rank = 0; rank < live_.size(); ++rank) {
      if (waits[rank]) question.rules.push_back(live_[rank]);
    }
    question.decides = DecidedBy(c, 0);
    return question;
  }

  Strictness DecidedBy(int c, size_t depth) const {
    Strictness decides = Strictness::kNote;
    if (!asking_[c].empty()) decides = strictness_.of(asking_[c].front());
    if (depth > catalog_.concepts.size()) return decides;
    for (const int i : catalog_.implications_from[c]) {
      const int target = catalog_.implications[i].target;
      if (influences_[target]) {
        decides = std::max(decides, DecidedBy(target, depth + 1));
      }
    }
    return decides;
  }

  void FindAlsoUseful(const std::vector<OpenQuestion>& outstanding,
                      std::vector<OpenQuestion>* also_useful) const {
    std::vector<int> at(catalog_.concepts.size(), -1);
    for (const OpenQuestion& question : outstanding) {
      at[question.concept_index] = -2;
    }
    for (size_t i = 0; i < evaluation_.truths.size(); ++i) {
      const int position = static_cast<int>(i);
      if (evaluation_.truths[i] != Truth::kUnknown ||
          strictness_.of(position) > Strictness::kPrecaution) {
        continue;
      }
      for (const ConditionNode& node : program_.rules[i]->nodes) {
        if (node.kind != ConditionNode::Kind::kLeaf) continue;
        const int c = node.concept_index;
        if (at[c] == -2 ||
            TruthIn(facts_.possible[c], node.satisfying) != Truth::kUnknown) {
          continue;
        }
        if (at[c] == -1) {
          at[c] = static_cast<int>(also_useful->size());
          also_useful->emplace_back();
          also_useful->back().concept_index = c;
          also_useful->back().decides = strictness_.of(position);
        }
        std::vector<int>& rules = (*also_useful)[at[c]].rules;
        if (rules.empty() || rules.back() != position) {
          rules.push_back(position);
        }
      }
    }
  }

  const CompiledCatalog& catalog_;
  const Program& program_;
  const Facts& facts_;
  const Evaluation& evaluation_;
  const EffectiveStrictness& strictness_;
  Strictness floor_ = Strictness::kNote;
  // Unknown rules that are stricter than every true one, strictest first.
  std::vector<int> live_;
  // For each rule of the program, its place in `live_`.
  std::vector<int> rank_;
  // For each concept the live rules that ask it, strictest first.
  std::vector<std::vector<int>> asking_;
  std::vector<WorldSet> benign_;
  // What is at fault in it.
  std::vector<int> benign_firing_;
  std::vector<const CompiledImplication*> benign_broken_;
  bool benign_holds_ = false;
  std::vector<bool> influences_;
  int steps_left_ = 0;
  std::vector<bool> fixed_;
};

}  // namespace

Strictness StrictestTrue(const RuleTally& tally) {
  for (size_t s = tally.true_rules.size(); s-- > 1;) {
    if (tally.true_rules[s] > 0) return static_cast<Strictness>(s);
  }
  return Strictness::kNote;
}

Strictness StrictestPossible(const RuleTally& tally) {
  for (size_t s = tally.true_rules.size(); s-- > 1;) {
    if (tally.true_rules[s] + tally.unknown_rules[s] > 0) {
      return static_cast<Strictness>(s);
    }
  }
  return Strictness::kNote;
}

OpenQuestions FindOpenQuestions(const CompiledCatalog& catalog,
                                const Program& program, const Facts& facts,
                                const Evaluation& evaluation,
                                const EffectiveStrictness& strictness) {
  return Search(catalog, program, facts, evaluation, strictness).Run();
}

}  // namespace needlewise
