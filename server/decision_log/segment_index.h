// How entries are found in an embedded store without an index that every
// append would have to touch in random places.
//
// Entries are grouped into segments of `kSegmentEntries` in a row. Of the last
// segments, which are still growing, the terms are kept in memory. A segment
// that is full is sealed: for each tag one row with the places that have it,
// and all keys, sorted, in `kKeyBuckets` rows by their first bits. Both are
// written in order, once, so an entry costs next to nothing; a key is looked up
// with one read for each segment, a tag with one for each segment that has it.

#ifndef NEEDLEWISE_SERVER_DECISION_LOG_SEGMENT_INDEX_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_SEGMENT_INDEX_H_

#include <cstdint>
#include <deque>
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

inline int64_t SegmentOf(int64_t sequence) {
  return sequence / kSegmentEntries;
}

// Place of an entry in its segment.
using Offset = uint16_t;

// The terms of a segment, as they come.
class SegmentIndex {
 public:
  explicit SegmentIndex(int64_t segment) : segment_(segment) {}

  int64_t segment() const { return segment_; }

  // In order of sequence. `day` is that of the entry.
  void Add(int64_t sequence, int64_t day, absl::Span<const Term> keys,
           absl::Span<const Term> tags);

  // Places, ascending, that have the key or the tag.
  std::vector<Offset> WithKey(Term key) const;
  std::vector<Offset> WithTag(Term tag) const;

  // Calls `count` for each tag and day.
  void CountTags(absl::FunctionRef<void(const TagCount&)> count) const;
  void CountTag(Term tag, absl::FunctionRef<void(const TagCount&)> count) const;

  // The rows of the sealed segment, in order of their keys.
  void SealTags(
      absl::FunctionRef<void(Term tag, absl::string_view offsets)> row) const;
  void SealKeys(
      absl::FunctionRef<void(int bucket, absl::string_view keys)> row) const;

 private:
  const int64_t segment_;
  std::vector<std::pair<Term, Offset>> keys_;
  absl::flat_hash_map<Term, std::vector<Offset>> tags_;
  // First place of each day, ascending.
  std::vector<std::pair<Offset, int64_t>> days_;
};

// Reads the rows of a sealed segment. False where they are damaged.
bool ReadOffsets(absl::string_view row, std::vector<Offset>* offsets);
bool FindKey(absl::string_view row, Term key, std::vector<Offset>* offsets);

// The bucket of a key.
int BucketOf(Term key);

// Terms of an entry as a store keeps them, to be read when it opens.
std::string EncodeTerms(absl::Span<const Term> keys,
                        absl::Span<const Term> tags);
bool DecodeTerms(absl::string_view text, std::vector<Term>* keys,
                 std::vector<Term>* tags);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_SEGMENT_INDEX_H_
