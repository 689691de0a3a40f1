#ifndef NEEDLEWISE_SERVER_CDS_HOOKS_HTTP_FETCHER_H_
#define NEEDLEWISE_SERVER_CDS_HOOKS_HTTP_FETCHER_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace needlewise {

// Gets documents over HTTP, within limits. Whether a URL may be asked at all is
// the caller's to check: what is asked is asked, and a redirection is not
// followed, wherever it leads. May be used from any thread.
class HttpFetcher {
 public:
  struct Options {
    // How long one fetch may take in all.
    absl::Duration timeout = absl::Seconds(2);
    // Most bytes of an answer.
    int64_t max_bytes = 4194304;
  };

  explicit HttpFetcher(Options options);

  // The body of an answer of status 200. `https`, or `http` on a loopback
  // address. `bearer` empty: without a token. UNAVAILABLE for everything else,
  // without a text of the other side's.
  absl::StatusOr<std::string> Get(const std::string& url,
                                  absl::string_view accept,
                                  absl::string_view bearer) const;

 private:
  const Options options_;
};

// Whether a URL may be asked: `https`, or `http` of a loopback host.
bool IsFetchable(absl::string_view url);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_CDS_HOOKS_HTTP_FETCHER_H_
