// The engine against the model that the proofs are made in: for random
// catalogues and patients, a rule is what the solver finds it to be in all
// histories that the statements leave open.

#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rules/analysis/bench.h"
#include "rules/analysis/patient_model.h"
#include "rules/analysis/written.h"
#include "tests/property/engine_answer.h"
#include "tests/property/random.h"
#include "tests/property/random_catalog.h"
#include "tests/property/random_inquiry.h"
#include "tests/property/random_patient.h"
#include "tests/support/oracle.h"

namespace needlewise {
namespace {

using analysis::Answer;
using analysis::Bench;
using analysis::Formula;
using analysis::Variable;

constexpr int kPatientsOfACatalog = 6;

// What the statements leave possible, as the oracle reads them.
Formula KnownOf(const oracle::Oracle& oracle, const oracle::Inquiry& inquiry,
                Bench* bench) {
  analysis::Formulas& f = bench->f();
  const oracle::Case now(oracle, inquiry);
  const analysis::Knowledge& known = bench->known().knowledge;
  std::vector<Formula> all;
  for (size_t i = 0; i < bench->model().concepts().size(); ++i) {
    const analysis::ModelConcept& about = bench->model().concepts()[i];
    const int c = oracle.ConceptOf(about.id);
    if (about.is_quantity) {
      const std::vector<int> allowed = now.AllowedByStatements(c);
      if (allowed.size() == now.StatesOf(c).size()) {
        all.push_back(bench->model().IsUnknown(known, static_cast<int>(i)));
        continue;
      }
      double least = now.StatesOf(c)[allowed[0]].value;
      double greatest = least;
      for (const int s : allowed) {
        least = std::min(least, now.StatesOf(c)[s].value);
        greatest = std::max(greatest, now.StatesOf(c)[s].value);
      }
      all.push_back(f.Equals(known.low[i], least));
      all.push_back(f.Equals(known.high[i], greatest));
      continue;
    }
    for (size_t p = 0; p < about.places.size(); ++p) {
      const std::string place = about.places[p] == analysis::kTreated
                                    ? inquiry.area
                                    : about.places[p];
      const oracle::Case::Evidence evidence = now.EvidenceIn(place, c);
      const analysis::KnownLife& life = known.lives[i][p];
      const auto flag = [&](Variable x, bool value) {
        all.push_back(value ? f.Is(x) : f.Not(f.Is(x)));
      };
      const auto days = [&](Variable from, Variable to,
                            const std::optional<DayInterval>& when) {
        const DayInterval any = {kEarliestDay, inquiry.as_of};
        const DayInterval interval = when.value_or(any);
        all.push_back(f.Equals(
            from,
            std::max(analysis::kLongAgo,
                     static_cast<double>(interval.first) - inquiry.as_of)));
        all.push_back(
            f.Equals(to, static_cast<double>(interval.last) - inquiry.as_of));
      };
      flag(life.never, evidence.never);
      flag(life.past, evidence.past.has_value());
      flag(life.present, evidence.present.has_value());
      days(life.last_from, life.last_to, evidence.past);
      days(life.onset_from, life.onset_to, evidence.present);
    }
  }
  all.push_back(bench->model().OnDay(inquiry.as_of));
  return f.And(std::move(all));
}

Formula ContextOf(const oracle::Inquiry& inquiry,
                  const v1::RuleCatalog& catalog, Bench* bench) {
  analysis::Formulas& f = bench->f();
  const analysis::Context& context = bench->model().context();
  std::vector<Formula> all = {f.Is(context.areas.at(inquiry.area))};
  const analysis::Written written(catalog);
  const std::set<std::string> listed = written.DevicesOf(inquiry.treatment);
  all.push_back(inquiry.device.empty() ? f.Is(context.no_device)
                : listed.count(inquiry.device) > 0
                    ? f.Is(context.devices.at(inquiry.device))
                    : f.Is(context.unlisted_device));
  for (const auto& [id, x] : context.concerns) {
    all.push_back(inquiry.concerns.count(id) > 0 ? f.Is(x) : f.Not(f.Is(x)));
  }
  if (inquiry.needle_depth_mm.has_value()) {
    all.push_back(f.Is(context.depth_stated));
    all.push_back(f.Equals(context.depth, *inquiry.needle_depth_mm));
  } else {
    all.push_back(f.Not(f.Is(context.depth_stated)));
  }
  for (const auto& [id, x] : bench->acknowledged()) {
    all.push_back(inquiry.acknowledged.count(id) > 0 ? f.Is(x)
                                                     : f.Not(f.Is(x)));
  }
  return f.And(std::move(all));
}

std::string TruthOf(bool can_be_true, bool can_be_false) {
  return can_be_true && can_be_false ? "unknown"
         : can_be_true               ? "true"
         : can_be_false              ? "false"
                                     : "none";
}

void Compare(const v1::RuleCatalog& catalog, const CompiledCatalog& compiled,
             const oracle::Oracle& oracle, const oracle::Inquiry& inquiry,
             int* rules) {
  const analysis::Written written(catalog);
  analysis::AreaClass areas;
  for (const analysis::AreaClass& some : written.AreaClasses()) {
    for (const std::string& id : some.areas) {
      if (id == inquiry.area) areas = some;
    }
  }
  if (areas.areas.empty()) return;
  Bench bench(written, compiled, areas, inquiry.treatment,
              inquiry.profile.empty() ? "standard" : inquiry.profile, 0);
  const std::vector<Formula> patient = {KnownOf(oracle, inquiry, &bench),
                                        ContextOf(inquiry, catalog, &bench)};
  const auto can_be = [&](std::vector<Formula> also) {
    also.insert(also.end(), patient.begin(), patient.end());
    const Answer answer = bench.Ask(also);
    EXPECT_NE(answer, Answer::kUndecided);
    return answer == Answer::kSatisfiable;
  };
  // A wider place may not be what a narrower one has to be: the engine then
  // goes by the narrower, which is no history.
  if (!can_be({bench.TruthIsPossible()})) return;
  const v1::Decision decision = Screened(compiled, inquiry);
  const v1::AreaDecision& area = OnlyArea(decision);
  std::map<std::string, std::string> truths;
  for (const v1::FiredRule& r : area.fired()) truths[r.rule_id()] = "true";
  for (const std::string& r : area.unknown_rules()) truths[r] = "unknown";
  for (const CompiledRule* rule : bench.program().rules) {
    // An unknown note is not shown.
    if (rule->strictness == Strictness::kNote) continue;
    const std::string& id = rule->rule->rule_id();
    const std::string found =
        truths.count(id) > 0 ? truths[id] : std::string("false");
    const Formula holds = bench.model().Holds(
        written, written.FindRule(id)->condition(), bench.truth());
    const std::string in_histories =
        TruthOf(can_be({bench.TruthIsPossible(), holds}),
                can_be({bench.TruthIsPossible(), bench.f().Not(holds)}));
    const analysis::Possible by_engine =
        bench.engine().RuleTruth(*rule, bench.known().drawn);
    const std::string in_model = TruthOf(can_be({by_engine.can_be_true}),
                                         can_be({by_engine.can_be_false}));
    ASSERT_EQ(in_histories, found) << "rule " << id << "\n"
                                   << Describe(catalog, inquiry);
    ASSERT_EQ(in_model, found) << "rule " << id << "\n"
                               << Describe(catalog, inquiry);
    ++*rules;
  }
  ASSERT_TRUE(can_be({bench.known().verdict.is.at(area.verdict())}))
      << v1::Verdict_Name(area.verdict()) << "\n"
      << Describe(catalog, inquiry);
}

TEST(ModelTest, EngineAgreesWithTheModelOfTheProofs) {
  int compared = 0;
  int rules = 0;
  ForEachSeed(60, [&](Random* random) {
    const v1::RuleCatalog catalog = RandomCatalog(random);
    const std::shared_ptr<const CompiledCatalog> compiled = LoadRandom(catalog);
    if (compiled == nullptr) return;
    const oracle::Oracle oracle(catalog);
    const PatientMaker maker(oracle.catalog());
    for (int i = 0; i < kPatientsOfACatalog; ++i) {
      Compare(catalog, *compiled, oracle, RandomInquiry(catalog, maker, random),
              &rules);
      if (::testing::Test::HasFatalFailure()) return;
      ++compared;
    }
  });
  std::cout << compared << " patients, " << rules << " rules\n";
}

}  // namespace
}  // namespace needlewise
