#include "rules/analysis/laws.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/analysis/completions.h"
#include "rules/engine/decide.h"

namespace needlewise::analysis {
namespace {

// A patient of whom statements leave no doubt whether a rule holds as it is
// written, and whom the compiled rule judges otherwise.
Finding ShowDifference(Bench* bench, const CompiledRule& rule) {
  Formulas& f = bench->f();
  const std::string& id = rule.rule->rule_id();
  const Possible said = bench->model().ByStatements(
      bench->written(), bench->written().FindRule(id)->condition(),
      bench->known().knowledge);
  const Possible truth = bench->engine().RuleTruth(rule, bench->known().drawn);
  Finding found = bench->Refute(
      {f.Or(f.And(f.Not(said.can_be_false), f.Not(truth.can_be_true)),
            f.And(f.Not(said.can_be_true), f.Not(truth.can_be_false)))},
      absl::StrCat("compiled-", id),
      absl::StrCat("Rule `", id,
                   "` is compiled to something else than is written."));
  if (found.outcome == Outcome::kProved) {
    found.outcome = Outcome::kUndecided;
    found.detail = absl::StrCat(
        bench->Name(), ": rule `", id,
        "` is compiled to something else, which no single statement shows");
  } else if (found.outcome == Outcome::kRefuted) {
    absl::StrAppend(&found.detail, ", and rule `", id,
                    "` is compiled to something else than is written");
  }
  return found;
}

// The rules are compiled to what is written: the same ones apply, each holds
// of the same histories, and implications forbid the same.
Finding ProveCompiled(Bench* bench) {
  Finding finding;
  Formulas& f = bench->f();
  const auto fail = [&](std::string detail) {
    finding.outcome = Outcome::kRefuted;
    finding.detail = absl::StrCat(bench->Name(), ": ", detail);
    return finding;
  };
  const auto undecided = [&](const std::string& what) {
    finding.outcome = Outcome::kUndecided;
    finding.detail = absl::StrCat(bench->Name(), ": not decided: ", what, ": ",
                                  bench->solver().reason());
    return finding;
  };
  std::set<std::string> written;
  for (const v1::Rule* rule :
       bench->written().RulesOf(bench->treatment(), bench->profile())) {
    written.insert(rule->rule_id());
  }
  std::set<std::string> compiled;
  for (const CompiledRule* rule : bench->program().rules) {
    compiled.insert(rule->rule->rule_id());
  }
  if (written != compiled) {
    return fail("the compiled treatment has other rules than are written");
  }
  if (!bench->engine().NarrowsRightly()) {
    return fail("places that are one in an area are compiled as two");
  }
  // The profile has rules of the profile `standard`, looked at there.
  if (bench->profile() != "standard") return finding;
  const Formula lawful = bench->model().Lawful(bench->truth());
  std::vector<const CompiledRule*> own;
  std::vector<Formula> differ;
  for (const CompiledRule* rule : bench->program().rules) {
    const v1::Rule& as_written =
        *bench->written().FindRule(rule->rule->rule_id());
    if (!IsOwn(*bench, as_written)) continue;
    own.push_back(rule);
    differ.push_back(f.Not(
        f.Iff(bench->model().Holds(bench->written(), as_written.condition(),
                                   bench->truth()),
              bench->engine().HoldsIn(*rule, bench->truth()))));
  }
  if (bench->AskOfAnyDevice({lawful, f.Or(differ)}) != Answer::kUnsatisfiable) {
    for (size_t i = 0; i < own.size(); ++i) {
      switch (bench->AskOfAnyDevice({lawful, differ[i]})) {
        case Answer::kUnsatisfiable:
          break;
        case Answer::kSatisfiable:
          return ShowDifference(bench, *own[i]);
        case Answer::kUndecided:
          return undecided(absl::StrCat("whether rule `",
                                        own[i]->rule->rule_id(),
                                        "` is compiled as it is written"));
      }
    }
    // None by itself: then not one of them either.
  }
  const auto claim = [&](const std::vector<Formula>& otherwise,
                         const char* fault) {
    const Answer answer = bench->AskOfAnyDevice(otherwise);
    if (answer == Answer::kUndecided) {
      undecided(absl::StrCat("whether ", fault));
    } else if (answer == Answer::kSatisfiable) {
      fail(fault);
    }
    return answer == Answer::kUnsatisfiable;
  };
  if (claim({f.Not(bench->known().drawn.settled)},
            "implications are drawn in more rounds than the model's")) {
    claim({lawful, f.Not(f.Iff(bench->model().KeepsImplications(
                                   bench->written(), bench->truth()),
                               CompiledImplicationsKept(bench)))},
          "implications are compiled to something else than is written");
  }
  return finding;
}

Finding ProveUnknownIsNeverNo(Bench* bench) {
  Finding finding = bench->Refute(
      {bench->known().verdict.eligible, bench->TruthIsPossible(),
       bench->TruthBlocks()},
      "eligible-though-unknown",
      "Eligible, though a way to fill in what is unknown blocks the "
      "treatment.");
  if (finding.outcome != Outcome::kRefuted) return finding;
  // What blocks, in the last answer.
  for (const v1::Rule* rule :
       bench->written().RulesOf(bench->treatment(), bench->profile())) {
    if (Blocks(*rule) &&
        bench->solver().Holds(bench->model().Holds(
            bench->written(), rule->condition(), bench->truth()))) {
      absl::StrAppend(&finding.detail, "; rule `", rule->rule_id(),
                      "` may hold");
    }
  }
  return finding;
}

Finding ProveErasingByTheEngine(Bench* bench) {
  Formulas& f = bench->f();
  // Any of the concepts, at once or alone.
  return ProveErasing(
      bench, bench->Vary([&](int c, std::vector<Formula>* worlds) {
        const Formula is_erased = f.Is(f.Bool("erased"));
        for (size_t w = 0; w < worlds->size(); ++w) {
          if (bench->engine().WorldAllowed(c, static_cast<int>(w))) {
            (*worlds)[w] = f.Or((*worlds)[w], is_erased);
          }
        }
      }));
}

// Whether a finding stands in a condition other than under a `not`.
void CollectAffirmed(const v1::Condition& condition, bool affirmed,
                     std::set<std::string>* concepts) {
  if (condition.has_not_()) {
    CollectAffirmed(condition.not_(), !affirmed, concepts);
  }
  for (const auto& c : condition.all_of().conditions()) {
    CollectAffirmed(c, affirmed, concepts);
  }
  for (const auto& c : condition.any_of().conditions()) {
    CollectAffirmed(c, affirmed, concepts);
  }
  if (condition.has_finding() && affirmed &&
      condition.finding().time() != v1::FINDING_TIME_PAST) {
    concepts->insert(condition.finding().concept());
  }
}

Finding ProveAdding(Bench* bench) {
  Formulas& f = bench->f();
  std::set<std::string> harms;
  for (const v1::Rule* rule :
       bench->written().RulesOf(bench->treatment(), bench->profile())) {
    if (rule->has_contraindication()) {
      CollectAffirmed(rule->condition(), true, &harms);
    }
  }
  std::vector<Formula> added;
  std::vector<Formula> all = {f.Not(bench->known().verdict.eligible)};
  const Bench::Variation harmed =
      bench->Vary([&](int c, std::vector<Formula>* worlds) {
        if (harms.count(bench->compiled().concepts[c].id) == 0) return;
        const Formula is_added = f.Is(f.Bool("added"));
        added.push_back(is_added);
        std::vector<Formula> present;
        for (size_t w = 0; w < worlds->size(); ++w) {
          if (bench->engine().IsPresentIn(c, static_cast<int>(w))) {
            present.push_back((*worlds)[w]);
          } else {
            (*worlds)[w] = f.And((*worlds)[w], f.Not(is_added));
          }
        }
        // Nothing that is stated contradicts it.
        all.push_back(f.Implies(is_added, f.Or(std::move(present))));
      });
  all.push_back(f.Or(added));
  all.push_back(harmed.verdict.eligible);
  all.push_back(bench->NothingBroken(bench->known().drawn));
  all.push_back(bench->NothingBroken(harmed.drawn));
  return bench->Refute(
      all, "harm-unblocks",
      "Blocked, and eligible once something that contraindicates is added.");
}

Finding ProveCautionHasACause(Bench* bench) { return ProveCompletions(bench); }

Finding ProveAddOns(Bench* bench) {
  Finding finding;
  const std::string fault = FaultOfAddOnStatus(&AddOnStatusFrom);
  if (!fault.empty()) {
    finding.outcome = Outcome::kRefuted;
    finding.detail = absl::StrCat(bench->Name(), ": ", fault);
    return finding;
  }
  const std::string& base_id =
      bench->written().treatment(bench->treatment()).base();
  Formulas& f = bench->f();
  if (base_id.empty()) {
    // What only add-ons ask about changes nothing here.
    std::set<std::string> asked;
    for (const v1::Rule* rule :
         bench->written().RulesOf(bench->treatment(), bench->profile())) {
      VisitConditions(rule->condition(), [&](const v1::Condition& c) {
        if (c.has_finding()) asked.insert(c.finding().concept());
        if (c.has_quantity()) asked.insert(c.quantity().concept());
        if (c.has_label()) asked.insert({"age", "fitzpatrick_skin_type"});
      });
    }
    std::set<std::string> others;
    for (const ModelConcept& about : bench->model().concepts()) {
      if (asked.count(about.id) == 0) others.insert(about.id);
    }
    const Bench::Variation varied = bench->VaryFreely(others);
    std::vector<Formula> all;
    for (const std::string& id : asked) {
      const auto found = bench->compiled().concept_index.find(id);
      if (found == bench->compiled().concept_index.end()) continue;
      // The same is known of it, with all that answers imply.
      const auto& a = bench->known().drawn.worlds[found->second];
      const auto& b = varied.drawn.worlds[found->second];
      for (size_t w = 0; w < a.size(); ++w) all.push_back(f.Iff(a[w], b[w]));
    }
    std::vector<Formula> differ;
    for (const auto& [verdict, holds] : bench->known().verdict.is) {
      differ.push_back(f.Not(f.Iff(holds, varied.verdict.is.at(verdict))));
    }
    all.push_back(f.Or(std::move(differ)));
    return bench->Refute(all, "add-on-changes-base",
                         "The verdict changes with something that only "
                         "add-ons ask about.");
  }
  // The base's verdict for the same patient, with the same device.
  const int base = bench->compiled().treatment_index.at(base_id);
  size_t profile = 0;
  while (bench->compiled().profiles[profile] != bench->profile()) ++profile;
  const Program& program = bench->compiled().treatments[base].programs[profile];
  std::map<std::string, Formula> acknowledged;
  for (const auto& [id, x] : bench->acknowledged()) {
    acknowledged[id] = f.Is(x);
  }
  const VerdictFormulas of_base =
      bench->engine().Verdict(program, bench->known().drawn, acknowledged);
  return bench->Refute(
      {bench->known().verdict.eligible, f.Not(of_base.eligible)},
      "add-on-without-base", "The add-on is eligible and its base is not.");
}

Finding ProveTable(Bench* bench) {
  Finding finding;
  const std::string fault = FaultOfTable(&VerdictFrom);
  if (!fault.empty()) {
    finding.outcome = Outcome::kRefuted;
    finding.detail = absl::StrCat(bench->Name(), ": ", fault);
  }
  return finding;
}

}  // namespace

Finding ProveErasing(Bench* bench, const Bench::Variation& erased) {
  return bench->Refute({bench->NothingBroken(bench->known().drawn),
                        bench->f().Not(bench->known().verdict.eligible),
                        erased.verdict.eligible},
                       "erasing-unblocks",
                       "Blocked, and eligible once something is erased.");
}

std::string FaultOfTable(v1::Verdict (*verdict_from)(const RuleTally&)) {
  for (int bits = 0; bits < 1024; ++bits) {
    RuleTally tally;
    for (int s = 0; s < 5; ++s) {
      tally.true_rules[s] = bits >> s & 1;
      tally.unknown_rules[s] = bits >> (5 + s) & 1;
    }
    const auto& t = tally.true_rules;
    const auto& u = tally.unknown_rules;
    v1::Verdict expected = v1::VERDICT_ELIGIBLE;
    if (t[1] > 0 || u[1] > 0) expected = v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS;
    if (t[2] > 0) expected = v1::VERDICT_REVIEW_REQUIRED;
    if (u[4] > 0 || u[3] > 0 || (u[2] > 0 && t[2] == 0)) {
      expected = v1::VERDICT_DATA_REQUIRED;
    }
    if (t[3] > 0) expected = v1::VERDICT_DEFERRED;
    if (t[4] > 0) expected = v1::VERDICT_CONTRAINDICATED;
    const v1::Verdict given = verdict_from(tally);
    if (given != expected) {
      return absl::StrCat("the engine's table of verdicts gives ",
                          v1::Verdict_Name(given), " for ",
                          v1::Verdict_Name(expected));
    }
  }
  return "";
}

std::string FaultOfAddOnStatus(v1::AddOnStatus (*status_from)(
    const v1::TreatmentDecision& base, const v1::TreatmentDecision& own,
    bool indicated, v1::EvidenceStrength)) {
  for (int b = v1::VERDICT_ELIGIBLE; b <= v1::VERDICT_CONTRAINDICATED; ++b) {
    for (int s = v1::VERDICT_ELIGIBLE; s <= v1::VERDICT_CONTRAINDICATED; ++s) {
      for (int e = v1::EvidenceStrength_MIN; e <= v1::EvidenceStrength_MAX;
           ++e) {
        for (const bool indicated : {false, true}) {
          v1::TreatmentDecision base;
          v1::TreatmentDecision own;
          base.set_verdict(static_cast<v1::Verdict>(b));
          own.set_verdict(static_cast<v1::Verdict>(s));
          const v1::AddOnStatus status = status_from(
              base, own, indicated, static_cast<v1::EvidenceStrength>(e));
          const bool offered = status == v1::ADD_ON_STATUS_RECOMMENDED ||
                               status == v1::ADD_ON_STATUS_OPTIONAL;
          const bool may_be = indicated && IsEligible(base.verdict()) &&
                              IsEligible(own.verdict());
          if (offered != may_be) {
            return absl::StrCat(
                "an add-on is ", offered ? "offered" : "not offered",
                " where the base is ", v1::Verdict_Name(base.verdict()),
                ", the add-on ", v1::Verdict_Name(own.verdict()), " and it is ",
                indicated ? "indicated" : "not indicated");
          }
        }
      }
    }
  }
  return "";
}

const std::vector<Law>& Laws() {
  static const std::vector<Law>& laws = *new std::vector<Law>{
      {"compiled",
       "The engine runs the rules that are written: every rule, window, limit, "
       "place, label and implication holds of the same patients.",
       ProveCompiled},
      {"table", "The engine reads verdicts from the published table.",
       ProveTable},
      {"L1",
       "Unknown is never no: an eligible verdict stays eligible for every way "
       "of filling in what is unknown.",
       ProveUnknownIsNeverNo},
      {"L2-erasing",
       "Erasing what is known never turns a blocked verdict into an eligible "
       "one.",
       ProveErasingByTheEngine},
      {"L2-adding",
       "Adding something present that contraindicates never turns a blocked "
       "verdict into an eligible one.",
       ProveAdding},
      {"L3",
       "Data are required only where some way of filling them in really "
       "blocks.",
       ProveCautionHasACause},
      {"L5",
       "An add-on is offered only where the base and the add-on are eligible, "
       "and what only add-ons ask about never changes the base.",
       ProveAddOns},
  };
  return laws;
}

}  // namespace needlewise::analysis
