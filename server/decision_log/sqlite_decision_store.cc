#include "server/decision_log/sqlite_decision_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "server/decision_log/segment_index.h"
#include "server/decision_log/sqlite_for_decision_store.h"

namespace needlewise {
namespace {

// Says that a file is ours: `NDLW`.
constexpr int64_t kApplicationId = 0x4E444C57;
// What the write-ahead log may hold before it is written into the file.
constexpr int kCheckpointPages = 8192;
// Page caches, in KiB.
constexpr int kWriterCache = 8192;
constexpr int kReaderCache = 4096;
// How many of the last entries are looked at when a log is opened.
constexpr int kCheckedEntries = 256;
// How many segments one search looks at before it gives a short page.
constexpr int kSegmentsAPage = 2048;

// One after the other they make an empty file one of this version. A script is
// never changed once released; what has to change is a new one.
constexpr const char* kMigrations[] = {
    R"sql(
      CREATE TABLE entry(
        sequence INTEGER PRIMARY KEY,
        time INTEGER NOT NULL,     -- microseconds since 1970
        request INTEGER,           -- request key
        link BLOB NOT NULL,
        terms BLOB NOT NULL,
        payload BLOB NOT NULL) STRICT;
      CREATE TABLE request(
        key INTEGER PRIMARY KEY,
        sequence INTEGER NOT NULL) STRICT;
      CREATE TABLE key_run(
        id INTEGER PRIMARY KEY,    -- segment and bucket
        keys BLOB NOT NULL) STRICT;
      CREATE TABLE tag_run(
        tag INTEGER NOT NULL,
        segment INTEGER NOT NULL,
        offsets BLOB NOT NULL,
        PRIMARY KEY(tag, segment)) STRICT, WITHOUT ROWID;
      CREATE TABLE tag_count(
        tag INTEGER NOT NULL,
        day INTEGER NOT NULL,      -- since 1970
        count INTEGER NOT NULL,
        PRIMARY KEY(tag, day)) STRICT, WITHOUT ROWID;
      CREATE TABLE archive(
        digest BLOB NOT NULL UNIQUE,
        content BLOB NOT NULL) STRICT;
      CREATE TABLE state(
        id INTEGER PRIMARY KEY CHECK(id = 1),
        opened INTEGER NOT NULL,   -- how often
        sealed INTEGER NOT NULL,   -- first segment that is not
        removed_to INTEGER NOT NULL,
        anchor BLOB NOT NULL,
        last INTEGER NOT NULL,     -- the end of the chain
        head BLOB NOT NULL,
        last_time INTEGER NOT NULL) STRICT;
      INSERT INTO state VALUES(1, 0, 0, 0, x'', 0, x'', 0);
    )sql"};
constexpr int64_t kVersion = std::size(kMigrations);

int64_t DayOf(absl::Time time) {
  return absl::ToUnixSeconds(time) / (24 * 60 * 60);
}

// Holds the file against a second server, until the program ends.
absl::StatusOr<int> Lock(const std::string& file) {
  const std::string path = absl::StrCat(file, ".lock");
  const int lock = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) {
    return absl::UnavailableError(absl::StrCat(
        "decision log `", file, "` cannot be written: cannot make `", path,
        "`: ", std::strerror(errno),
        "; does its folder exist, and may this user write there?"));
  }
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return absl::FailedPreconditionError(absl::StrCat(
        "decision log `", file,
        "` is in use by another server; stop it, or use another file"));
  }
  return lock;
}

// Makes the file, for this user alone, where there is none.
absl::Status Touch(const std::string& file) {
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (made < 0) {
    return absl::UnavailableError(absl::StrCat(
        "decision log `", file, "` cannot be written: ", std::strerror(errno),
        "; check the rights on the file and its folder"));
  }
  ::close(made);
  return absl::OkStatus();
}

class SqliteDecisionStore final : public DecisionStore {
 public:
  explicit SqliteDecisionStore(SqliteStoreOptions options)
      : options_(std::move(options)) {}
  ~SqliteDecisionStore() override {
    // Statements first, then what they are of.
    statements_ = {};
    writer_.reset();
    if (lock_ >= 0) ::close(lock_);
  }

  absl::Status Open();

