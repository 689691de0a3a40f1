#include "rules/engine/catalog_overlay.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/engine/effect.h"
#include "rules/engine/nearest_names.h"
#include "rules/engine/parameter_use.h"
#include "rules/engine/partial_date.h"

namespace needlewise {
namespace {

// As the validator has it for a catalogue's own windows.
constexpr double kLongestTime = 10000;

bool IsTimeUnit(const std::string& unit) {
  return unit == "h" || unit == "d" || unit == "wk" || unit == "mo";
}

bool IsOverlayId(const std::string& id) {
  return !id.empty() && id.front() != '-' && id.back() != '-' &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
         });
}

std::string InUnit(double value, const std::string& unit) {
  // UCUM's unit of a pure number.
  return unit == "1" ? absl::StrCat(value) : absl::StrCat(value, " ", unit);
}

std::string Names(const char* one, const char* many,
                  const std::vector<std::string>& ids) {
  return absl::StrCat(ids.size() == 1 ? one : many, " `",
                      absl::StrJoin(ids, "`, `"), "`");
}

class Applier {
 public:
  Applier(const v1::CatalogVersion& released,
          const std::optional<absl::CivilDay>& today, v1::RuleCatalog* catalog,
          std::vector<v1::Diagnostic>* diagnostics)
      : released_(released),
        today_(today),
        catalog_(*catalog),
        diagnostics_(*diagnostics) {
    const v1::RuleCatalog* const parts[] = {catalog};
    uses_ = ParameterUses(parts);
    for (v1::Parameter& p : *catalog_.mutable_parameters()) {
      parameters_.emplace(p.parameter_id(), &p);
    }
    for (v1::Rule& r : *catalog_.mutable_rules()) {
      rules_.emplace(r.rule_id(), &r);
    }
    for (const v1::Concept& c : catalog_.concepts()) {
      if (c.has_quantity()) quantities_.emplace(c.concept_id(), &c);
    }
  }

  void Apply(const ParsedFile& file) {
    const Place root = RootOf(file);
    v1::CatalogOverlay applied = file.overlay;
    CheckHead(root, applied);
    for (int i = 0; i < applied.parameters_size(); ++i) {
      Apply(root.In("parameters", i), applied.overlay_id(),
            applied.mutable_parameters(i));
    }
    for (int i = 0; i < applied.rules_size(); ++i) {
      Apply(root.In("rules", i), applied.overlay_id(),
            applied.mutable_rules(i));
    }
    applied.set_released_digest(released_.digest());
    *catalog_.add_overlays() = std::move(applied);
  }

  void Finish() {
    auto* rules = catalog_.mutable_rules();
    rules->erase(std::remove_if(rules->begin(), rules->end(),
                                [this](const v1::Rule& rule) {
                                  return disabled_.count(rule.rule_id()) > 0;
                                }),
                 rules->end());
  }

 private:
  void Error(const Place& place, const char* field, const std::string& subject,
             std::string message) {
    v1::Diagnostic fault = place.At(field, -1, std::move(message));
    fault.set_subject(subject);
    diagnostics_.push_back(std::move(fault));
  }

  bool Require(const Place& place, const char* field, const std::string& value,
               const std::string& subject, const std::string& who) {
    if (!value.empty()) return true;
    Error(place, field, subject,
          absl::StrCat(who, ": `", field, "` is required"));
    return false;
  }

  void CheckHead(const Place& root, const v1::CatalogOverlay& overlay) {
    const std::string& id = overlay.overlay_id();
    const std::string who = absl::StrCat("overlay `", id, "`");
    version_named_ = !overlay.catalog_version().empty();
    if (!IsOverlayId(id)) {
      Error(root, "overlay_id", id,
            "`overlay_id` must be lower-case words joined by `-`");
    } else if (!overlays_.insert(id).second) {
      Error(root, "overlay_id", id,
            absl::StrCat(who, ": another overlay has this id; rename one"));
    }
    Require(root, "title", overlay.title(), id, who);
    if (version_named_ && overlay.catalog_version() != released_.version()) {
      Error(root, "catalog_version", id,
            absl::StrCat(who, ": was written for catalogue `",
                         overlay.catalog_version(), "`, and this is `",
                         released_.version(),
                         "`; read it again against this one, then name it"));
    }
    if (!overlay.released_digest().empty()) {
      Error(root, "released_digest", id,
            absl::StrCat(who,
                         ": `released_digest` is written where the "
                         "overlay is applied; leave it out"));
    }
    if (overlay.parameters().empty() && overlay.rules().empty()) {
      Error(root, "overlay_id", id,
            absl::StrCat(who,
                         ": changes nothing; add `parameters` or "
                         "`rules`, or take it out of use"));
    }
  }

