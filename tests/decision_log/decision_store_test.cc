// One suite for every decision store.

#include "server/decision_log/decision_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/decision_log/segment_index.h"
#include "server/decision_log/sqlite_decision_store.h"
#include "tests/support/temporary_folder.h"

#ifdef NEEDLEWISE_WITH_POSTGRES
#include "server/decision_log/postgres_decision_store.h"
#include "tests/decision_log/postgres_server.h"
#endif

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kNoon = absl::FromUnixSeconds(1781870400);
constexpr int64_t kDay = 1781870400 / 86400;

NewEntry MakeEntry(const std::string& payload, uint64_t request_key = 0,
                   std::vector<Term> keys = {}, std::vector<Term> tags = {}) {
  NewEntry entry;
  entry.payload = payload;
  entry.digest = PayloadDigest(payload);
  entry.request_key = request_key;
  entry.keys = std::move(keys);
  entry.tags = std::move(tags);
  return entry;
}

// Where logs are kept: a place that can be opened again.
class Place {
 public:
  virtual ~Place() = default;
  virtual absl::StatusOr<std::unique_ptr<DecisionStore>> Open() = 0;
};

class SqlitePlace final : public Place {
 public:
  absl::StatusOr<std::unique_ptr<DecisionStore>> Open() override {
    return OpenSqliteStore({folder_.path() + "/log.db"});
  }

 private:
  TemporaryFolder folder_;
};

#ifdef NEEDLEWISE_WITH_POSTGRES
// One server for all tests of the program.
PostgresServer* TheServer(std::string* reason) {
  static std::string why;
  static std::unique_ptr<PostgresServer> server = PostgresServer::Start(&why);
  *reason = why;
  return server.get();
}

class PostgresPlace final : public Place {
 public:
  explicit PostgresPlace(PostgresServer* server) {
    static int count = 0;
    database_ = server->NewDatabase(absl::StrCat("log", ++count));
  }
  absl::StatusOr<std::unique_ptr<DecisionStore>> Open() override {
    return OpenPostgresStore({database_});
  }

 private:
  std::string database_;
};
#endif

enum class Kind { kSqlite, kPostgres };

class DecisionStoreTest : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::kSqlite) {
      place_ = std::make_unique<SqlitePlace>();
    } else {
#ifdef NEEDLEWISE_WITH_POSTGRES
      std::string reason;
      PostgresServer* server = TheServer(&reason);
      if (server == nullptr) GTEST_SKIP() << reason;
      place_ = std::make_unique<PostgresPlace>(server);
#else
      GTEST_SKIP() << "built without PostgreSQL";
#endif
    }
    Reopen();
  }

  void Reopen() {
    store_.reset();
    auto opened = place_->Open();
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

  std::vector<AppendResult> Append(const std::vector<NewEntry>& entries,
                                   absl::Time now = kNoon) {
    std::vector<const NewEntry*> pointers;
    for (const NewEntry& entry : entries) pointers.push_back(&entry);
    std::vector<AppendResult> results;
    const absl::Status appended = store_->Append(pointers, now, &results);
    EXPECT_TRUE(appended.ok()) << appended;
    return results;
  }

  std::vector<std::string> Payloads(const EntryQuery& query) {
    std::vector<std::string> payloads;
    EntryQuery next = query;
    do {
      const auto page = store_->Find(next);
      EXPECT_TRUE(page.ok()) << page.status();
      for (const StoredEntry& entry : page->entries) {
        payloads.push_back(entry.payload);
      }
      next.before_sequence = page->next;
    } while (next.before_sequence != 0);
    return payloads;
  }

  std::vector<StoredEntry> ReadAll() {
    auto entries = store_->Read(1, 1000000);
    EXPECT_TRUE(entries.ok()) << entries.status();
    return *std::move(entries);
  }

  // The chain, link by link.
  void ExpectChainHolds() {
    const auto ends = store_->Chain();
    ASSERT_TRUE(ends.ok()) << ends.status();
    std::string former = ends->anchor;
    int64_t sequence = ends->removed_to;
    for (const StoredEntry& entry : ReadAll()) {
      EXPECT_EQ(entry.sequence, ++sequence);
      former =
          ChainLink(former, sequence, entry.time, PayloadDigest(entry.payload));
      EXPECT_EQ(entry.link, former) << "at " << sequence;
    }
    EXPECT_EQ(sequence, ends->last);
    EXPECT_EQ(former, ends->head);
  }

  std::unique_ptr<Place> place_;
  std::unique_ptr<DecisionStore> store_;
};

