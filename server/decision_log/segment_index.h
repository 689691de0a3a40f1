// How entries are found in an embedded store without an index that every
// append would have to touch in random places.
//
// Entries are grouped into segments of `kSegmentEntries` in a row. Of the last
// segments, which are still growing, the terms are kept in memory. A segment
// that is full is sealed: for each tag one row with the places that have it,
// and all keys, sorted, in `kKeyBuckets` rows by their first bits. Both are
// written in order, so an entry costs next to nothing; a tag is looked up with
// one read for each segment that has it.
//
// A key is rare, and one read for each segment would be too many in a large
// log. So `kGroupSegments` full segments are merged, a bucket at a time, into
// rows of the whole group, `kGroupBuckets` of them so that each stays as short:
// one read for each group, and for each segment that is not merged yet.

#ifndef NEEDLEWISE_SERVER_DECISION_LOG_SEGMENT_INDEX_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_SEGMENT_INDEX_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/decision_log/decision_store.h"
#include "server/decision_log/store_entry.h"

namespace needlewise {

inline constexpr int64_t kSegmentEntries = 16384;
inline constexpr int kKeyBuckets = 512;
inline constexpr int64_t kGroupSegments = 32;
inline constexpr int kGroupBuckets =
    kKeyBuckets * static_cast<int>(kGroupSegments);

inline int64_t SegmentOf(int64_t sequence) {
  return sequence / kSegmentEntries;
}

// Place of an entry in its segment, and in its group.
using Offset = uint16_t;
using GroupOffset = uint32_t;

// Places in one segment.
class PlaceSet {
 public:
  void Add(Offset place) { words_[place / 64] |= uint64_t{1} << place % 64; }
  void KeepCommon(const PlaceSet& other);
  bool IsEmpty() const;
  // The last place before `end`, which may be beyond the segment; -1: none.
  int64_t LastBefore(int64_t end) const;
  // Adds those of a tag's row. False where it is damaged.
  bool AddRow(absl::string_view row);

 private:
  std::array<uint64_t, kSegmentEntries / 64> words_ = {};
};

// The terms of a segment, as they come.
class SegmentIndex {
 public:
  explicit SegmentIndex(int64_t segment) : segment_(segment) {}

  int64_t segment() const { return segment_; }

  // In order of sequence. `day` is that of the entry.
  void Add(int64_t sequence, int64_t day, absl::Span<const Term> keys,
           absl::Span<const Term> tags);

  // Places that have the key or the tag.
  PlaceSet WithKey(Term key) const;
  PlaceSet WithTag(Term tag) const;

  // Calls `count` for each tag and day.
  void CountTags(absl::FunctionRef<void(const TagCount&)> count) const;
  void CountTag(Term tag, absl::FunctionRef<void(const TagCount&)> count) const;

  // The rows of the sealed segment, in order of their keys.
  void SealTags(
      absl::FunctionRef<void(Term tag, absl::string_view places)> row) const;
  void SealKeys(
      absl::FunctionRef<void(int bucket, absl::string_view keys)> row) const;

 private:
  const int64_t segment_;
  std::vector<std::pair<Term, Offset>> keys_;
  absl::flat_hash_map<Term, std::vector<Offset>> tags_;
  // First place of each day, ascending.
  std::vector<std::pair<Offset, int64_t>> days_;
};

// Looks a key up in a row of a segment, or of a group, where its places are
// ascending. False where the row is damaged.
bool FindKey(absl::string_view row, Term key, PlaceSet* places);
bool FindGroupKey(absl::string_view row, Term key,
                  std::vector<GroupOffset>* places);

// The bucket of a key, in a segment and in a group.
int BucketOf(Term key);
int GroupBucketOf(Term key);

// Makes rows of a group from those of its segments, of one bucket.
class KeyMerger {
 public:
  // Adds the row of a segment, the `nth` of the group. False where it is
  // damaged.
  bool Add(int64_t nth, absl::string_view row);
  // The rows, in order of their buckets.
  void Merge(absl::FunctionRef<void(int bucket, absl::string_view keys)> row);

 private:
  std::vector<std::pair<Term, GroupOffset>> keys_;
};

// Terms of an entry as a store keeps them, to be read when it opens.
std::string EncodeTerms(absl::Span<const Term> keys,
                        absl::Span<const Term> tags);
bool DecodeTerms(absl::string_view text, std::vector<Term>* keys,
                 std::vector<Term>* tags);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_SEGMENT_INDEX_H_
