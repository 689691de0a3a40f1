#include "server/decision_log/catalog_archive.h"

#include <zlib.h>

#include <cstdint>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "needlewise/log/v1/log_entry.pb.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "server/decision_id.h"

namespace needlewise {
namespace {

// Compiled catalogues are some megabytes each.
constexpr size_t kKeptCatalogs = 4;
// No catalogue is that large; a damaged length must not take all memory.
constexpr uint64_t kLargestContent = 1 << 30;
constexpr size_t kLengthBytes = 8;

}  // namespace

std::string Compress(absl::string_view content) {
  uLongf size = compressBound(content.size());
  std::string text(kLengthBytes + size, '\0');
  for (size_t i = 0; i < kLengthBytes; ++i) {
    text[i] = static_cast<char>(uint64_t{content.size()} >> (8 * i) & 0xFF);
  }
  // It fails only without memory, and then nothing could be recorded.
  if (compress2(reinterpret_cast<Bytef*>(text.data() + kLengthBytes), &size,
                reinterpret_cast<const Bytef*>(content.data()), content.size(),
                Z_DEFAULT_COMPRESSION) != Z_OK) {
    std::abort();
  }
  text.resize(kLengthBytes + size);
  return text;
}

absl::StatusOr<std::string> Decompress(absl::string_view compressed) {
  uint64_t length = 0;
  for (size_t i = 0; i < kLengthBytes && i < compressed.size(); ++i) {
    length |= uint64_t{static_cast<unsigned char>(compressed[i])} << (8 * i);
  }
  if (compressed.size() > kLengthBytes && length <= kLargestContent) {
    std::string content(length, '\0');
    uLongf size = length;
    compressed.remove_prefix(kLengthBytes);
    if (uncompress(reinterpret_cast<Bytef*>(content.data()), &size,
                   reinterpret_cast<const Bytef*>(compressed.data()),
                   compressed.size()) == Z_OK &&
        size == length) {
      return content;
    }
  }
  return absl::DataLossError("what the archive holds is damaged");
}

std::string ArchivedForm(const CompiledCatalog& catalog) {
  return SerializeDeterministically(catalog.catalog);
}

absl::StatusOr<std::shared_ptr<const CompiledCatalog>> CatalogArchive::Catalog(
    const std::string& digest) const {
  absl::MutexLock lock(&mutex_);
  for (auto kept = catalogs_.begin(); kept != catalogs_.end(); ++kept) {
    if (kept->first != digest) continue;
    catalogs_.splice(catalogs_.begin(), catalogs_, kept);
    return kept->second;
  }
  absl::StatusOr<std::string> compressed = store_->GetArchive(digest);
  if (!compressed.ok()) return compressed.status();
  absl::StatusOr<std::string> content = Decompress(*compressed);
  if (!content.ok()) return content.status();
  v1::RuleCatalog parsed;
  std::vector<std::pair<std::string, std::string>> errors;
  std::shared_ptr<const CompiledCatalog> compiled;
  if (parsed.ParseFromString(*content)) {
    compiled = CompileCatalog(std::move(parsed), &errors);
  }
  if (compiled == nullptr || !errors.empty() ||
      compiled->version.digest() != digest) {
    return absl::FailedPreconditionError(
        absl::StrCat("catalogue `", digest,
                     "` does not compile to the same any more; replay with the "
                     "version of the program that recorded"));
  }
  catalogs_.emplace_front(digest, compiled);
  if (catalogs_.size() > kKeptCatalogs) catalogs_.pop_back();
  return compiled;
}

absl::StatusOr<std::vector<v1::Finding>> CatalogArchive::SiteFacts(
    const std::string& digest) const {
  if (digest.empty()) return std::vector<v1::Finding>();
  absl::MutexLock lock(&mutex_);
  if (site_.first == digest) return site_.second;
  absl::StatusOr<std::string> compressed = store_->GetArchive(digest);
  if (!compressed.ok()) return compressed.status();
  absl::StatusOr<std::string> content = Decompress(*compressed);
  if (!content.ok()) return content.status();
  log::v1::SiteFacts facts;
  if (!facts.ParseFromString(*content)) {
    return absl::DataLossError("what the archive holds is damaged");
  }
  site_ = {digest, {facts.findings().begin(), facts.findings().end()}};
  return site_.second;
}

}  // namespace needlewise