  absl::Status Append(absl::Span<const NewEntry* const> entries, absl::Time now,
                      std::vector<AppendResult>* results) override;
  absl::Status Retry(absl::Span<const NewEntry* const> entries, absl::Time now,
                     std::vector<AppendResult>* results) override {
    // What failed was rolled back.
    return Append(entries, now, results);
  }
  absl::Status PutArchive(absl::string_view digest,
                          absl::string_view content) override;
  absl::Status Recover() override;
  absl::StatusOr<PruneResult> Prune(absl::Time before, int64_t limit,
                                    bool dry_run) override;
  absl::StatusOr<std::string> GetArchive(
      absl::string_view digest) const override;
  absl::StatusOr<EntryPage> Find(const EntryQuery& query) const override;
  absl::StatusOr<std::vector<StoredEntry>> Read(int64_t from,
                                                int limit) const override;
  absl::StatusOr<std::vector<TagCount>> CountTags(
      absl::Span<const Term> tags, int64_t first_day,
      int64_t end_day) const override;
  absl::StatusOr<ChainEnds> Chain() const override;

 private:
  // Statements of the writer.
  struct Statements {
    SqliteStatement insert_entry;
    SqliteStatement insert_request;
    SqliteStatement find_request;
    SqliteStatement insert_keys;
    SqliteStatement insert_tags;
    SqliteStatement add_count;
    SqliteStatement set_sealed;
    SqliteStatement set_head;
  };
  // Where the log stands, as readers see it.
  struct Ends {
    int64_t removed_to = 0;
    int64_t last = 0;
    // First segment that is not sealed.
    int64_t sealed = 0;
  };

  absl::Status Migrate();
  absl::Status PrepareStatements();
  absl::Status ReadState();
  absl::Status CheckEnd();
  absl::Status ReadTail();
  absl::Status InTransaction(absl::FunctionRef<absl::Status()> work);
  absl::Status Insert(absl::Span<const NewEntry* const> entries,
                      absl::Time time, std::vector<AppendResult>* results,
                      std::string* head, int64_t* last);
  void AddToTail(int64_t sequence, int64_t day, absl::Span<const Term> keys,
                 absl::Span<const Term> tags)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(tail_mutex_);
  absl::Status SealFullSegments();

  Ends Here() const ABSL_LOCKS_EXCLUDED(tail_mutex_) {
    absl::MutexLock lock(&tail_mutex_);
    return ends_;
  }
  // First place whose entry was stored at or after `time`.
  absl::StatusOr<int64_t> FirstAt(absl::Time time, const Ends& ends) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(reader_mutex_);
  absl::StatusOr<std::vector<Offset>> Matches(const EntryQuery& query,
                                              int64_t segment,
                                              int64_t sealed) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(reader_mutex_);
  // The last sealed segment up to `segment` that can match; -1: none.
  absl::StatusOr<int64_t> LastCandidate(const EntryQuery& query,
                                        int64_t segment) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(reader_mutex_);
  absl::StatusOr<bool> ReadEntry(int64_t sequence, StoredEntry* entry) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(reader_mutex_);

  const SqliteStoreOptions options_;
  int lock_ = -1;

  // The writer's, used by its thread alone.
  std::unique_ptr<SqliteConnection> writer_;
  Statements statements_;
  std::string head_;
  absl::Time last_time_ = absl::UnixEpoch();

  mutable absl::Mutex reader_mutex_;
  std::unique_ptr<SqliteConnection> reader_ ABSL_PT_GUARDED_BY(reader_mutex_);

  mutable absl::Mutex tail_mutex_ ABSL_ACQUIRED_AFTER(reader_mutex_);
  // Segments that are not sealed, in order.
  std::deque<SegmentIndex> tail_ ABSL_GUARDED_BY(tail_mutex_);
  Ends ends_ ABSL_GUARDED_BY(tail_mutex_);
};

