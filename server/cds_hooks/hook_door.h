#ifndef NEEDLEWISE_SERVER_CDS_HOOKS_HOOK_DOOR_H_
#define NEEDLEWISE_SERVER_CDS_HOOKS_HOOK_DOOR_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "needlewise/config/v1/server_config.pb.h"
#include "server/cds_hooks/cds_hooks.h"
#include "server/cds_hooks/client_token.h"
#include "server/cds_hooks/http_fetcher.h"
#include "server/clock.h"
#include "server/fhir/screen_bundle.h"
#include "server/http/http_routes.h"
#include "server/recording.h"

namespace needlewise {

// The door for CDS Hooks as the settings want it, with what it works with.
class HookDoor {
 public:
  // `config` is one that was checked. UNAVAILABLE where a file of keys cannot
  // be read. `recording` takes feedback; null: it cannot be recorded. No
  // pointer is owned.
  static absl::StatusOr<std::unique_ptr<HookDoor>> Create(
      const config::v1::CdsHooks& config, const FhirScreener& screener,
      Recording* recording, const Clock* clock);

  // Adds its routes, which refer to it.
  void AddRoutes(HttpRoutes* routes);

 private:
  HookDoor(const config::v1::CdsHooks& config, const FhirScreener& screener,
           std::vector<TokenClient> clients, Recording* recording,
           const Clock* clock);

  const HttpFetcher fetcher_;
  std::unique_ptr<TokenVerifier> tokens_;
  CdsHooks hooks_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_CDS_HOOKS_HOOK_DOOR_H_
