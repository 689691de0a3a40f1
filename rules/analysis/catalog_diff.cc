#include "rules/analysis/catalog_diff.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rules/analysis/engine_model.h"
#include "rules/analysis/solver.h"
#include "rules/analysis/witness.h"
#include "rules/analysis/written.h"
#include "rules/engine/rule_cases.h"

namespace needlewise::analysis {
namespace {

using testing::v1::CatalogDiff;
using testing::v1::ChangeDirection;
using testing::v1::VerdictChange;

struct DiffSlice {
  AreaClass areas;
  std::string treatment;
};

const Program& StandardProgram(const CompiledCatalog& catalog,
                               const std::string& treatment) {
  return catalog.treatments[catalog.treatment_index.at(treatment)].programs[0];
}

// One slice: the same patient under both catalogues.
class SliceDiff {
 public:
  SliceDiff(const Written& old_written, const CompiledCatalog& old_catalog,
            const Written& new_written, const CompiledCatalog& new_catalog,
            const DiffSlice& slice, unsigned milliseconds)
      : new_written_(new_written),
        old_catalog_(old_catalog),
        new_catalog_(new_catalog),
        slice_(slice),
        model_(&f_, {&new_written, &old_written}, slice.areas),
        old_engine_(&model_, old_catalog),
        new_engine_(&model_, new_catalog),
        knowledge_(model_.AddKnowledge("known")),
        solver_(f_, milliseconds) {
    const History some = model_.AddHistory("some");
    solver_.Assert(f_.And({model_.Lawful(knowledge_), model_.Lawful(some),
                           model_.Lies(some, knowledge_)}));
    solver_.Assert(DevicesOfEither(old_written));
  }

