#include "rules/analysis/engine_model.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace needlewise::analysis {
namespace {

// Rounds of drawing implications; that none is left to draw is proved.
constexpr int kRounds = 2;

bool Has(WorldSet set, int world) { return (set >> world & 1) != 0; }

int WorldCount(const CompiledConcept& about) {
  return about.all == 0 ? 0 : 64 - __builtin_clzll(about.all);
}

Length LengthOf(const TimeSpan& span) { return {span.days, span.months}; }

}  // namespace

EngineModel::EngineModel(PatientModel* model, const CompiledCatalog& compiled)
    : model_(*model), f_(model->formulas()), compiled_(compiled) {}

PlaceId EngineModel::PlaceOf(const Region& region) const {
  if (region.place == v1::FINDING_PLACE_ANYWHERE) return kAnywhere;
  if (region.place == v1::FINDING_PLACE_REGION) {
    const std::string& id = compiled_.areas[region.area].definition->area_id();
    if (model_.areas().held_by.count(id) > 0) return id;
  }
  return kTreated;
}

// Two places that are one in these areas are in one cell.
bool EngineModel::WorldAllowed(const CompiledConcept& about, int world) const {
  if (!Has(about.all, world)) return false;
  if (about.is_quantity) return true;
  const std::vector<uint8_t>& cells = about.world_cells[world];
  for (size_t r = 0; r < cells.size(); ++r) {
    for (size_t q = 0; q < r; ++q) {
      if (cells[r] != cells[q] &&
          PlaceOf(about.regions[r]) == PlaceOf(about.regions[q])) {
        return false;
      }
    }
  }
  return true;
}

bool EngineModel::NarrowsRightly() const {
  for (const std::string& id : model_.areas().areas) {
    const CompiledArea& area = compiled_.areas[compiled_.area_index.at(id)];
    for (size_t c = 0; c < compiled_.concepts.size(); ++c) {
      const CompiledConcept& about = compiled_.concepts[c];
      if (about.is_context || about.is_quantity) continue;
      WorldSet allowed = 0;
      for (int w = 0; w < WorldCount(about); ++w) {
        if (WorldAllowed(about, w)) allowed |= WorldSet{1} << w;
      }
      WorldSet narrowed = about.all;
      for (const auto& [of, worlds] : area.narrowed) {
        if (of == static_cast<int>(c)) narrowed = worlds;
      }
      if (narrowed != allowed) return false;
    }
  }
  return true;
}

Formula EngineModel::InPart(const std::vector<TimeSpan>& windows, int over,
                            Variable from, Variable to) {
  std::vector<Formula> all;
  if (over < static_cast<int>(windows.size())) {
    all.push_back(model_.IsOpen(to, LengthOf(windows[over])));
  }
  if (over > 0) {
    all.push_back(f_.Not(model_.IsOpen(from, LengthOf(windows[over - 1]))));
  }
  return f_.And(std::move(all));
}

Formula EngineModel::CellPossible(const CompiledConcept& about, int cell,
                                  const KnownLife& known) {
  if (cell == 0) return f_.Is(known.never);
  const int first_present = about.PresentCell(0);
  if (cell < first_present) {
    return f_.And(f_.Is(known.past), InPart(about.end_windows, cell - 1,
                                            known.last_from, known.last_to));
  }
  return f_.And(f_.Is(known.present),
                InPart(about.onset_windows, cell - first_present,
                       known.onset_from, known.onset_to));
}

Formula EngineModel::CellHolds(const CompiledConcept& about, int cell,
                               const Life& life) {
  if (cell == 0) return f_.Not(f_.Is(life.ever));
  const int first_present = about.PresentCell(0);
  if (cell < first_present) {
    return f_.And({f_.Is(life.ever), f_.Not(f_.Is(life.now)),
                   InPart(about.end_windows, cell - 1, life.last, life.last)});
  }
  return f_.And(f_.Is(life.now),
                InPart(about.onset_windows, cell - first_present, life.onset,
                       life.onset));
}

