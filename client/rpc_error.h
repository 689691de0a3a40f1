// What a failed call says, decoded from its `google.rpc.Status` details.

#ifndef NEEDLEWISE_CLIENT_RPC_ERROR_H_
#define NEEDLEWISE_CLIENT_RPC_ERROR_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace grpc {
class Status;
}  // namespace grpc

namespace needlewise {

// The status of a call as `absl::Status`: same code and message, and the
// server's details, where it sent any, as a payload that `ToRpcStatus` reads.
absl::Status ToAbslStatus(const grpc::Status& status);

// An error of one item of a batch or stream as `absl::Status`, in the same
// form.
absl::Status ToAbslStatus(const google::rpc::Status& status);

// The error as a `google.rpc.Status`, with whatever details the server sent.
google::rpc::Status ToRpcStatus(const absl::Status& status);

// The published reason, for instance `CATALOG_VERSION_MISMATCH`. Empty where
// the server gave none.
std::string ReasonOf(const absl::Status& status);

// Every field violation the server reported, in the order of the fields.
// Empty where it reported none.
google::rpc::BadRequest ViolationsOf(const absl::Status& status);

// How long the server asks to wait before another try. Empty where it does not
// say.
std::optional<absl::Duration> RetryDelayOf(const absl::Status& status);

// The error for a person, on several lines: the message, every field
// violation, the reason with what it is about, and when to try again. Does not
// end in a line break.
std::string ExplainError(const absl::Status& status);

}  // namespace needlewise

#endif  // NEEDLEWISE_CLIENT_RPC_ERROR_H_
