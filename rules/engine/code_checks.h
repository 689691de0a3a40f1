#ifndef NEEDLEWISE_RULES_ENGINE_CODE_CHECKS_H_
#define NEEDLEWISE_RULES_ENGINE_CODE_CHECKS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace needlewise {

// What is wrong with a code of a terminology that is known here (SNOMED CT,
// LOINC, ICD-10-CM, ATC, RxNorm): its form, or its check digit. Empty where
// nothing is, or where the system is not known. `prefix`: the code may end
// early, so check digits and full lengths are not looked at.
std::string FaultOfCode(absl::string_view system, absl::string_view code,
                        bool prefix);

// Whether the last digit of a SNOMED CT identifier is its Verhoeff check
// digit.
bool HasVerhoeffCheckDigit(absl::string_view digits);

// Whether the digit after the hyphen of a LOINC code is its mod-10 check
// digit.
bool HasLoincCheckDigit(absl::string_view code);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_CODE_CHECKS_H_
