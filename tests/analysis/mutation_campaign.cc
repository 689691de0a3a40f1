// The mutation test: how many small faults of the shipped rules are found by a
// case or a proof. See tests/analysis/run_mutations.
//
// Usage: mutation_campaign [EVERY [FIRST]]: looks at each EVERYth mutant from
// number FIRST on. Prints what survives, one line each, and the count; exits
// with 1 where less than 95 % of those that change a verdict are found.

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "tests/analysis/mutants.h"
#include "tests/support/shipped_catalog.h"

namespace needlewise {
namespace {

constexpr double kLeastKilled = 0.95;

int Run(size_t every, size_t first) {
  const CompiledCatalog& original = ShippedCatalog();
  std::vector<const testing::v1::RuleCaseSuite*> suites;
  for (const auto& file : ShippedSuites()) suites.push_back(&file->suite);
  const std::vector<Mutant> mutants = MakeMutants(original.catalog);
  int by_case = 0;
  int by_proof = 0;
  int equal = 0;
  int survived = 0;
  for (size_t i = first; i < mutants.size(); i += every) {
    const Mutant& mutant = mutants[i];
    const std::shared_ptr<const CompiledCatalog> mutated =
        Apply(original.catalog, mutant);
    if (mutated == nullptr || KilledByCase(*mutated, suites)) {
      ++by_case;
    } else if (KilledByProof(*mutated, mutant)) {
      ++by_proof;
    } else if (!ChangesAVerdict(original, *mutated)) {
      ++equal;
      std::cout << "equal\t" << mutant.rule_id << "\t" << mutant.change
                << std::endl;
    } else {
      ++survived;
      std::cout << "survived\t" << mutant.rule_id << "\t" << mutant.change
                << std::endl;
    }
    if ((i - first) / every % 20 == 0) {
      std::cerr << "mutant " << i + 1 << " of " << mutants.size() << ": "
                << by_case << " found by cases, " << by_proof << " by proofs, "
                << equal << " change no verdict, " << survived << " survived"
                << std::endl;
    }
  }
  const int changing = by_case + by_proof + survived;
  std::cout << by_case << " found by cases, " << by_proof
            << " by proofs alone, " << survived << " survived; " << equal
            << " change no verdict\n";
  return changing > 0 && by_case + by_proof >= kLeastKilled * changing ? 0 : 1;
}

}  // namespace
}  // namespace needlewise

int main(int argc, char** argv) {
  const auto number = [&](int at, long usual) {
    return argc > at ? std::strtol(argv[at], nullptr, 10) : usual;
  };
  const long every = number(1, 1);
  const long first = number(2, 0);
  if (every < 1 || first < 0) {
    std::cerr << "mutation_campaign: takes two numbers, from 1 and from 0\n";
    return 2;
  }
  return needlewise::Run(static_cast<size_t>(every),
                         static_cast<size_t>(first));
}