TEST_P(DecisionStoreTest, KeepsEntriesInOrderAcrossAReopening) {
  Append({MakeEntry("a"), MakeEntry("b")});
  Reopen();
  Append({MakeEntry("c")}, kNoon + absl::Seconds(1));
  const auto entries = store_->Read(1, 10);
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_THAT(*entries, SizeIs(3));
  EXPECT_EQ((*entries)[0].payload, "a");
  EXPECT_EQ((*entries)[2].payload, "c");
  EXPECT_EQ((*entries)[2].sequence, 3);
  EXPECT_EQ((*entries)[2].time, kNoon + absl::Seconds(1));
  ExpectChainHolds();
}

TEST_P(DecisionStoreTest, AppendsOneEntryForARequestKey) {
  EXPECT_FALSE(Append({MakeEntry("a", 7)})[0].already_there);
  Reopen();
  const auto again = Append({MakeEntry("b", 8), MakeEntry("a", 7),
                             MakeEntry("b", 8), MakeEntry("c")});
  EXPECT_FALSE(again[0].already_there);
  EXPECT_TRUE(again[1].already_there);
  EXPECT_EQ(again[1].sequence, 1);
  EXPECT_TRUE(again[2].already_there);
  EXPECT_EQ(again[2].sequence, again[0].sequence);
  EXPECT_FALSE(again[3].already_there);
  EXPECT_THAT(Payloads({}), ElementsAre("c", "b", "a"));
  ExpectChainHolds();
}

TEST_P(DecisionStoreTest, FindsByEveryTermNewestFirst) {
  Append({MakeEntry("a", 0, {1}, {10, 20}), MakeEntry("b", 0, {2}, {10}),
          MakeEntry("c", 0, {1}, {20, 10}), MakeEntry("d", 0, {}, {})});
  for (const bool reopened : {false, true}) {
    if (reopened) Reopen();
    EntryQuery query;
    query.keys = {1};
    EXPECT_THAT(Payloads(query), ElementsAre("c", "a"));
    query.tags = {10, 20};
    query.limit = 1;
    EXPECT_THAT(Payloads(query), ElementsAre("c", "a"));
    query.keys = {};
    query.tags = {10};
    EXPECT_THAT(Payloads(query), ElementsAre("c", "b", "a"));
    query.tags = {10, 99};
    EXPECT_THAT(Payloads(query), IsEmpty());
    query.tags = {};
    query.keys = {99};
    EXPECT_THAT(Payloads(query), IsEmpty());
  }
}

TEST_P(DecisionStoreTest, FindsByTime) {
  for (int i = 0; i < 4; ++i) {
    Append({MakeEntry(absl::StrCat(i), 0, {}, {5})}, kNoon + absl::Hours(i));
  }
  EntryQuery query;
  query.from = kNoon + absl::Hours(1);
  query.before = kNoon + absl::Hours(3);
  EXPECT_THAT(Payloads(query), ElementsAre("2", "1"));
  query.tags = {5};
  EXPECT_THAT(Payloads(query), ElementsAre("2", "1"));
  query.from = kNoon + absl::Hours(9);
  query.before = absl::InfiniteFuture();
  EXPECT_THAT(Payloads(query), IsEmpty());
}

TEST_P(DecisionStoreTest, PagesStayTheSameWhileEntriesAreAppended) {
  for (int i = 0; i < 6; ++i) Append({MakeEntry(absl::StrCat(i), 0, {}, {5})});
  EntryQuery query;
  query.tags = {5};
  query.limit = 2;
  std::vector<std::string> seen;
  do {
    const auto page = store_->Find(query);
    ASSERT_TRUE(page.ok());
    for (const auto& entry : page->entries) seen.push_back(entry.payload);
    query.before_sequence = page->next;
    Append({MakeEntry("later", 0, {}, {5})});
  } while (query.before_sequence != 0);
  EXPECT_THAT(seen, ElementsAre("5", "4", "3", "2", "1", "0"));
}

TEST_P(DecisionStoreTest, AClockThatStepsBackDoesNotTurnTimeRound) {
  Append({MakeEntry("a")}, kNoon);
  Append({MakeEntry("b")}, kNoon - absl::Hours(5));
  Reopen();
  Append({MakeEntry("c")}, kNoon - absl::Hours(9));
  for (const StoredEntry& entry : ReadAll()) {
    EXPECT_EQ(entry.time, kNoon);
  }
  ExpectChainHolds();
}

