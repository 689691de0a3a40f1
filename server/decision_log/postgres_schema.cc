#include "server/decision_log/postgres_schema.h"

#include <cstdint>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "server/decision_log/decision_store.h"

namespace needlewise {
namespace {

// Keeps replicas that start together from making the tables twice.
constexpr char kMigrationLock[] =
    "SELECT pg_advisory_xact_lock(8209871136482713)";

// One after the other they make an empty schema one of this version. A script
// is never changed once released; what has to change is a new one.
constexpr const char* kMigrations[] = {
    R"sql(
      CREATE TABLE entry(
        sequence bigint PRIMARY KEY,
        time bigint NOT NULL,      -- microseconds since 1970
        request bigint UNIQUE,     -- request key
        link bytea NOT NULL,
        keys bigint[] NOT NULL,
        tags bigint[] NOT NULL,
        payload bytea NOT NULL);
      CREATE INDEX entry_keys ON entry USING gin(keys);
      CREATE INDEX entry_tags ON entry USING gin(tags);
      CREATE INDEX entry_time ON entry USING brin(time);
      CREATE TABLE tag_count(
        tag bigint NOT NULL,
        day bigint NOT NULL,       -- since 1970
        count bigint NOT NULL,
        PRIMARY KEY(tag, day));
      CREATE TABLE archive(
        digest bytea PRIMARY KEY,
        content bytea NOT NULL);
      -- The end of the chain; whoever appends holds its only row.
      CREATE TABLE chain(
        id bigint PRIMARY KEY CHECK(id = 1),
        sequence bigint NOT NULL,
        link bytea NOT NULL,
        time bigint NOT NULL,
        removed_to bigint NOT NULL,
        anchor bytea NOT NULL);
      INSERT INTO chain VALUES(1, 0, '', 0, 0, '');
      -- The last group that each replica has committed.
      CREATE TABLE writer(
        writer bytea PRIMARY KEY,
        last_group bigint NOT NULL,
        sequence_before bigint NOT NULL);
    )sql"};
constexpr int64_t kVersion = std::size(kMigrations);

}  // namespace

absl::Status MigratePostgresLog(PostgresConnection* writer) {
  for (const char* step :
       {"BEGIN", kMigrationLock, "CREATE SCHEMA IF NOT EXISTS needlewise",
        "CREATE TABLE IF NOT EXISTS version(version bigint NOT NULL)"}) {
    if (absl::Status done = writer->Execute(step); !done.ok()) return done;
  }
  auto read = writer->Run("SELECT coalesce(max(version), 0) FROM version");
  if (!read.ok()) return read.status();
  const int64_t version = read->Number(0, 0);
  if (version > kVersion) {
    return LaterVersion("the decision log in PostgreSQL", version, kVersion);
  }
  for (int64_t v = version; v < kVersion; ++v) {
    if (absl::Status done = writer->Execute(absl::StrCat(
            kMigrations[v], "INSERT INTO version VALUES(", v + 1, ")"));
        !done.ok()) {
      return done;
    }
  }
  return writer->Execute("COMMIT");
}

}  // namespace needlewise