absl::Status SqliteDecisionStore::Open() {
  if (!options_.read_only) {
    absl::StatusOr<int> lock = Lock(options_.file);
    if (!lock.ok()) return lock.status();
    lock_ = *lock;
    if (absl::Status made = Touch(options_.file); !made.ok()) return made;
    auto writer = SqliteConnection::Open(options_.file, true);
    if (!writer.ok()) return writer.status();
    writer_ = *std::move(writer);
    if (absl::Status migrated = Migrate(); !migrated.ok()) return migrated;
  }
  auto reader = SqliteConnection::Open(options_.file, false);
  if (!reader.ok()) return reader.status();
  reader_ = *std::move(reader);
  for (const absl::Status& step :
       {reader_->Execute(absl::StrCat("PRAGMA cache_size = -", kReaderCache)),
        options_.read_only ? absl::OkStatus() : PrepareStatements()}) {
    if (!step.ok()) return step;
  }
  if (options_.read_only) {
    const auto id = reader_->Pragma("application_id");
    if (!id.ok()) return id.status();
    const auto version = reader_->Pragma("user_version");
    if (!version.ok()) return version.status();
    if (*id != kApplicationId || *version != kVersion) {
      return absl::FailedPreconditionError(absl::StrCat(
          "`", options_.file, "` is no decision log of this version"));
    }
  }
  if (absl::Status read = ReadState(); !read.ok()) return read;
  if (!options_.read_only) {
    // An audit wants to see damage, and not to be kept from it.
    if (absl::Status whole = CheckEnd(); !whole.ok()) return whole;
  }
  if (absl::Status read = ReadTail(); !read.ok()) return read;
  return options_.read_only ? absl::OkStatus() : SealFullSegments();
}

absl::Status SqliteDecisionStore::Migrate() {
  for (const std::string& pragma :
       {std::string("PRAGMA journal_mode = WAL"),
        std::string("PRAGMA synchronous = FULL"),
        absl::StrCat("PRAGMA wal_autocheckpoint = ", kCheckpointPages),
        absl::StrCat("PRAGMA journal_size_limit = ",
                     int64_t{2} * kCheckpointPages * 4096),
        absl::StrCat("PRAGMA cache_size = -", kWriterCache),
        options_.max_pages > 0
            ? absl::StrCat("PRAGMA max_page_count = ", options_.max_pages)
            : std::string("PRAGMA temp_store = MEMORY")}) {
    if (absl::Status set = writer_->Execute(pragma); !set.ok()) return set;
  }
  const auto id = writer_->Pragma("application_id");
  const auto version = writer_->Pragma("user_version");
  const auto tables = writer_->Pragma("schema_version");
  for (const auto* read : {&id, &version, &tables}) {
    if (!read->ok()) return read->status();
  }
  if (*tables != 0 && *id != kApplicationId) {
    return absl::FailedPreconditionError(
        absl::StrCat("`", options_.file,
                     "` is another program's database; name another "
                     "file as `decision_log.sqlite_file`"));
  }
  if (*version > kVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("decision log `", options_.file, "` is of version ",
                     *version, ", and this program knows up to ", kVersion,
                     "; start the program that wrote it, or a later one"));
  }
  return InTransaction([&]() -> absl::Status {
    for (int64_t v = *version; v < kVersion; ++v) {
      if (absl::Status done = writer_->Execute(kMigrations[v]); !done.ok()) {
        return done;
      }
    }
    // A log that cannot be written must not be opened.
    return writer_->Execute(absl::StrCat(
        "PRAGMA application_id = ", kApplicationId, "; PRAGMA user_version = ",
        kVersion, "; UPDATE state SET opened = opened + 1"));
  });
}