// World 2i lies below limit i and above the one before, world 2i+1 is limit i.
Formula EngineModel::QuantityPossible(const CompiledConcept& about, int cell,
                                      Variable low, Variable high) {
  const int i = cell / 2;
  if (cell % 2 == 1) {
    return f_.And(f_.AtMost(low, about.limits[i]),
                  f_.AtLeast(high, about.limits[i]));
  }
  std::vector<Formula> all;
  if (i > 0) all.push_back(f_.Above(high, about.limits[i - 1]));
  if (i < static_cast<int>(about.limits.size())) {
    all.push_back(f_.Below(low, about.limits[i]));
  }
  return f_.And(std::move(all));
}

bool EngineModel::IsPresentIn(int c, int world) const {
  const CompiledConcept& about = compiled_.concepts[c];
  if (about.is_quantity) return false;
  const std::vector<uint8_t>& cells = about.world_cells[world];
  return std::all_of(cells.begin(), cells.end(), [&](uint8_t cell) {
    return cell >= about.PresentCell(0);
  });
}

std::vector<Formula> EngineModel::StatedWorlds(int c,
                                               const Knowledge& knowledge) {
  const CompiledConcept& about = compiled_.concepts[c];
  const int m = ModelIndex(about);
  std::vector<Formula> worlds;
  for (int w = 0; w < WorldCount(about); ++w) {
    if (!WorldAllowed(about, w)) {
      worlds.push_back(f_.False());
    } else if (about.is_quantity) {
      worlds.push_back(
          QuantityPossible(about, w, knowledge.low[m], knowledge.high[m]));
    } else {
      std::vector<Formula> all;
      for (size_t r = 0; r < about.regions.size(); ++r) {
        const int p = model_.PlaceIndex(m, PlaceOf(about.regions[r]));
        // A place that nothing written looks at is not known.
        if (p < 0) continue;
        all.push_back(CellPossible(about, about.world_cells[w][r],
                                   knowledge.lives[m][p]));
      }
      worlds.push_back(f_.And(std::move(all)));
    }
  }
  return worlds;
}

std::vector<Formula> EngineModel::ContextWorlds(int c) {
  const CompiledConcept& about = compiled_.concepts[c];
  const Context& context = model_.context();
  const int count = WorldCount(about);
  std::vector<Formula> worlds(count, f_.False());
  if (c == compiled_.area_concept) {
    for (const auto& [id, x] : context.areas) {
      const auto found = compiled_.area_index.find(id);
      if (found != compiled_.area_index.end()) {
        worlds[found->second] = f_.Is(x);
      }
    }
  } else if (c == compiled_.device_concept) {
    worlds[CompiledCatalog::kNoDevice] = f_.Is(context.no_device);
    // What another catalogue lists, this one does not.
    std::vector<Formula> unlisted = {f_.Is(context.unlisted_device)};
    for (const auto& [id, x] : context.devices) {
      const auto found = compiled_.device_index.find(id);
      if (found == compiled_.device_index.end()) {
        unlisted.push_back(f_.Is(x));
      } else {
        worlds[2 + found->second] = f_.Is(x);
      }
    }
    worlds[CompiledCatalog::kUnlistedDevice] = f_.Or(std::move(unlisted));
  } else if (c == compiled_.depth_concept) {
    for (int w = 0; w + 1 < count; ++w) {
      worlds[w] =
          f_.And(f_.Is(context.depth_stated),
                 QuantityPossible(about, w, context.depth, context.depth));
    }
    worlds[count - 1] = f_.Not(f_.Is(context.depth_stated));
  } else {
    const auto found = context.concerns.find(about.id);
    const Formula stated =
        found == context.concerns.end() ? f_.False() : f_.Is(found->second);
    worlds[0] = f_.Not(stated);
    worlds[1] = stated;
  }
  return worlds;
}

