#include "server/sha256.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>

namespace needlewise {
namespace {

// Fetched once: looking the algorithm up costs as much as a short hash. Never
// freed, since hashes are made until the program ends.
const EVP_MD* Algorithm() {
  static const EVP_MD* const algorithm =
      EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

// OpenSSL fails here only where it is installed without SHA-256 or memory has
// run out; no answer could be given an id then.
void Check(int result) {
  if (result != 1) std::abort();
}

}  // namespace

Sha256::Context& Sha256::Spare() {
  thread_local Context spare;
  return spare;
}

Sha256::Sha256() : context_(std::move(Spare())) {
  if (context_ == nullptr) context_.reset(EVP_MD_CTX_new());
  Check(EVP_DigestInit_ex2(context_.get(), Algorithm(), nullptr));
}

Sha256::~Sha256() { Spare() = std::move(context_); }

Sha256& Sha256::Add(absl::string_view text) {
  unsigned char length[8];
  for (size_t i = 0; i < sizeof(length); ++i) {
    length[i] = static_cast<unsigned char>(uint64_t{text.size()} >> (8 * i));
  }
  Check(EVP_DigestUpdate(context_.get(), length, sizeof(length)));
  Check(EVP_DigestUpdate(context_.get(), text.data(), text.size()));
  return *this;
}

std::string Sha256::Finish() {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  Check(EVP_DigestFinal_ex(context_.get(), bytes, &size));
  return std::string(reinterpret_cast<const char*>(bytes), size);
}

}  // namespace needlewise
