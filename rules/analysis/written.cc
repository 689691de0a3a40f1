#include "rules/analysis/written.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace needlewise::analysis {

std::string AreaClass::Name() const {
  if (areas.size() == 1) return areas[0];
  return held_by.empty()
             ? absl::StrCat(areas.size(), " areas outside every region")
             : absl::StrCat(areas.size(), " parts of ",
                            absl::StrJoin(held_by, ", "));
}

bool IsQuantity(const v1::Concept& asked) {
  return asked.kind() == v1::CONCEPT_KIND_QUANTITY ||
         asked.kind() == v1::CONCEPT_KIND_AGE;
}

bool Blocks(const v1::Rule& rule) {
  return rule.has_contraindication() || rule.has_deferral() ||
         rule.has_review();
}

void VisitConditions(const v1::Condition& condition,
                     const std::function<void(const v1::Condition&)>& visit) {
  visit(condition);
  for (const auto& c : condition.all_of().conditions()) {
    VisitConditions(c, visit);
  }
  for (const auto& c : condition.any_of().conditions()) {
    VisitConditions(c, visit);
  }
  if (condition.has_not_()) VisitConditions(condition.not_(), visit);
}

Written::Written(const v1::RuleCatalog& catalog) : catalog_(catalog) {
  for (const auto& c : catalog.concepts()) concepts_[c.concept_id()] = &c;
  for (const auto& t : catalog.treatments()) {
    treatments_[t.treatment_id()] = &t;
  }
  for (const auto& d : catalog.devices()) devices_[d.device_id()] = &d;
  for (const auto& r : catalog.rules()) rules_[r.rule_id()] = &r;
  for (const auto& p : catalog.parameters()) {
    parameters_[p.parameter_id()] = &p;
  }
  for (const auto& a : catalog.areas()) parents_[a.area_id()] = a.parent();
}

const v1::Concept* Written::FindConcept(const std::string& id) const {
  const auto found = concepts_.find(id);
  return found == concepts_.end() ? nullptr : found->second;
}

const v1::Device* Written::FindDevice(const std::string& id) const {
  const auto found = devices_.find(id);
  return found == devices_.end() ? nullptr : found->second;
}

const v1::Rule* Written::FindRule(const std::string& id) const {
  const auto found = rules_.find(id);
  return found == rules_.end() ? nullptr : found->second;
}

double Written::Parameter(const std::string& id) const {
  const auto found = parameters_.find(id);
  return found == parameters_.end() ? 0 : found->second->value();
}

Length Written::LengthOf(const v1::Window& window) const {
  // The hour of day is not known: the day itself, and every day begun.
  const auto hours = [](double h) {
    return Length{1 + static_cast<int>(std::ceil(h / 24)), 0};
  };
  if (window.has_hours()) return hours(window.hours());
  if (window.has_days()) return Length{window.days(), 0};
  if (window.has_weeks()) return Length{7 * window.weeks(), 0};
  if (window.has_months()) return Length{0, window.months()};
  const auto found = parameters_.find(window.parameter());
  if (found == parameters_.end()) return Length{};
  const v1::Parameter& p = *found->second;
  const int whole = static_cast<int>(std::ceil(p.value()));
  if (p.unit() == "h") return hours(p.value());
  if (p.unit() == "wk") return Length{7 * whole, 0};
  if (p.unit() == "mo") return Length{0, whole};
  return Length{whole, 0};
}

double Written::LimitOf(const v1::QuantityCondition& quantity) const {
  return quantity.has_parameter() ? Parameter(quantity.parameter())
                                  : quantity.value();
}

bool Written::Holds(const std::string& outer, const std::string& inner) const {
  std::string area = inner;
  for (size_t steps = 0; steps <= parents_.size() && !area.empty(); ++steps) {
    if (area == outer) return true;
    const auto found = parents_.find(area);
    if (found == parents_.end()) return false;
    area = found->second;
  }
  return false;
}

bool Written::PlaceHolds(const PlaceId& outer, const PlaceId& inner) const {
  if (outer == inner || outer == kAnywhere) return true;
  if (inner == kAnywhere || outer == kTreated) return false;
  return inner == kTreated || Holds(outer, inner);
}

