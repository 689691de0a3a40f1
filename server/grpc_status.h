#ifndef NEEDLEWISE_SERVER_GRPC_STATUS_H_
#define NEEDLEWISE_SERVER_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace needlewise {

// The status as gRPC sends it: code, message, and the details in the trailer
// `grpc-status-details-bin`. Peers refuse trailers above 8 KiB unless told
// otherwise, so of very many field violations the first are sent, and a last
// one without a field counts the others.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_GRPC_STATUS_H_
