// Three readings of one catalogue about one patient: the engine's, the naive
// oracle's, and that of the model that the proofs are made in. Of each rule,
// the model has two: what the solver finds in all histories that are possible,
// with the rule as it is written, and what the model's copy of the engine
// makes of what is known. All have to be one, on catalogues of every shape and
// on the shipped one. tests/property/compare_models sends many more.

#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "rules/analysis/bench.h"
#include "rules/analysis/written.h"
#include "tests/property/engine_answer.h"
#include "tests/property/model_patient.h"
#include "tests/property/random.h"
#include "tests/property/random_catalog.h"
#include "tests/property/random_inquiry.h"
#include "tests/property/random_patient.h"
#include "tests/support/oracle.h"
#include "tests/support/shipped_catalog.h"

namespace needlewise {
namespace {

using analysis::Answer;
using analysis::Bench;
using analysis::Formula;

constexpr int kPatientsOfACatalog = 40;
constexpr int kPatientsAtOnce = 3;

// One catalogue, with benches that are made as they are needed.
class Readings {
 public:
  Readings(const v1::RuleCatalog& catalog, const CompiledCatalog& compiled)
      : compiled_(compiled), oracle_(catalog), written_(catalog) {
    for (const analysis::AreaClass& areas : written_.AreaClasses()) {
      for (const std::string& area : areas.areas) classes_[area] = areas;
    }
  }

  // Compares the readings of one inquiry. False: what is known of the patient
  // is so of nobody, which the model says nothing of.
  bool Compare(const oracle::Inquiry& inquiry) {
    Table& table = TableOf(inquiry);
    const std::optional<ModelAnswer> model =
        AnswerOf(KnownAs(oracle_, inquiry, table.bench.get()), table);
    if (!model.has_value()) return false;
    const oracle::Answer expected = oracle::Decide(oracle_, inquiry);
    std::string differences =
        Differences(oracle_, inquiry, Screened(compiled_, inquiry), expected);
    const auto compare = [&](const std::string& what, const std::string& found,
                             const std::string& wanted) {
      if (found == wanted) return;
      absl::StrAppend(&differences, what, ": model ", found, ", oracle ",
                      wanted, "\n");
    };
    for (size_t r = 0; r < table.rules.size(); ++r) {
      const std::string& id = table.rules[r].id;
      const std::string wanted = NameOf(expected.truths.at(id));
      compare(id + ", in histories", model->in_histories[r], wanted);
      compare(id + ", by its copy of the engine", model->by_engine[r], wanted);
    }
    compare("verdict", v1::Verdict_Name(model->verdict),
            v1::Verdict_Name(expected.verdict));
    EXPECT_EQ(differences, "")
        << Describe(written_.catalog(), inquiry) << differences;
    rules_ += static_cast<int>(table.rules.size());
    return true;
  }

  // Lets go of the benches, which are large.
  void Forget() { tables_.clear(); }

  // Rules whose readings were compared.
  int rules() const { return rules_; }

 private:
  // One rule on one bench.
  struct Reading {
    std::string id;
    Formula holds;
    analysis::Possible by_engine;
  };
  struct Table {
    std::unique_ptr<Bench> bench;
    std::vector<Reading> rules;
  };

  Table& TableOf(const oracle::Inquiry& inquiry) {
    const std::string profile =
        inquiry.profile.empty() ? "standard" : inquiry.profile;
    const analysis::AreaClass& areas = classes_.at(inquiry.area);
    Table& table = tables_[{areas.areas[0], inquiry.treatment, profile}];
    if (table.bench != nullptr) return table;
    table.bench = std::make_unique<Bench>(written_, compiled_, areas,
                                          inquiry.treatment, profile, 0);
    Bench& bench = *table.bench;
    for (const CompiledRule* rule : bench.program().rules) {
      const std::string& id = rule->rule->rule_id();
      table.rules.push_back(
          {id,
           bench.model().Holds(written_, written_.FindRule(id)->condition(),
                               bench.truth()),
           bench.engine().RuleTruth(*rule, bench.known().drawn)});
    }
    return table;
  }

  // By rule: true, false, unknown.
  struct ModelAnswer {
    std::vector<std::string> in_histories;
    std::vector<std::string> by_engine;
    v1::Verdict verdict = v1::VERDICT_UNSPECIFIED;
  };