TEST_P(DecisionStoreTest, CountsTagsByDay) {
  Append({MakeEntry("a", 0, {}, {1, 2}), MakeEntry("b", 0, {}, {1})});
  Append({MakeEntry("c", 0, {}, {1})}, kNoon + absl::Hours(24));
  const auto counts = store_->CountTags({1, 2, 3}, 0, kDay + 2);
  ASSERT_TRUE(counts.ok()) << counts.status();
  ASSERT_THAT(*counts, SizeIs(3));
  EXPECT_EQ((*counts)[0].day, kDay);
  EXPECT_EQ((*counts)[0].count, 2);
  EXPECT_EQ((*counts)[1].day, kDay + 1);
  EXPECT_EQ((*counts)[1].count, 1);
  EXPECT_EQ((*counts)[2].tag, 2u);
  EXPECT_THAT(*store_->CountTags({1}, kDay + 1, kDay + 2), SizeIs(1));
  EXPECT_THAT(*store_->CountTags({1}, kDay + 2, kDay + 9), IsEmpty());
}

TEST_P(DecisionStoreTest, ArchivesOnce) {
  EXPECT_EQ(store_->GetArchive("x").status().code(),
            absl::StatusCode::kNotFound);
  const std::string content("with\0zero", 9);
  ASSERT_TRUE(store_->PutArchive("x", content).ok());
  ASSERT_TRUE(store_->PutArchive("x", "other").ok());
  Reopen();
  EXPECT_EQ(*store_->GetArchive("x"), content);
}

TEST_P(DecisionStoreTest, PrunesFromTheFrontAndKeepsTheChain) {
  for (int i = 0; i < 5; ++i) {
    Append({MakeEntry(absl::StrCat(i), 100 + i, {}, {5})},
           kNoon + absl::Hours(i));
  }
  const absl::Time before = kNoon + absl::Hours(3);
  EXPECT_EQ(store_->Prune(before, 1, true)->entries, 3);
  EXPECT_THAT(Payloads({}), SizeIs(5));
  const auto first = store_->Prune(before, 2, false);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->entries, 2);
  EXPECT_TRUE(first->more);
  EXPECT_EQ(store_->Prune(before, 2, false)->entries, 1);
  EXPECT_EQ(store_->Prune(before, 2, false)->entries, 0);
  EXPECT_THAT(Payloads({}), ElementsAre("4", "3"));
  ExpectChainHolds();
  Reopen();
  ExpectChainHolds();
  EXPECT_EQ(store_->Prune(absl::InfiniteFuture(), 100, false)->entries, 2);
  Reopen();
  // What is gone is not reused: neither its place, nor its link.
  EXPECT_EQ(Append({MakeEntry("next")})[0].sequence, 6);
  ExpectChainHolds();
}

