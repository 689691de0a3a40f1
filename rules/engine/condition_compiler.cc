#include "rules/engine/condition_compiler.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "rules/engine/condition_terms.h"

namespace needlewise {
namespace {

using Kind = ConditionNode::Kind;

// A condition while it is being built.
struct Expression {
  Kind kind = Kind::kLeaf;
  int concept_index = -1;
  WorldSet satisfying = 0;
  std::vector<Expression> parts;
};

Expression Leaf(int concept_index, WorldSet satisfying) {
  return Expression{Kind::kLeaf, concept_index, satisfying, {}};
}

class ConditionCompiler {
 public:
  explicit ConditionCompiler(const CompiledCatalog& out)
      : out_(out), catalog_(out.catalog) {}

  std::vector<ConditionNode> Nodes(const v1::Condition& condition) const {
    std::vector<ConditionNode> nodes;
    Flatten(Build(condition), &nodes);
    return nodes;
  }

  // Everything of a rule that follows from its condition alone.
  CompiledRule Compile(const v1::Condition& condition) const {
    CompiledRule made;
    made.nodes = Nodes(condition);
    std::map<int, int> uses;
    for (const ConditionNode& node : made.nodes) {
      if (node.kind == Kind::kLeaf) ++uses[node.concept_index];
    }
    for (const auto& [index, count] : uses) {
      made.concepts.push_back(index);
      if (count > 1 && !out_.concepts[index].is_context) made.entangled = true;
    }
    AddImplied(&made);
    return made;
  }

 private:
  WorldSet AreasIn(
      const google::protobuf::RepeatedPtrField<std::string>& ids) const {
    WorldSet worlds = 0;
    for (const std::string& id : ids) {
      worlds |= out_.areas[out_.area_index.at(id)].holds;
    }
    return worlds;
  }

  Expression Negate(Expression e) const {
    if (e.kind == Kind::kLeaf) {
      e.satisfying = out_.concepts[e.concept_index].all & ~e.satisfying;
      return e;
    }
    e.kind = e.kind == Kind::kAllOf ? Kind::kAnyOf : Kind::kAllOf;
    for (Expression& part : e.parts) part = Negate(std::move(part));
    return e;
  }

  // Joins conditions, folding what they ask of one concept into one leaf.
  Expression Join(Kind kind, std::vector<Expression> parts) const {
    Expression joined;
    joined.kind = kind;
    const std::function<void(Expression)> add = [&](Expression part) {
      if (part.kind == kind) {
        for (Expression& p : part.parts) add(std::move(p));
        return;
      }
      if (part.kind == Kind::kLeaf) {
        for (Expression& other : joined.parts) {
          if (other.kind == Kind::kLeaf &&
              other.concept_index == part.concept_index) {
            if (kind == Kind::kAllOf) {
              other.satisfying &= part.satisfying;
            } else {
              other.satisfying |= part.satisfying;
            }
            return;
          }
        }
      }
      joined.parts.push_back(std::move(part));
    };
    for (Expression& part : parts) add(std::move(part));
    if (joined.parts.size() == 1) return joined.parts[0];
    return joined;
  }

  Expression Never() const { return Leaf(out_.area_concept, 0); }

  Expression Build(const v1::Condition& condition) const {
    switch (condition.kind_case()) {
      case v1::Condition::kAllOf:
        return BuildList(Kind::kAllOf, condition.all_of());
      case v1::Condition::kAnyOf:
        return BuildList(Kind::kAnyOf, condition.any_of());
      case v1::Condition::kNot:
        return Negate(Build(condition.not_()));
      case v1::Condition::kFinding:
        return BuildFinding(condition.finding());
      case v1::Condition::kQuantity: {
        const int index = out_.concept_index.at(condition.quantity().concept());
        return Leaf(index, Compare(out_.concepts[index],
                                   condition.quantity().comparison(),
                                   LimitOf(out_, condition.quantity())));
      }
      case v1::Condition::kTreatmentArea:
        return Leaf(out_.area_concept,
                    AreasIn(condition.treatment_area().areas()));
      case v1::Condition::kDevice:
        return BuildDevice(condition.device());
      case v1::Condition::kConcern:
        return Concern(condition.concern().concern());
      case v1::Condition::kLabel:
        return BuildLabel(condition.label().outside());
      case v1::Condition::KIND_NOT_SET:
        break;
    }
    return Never();
  }

  Expression BuildList(Kind kind, const v1::ConditionList& list) const {
    std::vector<Expression> parts;
    for (const v1::Condition& c : list.conditions()) parts.push_back(Build(c));
    return Join(kind, std::move(parts));
  }

