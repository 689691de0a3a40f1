#include "server/receipt.h"

#include <openssl/pem.h>

#include <cstdio>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/decision_id.h"
#include "server/decision_log/decision_recorder.h"

namespace needlewise {
namespace {

constexpr size_t kKeyIdBytes = 8;
constexpr size_t kSha256Bytes = 32;
constexpr size_t kSignatureBytes = 64;
constexpr size_t kPublicKeyBytes = 32;

std::string PlainSha256(absl::string_view bytes) {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), hash, &size, EVP_sha256(),
                 nullptr) != 1) {
    return "";
  }
  return std::string(reinterpret_cast<const char*>(hash), size);
}

std::string Named(const std::string& treatment, const std::string& enum_name,
                  absl::string_view prefix) {
  return absl::StrCat(treatment, "=", absl::StripPrefix(enum_name, prefix));
}

std::string Named(const v1::TreatmentDecision& decision) {
  return Named(decision.treatment(), v1::Verdict_Name(decision.verdict()),
               "VERDICT_");
}

}  // namespace

absl::StatusOr<std::unique_ptr<ReceiptSigner>> ReceiptSigner::Open(
    const std::string& file) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(
      std::fopen(file.c_str(), "re"), &std::fclose);
  auto signer = std::unique_ptr<ReceiptSigner>(new ReceiptSigner(
      in == nullptr ? nullptr
                    : PEM_read_PrivateKey(in.get(), nullptr, nullptr,
                                          // Nobody is there to be asked.
                                          const_cast<char*>(""))));
  unsigned char raw[kPublicKeyBytes];
  size_t size = sizeof(raw);
  if (signer->key_ == nullptr ||
      EVP_PKEY_id(signer->key_.get()) != EVP_PKEY_ED25519 ||
      EVP_PKEY_get_raw_public_key(signer->key_.get(), raw, &size) != 1) {
    return absl::FailedPreconditionError(absl::StrCat(
        "receipt key `", file,
        "` cannot be read or is no Ed25519 private key in PEM; make one with "
        "`openssl genpkey -algorithm ed25519`"));
  }
  signer->key_id_ = absl::BytesToHexString(
      PlainSha256({reinterpret_cast<const char*>(raw), size})
          .substr(0, kKeyIdBytes));
  return signer;
}

absl::StatusOr<v1::Receipt> ReceiptSigner::Sign(
    absl::string_view decision_id, const google::protobuf::Message& request,
    const google::protobuf::Message& decision, absl::string_view catalog_digest,
    std::string outcome, absl::Time now) const {
  v1::Receipt receipt;
  receipt.set_decision_id(std::string(decision_id));
  receipt.set_input_hash(PlainSha256(SerializeDeterministically(request)));
  receipt.set_rule_catalog_digest(std::string(catalog_digest));
  receipt.set_engine_version(std::string(EngineVersion()));
  receipt.set_outcome(std::move(outcome));
  receipt.set_decision_hash(PlainSha256(SerializeDeterministically(decision)));
  const int64_t micros = absl::ToUnixMicros(now);
  receipt.mutable_decided_at()->set_seconds(micros / 1000000);
  receipt.mutable_decided_at()->set_nanos(
      static_cast<int32_t>(micros % 1000000 * 1000));
  receipt.set_key_id(key_id_);
  const std::string bytes = SerializeDeterministically(receipt);
  unsigned char signature[kSignatureBytes];
  size_t size = sizeof(signature);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(
      EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  if (receipt.decision_hash().size() != kSha256Bytes ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr,
                         key_.get()) != 1 ||
      EVP_DigestSign(context.get(), signature, &size,
                     reinterpret_cast<const unsigned char*>(bytes.data()),
                     bytes.size()) != 1) {
    return absl::InternalError("a receipt could not be signed");
  }
  receipt.set_signature(std::string(reinterpret_cast<char*>(signature), size));
  return receipt;
}

std::string OutcomeOf(const v1::Decision& decision) {
  std::vector<std::string> parts;
  for (const v1::TreatmentDecision& treatment : decision.treatments()) {
    parts.push_back(Named(treatment));
  }
  return absl::StrJoin(parts, ";");
}

std::string OutcomeOf(const v1::AddOnDecision& decision) {
  std::vector<std::string> parts = {Named(decision.base())};
  for (const v1::AddOnRecommendation& add_on : decision.add_ons()) {
    parts.push_back(Named(add_on.add_on(),
                          v1::AddOnStatus_Name(add_on.status()),
                          "ADD_ON_STATUS_"));
  }
  return absl::StrJoin(parts, ";");
}

std::string OutcomeOf(const v1::TreatmentPlan& plan) {
  std::vector<std::string> parts;
  for (const v1::TreatmentDecision& screening : plan.screening()) {
    parts.push_back(Named(screening));
  }
  return absl::StrJoin(parts, ";");
}

}  // namespace needlewise
