#include "tests/support/seal_key.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <utility>

#include "absl/strings/escaping.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "rules/engine/catalog_seal.h"

namespace needlewise {

struct TestSealKey::Key {
  EVP_PKEY* pair = nullptr;
};

TestSealKey::TestSealKey(char letter) : key_(std::make_unique<Key>()) {
  const std::string secret(32, letter);
  key_->pair = EVP_PKEY_new_raw_private_key(
      EVP_PKEY_ED25519, nullptr,
      reinterpret_cast<const unsigned char*>(secret.data()), secret.size());
}

TestSealKey::~TestSealKey() { EVP_PKEY_free(key_->pair); }

SealKey TestSealKey::public_key() const {
  SealKey key;
  key.bytes.resize(32);
  size_t size = key.bytes.size();
  EXPECT_EQ(EVP_PKEY_get_raw_public_key(
                key_->pair, reinterpret_cast<unsigned char*>(key.bytes.data()),
                &size),
            1);
  return key;
}

std::string TestSealKey::PublicPem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  EXPECT_EQ(PEM_write_bio_PUBKEY(bio, key_->pair), 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<size_t>(size));
  BIO_free(bio);
  return pem;
}

void TestSealKey::Sign(v1::CatalogSeal* seal) const {
  seal->set_key_id(KeyIdOf(public_key()));
  const std::string statement = SealStatement(*seal);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::string signature(64, '\0');
  size_t size = signature.size();
  EXPECT_EQ(EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key_->pair),
            1);
  EXPECT_EQ(EVP_DigestSign(
                context, reinterpret_cast<unsigned char*>(signature.data()),
                &size, reinterpret_cast<const unsigned char*>(statement.data()),
                statement.size()),
            1);
  EVP_MD_CTX_free(context);
  seal->set_signature(absl::BytesToHexString(signature));
}

v1::CatalogSeal TestSealKey::SealOf(
    absl::Span<const CatalogFileText> files) const {
  LoadOptions options;
  options.run_cases = false;
  const LoadResult loaded = LoadCatalog(files, options);
  EXPECT_NE(loaded.catalog, nullptr);
  v1::CatalogSeal seal;
  seal.set_version(loaded.version.version());
  seal.set_digest(loaded.version.digest());
  seal.set_effective_from("2026-01-01");
  seal.set_effective_until("2026-12-31");
  seal.set_approver("Dr A. Director, medical director");
  seal.set_sealed_on("2026-01-01");
  for (v1::SealedFile& file : FilesToSeal(files)) {
    *seal.add_files() = std::move(file);
  }
  Sign(&seal);
  return seal;
}

CatalogFileText SealFileOf(const v1::CatalogSeal& seal) {
  CatalogFileText file{kSealFile, ""};
  google::protobuf::TextFormat::PrintToString(seal, &file.content);
  return file;
}

std::vector<CatalogFileText> Sealed(std::vector<CatalogFileText> files,
                                    const v1::CatalogSeal& seal) {
  files.push_back(SealFileOf(seal));
  return files;
}

}  // namespace needlewise
