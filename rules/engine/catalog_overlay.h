// A clinic's overlay: what it changes in a released catalogue.

#ifndef NEEDLEWISE_RULES_ENGINE_CATALOG_OVERLAY_H_
#define NEEDLEWISE_RULES_ENGINE_CATALOG_OVERLAY_H_

#include <memory>
#include <optional>
#include <vector>

#include "absl/time/civil_time.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/catalog_source.h"

namespace needlewise {

// Applies every overlay among `files` to the released `catalog`, which the
// validator accepts: changes its parameters and effects, takes disabled rules
// out, and records in it what was changed. `released` is the version beneath.
// What is stricter needs nobody; anything else is refused without an approval,
// which may not be dated after `today` where that is known. Every fault is
// appended to `*diagnostics`; where there is one, `*catalog` is not to be used.
void ApplyOverlays(const std::vector<std::unique_ptr<ParsedFile>>& files,
                   const v1::CatalogVersion& released,
                   const std::optional<absl::CivilDay>& today,
                   v1::RuleCatalog* catalog,
                   std::vector<v1::Diagnostic>* diagnostics);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_CATALOG_OVERLAY_H_