  // None where no history is possible.
  static std::optional<ModelAnswer> AnswerOf(Formula known,
                                             const Table& table) {
    Bench& bench = *table.bench;
    const auto holds = [&](Formula f) { return bench.solver().Holds(f); };
    ModelAnswer answer;
    std::vector<bool> can_be_true(table.rules.size(), false);
    std::vector<bool> can_be_false(table.rules.size(), false);
    // Asks for a history that shows anything new, until there is none.
    Formula anything_new = bench.f().True();
    for (;;) {
      const Answer found =
          bench.Ask({known, bench.TruthIsPossible(), anything_new});
      EXPECT_NE(found, Answer::kUndecided) << bench.solver().reason();
      if (found != Answer::kSatisfiable) break;
      std::vector<Formula> unseen;
      for (size_t r = 0; r < table.rules.size(); ++r) {
        const Formula rule = table.rules[r].holds;
        (holds(rule) ? can_be_true : can_be_false)[r] = true;
        if (!can_be_true[r]) unseen.push_back(rule);
        if (!can_be_false[r]) unseen.push_back(bench.f().Not(rule));
      }
      anything_new = bench.f().Or(std::move(unseen));
      if (!answer.by_engine.empty()) continue;
      // What is known is the same in every answer.
      for (const Reading& rule : table.rules) {
        answer.by_engine.push_back(NameOf(holds(rule.by_engine.can_be_true),
                                          holds(rule.by_engine.can_be_false)));
      }
      for (const auto& [verdict, is] : bench.known().verdict.is) {
        if (holds(is)) answer.verdict = static_cast<v1::Verdict>(verdict);
      }
    }
    if (answer.verdict == v1::VERDICT_UNSPECIFIED) return std::nullopt;
    for (size_t r = 0; r < table.rules.size(); ++r) {
      answer.in_histories.push_back(NameOf(can_be_true[r], can_be_false[r]));
    }
    return answer;
  }

  static std::string NameOf(Truth truth) {
    return NameOf(truth != Truth::kFalse, truth != Truth::kTrue);
  }
  static std::string NameOf(bool can_be_true, bool can_be_false) {
    return can_be_true && can_be_false ? "unknown"
           : can_be_true               ? "true"
           : can_be_false              ? "false"
                                       : "neither";
  }

  const CompiledCatalog& compiled_;
  const oracle::Oracle oracle_;
  const analysis::Written written_;
  std::map<std::string, analysis::AreaClass> classes_;
  // By area class, treatment and profile.
  std::map<std::tuple<std::string, std::string, std::string>, Table> tables_;
  int rules_ = 0;
};

struct Counts {
  int catalogs = 0;
  int rules = 0;
  // Patients whom contradictions leave no history.
  int of_nobody = 0;
};

// Compares patients of one random catalogue. Returns how many.
int CompareOnRandomCatalog(Random* random, Counts* counts) {
  const v1::RuleCatalog catalog = RandomCatalog(random);
  const std::shared_ptr<const CompiledCatalog> compiled = LoadRandom(catalog);
  if (compiled == nullptr) return 0;
  Readings readings(catalog, *compiled);
  const PatientMaker maker(catalog);
  int done = 0;
  for (int i = 0; i < kPatientsOfACatalog; ++i) {
    const bool is_somebody = readings.Compare(
        RandomInquiry(catalog, maker, RandomStyle(random), random));
    if (::testing::Test::HasFailure()) return done;
    ++(is_somebody ? done : counts->of_nobody);
  }
  ++counts->catalogs;
  counts->rules += readings.rules();
  return done;
}

TEST(ModelTest, AgreesWithEngineAndOracleOnRandomCatalogues) {
  Counts counts;
  const int compared = ForSeedsUntil(400, [&](Random* random) {
    return CompareOnRandomCatalog(random, &counts);
  });
  std::cout << compared << " pairs of " << counts.catalogs << " catalogues, "
            << counts.rules << " rules; left out " << counts.of_nobody
            << " patients whom contradictions leave no history" << std::endl;
}

// Its patients have answers that a gate breaks, and that imply others.
TEST(ModelTest, AgreesWhereABrokenAnswerIsSettledByWhatItImplies) {
  Random random(20261233);
  Counts counts;
  EXPECT_GT(CompareOnRandomCatalog(&random, &counts), 0);
}

// Several patients of one treatment, area and profile after the other.
TEST(ModelTest, AgreesWithEngineAndOracleOnTheShippedCatalogue) {
  const v1::RuleCatalog& catalog = ShippedCatalog().catalog;
  Readings readings(catalog, ShippedCatalog());
  const PatientMaker maker(catalog);
  int of_nobody = 0;
  const int compared = ForSeedsUntil(kPatientsAtOnce, [&](Random* random) {
    PatientStyle style;
    style.more_statements = 0.1;
    int done = 0;
    oracle::Inquiry first;
    for (int i = 0; i < kPatientsAtOnce; ++i) {
      style.mentioned = random->Chance(0.5) ? 0.1 : 0.5;
      style.section_closed = random->Chance(0.5) ? 0.9 : 0.3;
      oracle::Inquiry inquiry = RandomInquiry(catalog, maker, style, random);
      if (i == 0) first = inquiry;
      inquiry.treatment = first.treatment;
      inquiry.area = first.area;
      inquiry.profile = first.profile;
      ++(readings.Compare(inquiry) ? done : of_nobody);
      if (::testing::Test::HasFailure()) break;
    }
    readings.Forget();
    return done;
  });
  std::cout << compared << " patients, " << readings.rules()
            << " rules; left out " << of_nobody
            << " patients whom contradictions leave no history" << std::endl;
}

}  // namespace
}  // namespace needlewise
