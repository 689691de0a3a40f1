// L3: that what is called unknown can come out either way.

#ifndef NEEDLEWISE_RULES_ANALYSIS_COMPLETIONS_H_
#define NEEDLEWISE_RULES_ANALYSIS_COMPLETIONS_H_

#include "rules/analysis/bench.h"

namespace needlewise::analysis {

// Where data are required, some completion makes a blocking rule true. For each
// rule: wherever it is unknown, its concepts have worlds in which it is true,
// and the rest can be filled in by one recipe: what those worlds imply is
// denied as far as can be, all else affirmed as far as can be. The recipe is a
// proof where it always works; where it does not, the patient it fails for is
// asked about in all completions.
Finding ProveCompletions(Bench* bench);

// Whether the truth keeps every implication as it is compiled.
Formula CompiledImplicationsKept(Bench* bench);

}  // namespace needlewise::analysis

#endif  // NEEDLEWISE_RULES_ANALYSIS_COMPLETIONS_H_
