// Ids of cards and suggestions. From that of a card the decision it was of is
// found again in the decision log: by any server that shares the log, and after
// a restart.

#ifndef NEEDLEWISE_SERVER_CDS_HOOKS_CARD_ID_H_
#define NEEDLEWISE_SERVER_CDS_HOOKS_CARD_ID_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "needlewise/v1/decision_log.pb.h"
#include "server/decision_log/store_entry.h"

namespace needlewise {

// What there is of each treatment of a decision.
inline constexpr char kVerdictCard[] = "verdict";
inline constexpr char kMissingCard[] = "missing";
inline constexpr char kQuestionsSheet[] = "questions";

// The UUID, version 8 of RFC 9562, of a card or suggestion: the same for the
// same decision, place of the treatment in it, and kind. 64 of its bits are the
// term by which the log finds the decision.
std::string CardUuid(absl::string_view decision_id, int treatment,
                     absl::string_view kind);

// The term in the id of a card; nothing where it has not the form of one.
absl::optional<Term> DecisionTermIn(absl::string_view card);

// Whether an id is that of a card of a recorded screening.
bool IsCardOf(absl::string_view card, const v1::DecisionRecord& record);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_CDS_HOOKS_CARD_ID_H_
