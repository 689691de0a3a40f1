// The form in which decisions are recorded and compared: view BASIC, without
// what a caller's own words can be in. Of a notice only the kind, the concept
// and the findings; all notices of codes that are not mapped as one; a device
// that the catalogue does not list as `kUnlistedDeviceName`. Of a plan neither
// texts nor citations: they are the catalogue's.

#ifndef NEEDLEWISE_SERVER_DECISION_LOG_RECORD_FORM_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_RECORD_FORM_H_

#include <string>

#include "needlewise/v1/decision_log.pb.h"
#include "needlewise/v1/recommendation.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "rules/engine/compiled_catalog.h"

namespace needlewise {

// No device of a catalogue has such an id.
inline constexpr char kUnlistedDeviceName[] = "(unlisted)";

// `device`, or what stands for it where the catalogue does not list it.
const std::string& DeviceName(const CompiledCatalog& catalog,
                              const std::string& device);

// Each fills an empty `*to` from a decision in any view.
void ToRecordForm(const CompiledCatalog& catalog, const v1::Decision& from,
                  v1::Decision* to);
void ToRecordForm(const CompiledCatalog& catalog, const v1::AddOnDecision& from,
                  v1::AddOnDecision* to);
void ToRecordForm(const CompiledCatalog& catalog, const v1::TreatmentPlan& from,
                  v1::TreatmentPlan* to);

// The bytes that are compared: those of the decision, the add-ons or the plan
// that a record holds.
std::string DecisionBytes(const v1::DecisionRecord& record);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_RECORD_FORM_H_
