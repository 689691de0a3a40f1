#ifndef NEEDLEWISE_RULES_TOOLS_PROOF_DOCUMENT_H_
#define NEEDLEWISE_RULES_TOOLS_PROOF_DOCUMENT_H_

#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/analysis/prover.h"
#include "rules/tools/document.h"

namespace needlewise {

// The report of a proof, to be read beside the catalogue's document, run again
// and signed: each property, what it means, how it came out, in what time.
Document DescribeProof(const v1::RuleCatalog& catalog,
                       const analysis::ProofReport& report);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_PROOF_DOCUMENT_H_
