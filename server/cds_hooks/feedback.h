// What a clinician did with a card, on its way into the decision log.

#ifndef NEEDLEWISE_SERVER_CDS_HOOKS_FEEDBACK_H_
#define NEEDLEWISE_SERVER_CDS_HOOKS_FEEDBACK_H_

#include <deque>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "needlewise/v1/decision_log.pb.h"
#include "rules/engine/violation.h"
#include "server/fhir/json.h"

namespace needlewise {

// The reasons that a card offers for deciding otherwise, as codings of the
// system `urn:needlewise:override-reason`.
Json OverrideReasonCodings();

// The reason of a code of that system; OTHER for any other.
v1::OverrideReason OverrideReasonOf(absl::string_view system,
                                    absl::string_view code);

// Remembers which decision a card was of, for feedback on it. Forgets the
// oldest beyond `limit`, and everything when the server stops. May be used
// from any thread.
class CardRegistry {
 public:
  explicit CardRegistry(size_t limit = 100000) : limit_(limit) {}

  void Add(const std::string& card, const std::string& decision_id);

  // Empty: not known.
  std::string DecisionOf(const std::string& card) const;

 private:
  const size_t limit_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::string> decisions_
      ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> order_ ABSL_GUARDED_BY(mutex_);
};

// Reads the body of a feedback call into requests to the decision log, one for
// each card, whose `request_id` follows from what it says, so that the same
// feedback counts once. Every fault is appended to `*violations`, a card that
// is not known too.
std::vector<v1::ReportFeedbackRequest> ReadFeedback(absl::string_view body,
                                                    const CardRegistry& cards,
                                                    Violations* violations);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_CDS_HOOKS_FEEDBACK_H_
