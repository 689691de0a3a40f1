// What a change of rules does to patients, for all of them.

#ifndef NEEDLEWISE_RULES_ANALYSIS_CATALOG_DIFF_H_
#define NEEDLEWISE_RULES_ANALYSIS_CATALOG_DIFF_H_

#include <functional>
#include <string>

#include "needlewise/testing/v1/catalog_diff.pb.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise::analysis {

struct DiffOptions {
  // Of each question to the solver. 0: none.
  unsigned milliseconds = 20000;
  // At least 1.
  int threads = 2;
  // Whether to write down a patient of each class, with both verdicts, which
  // takes most of the time; without, only the classes are named.
  bool witnesses = true;
  // As of `ProveOptions`.
  std::function<void(int done, int all, const std::string& slice)> progress;
};

// Compares the verdicts that two catalogues give to every patient, in every
// area, treatment and device that both know, under the profile `standard`,
// nothing being acknowledged.
testing::v1::CatalogDiff DiffCatalogs(const CompiledCatalog& old_catalog,
                                      const CompiledCatalog& new_catalog,
                                      const DiffOptions& options);

// Whether some patient's verdict is laxer, or that is not settled.
bool MayBeLaxer(const testing::v1::CatalogDiff& diff);

}  // namespace needlewise::analysis

#endif  // NEEDLEWISE_RULES_ANALYSIS_CATALOG_DIFF_H_
