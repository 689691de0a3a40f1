#include "server/grpc_status.h"

#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/status.h"

namespace needlewise {
namespace {

// In base64, and with the other trailers, this stays below 8 KiB.
constexpr size_t kLargestDetailsBytes = 5400;

// Leaves out as many of the last violations of `*rpc` as it takes.
void ShortenViolations(google::rpc::Status* rpc) {
  for (google::protobuf::Any& any : *rpc->mutable_details()) {
    google::rpc::BadRequest bad;
    if (!any.UnpackTo(&bad)) continue;
    auto* violations = bad.mutable_field_violations();
    const size_t room =
        kLargestDetailsBytes - (rpc->ByteSizeLong() - any.ByteSizeLong());
    // Room for the violation that counts the others.
    size_t size = 200;
    int kept = 0;
    for (const auto& violation : *violations) {
      size += violation.ByteSizeLong() + 4;
      if (size > room) break;
      ++kept;
    }
    const int left_out = violations->size() - kept;
    violations->DeleteSubrange(kept, left_out);
    violations->Add()->set_description(absl::StrCat(
        "and ", left_out, " more fields are invalid; correct these first"));
    any.PackFrom(bad);
  }
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  google::rpc::Status rpc = ToRpcStatus(status);
  if (rpc.ByteSizeLong() > kLargestDetailsBytes) ShortenViolations(&rpc);
  return grpc::Status(static_cast<grpc::StatusCode>(rpc.code()), rpc.message(),
                      rpc.SerializeAsString());
}

}  // namespace needlewise