TEST_P(DecisionStoreTest, FindsAndCountsInSegmentsThatAreSealed) {
  const int64_t many = kSegmentEntries + 500;
  std::vector<NewEntry> group;
  for (int64_t i = 1; i <= many; ++i) {
    group.push_back(MakeEntry(absl::StrCat(i), 0, {static_cast<Term>(i % 4000)},
                              {i == 17 ? Term{71} : Term{70}}));
    if (group.size() == 1000 || i == many) {
      Append(group);
      group.clear();
    }
  }
  for (const bool reopened : {false, true}) {
    if (reopened) Reopen();
    EntryQuery query;
    query.keys = {123};
    EXPECT_THAT(Payloads(query),
                ElementsAre("16123", "12123", "8123", "4123", "123"));
    query.keys = {};
    query.tags = {71};
    EXPECT_THAT(Payloads(query), ElementsAre("17"));
    query.tags = {70};
    query.limit = 1000;
    EXPECT_THAT(Payloads(query), SizeIs(many - 1));
    const auto counts = store_->CountTags({70, 71}, 0, kDay + 1);
    ASSERT_THAT(*counts, SizeIs(2));
    EXPECT_EQ((*counts)[0].count, many - 1);
    EXPECT_EQ((*counts)[1].count, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(, DecisionStoreTest,
                         ::testing::Values(Kind::kSqlite, Kind::kPostgres),
                         [](const auto& info) {
                           return info.param == Kind::kSqlite ? "Sqlite"
                                                              : "Postgres";
                         });

// What only one of them has.

class SqliteStoreTest : public ::testing::Test {
 protected:
  std::string File() const { return folder_.path() + "/log.db"; }

  void WriteSome(int entries) {
    auto store = OpenSqliteStore({File()});
    ASSERT_TRUE(store.ok()) << store.status();
    for (int i = 0; i < entries; ++i) {
      const NewEntry entry = MakeEntry(absl::StrCat("entry ", i));
      const NewEntry* pointer = &entry;
      std::vector<AppendResult> results;
      ASSERT_TRUE((*store)->Append({&pointer, 1}, kNoon, &results).ok());
    }
  }

  // Changes the file as nobody should.
  void Execute(const char* sql) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(File().c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    ASSERT_EQ(sqlite3_close(database), SQLITE_OK);
  }

  TemporaryFolder folder_;
};

TEST_F(SqliteStoreTest, TwoServersDoNotShareAFile) {
  const auto first = OpenSqliteStore({File()});
  ASSERT_TRUE(first.ok());
  const auto second = OpenSqliteStore({File()});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(second.status().message(), HasSubstr("in use by another server"));
}

TEST_F(SqliteStoreTest, RefusesWhatIsNoDatabase) {
  std::ofstream(File()) << std::string(8192, 'x');
  const auto opened = OpenSqliteStore({File()});
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(opened.status().message(), HasSubstr("restore it from a backup"));
}

TEST_F(SqliteStoreTest, RefusesALogWhoseEndIsDamaged) {
  WriteSome(20);
  std::string bytes;
  {
    std::ifstream in(File(), std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  const size_t at = bytes.find("entry 12");
  ASSERT_NE(at, std::string::npos);
  bytes[at] = 'E';
  std::ofstream(File(), std::ios::binary) << bytes;
  const auto opened = OpenSqliteStore({File()});
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(opened.status().message(), HasSubstr("damaged at entry 13"));
}

TEST_F(SqliteStoreTest, RefusesALogOfALaterVersion) {
  WriteSome(1);
  Execute("PRAGMA user_version = 99");
  const auto opened = OpenSqliteStore({File()});
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(opened.status().message(), HasSubstr("of version 99"));
}

TEST_F(SqliteStoreTest, BringsALogOfTheFirstVersionToThisOne) {
  WriteSome(20);
  Execute(
      "DROP TABLE key_group; ALTER TABLE state DROP COLUMN merged;"
      "PRAGMA user_version = 1");
  // Who only reads does not change it.
  EXPECT_THAT(OpenSqliteStore({File(), true}).status().message(),
              HasSubstr("a server that opens it"));
  WriteSome(5);
  const auto store = OpenSqliteStore({File()});
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_THAT(*(*store)->Read(1, 100), SizeIs(25));
}

// In the first group every key is found through merged rows, some of which are
// of this bucket's and some not yet.
TEST_F(SqliteStoreTest, FindsKeysInGroupsThatAreMerged) {
  constexpr int64_t kMany = (kGroupSegments + 8) * kSegmentEntries;
  constexpr int64_t kGroup = 8192;
  constexpr Term kSpread = 0x9e3779b97f4a7c15;
  auto store = OpenSqliteStore({File()});
  ASSERT_TRUE(store.ok()) << store.status();
  std::vector<NewEntry> group(kGroup, MakeEntry("-"));
  std::vector<const NewEntry*> pointers;
  for (const NewEntry& entry : group) pointers.push_back(&entry);
  std::vector<AppendResult> results;
  for (int64_t next = 1; next <= kMany; next += kGroup) {
    for (int64_t i = 0; i < kGroup; ++i) {
      group[static_cast<size_t>(i)].keys = {static_cast<Term>((next + i) / 2) *
                                            kSpread};
    }
    ASSERT_TRUE((*store)->Append(pointers, kNoon, &results).ok());
  }
  for (const bool reopened : {false, true}) {
    if (reopened) {
      store->reset();
      store = OpenSqliteStore({File()});
      ASSERT_TRUE(store.ok()) << store.status();
    }
    for (int64_t i = 1; i <= kMany; i += 997) {
      EntryQuery query;
      query.keys = {static_cast<Term>(i / 2) * kSpread};
      const auto page = (*store)->Find(query);
      ASSERT_TRUE(page.ok()) << page.status();
      std::vector<int64_t> places;
      for (const auto& entry : page->entries) places.push_back(entry.sequence);
      std::vector<int64_t> expected;
      for (const int64_t place : {i / 2 * 2 + 1, i / 2 * 2}) {
        if (place >= 1 && place <= kMany) expected.push_back(place);
      }
      EXPECT_EQ(places, expected) << i;
    }
    EntryQuery nowhere;
    nowhere.keys = {static_cast<Term>(kMany) * kSpread};
    EXPECT_THAT((*store)->Find(nowhere)->entries, IsEmpty());
  }
  // What is removed is not found any more.
  const auto pruned =
      (*store)->Prune(absl::InfiniteFuture(), 3 * kSegmentEntries, false);
  ASSERT_TRUE(pruned.ok()) << pruned.status();
  EntryQuery gone;
  gone.keys = {Term{100} * kSpread};
  EXPECT_THAT((*store)->Find(gone)->entries, IsEmpty());
  gone.keys = {static_cast<Term>(2 * kSegmentEntries) * kSpread};
  EXPECT_THAT((*store)->Find(gone)->entries, SizeIs(2));
}

TEST_F(SqliteStoreTest, SaysThatThereIsNoFolder) {
  const auto opened = OpenSqliteStore({folder_.path() + "/none/log.db"});
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(opened.status().message(), HasSubstr("does its folder exist"));
}

TEST_F(SqliteStoreTest, AFullDiskLosesNothingAndIsRecoveredFrom) {
  std::vector<AppendResult> results;
  const NewEntry large = MakeEntry(std::string(3000, 'x'));
  const NewEntry* pointer = &large;
  int appended = 0;
  {
    const auto store = OpenSqliteStore({File(), false, 40 * 8192});
    ASSERT_TRUE(store.ok()) << store.status();
    absl::Status status;
    while (status.ok() && appended < 1000) {
      status = (*store)->Append({&pointer, 1}, kNoon, &results);
      if (status.ok()) ++appended;
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(status.message(), HasSubstr("make room"));
    EXPECT_GT(appended, 5);
  }
  const auto store = OpenSqliteStore({File()});
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_THAT(*(*store)->Read(1, 1000), SizeIs(appended));
  EXPECT_TRUE((*store)->Append({&pointer, 1}, kNoon, &results).ok());
  EXPECT_EQ(results[0].sequence, appended + 1);
}

#ifdef NEEDLEWISE_WITH_POSTGRES
TEST(PostgresStoreTest, ReplicasShareOneChain) {
  std::string reason;
  PostgresServer* server = TheServer(&reason);
  if (server == nullptr) GTEST_SKIP() << reason;
  const std::string database = server->NewDatabase("shared");
  const auto one = OpenPostgresStore({database});
  const auto two = OpenPostgresStore({database});
  ASSERT_TRUE(one.ok()) << one.status();
  ASSERT_TRUE(two.ok()) << two.status();
  std::vector<AppendResult> results;
  for (int i = 0; i < 10; ++i) {
    const NewEntry entry = MakeEntry(absl::StrCat(i), 1000 + i / 2);
    const NewEntry* pointer = &entry;
    ASSERT_TRUE((i % 2 == 0 ? *one : *two)
                    ->Append({&pointer, 1}, kNoon, &results)
                    .ok());
    EXPECT_EQ(results[0].already_there, i % 2 == 1);
  }
  EXPECT_THAT(*(*two)->Read(1, 100), SizeIs(5));
  EXPECT_EQ((*one)->Chain()->head, (*two)->Chain()->head);
}

TEST(PostgresStoreTest, AppendsOnceAcrossABrokenConnection) {
  std::string reason;
  PostgresServer* server = TheServer(&reason);
  if (server == nullptr) GTEST_SKIP() << reason;
  const auto store = OpenPostgresStore({server->NewDatabase("broken")});
  ASSERT_TRUE(store.ok()) << store.status();
  std::vector<AppendResult> results;
  const NewEntry entry = MakeEntry("once");
  const NewEntry* pointer = &entry;
  ASSERT_TRUE((*store)->Append({&pointer, 1}, kNoon, &results).ok());
  // The group was committed, and the word of it lost.
  server->BreakConnections();
  ASSERT_TRUE((*store)->Recover().ok());
  ASSERT_TRUE((*store)->Retry({&pointer, 1}, kNoon, &results).ok());
  EXPECT_EQ(results[0].sequence, 1);
  EXPECT_FALSE(results[0].already_there);
  // The group was not.
  server->BreakConnections();
  EXPECT_FALSE((*store)->Append({&pointer, 1}, kNoon, &results).ok());
  ASSERT_TRUE((*store)->Recover().ok());
  ASSERT_TRUE((*store)->Retry({&pointer, 1}, kNoon, &results).ok());
  EXPECT_EQ(results[0].sequence, 2);
  EXPECT_THAT(*(*store)->Read(1, 10), SizeIs(2));
}

TEST(PostgresStoreTest, RefusesTablesOfALaterVersion) {
  std::string reason;
  PostgresServer* server = TheServer(&reason);
  if (server == nullptr) GTEST_SKIP() << reason;
  const std::string database = server->NewDatabase("later");
  ASSERT_TRUE(OpenPostgresStore({database}).ok());
  server->Execute("later", "INSERT INTO needlewise.version VALUES(99)");
  const auto opened = OpenPostgresStore({database});
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(opened.status().message(), HasSubstr("of version 99"));
}
#endif

}  // namespace
}  // namespace needlewise
