#ifndef NEEDLEWISE_SERVER_CATALOG_QUERIES_H_
#define NEEDLEWISE_SERVER_CATALOG_QUERIES_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/catalog_loader.h"
#include "rules/engine/violation.h"
#include "server/catalog_manager.h"

namespace needlewise {

// Answers the questions of `RuleCatalogService` about one catalogue, each from
// any thread. A filter by an id that the catalogue does not have is an
// INVALID_ARGUMENT and not an empty list.

// `today` is the day to judge review dates by.
void GetRuleCatalog(const ActiveCatalog& active, absl::CivilDay today,
                    const v1::GetRuleCatalogRequest& request,
                    v1::GetRuleCatalogResponse* response);

absl::Status ListRules(const CompiledCatalog& catalog,
                       const v1::ListRulesRequest& request,
                       v1::ListRulesResponse* response);

absl::Status GetRule(const CompiledCatalog& catalog,
                     const v1::GetRuleRequest& request,
                     v1::GetRuleResponse* response);

absl::Status ListConcepts(const CompiledCatalog& catalog,
                          const v1::ListConceptsRequest& request,
                          v1::ListConceptsResponse* response);

absl::Status ListCitations(const CompiledCatalog& catalog,
                           const v1::ListCitationsRequest& request,
                           v1::ListCitationsResponse* response);

absl::Status ListSourceConflicts(const CompiledCatalog& catalog,
                                 const v1::ListSourceConflictsRequest& request,
                                 v1::ListSourceConflictsResponse* response);

// What is wrong with a request to check a candidate, as a request.
Violations CheckCandidate(const v1::ValidateRuleCatalogRequest& request);

// The candidate's files, as the loader takes them.
std::vector<CatalogFileText> ToFileTexts(
    const v1::ValidateRuleCatalogRequest& request);

// Tells what loading a candidate gave.
void FillValidation(const LoadResult& result,
                    v1::ValidateRuleCatalogResponse* response);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_CATALOG_QUERIES_H_
