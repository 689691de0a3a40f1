#ifndef NEEDLEWISE_SERVER_DIAGNOSTICS_H_
#define NEEDLEWISE_SERVER_DIAGNOSTICS_H_

#include <google/protobuf/repeated_field.h>

#include "absl/types/span.h"
#include "needlewise/v1/rule_catalog.pb.h"

namespace needlewise {

// Copies diagnostics into a message that has to fit into what clients accept
// by default, 4 MiB: long source lines are cut, and where there are very many
// diagnostics a last one counts those that are left out.
void CopyDiagnostics(absl::Span<const v1::Diagnostic> from,
                     google::protobuf::RepeatedPtrField<v1::Diagnostic>* to);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DIAGNOSTICS_H_
