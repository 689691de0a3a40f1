#include "server/decision_log/sqlite_log_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/decision_log/decision_store.h"

namespace needlewise {
namespace {

// Says that a file is ours: `NDLW`.
constexpr int64_t kApplicationId = 0x4E444C57;
// Of a new file. Twice what is usual, because records are appended many at a
// time, and writing costs by the page; larger ones are a burden where one comes
// alone.
constexpr int64_t kPageBytes = 8192;
// What the write-ahead log may hold before it is written into the file.
constexpr int64_t kCheckpointBytes = int64_t{32} << 20;
// Page caches, in KiB.
constexpr int kWriterCache = 8192;
constexpr int kReaderCache = 4096;

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
    )sql",
    // From here on `tag_run.offsets` may be bits, too, and keys of many
    // segments are merged.
    R"sql(
      CREATE TABLE key_group(
        id INTEGER PRIMARY KEY,    -- group and bucket
        keys BLOB NOT NULL) STRICT;
      ALTER TABLE state ADD COLUMN merged INTEGER NOT NULL DEFAULT 0;
    )sql"};
constexpr int64_t kVersion = std::size(kMigrations);

std::string Name(const std::string& file) {
  return absl::StrCat("decision log `", file, "`");
}

// Makes the file, for this user alone, where there is none.
absl::Status Touch(const std::string& file) {
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (made < 0) {
    return absl::UnavailableError(
        absl::StrCat(Name(file), " cannot be written: ", std::strerror(errno),
                     "; check the rights on the file and its folder"));
  }
  ::close(made);
  return absl::OkStatus();
}

absl::Status Configure(const SqliteConnection& writer,
                       const SqliteStoreOptions& options) {
  for (const std::string& pragma :
       {absl::StrCat("PRAGMA page_size = ", kPageBytes),
        std::string("PRAGMA journal_mode = WAL"),
        std::string("PRAGMA synchronous = FULL"),
        std::string("PRAGMA temp_store = MEMORY"),
        absl::StrCat("PRAGMA journal_size_limit = ", 2 * kCheckpointBytes),
        absl::StrCat("PRAGMA cache_size = -", kWriterCache)}) {
    if (absl::Status set = writer.Execute(pragma); !set.ok()) return set;
  }
  const auto page_bytes = writer.Pragma("page_size");
  if (!page_bytes.ok()) return page_bytes.status();
  const int64_t page = std::max<int64_t>(1, *page_bytes);
  if (absl::Status set = writer.Execute(absl::StrCat(
          "PRAGMA wal_autocheckpoint = ", kCheckpointBytes / page));
      !set.ok()) {
    return set;
  }
  if (options.max_bytes == 0) return absl::OkStatus();
  return writer.Execute(
      absl::StrCat("PRAGMA max_page_count = ", options.max_bytes / page));
}

absl::Status Migrate(const SqliteConnection& writer, const std::string& file) {
  const auto id = writer.Pragma("application_id");
  const auto version = writer.Pragma("user_version");
  const auto tables = writer.Pragma("schema_version");
  for (const auto* read : {&id, &version, &tables}) {
    if (!read->ok()) return read->status();
  }
  if (*tables != 0 && *id != kApplicationId) {
    return absl::FailedPreconditionError(
        absl::StrCat("`", file,
                     "` is another program's database; name another "
                     "file as `decision_log.sqlite_file`"));
  }
  if (*version > kVersion) return LaterVersion(Name(file), *version, kVersion);
  return writer.InTransaction([&]() -> absl::Status {
    for (int64_t v = *version; v < kVersion; ++v) {
      if (absl::Status done = writer.Execute(kMigrations[v]); !done.ok()) {
        return done;
      }
    }
    // A log that cannot be written must not be opened.
    return writer.Execute(absl::StrCat(
        "PRAGMA application_id = ", kApplicationId, "; PRAGMA user_version = ",
        kVersion, "; UPDATE state SET opened = opened + 1"));
  });
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteFileLock>> SqliteFileLock::Take(
    const std::string& file) {
  const std::string path = absl::StrCat(file, ".lock");
  const int lock = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) {
    return absl::UnavailableError(absl::StrCat(
        Name(file), " cannot be written: cannot make `", path,
        "`: ", std::strerror(errno),
        "; does its folder exist, and may this user write there?"));
  }
  auto taken = std::unique_ptr<SqliteFileLock>(new SqliteFileLock(lock));
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(Name(file),
                     " is in use by another server; stop it, or use another "
                     "file"));
  }
  return taken;
}

SqliteFileLock::~SqliteFileLock() { ::close(descriptor_); }

absl::StatusOr<std::unique_ptr<SqliteConnection>> OpenSqliteLog(
    const SqliteStoreOptions& options) {
  if (absl::Status made = Touch(options.file); !made.ok()) return made;
  auto writer = SqliteConnection::Open(options.file, true);
  if (!writer.ok()) return writer.status();
  if (absl::Status set = Configure(**writer, options); !set.ok()) return set;
  if (absl::Status done = Migrate(**writer, options.file); !done.ok()) {
    return done;
  }
  return writer;
}

absl::StatusOr<std::unique_ptr<SqliteConnection>> OpenSqliteLogToRead(
    const SqliteStoreOptions& options) {
  auto reader = SqliteConnection::Open(options.file, false);
  if (!reader.ok()) return reader.status();
  if (absl::Status set = (*reader)->Execute(
          absl::StrCat("PRAGMA cache_size = -", kReaderCache));
      !set.ok()) {
    return set;
  }
  if (!options.read_only) return reader;
  const auto id = (*reader)->Pragma("application_id");
  if (!id.ok()) return id.status();
  const auto version = (*reader)->Pragma("user_version");
  if (!version.ok()) return version.status();
  if (*id != kApplicationId || *version != kVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("`", options.file, "` is no decision log of this version",
                     *id == kApplicationId && *version < kVersion
                         ? "; a server that opens it brings it to this version"
                         : ""));
  }
  return reader;
}

}  // namespace needlewise
