#include "rules/tools/seal.h"

#include <fcntl.h>
#include <google/protobuf/text_format.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "rules/engine/catalog_seal.h"
#include "rules/tools/catalog_input.h"
#include "rules/tools/catalog_warnings.h"
#include "rules/tools/file_io.h"
#include "rules/tools/text_format_printer.h"
#include "rules/tools/text_layout.h"

namespace needlewise {
namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using Bio = std::unique_ptr<BIO, FreeBio>;

constexpr size_t kPublicKeyBytes = 32;
constexpr size_t kSignatureBytes = 64;

int Complain(const Console& console, absl::string_view message, int exit_code) {
  *console.err << "needlewise-rules: " << message << "\n";
  return exit_code;
}

// Nobody is asked for a passphrase.
int NoPassphrase(char*, int, int, void*) { return 0; }

absl::StatusOr<Key> ReadPrivateKey(const Console& console,
                                   const std::string& path) {
  const absl::StatusOr<std::string> pem = ReadFile(console, path);
  if (!pem.ok()) return pem.status();
  const Bio bio(BIO_new_mem_buf(pem->data(), static_cast<int>(pem->size())));
  Key key(bio == nullptr ? nullptr
                         : PEM_read_bio_PrivateKey(bio.get(), nullptr,
                                                   NoPassphrase, nullptr));
  if (key == nullptr || EVP_PKEY_base_id(key.get()) != EVP_PKEY_ED25519) {
    return absl::InvalidArgumentError(
        absl::StrCat("`", path,
                     "` is not an Ed25519 private key in PEM without a "
                     "passphrase; `needlewise-rules keygen` makes one"));
  }
  return key;
}

absl::StatusOr<SealKey> PublicHalf(EVP_PKEY* key) {
  SealKey half;
  half.bytes.resize(kPublicKeyBytes);
  size_t size = kPublicKeyBytes;
  if (EVP_PKEY_get_raw_public_key(
          key, reinterpret_cast<unsigned char*>(half.bytes.data()), &size) !=
      1) {
    return absl::InternalError("the key's public half cannot be read");
  }
  return half;
}

absl::StatusOr<std::string> Sign(EVP_PKEY* key, absl::string_view statement) {
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
  std::string signature(kSignatureBytes, '\0');
  size_t size = signature.size();
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) != 1 ||
      EVP_DigestSign(context.get(),
                     reinterpret_cast<unsigned char*>(signature.data()), &size,
                     reinterpret_cast<const unsigned char*>(statement.data()),
                     statement.size()) != 1 ||
      size != kSignatureBytes) {
    return absl::InternalError("the seal cannot be signed with this key");
  }
  return signature;
}

// What keeps the catalogue from being released today: its errors, and sources
// whose review date has passed.
std::vector<v1::Diagnostic> FaultsOfRelease(const CatalogInput& input,
                                            absl::CivilDay today,
                                            LoadResult* loaded) {
  LoadOptions options;
  options.today = today;
  *loaded = LoadCatalog(input.files, options);
  std::vector<v1::Diagnostic> faults = std::move(loaded->diagnostics);
  for (v1::Diagnostic& overdue : FindOverdue(ParseFiles(input), today)) {
    overdue.set_severity(v1::SEVERITY_ERROR);
    faults.push_back(std::move(overdue));
  }
  return faults;
}

// Writes a new file, readable by its owner alone.
absl::Status WriteNewFile(const std::string& path, absl::string_view content,
                          mode_t mode) {
  const int file =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  const auto failed = [&] {
    return absl::UnavailableError(
        absl::StrCat("cannot write `", path, "`: ", std::strerror(errno)));
  };
  if (file < 0) return failed();
  while (!content.empty()) {
    const ssize_t written = write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const absl::Status status = failed();
      close(file);
      return status;
    }
    content.remove_prefix(static_cast<size_t>(written));
  }
  return close(file) == 0 ? absl::OkStatus() : failed();
}

std::string Content(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<size_t>(size));
}

}  // namespace

