// The door for health records that speak CDS Hooks 2.0: discovery, a service
// for each hook, feedback. From an HTTP request to an HTTP response, without a
// listener.

#ifndef NEEDLEWISE_SERVER_CDS_HOOKS_CDS_HOOKS_H_
#define NEEDLEWISE_SERVER_CDS_HOOKS_CDS_HOOKS_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "needlewise/config/v1/server_config.pb.h"
#include "needlewise/v1/decision_log.pb.h"
#include "server/cds_hooks/client_token.h"
#include "server/cds_hooks/hook_request.h"
#include "server/cds_hooks/http_fetcher.h"
#include "server/fhir/screen_bundle.h"
#include "server/http_message.h"

namespace needlewise {

// What everything of the door begins with.
inline constexpr absl::string_view kCdsServicesPath = "/cds-services";

// May be used from any thread.
class CdsHooks {
 public:
  struct Parts {
    FhirScreener screener;
    // Checks who calls. Null: nobody is authenticated, as the settings allow
    // for development on loopback.
    TokenVerifier* tokens = nullptr;
    // Fetches what a call did not bring. Null: nothing is fetched.
    const HttpFetcher* fetcher = nullptr;
    // Finds the decision that a card was of; NOT_FOUND where there is none.
    // Empty where `report` is.
    std::function<absl::StatusOr<std::string>(absl::string_view card)>
        decision_of;
    // Records feedback of a caller's. Empty: it cannot be recorded, and is
    // refused.
    std::function<absl::Status(const v1::ReportFeedbackRequest&,
                               const std::string& caller)>
        report;
  };

  // `config` is one that was checked. Nothing in `parts` is owned.
  CdsHooks(config::v1::CdsHooks config, Parts parts);

  // Answers a request whose path is `kCdsServicesPath` or begins with it and a
  // slash.
  HttpResponse Handle(const HttpRequest& request) const;

 private:
  HttpResponse Discover() const;
  HttpResponse Call(const HookService& service,
                    const HttpRequest& request) const;
  HttpResponse TakeFeedback(const HttpRequest& request) const;
  // OK, and the caller's name, or why not.
  absl::Status Authenticate(const HttpRequest& request,
                            std::string* caller) const;

  const config::v1::CdsHooks config_;
  const Parts parts_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_CDS_HOOKS_CDS_HOOKS_H_