  // Appends what changes, and what could not be decided.
  void Run(CatalogDiff* diff) {
    const Drawn before = old_engine_.Draw(knowledge_);
    const Drawn after = new_engine_.Draw(knowledge_);
    const VerdictFormulas old_verdict = old_engine_.Verdict(
        StandardProgram(old_catalog_, slice_.treatment), before, {});
    const VerdictFormulas new_verdict = new_engine_.Verdict(
        StandardProgram(new_catalog_, slice_.treatment), after, {});
    const std::map<std::string, Formula> differ = Differences(before, after);
    std::map<ChangeDirection, Formula> changes = {
        {testing::v1::CHANGE_DIRECTION_STRICTER,
         Moves(old_verdict, new_verdict, true)},
        {testing::v1::CHANGE_DIRECTION_LAXER,
         Moves(old_verdict, new_verdict, false)}};
    std::vector<Formula> shown;
    for (const auto& [rule, differs] : differ) {
      for (const auto& [direction, moves] : changes) {
        const Formula change = f_.And(moves, differs);
        if (change == f_.False()) continue;
        const Answer answer = solver_.Check({change});
        if (answer == Answer::kUnsatisfiable) continue;
        if (answer == Answer::kUndecided) {
          diff->add_undecided(
              absl::StrCat(Name(), ", rule `", rule, "`: ", solver_.reason()));
          continue;
        }
        shown.push_back(change);
        Show(rule, direction, change, differ, old_verdict, new_verdict, diff);
      }
    }
    // Whoever is not in one of these classes keeps the verdict.
    const Answer rest =
        solver_.Check({f_.Or(changes[testing::v1::CHANGE_DIRECTION_STRICTER],
                             changes[testing::v1::CHANGE_DIRECTION_LAXER]),
                       f_.Not(f_.Or(shown))});
    if (rest != Answer::kUnsatisfiable) {
      diff->add_undecided(absl::StrCat(
          Name(), rest == Answer::kUndecided
                      ? ": whether any other patient changes"
                      : ": another patient changes, by no rule of these"));
    }
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

  void Show(const std::string& rule, ChangeDirection direction, Formula change,
            const std::map<std::string, Formula>& differ,
            const VerdictFormulas& old_verdict,
            const VerdictFormulas& new_verdict, CatalogDiff* diff) {
    VerdictChange* made = diff->add_changes();
    made->set_rule_id(rule);
    made->set_treatment(slice_.treatment);
    made->set_direction(direction);
    *made->mutable_areas() = {slice_.areas.areas.begin(),
                              slice_.areas.areas.end()};
    if (statements_ == nullptr) {
      statements_ =
          std::make_unique<Statements>(&model_, new_written_, knowledge_);
    }
    // Best where this rule alone comes out otherwise.
    std::vector<Formula> others;
    for (const auto& [id, differs] : differ) {
      if (id != rule) others.push_back(f_.Not(differs));
    }
    const Day as_of = *ParseWholeDate(WitnessDay(new_catalog_.catalog));
    const Formula on_day = model_.OnDay(as_of);
    if (!statements_->Shorten(&solver_,
                              {change, on_day, f_.And(std::move(others))}) &&
        !statements_->Shorten(&solver_, {change, on_day})) {
      diff->add_undecided(
          absl::StrCat(Name(), ", rule `", rule,
                       "`: changes a patient whom no few statements describe"));
      return;
    }
    for (const auto& [verdict, holds] : old_verdict.is) {
      if (solver_.Holds(holds)) {
        made->set_old_verdict(static_cast<v1::Verdict>(verdict));
      }
    }
    for (const auto& [verdict, holds] : new_verdict.is) {
      if (solver_.Holds(holds)) {
        made->set_new_verdict(static_cast<v1::Verdict>(verdict));
      }
    }
    const std::vector<std::string> said = statements_->Said(solver_);
    *made->mutable_facts() = {said.begin(), said.end()};
    testing::v1::RuleCase& witness = *made->mutable_witness();
    witness.set_name(absl::StrCat(
        rule, "-", slice_.treatment,
        direction == testing::v1::CHANGE_DIRECTION_LAXER ? "-laxer"
                                                         : "-stricter"));
    witness.set_vignette(absl::StrCat(
        "Changed by rule `", rule, "`: ", v1::Verdict_Name(made->old_verdict()),
        " before, ", v1::Verdict_Name(made->new_verdict()), " now."));
    *witness.mutable_patient() = statements_->PatientOf(solver_, as_of);
    *witness.add_treatments() = SelectionOf(model_, solver_, slice_.treatment);
    testing::v1::Expectation* expect = witness.add_expect();
    expect->set_treatment(slice_.treatment);
    CheckReplay(old_catalog_, made->old_verdict(), *made, diff);
    CheckReplay(new_catalog_, made->new_verdict(), *made, diff);
    expect->set_verdict(made->new_verdict());
  }

  // The engine has to say of the witness what the model says.
  void CheckReplay(const CompiledCatalog& catalog, v1::Verdict verdict,
                   const VerdictChange& change, CatalogDiff* diff) {
    testing::v1::RuleCaseSuite suite;
    suite.set_as_of(WitnessDay(new_catalog_.catalog));
    testing::v1::RuleCase& rule_case = *suite.add_cases();
    rule_case = change.witness();
    rule_case.mutable_expect(0)->set_verdict(verdict);
    for (const CaseFailure& failure :
         CaseRunner(catalog, {&suite}).Run(suite)) {
      diff->add_undecided(
          absl::StrCat(Name(), ", rule `", change.rule_id(),
                       "`: the engine disagrees: ", failure.message));
    }
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
};

// Treatments and areas that both know; what only one does is no change of a
// verdict. Says what cannot be compared.
std::vector<DiffSlice> SlicesOf(const Written& before, const Written& after,
                                CatalogDiff* diff) {
  std::map<std::string, std::string> parents;
  for (const auto& a : before.catalog().areas()) {
    parents[a.area_id()] = a.parent();
  }
  for (const auto& a : after.catalog().areas()) {
    const auto found = parents.find(a.area_id());
    if (found != parents.end() && found->second != a.parent()) {
      diff->add_undecided(absl::StrCat("area `", a.area_id(),
                                       "` lies elsewhere than before; such a "
                                       "change cannot be compared"));
    }
  }
  for (const auto& c : after.catalog().concepts()) {
    const v1::Concept* old_concept = before.FindConcept(c.concept_id());
    if (old_concept != nullptr &&
        (IsQuantity(*old_concept) != IsQuantity(c) ||
         old_concept->scope() != c.scope() ||
         old_concept->quantity().unit() != c.quantity().unit())) {
      diff->add_undecided(absl::StrCat("concept `", c.concept_id(),
                                       "` is of another kind, scope or unit "
                                       "than before; such a change cannot be "
                                       "compared"));
    }
  }
  std::map<std::string, std::set<std::string>> held_by;
  for (const AreaClass& areas : before.AreaClasses()) {
    for (const std::string& area : areas.areas) held_by[area] = areas.held_by;
  }
  std::map<std::set<std::string>, AreaClass> classes;
  for (const AreaClass& areas : after.AreaClasses()) {
    for (const std::string& area : areas.areas) {
      const auto found = held_by.find(area);
      if (found == held_by.end()) continue;
      std::set<std::string> both = areas.held_by;
      both.insert(found->second.begin(), found->second.end());
      AreaClass& made = classes[both];
      made.held_by = both;
      made.areas.push_back(area);
    }
  }
  std::vector<DiffSlice> slices;
  for (const auto& t : after.catalog().treatments()) {
    for (const auto& old_treatment : before.catalog().treatments()) {
      if (old_treatment.treatment_id() != t.treatment_id()) continue;
      for (const auto& [regions, areas] : classes) {
        slices.push_back({areas, t.treatment_id()});
      }
    }
  }
  return slices;
}

// The same rule in the same treatment and direction is one class, with the
// first witness.
void Merge(CatalogDiff* diff) {
  using Key = std::tuple<std::string, std::string, int>;
  std::map<Key, VerdictChange> merged;
  for (VerdictChange& change : *diff->mutable_changes()) {
    const Key key(change.rule_id(), change.treatment(), change.direction());
    const auto [at, added] = merged.emplace(key, change);
    if (added) continue;
    at->second.mutable_areas()->MergeFrom(change.areas());
    std::sort(at->second.mutable_areas()->begin(),
              at->second.mutable_areas()->end());
  }
  diff->clear_changes();
  for (auto& [key, change] : merged) *diff->add_changes() = std::move(change);
}

}  // namespace

CatalogDiff DiffCatalogs(const CompiledCatalog& old_catalog,
                         const CompiledCatalog& new_catalog,
                         const DiffOptions& options) {
  CatalogDiff diff;
  *diff.mutable_old_version() = old_catalog.version;
  *diff.mutable_new_version() = new_catalog.version;
  diff.set_as_of(WitnessDay(new_catalog.catalog));
  const Written before(old_catalog.catalog);
  const Written after(new_catalog.catalog);
  const std::vector<DiffSlice> slices = SlicesOf(before, after, &diff);
  std::vector<CatalogDiff> parts(slices.size());
  std::atomic<size_t> next{0};
  std::mutex mutex;
  int done = 0;
  const auto work = [&] {
    for (size_t i = next++; i < slices.size(); i = next++) {
      SliceDiff(before, old_catalog, after, new_catalog, slices[i],
                options.milliseconds)
          .Run(&parts[i]);
      const std::lock_guard<std::mutex> lock(mutex);
      ++done;
      if (options.progress != nullptr) {
        options.progress(
            done, static_cast<int>(slices.size()),
            absl::StrCat(slices[i].treatment, ", ", slices[i].areas.Name()));
      }
    }
  };
  std::vector<std::thread> threads;
  for (int t = 1; t < options.threads; ++t) threads.emplace_back(work);
  work();
  for (std::thread& t : threads) t.join();
  for (const CatalogDiff& part : parts) diff.MergeFrom(part);
  Merge(&diff);
  diff.set_no_other_change(diff.undecided().empty());
  return diff;
}

bool MayBeLaxer(const CatalogDiff& diff) {
  return !diff.undecided().empty() ||
         std::any_of(diff.changes().begin(), diff.changes().end(),
                     [](const VerdictChange& c) {
                       return c.direction() ==
                              testing::v1::CHANGE_DIRECTION_LAXER;
                     });
}

}  // namespace needlewise::analysis
