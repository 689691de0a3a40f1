#include "rules/engine/catalog_seal.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rules/engine/partial_date.h"

namespace needlewise {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kSignatureBytes = 64;
constexpr char kOverlayPrefix[] = "overlays/";

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool IsHex(absl::string_view text, size_t bytes) {
  return text.size() == 2 * bytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
         });
}

bool Verifies(const SealKey& key, absl::string_view statement,
              absl::string_view signature) {
  const std::unique_ptr<EVP_PKEY, FreeKey> public_key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(key.bytes),
                                  key.bytes.size()));
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
  return public_key != nullptr && context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr,
                              public_key.get()) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(),
                          Bytes(statement), statement.size()) == 1;
}

class SealCheck {
 public:
  SealCheck(absl::Span<const CatalogFileText> files, const ParsedFile& seal,
            const SealPolicy& policy, std::vector<v1::Diagnostic>* diagnostics)
      : files_(files),
        seal_(seal.seal),
        root_(RootOf(seal)),
        policy_(policy),
        diagnostics_(*diagnostics) {}

  bool Run(const v1::CatalogVersion& released,
           const std::optional<absl::CivilDay>& today) {
    CheckForm();
    if (!faulty_) CheckSignature();
    // What a false seal says is of no interest.
    if (faulty_) return false;
    CheckFiles();
    // The files are the sealed ones, and yet another catalogue is read in them.
    if (!faulty_ && (seal_.digest() != released.digest() ||
                     seal_.version() != released.version())) {
      Error("digest", -1,
            absl::StrCat("the seal is of catalogue ", seal_.version(), ", `",
                         seal_.digest(),
                         "`, and its files hold another; have the catalogue "
                         "sealed again with this edition of the tools"));
    }
    CheckDates(today);
    return !faulty_;
  }

 private:
  void Add(v1::Diagnostic fault, absl::string_view subject) {
    fault.set_subject(std::string(subject));
    faulty_ = faulty_ || fault.severity() == v1::SEVERITY_ERROR;
    diagnostics_.push_back(std::move(fault));
  }
  void Error(const char* field, int index, std::string message) {
    Add(root_.At(field, index, std::move(message)), kSealFile);
  }

  void CheckForm() {
    const auto text = [&](const char* field, const std::string& value,
                          bool required) {
      if (required && value.empty()) {
        Error(field, -1, absl::StrCat("`", field, "` is required"));
      } else if (!FitsSeal(value)) {
        Error(field, -1,
              absl::StrCat("`", field, "` holds a control character"));
      }
    };
    text("version", seal_.version(), true);
    text("digest", seal_.digest(), true);
    text("approver", seal_.approver(), true);
    for (int i = 0; i < seal_.files_size(); ++i) {
      const v1::SealedFile& file = seal_.files(i);
      if (!FitsSeal(file.name()) || !IsHex(file.sha256(), kKeyBytes)) {
        Error("files", i,
              "a sealed file is a name and 64 lower-case hexadecimal digits");
      }
    }
    const auto day = [&](const char* field, const std::string& value) {
      if (ParseWholeDate(value).has_value()) return;
      Error(field, -1,
            absl::StrCat("`", field, "` must be a date, YYYY-MM-DD"));
    };
    day("effective_from", seal_.effective_from());
    if (!seal_.effective_until().empty()) {
      day("effective_until", seal_.effective_until());
    }
    day("sealed_on", seal_.sealed_on());
    if (!IsHex(seal_.signature(), kSignatureBytes)) {
      Error("signature", -1,
            "`signature` must be 128 lower-case hexadecimal digits");
    }
  }

  void CheckSignature() {
    const auto key = std::find_if(
        policy_.keys.begin(), policy_.keys.end(),
        [&](const SealKey& k) { return KeyIdOf(k) == seal_.key_id(); });
    if (key == policy_.keys.end()) {
      Error("key_id", -1,
            absl::StrCat("the seal is signed with the key `", seal_.key_id(),
                         "`, which is not trusted; have the catalogue sealed "
                         "with a trusted key, or add this one's public key to "
                         "the trusted ones"));
      return;
    }
    if (Verifies(*key, SealStatement(seal_),
                 absl::HexStringToBytes(seal_.signature()))) {
      return;
    }
    Error("signature", -1,
          "the signature is not that of this seal: something in it was changed "
          "after it was signed; restore it, or have the catalogue sealed "
          "again");
  }

  void CheckFiles() {
    std::map<std::string, std::string> found;
    for (const v1::SealedFile& file : FilesToSeal(files_)) {
      found.emplace(file.name(), file.sha256());
    }
    for (int i = 0; i < seal_.files_size(); ++i) {
      const v1::SealedFile& sealed = seal_.files(i);
      const auto file = found.find(sealed.name());
      if (file == found.end()) {
        Add(root_.At("files", i,
                     absl::StrCat("`", sealed.name(),
                                  "` was removed after the catalogue was "
                                  "sealed; restore it, or have the catalogue "
                                  "sealed again")),
            sealed.name());
        continue;
      }
      if (file->second != sealed.sha256()) {
        Add(root_.At("files", i,
                     absl::StrCat("`", sealed.name(),
                                  "` was changed after the catalogue was "
                                  "sealed; restore it, or have the catalogue "
                                  "sealed again")),
            sealed.name());
      }
      found.erase(file);
    }
    for (const auto& [name, digest] : found) {
      v1::Diagnostic fault;
      fault.set_severity(v1::SEVERITY_ERROR);
      fault.set_file(name);
      fault.set_message(absl::StrCat(
          "`", name,
          "` was added after the catalogue was sealed; remove it, or have the "
          "catalogue sealed again"));
      Add(std::move(fault), name);
    }
  }

