#include "server/decision_log/sqlite_finder.h"

#include <algorithm>

namespace needlewise {
namespace {

// How many rows of the index one search reads before it gives a short page, so
// that no caller waits long and others get their turn.
constexpr int kRowsAPage = 4096;

}  // namespace

struct SqliteFinder::Search {
  // Of a key, the places in the group that was read last.
  struct InGroup {
    int64_t group = -1;
    std::vector<GroupOffset> places;
  };

  const EntryQuery& query;
  const LogEnds ends;
  std::vector<InGroup> groups;
  // Of the index.
  int rows_read = 0;
};

absl::StatusOr<std::unique_ptr<SqliteFinder>> SqliteFinder::Create(
    std::unique_ptr<SqliteConnection> reader, const LogTail* tail) {
  auto finder =
      std::unique_ptr<SqliteFinder>(new SqliteFinder(std::move(reader), tail));
  absl::MutexLock lock(&finder->mutex_);
  Statements& all = finder->statements_;
  if (absl::Status prepared = finder->reader_->PrepareAll(
          {{&all.state,
            "SELECT removed_to, last, sealed, merged, head, last_time, anchor "
            "FROM state"},
           {&all.terms,
            "SELECT sequence, time, terms FROM entry WHERE sequence >= ? "
            "ORDER BY sequence"},
           {&all.content, "SELECT content FROM archive WHERE digest = ?"},
           {&all.entry,
            "SELECT sequence, time, link, payload FROM entry "
            "WHERE sequence = ?"},
           {&all.time, "SELECT time FROM entry WHERE sequence = ?"},
           {&all.forwards,
            "SELECT sequence, time, link, payload FROM entry "
            "WHERE sequence >= ? ORDER BY sequence LIMIT ?"},
           {&all.backwards,
            "SELECT sequence, time, link, payload FROM entry "
            "WHERE sequence >= ? AND sequence < ? "
            "ORDER BY sequence DESC LIMIT ?"},
           {&all.keys, "SELECT keys FROM key_run WHERE id = ?"},
           {&all.group, "SELECT keys FROM key_group WHERE id = ?"},
           {&all.tag,
            "SELECT segment, offsets FROM tag_run WHERE tag = ? AND "
            "segment <= ? ORDER BY segment DESC LIMIT 1"},
           {&all.counts,
            "SELECT day, count FROM tag_count WHERE tag = ? AND day >= ? AND "
            "day < ? ORDER BY day"}});
      !prepared.ok()) {
    return prepared;
  }
  return finder;
}

absl::Status SqliteFinder::Load(LogTail* tail, ChainEnd* end) const {
  absl::MutexLock lock(&mutex_);
  LogEnds ends;
  SqliteStatement& state = statements_.state;
  if (state.Next()) {
    ends = {state.Number(0), state.Number(1), state.Number(2), state.Number(3)};
    *end = {ends.last, std::string(state.Bytes(4)),
            absl::FromUnixMicros(state.Number(5))};
  }
  if (absl::Status read = reader_->ToStatus(state.Done()); !read.ok()) {
    return read;
  }
  tail->Open(ends);
  SqliteStatement& rows = statements_.terms;
  rows.Bind(1, ends.sealed * kSegmentEntries);
  std::vector<Term> keys;
  std::vector<Term> tags;
  bool good = true;
  while (good && rows.Next()) {
    keys.clear();
    tags.clear();
    good = DecodeTerms(rows.Bytes(2), &keys, &tags);
    if (!good) break;
    tail->AddStored(rows.Number(0), DayOf(absl::FromUnixMicros(rows.Number(1))),
                    keys, tags);
  }
  const int result = rows.Done();
  return reader_->ToStatus(good ? result : SQLITE_CORRUPT);
}

absl::StatusOr<std::string> SqliteFinder::GetArchive(
    absl::string_view digest) const {
  absl::MutexLock lock(&mutex_);
  SqliteStatement& row = statements_.content;
  row.Bind(1, digest);
  std::string content;
  const bool found = row.Next();
  if (found) content = std::string(row.Bytes(0));
  if (absl::Status read = reader_->ToStatus(row.Done()); !read.ok()) {
    return read;
  }
  if (!found) return absl::NotFoundError("is not in the archive");
  return content;
}

absl::Status SqliteFinder::ReadEntries(
    SqliteStatement* rows, std::vector<StoredEntry>* entries) const {
  while (rows->Next()) {
    entries->push_back({rows->Number(0), absl::FromUnixMicros(rows->Number(1)),
                        std::string(rows->Bytes(2)),
                        std::string(rows->Bytes(3))});
  }
  return reader_->ToStatus(rows->Done());
}

absl::StatusOr<bool> SqliteFinder::ReadEntry(int64_t sequence,
                                             StoredEntry* entry) const {
  std::vector<StoredEntry> found;
  statements_.entry.Bind(1, sequence);
  if (absl::Status read = ReadEntries(&statements_.entry, &found); !read.ok()) {
    return read;
  }
  if (found.empty()) return false;
  *entry = std::move(found.front());
  return true;
}

absl::StatusOr<StoredEntry> SqliteFinder::ReadOne(int64_t sequence) const {
  absl::MutexLock lock(&mutex_);
  StoredEntry entry;
  const absl::StatusOr<bool> found = ReadEntry(sequence, &entry);
  if (!found.ok()) return found.status();
  if (!*found) return reader_->ToStatus(SQLITE_CORRUPT);
  return entry;
}

absl::StatusOr<std::vector<StoredEntry>> SqliteFinder::Read(int64_t from,
                                                            int limit) const {
  absl::MutexLock lock(&mutex_);
  std::vector<StoredEntry> entries;
  statements_.forwards.Bind(1, from).Bind(2, int64_t{limit});
  if (absl::Status read = ReadEntries(&statements_.forwards, &entries);
      !read.ok()) {
    return read;
  }
  return entries;
}

absl::StatusOr<int64_t> SqliteFinder::FirstAt(absl::Time time) const {
  absl::MutexLock lock(&mutex_);
  return FirstAt(time, tail_->ends());
}

absl::StatusOr<int64_t> SqliteFinder::FirstAt(absl::Time time,
                                              const LogEnds& ends) const {
  int64_t low = ends.removed_to + 1;
  int64_t high = ends.last + 1;
  if (time == absl::InfinitePast()) return low;
  if (time == absl::InfiniteFuture()) return high;
  SqliteStatement& row = statements_.time;
  const int64_t micros = absl::ToUnixMicros(time);
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    row.Bind(1, middle);
    // One that has gone was earlier than all that are left.
    const bool earlier = !row.Next() || row.Number(0) < micros;
    if (absl::Status read = reader_->ToStatus(row.Done()); !read.ok()) {
      return read;
    }
    if (earlier) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

absl::StatusOr<EntryPage> SqliteFinder::Find(const EntryQuery& query) const {
  absl::MutexLock lock(&mutex_);
  Search search{query, tail_->ends(),
                std::vector<Search::InGroup>(query.keys.size())};
  const auto low = FirstAt(query.from, search.ends);
  if (!low.ok()) return low.status();
  const auto end = FirstAt(query.before, search.ends);
  if (!end.ok()) return end.status();
  // What is left to look at: from `*low` on and before `high`.
  int64_t high = std::min(*end, query.before_sequence);
  if (query.keys.empty() && query.tags.empty()) {
    return FindUnfiltered(*low, high, query.limit);
  }
  EntryPage page;
  while (high > *low) {
    if (search.rows_read >= kRowsAPage) {
      page.next = high;
      return page;
    }
    PlaceSet places;
    const auto found = LastMatching(&search, SegmentOf(high - 1), &places);
    if (!found.ok()) return found.status();
    const int64_t first = *found * kSegmentEntries;
    if (*found < SegmentOf(*low)) break;
    while (true) {
      const int64_t place = places.LastBefore(high - first);
      if (place < 0 || first + place < *low) break;
      if (static_cast<int>(page.entries.size()) == query.limit) {
        page.next = high;
        return page;
      }
      StoredEntry entry;
      const auto read = ReadEntry(first + place, &entry);
      if (!read.ok()) return read.status();
      // It may have been removed meanwhile.
      if (*read) page.entries.push_back(std::move(entry));
      high = first + place;
    }
    high = std::min(high, first);
  }
  return page;
}

absl::StatusOr<EntryPage> SqliteFinder::FindUnfiltered(int64_t low,
                                                       int64_t high,
                                                       int limit) const {
  EntryPage page;
  statements_.backwards.Bind(1, low).Bind(2, high).Bind(3, int64_t{limit} + 1);
  if (absl::Status read = ReadEntries(&statements_.backwards, &page.entries);
      !read.ok()) {
    return read;
  }
  if (static_cast<int>(page.entries.size()) > limit) {
    page.next = page.entries.back().sequence + 1;
    page.entries.pop_back();
  }
  return page;
}

absl::StatusOr<int64_t> SqliteFinder::LastMatching(Search* search,
                                                   int64_t segment,
                                                   PlaceSet* places) const {
  const EntryQuery& query = search->query;
  const size_t terms = query.keys.size() + query.tags.size();
  // What one term passes over, all pass over.
  for (size_t agree = 0, nth = 0; agree < terms; nth = (nth + 1) % terms) {
    PlaceSet of_term;
    const auto found =
        nth < query.keys.size()
            ? LastWithKey(search, nth, segment, &of_term)
            : LastWithTag(search, query.tags[nth - query.keys.size()], segment,
                          &of_term);
    if (!found.ok() || *found < 0) return found;
    if (agree == 0 || *found < segment) {
      segment = *found;
      *places = of_term;
      agree = 1;
    } else {
      places->KeepCommon(of_term);
      ++agree;
    }
    if (places->IsEmpty()) return segment;
  }
  return segment;
}

absl::StatusOr<int64_t> SqliteFinder::LastWithTag(Search* search, Term tag,
                                                  int64_t segment,
                                                  PlaceSet* places) const {
  if (segment >= search->ends.sealed && tail_->FindTag(segment, tag, places)) {
    return segment;
  }
  ++search->rows_read;
  SqliteStatement& row = statements_.tag;
  row.Bind(1, static_cast<int64_t>(tag)).Bind(2, segment);
  // A tag has no row where no entry has it.
  const bool there = row.Next();
  const int64_t found = there ? row.Number(0) : -1;
  const bool good = !there || places->AddRow(row.Bytes(1));
  if (absl::Status read = reader_->ToStatus(row.Done()); !read.ok()) {
    return read;
  }
  if (!good) return reader_->ToStatus(SQLITE_CORRUPT);
  return found;
}

absl::StatusOr<int64_t> SqliteFinder::LastWithKey(Search* search, size_t nth,
                                                  int64_t segment,
                                                  PlaceSet* places) const {
  const Term key = search->query.keys[nth];
  if (segment >= search->ends.sealed && tail_->FindKey(segment, key, places)) {
    return segment;
  }
  const int bucket = BucketOf(key);
  const int64_t group = segment / kGroupSegments;
  if (group * kKeyBuckets + bucket >= search->ends.merged) {
    ++search->rows_read;
    SqliteStatement& row = statements_.keys;
    row.Bind(1, segment * kKeyBuckets + bucket);
    const bool good = !row.Next() || FindKey(row.Bytes(0), key, places);
    if (absl::Status read = reader_->ToStatus(row.Done()); !read.ok()) {
      return read;
    }
    if (!good) return reader_->ToStatus(SQLITE_CORRUPT);
    // It may have been merged since: so its group is looked at, too, and
    // afterwards, so that the key is in one of them.
  }
  Search::InGroup& in_group = search->groups[nth];
  if (absl::Status read = ReadGroup(search, nth, group); !read.ok()) {
    return read;
  }
  const bool merged = group * kKeyBuckets + bucket < search->ends.merged;
  for (auto place = in_group.places.rbegin(); place != in_group.places.rend();
       ++place) {
    const int64_t at = group * kGroupSegments + SegmentOf(*place);
    if (at > segment) continue;
    if (at < segment) {
      if (!merged) break;
      // Nothing in between has it.
      if (places->IsEmpty()) segment = at;
      if (at != segment) break;
    }
    places->Add(static_cast<Offset>(*place % kSegmentEntries));
  }
  if (!merged || !places->IsEmpty()) return segment;
  // Nothing in the rest of the group: on with the one before.
  return group == 0
             ? -1
             : LastWithKey(search, nth, group * kGroupSegments - 1, places);
}

absl::Status SqliteFinder::ReadGroup(Search* search, size_t nth,
                                     int64_t group) const {
  Search::InGroup& in_group = search->groups[nth];
  const Term key = search->query.keys[nth];
  const bool merged = group * kKeyBuckets + BucketOf(key) < search->ends.merged;
  if (merged && in_group.group == group) return absl::OkStatus();
  in_group.group = group;
  in_group.places.clear();
  ++search->rows_read;
  SqliteStatement& row = statements_.group;
  row.Bind(1, group * kGroupBuckets + GroupBucketOf(key));
  const bool good =
      !row.Next() || FindGroupKey(row.Bytes(0), key, &in_group.places);
  if (absl::Status read = reader_->ToStatus(row.Done()); !read.ok()) {
    return read;
  }
  return good ? absl::OkStatus() : reader_->ToStatus(SQLITE_CORRUPT);
}

absl::StatusOr<std::vector<TagCount>> SqliteFinder::CountTags(
    absl::Span<const Term> tags, int64_t first_day, int64_t end_day) const {
  absl::MutexLock lock(&mutex_);
  std::vector<TagCount> counts;
  int64_t sealed = 0;
  absl::Status read;
  do {
    counts.clear();
    // In one reading, so that a segment that is sealed meanwhile is counted
    // once.
    read = reader_->Execute("BEGIN");
    if (!read.ok()) return read;
    if (statements_.state.Next()) sealed = statements_.state.Number(2);
    read.Update(reader_->ToStatus(statements_.state.Done()));
    for (const Term tag : tags) {
      if (!read.ok()) break;
      read.Update(CountTag(tag, first_day, end_day, sealed, &counts));
    }
    read.Update(reader_->Execute("COMMIT"));
    // One that was sealed after the reading began, and before it was looked
    // for in memory, was counted nowhere.
  } while (read.ok() && tail_->ends().sealed > sealed);
  if (!read.ok()) return read;
  return counts;
}

absl::Status SqliteFinder::CountTag(Term tag, int64_t first_day,
                                    int64_t end_day, int64_t sealed,
                                    std::vector<TagCount>* counts) const {
  const auto add = [&](const TagCount& count) {
    if (count.day < first_day || count.day >= end_day) return;
    if (!counts->empty() && counts->back().tag == tag &&
        counts->back().day == count.day) {
      counts->back().count += count.count;
    } else {
      counts->push_back(count);
    }
  };
  SqliteStatement& rows = statements_.counts;
  rows.Bind(1, static_cast<int64_t>(tag)).Bind(2, first_day).Bind(3, end_day);
  while (rows.Next()) add({tag, rows.Number(0), rows.Number(1)});
  if (absl::Status read = reader_->ToStatus(rows.Done()); !read.ok()) {
    return read;
  }
  tail_->CountTag(tag, sealed, add);
  return absl::OkStatus();
}

absl::StatusOr<ChainEnds> SqliteFinder::Chain() const {
  absl::MutexLock lock(&mutex_);
  SqliteStatement& state = statements_.state;
  ChainEnds ends;
  if (state.Next()) {
    ends = {state.Number(0), std::string(state.Bytes(6)), state.Number(1),
            std::string(state.Bytes(4))};
  }
  if (absl::Status read = reader_->ToStatus(state.Done()); !read.ok()) {
    return read;
  }
  return ends;
}

}  // namespace needlewise
