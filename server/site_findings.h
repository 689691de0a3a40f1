#ifndef NEEDLEWISE_SERVER_SITE_FINDINGS_H_
#define NEEDLEWISE_SERVER_SITE_FINDINGS_H_

#include <vector>

#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "needlewise/v1/patient.pb.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise {

// What is wrong with the configuration's site findings under a catalogue: an
// error for each that does not state, by concept id, status and dates alone,
// a concept of kind SITE. A catalogue with such an error cannot be used by
// this server, since every request would fail.
std::vector<v1::Diagnostic> CheckSiteFindings(
    absl::Span<const v1::Finding> findings, const CompiledCatalog& catalog,
    absl::CivilDay today);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_SITE_FINDINGS_H_
