// Decisions as CDS Hooks cards. Pure: the same decision gives the same bytes.

#ifndef NEEDLEWISE_SERVER_CDS_HOOKS_CARDS_H_
#define NEEDLEWISE_SERVER_CDS_HOOKS_CARDS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/fhir/decision_resources.h"
#include "server/fhir/json.h"

namespace needlewise {

// A summary is shorter than this, in characters.
inline constexpr int kSummaryLimit = 140;

// The cards of a decision, for each treatment: one with the rules that fired,
// and one with the facts that are missing. Empty where nothing fired and
// everything is known.
Json MakeCards(const DecisionOfPatient& decided);

// What an answer says beside its cards: id and catalogue of the decision, the
// verdicts, where findings came from, and what was not used.
Json MakeDecisionExtension(const DecisionOfPatient& decided);

// `text`, or its beginning and an ellipsis, in fewer than `limit` characters.
std::string Shortened(absl::string_view text, int limit);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_CDS_HOOKS_CARDS_H_
