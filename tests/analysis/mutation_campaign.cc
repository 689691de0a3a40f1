// The mutation test: how many small faults of the shipped rules a case or a
// proof finds. See tests/analysis/run_mutations.
//
// Usage: mutation_campaign SURVIVORS [SAMPLE [SEED]]
//        mutation_campaign SURVIVORS RULE
//
// SURVIVORS is a file with a line `rule<TAB>change<TAB>why` for each mutant
// that is known to survive. SAMPLE, where given and not 0, is how many mutants
// are looked at, chosen by SEED; RULE, the id of a rule: only its mutants.
// Prints one line a mutant, of a survivor the case that would find it, and the
// counts.
// Exits with 1 where one survives that is not listed, or is listed and does
// not, or where less than 95 % of those that change a verdict are found.

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "rules/analysis/witness.h"
#include "tests/analysis/mutants.h"
#include "tests/property/random.h"
#include "tests/support/shipped_catalog.h"

namespace needlewise {
namespace {

constexpr double kLeastKilled = 0.95;
constexpr absl::Duration kTellEach = absl::Seconds(20);

// By rule and change, why they survive.
using Survivors = std::map<std::pair<std::string, std::string>, std::string>;

bool ReadSurvivors(const char* path, Survivors* survivors) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::vector<std::string> parts = absl::StrSplit(line, '\t');
    if (parts.size() != 3 || parts[2].empty()) {
      std::cerr << path << ": not `rule<TAB>change<TAB>why`: " << line << "\n";
      return false;
    }
    (*survivors)[{parts[0], parts[1]}] = parts[2];
  }
  if (file.bad() || !file.eof()) {
    std::cerr << path << ": cannot be read\n";
    return false;
  }
  return true;
}

const char* NameOf(Fate::Kind kind) {
  switch (kind) {
    case Fate::Kind::kRefused:
      return "refused";
    case Fate::Kind::kKilledByCase:
      return "case";
    case Fate::Kind::kKilledByProof:
      return "proof";
    case Fate::Kind::kEqual:
      return "equal";
    case Fate::Kind::kSurvived:
      return "survived";
  }
  return "";
}

class Campaign {
 public:
  explicit Campaign(Survivors survivors)
      : survivors_(std::move(survivors)), judge_(ShippedCatalog(), [] {
          std::vector<const testing::v1::RuleCaseSuite*> suites;
          for (const auto& file : ShippedSuites()) {
            suites.push_back(&file->suite);
          }
          return suites;
        }()) {}

  bool Run(const std::string& rule, int sample, uint64_t seed) {
    std::vector<Mutant> mutants = MakeMutants(ShippedCatalog().catalog);
    bool as_listed = AllExist(mutants);
    if (!rule.empty()) {
      mutants.erase(
          std::remove_if(mutants.begin(), mutants.end(),
                         [&](const Mutant& m) { return m.rule_id != rule; }),
          mutants.end());
    }
    const size_t all = mutants.size();
    if (sample > 0 && static_cast<size_t>(sample) < all) {
      Random random(seed);
      random.Shuffle(&mutants);
      mutants.resize(sample);
      std::cout << sample << " of " << all << " mutants, seed " << seed
                << std::endl;
    }
    const absl::Time start = absl::Now();
    absl::Time told = start;
    for (size_t i = 0; i < mutants.size(); ++i) {
      as_listed = Look(mutants[i]) && as_listed;
      if (absl::Now() - told < kTellEach) continue;
      told = absl::Now();
      std::cerr << "mutant " << i + 1 << " of " << mutants.size() << ": "
                << Counts() << std::endl;
    }
    const int killed = changing_[Fate::Kind::kKilledByCase] +
                       changing_[Fate::Kind::kKilledByProof];
    const int changing = killed + changing_[Fate::Kind::kSurvived];
    std::cout << mutants.size() << " mutants: " << Counts() << "\n"
              << absl::StrFormat(
                     "%d change a verdict: %d killed by a case, %d by a proof "
                     "alone, %d survive; %.1f %% killed, in %.0f seconds\n",
                     changing, changing_[Fate::Kind::kKilledByCase],
                     changing_[Fate::Kind::kKilledByProof],
                     changing_[Fate::Kind::kSurvived],
                     changing == 0 ? 0.0 : 100.0 * killed / changing,
                     absl::ToDoubleSeconds(absl::Now() - start));
    return as_listed && changing > 0 && killed >= kLeastKilled * changing;
  }

 private:
  // Whether every survivor that is listed is a mutant at all.
  bool AllExist(const std::vector<Mutant>& mutants) const {
    Survivors left = survivors_;
    for (const Mutant& m : mutants) left.erase({m.rule_id, m.change});
    for (const auto& [survivor, why] : left) {
      std::cout << "listed as a survivor and no mutant: " << survivor.first
                << "\t" << survivor.second << "\n";
    }
    return left.empty();
  }

  // Whether the mutant survives exactly where it is listed.
  bool Look(const Mutant& mutant) {
    const Fate fate = judge_.Judge(mutant);
    ++all_[fate.kind];
    if (fate.changes_verdict) ++changing_[fate.kind];
    std::cout << NameOf(fate.kind) << "\t" << mutant.rule_id << "\t"
              << mutant.change << "\t" << fate.by << std::endl;
    const bool survives = fate.kind == Fate::Kind::kSurvived;
    const bool listed = survivors_.count({mutant.rule_id, mutant.change}) > 0;
    if (survives && !listed) {
      std::cout << "survives and is not listed: add a case, or an invariant, "
                   "or list it with the reason\n"
                << analysis::WriteSuite(fate.missing) << std::endl;
    }
    if (!survives && listed) {
      std::cout << "listed as a survivor, and does not survive: take it off "
                   "the list\n";
    }
    return survives == listed;
  }

  std::string Counts() {
    return absl::StrCat(all_[Fate::Kind::kKilledByCase], " killed by a case, ",
                        all_[Fate::Kind::kKilledByProof], " by a proof, ",
                        all_[Fate::Kind::kEqual], " change no verdict, ",
                        all_[Fate::Kind::kSurvived], " survive, ",
                        all_[Fate::Kind::kRefused], " refused by check");
  }

  const Survivors survivors_;
  const MutantJudge judge_;
  std::map<Fate::Kind, int> all_;
  // Of those, how many change a verdict.
  std::map<Fate::Kind, int> changing_;
};

int Usage() {
  std::cerr << "usage: mutation_campaign SURVIVORS [SAMPLE [SEED] | RULE]\n";
  return 2;
}

}  // namespace
}  // namespace needlewise

int main(int argc, char** argv) {
  if (argc < 2 || argc > 4) return needlewise::Usage();
  needlewise::Survivors survivors;
  if (!needlewise::ReadSurvivors(argv[1], &survivors)) return 2;
  const auto number = [&](int at, uint64_t usual) {
    return argc > at ? std::strtoull(argv[at], nullptr, 10) : usual;
  };
  const std::string what = argc > 2 ? argv[2] : "";
  const bool is_number =
      what.find_first_not_of("0123456789") == std::string::npos;
  needlewise::Campaign campaign(std::move(survivors));
  return campaign.Run(is_number ? "" : what,
                      is_number ? static_cast<int>(number(2, 0)) : 0,
                      number(3, 20261120))
             ? 0
             : 1;
}
