// Parts that descriptions of several kinds of record share: links to other
// records, sources with their grades, conditions as lists, times.

#ifndef NEEDLEWISE_RULES_TOOLS_RECORD_WORDS_H_
#define NEEDLEWISE_RULES_TOOLS_RECORD_WORDS_H_

#include <string>
#include <vector>

#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/tools/document.h"

namespace needlewise {

using Ids = google::protobuf::RepeatedPtrField<std::string>;

// `a, b, c`, each a link to `#<kind>-<id>`.
Inline LinkedIds(const std::string& kind, const std::vector<std::string>& ids);
Inline LinkedIds(const std::string& kind, const Ids& ids);

// The ids in code, not linked.
Inline PlainIds(const Ids& ids);

// `M2 (grade A), S3 (grade D: promotes it)`.
Inline Sources(
    const google::protobuf::RepeatedPtrField<v1::SourceReference>& sources);

// What is known of the disagreements and rows behind a statement: nothing, or
// a sentence with links.
Inline Background(const Ids& conflicts, const Ids& evidence_rows);

// A condition as nested lists: one item, unless it is a conjunction or a
// disjunction of several.
std::vector<ListItem> ConditionItems(const CompiledCatalog& catalog,
                                     const v1::Condition& condition);

// The displays of areas, concerns, devices, treatments, joined by commas.
std::string AreaNames(const CompiledCatalog& catalog, const Ids& ids);
std::string ConcernNames(const CompiledCatalog& catalog, const Ids& ids);
std::string DeviceNames(const CompiledCatalog& catalog, const Ids& ids);
std::string TreatmentNames(const CompiledCatalog& catalog, const Ids& ids);

// When an item holds, in hours from the session's start, for instance `from 7
// days before the session until its start`. Empty where both are 0.
std::string SpanInWords(int from_hours, int until_hours);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_RECORD_WORDS_H_