  // Whether somebody allows what makes nothing stricter. `what` says what that
  // is, `otherwise` what would need nobody.
  void CheckApproval(const Place& place, const char* field,
                     const std::string& subject, bool has_approval,
                     const v1::Approval& approval, bool needed,
                     const std::string& what, const std::string& otherwise) {
    if (!has_approval) {
      if (!needed) return;
      Error(place, field, subject,
            absl::StrCat(what,
                         "; add `approval` with `approver`, `approved_on` and "
                         "`reason`, or ",
                         otherwise));
      return;
    }
    const Place inner = place.In("approval");
    Require(inner, "approver", approval.approver(), subject, what);
    Require(inner, "reason", approval.reason(), subject, what);
    const std::optional<Day> day = ParseWholeDate(approval.approved_on());
    if (!day.has_value()) {
      Error(inner, "approved_on", subject,
            absl::StrCat(what, ": `approved_on` must be a date, YYYY-MM-DD"));
    } else if (today_.has_value() && *day > ToDay(*today_)) {
      Error(inner, "approved_on", subject,
            absl::StrCat(what,
                         ": `approved_on` is after today; an approval "
                         "is of the day it is given"));
    }
    // What is allowed over one release may not be over the next.
    if (needed && !version_named_) {
      Error(place, field, subject,
            absl::StrCat(what,
                         ": an approval is for one release; add "
                         "`catalog_version: \"",
                         released_.version(), "\"` to the overlay"));
    }
  }

  void Apply(const Place& place, const std::string& overlay,
             v1::ParameterOverride* change) {
    const std::string& id = change->parameter_id();
    const auto found = parameters_.find(id);
    if (found == parameters_.end()) {
      Error(place, "parameter_id", id,
            absl::StrCat("parameter `", id, "` is not defined",
                         DidYouMean(Nearest(id, parameters_))));
      return;
    }
    v1::Parameter& parameter = *found->second;
    const std::string who = absl::StrCat("parameter `", id, "`");
    if (!changed_parameters_.insert(id).second) {
      Error(place, "parameter_id", id,
            absl::StrCat(who, ": is overridden twice; keep one"));
      return;
    }
    Require(place, "reason", change->reason(), id, who);
    if (change->released_value() != 0) {
      Error(place, "released_value", id,
            absl::StrCat(who,
                         ": `released_value` is written where the overlay "
                         "is applied; leave it out"));
    }
    if (!IsPossible(place, who, parameter, change->value())) return;
    const double released = parameter.value();
    if (change->value() == released) {
      Error(place, "value", id,
            absl::StrCat(who, ": ", InUnit(released, parameter.unit()),
                         " is the released value; leave it out"));
      return;
    }
    const v1::StricterDirection direction = change->value() > released
                                                ? v1::STRICTER_DIRECTION_GREATER
                                                : v1::STRICTER_DIRECTION_LESS;
    const std::string moved =
        absl::StrCat(who, ": ", InUnit(change->value(), parameter.unit()),
                     " instead of ", InUnit(released, parameter.unit()));
    CheckApproval(
        place, "value", id, change->has_approval(), change->approval(),
        parameter.stricter() != direction,
        absl::StrCat(moved,
                     parameter.stricter() == v1::STRICTER_DIRECTION_UNSPECIFIED
                         ? " may relax "
                         : " relaxes ",
                     WhatUses(id)),
        parameter.stricter() == v1::STRICTER_DIRECTION_UNSPECIFIED
            ? "keep the released value"
            : absl::StrCat("give a value ",
                           direction == v1::STRICTER_DIRECTION_GREATER
                               ? "below "
                               : "above ",
                           InUnit(released, parameter.unit())));
    change->set_released_value(released);
    parameter.set_value(change->value());
    Note(overlay,
         absl::StrCat("`", id, "` is ",
                      InUnit(change->value(), parameter.unit()), " instead of ",
                      InUnit(released, parameter.unit())),
         change->reason(), change->has_approval(), change->approval(),
         RulesThatUse(id));
  }

