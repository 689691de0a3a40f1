#include "server/decision_log/audit.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace needlewise {
namespace {

constexpr int kPage = 1000;
// Beyond this the log is of no use, and finding out which two entries changed
// places would take too long.
constexpr size_t kMostMismatches = 200;

// An entry whose link is not what the one before it makes it.
struct Mismatch {
  int64_t sequence;
  absl::Time time;
  std::string digest;
  std::string link;
  // That of the entry before, as stored, and as it should be.
  std::string former;
  std::string should_be;
  bool explained = false;
};

// Whether `entry` is what stood in the place of `place`.
bool BelongsAt(const Mismatch& entry, const Mismatch& place) {
  for (const std::string& former : {place.former, place.link}) {
    for (const std::string& link : {entry.link, place.link}) {
      for (const absl::Time time : {entry.time, place.time}) {
        if (ChainLink(former, place.sequence, time, entry.digest) == link) {
          return true;
        }
      }
    }
  }
  return false;
}

// Finds entries that have changed places.
void FindExchanges(std::vector<Mismatch>* mismatches,
                   std::vector<std::string>* faults) {
  for (size_t i = 0; i < mismatches->size(); ++i) {
    for (size_t j = i + 1; j < mismatches->size(); ++j) {
      Mismatch& a = (*mismatches)[i];
      Mismatch& b = (*mismatches)[j];
      if (a.explained || b.explained) continue;
      if (!BelongsAt(a, b) && !BelongsAt(b, a)) continue;
      a.explained = b.explained = true;
      faults->push_back(absl::StrCat("entries ", a.sequence, " and ",
                                     b.sequence, " have changed places"));
    }
  }
}

// An entry that only follows one that was touched is not at fault itself.
void ExplainFollowers(std::vector<Mismatch>* mismatches) {
  for (Mismatch& entry : *mismatches) {
    for (const Mismatch& other : *mismatches) {
      if (entry.explained || &entry == &other) continue;
      for (const std::string& former : {other.link, other.should_be}) {
        entry.explained =
            entry.explained || ChainLink(former, entry.sequence, entry.time,
                                         entry.digest) == entry.link;
      }
    }
  }
}

void Missing(int64_t first, int64_t last, std::vector<std::string>* faults) {
  faults->push_back(first == last ? absl::StrCat("entry ", first, " is missing")
                                  : absl::StrCat("entries ", first, " to ",
                                                 last, " are missing"));
}

}  // namespace

absl::StatusOr<AuditReport> Audit(const DecisionStore& store,
                                  absl::FunctionRef<void(int64_t)> progress) {
  absl::StatusOr<ChainEnds> ends = store.Chain();
  if (!ends.ok()) return ends.status();
  AuditReport report;
  report.ends = *std::move(ends);
  std::vector<Mismatch> mismatches;
  int64_t expected = report.ends.removed_to + 1;
  std::string former = report.ends.anchor;
  // Not known where the entry before is missing.
  bool knows_former = true;
  while (expected <= report.ends.last) {
    const absl::StatusOr<std::vector<StoredEntry>> entries =
        store.Read(expected, kPage);
    if (!entries.ok()) return entries.status();
    if (entries->empty()) break;
    for (const StoredEntry& entry : *entries) {
      // What was appended after this began is left for the next audit.
      if (entry.sequence > report.ends.last) break;
      if (entry.sequence > expected) {
        Missing(expected, entry.sequence - 1, &report.faults);
        knows_former = false;
      }
      const std::string digest = PayloadDigest(entry.payload);
      const std::string link =
          ChainLink(former, entry.sequence, entry.time, digest);
      if (knows_former && link != entry.link &&
          mismatches.size() < kMostMismatches) {
        mismatches.push_back(
            {entry.sequence, entry.time, digest, entry.link, former, link});
      }
      former = entry.link;
      knows_former = true;
      expected = entry.sequence + 1;
      ++report.entries;
    }
    progress(report.entries);
    if (entries->back().sequence >= report.ends.last) break;
  }
  if (expected <= report.ends.last) {
    Missing(expected, report.ends.last, &report.faults);
  }
  FindExchanges(&mismatches, &report.faults);
  ExplainFollowers(&mismatches);
  for (const Mismatch& entry : mismatches) {
    if (entry.explained) continue;
    report.faults.push_back(
        absl::StrCat("entry ", entry.sequence, " was changed"));
  }
  if (report.faults.empty() && former != report.ends.head) {
    report.faults.push_back(absl::StrCat(
        "entry ", report.ends.last, " is not the one that the chain ends in"));
  }
  return report;
}

}  // namespace needlewise
