#include "server/decision_id.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/sha256.h"

namespace needlewise {
namespace {

constexpr size_t kIdLength = 26;
constexpr char kBase32[] = "abcdefghijklmnopqrstuvwxyz234567";

}  // namespace

std::string SerializeDeterministically(
    const google::protobuf::Message& message) {
  std::string bytes;
  bytes.reserve(message.ByteSizeLong());
  google::protobuf::io::StringOutputStream out(&bytes);
  google::protobuf::io::CodedOutputStream coded(&out);
  coded.SetSerializationDeterministic(true);
  message.SerializeWithCachedSizes(&coded);
  coded.Trim();
  return bytes;
}

std::string ToUuid(absl::string_view hash) {
  std::string bytes(hash.substr(0, 16));
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x80);
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
  const std::string hex = absl::BytesToHexString(bytes);
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-",
                      hex.substr(12, 4), "-", hex.substr(16, 4), "-",
                      hex.substr(20));
}

std::string MakeDecisionId(const DecisionSeed& seed) {
  const std::string hash = Sha256()
                               .Add(seed.method)
                               .Add(seed.request_id)
                               .Add(SerializeDeterministically(*seed.request))
                               .Add(seed.as_of)
                               .Add(seed.today)
                               .Add(seed.catalog_digest)
                               .Add(seed.site)
                               .Finish();
  std::string id;
  id.reserve(kIdLength);
  unsigned int bits = 0;
  int bit_count = 0;
  for (const char c : hash) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    bit_count += 8;
    while (bit_count >= 5 && id.size() < kIdLength) {
      bit_count -= 5;
      id.push_back(kBase32[bits >> bit_count & 31]);
    }
  }
  return id;
}

}  // namespace needlewise