  Expression BuildFinding(const v1::FindingCondition& finding) const {
    const int index = out_.concept_index.at(finding.concept());
    const CompiledConcept& asked = out_.concepts[index];
    const int region = RegionIndex(asked, RegionOf(out_, finding));
    const auto window = [&](const std::vector<TimeSpan>& windows) {
      return static_cast<int>(std::find(windows.begin(), windows.end(),
                                        SpanOf(out_, finding.within())) -
                              windows.begin());
    };
    WorldSet worlds = 0;
    for (int cell = 0; cell < asked.CellCount(); ++cell) {
      const bool present = cell >= asked.PresentCell(0);
      const bool past = cell >= 1 && !present;
      bool wanted = false;
      switch (finding.time()) {
        case v1::FINDING_TIME_NOW:
          wanted = present;
          break;
        case v1::FINDING_TIME_EVER:
          wanted = present || past;
          break;
        case v1::FINDING_TIME_PAST:
          wanted = past;
          break;
        case v1::FINDING_TIME_WITHIN:
          wanted = present ||
                   (past && cell <= asked.PastCell(window(asked.end_windows)));
          break;
        case v1::FINDING_TIME_BEGAN_WITHIN:
          wanted =
              present && cell <= asked.PresentCell(window(asked.onset_windows));
          break;
        default:
          break;
      }
      if (wanted) worlds |= asked.worlds_by_cell[region][cell];
    }
    return Leaf(index, worlds);
  }

  Expression DeviceIs(int device) const {
    return Leaf(out_.device_concept, Bit(2 + device));
  }

  Expression BuildDevice(const v1::DeviceCondition& device) const {
    const WorldSet all = out_.concepts[out_.device_concept].all;
    WorldSet worlds = 0;
    switch (device.test_case()) {
      case v1::DeviceCondition::kDevice:
        return DeviceIs(out_.device_index.at(device.device()));
      case v1::DeviceCondition::kListed:
        worlds = all & ~Bit(CompiledCatalog::kNoDevice) &
                 ~Bit(CompiledCatalog::kUnlistedDevice);
        if (!device.listed()) worlds = all & ~worlds;
        break;
      case v1::DeviceCondition::kNamed:
        worlds = all & ~Bit(CompiledCatalog::kNoDevice);
        if (!device.named()) worlds = all & ~worlds;
        break;
      case v1::DeviceCondition::kLabelExcludes:
        for (int d = 0; d < catalog_.devices_size(); ++d) {
          const auto& excluded = catalog_.devices(d).excluded_concepts();
          if (std::find(excluded.begin(), excluded.end(),
                        device.label_excludes()) != excluded.end()) {
            worlds |= Bit(2 + d);
          }
        }
        break;
      case v1::DeviceCondition::TEST_NOT_SET:
        break;
    }
    return Leaf(out_.device_concept, worlds);
  }

  Expression Concern(const std::string& id) const {
    return Leaf(out_.first_concern_concept + out_.concern_index.at(id), Bit(1));
  }

  Expression AnyConcern(const v1::ClearedUse& use) const {
    std::vector<Expression> parts = {Never()};
    for (const std::string& id : use.concerns()) parts.push_back(Concern(id));
    return Join(Kind::kAnyOf, std::move(parts));
  }

  // Outside the label: for each device, whether it is the one named and the
  // case lies outside what its cleared uses allow.
  Expression BuildLabel(v1::LabelLimit limit) const {
    std::vector<Expression> devices = {Never()};
    for (int d = 0; d < catalog_.devices_size(); ++d) {
      devices.push_back(
          Join(Kind::kAllOf,
               {DeviceIs(d), OutsideLabel(catalog_.devices(d), limit)}));
    }
    return Join(Kind::kAnyOf, std::move(devices));
  }

