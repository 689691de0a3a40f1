// A health record as long as one gets, in a call of a hook.

#ifndef NEEDLEWISE_TESTS_BENCHMARKS_SAMPLE_RECORD_H_
#define NEEDLEWISE_TESTS_BENCHMARKS_SAMPLE_RECORD_H_

#include <string>

#include "absl/time/civil_time.h"

namespace needlewise {

// Path of the service that the call is for.
inline constexpr char kHookPath[] = "/cds-services/needlewise-patient-view";

// The body of a call for `patient-view` with `resources` resources in its
// prefetch, beside the patient: diagnoses, laboratory values of many years,
// prescriptions, procedures and allergies, with all that a record writes into
// them. One in ten stands for something the rules ask about; nothing stands
// against the treatment, and nearly everything is left to ask.
std::string MakeHookCall(int resources, absl::CivilDay today);

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_BENCHMARKS_SAMPLE_RECORD_H_
