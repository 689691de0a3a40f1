#include "server/decision_log/keyed_hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace needlewise {
namespace {

constexpr size_t kLeastKeyBytes = 32;
// Half of it is as long as a UUID, and no two references will meet.
constexpr size_t kHashBytes = 16;

SubjectKeys::Hash HashUnder(const SubjectKeys::Key& key,
                            absl::string_view reference) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key.secret.data(), static_cast<int>(key.secret.size()),
           reinterpret_cast<const unsigned char*>(reference.data()),
           reference.size(), bytes, &size) == nullptr) {
    // OpenSSL without SHA-256, or no memory: nothing could be answered.
    std::abort();
  }
  return {key.id, absl::BytesToHexString(absl::string_view(
                      reinterpret_cast<const char*>(bytes), kHashBytes))};
}

}  // namespace

absl::StatusOr<SubjectKeys> SubjectKeys::Read(
    const config::v1::DecisionLog& config) {
  std::vector<Key> keys;
  for (const config::v1::SubjectKey& key : config.subject_keys()) {
    std::ifstream in(key.file(), std::ios::binary);
    std::string secret{std::istreambuf_iterator<char>(in), {}};
    if (!in.is_open() || in.bad() || secret.size() < kLeastKeyBytes) {
      return absl::FailedPreconditionError(
          absl::StrCat("subject key `", key.key_id(), "`: `", key.file(),
                       "` cannot be read or holds fewer than ", kLeastKeyBytes,
                       " bytes; make it with `head -c 32 /dev/urandom`"));
    }
    keys.push_back({key.key_id(), std::move(secret)});
  }
  return SubjectKeys(std::move(keys));
}

SubjectKeys::Hash SubjectKeys::HashOf(absl::string_view reference) const {
  return HashUnder(keys_.front(), reference);
}

std::vector<SubjectKeys::Hash> SubjectKeys::EveryHashOf(
    absl::string_view reference) const {
  std::vector<Hash> hashes;
  for (const Key& key : keys_) hashes.push_back(HashUnder(key, reference));
  return hashes;
}

}  // namespace needlewise
