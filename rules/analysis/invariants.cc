#include "rules/analysis/invariants.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace needlewise::analysis {
namespace {

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

class InvariantProof {
 public:
  InvariantProof(const v1::Invariant& invariant, Bench* bench)
      : invariant_(invariant), bench_(*bench), f_(bench->f()) {}

  // What is so of the patients it speaks of.
  std::vector<Formula> Premises(KnownPatient* patient) {
    std::vector<Formula> all = {bench_.NothingAcknowledged()};
    bool needs_truth = false;
    for (const v1::InvariantPremise& premise : invariant_.premises()) {
      if (premise.has_known()) {
        all.push_back(
            f_.Not(bench_.model()
                       .ByStatements(bench_.written(), premise.known(),
                                     patient->knowledge)
                       .can_be_false));
        VisitConditions(premise.known(), [&](const v1::Condition& c) {
          for (const std::string& id :
               {c.finding().concept(), c.quantity().concept()}) {
            if (id.empty()) continue;
            all.push_back(f_.Not(
                patient->drawn.broken[bench_.compiled().concept_index.at(id)]));
          }
        });
      } else if (premise.has_possible()) {
        needs_truth = true;
        all.push_back(bench_.model().Holds(bench_.written(), premise.possible(),
                                           bench_.truth()));
      } else {
        all.push_back(SomeRuleIsTrue(premise.effect(), patient));
      }
    }
    if (needs_truth) all.push_back(bench_.TruthIsPossible());
    return all;
  }

  Finding Prove() {
    std::vector<Formula> violation = Premises(&bench_.known());
    const std::map<int, Formula>& is = bench_.known().verdict.is;
    switch (invariant_.claim_case()) {
      case v1::Invariant::kVerdict:
        violation.push_back(IsLaxer(invariant_.verdict().at_least(), is));
        break;
      case v1::Invariant::kFired:
        violation.push_back(IsNotShown(invariant_.fired().rule()));
        break;
      case v1::Invariant::kUnchanged:
        AddDifference(&violation);
        break;
      case v1::Invariant::kNotOffered:
        // Nothing is offered whose own screening is not eligible.
        violation.push_back(bench_.known().verdict.eligible);
        break;
      case v1::Invariant::CLAIM_NOT_SET:
        break;
    }
    return bench_.Refute(violation,
                         absl::StrCat("refutes-", invariant_.invariant_id()),
                         absl::StrCat("Refutes `", invariant_.invariant_id(),
                                      "`: ", invariant_.statement()));
  }

 private:
  Formula SomeRuleIsTrue(v1::EffectKind effect, KnownPatient* patient) {
    std::vector<Formula> any;
    for (const CompiledRule* rule : bench_.program().rules) {
      if (rule->strictness != StrictnessOf(effect)) continue;
      any.push_back(f_.Not(
          bench_.engine().RuleTruth(*rule, patient->drawn).can_be_false));
    }
    return f_.Or(std::move(any));
  }

  Formula IsLaxer(v1::EffectKind at_least, const std::map<int, Formula>& is) {
    switch (at_least) {
      case v1::EFFECT_KIND_CONTRAINDICATION:
        return f_.Not(is.at(v1::VERDICT_CONTRAINDICATED));
      case v1::EFFECT_KIND_DEFERRAL:
        return f_.Not(f_.Or(is.at(v1::VERDICT_CONTRAINDICATED),
                            is.at(v1::VERDICT_DEFERRED)));
      case v1::EFFECT_KIND_REVIEW:
        return bench_.known().verdict.eligible;
      default:
        return is.at(v1::VERDICT_ELIGIBLE);
    }
  }

  Formula IsNotShown(const std::string& id) {
    for (const CompiledRule* rule : bench_.program().rules) {
      if (rule->rule->rule_id() == id) {
        return bench_.engine()
            .RuleTruth(*rule, bench_.known().drawn)
            .can_be_false;
      }
    }
    return f_.True();
  }

  // With something else stated of the concepts named, the verdict is another.
  void AddDifference(std::vector<Formula>* all) {
    const Bench::Variation varied =
        bench_.VaryFreely({invariant_.unchanged().concepts().begin(),
                           invariant_.unchanged().concepts().end()});
    std::vector<Formula> differ;
    for (const auto& [verdict, holds] : bench_.known().verdict.is) {
      differ.push_back(f_.Not(f_.Iff(holds, varied.verdict.is.at(verdict))));
    }
    all->push_back(f_.Or(std::move(differ)));
  }

  const v1::Invariant& invariant_;
  Bench& bench_;
  Formulas& f_;
};

}  // namespace

bool SpeaksOf(const v1::Invariant& invariant, const std::string& treatment,
              const std::string& profile) {
  const auto& named = invariant.treatments();
  return profile == "standard" &&
         (named.empty() ||
          std::find(named.begin(), named.end(), treatment) != named.end());
}

Answer SpeaksOfSomebody(const v1::Invariant& invariant, Bench* bench) {
  return bench->Ask(InvariantProof(invariant, bench).Premises(&bench->known()));
}

Finding ProveInvariant(const v1::Invariant& invariant, Bench* bench) {
  return InvariantProof(invariant, bench).Prove();
}

}  // namespace needlewise::analysis