int Seal(const Console& console, const CommandLine& line) {
  const absl::StatusOr<absl::CivilDay> today =
      DayOf("--today", line.today, console.today);
  const absl::StatusOr<absl::CivilDay> from =
      DayOf("--effective-from", line.effective_from, console.today);
  const absl::StatusOr<absl::CivilDay> until = DayOf(
      "--effective-until", line.effective_until, absl::CivilDay(9999, 12, 31));
  for (const absl::Status& status :
       {today.status(), from.status(), until.status()}) {
    if (!status.ok()) return Complain(console, status.message(), kExitUsage);
  }
  if (*until < *from) {
    return Complain(console, "--effective-until is before --effective-from",
                    kExitUsage);
  }
  if (!FitsSeal(line.approver)) {
    return Complain(console, "--approver holds a control character",
                    kExitUsage);
  }
  const absl::StatusOr<Key> key = ReadPrivateKey(console, line.key);
  if (!key.ok()) {
    return Complain(console, key.status().message(), kExitUsage);
  }
  absl::StatusOr<CatalogInput> input = ReadCatalog(line.catalog);
  if (!input.ok()) {
    return Complain(console, input.status().message(), kExitUsage);
  }
  if (input->prefix == kBuiltInPrefix) {
    return Complain(console,
                    "the catalogue built in cannot be sealed; give --catalog",
                    kExitUsage);
  }
  // A former seal is replaced, whatever it says.
  input->files.erase(
      std::remove_if(input->files.begin(), input->files.end(),
                     [](const auto& f) { return f.name == kSealFile; }),
      input->files.end());

  LoadResult loaded;
  std::vector<v1::Diagnostic> faults = FaultsOfRelease(*input, *today, &loaded);
  PrefixFiles(input->prefix, &faults);
  PrintDiagnostics(console, *console.err, faults);
  if (loaded.catalog == nullptr ||
      std::any_of(faults.begin(), faults.end(), [](const auto& fault) {
        return fault.severity() == v1::SEVERITY_ERROR;
      })) {
    return Complain(console, "not sealed; correct the errors above",
                    kExitFault);
  }

  const absl::StatusOr<SealKey> half = PublicHalf(key->get());
  if (!half.ok()) {
    return Complain(console, half.status().message(), kExitUsage);
  }
  v1::CatalogSeal seal;
  seal.set_version(loaded.version.version());
  seal.set_digest(loaded.version.digest());
  seal.set_effective_from(absl::FormatCivilTime(*from));
  if (!line.effective_until.empty()) {
    seal.set_effective_until(absl::FormatCivilTime(*until));
  }
  seal.set_approver(line.approver);
  seal.set_sealed_on(absl::FormatCivilTime(*today));
  for (v1::SealedFile& file : FilesToSeal(input->files)) {
    *seal.add_files() = std::move(file);
  }
  seal.set_key_id(KeyIdOf(*half));
  const absl::StatusOr<std::string> signature =
      Sign(key->get(), SealStatement(seal));
  if (!signature.ok()) {
    return Complain(console, signature.status().message(), kExitUsage);
  }
  seal.set_signature(absl::BytesToHexString(*signature));

  std::string text;
  google::protobuf::TextFormat::PrintToString(seal, &text);
  text = absl::StrCat(
      "# proto-file: needlewise/v1/rule_catalog.proto\n"
      "# proto-message: CatalogSeal\n\n",
      text);
  const absl::StatusOr<std::string> formatted = FormatTextProto(text, seal);
  const std::string path = absl::StrCat(input->prefix, kSealFile);
  const absl::Status written = formatted.ok()
                                   ? WriteFile(console, path, *formatted)
                                   : formatted.status();
  if (!written.ok()) return Complain(console, written.message(), kExitUsage);
  *console.out << path << ": catalogue " << seal.version() << ", "
               << seal.digest() << ", "
               << Counted(seal.files_size(), "file", "files")
               << ", signed with key " << seal.key_id() << "\n";
  return kExitOk;
}

int VerifySeal(const Console& console, const CommandLine& line) {
  const absl::StatusOr<absl::CivilDay> today =
      DayOf("--today", line.today, console.today);
  if (!today.ok()) {
    return Complain(console, today.status().message(), kExitUsage);
  }
  LoadOptions options;
  options.today = *today;
  options.run_cases = false;
  options.seal.required = true;
  for (const std::string& path : line.trusted_keys) {
    const absl::StatusOr<std::string> pem = ReadFile(console, path);
    if (!pem.ok()) {
      return Complain(console, pem.status().message(), kExitUsage);
    }
    const absl::StatusOr<SealKey> key = ReadSealKey(*pem);
    if (!key.ok()) {
      return Complain(console,
                      absl::StrCat("`", path, "` ", key.status().message()),
                      kExitUsage);
    }
    options.seal.keys.push_back(*key);
  }
  const absl::StatusOr<CatalogInput> input = ReadCatalog(line.catalog);
  if (!input.ok()) {
    return Complain(console, input.status().message(), kExitUsage);
  }
  LoadResult loaded = LoadCatalog(input->files, options);
  PrefixFiles(input->prefix, &loaded.diagnostics);
  PrintDiagnostics(console, *console.out, loaded.diagnostics);
  if (loaded.catalog == nullptr || !loaded.seal_trusted) {
    *console.out << Paint(console.color, Tone::kBad, "the seal does not hold")
                 << "\n";
    return kExitFault;
  }
  const v1::CatalogSeal& seal = *loaded.seal;
  *console.out << Paint(console.color, Tone::kGood, "the seal holds") << "\n"
               << "  catalogue  " << seal.version() << ", " << seal.digest()
               << "\n"
               << "  approved   by " << seal.approver() << ", sealed on "
               << seal.sealed_on() << "\n"
               << "  effective  from " << seal.effective_from()
               << (seal.effective_until().empty()
                       ? ""
                       : absl::StrCat(" until ", seal.effective_until()))
               << "\n"
               << "  files      " << seal.files_size() << "\n"
               << "  key        " << seal.key_id() << "\n";
  return kExitOk;
}

int GenerateKey(const Console& console, const CommandLine& line) {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const Bio secret(BIO_new(BIO_s_mem()));
  const Bio open_half(BIO_new(BIO_s_mem()));
  if (key == nullptr || secret == nullptr || open_half == nullptr ||
      PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0,
                               nullptr, nullptr) != 1 ||
      PEM_write_bio_PUBKEY(open_half.get(), key.get()) != 1) {
    return Complain(console, "no key could be made", kExitUsage);
  }
  absl::Status written = WriteNewFile(line.key, Content(secret.get()), 0600);
  if (written.ok()) {
    written = WriteNewFile(line.public_key, Content(open_half.get()), 0644);
  }
  if (!written.ok()) return Complain(console, written.message(), kExitUsage);
  const absl::StatusOr<SealKey> half = PublicHalf(key.get());
  if (!half.ok()) {
    return Complain(console, half.status().message(), kExitUsage);
  }
  *console.out << line.key << ": private key, keep it\n"
               << line.public_key << ": public key " << KeyIdOf(*half) << "\n";
  return kExitOk;
}

}  // namespace needlewise
