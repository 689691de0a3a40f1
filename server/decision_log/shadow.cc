#include "server/decision_log/shadow.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <vector>

namespace needlewise {
namespace {

constexpr size_t kMostExamples = 100;

// A verdict on one treatment in one area, named by where it is asked.
using Asked = std::tuple<std::string, std::string, int>;
using Areas = std::map<Asked, const v1::AreaDecision*>;

void AddAreas(const v1::TreatmentDecision& treatment, Areas* areas) {
  for (const v1::AreaDecision& area : treatment.areas()) {
    // The same may be asked twice, with other devices.
    Asked asked{treatment.treatment(), area.area(), 0};
    while (areas->count(asked) > 0) ++std::get<2>(asked);
    areas->emplace(asked, &area);
  }
}

Areas AreasOf(const v1::DecisionRecord& record) {
  Areas areas;
  for (const auto& treatment : record.decision().treatments()) {
    AddAreas(treatment, &areas);
  }
  if (record.has_add_on_decision()) {
    AddAreas(record.add_on_decision().base(), &areas);
    for (const auto& add_on : record.add_on_decision().add_ons()) {
      AddAreas(add_on.screening(), &areas);
    }
    for (const auto& pair : record.add_on_decision().combinations()) {
      AddAreas(pair.screening(), &areas);
    }
  }
  for (const auto& screening : record.plan().screening()) {
    AddAreas(screening, &areas);
  }
  return areas;
}

std::set<std::string> FiredIn(const v1::AreaDecision& area) {
  std::set<std::string> rules;
  for (const v1::FiredRule& fired : area.fired()) {
    rules.insert(fired.rule_id());
  }
  return rules;
}

}  // namespace

void ShadowEvaluation::Add(const v1::DecisionRecord& recorded,
                           const v1::DecisionRecord& replayed) {
  ++decisions_;
  const Areas before = AreasOf(recorded);
  const Areas now = AreasOf(replayed);
  bool changed = false;
  for (const auto& [asked, was] : before) {
    const auto found = now.find(asked);
    if (found == now.end()) continue;
    const v1::AreaDecision& is = *found->second;
    if (is.verdict() == was->verdict()) continue;
    changed = true;
    ++verdicts_[{was->verdict(), is.verdict()}];
    const std::set<std::string> fired_before = FiredIn(*was);
    const std::set<std::string> fires_now = FiredIn(is);
    for (const std::string& rule : fires_now) {
      if (fired_before.count(rule) == 0) ++rules_[rule].fires_now;
    }
    for (const std::string& rule : fired_before) {
      if (fires_now.count(rule) == 0) ++rules_[rule].fired_before;
    }
    // A verdict can change because a rule is unknown, or stricter, now.
    if (fired_before == fires_now) {
      const std::set<std::string> unknown_before(was->unknown_rules().begin(),
                                                 was->unknown_rules().end());
      const std::set<std::string> unknown_now(is.unknown_rules().begin(),
                                              is.unknown_rules().end());
      for (const std::string& rule : unknown_now) {
        if (unknown_before.count(rule) == 0) ++rules_[rule].fires_now;
      }
      for (const std::string& rule : unknown_before) {
        if (unknown_now.count(rule) == 0) ++rules_[rule].fired_before;
      }
    }
  }
  if (!changed) return;
  ++changed_;
  if (examples_.size() < kMostExamples) {
    examples_.push_back(recorded.decision_id());
  }
}

void ShadowEvaluation::Fill(v1::EvaluateCandidateResponse* response) const {
  response->set_decisions(decisions_);
  response->set_undecidable(undecidable_);
  response->set_changed_decisions(changed_);
  for (const auto& [change, count] : verdicts_) {
    v1::VerdictChange* out = response->add_changes();
    out->set_from(change.first);
    out->set_to(change.second);
    out->set_count(count);
  }
  for (const auto& [rule, change] : rules_) {
    v1::RuleChange* out = response->add_rules();
    out->set_rule_id(rule);
    out->set_fires_now(change.fires_now);
    out->set_fired_before(change.fired_before);
  }
  std::stable_sort(response->mutable_changes()->begin(),
                   response->mutable_changes()->end(),
                   [](const v1::VerdictChange& a, const v1::VerdictChange& b) {
                     return a.count() > b.count();
                   });
  std::stable_sort(response->mutable_rules()->begin(),
                   response->mutable_rules()->end(),
                   [](const v1::RuleChange& a, const v1::RuleChange& b) {
                     return a.fires_now() + a.fired_before() >
                            b.fires_now() + b.fired_before();
                   });
  response->mutable_examples()->Add(examples_.begin(), examples_.end());
}

}  // namespace needlewise
