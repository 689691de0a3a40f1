#include "rules/analysis/prover.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "rules/analysis/invariants.h"
#include "rules/analysis/laws.h"

namespace needlewise::analysis {
namespace {

struct Slice {
  AreaClass areas;
  std::string treatment;
  std::string profile;
};

// What one property came to on one slice.
struct Part {
  Finding finding;
  int questions = 0;
  double seconds = 0;
};

class Prover {
 public:
  Prover(const v1::RuleCatalog& catalog, const CompiledCatalog& compiled,
         const ProveOptions& options)
      : written_(catalog), compiled_(compiled), options_(options) {
    for (const std::string& profile : compiled.profiles) {
      for (const v1::Treatment& t : catalog.treatments()) {
        for (AreaClass& areas : written_.AreaClasses()) {
          slices_.push_back({std::move(areas), t.treatment_id(), profile});
        }
      }
    }
    // The largest first, so that no thread is left with one at the end.
    std::stable_sort(slices_.begin(), slices_.end(),
                     [&](const Slice& a, const Slice& b) {
                       return RuleCount(a) > RuleCount(b);
                     });
    parts_.resize(slices_.size());
  }

  ProofReport Run() {
    const absl::Time start = absl::Now();
    std::atomic<size_t> next{0};
    const auto work = [&] {
      for (size_t i = next++; i < slices_.size(); i = next++) {
        RunSlice(i);
        const std::lock_guard<std::mutex> lock(mutex_);
        ++done_;
        if (options_.progress != nullptr) {
          options_.progress(
              done_, static_cast<int>(slices_.size()),
              absl::StrCat(slices_[i].treatment, ", ", slices_[i].areas.Name(),
                           ", profile ", slices_[i].profile));
        }
      }
    };
    std::vector<std::thread> threads;
    for (int t = 1; t < options_.threads; ++t) threads.emplace_back(work);
    work();
    for (std::thread& t : threads) t.join();
    ProofReport report = Gather();
    report.seconds = absl::ToDoubleSeconds(absl::Now() - start);
    return report;
  }

 private:
  size_t RuleCount(const Slice& slice) const {
    return written_.RulesOf(slice.treatment, slice.profile).size();
  }

  bool Wanted(const std::string& id) const {
    return options_.only.empty() ||
           std::find(options_.only.begin(), options_.only.end(), id) !=
               options_.only.end();
  }

  void RunSlice(size_t i) {
    const Slice& slice = slices_[i];
    std::vector<const v1::Invariant*> invariants;
    for (const v1::Invariant& invariant : written_.catalog().invariants()) {
      if (Wanted(invariant.invariant_id()) &&
          SpeaksOf(invariant, slice.treatment, slice.profile)) {
        invariants.push_back(&invariant);
      }
    }
    std::vector<const Law*> laws;
    for (const Law& law : Laws()) {
      if (Wanted(law.id)) laws.push_back(&law);
    }
    if (invariants.empty() && laws.empty()) return;
    Bench bench(written_, compiled_, slice.areas, slice.treatment,
                slice.profile, options_.milliseconds);
    const auto timed = [&](const std::string& id, const auto& prove) {
      const absl::Time start = absl::Now();
      const int before = bench.questions();
      Part part = prove();
      part.questions = bench.questions() - before;
      part.seconds = absl::ToDoubleSeconds(absl::Now() - start);
      parts_[i][id] = std::move(part);
    };
    const auto prove_invariants = [&](bool about_two) {
      for (const v1::Invariant* invariant : invariants) {
        if (invariant->has_unchanged() != about_two) continue;
        timed(invariant->invariant_id(),
              [&] { return ProveOne(*invariant, &bench); });
      }
    };
    // Invariants and laws about one patient first: a second one makes every
    // question longer.
    prove_invariants(false);
    for (const Law* law : laws) {
      timed(law->id, [&] { return Part{law->prove(&bench)}; });
    }
    prove_invariants(true);
  }

  Part ProveOne(const v1::Invariant& invariant, Bench* bench) {
    Part part;
    // Once somebody is found, nobody else need be.
    if (!IsKnownToSpeak(invariant.invariant_id())) {
      if (SpeaksOfSomebody(invariant, bench) == Answer::kSatisfiable) {
        const std::lock_guard<std::mutex> lock(mutex_);
        speaks_.insert(invariant.invariant_id());
      }
    }
    part.finding = ProveInvariant(invariant, bench);
    return part;
  }

  bool IsKnownToSpeak(const std::string& id) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return speaks_.count(id) > 0;
  }

  // The worst that happened to a property anywhere.
  Property Gather(const std::string& id, const std::string& statement,
                  bool is_invariant) const {
    Property property;
    property.id = id;
    property.statement = statement;
    property.is_invariant = is_invariant;
    const bool somebody = speaks_.count(id) > 0;
    for (const auto& parts : parts_) {
      const auto found = parts.find(id);
      if (found == parts.end()) continue;
      const Part& part = found->second;
      ++property.slices;
      property.questions += part.questions;
      property.seconds += part.seconds;
      if (Worse(part.finding.outcome, property.finding.outcome)) {
        property.finding = part.finding;
      }
    }
    if (is_invariant && !somebody &&
        property.finding.outcome == Outcome::kProved) {
      property.finding.outcome = Outcome::kUndecided;
      property.finding.detail =
          "its premises hold of nobody, so it says nothing";
    }
    return property;
  }

  static bool Worse(Outcome a, Outcome b) {
    const auto rank = [](Outcome o) {
      switch (o) {
        case Outcome::kProved:
          return 0;
        case Outcome::kUndecided:
          return 1;
        case Outcome::kRefuted:
          return 2;
        case Outcome::kDisagreement:
          return 3;
      }
      return 3;
    };
    return rank(a) > rank(b);
  }

  ProofReport Gather() const {
    ProofReport report;
    report.version = compiled_.version;
    for (const Law& law : Laws()) {
      if (Wanted(law.id)) {
        report.properties.push_back(Gather(law.id, law.statement, false));
      }
    }
    for (const v1::Invariant& invariant : written_.catalog().invariants()) {
      if (Wanted(invariant.invariant_id())) {
        report.properties.push_back(
            Gather(invariant.invariant_id(), invariant.statement(), true));
      }
    }
    return report;
  }

  const Written written_;
  const CompiledCatalog& compiled_;
  const ProveOptions& options_;
  std::vector<Slice> slices_;
  // By slice, then property. Each slice is one thread's.
  std::vector<std::map<std::string, Part>> parts_;
  // What follows is guarded by it.
  std::mutex mutex_;
  // Invariants whose premises hold of somebody.
  std::set<std::string> speaks_;
  int done_ = 0;
};

}  // namespace

bool ProofReport::AllProved() const {
  return std::all_of(properties.begin(), properties.end(), [](const auto& p) {
    return p.finding.outcome == Outcome::kProved;
  });
}

ProofReport ProveCatalog(const v1::RuleCatalog& written,
                         const CompiledCatalog& compiled,
                         const ProveOptions& options) {
  return Prover(written, compiled, options).Run();
}

const char* NameOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kProved:
      return "proved";
    case Outcome::kRefuted:
      return "refuted";
    case Outcome::kUndecided:
      return "not decided";
    case Outcome::kDisagreement:
      return "engine disagrees";
  }
  return "";
}

}  // namespace needlewise::analysis