  void CheckDates(const std::optional<absl::CivilDay>& today) {
    // Without a day nothing is known to be in force yet.
    const Day day = today.has_value() ? ToDay(*today) : kEarliestDay;
    const auto outside = [&](const char* field, std::string message) {
      v1::Diagnostic fault = root_.At(field, -1, std::move(message));
      if (policy_.dates_only_warn) fault.set_severity(v1::SEVERITY_WARNING);
      Add(std::move(fault), kSealFile);
    };
    if (day < *ParseWholeDate(seal_.effective_from())) {
      outside("effective_from",
              absl::StrCat("the catalogue may be used from ",
                           seal_.effective_from(),
                           ", after today; wait, or have it sealed for an "
                           "earlier day"));
    }
    if (!seal_.effective_until().empty() &&
        day > *ParseWholeDate(seal_.effective_until())) {
      outside("effective_until",
              absl::StrCat("the catalogue might be used until ",
                           seal_.effective_until(),
                           "; have it reviewed and sealed again"));
    }
  }

  const absl::Span<const CatalogFileText> files_;
  const v1::CatalogSeal& seal_;
  const Place root_;
  const SealPolicy& policy_;
  std::vector<v1::Diagnostic>& diagnostics_;
  bool faulty_ = false;
};

}  // namespace

bool FitsSeal(absl::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_iscntrl(static_cast<unsigned char>(c));
  });
}

std::string SealStatement(const v1::CatalogSeal& seal) {
  std::string statement = absl::StrCat(
      "needlewise catalogue seal 1\n", "version: ", seal.version(),
      "\ndigest: ", seal.digest(), "\neffective from: ", seal.effective_from(),
      "\neffective until: ", seal.effective_until(),
      "\napprover: ", seal.approver(), "\nsealed on: ", seal.sealed_on(), "\n");
  for (const v1::SealedFile& file : seal.files()) {
    absl::StrAppend(&statement, "file: ", file.sha256(), " ", file.name(),
                    "\n");
  }
  absl::StrAppend(&statement, "key: ", seal.key_id(), "\n");
  return statement;
}

std::vector<v1::SealedFile> FilesToSeal(
    absl::Span<const CatalogFileText> files) {
  std::vector<v1::SealedFile> sealed;
  for (const CatalogFileText& file : files) {
    if (file.name == kSealFile || absl::StartsWith(file.name, kOverlayPrefix)) {
      continue;
    }
    v1::SealedFile& made = sealed.emplace_back();
    made.set_name(file.name);
    made.set_sha256(HexSha256(file.content));
  }
  std::sort(sealed.begin(), sealed.end(),
            [](const auto& a, const auto& b) { return a.name() < b.name(); });
  return sealed;
}

std::string HexSha256(absl::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash;
  unsigned int length = 0;
  EVP_Digest(bytes.data(), bytes.size(), hash.data(), &length, EVP_sha256(),
             nullptr);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash.data()), length));
}

absl::StatusOr<SealKey> ReadSealKey(absl::string_view pem) {
  const std::unique_ptr<BIO, FreeBio> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<EVP_PKEY, FreeKey> key(
      bio == nullptr
          ? nullptr
          : PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  SealKey read;
  read.bytes.resize(kKeyBytes);
  size_t size = kKeyBytes;
  if (key == nullptr || EVP_PKEY_base_id(key.get()) != EVP_PKEY_ED25519 ||
      EVP_PKEY_get_raw_public_key(
          key.get(), reinterpret_cast<unsigned char*>(read.bytes.data()),
          &size) != 1) {
    return absl::InvalidArgumentError(
        "is not an Ed25519 public key in PEM; `needlewise-rules keygen` makes "
        "one");
  }
  return read;
}

std::string KeyIdOf(const SealKey& key) { return HexSha256(key.bytes); }

bool CheckSeal(absl::Span<const CatalogFileText> files, const ParsedFile* seal,
               const v1::CatalogVersion& released, const SealPolicy& policy,
               const std::optional<absl::CivilDay>& today,
               std::vector<v1::Diagnostic>* diagnostics) {
  if (policy.keys.empty() && !policy.required) return false;
  if (seal == nullptr) {
    v1::Diagnostic fault;
    fault.set_severity(policy.required ? v1::SEVERITY_ERROR
                                       : v1::SEVERITY_WARNING);
    fault.set_file(kSealFile);
    fault.set_subject(kSealFile);
    fault.set_message(
        "the catalogue carries no seal; have it sealed with `needlewise-rules "
        "seal`");
    diagnostics->push_back(std::move(fault));
    return false;
  }
  return SealCheck(files, *seal, policy, diagnostics).Run(released, today);
}

}  // namespace needlewise
