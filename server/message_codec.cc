#include "server/message_codec.h"

#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/proto_buffer_writer.h>
#include <grpcpp/support/slice.h>

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "server/status.h"

namespace needlewise {
namespace {

// Answers below this are sent from one slice.
constexpr size_t kOneSliceBytes = 64 * 1024;

}  // namespace

absl::Status CheckSize(const grpc::ByteBuffer& bytes, int max_bytes) {
  if (bytes.Length() <= static_cast<size_t>(max_bytes)) {
    return absl::OkStatus();
  }
  return FieldsInvalid(
      {{"", absl::StrCat("the request is larger than ", max_bytes, " bytes")}});
}

absl::Status DecodeMessage(const grpc::ByteBuffer& bytes,
                           google::protobuf::Message* message) {
  // Reading leaves the buffer as it is; gRPC's reader only asks for a pointer
  // that could change it.
  grpc::ProtoBufferReader reader(const_cast<grpc::ByteBuffer*>(&bytes));
  if (!reader.status().ok() || !message->ParseFromZeroCopyStream(&reader)) {
    return FieldsInvalid(
        {{"", absl::StrCat("the request is not a well-formed `",
                           message->GetDescriptor()->full_name(),
                           "`; text must be UTF-8")}});
  }
  return absl::OkStatus();
}

grpc::ByteBuffer EncodeMessage(const google::protobuf::Message& message) {
  const size_t size = message.ByteSizeLong();
  if (size <= kOneSliceBytes) {
    grpc_slice slice = grpc_slice_malloc(size);
    message.SerializeWithCachedSizesToArray(GRPC_SLICE_START_PTR(slice));
    const grpc::Slice owned(slice, grpc::Slice::STEAL_REF);
    return grpc::ByteBuffer(&owned, 1);
  }
  grpc::ByteBuffer bytes;
  {
    grpc::ProtoBufferWriter writer(&bytes, kOneSliceBytes,
                                   static_cast<int>(size));
    message.SerializeToZeroCopyStream(&writer);
  }
  return bytes;
}

}  // namespace needlewise
