#include "server/decision_log/segment_index.h"

#include <algorithm>
#include <cstring>

namespace needlewise {
namespace {

// A key and its place in a row.
constexpr size_t kKeyBytes = sizeof(Term) + sizeof(Offset);

template <typename Number>
void Put(Number number, std::string* out) {
  for (size_t i = 0; i < sizeof(number); ++i) {
    out->push_back(static_cast<char>(number >> (8 * i) & 0xFF));
  }
}

template <typename Number>
Number Get(const char* from) {
  Number number = 0;
  for (size_t i = 0; i < sizeof(number); ++i) {
    number |= static_cast<Number>(Number{static_cast<unsigned char>(from[i])}
                                  << (8 * i));
  }
  return number;
}

Offset OffsetOf(int64_t sequence) {
  return static_cast<Offset>(sequence % kSegmentEntries);
}

}  // namespace

void SegmentIndex::Add(int64_t sequence, int64_t day,
                       absl::Span<const Term> keys,
                       absl::Span<const Term> tags) {
  const Offset offset = OffsetOf(sequence);
  if (days_.empty() || days_.back().second != day) {
    days_.emplace_back(offset, day);
  }
  for (const Term key : keys) keys_.emplace_back(key, offset);
  for (const Term tag : tags) {
    std::vector<Offset>& places = tags_[tag];
    if (places.empty() || places.back() != offset) places.push_back(offset);
  }
}

std::vector<Offset> SegmentIndex::WithKey(Term key) const {
  std::vector<Offset> found;
  for (const auto& [other, offset] : keys_) {
    if (other == key) found.push_back(offset);
  }
  return found;
}

std::vector<Offset> SegmentIndex::WithTag(Term tag) const {
  const auto found = tags_.find(tag);
  return found == tags_.end() ? std::vector<Offset>() : found->second;
}

void SegmentIndex::CountTag(
    Term tag, absl::FunctionRef<void(const TagCount&)> count) const {
  const std::vector<Offset> places = WithTag(tag);
  for (size_t d = 0; d < days_.size(); ++d) {
    const auto begin =
        std::lower_bound(places.begin(), places.end(), days_[d].first);
    const auto end =
        d + 1 < days_.size()
            ? std::lower_bound(places.begin(), places.end(), days_[d + 1].first)
            : places.end();
    if (begin != end) count({tag, days_[d].second, end - begin});
  }
}

void SegmentIndex::CountTags(
    absl::FunctionRef<void(const TagCount&)> count) const {
  for (const auto& [tag, places] : tags_) CountTag(tag, count);
}

void SegmentIndex::SealTags(
    absl::FunctionRef<void(Term, absl::string_view)> row) const {
  std::vector<Term> tags;
  for (const auto& [tag, places] : tags_) tags.push_back(tag);
  std::sort(tags.begin(), tags.end());
  std::string text;
  for (const Term tag : tags) {
    text.clear();
    for (const Offset offset : tags_.at(tag)) Put(offset, &text);
    row(tag, text);
  }
}

void SegmentIndex::SealKeys(
    absl::FunctionRef<void(int, absl::string_view)> row) const {
  std::vector<std::pair<Term, Offset>> sorted = keys_;
  std::sort(sorted.begin(), sorted.end());
  std::string text;
  for (size_t i = 0; i < sorted.size(); ++i) {
    Put(sorted[i].first, &text);
    Put(sorted[i].second, &text);
    const int bucket = BucketOf(sorted[i].first);
    if (i + 1 < sorted.size() && BucketOf(sorted[i + 1].first) == bucket) {
      continue;
    }
    row(bucket, text);
    text.clear();
  }
}

bool ReadOffsets(absl::string_view row, std::vector<Offset>* offsets) {
  if (row.size() % sizeof(Offset) != 0) return false;
  for (size_t i = 0; i < row.size(); i += sizeof(Offset)) {
    offsets->push_back(Get<Offset>(row.data() + i));
  }
  return true;
}

bool FindKey(absl::string_view row, Term key, std::vector<Offset>* offsets) {
  if (row.size() % kKeyBytes != 0) return false;
  size_t low = 0;
  size_t high = row.size() / kKeyBytes;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (Get<Term>(row.data() + middle * kKeyBytes) < key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (; low < row.size() / kKeyBytes; ++low) {
    const char* at = row.data() + low * kKeyBytes;
    if (Get<Term>(at) != key) break;
    offsets->push_back(Get<Offset>(at + sizeof(Term)));
  }
  return true;
}

int BucketOf(Term key) { return static_cast<int>(key >> 55); }
static_assert(kKeyBuckets == 1 << (64 - 55), "the first nine bits of a key");

std::string EncodeTerms(absl::Span<const Term> keys,
                        absl::Span<const Term> tags) {
  std::string text;
  text.reserve(1 + sizeof(Term) * (keys.size() + tags.size()));
  text.push_back(static_cast<char>(keys.size()));
  for (const Term key : keys) Put(key, &text);
  for (const Term tag : tags) Put(tag, &text);
  return text;
}

bool DecodeTerms(absl::string_view text, std::vector<Term>* keys,
                 std::vector<Term>* tags) {
  if (text.size() % sizeof(Term) != 1) return false;
  const size_t key_count = static_cast<unsigned char>(text[0]);
  const size_t count = text.size() / sizeof(Term);
  if (key_count > count) return false;
  for (size_t i = 0; i < count; ++i) {
    (i < key_count ? keys : tags)
        ->push_back(Get<Term>(text.data() + 1 + i * sizeof(Term)));
  }
  return true;
}

}  // namespace needlewise
