#include "server/decision_log/sqlite_appender.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace needlewise {
namespace {

// How many buckets are merged for each segment that is sealed: twice what
// comes, so that a log that was written without merging catches up.
constexpr int64_t kMergedAtOnce = 2 * kKeyBuckets / kGroupSegments;

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteAppender>> SqliteAppender::Create(
    std::unique_ptr<SqliteConnection> writer, ChainEnd end, LogTail* tail) {
  auto appender = std::unique_ptr<SqliteAppender>(
      new SqliteAppender(std::move(writer), std::move(end), tail));
  if (absl::Status prepared = appender->Prepare(); !prepared.ok()) {
    return prepared;
  }
  return appender;
}

absl::Status SqliteAppender::Prepare() {
  return writer_->PrepareAll(
      {{&statements_.insert_entry, "INSERT INTO entry VALUES(?,?,?,?,?,?)"},
       {&statements_.insert_request,
        "INSERT OR IGNORE INTO request VALUES(?,?)"},
       {&statements_.find_request,
        "SELECT sequence FROM request WHERE key = ?"},
       {&statements_.insert_keys, "INSERT INTO key_run VALUES(?,?)"},
       {&statements_.read_keys, "SELECT keys FROM key_run WHERE id = ?"},
       {&statements_.delete_keys, "DELETE FROM key_run WHERE id = ?"},
       {&statements_.insert_group, "INSERT INTO key_group VALUES(?,?)"},
       {&statements_.insert_tags, "INSERT INTO tag_run VALUES(?,?,?)"},
       {&statements_.add_count,
        "INSERT INTO tag_count VALUES(?,?,?) ON CONFLICT DO UPDATE SET "
        "count = count + excluded.count"},
       {&statements_.set_sealed, "UPDATE state SET sealed = ?"},
       {&statements_.set_merged, "UPDATE state SET merged = ?"},
       {&statements_.set_head,
        "UPDATE state SET last = ?, head = ?, last_time = ?"}});
}

absl::Status SqliteAppender::Insert(absl::Span<const NewEntry* const> entries,
                                    ChainEnd* end,
                                    std::vector<AppendResult>* results) {
  const int64_t micros = absl::ToUnixMicros(end->time);
  for (const NewEntry* entry : entries) {
    const auto key = static_cast<int64_t>(entry->request_key);
    if (key != 0) {
      const int result = statements_.insert_request.Bind(1, key)
                             .Bind(2, end->sequence + 1)
                             .Run();
      if (result != SQLITE_OK) return writer_->ToStatus(result);
      if (writer_->Changes() == 0) {
        statements_.find_request.Bind(1, key);
        AppendResult there;
        if (statements_.find_request.Next()) {
          there = {statements_.find_request.Number(0), true};
        }
        const int found = statements_.find_request.Done();
        if (found != SQLITE_OK) return writer_->ToStatus(found);
        results->push_back(there);
        continue;
      }
    }
    end->Add(entry->digest);
    const std::string terms = EncodeTerms(entry->keys, entry->tags);
    statements_.insert_entry.Bind(1, end->sequence)
        .Bind(2, micros)
        .Bind(4, end->link)
        .Bind(5, terms)
        .Bind(6, entry->payload);
    if (key != 0) {
      statements_.insert_entry.Bind(3, key);
    } else {
      statements_.insert_entry.BindNull(3);
    }
    const int result = statements_.insert_entry.Run();
    if (result != SQLITE_OK) return writer_->ToStatus(result);
    results->push_back({end->sequence, false});
  }
  return writer_->ToStatus(statements_.set_head.Bind(1, end->sequence)
                               .Bind(2, end->link)
                               .Bind(3, micros)
                               .Run());
}

absl::Status SqliteAppender::Append(absl::Span<const NewEntry* const> entries,
                                    absl::Time now,
                                    std::vector<AppendResult>* results) {
  ChainEnd end = end_;
  end.MoveTimeTo(now);
  results->clear();
  if (absl::Status appended = writer_->InTransaction(
          [&] { return Insert(entries, &end, results); });
      !appended.ok()) {
    return appended;
  }
  end_ = std::move(end);
  tail_->Append(entries, *results, DayOf(end_.time), end_.sequence);
  // The entries are committed whether this succeeds or not; the next one to
  // fill a segment tries again.
  SealFullSegments().IgnoreError();
  return absl::OkStatus();
}

absl::Status SqliteAppender::SealFullSegments() {
  while (const SegmentIndex* full = tail_->FirstFull()) {
    const int64_t sealed = full->segment() + 1;
    if (absl::Status done = Seal(*full); !done.ok()) return done;
    tail_->SetSealed();
    if (absl::Status done = MergeKeys(sealed); !done.ok()) return done;
  }
  return absl::OkStatus();
}

absl::Status SqliteAppender::Seal(const SegmentIndex& segment) {
  return writer_->InTransaction([&] {
    int result = SQLITE_OK;
    const auto run = [&result](SqliteStatement* statement) {
      const int done = statement->Run();
      if (result == SQLITE_OK) result = done;
    };
    segment.SealKeys([&](int bucket, absl::string_view keys) {
      run(&statements_.insert_keys
               .Bind(1, segment.segment() * kKeyBuckets + bucket)
               .Bind(2, keys));
    });
    segment.SealTags([&](Term tag, absl::string_view places) {
      run(&statements_.insert_tags.Bind(1, static_cast<int64_t>(tag))
               .Bind(2, segment.segment())
               .Bind(3, places));
    });
    segment.CountTags([&](const TagCount& count) {
      run(&statements_.add_count.Bind(1, static_cast<int64_t>(count.tag))
               .Bind(2, count.day)
               .Bind(3, count.count));
    });
    run(&statements_.set_sealed.Bind(1, segment.segment() + 1));
    return writer_->ToStatus(result);
  });
}

absl::Status SqliteAppender::MergeKeys(int64_t sealed) {
  const int64_t from = tail_->ends().merged;
  const int64_t to =
      std::min(from + kMergedAtOnce, sealed / kGroupSegments * kKeyBuckets);
  if (to <= from) return absl::OkStatus();
  const absl::Status merged = writer_->InTransaction([&]() -> absl::Status {
    for (int64_t step = from; step < to; ++step) {
      if (absl::Status done = MergeBucket(step / kKeyBuckets,
                                          static_cast<int>(step % kKeyBuckets));
          !done.ok()) {
        return done;
      }
    }
    return writer_->ToStatus(statements_.set_merged.Bind(1, to).Run());
  });
  if (merged.ok()) tail_->SetMerged(to);
  return merged;
}

absl::Status SqliteAppender::MergeBucket(int64_t group, int bucket) {
  KeyMerger merger;
  for (int64_t nth = 0; nth < kGroupSegments; ++nth) {
    const int64_t id = (group * kGroupSegments + nth) * kKeyBuckets + bucket;
    statements_.read_keys.Bind(1, id);
    // A segment without such keys, or one that has been removed, has no row.
    const bool there = statements_.read_keys.Next();
    const bool good = !there || merger.Add(nth, statements_.read_keys.Bytes(0));
    const int read = statements_.read_keys.Done();
    if (read != SQLITE_OK) return writer_->ToStatus(read);
    if (!good) return writer_->ToStatus(SQLITE_CORRUPT);
    if (!there) continue;
    const int deleted = statements_.delete_keys.Bind(1, id).Run();
    if (deleted != SQLITE_OK) return writer_->ToStatus(deleted);
  }
  int result = SQLITE_OK;
  merger.Merge([&](int of_group, absl::string_view keys) {
    const int done =
        statements_.insert_group.Bind(1, group * kGroupBuckets + of_group)
            .Bind(2, keys)
            .Run();
    if (result == SQLITE_OK) result = done;
  });
  return writer_->ToStatus(result);
}

absl::Status SqliteAppender::PutArchive(absl::string_view digest,
                                        absl::string_view content) {
  return writer_->InTransaction([&]() -> absl::Status {
    auto insert = writer_->Prepare("INSERT OR IGNORE INTO archive VALUES(?,?)");
    if (!insert.ok()) return insert.status();
    return writer_->ToStatus(insert->Bind(1, digest).Bind(2, content).Run());
  });
}

absl::Status SqliteAppender::Recover() {
  return writer_->InTransaction(
      [&] { return writer_->Execute("UPDATE state SET opened = opened + 1"); });
}

absl::Status SqliteAppender::RemoveTo(int64_t last, absl::string_view anchor) {
  const int64_t segment = SegmentOf(last + 1);
  const int64_t group = segment / kGroupSegments;
  std::string removal = absl::StrCat(
      "DELETE FROM request WHERE key IN (SELECT request FROM entry WHERE "
      "sequence <= ",
      last,
      " AND request IS NOT NULL); DELETE FROM entry WHERE sequence <= ", last);
  if (segment != SegmentOf(tail_->ends().removed_to + 1)) {
    // By tag, so that the rows of other segments are not looked at.
    absl::StrAppend(
        &removal, "; DELETE FROM key_run WHERE id < ", segment * kKeyBuckets,
        "; DELETE FROM key_group WHERE id < ", group * kGroupBuckets,
        "; DELETE FROM tag_run WHERE tag IN (SELECT DISTINCT tag "
        "FROM tag_count) AND segment < ",
        segment);
  }
  const absl::Status removed = writer_->InTransaction([&]() -> absl::Status {
    if (absl::Status done = writer_->Execute(removal); !done.ok()) return done;
    auto state =
        writer_->Prepare("UPDATE state SET removed_to = ?, anchor = ?");
    if (!state.ok()) return state.status();
    return writer_->ToStatus(state->Bind(1, last).Bind(2, anchor).Run());
  });
  if (removed.ok()) tail_->SetRemovedTo(last);
  return removed;
}

}  // namespace needlewise
