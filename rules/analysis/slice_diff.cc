#include "rules/analysis/slice_diff.h"

#include <functional>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "rules/analysis/engine_model.h"
#include "rules/analysis/simplify.h"
#include "rules/analysis/solver.h"
#include "rules/analysis/witness.h"
#include "rules/engine/partial_date.h"

namespace needlewise::analysis {

using testing::v1::CatalogDiff;
using testing::v1::ChangeDirection;
using testing::v1::VerdictChange;

namespace {

const Program& StandardProgram(const CompiledCatalog& catalog,
                               const std::string& treatment) {
  return catalog.treatments[catalog.treatment_index.at(treatment)].programs[0];
}

}  // namespace

class SliceDiff::Comparison {
 public:
  Comparison(const Edition& before, const Edition& after,
             const DiffSlice& slice, unsigned milliseconds)
      : new_written_(*after.written),
        old_catalog_(*before.compiled),
        new_catalog_(*after.compiled),
        slice_(slice),
        model_(&f_, {after.written, before.written}, slice.areas),
        old_engine_(&model_, old_catalog_),
        new_engine_(&model_, new_catalog_),
        knowledge_(model_.AddKnowledge("known")),
        solver_(f_, milliseconds) {
    const History some = model_.AddHistory("some");
    solver_.Assert(f_.And({model_.Lawful(knowledge_), model_.Lawful(some),
                           model_.Lies(some, knowledge_)}));
    solver_.Assert(DevicesOfEither(*before.written));
  }

  void FindChanges(CatalogDiff* diff) {
    Compare();
    for (const auto& [direction, moves] : moves_) {
      std::vector<Formula> found;
      const auto look = [&](const std::string& rule, Formula change) {
        if (change == f_.False()) return;
        switch (solver_.Check({change})) {
          case Answer::kUnsatisfiable:
            return;
          case Answer::kUndecided:
            diff->add_undecided(absl::StrCat(Name(), ", rule `", rule,
                                             "`: ", solver_.reason()));
            return;
          case Answer::kSatisfiable:
            break;
        }
        found.push_back(differ_.at(rule));
        VerdictChange* made = diff->add_changes();
        made->set_rule_id(rule);
        made->set_treatment(slice_.treatment);
        made->set_direction(direction);
        *made->mutable_areas() = {slice_.areas.areas.begin(),
                                  slice_.areas.areas.end()};
      };
      for (const auto& [rule, differs] : differ_) {
        look(rule, f_.And({moves, differs, NoOtherDiffers(rule)}));
      }
      const auto rest = [&] { return f_.And(moves, f_.Not(f_.Or(found))); };
      Answer left = solver_.Check({rest()});
      if (left == Answer::kSatisfiable) {
        for (const auto& [rule, differs] : differ_) {
          look(rule, f_.And(rest(), differs));
        }
        left = solver_.Check({rest()});
      }
      // Whoever is in none of these classes keeps the verdict.
      if (left != Answer::kUnsatisfiable) {
        diff->add_undecided(absl::StrCat(
            Name(), left == Answer::kUndecided
                        ? ": whether any other patient changes"
                        : ": another patient changes, by no rule of these"));
      }
    }
  }

  void Show(VerdictChange* made, CatalogDiff* diff) {
    Compare();
    const std::string& rule = made->rule_id();
    if (!FindPatient(rule, made->direction())) {
      diff->add_undecided(
          absl::StrCat(Name(), ", rule `", rule,
                       "`: changes a patient whom no few statements describe"));
      return;
    }
    made->set_old_verdict(VerdictIn(old_verdict_));
    made->set_new_verdict(VerdictIn(new_verdict_));
    testing::v1::RuleCase& witness = *made->mutable_witness();
    witness.set_name(
        absl::StrCat(rule, "-", slice_.treatment,
                     made->direction() == testing::v1::CHANGE_DIRECTION_LAXER
                         ? "-laxer"
                         : "-stricter"));
    witness.set_vignette(absl::StrCat(
        "Changed by rule `", rule, "`: ", v1::Verdict_Name(made->old_verdict()),
        " before, ", v1::Verdict_Name(made->new_verdict()), " now."));
    *witness.mutable_patient() = statements_->PatientOf(solver_, AsOf());
    *witness.add_treatments() = SelectionOf(model_, solver_, slice_.treatment);
    testing::v1::Expectation* expect = witness.add_expect();
    expect->set_treatment(slice_.treatment);
    expect->set_verdict(made->new_verdict());
    if (CheckReplay(*made, diff)) {
      Simplify(
          new_catalog_.catalog,
          [&](const testing::v1::RuleCase& c) { return ShowsAsMuch(*made, c); },
          &witness);
    }
    const std::vector<std::string> facts =
        StatedIn(new_catalog_.catalog, witness);
    *made->mutable_facts() = {facts.begin(), facts.end()};
  }