Drawn EngineModel::Draw(const Knowledge& knowledge, const Adjust& adjust) {
  Drawn drawn;
  for (size_t i = 0; i < compiled_.concepts.size(); ++i) {
    const int c = static_cast<int>(i);
    if (compiled_.concepts[i].is_context) {
      drawn.worlds.push_back(ContextWorlds(c));
      continue;
    }
    drawn.worlds.push_back(StatedWorlds(c, knowledge));
    if (adjust != nullptr) adjust(c, &drawn.worlds.back());
  }
  drawn.broken.assign(compiled_.concepts.size(), f_.False());
  for (int round = 0; round < kRounds; ++round) {
    DrawForward(&drawn);
    DrawBackward(&drawn);
  }
  DrawForward(&drawn);
  Drawn again = drawn;
  DrawBackward(&again);
  DrawForward(&again);
  std::vector<Formula> same;
  for (size_t c = 0; c < drawn.worlds.size(); ++c) {
    for (size_t w = 0; w < drawn.worlds[c].size(); ++w) {
      if (drawn.worlds[c][w] != again.worlds[c][w]) {
        same.push_back(f_.Iff(drawn.worlds[c][w], again.worlds[c][w]));
      }
    }
  }
  drawn.settled = f_.And(std::move(same));
  return drawn;
}

void EngineModel::DrawForward(Drawn* drawn) {
  for (const int target : compiled_.implied_concepts) {
    std::vector<Formula>& worlds = drawn->worlds[target];
    const CompiledConcept& about = compiled_.concepts[target];
    std::vector<Formula> implied = worlds;
    for (const int i : compiled_.implications_to[target]) {
      const CompiledImplication& arc = compiled_.implications[i];
      std::vector<Formula> otherwise;
      const std::vector<Formula>& gate = drawn->worlds[arc.gate];
      for (size_t w = 0; w < gate.size(); ++w) {
        if (!Has(arc.given, static_cast<int>(w))) otherwise.push_back(gate[w]);
      }
      const Formula not_given = f_.Or(std::move(otherwise));
      for (size_t w = 0; w < implied.size(); ++w) {
        if (!Has(arc.implied, static_cast<int>(w))) {
          implied[w] = f_.And(implied[w], not_given);
        }
      }
    }
    const Formula some = f_.Or(implied);
    const Formula was_broken = drawn->broken[target];
    for (size_t w = 0; w < implied.size(); ++w) {
      const int world = static_cast<int>(w);
      // What breaks is unknown from then on to what is drawn forwards; what it
      // implies itself may still settle it.
      const Formula unstated = f_.Constant(WorldAllowed(about, world));
      worlds[w] =
          f_.If(was_broken, worlds[w], f_.If(some, implied[w], unstated));
    }
    drawn->broken[target] = f_.Or(was_broken, f_.Not(some));
  }
}

void EngineModel::DrawBackward(Drawn* drawn) {
  for (auto t = compiled_.implied_concepts.rbegin();
       t != compiled_.implied_concepts.rend(); ++t) {
    for (const int i : compiled_.implications_to[*t]) {
      const CompiledImplication& arc = compiled_.implications[i];
      std::vector<Formula> implied;
      for (size_t w = 0; w < drawn->worlds[*t].size(); ++w) {
        if (Has(arc.implied, static_cast<int>(w))) {
          implied.push_back(drawn->worlds[*t][w]);
        }
      }
      std::vector<Formula>& gate = drawn->worlds[arc.gate];
      std::vector<Formula> left;
      for (size_t w = 0; w < gate.size(); ++w) {
        if (!Has(arc.given, static_cast<int>(w))) left.push_back(gate[w]);
      }
      const Formula keep =
          f_.Or({f_.Or(std::move(implied)), f_.Not(f_.Or(std::move(left))),
                 drawn->broken[*t]});
      for (size_t w = 0; w < gate.size(); ++w) {
        if (Has(arc.given, static_cast<int>(w)))
          gate[w] = f_.And(gate[w], keep);
      }
    }
  }
}