  // Whether the parameter can have that value at all.
  bool IsPossible(const Place& place, const std::string& who,
                  const v1::Parameter& parameter, double value) {
    const std::string& id = parameter.parameter_id();
    if (!std::isfinite(value) || value <= 0) {
      Error(place, "value", id,
            absl::StrCat(who, ": `value` must be a number greater than 0"));
      return false;
    }
    if (IsTimeUnit(parameter.unit()) &&
        (value != std::floor(value) || value > kLongestTime)) {
      Error(place, "value", id,
            absl::StrCat(who,
                         ": a time is a whole number of its unit, at most "
                         "10,000"));
      return false;
    }
    const auto uses = uses_.find(id);
    if (uses == uses_.end()) return true;
    for (const ParameterUse& use : uses->second) {
      const auto quantity = quantities_.find(use.quantity);
      if (quantity == quantities_.end()) continue;
      const v1::QuantityForm& form = quantity->second->quantity();
      if (value >= form.minimum() && value <= form.maximum()) continue;
      Error(
          place, "value", id,
          absl::StrCat(who, ": `", use.quantity, "` runs from ", form.minimum(),
                       " to ", InUnit(form.maximum(), form.unit()),
                       ", so that nothing or everything is beyond ", value,
                       "; give a value between"));
      return false;
    }
    return true;
  }

  std::vector<std::string> RulesThatUse(const std::string& parameter) const {
    std::vector<std::string> ids;
    const auto uses = uses_.find(parameter);
    if (uses == uses_.end()) return ids;
    for (const ParameterUse& use : uses->second) {
      if (!use.is_freshness) ids.push_back(use.subject);
    }
    return ids;
  }

  std::string WhatUses(const std::string& parameter) const {
    std::vector<std::string> parts;
    std::vector<std::string> concepts;
    const auto uses = uses_.find(parameter);
    if (uses != uses_.end()) {
      for (const ParameterUse& use : uses->second) {
        if (use.is_freshness) concepts.push_back(use.subject);
      }
    }
    const std::vector<std::string> rules = RulesThatUse(parameter);
    if (!rules.empty()) parts.push_back(Names("rule", "rules", rules));
    if (!concepts.empty()) {
      parts.push_back(absl::StrCat(
          "how fresh ", Names("concept", "concepts", concepts), " must be"));
    }
    return parts.empty() ? "what uses it" : absl::StrJoin(parts, " and ");
  }

