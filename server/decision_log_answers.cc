#include "server/decision_log_answers.h"

#include "absl/strings/str_cat.h"
#include "rules/engine/violation.h"
#include "server/catalog_queries.h"
#include "server/status.h"

namespace needlewise {
namespace {

constexpr int kUsualDecisions = 10000;
constexpr int kMostDecisions = 100000;

}  // namespace

absl::Status CountRules(const CatalogManager& catalogs,
                        const DecisionQueries& queries,
                        const v1::ListRuleCountsRequest& request,
                        v1::ListRuleCountsResponse* response) {
  const auto active = catalogs.Current();
  if (active == nullptr) return CatalogNotLoaded();
  return queries.CountRules(*active->compiled, request, response);
}

absl::Status EvaluateCandidate(const CatalogManager& catalogs,
                               const DecisionQueries& queries,
                               const v1::EvaluateCandidateRequest& request,
                               absl::FunctionRef<absl::Status()> may_go_on,
                               v1::EvaluateCandidateResponse* response) {
  v1::ValidateRuleCatalogRequest files;
  *files.mutable_files() = request.files();
  Violations violations = CheckCandidate(files);
  if (request.max_decisions() < 0 || request.max_decisions() > kMostDecisions) {
    violations.push_back(
        {"max_decisions", absl::StrCat("must be from 0 to ", kMostDecisions)});
  }
  if (!violations.empty()) return FieldsInvalid(violations);
  const LoadResult loaded = catalogs.Validate(ToFileTexts(files));
  if (loaded.catalog == nullptr) {
    return FieldsInvalid({{"files",
                           "do not make a catalogue; `ValidateRuleCatalog` "
                           "says why"}});
  }
  return queries.Evaluate(
      *loaded.catalog,
      request.max_decisions() == 0 ? kUsualDecisions : request.max_decisions(),
      may_go_on, response);
}

}  // namespace needlewise