 private:
  std::string Name() const {
    return absl::StrCat(slice_.treatment, ", ", slice_.areas.Name());
  }

  // Devices that one of the catalogues lists for the treatment.
  Formula DevicesOfEither(const Written& old_written) {
    std::set<std::string> listed = new_written_.DevicesOf(slice_.treatment);
    listed.merge(old_written.DevicesOf(slice_.treatment));
    std::vector<Formula> all = {model_.LawfulContext()};
    for (const auto& [id, x] : model_.context().devices) {
      if (listed.count(id) == 0) all.push_back(f_.Not(f_.Is(x)));
    }
    return f_.And(std::move(all));
  }

  // For each rule, whether it comes out otherwise; rules that never do are
  // left out.
  std::map<std::string, Formula> Differences(const Drawn& before,
                                             const Drawn& after) {
    struct Sides {
      const CompiledRule* before = nullptr;
      const CompiledRule* after = nullptr;
    };
    std::map<std::string, Sides> rules;
    for (const auto* r :
         StandardProgram(old_catalog_, slice_.treatment).rules) {
      rules[r->rule->rule_id()].before = r;
    }
    for (const auto* r :
         StandardProgram(new_catalog_, slice_.treatment).rules) {
      rules[r->rule->rule_id()].after = r;
    }
    const Possible never = {f_.False(), f_.True()};
    std::map<std::string, Formula> differ;
    for (const auto& [id, sides] : rules) {
      const Possible a = sides.before == nullptr
                             ? never
                             : old_engine_.RuleTruth(*sides.before, before);
      const Possible b = sides.after == nullptr
                             ? never
                             : new_engine_.RuleTruth(*sides.after, after);
      const bool same_effect =
          sides.before != nullptr && sides.after != nullptr &&
          sides.before->strictness == sides.after->strictness;
      const auto change = [&](Formula x, Formula y) {
        return x == y ? f_.False() : f_.Not(f_.Iff(x, y));
      };
      const Formula differs =
          same_effect ? f_.Or(change(a.can_be_true, b.can_be_true),
                              change(a.can_be_false, b.can_be_false))
                      : f_.Or(a.can_be_true, b.can_be_true);
      if (differs != f_.False()) differ[id] = differs;
    }
    return differ;
  }

  Formula NoOtherDiffers(const std::string& rule) {
    std::vector<Formula> none;
    for (const auto& [id, differs] : differ_) {
      if (id != rule) none.push_back(f_.Not(differs));
    }
    return f_.And(std::move(none));
  }

  Formula Moves(const VerdictFormulas& before, const VerdictFormulas& after,
                bool stricter) {
    std::vector<Formula> any;
    for (const auto& [from, is_from] : before.is) {
      for (const auto& [to, is_to] : after.is) {
        if (stricter ? to > from : to < from) {
          any.push_back(f_.And(is_from, is_to));
        }
      }
    }
    return f_.Or(std::move(any));
  }

  // Under which both engines put the patient, and for whom each rule comes
  // out otherwise.
  void Compare() {
    if (!moves_.empty()) return;
    const Drawn before = old_engine_.Draw(knowledge_);
    new_drawn_ = new_engine_.Draw(knowledge_);
    const Drawn& after = new_drawn_;
    old_verdict_ = old_engine_.Verdict(
        StandardProgram(old_catalog_, slice_.treatment), before, {});
    new_verdict_ = new_engine_.Verdict(
        StandardProgram(new_catalog_, slice_.treatment), after, {});
    differ_ = Differences(before, after);
    moves_[testing::v1::CHANGE_DIRECTION_STRICTER] =
        Moves(old_verdict_, new_verdict_, true);
    moves_[testing::v1::CHANGE_DIRECTION_LAXER] =
        Moves(old_verdict_, new_verdict_, false);
  }

  // The verdict of the last answer.
  v1::Verdict VerdictIn(const VerdictFormulas& verdict) const {
    for (const auto& [is, holds] : verdict.is) {
      if (solver_.Holds(holds)) return static_cast<v1::Verdict>(is);
    }
    return v1::VERDICT_UNSPECIFIED;
  }

  Day AsOf() const { return *ParseWholeDate(WitnessDay(new_catalog_.catalog)); }

