#ifndef NEEDLEWISE_SERVER_MESSAGE_CODEC_H_
#define NEEDLEWISE_SERVER_MESSAGE_CODEC_H_

#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>

#include "absl/status/status.h"

namespace needlewise {

// INVALID_ARGUMENT where a call's bytes are more than `max_bytes`.
absl::Status CheckSize(const grpc::ByteBuffer& bytes, int max_bytes);

// Reads `*message` from the bytes of a call. INVALID_ARGUMENT where they are
// no such message. A request that gRPC itself fails to read is answered
// UNIMPLEMENTED, and in a stream looks like its end; hence the services take
// bytes and read them here.
absl::Status DecodeMessage(const grpc::ByteBuffer& bytes,
                           google::protobuf::Message* message);

// The bytes of `message`, as gRPC sends them.
grpc::ByteBuffer EncodeMessage(const google::protobuf::Message& message);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_MESSAGE_CODEC_H_
