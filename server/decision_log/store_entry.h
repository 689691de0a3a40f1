// What a decision store keeps: entries in a row, each with bytes that the store
// does not look into, terms to find it by, and its link in a hash chain.

#ifndef NEEDLEWISE_SERVER_DECISION_LOG_STORE_ENTRY_H_
#define NEEDLEWISE_SERVER_DECISION_LOG_STORE_ENTRY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace needlewise {

// Stands for a kind of property and its value, for instance a rule that fired.
// A hash: what is found by one must be looked at again. The same in every
// build, since stores keep it.
using Term = uint64_t;

enum class TermKind : char {
  // Of few entries each.
  kDecision = 'd',
  kSubject = 's',
  kFeedbackOf = 'f',
  kAcknowledgedState = 'a',
  // Of many.
  kMethod = 'm',
  kVerdict = 'v',
  kTreatment = 't',
  kCaller = 'c',
  kRuleFired = 'r',
  kRuleAcknowledged = 'k',
  kRuleOverridden = 'o',
};

Term MakeTerm(TermKind kind, absl::string_view value);

// An entry that is to be appended.
struct NewEntry {
  std::string payload;
  // `PayloadDigest(payload)`.
  std::string digest;
  // At most one entry of a store has the same. 0: none.
  uint64_t request_key = 0;
  // Terms that few entries share: ids, subjects.
  std::vector<Term> keys;
  // Terms that many entries share: verdicts, rules, treatments. They are
  // counted by day.
  std::vector<Term> tags;
};

// An entry as stored.
struct StoredEntry {
  // From 1, without gaps.
  int64_t sequence = 0;
  // Never earlier than that of the entry before; to the microsecond.
  absl::Time time;
  // 32 bytes.
  std::string link;
  std::string payload;
};

// The day in UTC, since 1970-01-01.
int64_t DayOf(absl::Time time);

// SHA-256.
std::string PayloadDigest(absl::string_view payload);

// The link of the entry after the one whose link is `former`; of the first
// entry `former` is empty.
std::string ChainLink(absl::string_view former, int64_t sequence,
                      absl::Time time, absl::string_view payload_digest);

// Where a chain ends: its last entry, and how it goes on.
struct ChainEnd {
  // 0, empty and 1970 where there is none.
  int64_t sequence = 0;
  std::string link;
  absl::Time time = absl::UnixEpoch();

  // Sets the time of what comes next: `now`, to the microsecond, unless the
  // clock has stepped back.
  void MoveTimeTo(absl::Time now);
  // Goes on by one entry.
  void Add(absl::string_view payload_digest);
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_DECISION_LOG_STORE_ENTRY_H_
