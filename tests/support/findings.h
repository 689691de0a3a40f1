// Short forms of what a caller states of a patient.

#ifndef NEEDLEWISE_TESTS_SUPPORT_FINDINGS_H_
#define NEEDLEWISE_TESTS_SUPPORT_FINDINGS_H_

#include <string>
#include <vector>

#include "needlewise/v1/patient.pb.h"

namespace needlewise {

// Each of these takes further fields of the finding as protobuf text, for
// instance `Past("keloid", "last: '2024' areas: 'back'")`.
v1::Finding Present(const std::string& concept_id,
                    const std::string& more = "");
v1::Finding Past(const std::string& concept_id, const std::string& more = "");
v1::Finding Absent(const std::string& concept_id, const std::string& more = "");
v1::Finding Never(const std::string& concept_id, const std::string& more = "");
v1::Finding NotKnown(const std::string& concept_id,
                     const std::string& more = "");
v1::Finding Measured(const std::string& concept_id, double value,
                     const std::string& unit, const std::string& more = "");

// A patient of whom this is stated; `more` is protobuf text.
v1::Patient PatientWith(const std::vector<v1::Finding>& findings,
                        const std::string& more = "");

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_SUPPORT_FINDINGS_H_
