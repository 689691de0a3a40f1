#include "tests/support/findings.h"

#include "tests/support/text_proto.h"

namespace needlewise {
namespace {

v1::Finding Stated(const std::string& concept_id, v1::FindingStatus status,
                   const std::string& more) {
  auto finding = FromText<v1::Finding>(more);
  finding.set_concept(concept_id);
  finding.set_status(status);
  return finding;
}

}  // namespace

v1::Finding Present(const std::string& concept_id, const std::string& more) {
  return Stated(concept_id, v1::FINDING_STATUS_PRESENT, more);
}

v1::Finding Past(const std::string& concept_id, const std::string& more) {
  return Stated(concept_id, v1::FINDING_STATUS_PAST, more);
}

v1::Finding Absent(const std::string& concept_id, const std::string& more) {
  return Stated(concept_id, v1::FINDING_STATUS_ABSENT, more);
}

v1::Finding Never(const std::string& concept_id, const std::string& more) {
  return Stated(concept_id, v1::FINDING_STATUS_NEVER, more);
}

v1::Finding NotKnown(const std::string& concept_id, const std::string& more) {
  return Stated(concept_id, v1::FINDING_STATUS_UNKNOWN, more);
}

v1::Finding Measured(const std::string& concept_id, double value,
                     const std::string& unit, const std::string& more) {
  v1::Finding finding =
      Stated(concept_id, v1::FINDING_STATUS_UNSPECIFIED, more);
  finding.mutable_quantity()->set_value(value);
  finding.mutable_quantity()->set_unit(unit);
  return finding;
}

v1::Patient PatientWith(const std::vector<v1::Finding>& findings,
                        const std::string& more) {
  auto patient = FromText<v1::Patient>(more);
  for (const v1::Finding& finding : findings) *patient.add_findings() = finding;
  return patient;
}

}  // namespace needlewise
