// Takes out of a case what does not matter for what it shows.

#ifndef NEEDLEWISE_RULES_ANALYSIS_SIMPLIFY_H_
#define NEEDLEWISE_RULES_ANALYSIS_SIMPLIFY_H_

#include <functional>
#include <string>
#include <vector>

#include "needlewise/testing/v1/rule_case.pb.h"
#include "needlewise/v1/rule_catalog.pb.h"

namespace needlewise::analysis {

// Whether a case, as it stands, still shows what it is there for. Asked a few
// hundred times, so an engine is to answer and not a solver.
using StillShows = std::function<bool(const testing::v1::RuleCase&)>;

// Leaves a case that shows the same and says no more than it must: no finding
// and no closed section can be taken out of it by itself, nor the dates or
// areas of a finding, the age, the device or the concerns. `*rule_case` has to
// show it to begin with.
void Simplify(const v1::RuleCatalog& catalog, const StillShows& still_shows,
              testing::v1::RuleCase* rule_case);

// The concepts that a case states something about by name, in order; `age`
// where it gives one.
std::vector<std::string> StatedIn(const v1::RuleCatalog& catalog,
                                  const testing::v1::RuleCase& rule_case);

}  // namespace needlewise::analysis

#endif  // NEEDLEWISE_RULES_ANALYSIS_SIMPLIFY_H_
