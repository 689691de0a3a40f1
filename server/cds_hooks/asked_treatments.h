#ifndef NEEDLEWISE_SERVER_CDS_HOOKS_ASKED_TREATMENTS_H_
#define NEEDLEWISE_SERVER_CDS_HOOKS_ASKED_TREATMENTS_H_

#include <string>
#include <vector>

#include "needlewise/config/v1/server_config.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/engine/violation.h"
#include "server/cds_hooks/hook_request.h"

namespace needlewise {

// One thing that a hook asks about.
struct AskedTreatment {
  v1::TreatmentSelection selection;
  // The day it is for, ISO 8601; empty: today.
  std::string day;
  // `ServiceRequest/7`; empty: `patient-view`, or without an id.
  std::string resource;
};

// What the context of a call asks about, in its order: each appointment or
// order that stands for a treatment, once for each treatment, area and day.
// Empty where it is about nothing of ours. Resources of another patient are
// violations.
std::vector<AskedTreatment> AskedTreatments(const config::v1::CdsHooks& config,
                                            const CompiledCatalog& catalog,
                                            const HookService& service,
                                            const HookRequest& request,
                                            Violations* violations);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_CDS_HOOKS_ASKED_TREATMENTS_H_
