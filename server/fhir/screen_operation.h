// Screening as a FHIR operation over plain HTTP: `POST /fhir/$screen`. The body
// is a record, or Parameters that hold one and say what is asked:
//
//   record             resource: a Bundle, or a Patient alone. Required.
//   treatment          parts: `treatment` and `area` (codes, areas as often as
//                      there are), `device` (text), `needleDepth` (decimal, in
//                      millimetres), `concern` (codes). Up to 16; what
//                      `patient-view` asks about where there is none.
//   asOf               date; today where it is left out
//   profile            code; `standard` where it is left out
//   language           code; that of `Accept-Language`, as far as it is there
//   requestId          text; makes the call idempotent
//   ruleCatalogDigest  text; the catalogue that must be in force
//   acknowledgement    parts: `rule` (code), `clinician`, `reason` (texts)
//
// The answer is the Bundle that `ScreenFhirBundle` gives in `resources`, or an
// OperationOutcome that names the place of each fault.

#ifndef NEEDLEWISE_SERVER_FHIR_SCREEN_OPERATION_H_
#define NEEDLEWISE_SERVER_FHIR_SCREEN_OPERATION_H_

#include "needlewise/v1/screening.pb.h"
#include "server/fhir/screen_bundle.h"
#include "server/http/http_routes.h"

namespace needlewise {

inline constexpr char kScreenOperationPath[] = "/fhir/$screen";

// Adds the route. `usual` is what is asked about where a request does not say.
void AddScreenOperation(const FhirScreener& screener,
                        const v1::TreatmentSelection& usual,
                        HttpRoutes* routes);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_FHIR_SCREEN_OPERATION_H_
