#ifndef NEEDLEWISE_TESTS_SUPPORT_SEAL_KEY_H_
#define NEEDLEWISE_TESTS_SUPPORT_SEAL_KEY_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/catalog_loader.h"

namespace needlewise {

// A pair of keys to seal catalogues with in tests; the same for the same
// letter, so that what is signed is, too.
class TestSealKey {
 public:
  explicit TestSealKey(char letter);
  ~TestSealKey();
  TestSealKey(const TestSealKey&) = delete;
  TestSealKey& operator=(const TestSealKey&) = delete;

  SealKey public_key() const;
  // As a file holds it.
  std::string PublicPem() const;

  // Fills in the key and signs what the seal says.
  void Sign(v1::CatalogSeal* seal) const;

  // A seal of the files, which load, from 2026-01-01 to 2026-12-31.
  v1::CatalogSeal SealOf(absl::Span<const CatalogFileText> files) const;

 private:
  struct Key;
  std::unique_ptr<Key> key_;
};

// The seal as a file.
CatalogFileText SealFileOf(const v1::CatalogSeal& seal);

// The files with their seal.
std::vector<CatalogFileText> Sealed(std::vector<CatalogFileText> files,
                                    const v1::CatalogSeal& seal);

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_SUPPORT_SEAL_KEY_H_
