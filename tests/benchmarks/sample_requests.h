// The requests that are measured, and the server that they are sent to.

#ifndef NEEDLEWISE_TESTS_BENCHMARKS_SAMPLE_REQUESTS_H_
#define NEEDLEWISE_TESTS_BENCHMARKS_SAMPLE_REQUESTS_H_

#include <vector>

#include "absl/time/civil_time.h"
#include "needlewise/v1/patient.pb.h"
#include "needlewise/v1/screening.pb.h"

namespace needlewise {

enum class Sample {
  // Every section of the questionnaire answered, a few things to report:
  // deferred for some days, with precautions. What a clinic sends most.
  kComplete,
  // Every section answered, nothing to report: eligible.
  kWell,
  // Nothing known: the longest answer there is.
  kEmpty,
};

// `complete`, `well` or `empty`.
const char* NameOf(Sample sample);

// Plain needling of the cheeks with a listed device, for a patient whose dates
// lie before `today`.
v1::ScreenEligibilityRequest MakeRequest(Sample sample, v1::View view,
                                         absl::CivilDay today);

// The facts that a clinic states once, in the server's settings.
std::vector<v1::Finding> SampleSiteFindings();

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_BENCHMARKS_SAMPLE_REQUESTS_H_
