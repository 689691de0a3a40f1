#ifndef NEEDLEWISE_SERVER_HTTP_CONNECT_ERROR_H_
#define NEEDLEWISE_SERVER_HTTP_CONNECT_ERROR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/http_message.h"

namespace needlewise {

// The name of a code in the Connect protocol, for instance `invalid_argument`.
absl::string_view ConnectCodeName(absl::StatusCode code);

// The status that a code has in HTTP, by the protocol's table.
int HttpStatusOf(absl::StatusCode code);

// The code that an answer counts as, of which only its status is known.
absl::StatusCode CodeOfHttpStatus(int status);

// An error in JSON: code, message, and the details that gRPC sends, each with
// its type, its bytes in base64 and, to be read by people, as JSON.
std::string ConnectErrorJson(const absl::Status& error);

// The answer that says so, with `Retry-After` where waiting helps. `status`
// replaces the one of the code where it is not 0.
HttpResponse ConnectErrorResponse(const absl::Status& error, int status = 0);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_HTTP_CONNECT_ERROR_H_
