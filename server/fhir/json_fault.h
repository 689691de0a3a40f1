#ifndef NEEDLEWISE_SERVER_FHIR_JSON_FAULT_H_
#define NEEDLEWISE_SERVER_FHIR_JSON_FAULT_H_

#include "absl/strings/string_view.h"
#include "rules/engine/violation.h"

namespace needlewise {

// What is wrong first with a text that `ParseJson` does not read, and where,
// for instance at `prefetch.conditions.entry[3]`. Takes several times as long
// as reading it.
FieldViolation JsonFaultIn(absl::string_view text);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_FHIR_JSON_FAULT_H_
