// Deciding again from a record. A record holds all that decided, as days from
// `as_of` and as ids of the catalogue; from it a request is rebuilt that makes
// the same statements, and the engine decides as it did.

#ifndef NEEDLEWISE_SERVER_DECISION_LOG_REPLAY_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_REPLAY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "needlewise/v1/decision_log.pb.h"
#include "needlewise/v1/patient.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/engine/partial_date.h"

namespace needlewise {

// The day a record's decision is for, ISO 8601.
const std::string& AsOf(const v1::DecisionRecord& record);

// ISO 8601 of a year, a month or a day; empty where the days are none of those.
std::string FormatPartialDate(DayInterval days);

// The patient as the record holds them: who makes the same statements.
// DATA_LOSS where the record makes no sense.
absl::StatusOr<v1::Patient> RebuildPatient(const v1::DecisionRecord& record);

// Decides again. Of the result only the decision, the add-ons or the plan is
// set, in record form. `site` are the site's facts at that time.
// FAILED_PRECONDITION where the catalogue lacks what the record names;
// DATA_LOSS where the record makes no sense.
absl::StatusOr<v1::DecisionRecord> DecideAgain(
    const CompiledCatalog& catalog, const std::vector<v1::Finding>& site,
    const v1::DecisionRecord& record);

// What differs between two decisions, a line for each field; empty where they
// are the same bytes.
std::vector<std::string> Differences(const v1::DecisionRecord& recorded,
                                     const v1::DecisionRecord& replayed);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_REPLAY_H_
