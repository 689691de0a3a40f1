// A random patient, said to the model that the proofs are made in.

#ifndef NEEDLEWISE_TESTS_PROPERTY_MODEL_PATIENT_H_
#define NEEDLEWISE_TESTS_PROPERTY_MODEL_PATIENT_H_

#include "rules/analysis/bench.h"
#include "rules/analysis/formula.h"
#include "tests/support/oracle.h"

namespace needlewise {

// That of the bench's patient is known what the statements leave possible, as
// the oracle reads them, on the day of the inquiry; and that what is asked
// about beside the patient is what the inquiry asks about. Leaves no variable
// open on which a rule of the bench depends.
analysis::Formula KnownAs(const oracle::Oracle& oracle,
                          const oracle::Inquiry& inquiry,
                          analysis::Bench* bench);

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_PROPERTY_MODEL_PATIENT_H_
