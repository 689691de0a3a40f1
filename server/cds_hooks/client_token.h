// Who calls over CDS Hooks: the signed token (JWT) that each call brings.

#ifndef NEEDLEWISE_SERVER_CDS_HOOKS_CLIENT_TOKEN_H_
#define NEEDLEWISE_SERVER_CDS_HOOKS_CLIENT_TOKEN_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/clock.h"

namespace needlewise {

// A caller that is known.
struct TokenClient {
  std::string issuer;
  // Where its keys are; a token that names another place is refused. Empty:
  // `jwks` holds them.
  std::string jwks_url;
  // A JSON Web Key Set.
  std::string jwks;
};

// Verifies tokens: signature by ES384 or RS384 with a key of the issuer's,
// audience, times, and that each is used once. May be used from any thread.
class TokenVerifier {
 public:
  // Gets a key set.
  using FetchKeys =
      std::function<absl::StatusOr<std::string>(const std::string& url)>;

  // `clock` is not owned.
  TokenVerifier(std::vector<TokenClient> clients, FetchKeys fetch,
                const Clock* clock);

  // The issuer of a token that was made out to `audience`. UNAUTHENTICATED, and
  // a text without anything of the token, where it does not hold.
  absl::StatusOr<std::string> Verify(absl::string_view token,
                                     const std::string& audience);

 private:
  struct KeySet {
    std::string json;
    absl::Time fetched;
  };

  // The key of an issuer with this id, as JSON. Fetches the set where it has
  // not got it, or looks again where the set it has lacks the key.
  absl::StatusOr<std::string> FindKey(const TokenClient& client,
                                      const std::string& kid);
  absl::Status UseOnce(const std::string& issuer, const std::string& id,
                       absl::Time until);

  const std::map<std::string, TokenClient> clients_;
  const FetchKeys fetch_;
  const Clock* const clock_;
  absl::Mutex mutex_;
  std::map<std::string, KeySet> key_sets_ ABSL_GUARDED_BY(mutex_);
  // Tokens that were used, by issuer and id, until they have expired.
  absl::flat_hash_map<std::string, absl::Time> used_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_CDS_HOOKS_CLIENT_TOKEN_H_
