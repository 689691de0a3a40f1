// Flags that change what a request asks about.

#ifndef NEEDLEWISE_CLIENT_CLI_REQUEST_FLAGS_H_
#define NEEDLEWISE_CLIENT_CLI_REQUEST_FLAGS_H_

#include <string>

#include "absl/status/status.h"
#include "client/cli/command_line.h"
#include "google/protobuf/repeated_field.h"
#include "needlewise/v1/recommendation.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "proto/json/source_map.h"

namespace needlewise {

// Each applies the flags that are given and forgets in `*map` the places of
// what they replace. INVALID_ARGUMENT for a value that cannot be.

// --treatment, --area, --device, --depth, --concern, --as-of, --profile.
absl::Status ApplyFlags(const CommandLine& line,
                        v1::ScreenEligibilityRequest* request, SourceMap* map);

// The same, and --add-on-device.
absl::Status ApplyFlags(const CommandLine& line,
                        v1::RecommendAddOnsRequest* request, SourceMap* map);

// The same, and --add-on.
absl::Status ApplyFlags(const CommandLine& line,
                        v1::PlanTreatmentRequest* request, SourceMap* map);

// A request about add-ons, or for a plan, of a patient who was to be screened:
// the first treatment is the base; devices of the others become add-on
// devices.
void FromScreening(const v1::ScreenEligibilityRequest& screening,
                   v1::RecommendAddOnsRequest* request);
void FromScreening(const v1::ScreenEligibilityRequest& screening,
                   v1::PlanTreatmentRequest* request);

}  // namespace needlewise

#endif  // NEEDLEWISE_CLIENT_CLI_REQUEST_FLAGS_H_
