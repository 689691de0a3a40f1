#include "rules/analysis/catalog_diff.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rules/analysis/slice_diff.h"
#include "rules/analysis/witness.h"
#include "rules/analysis/written.h"

namespace needlewise::analysis {
namespace {

using testing::v1::CatalogDiff;
using testing::v1::VerdictChange;

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

// A class of patients: a rule, in a treatment, in one direction.
using ClassKey = std::tuple<std::string, std::string, int>;

ClassKey KeyOf(const VerdictChange& change) {
  return {change.rule_id(), change.treatment(), change.direction()};
}

// Runs `work` for every number below `count`, on several threads.
void InParallel(int threads, size_t count,
                const std::function<void(size_t)>& work) {
  std::atomic<size_t> next{0};
  const auto run = [&] {
    for (size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::thread> others;
  for (int t = 1; t < threads; ++t) others.emplace_back(run);
  run();
  for (std::thread& t : others) t.join();
}

class Differ {
 public:
  Differ(const CompiledCatalog& old_catalog, const CompiledCatalog& new_catalog,
         const DiffOptions& options)
      : old_catalog_(old_catalog),
        new_catalog_(new_catalog),
        options_(options),
        before_(old_catalog.catalog),
        after_(new_catalog.catalog) {}

  CatalogDiff Run() {
    CatalogDiff diff;
    *diff.mutable_old_version() = old_catalog_.version;
    *diff.mutable_new_version() = new_catalog_.version;
    diff.set_as_of(WitnessDay(new_catalog_.catalog));
    slices_ = SlicesOf(before_, after_, &diff);
    parts_.resize(slices_.size());
    steps_ = static_cast<int>(slices_.size());
    InParallel(options_.threads, slices_.size(), [&](size_t i) {
      SliceOf(i)->FindChanges(&parts_[i]);
      Tell(i, "");
    });
    Merge();
    if (options_.witnesses) {
      std::vector<size_t> with_changes;
      for (size_t i = 0; i < parts_.size(); ++i) {
        if (!parts_[i].changes().empty()) with_changes.push_back(i);
      }
      steps_ += static_cast<int>(with_changes.size());
      InParallel(options_.threads, with_changes.size(), [&](size_t w) {
        const size_t i = with_changes[w];
        const std::unique_ptr<SliceDiff> slice = SliceOf(i);
        for (VerdictChange& change : *parts_[i].mutable_changes()) {
          slice->Show(&change, &parts_[i]);
        }
        Tell(i, ", witnesses");
      });
    }
    for (const CatalogDiff& part : parts_) diff.MergeFrom(part);
    std::sort(diff.mutable_changes()->begin(), diff.mutable_changes()->end(),
              [](const VerdictChange& a, const VerdictChange& b) {
                return KeyOf(a) < KeyOf(b);
              });
    diff.set_no_other_change(diff.undecided().empty());
    return diff;
  }

 private:
  std::unique_ptr<SliceDiff> SliceOf(size_t i) const {
    return std::make_unique<SliceDiff>(Edition{&before_, &old_catalog_},
                                       Edition{&after_, &new_catalog_},
                                       slices_[i], options_.milliseconds);
  }

  // Leaves each class in the first slice that has it, with the areas of all:
  // the same every time, whichever thread is faster.
  void Merge() {
    std::map<ClassKey, VerdictChange*> first;
    for (CatalogDiff& part : parts_) {
      google::protobuf::RepeatedPtrField<VerdictChange> changes;
      changes.Swap(part.mutable_changes());
      for (VerdictChange& change : changes) {
        const auto found = first.find(KeyOf(change));
        if (found != first.end()) {
          found->second->mutable_areas()->MergeFrom(change.areas());
          std::sort(found->second->mutable_areas()->begin(),
                    found->second->mutable_areas()->end());
          continue;
        }
        *part.add_changes() = std::move(change);
        first[KeyOf(part.changes(part.changes_size() - 1))] =
            part.mutable_changes(part.changes_size() - 1);
      }
    }
  }

  void Tell(size_t i, const char* what) {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++done_;
    if (options_.progress == nullptr) return;
    options_.progress(done_, steps_,
                      absl::StrCat(slices_[i].treatment, ", ",
                                   slices_[i].areas.Name(), what));
  }

  const CompiledCatalog& old_catalog_;
  const CompiledCatalog& new_catalog_;
  const DiffOptions& options_;
  const Written before_;
  const Written after_;
  std::vector<DiffSlice> slices_;
  std::vector<CatalogDiff> parts_;
  int steps_ = 0;
  std::mutex mutex_;
  int done_ = 0;
};

}  // namespace

CatalogDiff DiffCatalogs(const CompiledCatalog& old_catalog,
                         const CompiledCatalog& new_catalog,
                         const DiffOptions& options) {
  return Differ(old_catalog, new_catalog, options).Run();
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
