// Answers clinical requests, whatever door they came in through: one snapshot
// of the catalogue for each, the checks that are not the engine's, the
// engine's answer, the decision's id. Knows nothing of gRPC.
//
// Each deciding method comes in two forms. `Start…` decides on the calling
// thread, fills `*response`, and gives the right to send it once its record is
// committed: for callers that must not block, which it does only where
// `ReadsLog` says so. The other waits for that.

#ifndef NEEDLEWISE_SERVER_DECISION_SUPPORT_H_
#define NEEDLEWISE_SERVER_DECISION_SUPPORT_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "needlewise/v1/decision_log.pb.h"
#include "needlewise/v1/patient.pb.h"
#include "needlewise/v1/recommendation.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "rules/engine/decide.h"
#include "server/catalog_manager.h"
#include "server/clock.h"
#include "server/pending_answer.h"
#include "server/receipt.h"
#include "server/recording.h"
#include "server/telemetry/json_log.h"
#include "server/telemetry/metrics.h"

namespace needlewise {

// Who asks, and how, as the record says it.
struct Caller {
  // The name that the door has verified.
  std::string name = "anonymous";
  // True: the request is one of a stream.
  bool streams = false;
};

// All methods may be called from any thread, and fill `*response` only where
// they return OK.
class DecisionSupport {
 public:
  struct Options {
    // Standing facts about the site, which join each request.
    std::vector<v1::Finding> site_findings;
    // Most findings of one patient.
    int max_findings = 2000;
    // Most items of a batch.
    int max_batch_items = 1000;
    // Where "today" is.
    absl::TimeZone time_zone = absl::LocalTimeZone();
    // Counts the verdicts. Not owned; may be null.
    Metrics* metrics = nullptr;
  };

  // No pointer is owned. Without `recording`, and without `signer`, there are
  // no records, and no receipts.
  DecisionSupport(Options options, const CatalogManager* catalogs,
                  const Clock* clock, const Log* log,
                  Recording* recording = nullptr,
                  const ReceiptSigner* signer = nullptr);

  absl::StatusOr<PendingAnswer> StartScreenEligibility(
      const Caller& caller, const v1::ScreenEligibilityRequest& request,
      v1::ScreenEligibilityResponse* response) const;
  absl::Status ScreenEligibility(const v1::ScreenEligibilityRequest& request,
                                 v1::ScreenEligibilityResponse* response,
                                 const Caller& caller = {}) const;

  // Each item has its own status. Before each, asks `may_go_on`, and stops
  // with what it says where that is not OK.
  absl::StatusOr<PendingAnswer> StartBatchScreenEligibility(
      const Caller& caller, const v1::BatchScreenEligibilityRequest& request,
      absl::FunctionRef<absl::Status()> may_go_on,
      v1::BatchScreenEligibilityResponse* response) const;
  absl::Status BatchScreenEligibility(
      const v1::BatchScreenEligibilityRequest& request,
      absl::FunctionRef<absl::Status()> may_go_on,
      v1::BatchScreenEligibilityResponse* response,
      const Caller& caller = {}) const;

  // Decides nothing, so it leaves no record.
  absl::Status SuggestQuestions(const v1::SuggestQuestionsRequest& request,
                                v1::SuggestQuestionsResponse* response) const;

  absl::StatusOr<PendingAnswer> StartRecommendAddOns(
      const Caller& caller, const v1::RecommendAddOnsRequest& request,
      v1::RecommendAddOnsResponse* response) const;
  absl::Status RecommendAddOns(const v1::RecommendAddOnsRequest& request,
                               v1::RecommendAddOnsResponse* response,
                               const Caller& caller = {}) const;

  absl::StatusOr<PendingAnswer> StartPlanTreatment(
      const Caller& caller, const v1::PlanTreatmentRequest& request,
      v1::PlanTreatmentResponse* response) const;
  absl::Status PlanTreatment(const v1::PlanTreatmentRequest& request,
                             v1::PlanTreatmentResponse* response,
                             const Caller& caller = {}) const;

 private:
  // What one answer is made with.
  struct Call;

  Environment Today() const;
  absl::Status Begin(const Caller& caller, v1::DecisionMethod method,
                     Call* call) const;

  // Decides on one request, gives the decision its id and receipt, and adds
  // its record to `*owed`.
  template <typename Method>
  absl::Status Decide(const Call& call, const typename Method::Request& request,
                      typename Method::Response* response,
                      OwedRecords* owed) const;
  // The request with the acknowledgements that the log holds for the rules
  // that fired in `decision`; their ids go to `*recalled`.
  template <typename Method>
  absl::StatusOr<typename Method::Request> Recall(
      const Call& call, const typename Method::Request& request,
      const typename Method::Decision& decision,
      std::vector<std::string>* recalled) const;
  template <typename Method>
  absl::StatusOr<PendingAnswer> Start(
      const Caller& caller, v1::DecisionMethod method,
      const typename Method::Request& request,
      typename Method::Response* response) const;

  const Options options_;
  const CatalogManager* const catalogs_;
  const Clock* const clock_;
  const Log* const log_;
  Recording* const recording_;
  const ReceiptSigner* const signer_;
  // Stands for the site's facts in a decision's id.
  const std::string site_;
};

// Whether an answer to the request needs the log to be read first, so that
// `Start…` blocks.
bool ReadsLog(const v1::ScreenEligibilityRequest& request);
bool ReadsLog(const v1::BatchScreenEligibilityRequest& request);
bool ReadsLog(const v1::RecommendAddOnsRequest& request);
bool ReadsLog(const v1::PlanTreatmentRequest& request);

// Puts the faults of items into the answer to their batch.
void ReplaceFaultyItems(const std::vector<RecordOutcome::ItemFault>& faults,
                        v1::BatchScreenEligibilityResponse* response);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_SUPPORT_H_
