#include "rules/engine/condition_terms.h"

#include <algorithm>
#include <cmath>

namespace needlewise {

WorldSet FirstWorlds(int count) {
  return count >= kMostWorlds ? ~WorldSet{0} : Bit(count) - 1;
}

double ParameterValue(const CompiledCatalog& catalog, const std::string& id) {
  const auto found = catalog.parameter_index.find(id);
  return found == catalog.parameter_index.end()
             ? 0
             : catalog.catalog.parameters(found->second).value();
}

TimeSpan SpanOf(const CompiledCatalog& catalog, const v1::Window& window) {
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
      const auto found = catalog.parameter_index.find(window.parameter());
      if (found == catalog.parameter_index.end()) return {};
      const v1::Parameter& parameter =
          catalog.catalog.parameters(found->second);
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

Region RegionOf(const CompiledCatalog& catalog,
                const v1::FindingCondition& finding) {
  Region region;
  region.place = finding.place();
  if (region.place == v1::FINDING_PLACE_UNSPECIFIED) {
    region.place =
        DefaultPlace(catalog, catalog.concept_index.at(finding.concept()));
  }
  if (region.place == v1::FINDING_PLACE_REGION) {
    region.area = catalog.area_index.at(finding.region());
  }
  return region;
}

v1::FindingPlace DefaultPlace(const CompiledCatalog& catalog,
                              int concept_index) {
  return catalog.concepts[concept_index].definition->scope() ==
                 v1::CONCEPT_SCOPE_TREATMENT_AREA
             ? v1::FINDING_PLACE_TREATMENT_AREA
             : v1::FINDING_PLACE_ANYWHERE;
}

int RegionOrder(const Region& region) {
  switch (region.place) {
    case v1::FINDING_PLACE_TREATMENT_AREA:
      return 0;
    case v1::FINDING_PLACE_REGION:
      return 1;
    default:
      return 2;
  }
}

int RegionIndex(const CompiledConcept& concept_, const Region& region) {
  for (size_t i = 0; i < concept_.regions.size(); ++i) {
    if (concept_.regions[i].place == region.place &&
        concept_.regions[i].area == region.area) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

bool LiesIn(const CompiledCatalog& catalog, const Region& inner,
            const Region& outer) {
  if (RegionOrder(inner) < RegionOrder(outer)) return true;
  return inner.place == v1::FINDING_PLACE_REGION &&
         outer.place == v1::FINDING_PLACE_REGION &&
         catalog.AreaHolds(outer.area, inner.area);
}

// Worlds in which region `r` has `status`.
WorldSet WorldsWith(const CompiledConcept& made, int r,
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

double LimitOf(const CompiledCatalog& catalog,
               const v1::QuantityCondition& quantity) {
  return quantity.limit_case() == v1::QuantityCondition::kParameter
             ? ParameterValue(catalog, quantity.parameter())
             : quantity.value();
}

WorldSet Compare(const CompiledConcept& made, v1::Comparison comparison,
                 double limit) {
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

int MaximumSkinType(const v1::ClearedUse& use) {
  return use.maximum_skin_type() > 0 ? use.maximum_skin_type() : 6;
}

}  // namespace needlewise
