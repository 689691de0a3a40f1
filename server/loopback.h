#ifndef NEEDLEWISE_SERVER_LOOPBACK_H_
#define NEEDLEWISE_SERVER_LOOPBACK_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace needlewise {

struct HostPort {
  // Without brackets.
  std::string host;
  int port = 0;
};

// Splits `host:port` or `[host]:port`. Empty where it is neither.
absl::optional<HostPort> SplitHostPort(absl::string_view address);

// Whether only this machine can reach `host`: 127.0.0.0/8, ::1 or `localhost`.
bool IsLoopback(const std::string& host);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_LOOPBACK_H_
