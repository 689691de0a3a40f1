#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "rules/engine/baselines.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/engine/effect.h"
#include "rules/engine/explainer.h"
#include "rules/engine/sorted_catalog.h"

namespace needlewise {
namespace {

using Kind = ConditionNode::Kind;

constexpr int kMostWorlds = 64;
constexpr char kSkinTypeConcept[] = "fitzpatrick_skin_type";

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

WorldSet Bit(int world) { return WorldSet{1} << world; }

// All bits below `count`.
WorldSet FirstWorlds(int count) {
  return count >= kMostWorlds ? ~WorldSet{0} : Bit(count) - 1;
}

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

// `Catalog` is const where conditions are compiled against a finished
// catalogue.
template <typename Catalog>
class Compiler {
 public:
  Compiler(Catalog* out,
           std::vector<std::pair<std::string, std::string>>* errors)
      : out_(*out), catalog_(out->catalog), errors_(*errors) {}

  // Everything of a rule that follows from its condition alone.
  CompiledRule Compile(const v1::Condition& condition) const {
    CompiledRule made;
    Flatten(Build(condition), &made.nodes);
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

  void Run() {
    IndexRecords();
    CompileAreas();
    MakeConcepts();
    CollectUse();
    MakeWorlds();
    NarrowWorlds();
    CompileImplications();
    IndexCodes();
    CompileTreatments();
    if (!errors_.empty()) return;
    CompileRules();
    OrderBenignWorlds();
    MakePrograms();
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

  int AddContext(std::string id, int worlds) {
    CompiledConcept made;
    made.id = std::move(id);
    made.all = FirstWorlds(worlds);
    made.is_context = true;
    out_.concepts.push_back(std::move(made));
    return static_cast<int>(out_.concepts.size()) - 1;
  }

  void MakeConcepts() {
    for (const v1::Concept& definition : catalog_.concepts()) {
      CompiledConcept made;
      made.definition = &definition;
      made.id = definition.concept_id();
      made.is_quantity = definition.kind() == v1::CONCEPT_KIND_QUANTITY ||
                         definition.kind() == v1::CONCEPT_KIND_AGE;
      const auto section = out_.section_index.find(definition.section());
      if (section != out_.section_index.end()) made.section = section->second;
      if (definition.has_freshness()) {
        const v1::Freshness& freshness = definition.freshness();
        made.freshness_days =
            freshness.limit_case() == v1::Freshness::kParameter
                ? static_cast<int>(ParameterValue(freshness.parameter()))
                : freshness.days();
        made.only_denials_go_stale = freshness.only_denials();
      }
      if (definition.kind() == v1::CONCEPT_KIND_AGE) {
        out_.age_concept = static_cast<int>(out_.concepts.size());
      }
      out_.concept_index.emplace(made.id,
                                 static_cast<int>(out_.concepts.size()));
      out_.concepts.push_back(std::move(made));
    }
    out_.area_concept =
        AddContext("treatment_area", std::max(1, catalog_.areas_size()));
    if (catalog_.devices_size() > kMostWorlds - 2) {
      Fail("devices",
           absl::StrCat("at most ", kMostWorlds - 2, " devices are possible"));
    }
    out_.device_concept = AddContext("device", 2 + catalog_.devices_size());
    out_.depth_concept = AddContext("needle_depth", 1);
    out_.first_concern_concept = static_cast<int>(out_.concepts.size());
    for (const v1::Concern& concern : catalog_.concerns()) {
      AddContext(concern.concern_id(), 2);
    }
  }

  double ParameterValue(const std::string& id) const {
    const auto found = out_.parameter_index.find(id);
    return found == out_.parameter_index.end()
               ? 0
               : catalog_.parameters(found->second).value();
  }

  TimeSpan SpanOf(const v1::Window& window) const {
    switch (window.length_case()) {
      case v1::Window::kHours:
        return TimeSpan::FromHours(window.hours());
      case v1::Window::kDays:
        return TimeSpan{window.days(), 0};
      case v1::Window::kWeeks:
        return TimeSpan{7 * window.weeks(), 0};
      case v1::Window::kMonths:
        return TimeSpan{0, window.months()};
      case v1::Window::kParameter: {
        const auto found = out_.parameter_index.find(window.parameter());
        if (found == out_.parameter_index.end()) return {};
        const v1::Parameter& parameter = catalog_.parameters(found->second);
        const int value = static_cast<int>(std::ceil(parameter.value()));
        if (parameter.unit() == "h") return TimeSpan::FromHours(value);
        if (parameter.unit() == "wk") return TimeSpan{7 * value, 0};
        if (parameter.unit() == "mo") return TimeSpan{0, value};
        return TimeSpan{value, 0};
      }
      case v1::Window::LENGTH_NOT_SET:
        break;
    }
    return {};
  }

  Region RegionOf(const v1::FindingCondition& finding) const {
    Region region;
    region.place = finding.place();
    if (region.place == v1::FINDING_PLACE_UNSPECIFIED) {
      region.place = DefaultPlace(out_.concept_index.at(finding.concept()));
    }
    if (region.place == v1::FINDING_PLACE_REGION) {
      region.area = out_.area_index.at(finding.region());
    }
    return region;
  }

  v1::FindingPlace DefaultPlace(int concept_index) const {
    return out_.concepts[concept_index].definition->scope() ==
                   v1::CONCEPT_SCOPE_TREATMENT_AREA
               ? v1::FINDING_PLACE_TREATMENT_AREA
               : v1::FINDING_PLACE_ANYWHERE;
  }

  static int RegionOrder(const Region& region) {
    switch (region.place) {
      case v1::FINDING_PLACE_TREATMENT_AREA:
        return 0;
      case v1::FINDING_PLACE_REGION:
        return 1;
      default:
        return 2;
    }
  }

  int RegionIndex(const CompiledConcept& concept_, const Region& region) const {
    for (size_t i = 0; i < concept_.regions.size(); ++i) {
      if (concept_.regions[i].place == region.place &&
          concept_.regions[i].area == region.area) {
        return static_cast<int>(i);
      }
    }
    return -1;
  }

  void VisitConditions(
      const std::function<void(const v1::Condition&)>& visit) const {
    const std::function<void(const v1::Condition&)> walk =
        [&](const v1::Condition& condition) {
          visit(condition);
          if (condition.has_all_of()) {
            for (const auto& c : condition.all_of().conditions()) walk(c);
          } else if (condition.has_any_of()) {
            for (const auto& c : condition.any_of().conditions()) walk(c);
          } else if (condition.has_not_()) {
            walk(condition.not_());
          }
        };
    for (const v1::Rule& rule : catalog_.rules()) walk(rule.condition());
    for (const v1::PlanItem& item : catalog_.plan_items()) {
      if (item.has_condition()) walk(item.condition());
    }
  }

  void AddLimit(int concept_index, double limit) {
    out_.concepts[concept_index].limits.push_back(limit);
  }

  // What the rules ask of each concept: places, windows, limits.
  void CollectUse() {
    bool uses_label = false;
    VisitConditions([&](const v1::Condition& condition) {
      if (condition.has_finding()) {
        const v1::FindingCondition& finding = condition.finding();
        CompiledConcept& used =
            out_.concepts[out_.concept_index.at(finding.concept())];
        const Region region = RegionOf(finding);
        if (RegionIndex(used, region) < 0) used.regions.push_back(region);
        if (finding.time() == v1::FINDING_TIME_WITHIN) {
          used.end_windows.push_back(SpanOf(finding.within()));
        } else if (finding.time() == v1::FINDING_TIME_BEGAN_WITHIN) {
          used.onset_windows.push_back(SpanOf(finding.within()));
        }
      } else if (condition.has_quantity()) {
        AddLimit(out_.concept_index.at(condition.quantity().concept()),
                 LimitOf(condition.quantity()));
      } else if (condition.has_label()) {
        uses_label = true;
      }
    });
    for (const v1::Implication& implication : catalog_.implications()) {
      for (const v1::ConceptState& state : implication.implies()) {
        const int concept_index = out_.concept_index.at(state.concept());
        if (state.state_case() == v1::ConceptState::kAtLeast) {
          AddLimit(concept_index, state.at_least());
        } else if (state.state_case() == v1::ConceptState::kAtMost) {
          AddLimit(concept_index, state.at_most());
        }
      }
    }
    if (!uses_label) return;
    const auto skin_type = out_.concept_index.find(kSkinTypeConcept);
    for (const v1::Device& device : catalog_.devices()) {
      for (const v1::ClearedUse& use : device.cleared_uses()) {
        if (use.minimum_age() > 0 && out_.age_concept >= 0) {
          AddLimit(out_.age_concept, use.minimum_age());
        }
        if (skin_type != out_.concept_index.end()) {
          AddLimit(skin_type->second, std::max(1, use.minimum_skin_type()));
          AddLimit(skin_type->second, MaximumSkinType(use));
        }
        if (use.maximum_depth_mm() > 0) {
          AddLimit(out_.depth_concept, use.maximum_depth_mm());
        }
      }
    }
  }

  static int MaximumSkinType(const v1::ClearedUse& use) {
    return use.maximum_skin_type() > 0 ? use.maximum_skin_type() : 6;
  }

  double LimitOf(const v1::QuantityCondition& quantity) const {
    return quantity.limit_case() == v1::QuantityCondition::kParameter
               ? ParameterValue(quantity.parameter())
               : quantity.value();
  }

  void MakeWorlds() {
    for (size_t i = 0; i < out_.concepts.size(); ++i) {
      CompiledConcept& made = out_.concepts[i];
      if (static_cast<int>(i) == out_.depth_concept) {
        SortUnique(&made.limits);
        // One world more: no depth stated.
        made.all = FirstWorlds(2 * static_cast<int>(made.limits.size()) + 2);
      } else if (made.is_context) {
        continue;
      } else if (made.is_quantity) {
        MakeQuantityWorlds(&made);
      } else {
        MakeConditionWorlds(static_cast<int>(i), &made);
      }
    }
  }

  static void SortUnique(std::vector<double>* values) {
    std::sort(values->begin(), values->end());
    values->erase(std::unique(values->begin(), values->end()), values->end());
  }

  void MakeQuantityWorlds(CompiledConcept* made) {
    SortUnique(&made->limits);
    const int cells = 2 * static_cast<int>(made->limits.size()) + 1;
    if (cells > kMostWorlds) {
      Fail(made->id,
           "the rules compare it with too many limits; at most 31 "
           "are possible");
      return;
    }
    const v1::QuantityForm& form = made->definition->quantity();
    made->all = 0;
    for (int cell = 0; cell < cells; ++cell) {
      if (CellPossible(*made, form, cell)) made->all |= Bit(cell);
    }
    if (made->all == 0) made->all = 1;
  }

  // Whether a value between the form's bounds can lie in a cell.
  static bool CellPossible(const CompiledConcept& made,
                           const v1::QuantityForm& form, int cell) {
    const int i = cell / 2;
    if (cell % 2 == 1) {
      const double limit = made.limits[i];
      return limit >= form.minimum() && limit <= form.maximum() &&
             (!form.whole_numbers() || limit == std::floor(limit));
    }
    const double infinity = std::numeric_limits<double>::infinity();
    double low = i == 0 ? -infinity : made.limits[i - 1];
    double high =
        i == static_cast<int>(made.limits.size()) ? infinity : made.limits[i];
    if (form.whole_numbers()) {
      const double first = std::max(std::floor(low) + 1, form.minimum());
      const double last = std::min(std::ceil(high) - 1, form.maximum());
      return std::ceil(first) <= last;
    }
    if (high <= form.minimum() || low >= form.maximum()) return false;
    return low < high;
  }

  void MakeConditionWorlds(int concept_index, CompiledConcept* made) {
    if (made->regions.empty()) {
      made->regions.push_back(Region{DefaultPlace(concept_index), -1});
    }
    // A region comes after those that lie in it.
    const auto order = [&](const Region& region) {
      return std::make_tuple(
          RegionOrder(region),
          region.area < 0 ? 0
                          : __builtin_popcountll(out_.areas[region.area].holds),
          region.area);
    };
    std::stable_sort(
        made->regions.begin(), made->regions.end(),
        [&](const Region& a, const Region& b) { return order(a) < order(b); });
    OrderWindows(made->id, &made->end_windows);
    OrderWindows(made->id, &made->onset_windows);
    std::vector<uint8_t> world(made->regions.size(), 0);
    ExtendWorld(*made, 0, &world, &made->world_cells);
    const int worlds = static_cast<int>(made->world_cells.size());
    if (worlds > kMostWorlds) {
      Fail(made->id,
           "the rules ask it in too many places and windows; use fewer");
      return;
    }
    made->all = FirstWorlds(worlds);
    const size_t regions = made->regions.size();
    made->worlds_by_cell.assign(regions,
                                std::vector<WorldSet>(made->CellCount(), 0));
    made->worlds_where_same.assign(regions, std::vector<WorldSet>(regions, 0));
    made->never_everywhere = made->all;
    made->absent_everywhere = made->all;
    for (int w = 0; w < worlds; ++w) {
      for (size_t r = 0; r < regions; ++r) {
        made->worlds_by_cell[r][made->world_cells[w][r]] |= Bit(w);
        for (size_t q = 0; q < regions; ++q) {
          if (made->world_cells[w][r] == made->world_cells[w][q]) {
            made->worlds_where_same[r][q] |= Bit(w);
          }
        }
        if (made->world_cells[w][r] != 0) made->never_everywhere &= ~Bit(w);
        if (made->world_cells[w][r] >= made->PresentCell(0)) {
          made->absent_everywhere &= ~Bit(w);
        }
      }
    }
  }

  // Where two places that a concept is asked in are one, it is the same there.
  void NarrowWorlds() {
    for (size_t a = 0; a < out_.areas.size(); ++a) {
      const auto place = [&](const Region& region) {
        if (region.place == v1::FINDING_PLACE_ANYWHERE) return -1;
        const int area = static_cast<int>(a);
        return region.place == v1::FINDING_PLACE_REGION &&
                       out_.AreaHolds(region.area, area)
                   ? region.area
                   : area;
      };
      for (size_t c = 0; c < out_.concepts.size(); ++c) {
        const CompiledConcept& made = out_.concepts[c];
        WorldSet worlds = made.all;
        for (size_t r = 0; r < made.worlds_where_same.size(); ++r) {
          for (size_t q = 0; q < r; ++q) {
            if (place(made.regions[q]) == place(made.regions[r])) {
              worlds &= made.worlds_where_same[q][r];
            }
          }
        }
        if (worlds != made.all) {
          out_.areas[a].narrowed.emplace_back(static_cast<int>(c), worlds);
        }
      }
    }
  }

  void OrderWindows(const std::string& id, std::vector<TimeSpan>* windows) {
    std::sort(windows->begin(), windows->end(),
              [](const TimeSpan& a, const TimeSpan& b) {
                return a.GreatestDays() < b.GreatestDays();
              });
    windows->erase(std::unique(windows->begin(), windows->end()),
                   windows->end());
    for (size_t i = 1; i < windows->size(); ++i) {
      const TimeSpan& shorter = (*windows)[i - 1];
      const TimeSpan& longer = (*windows)[i];
      const bool same_kind = (shorter.months > 0) == (longer.months > 0);
      if (!same_kind && shorter.GreatestDays() > longer.LeastDays()) {
        Fail(id,
             "two windows on it are of nearly the same length in different "
             "units, so neither is the longer; use one unit");
      }
    }
  }

  void ExtendWorld(const CompiledConcept& made, size_t region,
                   std::vector<uint8_t>* world,
                   std::vector<std::vector<uint8_t>>* worlds) const {
    if (worlds->size() > kMostWorlds) return;
    if (region == made.regions.size()) {
      worlds->push_back(*world);
      return;
    }
    for (int cell = 0; cell < made.CellCount(); ++cell) {
      bool fits = true;
      for (size_t inner = 0; inner < region && fits; ++inner) {
        if (LiesIn(made.regions[inner], made.regions[region])) {
          fits = Agrees(made, (*world)[inner], cell);
        }
      }
      if (!fits) continue;
      (*world)[region] = static_cast<uint8_t>(cell);
      ExtendWorld(made, region + 1, world, worlds);
    }
  }

  bool LiesIn(const Region& inner, const Region& outer) const {
    if (RegionOrder(inner) < RegionOrder(outer)) return true;
    return inner.place == v1::FINDING_PLACE_REGION &&
           outer.place == v1::FINDING_PLACE_REGION &&
           out_.AreaHolds(outer.area, inner.area);
  }

  // Whether a wider place can be in `outer` while a place in it is in `inner`:
  // what is so in the one is so in the other, as lately or later.
  static bool Agrees(const CompiledConcept& made, int inner, int outer) {
    const int first_present = made.PresentCell(0);
    if (inner == 0) return true;
    if (inner >= first_present) return outer >= first_present && outer <= inner;
    return outer >= first_present || (outer >= 1 && outer <= inner);
  }

  // Worlds in which region `r` has `status`.
  static WorldSet WorldsWith(const CompiledConcept& made, int r,
                             v1::FindingStatus status) {
    WorldSet worlds = 0;
    for (int cell = 0; cell < made.CellCount(); ++cell) {
      const bool present = cell >= made.PresentCell(0);
      const bool wanted = status == v1::FINDING_STATUS_PRESENT ? present
                          : status == v1::FINDING_STATUS_NEVER ? cell == 0
                                                               : !present;
      if (wanted) worlds |= made.worlds_by_cell[r][cell];
    }
    return worlds;
  }

  void CompileImplications() {
    const size_t count = out_.concepts.size();
    out_.implications_from.resize(count);
    out_.implications_to.resize(count);
    if (!errors_.empty()) return;
    for (const v1::Implication& implication : catalog_.implications()) {
      for (const v1::ConceptState& state : implication.implies()) {
        AddImplication(implication, state);
      }
    }
    for (size_t i = 0; i < out_.implications.size(); ++i) {
      const CompiledImplication& made = out_.implications[i];
      out_.implications_from[made.gate].push_back(static_cast<int>(i));
      out_.implications_to[made.target].push_back(static_cast<int>(i));
    }
    for (size_t round = 0; round <= count; ++round) {
      bool changed = false;
      for (const CompiledImplication& made : out_.implications) {
        const int height = out_.concepts[made.target].gate_height + 1;
        if (out_.concepts[made.gate].gate_height < height) {
          out_.concepts[made.gate].gate_height = height;
          changed = true;
        }
      }
      if (!changed) break;
      if (round == count) {
        Fail("implications", "the implications run in a circle; break it");
        return;
      }
    }
    for (size_t c = 0; c < count; ++c) {
      if (!out_.implications_to[c].empty()) {
        out_.implied_concepts.push_back(static_cast<int>(c));
      }
    }
    std::stable_sort(out_.implied_concepts.begin(), out_.implied_concepts.end(),
                     [&](int a, int b) {
                       return out_.concepts[a].gate_height >
                              out_.concepts[b].gate_height;
                     });
  }

  void AddImplication(const v1::Implication& implication,
                      const v1::ConceptState& state) {
    const int gate = out_.concept_index.at(implication.given().concept());
    const int target = out_.concept_index.at(state.concept());
    const CompiledConcept& from = out_.concepts[gate];
    const CompiledConcept& to = out_.concepts[target];
    const auto add = [&](int gate_region, WorldSet implied) {
      out_.implications.push_back(CompiledImplication{
          &implication, &state, gate,
          WorldsWith(from, gate_region, implication.given().status()), target,
          implied});
    };
    if (to.is_quantity) {
      // A quantity is of the whole patient: only the widest answer settles it.
      const WorldSet implied =
          state.state_case() == v1::ConceptState::kAtLeast
              ? Compare(to, v1::COMPARISON_GREATER_OR_EQUAL, state.at_least())
              : Compare(to, v1::COMPARISON_LESS_OR_EQUAL, state.at_most());
      add(static_cast<int>(from.regions.size()) - 1, implied);
      return;
    }
    // What is denied of a place is denied of what lies in it; what is present
    // in a place is present in what holds it.
    const bool denied =
        implication.given().status() != v1::FINDING_STATUS_PRESENT;
    const bool denies = state.status() != v1::FINDING_STATUS_PRESENT;
    for (size_t r = 0; r < to.regions.size(); ++r) {
      int gate_region = RegionIndex(from, to.regions[r]);
      if (!denied || !denies) {
        for (size_t g = 0; g < from.regions.size(); ++g) {
          if (static_cast<int>(g) == gate_region ||
              (!denied && !denies && LiesIn(from.regions[g], to.regions[r]))) {
            add(static_cast<int>(g),
                WorldsWith(to, static_cast<int>(r), state.status()));
          }
        }
        continue;
      }
      for (size_t g = 0; gate_region < 0 && g < from.regions.size(); ++g) {
        if (LiesIn(to.regions[r], from.regions[g])) {
          gate_region = static_cast<int>(g);
        }
      }
      if (gate_region < 0) continue;
      add(gate_region, WorldsWith(to, static_cast<int>(r), state.status()));
    }
  }

  WorldSet Compare(const CompiledConcept& made, v1::Comparison comparison,
                   double limit) const {
    const auto at = std::find(made.limits.begin(), made.limits.end(), limit);
    const int i = static_cast<int>(at - made.limits.begin());
    const WorldSet below = FirstWorlds(2 * i + 1);
    const WorldSet equal = Bit(2 * i + 1);
    WorldSet worlds = 0;
    switch (comparison) {
      case v1::COMPARISON_LESS:
        worlds = below;
        break;
      case v1::COMPARISON_LESS_OR_EQUAL:
        worlds = below | equal;
        break;
      case v1::COMPARISON_GREATER:
        worlds = ~(below | equal);
        break;
      case v1::COMPARISON_GREATER_OR_EQUAL:
        worlds = ~below;
        break;
      default:
        break;
    }
    // Where no depth is stated, no comparison holds.
    const WorldSet cells =
        FirstWorlds(2 * static_cast<int>(made.limits.size()) + 1);
    return worlds & cells & made.all;
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
                                   LimitOf(condition.quantity())));
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
    const int region = RegionIndex(asked, RegionOf(finding));
    const auto window = [&](const std::vector<TimeSpan>& windows) {
      return static_cast<int>(
          std::find(windows.begin(), windows.end(), SpanOf(finding.within())) -
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

  void CompileRules() {
    for (const v1::Rule& rule : catalog_.rules()) {
      CompiledRule made = Compile(rule.condition());
      made.rule = &rule;
      made.effect = EffectOf(rule);
      made.strictness = StrictnessOf(made.effect);
      out_.rules.push_back(std::move(made));
    }
    for (const v1::PlanItem& item : catalog_.plan_items()) {
      std::vector<ConditionNode> nodes;
      if (item.has_condition()) Flatten(Build(item.condition()), &nodes);
      out_.plan_item_conditions.push_back(std::move(nodes));
    }
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

  void OrderBenignWorlds() {
    // By concept and world: how often the rules that matter look for it.
    std::vector<std::array<int, kMostWorlds>> weights(out_.concepts.size());
    for (auto& of_concept : weights) of_concept.fill(0);
    for (const CompiledRule& rule : out_.rules) {
      if (rule.strictness == Strictness::kNote) continue;
      for (const ConditionNode& node : rule.nodes) {
        if (node.kind != Kind::kLeaf) continue;
        for (int w = 0; w < kMostWorlds; ++w) {
          if ((node.satisfying & Bit(w)) != 0) {
            weights[node.concept_index][w] += 4;
          }
        }
      }
    }
    for (size_t c = 0; c < out_.concepts.size(); ++c) {
      CompiledConcept& made = out_.concepts[c];
      WorldSet implying = 0;
      for (const int i : out_.implications_from[c]) {
        implying |= out_.implications[i].given;
      }
      std::vector<std::pair<int, uint8_t>> order;
      for (int w = 0; w < kMostWorlds; ++w) {
        if ((made.all & Bit(w)) == 0) continue;
        const int weight = weights[c][w] + ((implying & Bit(w)) != 0 ? 1 : 0);
        order.emplace_back(weight, static_cast<uint8_t>(w));
      }
      std::sort(order.begin(), order.end());
      for (const auto& [weight, world] : order) {
        made.benign_order.push_back(world);
      }
    }
  }

  void MakePrograms() {
    out_.concepts_by_section.resize(catalog_.sections_size());
    for (size_t c = 0; c < out_.concepts.size(); ++c) {
      CompiledConcept& made = out_.concepts[c];
      out_.all_worlds.push_back(made.all);
      if (made.section >= 0 && !made.is_quantity) {
        made.denied = made.definition->tense() == v1::QUESTION_TENSE_EVER
                          ? made.never_everywhere
                          : made.absent_everywhere;
      }
      if (made.denied != 0) {
        out_.concepts_by_section[made.section].push_back(
            static_cast<int32_t>(c));
      }
    }
    for (size_t t = 0; t < out_.treatments.size(); ++t) {
      CompiledTreatment& treatment = out_.treatments[t];
      std::set<std::string> lineage;
      for (const int l : treatment.lineage) {
        lineage.insert(catalog_.treatments(l).treatment_id());
      }
      for (const std::string& profile : out_.profiles) {
        Program program;
        program.treatment = static_cast<int>(t);
        program.rules_by_concept.resize(out_.concepts.size());
        for (const CompiledRule& rule : out_.rules) {
          const v1::Rule& r = *rule.rule;
          if (std::none_of(
                  r.applies_to().begin(), r.applies_to().end(),
                  [&](const auto& id) { return lineage.count(id) > 0; })) {
            continue;
          }
          if (profile != "standard" &&
              std::find(r.profiles().begin(), r.profiles().end(), profile) ==
                  r.profiles().end()) {
            program.left_out.push_back(
                static_cast<int32_t>(&rule - out_.rules.data()));
            continue;
          }
          program.rules.push_back(&rule);
        }
        std::stable_sort(program.rules.begin(), program.rules.end(),
                         [](const CompiledRule* a, const CompiledRule* b) {
                           return a->strictness > b->strictness;
                         });
        for (size_t i = 0; i < program.rules.size(); ++i) {
          const CompiledRule& rule = *program.rules[i];
          for (const int c : rule.concepts) {
            program.rules_by_concept[c].push_back(static_cast<int>(i));
          }
          if (rule.entangled) {
            for (const int c : rule.enumerated) {
              auto& list = program.rules_by_concept[c];
              if (list.empty() || list.back() != static_cast<int>(i)) {
                list.push_back(static_cast<int>(i));
              }
            }
          }
        }
        treatment.programs.push_back(std::move(program));
      }
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

  Catalog& out_;
  const v1::RuleCatalog& catalog_;
  std::vector<std::pair<std::string, std::string>>& errors_;
};

template <typename Records, typename Id>
void SortById(Records* records, Id id) {
  std::sort(records->pointer_begin(), records->pointer_end(),
            [&](const auto* a, const auto* b) { return id(*a) < id(*b); });
}

// Joins the translations of one record, which must stand together.
void JoinTranslations(
    google::protobuf::RepeatedPtrField<v1::Translation>* translations) {
  int last = -1;
  for (int i = 0; i < translations->size(); ++i) {
    v1::Translation& made = (*translations)[i];
    v1::Translation* before = last < 0 ? nullptr : &(*translations)[last];
    if (before != nullptr && before->language() == made.language() &&
        before->records() == made.records() &&
        before->record_id() == made.record_id()) {
      before->mutable_texts()->MergeFrom(made.texts());
    } else {
      translations->SwapElements(++last, i);
    }
  }
  translations->DeleteSubrange(last + 1, translations->size() - last - 1);
}

}  // namespace

void SortCatalog(v1::RuleCatalog* catalog) {
  SortById(catalog->mutable_sections(),
           [](const auto& r) { return r.section_id(); });
  SortById(catalog->mutable_concepts(),
           [](const auto& r) { return r.concept_id(); });
  SortById(catalog->mutable_implications(),
           [](const auto& r) { return r.implication_id(); });
  SortById(catalog->mutable_areas(), [](const auto& r) { return r.area_id(); });
  SortById(catalog->mutable_concerns(),
           [](const auto& r) { return r.concern_id(); });
  SortById(catalog->mutable_treatments(),
           [](const auto& r) { return r.treatment_id(); });
  SortById(catalog->mutable_devices(),
           [](const auto& r) { return r.device_id(); });
  SortById(catalog->mutable_profiles(),
           [](const auto& r) { return r.profile_id(); });
  SortById(catalog->mutable_parameters(),
           [](const auto& r) { return r.parameter_id(); });
  SortById(catalog->mutable_rules(), [](const auto& r) { return r.rule_id(); });
  SortById(catalog->mutable_courses(),
           [](const auto& r) { return r.course_id(); });
  SortById(catalog->mutable_plan_items(),
           [](const auto& r) { return r.item_id(); });
  SortById(catalog->mutable_invariants(),
           [](const auto& r) { return r.invariant_id(); });
  SortById(catalog->mutable_citations(),
           [](const auto& r) { return r.citation_id(); });
  SortById(catalog->mutable_conflicts(),
           [](const auto& r) { return r.conflict_id(); });
  SortById(catalog->mutable_non_rules(),
           [](const auto& r) { return r.non_rule_id(); });
  SortById(catalog->mutable_overlays(),
           [](const auto& r) { return r.overlay_id(); });
  SortById(catalog->mutable_languages(),
           [](const auto& r) { return r.language(); });
  SortById(catalog->mutable_translations(), [](const auto& r) {
    return std::tie(r.language(), r.records(), r.record_id());
  });
  JoinTranslations(catalog->mutable_translations());
  for (v1::Translation& translation : *catalog->mutable_translations()) {
    SortById(translation.mutable_texts(),
             [](const auto& r) { return r.field(); });
  }
}

std::string CatalogDigest(const v1::RuleCatalog& sorted_catalog) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    sorted_catalog.SerializeToCodedStream(&coded);
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash;
  unsigned int length = 0;
  EVP_Digest(bytes.data(), bytes.size(), hash.data(), &length, EVP_sha256(),
             nullptr);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash.data()), length));
}

v1::CatalogVersion VersionOf(const v1::RuleCatalog& sorted_catalog) {
  v1::CatalogVersion version;
  version.set_version(sorted_catalog.manifest().version());
  version.set_digest(CatalogDigest(sorted_catalog));
  return version;
}

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
  Compiler<CompiledCatalog>(compiled.get(), errors).Run();
  if (!errors->empty()) return nullptr;
  return compiled;
}

CompiledRule CompileCondition(const CompiledCatalog& catalog,
                              const v1::Condition& condition) {
  // Not written to: a finished catalogue has passed every check.
  std::vector<std::pair<std::string, std::string>> errors;
  return Compiler<const CompiledCatalog>(&catalog, &errors).Compile(condition);
}

}  // namespace needlewise
