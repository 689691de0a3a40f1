#include "rules/engine/sorted_catalog.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "absl/strings/escaping.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace needlewise {
namespace {

template <typename Records, typename Id>
void SortById(Records* records, Id id) {
  std::sort(records->pointer_begin(), records->pointer_end(),
            [&](const auto* a, const auto* b) { return id(*a) < id(*b); });
}

// Joins the translations of one record, which must stand together.
void JoinTranslations(
    google::protobuf::RepeatedPtrField<v1::Translation>* translations) {
  int last = -1;
  for (int i = 0; i < translations->size(); ++i) {
    v1::Translation& made = (*translations)[i];
    v1::Translation* before = last < 0 ? nullptr : &(*translations)[last];
    if (before != nullptr && before->language() == made.language() &&
        before->records() == made.records() &&
        before->record_id() == made.record_id()) {
      before->mutable_texts()->MergeFrom(made.texts());
    } else {
      translations->SwapElements(++last, i);
    }
  }
  translations->DeleteSubrange(last + 1, translations->size() - last - 1);
}

}  // namespace

void SortCatalog(v1::RuleCatalog* catalog) {
  SortById(catalog->mutable_sections(),
           [](const auto& r) { return r.section_id(); });
  SortById(catalog->mutable_concepts(),
           [](const auto& r) { return r.concept_id(); });
  SortById(catalog->mutable_implications(),
           [](const auto& r) { return r.implication_id(); });
  SortById(catalog->mutable_areas(), [](const auto& r) { return r.area_id(); });
  SortById(catalog->mutable_concerns(),
           [](const auto& r) { return r.concern_id(); });
  SortById(catalog->mutable_treatments(),
           [](const auto& r) { return r.treatment_id(); });
  SortById(catalog->mutable_devices(),
           [](const auto& r) { return r.device_id(); });
  SortById(catalog->mutable_profiles(),
           [](const auto& r) { return r.profile_id(); });
  SortById(catalog->mutable_parameters(),
           [](const auto& r) { return r.parameter_id(); });
  SortById(catalog->mutable_rules(), [](const auto& r) { return r.rule_id(); });
  SortById(catalog->mutable_courses(),
           [](const auto& r) { return r.course_id(); });
  SortById(catalog->mutable_plan_items(),
           [](const auto& r) { return r.item_id(); });
  SortById(catalog->mutable_invariants(),
           [](const auto& r) { return r.invariant_id(); });
  SortById(catalog->mutable_citations(),
           [](const auto& r) { return r.citation_id(); });
  SortById(catalog->mutable_conflicts(),
           [](const auto& r) { return r.conflict_id(); });
  SortById(catalog->mutable_non_rules(),
           [](const auto& r) { return r.non_rule_id(); });
  SortById(catalog->mutable_overlays(),
           [](const auto& r) { return r.overlay_id(); });
  SortById(catalog->mutable_languages(),
           [](const auto& r) { return r.language(); });
  SortById(catalog->mutable_translations(), [](const auto& r) {
    return std::tie(r.language(), r.records(), r.record_id());
  });
  JoinTranslations(catalog->mutable_translations());
  for (v1::Translation& translation : *catalog->mutable_translations()) {
    SortById(translation.mutable_texts(),
             [](const auto& r) { return r.field(); });
  }
}

std::string CatalogDigest(const v1::RuleCatalog& sorted_catalog) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    sorted_catalog.SerializeToCodedStream(&coded);
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash;
  unsigned int length = 0;
  EVP_Digest(bytes.data(), bytes.size(), hash.data(), &length, EVP_sha256(),
             nullptr);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash.data()), length));
}

v1::CatalogVersion VersionOf(const v1::RuleCatalog& sorted_catalog) {
  v1::CatalogVersion version;
  version.set_version(sorted_catalog.manifest().version());
  version.set_digest(CatalogDigest(sorted_catalog));
  return version;
}

}  // namespace needlewise
