// The seal of a released catalogue: who approved which files for when, signed
// with Ed25519. Whoever trusts the key can tell that nobody changed them since.

#ifndef NEEDLEWISE_RULES_ENGINE_CATALOG_SEAL_H_
#define NEEDLEWISE_RULES_ENGINE_CATALOG_SEAL_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/catalog_loader.h"
#include "rules/engine/catalog_source.h"

namespace needlewise {

// Name of the file that holds a catalogue's seal, beside its other files.
inline constexpr char kSealFile[] = "seal.textproto";

// The statement that a seal signs: lines of UTF-8, each ended by a line feed,
// of everything in the seal but the signature. A seal whose texts hold control
// characters states nothing that could be told apart, and is refused.
std::string SealStatement(const v1::CatalogSeal& seal);

// Whether a text can stand in a seal.
bool FitsSeal(absl::string_view text);

// What a seal says of each file of a catalogue but the seal itself and
// overlays, which are the clinic's: in order of name.
std::vector<v1::SealedFile> FilesToSeal(
    absl::Span<const CatalogFileText> files);

// SHA-256 in hexadecimal.
std::string HexSha256(absl::string_view bytes);

// Reads an Ed25519 public key from PEM, as `openssl pkey -pubout` writes it.
// INVALID_ARGUMENT where it is none.
absl::StatusOr<SealKey> ReadSealKey(absl::string_view pem);

// Names a key: SHA-256 of its 32 bytes, in hexadecimal.
std::string KeyIdOf(const SealKey& key);

// Judges the seal of a catalogue: its signature, that no file was changed,
// added or removed since, and that today lies in its dates. `seal` is null
// where there is none. Every fault is appended to `*diagnostics`. Returns
// whether the seal can be trusted. Without trusted keys, and where no seal is
// required, nothing is judged.
bool CheckSeal(absl::Span<const CatalogFileText> files, const ParsedFile* seal,
               const v1::CatalogVersion& released, const SealPolicy& policy,
               const std::optional<absl::CivilDay>& today,
               std::vector<v1::Diagnostic>* diagnostics);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_CATALOG_SEAL_H_
