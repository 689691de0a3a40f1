// Which of several statements about one concept hold.

#ifndef NEEDLEWISE_RULES_ENGINE_RECONCILIATION_H_
#define NEEDLEWISE_RULES_ENGINE_RECONCILIATION_H_

#include <vector>

#include "absl/types/span.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/engine/patient_intake.h"

namespace needlewise {

// A statement and what became of it.
struct HeldStatement {
  const Statement* statement = nullptr;
  bool in_force = true;
  // Contradicted, and nothing settles which is right.
  bool contested = false;
};

// The statements that contradict another: where source or date settles which of
// the two holds, and where nothing does. Some are listed more than once.
struct Contradictions {
  std::vector<const Statement*> settled;
  std::vector<const Statement*> open;
};

// Whether a statement says that something is not so now.
bool IsDenial(v1::FindingStatus status);

// Takes out of force what does not hold among all statements on a condition:
// first within each source, then between a clinician and the others; what still
// contradicts another is contested. Their order does not matter. Takes time in
// proportion to their number.
Contradictions ReconcileCondition(const CompiledCatalog& catalog,
                                  absl::Span<HeldStatement> held);

// The same for a quantity: the most recent statements count, an older one is
// history and contradicts nothing.
Contradictions ReconcileQuantity(absl::Span<HeldStatement> held);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_RECONCILIATION_H_
