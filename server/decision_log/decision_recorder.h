// From a request and the decision on it to the entry that the log keeps: an
// allow-list, filled field by field, so that nothing else of a request can be
// in it.

#ifndef NEEDLEWISE_SERVER_DECISION_LOG_DECISION_RECORDER_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_DECISION_RECORDER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "needlewise/v1/decision_log.pb.h"
#include "needlewise/v1/patient.pb.h"
#include "needlewise/v1/recommendation.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "server/decision_log/keyed_hash.h"
#include "server/decision_log/store_entry.h"

namespace needlewise {

// Version of what decides, as records and receipts name it.
absl::string_view EngineVersion();

// What a record says beside the request and the decision.
struct RecordContext {
  const CompiledCatalog* catalog = nullptr;
  absl::CivilDay today;
  v1::DecisionMethod method = v1::DECISION_METHOD_UNSPECIFIED;
  absl::string_view caller;
  absl::string_view decision_id;
  absl::Duration latency;
  // Rules whose acknowledgement was recalled and not given.
  const std::vector<std::string>* recalled = nullptr;
};

// Stands for what an acknowledgement of a rule is about: the rule, the facts
// that it asks about, and what is asked. Another hash where any of it changed.
// When and by whom the facts were stated does not count.
std::string AcknowledgedState(
    const CompiledCatalog& catalog, const CompiledRule& rule,
    const v1::Patient& patient, Day as_of, absl::CivilDay today,
    const google::protobuf::RepeatedPtrField<v1::TreatmentSelection>& asked);

// The key under which an acknowledgement is found again.
Term AcknowledgementKey(absl::string_view subject_hash,
                        absl::string_view rule_id, absl::string_view state);

// Makes entries. May be used from any thread.
class DecisionRecorder {
 public:
  struct Options {
    SubjectKeys subject_keys;
    // Standing facts about the site, which joined each request.
    std::vector<v1::Finding> site_findings;
  };

  explicit DecisionRecorder(Options options);

  NewEntry Record(const RecordContext& context,
                  const v1::ScreenEligibilityRequest& request,
                  const v1::Decision& decision) const;
  NewEntry Record(const RecordContext& context,
                  const v1::RecommendAddOnsRequest& request,
                  const v1::AddOnDecision& decision) const;
  NewEntry Record(const RecordContext& context,
                  const v1::PlanTreatmentRequest& request,
                  const v1::TreatmentPlan& plan) const;

  const SubjectKeys& subject_keys() const { return options_.subject_keys; }
  // Names the site's facts in the archive; empty where there are none.
  const std::string& site_digest() const { return site_digest_; }
  // What is archived under it.
  const std::string& site_content() const { return site_content_; }

 private:
  template <typename Request, typename Decision>
  NewEntry Make(const RecordContext& context, const Request& request,
                const Decision& decision) const;

  const Options options_;
  std::string site_digest_;
  std::string site_content_;
};

// The key and the hash of a caller's `request_id`; 0 and empty for none.
struct RequestKey {
  uint64_t key = 0;
  std::string hash;
};
RequestKey MakeRequestKey(absl::string_view what, absl::string_view caller,
                          absl::string_view request_id);

// The entry of a feedback.
NewEntry MakeFeedbackEntry(const v1::FeedbackRecord& feedback,
                           uint64_t request_key);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_DECISION_RECORDER_H_
