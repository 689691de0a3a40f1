#include "server/cds_hooks/hook_door.h"

#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "needlewise/v1/decision_log.pb.h"
#include "server/cds_hooks/card_id.h"
#include "server/decision_feedback.h"
#include "server/server_config.h"
#include "server/status.h"

namespace needlewise {
namespace {

HttpFetcher::Options FetchOptions(const config::v1::CdsHooks& config) {
  HttpFetcher::Options options;
  options.timeout = ToDuration(config.fetch_timeout());
  options.max_bytes = config.max_fetch_bytes();
  return options;
}

// Records feedback, and waits until that is committed: the threads of the HTTP
// listener may.
absl::Status Record(Recording* recording,
                    const v1::ReportFeedbackRequest& report,
                    const std::string& caller) {
  absl::Notification recorded;
  absl::Status status;
  StartFeedback(
      recording, report, caller,
      [&](absl::Status outcome, const v1::ReportFeedbackResponse& /*taken*/) {
        status = std::move(outcome);
        recorded.Notify();
      });
  recorded.WaitForNotification();
  return status;
}

absl::StatusOr<std::string> FindDecisionOf(const Recording& recording,
                                           absl::string_view card) {
  const absl::optional<Term> term = DecisionTermIn(card);
  if (!term.has_value()) return DecisionNotFound();
  const absl::StatusOr<v1::DecisionRecord> record =
      recording.queries().FindDecision(
          *term, [card](const v1::DecisionRecord& candidate) {
            return IsCardOf(card, candidate);
          });
  if (!record.ok()) return record.status();
  return record->decision_id();
}

}  // namespace

absl::StatusOr<std::unique_ptr<HookDoor>> HookDoor::Create(
    const config::v1::CdsHooks& config, const FhirScreener& screener,
    Recording* recording, const Clock* clock) {
  std::vector<TokenClient> clients;
  for (const config::v1::HookClient& client : config.clients()) {
    TokenClient made{client.issuer(), client.jwks_url(), ""};
    if (!client.jwks_file().empty()) {
      std::ifstream file(client.jwks_file(), std::ios::binary);
      made.jwks.assign(std::istreambuf_iterator<char>(file), {});
      if (!file.is_open() || made.jwks.empty()) {
        return absl::UnavailableError(
            absl::StrCat("cannot read the keys in `", client.jwks_file(), "`"));
      }
    }
    clients.push_back(std::move(made));
  }
  return std::unique_ptr<HookDoor>(
      new HookDoor(config, screener, std::move(clients), recording, clock));
}

HookDoor::HookDoor(const config::v1::CdsHooks& config,
                   const FhirScreener& screener,
                   std::vector<TokenClient> clients, Recording* recording,
                   const Clock* clock)
    : fetcher_(FetchOptions(config)),
      tokens_(clients.empty()
                  ? nullptr
                  : std::make_unique<TokenVerifier>(
                        std::move(clients),
                        [this](const std::string& url) {
                          return fetcher_.Get(url, "application/json", "");
                        },
                        clock)),
      hooks_(config, [&] {
        CdsHooks::Parts parts;
        parts.screener = screener;
        parts.tokens = tokens_.get();
        parts.fetcher = config.fhir_servers().empty() ? nullptr : &fetcher_;
        if (recording != nullptr) {
          parts.decision_of = [recording](absl::string_view card) {
            return FindDecisionOf(*recording, card);
          };
          parts.report = [recording](const v1::ReportFeedbackRequest& report,
                                     const std::string& caller) {
            return Record(recording, report, caller);
          };
        }
        return parts;
      }()) {}

void HookDoor::AddRoutes(HttpRoutes* routes) {
  const auto handle = [this](const HttpRequest& request) {
    return hooks_.Handle(request);
  };
  routes->Add("GET", std::string(kCdsServicesPath), "CdsHooksDiscovery",
              handle);
  routes->Add("POST", absl::StrCat(kCdsServicesPath, "/*"), "CdsHooksCall",
              handle);
}

}  // namespace needlewise
