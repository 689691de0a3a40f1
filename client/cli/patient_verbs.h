// Verbs about one patient.

#ifndef NEEDLEWISE_CLIENT_CLI_PATIENT_VERBS_H_
#define NEEDLEWISE_CLIENT_CLI_PATIENT_VERBS_H_

#include "client/cli/exit_code.h"
#include "client/cli/invocation.h"
#include "needlewise/v1/screening.pb.h"

namespace needlewise {

ExitCode RunScreen(const Invocation& invocation);
ExitCode RunAddOns(const Invocation& invocation);
ExitCode RunPlan(const Invocation& invocation);

// Prints a screening; OK where every treatment is eligible, else NO.
ExitCode PrintScreening(const Invocation& invocation,
                        const v1::ScreenEligibilityResponse& response);

}  // namespace needlewise

#endif  // NEEDLEWISE_CLIENT_CLI_PATIENT_VERBS_H_
