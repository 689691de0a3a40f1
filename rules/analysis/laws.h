// The laws, on one bench.

#ifndef NEEDLEWISE_RULES_ANALYSIS_LAWS_H_
#define NEEDLEWISE_RULES_ANALYSIS_LAWS_H_

#include <string>
#include <vector>

#include "needlewise/v1/recommendation.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "rules/analysis/bench.h"
#include "rules/engine/evaluation.h"

namespace needlewise::analysis {

// A law, or what the other proofs rest on.
struct Law {
  const char* id;
  const char* statement;
  Finding (*prove)(Bench* bench);
};

const std::vector<Law>& Laws();

// The first half of L2, where `erased` is what follows once something is
// erased. `Laws` takes that from the engine; another reading of what is
// unknown can be held against the law with it.
Finding ProveErasing(Bench* bench, const Bench::Variation& erased);

// What the engine's functions are held against; empty where they are right.
// The table of verdicts, line by line, from which rules are true and unknown.
std::string FaultOfTable(v1::Verdict (*verdict_from)(const RuleTally&));
// An add-on is offered exactly where it is indicated and both verdicts are
// eligible: every pair of verdicts, and every strength of evidence.
std::string FaultOfAddOnStatus(v1::AddOnStatus (*status_from)(
    const v1::TreatmentDecision& base, const v1::TreatmentDecision& own,
    bool indicated, v1::EvidenceStrength));

}  // namespace needlewise::analysis

#endif  // NEEDLEWISE_RULES_ANALYSIS_LAWS_H_
