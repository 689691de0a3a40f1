#include "client/receipt_check.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

#include "absl/strings/string_view.h"

namespace needlewise {
namespace {

// As the server does: equal messages have the same bytes.
std::string CanonicalBytes(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream out(&bytes);
    google::protobuf::io::CodedOutputStream coded(&out);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

std::string Sha256Of(const google::protobuf::Message& message) {
  const std::string bytes = CanonicalBytes(message);
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), hash, &size, EVP_sha256(),
                 nullptr) != 1) {
    return "";
  }
  return std::string(reinterpret_cast<const char*>(hash), size);
}

const unsigned char* Unsigned(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

absl::Status CheckReceipt(const v1::Receipt& receipt,
                          const std::string& decision_id,
                          const google::protobuf::Message& decision,
                          const google::protobuf::Message* request,
                          const std::string& public_key) {
  const std::unique_ptr<BIO, int (*)(BIO*)> pem(
      BIO_new_mem_buf(public_key.data(), static_cast<int>(public_key.size())),
      &BIO_free);
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      PEM_read_bio_PUBKEY(pem.get(), nullptr, nullptr, nullptr),
      &EVP_PKEY_free);
  if (key == nullptr || EVP_PKEY_id(key.get()) != EVP_PKEY_ED25519) {
    return absl::InvalidArgumentError(
        "the key is no Ed25519 public key in PEM; make it from the private one "
        "with `openssl pkey -in KEY -pubout`");
  }
  v1::Receipt unsigned_receipt = receipt;
  unsigned_receipt.clear_signature();
  const std::string bytes = CanonicalBytes(unsigned_receipt);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(
      EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  if (EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr,
                           key.get()) != 1 ||
      EVP_DigestVerify(context.get(), Unsigned(receipt.signature()),
                       receipt.signature().size(), Unsigned(bytes),
                       bytes.size()) != 1) {
    return absl::FailedPreconditionError(
        "the receipt was not signed with this key, or was changed");
  }
  if (receipt.decision_id() != decision_id) {
    return absl::FailedPreconditionError(
        "the receipt is for another decision than the answer names");
  }
  if (receipt.decision_hash() != Sha256Of(decision)) {
    return absl::FailedPreconditionError(
        "the receipt is not for this decision: it was changed");
  }
  if (request != nullptr && receipt.input_hash() != Sha256Of(*request)) {
    return absl::FailedPreconditionError(
        "the receipt is not for this request: it was changed");
  }
  return absl::OkStatus();
}

}  // namespace needlewise
