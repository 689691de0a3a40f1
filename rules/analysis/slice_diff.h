// Two catalogues in one slice: the same patient under both.

#ifndef NEEDLEWISE_RULES_ANALYSIS_SLICE_DIFF_H_
#define NEEDLEWISE_RULES_ANALYSIS_SLICE_DIFF_H_

#include <memory>
#include <string>

#include "needlewise/testing/v1/catalog_diff.pb.h"
#include "rules/analysis/written.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise::analysis {

struct DiffSlice {
  AreaClass areas;
  std::string treatment;
};

// A catalogue, as it is written and as it is compiled.
struct Edition {
  const Written* written = nullptr;
  const CompiledCatalog* compiled = nullptr;
};

class SliceDiff {
 public:
  // Refers to all that it is given. `milliseconds` limits each question to the
  // solver.
  SliceDiff(const Edition& before, const Edition& after, const DiffSlice& slice,
            unsigned milliseconds);
  ~SliceDiff();
  SliceDiff(const SliceDiff&) = delete;
  SliceDiff& operator=(const SliceDiff&) = delete;

  // Appends the classes that change, without their witnesses, and what could
  // not be decided. A rule makes a class where it alone comes out otherwise;
  // one that only comes out otherwise beside others does where these leave
  // patients who change.
  void FindChanges(testing::v1::CatalogDiff* diff);

  // Gives a class that `FindChanges` found in this slice its witness: both
  // verdicts, a patient who says no more than matters, and the facts. Where the
  // engines do not say of the patient what the model says, that is undecided.
  void Show(testing::v1::VerdictChange* made, testing::v1::CatalogDiff* diff);

 private:
  class Comparison;
  std::unique_ptr<Comparison> comparison_;
};

}  // namespace needlewise::analysis

#endif  // NEEDLEWISE_RULES_ANALYSIS_SLICE_DIFF_H_
