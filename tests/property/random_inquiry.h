// What can be asked of a catalogue about a random patient.

#ifndef NEEDLEWISE_TESTS_PROPERTY_RANDOM_INQUIRY_H_
#define NEEDLEWISE_TESTS_PROPERTY_RANDOM_INQUIRY_H_

#include "needlewise/v1/rule_catalog.pb.h"
#include "tests/property/random.h"
#include "tests/property/random_patient.h"
#include "tests/support/oracle.h"

namespace needlewise {

// Of whom most things are said, some of them several times.
PatientStyle RandomStyle(Random* random);

// Any treatment of the catalogue, area, device, concerns and profile, on a day
// near the day of the question, with some reviews acknowledged. The catalogue
// has a profile `core`.
oracle::Inquiry RandomInquiry(const v1::RuleCatalog& catalog,
                              const PatientMaker& maker,
                              const PatientStyle& style, Random* random);

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_PROPERTY_RANDOM_INQUIRY_H_
