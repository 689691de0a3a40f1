#ifndef NEEDLEWISE_SERVER_RECEIPT_H_
#define NEEDLEWISE_SERVER_RECEIPT_H_

#include <google/protobuf/message.h>
#include <openssl/evp.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "needlewise/v1/receipt.pb.h"
#include "needlewise/v1/recommendation.pb.h"
#include "needlewise/v1/screening.pb.h"

namespace needlewise {

// Signs receipts with one Ed25519 key. May be used from any thread.
class ReceiptSigner {
 public:
  // Reads a private key in PEM. FAILED_PRECONDITION where the file cannot be
  // read or holds no such key.
  static absl::StatusOr<std::unique_ptr<ReceiptSigner>> Open(
      const std::string& file);

  // The receipt for `decision`, which is as it is returned, to `request`.
  absl::StatusOr<v1::Receipt> Sign(absl::string_view decision_id,
                                   const google::protobuf::Message& request,
                                   const google::protobuf::Message& decision,
                                   absl::string_view catalog_digest,
                                   std::string outcome, absl::Time now) const;

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  explicit ReceiptSigner(EVP_PKEY* key) : key_(key) {}

  const std::unique_ptr<EVP_PKEY, Free> key_;
  std::string key_id_;
};

// What a receipt says of a decision in words, as `Receipt.outcome` describes.
std::string OutcomeOf(const v1::Decision& decision);
std::string OutcomeOf(const v1::AddOnDecision& decision);
std::string OutcomeOf(const v1::TreatmentPlan& plan);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_RECEIPT_H_
