// The engine against the oracle, on random catalogues and patients.

#include <algorithm>
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "tests/property/engine_answer.h"
#include "tests/property/random.h"
#include "tests/property/random_catalog.h"
#include "tests/property/random_inquiry.h"
#include "tests/property/random_patient.h"
#include "tests/support/oracle.h"

namespace needlewise {
namespace {

constexpr int kPatientsOfACatalog = 20;
// Completions that are enumerated to find what is outstanding.
constexpr size_t kMostCompletions = 5000;

void Compare(const CompiledCatalog& catalog, const oracle::Oracle& oracle,
             const oracle::Inquiry& inquiry, int* enumerated) {
  const v1::Decision decision = Screened(catalog, inquiry);
  const std::string differences =
      Differences(oracle, inquiry, decision, oracle::Decide(oracle, inquiry));
  ASSERT_EQ(differences, "")
      << Describe(oracle.catalog(), inquiry) << differences;
  const oracle::Case now(oracle, inquiry);
  std::set<int> all;
  for (int c = 0; c < oracle.concept_count(); ++c) all.insert(c);
  if (now.Combinations(all, kMostCompletions) == kMostCompletions) return;
  ++*enumerated;
  const oracle::Enumeration completions(now);
  const v1::AreaDecision& area = OnlyArea(decision);
  ASSERT_EQ(area.possible(), completions.Possible())
      << Describe(oracle.catalog(), inquiry);
  const std::set<std::string> outstanding = OutstandingOf(area);
  ASSERT_TRUE(completions.Settles(oracle, outstanding))
      << Describe(oracle.catalog(), inquiry);
  const std::set<std::string> must = completions.MustAsk(oracle);
  const std::set<std::string> may = completions.MayAsk(oracle);
  ASSERT_TRUE(std::includes(outstanding.begin(), outstanding.end(),
                            must.begin(), must.end()))
      << Describe(oracle.catalog(), inquiry) << "asks "
      << testing::PrintToString(outstanding) << " and not all of "
      << testing::PrintToString(must);
  // Where only together the rules leave one verdict, each rule is unknown yet,
  // and the questions are those that settle the rules.
  ASSERT_TRUE(may.empty() ||
              std::includes(may.begin(), may.end(), outstanding.begin(),
                            outstanding.end()))
      << Describe(oracle.catalog(), inquiry) << "asks "
      << testing::PrintToString(outstanding) << " where only "
      << testing::PrintToString(may) << " have influence";
}

TEST(DifferentialTest, EngineAgreesWithOracle) {
  int compared = 0;
  int enumerated = 0;
  ForEachSeed(400, [&](Random* random) {
    const v1::RuleCatalog catalog = RandomCatalog(random);
    const std::shared_ptr<const CompiledCatalog> compiled = LoadRandom(catalog);
    if (compiled == nullptr) return;
    const oracle::Oracle oracle(catalog);
    const PatientMaker maker(oracle.catalog());
    for (int i = 0; i < kPatientsOfACatalog; ++i) {
      Compare(*compiled, oracle,
              RandomInquiry(catalog, maker, RandomStyle(random), random),
              &enumerated);
      if (testing::Test::HasFatalFailure()) return;
      ++compared;
    }
  });
  std::cout << compared << " patients, " << enumerated
            << " of them in every completion\n";
}

}  // namespace
}  // namespace needlewise