  Expression OutsideLabel(const v1::Device& device,
                          v1::LabelLimit limit) const {
    WorldSet covered = 0;
    std::vector<Expression> concern_matches = {Never()};
    for (const v1::ClearedUse& use : device.cleared_uses()) {
      covered |= AreasIn(use.areas());
      concern_matches.push_back(
          Join(Kind::kAllOf, {InAreas(use), AnyConcern(use)}));
    }
    const Expression in_some_use = Leaf(out_.area_concept, covered);
    if (limit == v1::LABEL_LIMIT_AREA) return Negate(in_some_use);
    const Expression concern_matched =
        Join(Kind::kAnyOf, std::move(concern_matches));
    if (limit == v1::LABEL_LIMIT_CONCERN) {
      std::vector<Expression> stated = {Never()};
      for (const v1::Concern& concern : catalog_.concerns()) {
        stated.push_back(Concern(concern.concern_id()));
      }
      return Join(Kind::kAllOf,
                  {in_some_use, Join(Kind::kAnyOf, std::move(stated)),
                   Negate(concern_matched)});
    }
    // Within the label where one use of the area, and of a stated concern
    // where any use matches one, allows it.
    std::vector<Expression> allowed = {Never()};
    for (const v1::ClearedUse& use : device.cleared_uses()) {
      allowed.push_back(
          Join(Kind::kAllOf,
               {InAreas(use),
                Join(Kind::kAnyOf, {AnyConcern(use), Negate(concern_matched)}),
                Allows(use, limit)}));
    }
    return Join(Kind::kAllOf,
                {in_some_use, Negate(Join(Kind::kAnyOf, std::move(allowed)))});
  }

  Expression InAreas(const v1::ClearedUse& use) const {
    return Leaf(out_.area_concept, AreasIn(use.areas()));
  }

  Expression Always() const {
    return Leaf(out_.area_concept, out_.concepts[out_.area_concept].all);
  }

  Expression Allows(const v1::ClearedUse& use, v1::LabelLimit limit) const {
    if (limit == v1::LABEL_LIMIT_AGE) {
      if (use.minimum_age() == 0 || out_.age_concept < 0) return Always();
      return Leaf(out_.age_concept,
                  Compare(out_.concepts[out_.age_concept],
                          v1::COMPARISON_GREATER_OR_EQUAL, use.minimum_age()));
    }
    if (limit == v1::LABEL_LIMIT_SKIN_TYPE) {
      const auto found = out_.concept_index.find(kSkinTypeConcept);
      if (found == out_.concept_index.end()) return Always();
      const CompiledConcept& skin = out_.concepts[found->second];
      return Leaf(found->second, Compare(skin, v1::COMPARISON_GREATER_OR_EQUAL,
                                         std::max(1, use.minimum_skin_type())) &
                                     Compare(skin, v1::COMPARISON_LESS_OR_EQUAL,
                                             MaximumSkinType(use)));
    }
    if (limit == v1::LABEL_LIMIT_DEPTH && use.maximum_depth_mm() > 0) {
      const CompiledConcept& depth = out_.concepts[out_.depth_concept];
      return Leaf(out_.depth_concept,
                  depth.all & ~Compare(depth, v1::COMPARISON_GREATER,
                                       use.maximum_depth_mm()));
    }
    return Always();
  }

  static void Flatten(const Expression& e, std::vector<ConditionNode>* nodes) {
    const size_t at = nodes->size();
    nodes->push_back(ConditionNode{e.kind, e.concept_index, e.satisfying, 0});
    for (const Expression& part : e.parts) Flatten(part, nodes);
    (*nodes)[at].end = static_cast<int32_t>(nodes->size());
  }

  // Finds the concepts on implications between two concepts of a rule.
  void AddImplied(CompiledRule* made) const {
    const auto reach = [&](int from, auto& edges, auto next) {
      std::set<int> seen;
      std::vector<int> open = {from};
      while (!open.empty()) {
        const int c = open.back();
        open.pop_back();
        for (const int i : edges[c]) {
          const int n = next(out_.implications[i]);
          if (seen.insert(n).second) open.push_back(n);
        }
      }
      return seen;
    };
    std::set<int> wanted(made->concepts.begin(), made->concepts.end());
    const auto to_target = [](const auto& i) { return i.target; };
    const auto to_gate = [](const auto& i) { return i.gate; };
    for (const int a : made->concepts) {
      const std::set<int> below = reach(a, out_.implications_from, to_target);
      for (const int b : made->concepts) {
        if (below.count(b) == 0) continue;
        made->entangled = true;
        const std::set<int> above = reach(b, out_.implications_to, to_gate);
        for (const int c : below) {
          if (above.count(c) > 0) wanted.insert(c);
        }
      }
    }
    if (made->entangled) made->enumerated.assign(wanted.begin(), wanted.end());
  }

  const CompiledCatalog& out_;
  const v1::RuleCatalog& catalog_;
};

}  // namespace

std::vector<ConditionNode> CompileNodes(const CompiledCatalog& catalog,
                                        const v1::Condition& condition) {
  return ConditionCompiler(catalog).Nodes(condition);
}

CompiledRule CompileCondition(const CompiledCatalog& catalog,
                              const v1::Condition& condition) {
  return ConditionCompiler(catalog).Compile(condition);
}

}  // namespace needlewise