Possible EngineModel::Kleene(const std::vector<ConditionNode>& nodes, int at,
                             const std::vector<std::vector<Formula>>& worlds) {
  const ConditionNode& node = nodes[at];
  std::vector<Formula> can_be_true;
  std::vector<Formula> can_be_false;
  if (node.kind == ConditionNode::Kind::kLeaf) {
    const std::vector<Formula>& possible = worlds[node.concept_index];
    for (size_t w = 0; w < possible.size(); ++w) {
      (Has(node.satisfying, static_cast<int>(w)) ? can_be_true : can_be_false)
          .push_back(possible[w]);
    }
    return {f_.Or(std::move(can_be_true)), f_.Or(std::move(can_be_false))};
  }
  for (int i = at + 1; i < node.end; i = nodes[i].end) {
    const Possible part = Kleene(nodes, i, worlds);
    can_be_true.push_back(part.can_be_true);
    can_be_false.push_back(part.can_be_false);
  }
  if (node.kind == ConditionNode::Kind::kAllOf) {
    return {f_.And(std::move(can_be_true)), f_.Or(std::move(can_be_false))};
  }
  return {f_.Or(std::move(can_be_true)), f_.And(std::move(can_be_false))};
}

std::vector<EngineModel::Choice> EngineModel::ChoicesOf(
    const CompiledRule& rule, const Drawn& drawn) {
  std::vector<int> concepts;
  for (const int32_t c : rule.entangled ? rule.enumerated : rule.concepts) {
    if (!IsContext(c)) concepts.push_back(c);
  }
  std::vector<Choice> choices;
  std::vector<int> worlds;
  std::vector<std::vector<Formula>> fixed = drawn.worlds;
  const std::function<void(Formula)> extend = [&](Formula possible) {
    if (possible == f_.False()) return;
    if (worlds.size() == concepts.size()) {
      const Formula holds =
          f_.And(possible, Kleene(rule.nodes, 0, fixed).can_be_true);
      if (holds != f_.False()) choices.push_back({concepts, worlds, holds});
      return;
    }
    const int c = concepts[worlds.size()];
    const std::vector<Formula> before = fixed[c];
    for (size_t w = 0; w < before.size(); ++w) {
      if (drawn.worlds[c][w] == f_.False()) continue;
      fixed[c].assign(before.size(), f_.False());
      fixed[c][w] = f_.True();
      // Implications between what is chosen.
      std::vector<Formula> all = {possible, drawn.worlds[c][w]};
      worlds.push_back(static_cast<int>(w));
      const auto world_of = [&](int other) {
        for (size_t i = 0; i < worlds.size(); ++i) {
          if (concepts[i] == other) return worlds[i];
        }
        return -1;
      };
      for (const auto* arcs :
           {&compiled_.implications_from[c], &compiled_.implications_to[c]}) {
        for (const int i : *arcs) {
          const CompiledImplication& arc = compiled_.implications[i];
          const int gate = world_of(arc.gate);
          const int target = world_of(arc.target);
          if (gate >= 0 && target >= 0 && Has(arc.given, gate) &&
              !Has(arc.implied, target)) {
            all.push_back(drawn.broken[arc.target]);
          }
        }
      }
      extend(f_.And(std::move(all)));
      worlds.pop_back();
    }
    fixed[c] = before;
  };
  extend(f_.True());
  return choices;
}

Possible EngineModel::RuleTruth(const CompiledRule& rule, const Drawn& drawn) {
  const Possible kleene = Kleene(rule.nodes, 0, drawn.worlds);
  if (!rule.entangled) return kleene;
  CompiledRule negated = rule;
  for (ConditionNode& node : negated.nodes) {
    if (node.kind == ConditionNode::Kind::kLeaf) {
      node.satisfying =
          compiled_.concepts[node.concept_index].all & ~node.satisfying;
    } else {
      node.kind = node.kind == ConditionNode::Kind::kAllOf
                      ? ConditionNode::Kind::kAnyOf
                      : ConditionNode::Kind::kAllOf;
    }
  }
  const auto any = [&](const std::vector<Choice>& choices) {
    std::vector<Formula> all;
    for (const Choice& c : choices) all.push_back(c.holds);
    return f_.Or(std::move(all));
  };
  const Formula some_true = any(ChoicesOf(rule, drawn));
  const Formula some_false = any(ChoicesOf(negated, drawn));
  // Where no completion is left, it stays unknown.
  const Formula none = f_.Not(f_.Or(some_true, some_false));
  return {f_.And(kleene.can_be_true, f_.Or(some_true, none)),
          f_.And(kleene.can_be_false, f_.Or(some_false, none))};
}

