#ifndef NEEDLEWISE_CLIENT_RECEIPT_CHECK_H_
#define NEEDLEWISE_CLIENT_RECEIPT_CHECK_H_

#include <string>

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "needlewise/v1/receipt.pb.h"

namespace needlewise {

// Checks a receipt without a server: that it was signed by the key whose public
// half `public_key` holds, in PEM; that it is for `decision`, which is as the
// answer returned it; and, unless `request` is null, that it is for that
// request. FAILED_PRECONDITION with what does not agree, INVALID_ARGUMENT for a
// key that cannot be read.
absl::Status CheckReceipt(const v1::Receipt& receipt,
                          const std::string& decision_id,
                          const google::protobuf::Message& decision,
                          const google::protobuf::Message* request,
                          const std::string& public_key);

}  // namespace needlewise

#endif  // NEEDLEWISE_CLIENT_RECEIPT_CHECK_H_