std::vector<AreaClass> Written::AreaClasses() const {
  std::set<std::string> regions;
  ForEachCondition([&](const v1::Condition& c) {
    if (c.finding().place() == v1::FINDING_PLACE_REGION) {
      regions.insert(c.finding().region());
    }
  });
  std::map<std::set<std::string>, AreaClass> classes;
  for (const v1::Area& area : catalog_.areas()) {
    if (!area.treatable()) continue;
    std::set<std::string> held_by;
    for (const std::string& region : regions) {
      if (region != area.area_id() && Holds(region, area.area_id())) {
        held_by.insert(region);
      }
    }
    AreaClass& made = classes[held_by];
    made.held_by = held_by;
    made.areas.push_back(area.area_id());
  }
  std::vector<AreaClass> all;
  for (auto& [held_by, made] : classes) all.push_back(std::move(made));
  return all;
}

PlaceId Written::OwnPlace(const v1::Concept& asked) const {
  return asked.scope() == v1::CONCEPT_SCOPE_TREATMENT_AREA ? kTreated
                                                           : kAnywhere;
}

PlaceId Written::PlaceOf(const v1::FindingCondition& finding,
                         const AreaClass& areas) const {
  switch (finding.place()) {
    case v1::FINDING_PLACE_TREATMENT_AREA:
      return kTreated;
    case v1::FINDING_PLACE_REGION:
      // Outside the region, and where it is the region itself, the treatment
      // area is meant.
      return areas.held_by.count(finding.region()) > 0 ? finding.region()
                                                       : PlaceId(kTreated);
    case v1::FINDING_PLACE_ANYWHERE:
      return kAnywhere;
    default:
      return OwnPlace(*concepts_.at(finding.concept()));
  }
}

std::set<std::string> Written::Lineage(const std::string& treatment) const {
  std::set<std::string> lineage;
  std::vector<std::string> open = {treatment};
  while (!open.empty()) {
    const std::string id = open.back();
    open.pop_back();
    if (id.empty() || !lineage.insert(id).second) continue;
    const v1::Treatment& t = *treatments_.at(id);
    open.push_back(t.base());
    open.insert(open.end(), t.combines().begin(), t.combines().end());
  }
  return lineage;
}

std::vector<const v1::Rule*> Written::RulesOf(
    const std::string& treatment, const std::string& profile) const {
  const std::set<std::string> lineage = Lineage(treatment);
  std::vector<const v1::Rule*> rules;
  for (const auto& [id, rule] : rules_) {
    const bool applies =
        std::any_of(rule->applies_to().begin(), rule->applies_to().end(),
                    [&](const std::string& t) { return lineage.count(t) > 0; });
    const bool chosen =
        profile == "standard" ||
        std::find(rule->profiles().begin(), rule->profiles().end(), profile) !=
            rule->profiles().end();
    if (applies && chosen) rules.push_back(rule);
  }
  return rules;
}

std::set<std::string> Written::DevicesOf(const std::string& treatment) const {
  const v1::Treatment& wanted = *treatments_.at(treatment);
  std::set<std::string> listed;
  for (const auto& [id, device] : devices_) {
    for (const std::string& use : device->treatments()) {
      if (use == treatment ||
          std::find(wanted.combines().begin(), wanted.combines().end(), use) !=
              wanted.combines().end()) {
        listed.insert(id);
      }
    }
  }
  return listed;
}

void Written::ForEachCondition(
    const std::function<void(const v1::Condition&)>& visit) const {
  for (const v1::Rule& r : catalog_.rules()) {
    VisitConditions(r.condition(), visit);
  }
  for (const v1::PlanItem& item : catalog_.plan_items()) {
    if (item.has_condition()) VisitConditions(item.condition(), visit);
  }
  for (const v1::Invariant& i : catalog_.invariants()) {
    for (const v1::InvariantPremise& p : i.premises()) {
      if (p.has_known()) VisitConditions(p.known(), visit);
      if (p.has_possible()) VisitConditions(p.possible(), visit);
    }
  }
}

}  // namespace needlewise::analysis