VerdictFormulas EngineModel::Verdict(
    const Program& program, const Drawn& drawn,
    const std::map<std::string, Formula>& acknowledged) {
  // Of each strictness: some rule is true, some is unknown.
  std::vector<std::vector<Formula>> is_true(5);
  std::vector<std::vector<Formula>> is_unknown(5);
  for (const CompiledRule* rule : program.rules) {
    const Possible truth = RuleTruth(*rule, drawn);
    const Formula holds = f_.Not(truth.can_be_false);
    const Formula unknown = f_.And(truth.can_be_true, truth.can_be_false);
    const auto add = [&](Strictness strictness, Formula given) {
      is_true[static_cast<size_t>(strictness)].push_back(f_.And(given, holds));
      is_unknown[static_cast<size_t>(strictness)].push_back(
          f_.And(given, unknown));
    };
    const auto found = acknowledged.find(rule->rule->rule_id());
    if (rule->strictness == Strictness::kReview &&
        found != acknowledged.end()) {
      add(Strictness::kReview, f_.Not(found->second));
      add(Strictness::kPrecaution, found->second);
    } else {
      add(rule->strictness, f_.True());
    }
  }
  const auto some = [&](const std::vector<std::vector<Formula>>& rules,
                        Strictness strictness) {
    return f_.Or(rules[static_cast<size_t>(strictness)]);
  };
  const std::vector<std::pair<v1::Verdict, Formula>> table = {
      {v1::VERDICT_CONTRAINDICATED,
       some(is_true, Strictness::kContraindication)},
      {v1::VERDICT_DEFERRED, some(is_true, Strictness::kDeferral)},
      {v1::VERDICT_DATA_REQUIRED,
       f_.Or({some(is_unknown, Strictness::kContraindication),
              some(is_unknown, Strictness::kDeferral),
              f_.And(some(is_unknown, Strictness::kReview),
                     f_.Not(some(is_true, Strictness::kReview)))})},
      {v1::VERDICT_REVIEW_REQUIRED, some(is_true, Strictness::kReview)},
      {v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS,
       f_.Or(some(is_true, Strictness::kPrecaution),
             some(is_unknown, Strictness::kPrecaution))},
      {v1::VERDICT_ELIGIBLE, f_.True()}};
  VerdictFormulas made;
  // The first line that holds.
  Formula none_before = f_.True();
  for (const auto& [verdict, line] : table) {
    made.is[verdict] = f_.And(none_before, line);
    none_before = f_.And(none_before, f_.Not(line));
  }
  made.eligible = f_.Or(made.is[v1::VERDICT_ELIGIBLE],
                        made.is[v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS]);
  return made;
}

Formula EngineModel::IsIn(const CompiledConcept& about, int world,
                          const History& history) {
  const int m = ModelIndex(about);
  if (about.is_quantity) {
    return QuantityPossible(about, world, history.values[m], history.values[m]);
  }
  std::vector<Formula> all;
  for (size_t r = 0; r < about.regions.size(); ++r) {
    const int p = model_.PlaceIndex(m, PlaceOf(about.regions[r]));
    if (p < 0) continue;
    all.push_back(
        CellHolds(about, about.world_cells[world][r], history.lives[m][p]));
  }
  return f_.And(std::move(all));
}

Formula EngineModel::HoldsIn(const CompiledRule& rule, const History& history) {
  std::vector<std::vector<Formula>> worlds(compiled_.concepts.size());
  for (const int32_t c : rule.concepts) {
    const CompiledConcept& about = compiled_.concepts[c];
    if (about.is_context) {
      worlds[c] = ContextWorlds(c);
      continue;
    }
    for (int w = 0; w < WorldCount(about); ++w) {
      worlds[c].push_back(Has(about.all, w) ? IsIn(about, w, history)
                                            : f_.False());
    }
  }
  return Kleene(rule.nodes, 0, worlds).can_be_true;
}

}  // namespace needlewise::analysis
