// The laws, on one bench.

#ifndef NEEDLEWISE_RULES_ANALYSIS_LAWS_H_
#define NEEDLEWISE_RULES_ANALYSIS_LAWS_H_

#include <string>
#include <vector>

#include "rules/analysis/bench.h"

namespace needlewise::analysis {

// A law, or what the other proofs rest on.
struct Law {
  const char* id;
  const char* statement;
  Finding (*prove)(Bench* bench);
};

const std::vector<Law>& Laws();

}  // namespace needlewise::analysis

#endif  // NEEDLEWISE_RULES_ANALYSIS_LAWS_H_
