#ifndef NEEDLEWISE_SERVER_SHA256_H_
#define NEEDLEWISE_SERVER_SHA256_H_

#include <openssl/evp.h>

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace needlewise {

// SHA-256 over a list of texts. Each is preceded by its length, so that
// different lists never hash alike.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  Sha256& Add(absl::string_view text);
  // The 32 bytes. To be called once.
  std::string Finish();

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  using Context = std::unique_ptr<EVP_MD_CTX, Free>;

  // What the last hash of this thread was made with: to begin anew costs a
  // fraction of a context of its own.
  static Context& Spare();

  Context context_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_SHA256_H_