absl::Status SqliteDecisionStore::PrepareStatements() {
  const std::pair<SqliteStatement*, const char*> all[] = {
      {&statements_.insert_entry, "INSERT INTO entry VALUES(?,?,?,?,?,?)"},
      {&statements_.insert_request,
       "INSERT OR IGNORE INTO request VALUES(?,?)"},
      {&statements_.find_request, "SELECT sequence FROM request WHERE key = ?"},
      {&statements_.insert_keys, "INSERT INTO key_run VALUES(?,?)"},
      {&statements_.insert_tags, "INSERT INTO tag_run VALUES(?,?,?)"},
      {&statements_.add_count,
       "INSERT INTO tag_count VALUES(?,?,?) ON CONFLICT DO UPDATE SET "
       "count = count + excluded.count"},
      {&statements_.set_sealed, "UPDATE state SET sealed = ?"},
      {&statements_.set_head,
       "UPDATE state SET last = ?, head = ?, last_time = ?"}};
  for (const auto& [statement, sql] : all) {
    absl::StatusOr<SqliteStatement> prepared = writer_->Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return absl::OkStatus();
}

absl::Status SqliteDecisionStore::ReadState() {
  absl::MutexLock lock(&reader_mutex_);
  auto state = reader_->Prepare(
      "SELECT sealed, removed_to, last, head, last_time FROM state");
  if (!state.ok()) return state.status();
  absl::MutexLock tail(&tail_mutex_);
  if (state->Next()) {
    ends_.sealed = state->Number(0);
    ends_.removed_to = state->Number(1);
    ends_.last = state->Number(2);
    head_ = std::string(state->Bytes(3));
    last_time_ = absl::FromUnixMicros(state->Number(4));
  }
  return reader_->ToStatus(state->Done());
}

// What a failing disk loses is what was written last.
absl::Status SqliteDecisionStore::CheckEnd() {
  const Ends ends = Here();
  const int64_t first =
      std::max(ends.removed_to + 1, ends.last - kCheckedEntries);
  const auto entries = Read(first, kCheckedEntries + 1);
  if (!entries.ok()) return entries.status();
  if (ends.last > ends.removed_to &&
      (entries->empty() || entries->back().sequence != ends.last)) {
    return absl::DataLossError(absl::StrCat(
        "decision log `", options_.file, "` ends before entry ", ends.last,
        "; restore it from a backup, or move it away to begin a new one"));
  }
  for (size_t i = 1; i < entries->size(); ++i) {
    const StoredEntry& entry = (*entries)[i];
    if (entry.sequence == (*entries)[i - 1].sequence + 1 &&
        entry.link == ChainLink((*entries)[i - 1].link, entry.sequence,
                                entry.time, PayloadDigest(entry.payload))) {
      continue;
    }
    return absl::DataLossError(absl::StrCat(
        "decision log `", options_.file, "` is damaged at entry ",
        entry.sequence,
        "; `needlewise-rules audit` says how, restore it from a backup, or "
        "move it away to begin a new one"));
  }
  return absl::OkStatus();
}

absl::Status SqliteDecisionStore::ReadTail() {
  absl::MutexLock lock(&reader_mutex_);
  auto rows = reader_->Prepare(
      "SELECT sequence, time, terms FROM entry WHERE sequence >= ? "
      "ORDER BY sequence");
  if (!rows.ok()) return rows.status();
  absl::MutexLock tail(&tail_mutex_);
  rows->Bind(1, ends_.sealed * kSegmentEntries);
  std::vector<Term> keys;
  std::vector<Term> tags;
  while (rows->Next()) {
    keys.clear();
    tags.clear();
    if (!DecodeTerms(rows->Bytes(2), &keys, &tags)) {
      return reader_->ToStatus(SQLITE_CORRUPT);
    }
    AddToTail(rows->Number(0), DayOf(absl::FromUnixMicros(rows->Number(1))),
              keys, tags);
  }
  return reader_->ToStatus(rows->Done());
}

void SqliteDecisionStore::AddToTail(int64_t sequence, int64_t day,
                                    absl::Span<const Term> keys,
                                    absl::Span<const Term> tags) {
  const int64_t segment = SegmentOf(sequence);
  if (tail_.empty() || tail_.back().segment() != segment) {
    tail_.emplace_back(segment);
  }
  tail_.back().Add(sequence, day, keys, tags);
}

absl::Status SqliteDecisionStore::InTransaction(
    absl::FunctionRef<absl::Status()> work) {
  if (absl::Status begun = writer_->Execute("BEGIN IMMEDIATE"); !begun.ok()) {
    return begun;
  }
  absl::Status done = work();
  if (done.ok()) done = writer_->Execute("COMMIT");
  if (!done.ok() && writer_->InTransaction()) {
    // What this returns is of no use: a rollback that fails is made by the
    // next one to open the file.
    writer_->Execute("ROLLBACK").IgnoreError();
  }
  return done;
}

absl::Status SqliteDecisionStore::Insert(
    absl::Span<const NewEntry* const> entries, absl::Time time,
    std::vector<AppendResult>* results, std::string* head, int64_t* last) {
  for (const NewEntry* entry : entries) {
    const int64_t sequence = *last + 1;
    const auto key = static_cast<int64_t>(entry->request_key);
    if (key != 0) {
      const int result =
          statements_.insert_request.Bind(1, key).Bind(2, sequence).Run();
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
    *head = ChainLink(*head, sequence, time, entry->digest);
    const std::string terms = EncodeTerms(entry->keys, entry->tags);
    statements_.insert_entry.Bind(1, sequence)
        .Bind(2, absl::ToUnixMicros(time))
        .Bind(4, *head)
        .Bind(5, terms)
        .Bind(6, entry->payload);
    if (key != 0) {
      statements_.insert_entry.Bind(3, key);
    } else {
      statements_.insert_entry.BindNull(3);
    }
    const int result = statements_.insert_entry.Run();
    if (result != SQLITE_OK) return writer_->ToStatus(result);
    *last = sequence;
    results->push_back({sequence, false});
  }
  return writer_->ToStatus(statements_.set_head.Bind(1, *last)
                               .Bind(2, *head)
                               .Bind(3, absl::ToUnixMicros(time))
                               .Run());
}

absl::Status SqliteDecisionStore::Append(
    absl::Span<const NewEntry* const> entries, absl::Time now,
    std::vector<AppendResult>* results) {
  const absl::Time time =
      std::max(absl::FromUnixMicros(absl::ToUnixMicros(now)), last_time_);
  std::string head = head_;
  int64_t last = Here().last;
  results->clear();
  if (absl::Status appended = InTransaction(
          [&] { return Insert(entries, time, results, &head, &last); });
      !appended.ok()) {
    return appended;
  }
  head_ = std::move(head);
  last_time_ = time;
  {
    const int64_t day = DayOf(time);
    absl::MutexLock lock(&tail_mutex_);
    for (size_t i = 0; i < entries.size(); ++i) {
      if ((*results)[i].already_there) continue;
      AddToTail((*results)[i].sequence, day, entries[i]->keys,
                entries[i]->tags);
    }
    ends_.last = last;
  }
  // The entries are committed whether this succeeds or not; the next one to
  // fill a segment tries again.
  SealFullSegments().IgnoreError();
  return absl::OkStatus();
}

absl::Status SqliteDecisionStore::SealFullSegments() {
  while (true) {
    const SegmentIndex* full = nullptr;
    {
      absl::MutexLock lock(&tail_mutex_);
      if (tail_.empty() || tail_.front().segment() >= SegmentOf(ends_.last)) {
        return absl::OkStatus();
      }
      // Nobody but this thread changes a segment, and none a full one.
      full = &tail_.front();
    }
    int result = SQLITE_OK;
    const auto run = [&result](SqliteStatement* statement) {
      const int done = statement->Run();
      if (result == SQLITE_OK) result = done;
    };
    const absl::Status sealed = InTransaction([&] {
      full->SealKeys([&](int bucket, absl::string_view keys) {
        run(&statements_.insert_keys
                 .Bind(1, full->segment() * kKeyBuckets + bucket)
                 .Bind(2, keys));
      });
      full->SealTags([&](Term tag, absl::string_view offsets) {
        run(&statements_.insert_tags.Bind(1, static_cast<int64_t>(tag))
                 .Bind(2, full->segment())
                 .Bind(3, offsets));
      });
      full->CountTags([&](const TagCount& count) {
        run(&statements_.add_count.Bind(1, static_cast<int64_t>(count.tag))
                 .Bind(2, count.day)
                 .Bind(3, count.count));
      });
      run(&statements_.set_sealed.Bind(1, full->segment() + 1));
      return writer_->ToStatus(result);
    });
    if (!sealed.ok()) return sealed;
    absl::MutexLock lock(&tail_mutex_);
    ends_.sealed = full->segment() + 1;
    tail_.pop_front();
  }
}

absl::Status SqliteDecisionStore::PutArchive(absl::string_view digest,
                                             absl::string_view content) {
  return InTransaction([&]() -> absl::Status {
    auto insert = writer_->Prepare("INSERT OR IGNORE INTO archive VALUES(?,?)");
    if (!insert.ok()) return insert.status();
    return writer_->ToStatus(insert->Bind(1, digest).Bind(2, content).Run());
  });
}

absl::Status SqliteDecisionStore::Recover() {
  return InTransaction(
      [&] { return writer_->Execute("UPDATE state SET opened = opened + 1"); });
}

absl::StatusOr<PruneResult> SqliteDecisionStore::Prune(absl::Time before,
                                                       int64_t limit,
                                                       bool dry_run) {
  const Ends ends = Here();
  int64_t end = 0;
  bool more = false;
  StoredEntry last_removed;
  {
    absl::MutexLock lock(&reader_mutex_);
    const absl::StatusOr<int64_t> kept = FirstAt(before, ends);
    if (!kept.ok()) return kept.status();
    end = *kept;
    if (dry_run) return PruneResult{end - ends.removed_to - 1, false};
    end = std::min(end, ends.removed_to + 1 + limit);
    if (end <= ends.removed_to + 1) return PruneResult();
    const auto read = ReadEntry(end - 1, &last_removed);
    if (!read.ok()) return read.status();
    if (!*read) return reader_->ToStatus(SQLITE_CORRUPT);
    end = last_removed.sequence + 1;
    more = *kept > end;
  }
  const int64_t removed_to = end - 1;
  const absl::Status removed = InTransaction([&]() -> absl::Status {
    const int64_t segment = SegmentOf(end);
    if (absl::Status deleted = writer_->Execute(absl::StrCat(
            "DELETE FROM request WHERE key IN (SELECT request FROM entry "
            "WHERE sequence <= ",
            removed_to,
            " AND request IS NOT NULL);"
            "DELETE FROM entry WHERE sequence <= ",
            removed_to,
            segment == SegmentOf(ends.removed_to + 1)
                ? ";"
                : absl::StrCat("; DELETE FROM key_run WHERE id < ",
                               segment * kKeyBuckets,
                               "; DELETE FROM tag_run WHERE segment < ",
                               segment, ";")));
        !deleted.ok()) {
      return deleted;
    }
    auto state =
        writer_->Prepare("UPDATE state SET removed_to = ?, anchor = ?");
    if (!state.ok()) return state.status();
    return writer_->ToStatus(
        state->Bind(1, removed_to).Bind(2, last_removed.link).Run());
  });
  if (!removed.ok()) return removed;
  absl::MutexLock lock(&tail_mutex_);
  ends_.removed_to = removed_to;
  return PruneResult{removed_to - ends.removed_to, more};
}

absl::StatusOr<std::string> SqliteDecisionStore::GetArchive(
    absl::string_view digest) const {
  absl::MutexLock lock(&reader_mutex_);
  auto row = reader_->Prepare("SELECT content FROM archive WHERE digest = ?");
  if (!row.ok()) return row.status();
  row->Bind(1, digest);
  std::string content;
  const bool found = row->Next();
  if (found) content = std::string(row->Bytes(0));
  if (absl::Status read = reader_->ToStatus(row->Done()); !read.ok()) {
    return read;
  }
  if (!found) return absl::NotFoundError("is not in the archive");
  return content;
}

absl::StatusOr<bool> SqliteDecisionStore::ReadEntry(int64_t sequence,
                                                    StoredEntry* entry) const {
  auto row = reader_->Prepare(
      "SELECT time, link, payload FROM entry WHERE sequence = ?");
  if (!row.ok()) return row.status();
  row->Bind(1, sequence);
  const bool found = row->Next();
  if (found) {
    entry->sequence = sequence;
    entry->time = absl::FromUnixMicros(row->Number(0));
    entry->link = std::string(row->Bytes(1));
    entry->payload = std::string(row->Bytes(2));
  }
  if (absl::Status read = reader_->ToStatus(row->Done()); !read.ok()) {
    return read;
  }
  return found;
}

absl::StatusOr<int64_t> SqliteDecisionStore::FirstAt(absl::Time time,
                                                     const Ends& ends) const {
  int64_t low = ends.removed_to + 1;
  int64_t high = ends.last + 1;
  if (time == absl::InfinitePast()) return low;
  if (time == absl::InfiniteFuture()) return high;
  auto row = reader_->Prepare("SELECT time FROM entry WHERE sequence = ?");
  if (!row.ok()) return row.status();
  const int64_t micros = absl::ToUnixMicros(time);
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    row->Bind(1, middle);
    // One that has gone was earlier than all that are left.
    const bool earlier = !row->Next() || row->Number(0) < micros;
    if (absl::Status read = reader_->ToStatus(row->Done()); !read.ok()) {
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

absl::StatusOr<int64_t> SqliteDecisionStore::LastCandidate(
    const EntryQuery& query, int64_t segment) const {
  // A key says nothing of where it is; a tag has no row where it is not.
  if (!query.keys.empty() || query.tags.empty()) return segment;
  auto row = reader_->Prepare(
      "SELECT max(segment) FROM tag_run WHERE tag = ? AND segment <= ?");
  if (!row.ok()) return row.status();
  for (const Term tag : query.tags) {
    row->Bind(1, static_cast<int64_t>(tag)).Bind(2, segment);
    if (!row->Next()) segment = -1;
    // NULL, of which the bytes are none, where there is no such row.
    segment = row->Bytes(0).empty() ? -1 : row->Number(0);
    if (absl::Status read = reader_->ToStatus(row->Done()); !read.ok()) {
      return read;
    }
    if (segment < 0) break;
  }
  return segment;
}

absl::StatusOr<std::vector<Offset>> SqliteDecisionStore::Matches(
    const EntryQuery& query, int64_t segment, int64_t sealed) const {
  std::vector<Offset> found;
  bool first = true;
  // False once nothing can match any more.
  const auto narrow = [&](std::vector<Offset> places) {
    if (first) {
      found = std::move(places);
    } else {
      std::vector<Offset> both;
      std::set_intersection(found.begin(), found.end(), places.begin(),
                            places.end(), std::back_inserter(both));
      found = std::move(both);
    }
    first = false;
    return !found.empty();
  };
  if (segment >= sealed) {
    absl::MutexLock lock(&tail_mutex_);
    for (const SegmentIndex& index : tail_) {
      if (index.segment() != segment) continue;
      for (const Term key : query.keys) {
        if (!narrow(index.WithKey(key))) return found;
      }
      for (const Term tag : query.tags) {
        if (!narrow(index.WithTag(tag))) return found;
      }
      return found;
    }
    // It has been sealed since.
  }
  const auto read = [&](SqliteStatement* row, auto decode) -> absl::Status {
    std::vector<Offset> places;
    const bool good = !row->Next() || decode(row->Bytes(0), &places);
    const int result = row->Done();
    if (result != SQLITE_OK) return reader_->ToStatus(result);
    if (!good) return reader_->ToStatus(SQLITE_CORRUPT);
    narrow(std::move(places));
    return absl::OkStatus();
  };
  auto keys = reader_->Prepare("SELECT keys FROM key_run WHERE id = ?");
  if (!keys.ok()) return keys.status();
  for (const Term key : query.keys) {
    keys->Bind(1, segment * kKeyBuckets + BucketOf(key));
    if (absl::Status done = read(&*keys,
                                 [key](absl::string_view row, auto* places) {
                                   return FindKey(row, key, places);
                                 });
        !done.ok()) {
      return done;
    }
    if (found.empty()) return found;
  }
  if (query.tags.empty()) return found;
  auto tags = reader_->Prepare(
      "SELECT offsets FROM tag_run WHERE tag = ? AND segment = ?");
  if (!tags.ok()) return tags.status();
  for (const Term tag : query.tags) {
    tags->Bind(1, static_cast<int64_t>(tag)).Bind(2, segment);
    if (absl::Status done = read(&*tags, ReadOffsets); !done.ok()) return done;
    if (found.empty()) return found;
  }
  return found;
}

absl::StatusOr<EntryPage> SqliteDecisionStore::Find(
    const EntryQuery& query) const {
  absl::MutexLock lock(&reader_mutex_);
  const Ends ends = Here();
  const auto low = FirstAt(query.from, ends);
  if (!low.ok()) return low.status();
  const auto end = FirstAt(query.before, ends);
  if (!end.ok()) return end.status();
  // What is left to look at: from `*low` on and before `high`.
  int64_t high = std::min(*end, query.before_sequence);
  EntryPage page;
  const bool all = query.keys.empty() && query.tags.empty();
  for (int looked_at = 0; high > *low; ++looked_at) {
    if (looked_at == kSegmentsAPage) {
      page.next = high;
      return page;
    }
    int64_t segment = SegmentOf(high - 1);
    if (segment < ends.sealed && !all) {
      const auto candidate = LastCandidate(query, segment);
      if (!candidate.ok()) return candidate.status();
      segment = *candidate;
    }
    if (segment < SegmentOf(*low)) break;
    high = std::min(high, (segment + 1) * kSegmentEntries);
    const int64_t start = std::max(*low, segment * kSegmentEntries);
    std::vector<Offset> places;
    if (!all) {
      auto matches = Matches(query, segment, ends.sealed);
      if (!matches.ok()) return matches.status();
      places = *std::move(matches);
    }
    while (high > start) {
      int64_t sequence = high - 1;
      if (!all) {
        while (!places.empty() &&
               segment * kSegmentEntries + places.back() >= high) {
          places.pop_back();
        }
        if (places.empty()) break;
        sequence = segment * kSegmentEntries + places.back();
        if (sequence < start) break;
      }
      if (static_cast<int>(page.entries.size()) == query.limit) {
        page.next = high;
        return page;
      }
      StoredEntry entry;
      const auto found = ReadEntry(sequence, &entry);
      if (!found.ok()) return found.status();
      // It may have been removed meanwhile.
      if (*found) page.entries.push_back(std::move(entry));
      high = sequence;
    }
    high = start;
  }
  return page;
}

absl::StatusOr<std::vector<StoredEntry>> SqliteDecisionStore::Read(
    int64_t from, int limit) const {
  absl::MutexLock lock(&reader_mutex_);
  auto rows = reader_->Prepare(
      "SELECT sequence, time, link, payload FROM entry WHERE sequence >= ? "
      "ORDER BY sequence LIMIT ?");
  if (!rows.ok()) return rows.status();
  rows->Bind(1, from).Bind(2, int64_t{limit});
  std::vector<StoredEntry> entries;
  while (rows->Next()) {
    entries.push_back({rows->Number(0), absl::FromUnixMicros(rows->Number(1)),
                       std::string(rows->Bytes(2)),
                       std::string(rows->Bytes(3))});
  }
  if (absl::Status read = reader_->ToStatus(rows->Done()); !read.ok()) {
    return read;
  }
  return entries;
}

absl::StatusOr<std::vector<TagCount>> SqliteDecisionStore::CountTags(
    absl::Span<const Term> tags, int64_t first_day, int64_t end_day) const {
  absl::MutexLock lock(&reader_mutex_);
  std::vector<TagCount> counts;
  // In one reading, so that a segment that is sealed meanwhile is counted once.
  if (absl::Status begun = reader_->Execute("BEGIN"); !begun.ok()) return begun;
  absl::Status read = absl::OkStatus();
  {
    auto sealed = reader_->Prepare("SELECT sealed FROM state");
    auto rows = reader_->Prepare(
        "SELECT day, count FROM tag_count WHERE tag = ? AND day >= ? AND "
        "day < ? ORDER BY day");
    read.Update(sealed.status());
    read.Update(rows.status());
    int64_t unsealed = 0;
    if (read.ok()) {
      if (sealed->Next()) unsealed = sealed->Number(0);
      read.Update(reader_->ToStatus(sealed->Done()));
    }
    for (const Term tag : tags) {
      if (!read.ok()) break;
      std::vector<TagCount> of_tag;
      const auto add = [&](const TagCount& count) {
        if (count.day < first_day || count.day >= end_day) return;
        if (!of_tag.empty() && of_tag.back().day == count.day) {
          of_tag.back().count += count.count;
        } else {
          of_tag.push_back(count);
        }
      };
      rows->Bind(1, static_cast<int64_t>(tag))
          .Bind(2, first_day)
          .Bind(3, end_day);
      while (rows->Next()) add({tag, rows->Number(0), rows->Number(1)});
      read.Update(reader_->ToStatus(rows->Done()));
      absl::MutexLock tail(&tail_mutex_);
      for (const SegmentIndex& index : tail_) {
        if (index.segment() >= unsealed) index.CountTag(tag, add);
      }
      counts.insert(counts.end(), of_tag.begin(), of_tag.end());
    }
  }
  read.Update(reader_->Execute("COMMIT"));
  if (!read.ok()) return read;
  return counts;
}

absl::StatusOr<ChainEnds> SqliteDecisionStore::Chain() const {
  absl::MutexLock lock(&reader_mutex_);
  auto state =
      reader_->Prepare("SELECT removed_to, anchor, last, head FROM state");
  if (!state.ok()) return state.status();
  ChainEnds ends;
  if (state->Next()) {
    ends = {state->Number(0), std::string(state->Bytes(1)), state->Number(2),
            std::string(state->Bytes(3))};
  }
  if (absl::Status read = reader_->ToStatus(state->Done()); !read.ok()) {
    return read;
  }
  return ends;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DecisionStore>> OpenSqliteStore(
    const SqliteStoreOptions& options) {
  auto store = std::make_unique<SqliteDecisionStore>(options);
  if (absl::Status opened = store->Open(); !opened.ok()) return opened;
  return std::unique_ptr<DecisionStore>(std::move(store));
}

}  // namespace needlewise
