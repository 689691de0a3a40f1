#include "server/decision_log/store_entry.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/sha256.h"

namespace needlewise {
namespace {

// FNV-1a and the last step of MurmurHash3, which spreads it over every bit.
constexpr uint64_t kOffsetBasis = 0xcbf29ce484222325;
constexpr uint64_t kPrime = 0x100000001b3;

uint64_t Mix(uint64_t h) {
  h = (h ^ h >> 33) * 0xff51afd7ed558ccd;
  h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53;
  return h ^ h >> 33;
}

}  // namespace

Term MakeTerm(TermKind kind, absl::string_view value) {
  uint64_t h = (kOffsetBasis ^ static_cast<unsigned char>(kind)) * kPrime;
  for (const char c : value) h = (h ^ static_cast<unsigned char>(c)) * kPrime;
  return Mix(h);
}

int64_t DayOf(absl::Time time) {
  return absl::ToUnixSeconds(time) / (24 * 60 * 60);
}

std::string PayloadDigest(absl::string_view payload) {
  return Sha256().Add(payload).Finish();
}

std::string ChainLink(absl::string_view former, int64_t sequence,
                      absl::Time time, absl::string_view payload_digest) {
  return Sha256()
      .Add(former)
      .Add(absl::StrCat(sequence, "@", absl::ToUnixMicros(time)))
      .Add(payload_digest)
      .Finish();
}

void ChainEnd::MoveTimeTo(absl::Time now) {
  time = std::max(time, absl::FromUnixMicros(absl::ToUnixMicros(now)));
}

void ChainEnd::Add(absl::string_view payload_digest) {
  ++sequence;
  link = ChainLink(link, sequence, time, payload_digest);
}

}  // namespace needlewise