  void Apply(const Place& place, const std::string& overlay,
             v1::RuleOverride* change) {
    const std::string& id = change->rule_id();
    const auto found = rules_.find(id);
    if (found == rules_.end()) {
      Error(place, "rule_id", id,
            absl::StrCat("rule `", id, "` is not defined",
                         DidYouMean(Nearest(id, rules_))));
      return;
    }
    v1::Rule& rule = *found->second;
    const std::string who = absl::StrCat("rule `", id, "`");
    if (!changed_rules_.insert(id).second) {
      Error(place, "rule_id", id,
            absl::StrCat(who, ": is overridden twice; keep one"));
      return;
    }
    Require(place, "reason", change->reason(), id, who);
    if (change->released_effect() != v1::EFFECT_KIND_UNSPECIFIED) {
      Error(place, "released_effect", id,
            absl::StrCat(who,
                         ": `released_effect` is written where the "
                         "overlay is applied; leave it out"));
    }
    const v1::EffectKind released = EffectOf(rule);
    const v1::EffectKind wanted = change->effect();
    change->set_released_effect(released);
    if (change->change_case() == v1::RuleOverride::kDisabled &&
        change->disabled()) {
      CheckApproval(
          place, "disabled", id, change->has_approval(), change->approval(),
          true,
          absl::StrCat(who, ": disabling it gives up a ", EffectWord(released)),
          "leave the rule in force");
      disabled_.insert(id);
      return;
    }
    if (wanted == v1::EFFECT_KIND_UNSPECIFIED ||
        !v1::EffectKind_IsValid(wanted)) {
      Error(place, "rule_id", id,
            absl::StrCat(who,
                         ": nothing is changed; give an `effect`, or "
                         "`disabled: true`"));
      return;
    }
    if (wanted == released) {
      Error(place, "effect", id,
            absl::StrCat(who, ": is a ", EffectWord(released),
                         " as released; leave it out"));
      return;
    }
    const std::string instead =
        absl::StrCat(EffectWord(wanted), " instead of ", EffectWord(released));
    CheckApproval(place, "effect", id, change->has_approval(),
                  change->approval(), !IsStricter(wanted, released),
                  absl::StrCat(who, ": ", instead, " relaxes it"),
                  released == v1::EFFECT_KIND_CONTRAINDICATION
                      ? "leave the rule as it is"
                      : absl::StrCat("give an effect stricter than ",
                                     EffectWord(released)));
    if (!change->cleared_by().empty()) {
      rule.set_cleared_by(change->cleared_by());
    } else if (rule.cleared_by().empty() && wanted != v1::EFFECT_KIND_NOTE) {
      Error(place, "rule_id", id,
            absl::StrCat(who,
                         ": says nothing of what clears it; add "
                         "`cleared_by`"));
    }
    SetEffect(wanted, &rule);
    Note(overlay, absl::StrCat("a ", instead), change->reason(),
         change->has_approval(), change->approval(), {id});
  }

  // Leaves with each rule what was changed, for whoever reads a decision.
  void Note(const std::string& overlay, const std::string& what,
            const std::string& reason, bool has_approval,
            const v1::Approval& approval, const std::vector<std::string>& ids) {
    const std::string line = absl::StrCat(
        "overlay `", overlay, "`: ", what, "; ", reason,
        has_approval
            ? absl::StrCat(" Approved by ", approval.approver(), " on ",
                           approval.approved_on(), ": ", approval.reason())
            : "");
    for (const std::string& id : ids) {
      const auto rule = rules_.find(id);
      if (rule != rules_.end()) rule->second->add_overlay_notes(line);
    }
  }

  template <typename Records>
  static std::vector<std::string> Nearest(const std::string& wanted,
                                          const Records& records) {
    std::vector<std::pair<std::string, std::string>> names;
    for (const auto& [id, record] : records) names.emplace_back(id, id);
    return NearestNames(wanted, names);
  }

  const v1::CatalogVersion& released_;
  const std::optional<absl::CivilDay>& today_;
  v1::RuleCatalog& catalog_;
  std::vector<v1::Diagnostic>& diagnostics_;
  std::map<std::string, std::vector<ParameterUse>> uses_;
  std::map<std::string, v1::Parameter*> parameters_;
  std::map<std::string, v1::Rule*> rules_;
  std::map<std::string, const v1::Concept*> quantities_;
  std::set<std::string> overlays_;
  std::set<std::string> changed_parameters_;
  std::set<std::string> changed_rules_;
  std::set<std::string> disabled_;
  // Whether the overlay at hand names the release it is for.
  bool version_named_ = false;
};

}  // namespace

void ApplyOverlays(const std::vector<std::unique_ptr<ParsedFile>>& files,
                   const v1::CatalogVersion& released,
                   const std::optional<absl::CivilDay>& today,
                   v1::RuleCatalog* catalog,
                   std::vector<v1::Diagnostic>* diagnostics) {
  Applier applier(released, today, catalog, diagnostics);
  for (const auto& file : files) {
    if (file->is_overlay) applier.Apply(*file);
  }
  applier.Finish();
}

}  // namespace needlewise
