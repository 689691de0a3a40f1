// The parts of a catalogue's document that say where it comes from: regulators'
// questions, what is deliberately not adopted, and what overlays change.

#ifndef NEEDLEWISE_RULES_TOOLS_PROVENANCE_DOCUMENT_H_
#define NEEDLEWISE_RULES_TOOLS_PROVENANCE_DOCUMENT_H_

#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/tools/document.h"

namespace needlewise {

// Each writes what stands under a heading that the caller has written, and
// needs at least one such record.

// The source attributes and device criteria of the manifest.
void DescribeAnswers(const v1::Manifest& manifest, Document* document);

// What is deliberately not adopted.
void DescribeNonRules(const v1::RuleCatalog& catalog, Document* document);

// What overlays change, who allowed it and why.
void DescribeOverlays(const v1::RuleCatalog& catalog, Document* document);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_PROVENANCE_DOCUMENT_H_
