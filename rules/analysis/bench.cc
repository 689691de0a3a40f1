#include "rules/analysis/bench.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/engine/rule_cases.h"

namespace needlewise::analysis {
namespace {

const Program& ProgramOf(const CompiledCatalog& compiled,
                         const std::string& treatment,
                         const std::string& profile) {
  const CompiledTreatment& made =
      compiled.treatments[compiled.treatment_index.at(treatment)];
  size_t p = 0;
  while (compiled.profiles[p] != profile) ++p;
  return made.programs[p];
}

}  // namespace

Bench::Bench(const Written& written, const CompiledCatalog& compiled,
             const AreaClass& areas, const std::string& treatment,
             const std::string& profile, unsigned milliseconds)
    : written_(written),
      compiled_(compiled),
      areas_(areas),
      treatment_(treatment),
      profile_(profile),
      program_(ProgramOf(compiled, treatment, profile)),
      model_(&formulas_, {&written}, areas),
      engine_(&model_, compiled),
      solver_(formulas_, milliseconds) {
  for (const CompiledRule* rule : program_.rules) {
    if (rule->strictness == Strictness::kReview) {
      const std::string& id = rule->rule->rule_id();
      acknowledged_[id] = formulas_.Bool(absl::StrCat("acknowledged ", id));
    }
  }
  known_.knowledge = model_.AddKnowledge("known");
  AssertLawful(known_.knowledge, "known");
  known_.drawn = engine_.Draw(known_.knowledge);
  known_.verdict = VerdictFor(known_.drawn);
  truth_ = model_.AddHistory("truth");
  std::vector<Formula> possible = {model_.Lawful(truth_)};
  const auto broken = [&](int model_index) {
    return known_.drawn
        .broken[compiled_.concept_index.at(model_.concepts()[model_index].id)];
  };
  for (size_t i = 0; i < model_.concepts().size(); ++i) {
    const int c = static_cast<int>(i);
    possible.push_back(
        formulas_.Or(model_.Lies(truth_, known_.knowledge, c), broken(c)));
  }
  for (const auto& [target, kept] : model_.Implications(written, truth_)) {
    possible.push_back(formulas_.Or(kept, broken(target)));
  }
  truth_is_possible_ = formulas_.And(std::move(possible));
  context_ = model_.ContextOf(written, treatment);
  solver_.Assert(model_.LawfulContext());
}

std::string Bench::Name() const {
  return absl::StrCat(treatment_, ", ", areas_.Name(),
                      profile_ == "standard" ? "" : ", profile " + profile_);
}

void Bench::AssertLawful(const Knowledge& knowledge, const std::string& name) {
  // Something is possible in all places at once.
  const History some = model_.AddHistory(absl::StrCat("some ", name));
  solver_.Assert(formulas_.And({model_.Lawful(knowledge), model_.Lawful(some),
                                model_.Lies(some, knowledge)}));
}

VerdictFormulas Bench::VerdictFor(const Drawn& drawn) {
  std::map<std::string, Formula> acknowledged;
  for (const auto& [id, x] : acknowledged_) {
    acknowledged[id] = formulas_.Is(x);
  }
  return engine_.Verdict(program_, drawn, acknowledged);
}

Bench::Variation Bench::Vary(const EngineModel::Adjust& adjust) {
  Variation varied;
  varied.drawn = engine_.Draw(known_.knowledge, adjust);
  varied.verdict = VerdictFor(varied.drawn);
  return varied;
}

Bench::Variation Bench::VaryFreely(const std::set<std::string>& concepts) {
  const Knowledge other = model_.AddKnowledge("other");
  AssertLawful(other, "other");
  return Vary([&](int c, std::vector<Formula>* worlds) {
    if (concepts.count(compiled_.concepts[c].id) > 0) {
      *worlds = engine_.StatedWorlds(c, other);
    }
  });
}

Formula Bench::TruthIsPossible() { return truth_is_possible_; }

Formula Bench::TruthBlocks() {
  std::vector<Formula> any;
  for (const v1::Rule* rule : written_.RulesOf(treatment_, profile_)) {
    if (!Blocks(*rule)) continue;
    Formula holds = model_.Holds(written_, rule->condition(), truth_);
    const auto found = acknowledged_.find(rule->rule_id());
    if (rule->has_review() && found != acknowledged_.end()) {
      holds = formulas_.And(holds, formulas_.Not(formulas_.Is(found->second)));
    }
    any.push_back(holds);
  }
  return formulas_.Or(std::move(any));
}

Formula Bench::NothingAcknowledged() {
  std::vector<Formula> none;
  for (const auto& [id, x] : acknowledged_) {
    none.push_back(formulas_.Not(formulas_.Is(x)));
  }
  return formulas_.And(std::move(none));
}

Formula Bench::NothingBroken(const Drawn& drawn) {
  return formulas_.Not(formulas_.Or(drawn.broken));
}

Answer Bench::Ask(std::vector<Formula> violation) {
  violation.push_back(context_);
  return AskOfAnyDevice(violation);
}

Answer Bench::AskOfAnyDevice(const std::vector<Formula>& violation) {
  ++questions_;
  return solver_.Check(violation);
}

testing::v1::RuleCase Bench::CaseOf(KnownPatient& patient,
                                    const std::string& name,
                                    const std::string& vignette) {
  testing::v1::RuleCase made;
  made.set_name(name);
  made.set_vignette(vignette);
  const Day as_of = *ParseWholeDate(WitnessDay(written_.catalog()));
  *made.mutable_patient() = patient.statements->PatientOf(solver_, as_of);
  *made.add_treatments() = SelectionOf(model_, solver_, treatment_);
  if (profile_ != "standard") made.set_profile(profile_);
  for (const auto& [id, x] : acknowledged_) {
    if (!solver_.IsTrue(x)) continue;
    v1::Acknowledgement* acknowledgement = made.add_acknowledgements();
    acknowledgement->set_rule_id(id);
    acknowledgement->set_clinician_reference("a-clinician");
    acknowledgement->set_reason("Looked at and accepted.");
  }
  testing::v1::Expectation* expect = made.add_expect();
  expect->set_treatment(treatment_);
  for (const auto& [verdict, holds] : patient.verdict.is) {
    if (solver_.Holds(holds)) {
      expect->set_verdict(static_cast<v1::Verdict>(verdict));
    }
  }
  return made;
}

testing::v1::RuleCaseSuite Bench::SuiteOf(
    testing::v1::RuleCase rule_case) const {
  testing::v1::RuleCaseSuite suite;
  suite.set_as_of(WitnessDay(written_.catalog()));
  *suite.add_cases() = std::move(rule_case);
  return suite;
}

Finding Bench::Refute(const std::vector<Formula>& violation,
                      const std::string& name, const std::string& statement) {
  Finding finding;
  const Answer answer = Ask(violation);
  if (answer == Answer::kUnsatisfiable) return finding;
  finding.outcome = Outcome::kUndecided;
  if (answer == Answer::kUndecided) {
    finding.detail = absl::StrCat(Name(), ": not decided: ", solver_.reason());
    return finding;
  }
  if (known_.statements == nullptr) {
    known_.statements =
        std::make_unique<Statements>(&model_, written_, known_.knowledge);
  }
  std::vector<Formula> on_a_day = violation;
  on_a_day.push_back(context_);
  on_a_day.push_back(
      model_.OnDay(*ParseWholeDate(WitnessDay(written_.catalog()))));
  // As little acknowledged as will do.
  const Formula none = NothingAcknowledged();
  on_a_day.push_back(none);
  if (!known_.statements->Shorten(&solver_, on_a_day)) {
    on_a_day.pop_back();
    if (!known_.statements->Shorten(&solver_, on_a_day)) {
      finding.detail = absl::StrCat(
          Name(), ": refuted by a patient whom no few statements describe");
      return finding;
    }
  }
  finding.witness = SuiteOf(CaseOf(known_, name, statement));
  const CaseRunner runner(compiled_, {&finding.witness});
  const std::vector<CaseFailure> failures = runner.Run(finding.witness);
  if (failures.empty()) {
    finding.outcome = Outcome::kRefuted;
    finding.detail = absl::StrCat(
        Name(), ": ",
        v1::Verdict_Name(finding.witness.cases(0).expect(0).verdict()));
  } else {
    finding.outcome = Outcome::kDisagreement;
    finding.detail =
        absl::StrCat(Name(), ": the engine disagrees: ", failures[0].message);
  }
  return finding;
}

bool IsOwn(const Bench& bench, const v1::Rule& rule) {
  const auto names = [&](const std::string& treatment) {
    return std::find(rule.applies_to().begin(), rule.applies_to().end(),
                     treatment) != rule.applies_to().end();
  };
  const v1::Treatment& treatment = bench.written().treatment(bench.treatment());
  return names(bench.treatment()) &&
         (treatment.base().empty() || !names(treatment.base()));
}

}  // namespace needlewise::analysis
