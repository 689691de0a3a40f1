#include "rules/engine/concept_worlds.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rules/engine/condition_terms.h"

namespace needlewise {
namespace {

class WorldMaker {
 public:
  WorldMaker(CompiledCatalog* out, CatalogErrors* errors)
      : out_(*out), catalog_(out->catalog), errors_(*errors) {}

  void Run() {
    MakeConcepts();
    CollectUse();
    MakeWorlds();
    NarrowWorlds();
  }

 private:
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
                ? static_cast<int>(ParameterValue(out_, freshness.parameter()))
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
        const Region region = RegionOf(out_, finding);
        if (RegionIndex(used, region) < 0) used.regions.push_back(region);
        if (finding.time() == v1::FINDING_TIME_WITHIN) {
          used.end_windows.push_back(SpanOf(out_, finding.within()));
        } else if (finding.time() == v1::FINDING_TIME_BEGAN_WITHIN) {
          used.onset_windows.push_back(SpanOf(out_, finding.within()));
        }
      } else if (condition.has_quantity()) {
        AddLimit(out_.concept_index.at(condition.quantity().concept()),
                 LimitOf(out_, condition.quantity()));
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
      made->regions.push_back(Region{DefaultPlace(out_, concept_index), -1});
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
        if (LiesIn(out_, made.regions[inner], made.regions[region])) {
          fits = Agrees(made, (*world)[inner], cell);
        }
      }
      if (!fits) continue;
      (*world)[region] = static_cast<uint8_t>(cell);
      ExtendWorld(made, region + 1, world, worlds);
    }
  }

  // Whether a wider place can be in `outer` while a place in it is in `inner`:
  // what is so in the one is so in the other, as lately or later.
  static bool Agrees(const CompiledConcept& made, int inner, int outer) {
    const int first_present = made.PresentCell(0);
    if (inner == 0) return true;
    if (inner >= first_present) return outer >= first_present && outer <= inner;
    return outer >= first_present || (outer >= 1 && outer <= inner);
  }

  void Fail(std::string subject, std::string message) {
    errors_.emplace_back(std::move(subject), std::move(message));
  }

  CompiledCatalog& out_;
  const v1::RuleCatalog& catalog_;
  CatalogErrors& errors_;
};

}  // namespace

void MakeConceptWorlds(CompiledCatalog* catalog, CatalogErrors* errors) {
  WorldMaker(catalog, errors).Run();
}

}  // namespace needlewise
