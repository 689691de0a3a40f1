#include "server/decision_log/segment_index.h"

#include <algorithm>

namespace needlewise {
namespace {

// A row with the places of a tag lists them, or, where that would be longer,
// is this and a bit for each place. A list has an even length.
constexpr char kBitsFollow = 1;
constexpr size_t kMostListed = kSegmentEntries / 8 / sizeof(Offset);

template <typename Number>
void Put(Number number, std::string* out) {
  // At once, which compilers make one store of.
  char bytes[sizeof(number)];
  for (size_t i = 0; i < sizeof(number); ++i) {
    bytes[i] = static_cast<char>(number >> (8 * i) & 0xFF);
  }
  out->append(bytes, sizeof(bytes));
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

// Rows of keys, each with its place: sorted.
template <typename Place>
constexpr size_t kKeyBytes = sizeof(Term) + sizeof(Place);

template <typename Place>
void PutKeys(std::vector<std::pair<Term, Place>> keys, int (*bucket_of)(Term),
             absl::FunctionRef<void(int, absl::string_view)> row) {
  std::sort(keys.begin(), keys.end());
  std::string text;
  for (size_t i = 0; i < keys.size(); ++i) {
    Put(keys[i].first, &text);
    Put(keys[i].second, &text);
    const int bucket = bucket_of(keys[i].first);
    if (i + 1 < keys.size() && bucket_of(keys[i + 1].first) == bucket) {
      continue;
    }
    row(bucket, text);
    text.clear();
  }
}

template <typename Place, typename Visit>
bool VisitKey(absl::string_view row, Term key, Visit visit) {
  if (row.size() % kKeyBytes<Place> != 0) return false;
  size_t low = 0;
  size_t high = row.size() / kKeyBytes<Place>;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (Get<Term>(row.data() + middle * kKeyBytes<Place>) < key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (; low < row.size() / kKeyBytes<Place>; ++low) {
    const char* at = row.data() + low * kKeyBytes<Place>;
    if (Get<Term>(at) != key) break;
    visit(Get<Place>(at + sizeof(Term)));
  }
  return true;
}

}  // namespace

void PlaceSet::KeepCommon(const PlaceSet& other) {
  for (size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
}

bool PlaceSet::IsEmpty() const {
  return std::all_of(words_.begin(), words_.end(),
                     [](uint64_t word) { return word == 0; });
}

int64_t PlaceSet::LastBefore(int64_t end) const {
  end = std::min(end, kSegmentEntries);
  if (end <= 0) return -1;
  auto at = static_cast<size_t>((end - 1) / 64);
  // Of the word that `end` cuts, what lies before it.
  uint64_t word = words_[at] & (~uint64_t{0} >> (63 - (end - 1) % 64));
  while (word == 0) {
    if (at == 0) return -1;
    word = words_[--at];
  }
  int64_t bit = 63;
  while ((word >> bit & 1) == 0) --bit;
  return static_cast<int64_t>(at) * 64 + bit;
}

bool PlaceSet::AddRow(absl::string_view row) {
  if (row.size() % sizeof(Offset) == 0) {
    for (size_t i = 0; i < row.size(); i += sizeof(Offset)) {
      const Offset place = Get<Offset>(row.data() + i);
      if (place >= kSegmentEntries) return false;
      Add(place);
    }
    return true;
  }
  if (row.size() != 1 + kSegmentEntries / 8 || row[0] != kBitsFollow) {
    return false;
  }
  row.remove_prefix(1);
  for (size_t i = 0; i < words_.size(); ++i) {
    words_[i] |= Get<uint64_t>(row.data() + i * sizeof(uint64_t));
  }
  return true;
}

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

PlaceSet SegmentIndex::WithKey(Term key) const {
  PlaceSet places;
  for (const auto& [other, offset] : keys_) {
    if (other == key) places.Add(offset);
  }
  return places;
}

PlaceSet SegmentIndex::WithTag(Term tag) const {
  PlaceSet places;
  const auto found = tags_.find(tag);
  if (found == tags_.end()) return places;
  for (const Offset offset : found->second) places.Add(offset);
  return places;
}

void SegmentIndex::CountTag(
    Term tag, absl::FunctionRef<void(const TagCount&)> count) const {
  const auto found = tags_.find(tag);
  if (found == tags_.end()) return;
  const std::vector<Offset>& places = found->second;
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
    const std::vector<Offset>& places = tags_.at(tag);
    text.clear();
    if (places.size() <= kMostListed) {
      for (const Offset offset : places) Put(offset, &text);
    } else {
      text.assign(1 + kSegmentEntries / 8, '\0');
      text[0] = kBitsFollow;
      for (const Offset offset : places) {
        char& byte = text[1 + offset / 8];
        byte = static_cast<char>(byte | 1 << offset % 8);
      }
    }
    row(tag, text);
  }
}

void SegmentIndex::SealKeys(
    absl::FunctionRef<void(int, absl::string_view)> row) const {
  PutKeys(keys_, BucketOf, row);
}

bool FindKey(absl::string_view row, Term key, PlaceSet* places) {
  return VisitKey<Offset>(row, key, [&](Offset place) {
    places->Add(static_cast<Offset>(place % kSegmentEntries));
  });
}

bool FindGroupKey(absl::string_view row, Term key,
                  std::vector<GroupOffset>* places) {
  return VisitKey<GroupOffset>(
      row, key, [&](GroupOffset place) { places->push_back(place); });
}

bool KeyMerger::Add(int64_t nth, absl::string_view row) {
  if (row.size() % kKeyBytes<Offset> != 0) return false;
  for (size_t i = 0; i < row.size(); i += kKeyBytes<Offset>) {
    const char* at = row.data() + i;
    keys_.emplace_back(Get<Term>(at), static_cast<GroupOffset>(
                                          nth * kSegmentEntries +
                                          Get<Offset>(at + sizeof(Term))));
  }
  return true;
}

void KeyMerger::Merge(absl::FunctionRef<void(int, absl::string_view)> row) {
  PutKeys(std::move(keys_), GroupBucketOf, row);
}

int BucketOf(Term key) { return static_cast<int>(key >> 55); }
static_assert(kKeyBuckets == 1 << (64 - 55), "the first nine bits of a key");

int GroupBucketOf(Term key) { return static_cast<int>(key >> 50); }
static_assert(kGroupBuckets == 1 << (64 - 50), "the first 14 bits of a key");

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
