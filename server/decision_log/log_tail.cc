#include "server/decision_log/log_tail.h"

#include <cstddef>

namespace needlewise {

void LogTail::Open(const LogEnds& ends) {
  absl::MutexLock lock(&mutex_);
  ends_ = ends;
}

void LogTail::AddStored(int64_t sequence, int64_t day,
                        absl::Span<const Term> keys,
                        absl::Span<const Term> tags) {
  absl::MutexLock lock(&mutex_);
  Add(sequence, day, keys, tags);
}

LogEnds LogTail::ends() const {
  absl::MutexLock lock(&mutex_);
  return ends_;
}

void LogTail::Append(absl::Span<const NewEntry* const> entries,
                     absl::Span<const AppendResult> results, int64_t day,
                     int64_t last) {
  absl::MutexLock lock(&mutex_);
  for (size_t i = 0; i < entries.size(); ++i) {
    if (results[i].already_there) continue;
    Add(results[i].sequence, day, entries[i]->keys, entries[i]->tags);
  }
  ends_.last = last;
}

const SegmentIndex* LogTail::FirstFull() const {
  absl::MutexLock lock(&mutex_);
  if (segments_.empty() ||
      segments_.front().segment() >= SegmentOf(ends_.last)) {
    return nullptr;
  }
  return &segments_.front();
}

void LogTail::SetSealed() {
  absl::MutexLock lock(&mutex_);
  ends_.sealed = segments_.front().segment() + 1;
  segments_.pop_front();
}

void LogTail::SetMerged(int64_t merged) {
  absl::MutexLock lock(&mutex_);
  ends_.merged = merged;
}

void LogTail::SetRemovedTo(int64_t removed_to) {
  absl::MutexLock lock(&mutex_);
  ends_.removed_to = removed_to;
}

bool LogTail::FindKey(int64_t segment, Term key, PlaceSet* places) const {
  absl::MutexLock lock(&mutex_);
  const SegmentIndex* index = Find(segment);
  if (index == nullptr) return false;
  *places = index->WithKey(key);
  return true;
}

bool LogTail::FindTag(int64_t segment, Term tag, PlaceSet* places) const {
  absl::MutexLock lock(&mutex_);
  const SegmentIndex* index = Find(segment);
  if (index == nullptr) return false;
  *places = index->WithTag(tag);
  return true;
}

void LogTail::CountTag(Term tag, int64_t first,
                       absl::FunctionRef<void(const TagCount&)> count) const {
  absl::MutexLock lock(&mutex_);
  for (const SegmentIndex& index : segments_) {
    if (index.segment() >= first) index.CountTag(tag, count);
  }
}

const SegmentIndex* LogTail::Find(int64_t segment) const {
  for (const SegmentIndex& index : segments_) {
    if (index.segment() == segment) return &index;
  }
  return nullptr;
}

void LogTail::Add(int64_t sequence, int64_t day, absl::Span<const Term> keys,
                  absl::Span<const Term> tags) {
  const int64_t segment = SegmentOf(sequence);
  if (segments_.empty() || segments_.back().segment() != segment) {
    segments_.emplace_back(segment);
  }
  segments_.back().Add(sequence, day, keys, tags);
}

}  // namespace needlewise