  // Makes the solver's last answer a patient of the class whom statements
  // describe. One who is easy to understand, where there is one: for whom the
  // rule alone comes out otherwise, who contradicts nothing, and whose verdict
  // changes as much as any does.
  bool FindPatient(const std::string& rule, ChangeDirection direction) {
    if (statements_ == nullptr) {
      statements_ =
          std::make_unique<Statements>(&model_, new_written_, knowledge_);
    }
    const Formula sayable =
        f_.And({statements_->Sayable(), model_.OnDay(AsOf()),
                moves_.at(direction), differ_.at(rule)});
    const Formula alone = NoOtherDiffers(rule);
    const Formula plain = f_.Not(f_.Or(new_drawn_.broken));
    for (const Formula wish : {f_.And(alone, plain), plain, alone, f_.True()}) {
      const Formula change = f_.And(sayable, wish);
      if (solver_.Check({change}) != Answer::kSatisfiable) continue;
      // By how far the verdict moves in this direction, most first.
      const bool is_laxer = direction == testing::v1::CHANGE_DIRECTION_LAXER;
      std::multimap<int, Formula, std::greater<int>> moves;
      for (const auto& [from, is_from] : old_verdict_.is) {
        for (const auto& [to, is_to] : new_verdict_.is) {
          const int distance = is_laxer ? from - to : to - from;
          if (distance > 0) moves.emplace(distance, f_.And(is_from, is_to));
        }
      }
      for (const auto& [distance, move] : moves) {
        if (solver_.Check({change, move}) == Answer::kSatisfiable) return true;
      }
      return solver_.Check({change}) == Answer::kSatisfiable;
    }
    return false;
  }

  // What both engines say of a case.
  struct Shown {
    v1::Verdict before = v1::VERDICT_UNSPECIFIED;
    v1::Verdict after = v1::VERDICT_UNSPECIFIED;
    // Rules that fire, or are unknown, under one of them alone.
    std::set<std::string> differing;
  };

  // Unset verdicts where an engine refuses the case.
  Shown ShownBy(const testing::v1::RuleCase& rule_case) const {
    Shown shown;
    testing::v1::RuleCaseSuite suite;
    suite.set_as_of(WitnessDay(new_catalog_.catalog));
    // By rule, what it is under each catalogue: 1 true, 2 unknown.
    std::map<std::string, std::pair<int, int>> rules;
    const auto decide = [&](const CompiledCatalog& catalog,
                            int std::pair<int, int>::*side) {
      const absl::StatusOr<v1::Decision> decision =
          Replay(catalog, suite, rule_case);
      if (!decision.ok()) return v1::VERDICT_UNSPECIFIED;
      const v1::TreatmentDecision& treatment = decision->treatments(0);
      for (const v1::AreaDecision& area : treatment.areas()) {
        for (const v1::FiredRule& rule : area.fired()) {
          rules[rule.rule_id()].*side = 1;
        }
        for (const std::string& rule : area.unknown_rules()) {
          rules[rule].*side = 2;
        }
      }
      return treatment.verdict();
    };
    shown.before = decide(old_catalog_, &std::pair<int, int>::first);
    shown.after = decide(new_catalog_, &std::pair<int, int>::second);
    for (const auto& [id, sides] : rules) {
      if (sides.first != sides.second) shown.differing.insert(id);
    }
    return shown;
  }

  // The engines have to say of the witness what the model says.
  bool CheckReplay(const VerdictChange& change, CatalogDiff* diff) {
    const Shown shown = ShownBy(change.witness());
    if (shown.before == change.old_verdict() &&
        shown.after == change.new_verdict()) {
      differing_ = shown.differing;
      return true;
    }
    diff->add_undecided(absl::StrCat(
        Name(), ", rule `", change.rule_id(),
        "`: the engine disagrees: ", v1::Verdict_Name(shown.before),
        " before, ", v1::Verdict_Name(shown.after), " now, and the model says ",
        v1::Verdict_Name(change.old_verdict()), " and ",
        v1::Verdict_Name(change.new_verdict())));
    return false;
  }

  // Whether a case changes as the witness does, by no other rule.
  bool ShowsAsMuch(const VerdictChange& change,
                   const testing::v1::RuleCase& rule_case) const {
    const Shown shown = ShownBy(rule_case);
    return shown.before == change.old_verdict() &&
           shown.after == change.new_verdict() && shown.differing == differing_;
  }

  const Written& new_written_;
  const CompiledCatalog& old_catalog_;
  const CompiledCatalog& new_catalog_;
  const DiffSlice& slice_;
  Formulas f_;
  PatientModel model_;
  EngineModel old_engine_;
  EngineModel new_engine_;
  Knowledge knowledge_;
  Solver solver_;
  std::unique_ptr<Statements> statements_;
  Drawn new_drawn_;
  VerdictFormulas old_verdict_;
  VerdictFormulas new_verdict_;
  // Of the witness that was found last.
  std::set<std::string> differing_;
  std::map<std::string, Formula> differ_;
  std::map<ChangeDirection, Formula> moves_;
};

SliceDiff::SliceDiff(const Edition& before, const Edition& after,
                     const DiffSlice& slice, unsigned milliseconds)
    : comparison_(
          std::make_unique<Comparison>(before, after, slice, milliseconds)) {}

SliceDiff::~SliceDiff() = default;

void SliceDiff::FindChanges(CatalogDiff* diff) {
  comparison_->FindChanges(diff);
}

void SliceDiff::Show(VerdictChange* made, CatalogDiff* diff) {
  comparison_->Show(made, diff);
}

}  // namespace needlewise::analysis
