#include "server/decision_log/postgres_decision_store.h"

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "server/decision_log/postgres_for_decision_store.h"
#include "server/decision_log/postgres_schema.h"

namespace needlewise {
namespace {

constexpr char kCopyEntries[] =
    "COPY entry(sequence, time, request, link, keys, tags, payload) "
    "FROM STDIN (FORMAT binary)";
constexpr int16_t kCopyFields = 7;
constexpr size_t kWriterIdBytes = 16;

std::vector<int64_t> ToNumbers(const std::vector<Term>& terms) {
  return {terms.begin(), terms.end()};
}

void PutField(absl::string_view bytes, std::string* out) {
  PutBinary32(static_cast<int32_t>(bytes.size()), out);
  out->append(bytes.data(), bytes.size());
}

void PutNumberField(int64_t number, std::string* out) {
  PutBinary32(sizeof(number), out);
  PutBinary64(number, out);
}

// `place` is the end of the chain with the entry.
void PutRow(const ChainEnd& place, const NewEntry& entry, std::string* out) {
  PutBinary16(kCopyFields, out);
  PutNumberField(place.sequence, out);
  PutNumberField(absl::ToUnixMicros(place.time), out);
  if (entry.request_key == 0) {
    PutBinary32(-1, out);
  } else {
    PutNumberField(static_cast<int64_t>(entry.request_key), out);
  }
  PutField(place.link, out);
  PutField(PostgresValue::Numbers(ToNumbers(entry.keys)).text(), out);
  PutField(PostgresValue::Numbers(ToNumbers(entry.tags)).text(), out);
  PutField(entry.payload, out);
}

// The entries of rows of `sequence, time, link, payload`, at most `limit`.
std::vector<StoredEntry> ToEntries(const PostgresRows& rows, int limit) {
  std::vector<StoredEntry> entries;
  for (int i = 0; i < std::min(rows.size(), limit); ++i) {
    entries.push_back(
        {rows.Number(i, 0), absl::FromUnixMicros(rows.Number(i, 1)),
         std::string(rows.Bytes(i, 2)), std::string(rows.Bytes(i, 3))});
  }
  return entries;
}

class PostgresDecisionStore final : public DecisionStore {
 public:
  explicit PostgresDecisionStore(PostgresStoreOptions options)
      : options_(std::move(options)) {
    std::random_device random;
    while (writer_id_.size() < kWriterIdBytes) {
      writer_id_.push_back(static_cast<char>(random() & 0xFF));
    }
  }

  absl::Status Open();

  absl::Status Append(absl::Span<const NewEntry* const> entries, absl::Time now,
                      std::vector<AppendResult>* results) override {
    ++group_;
    return AppendGroup(entries, now, results);
  }
  absl::Status Retry(absl::Span<const NewEntry* const> entries, absl::Time now,
                     std::vector<AppendResult>* results) override {
    return AppendGroup(entries, now, results);
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
  using Values = std::vector<PostgresValue>;

  absl::StatusOr<std::unique_ptr<PostgresConnection>> Connect() const;
  absl::Status AppendGroup(absl::Span<const NewEntry* const> entries,
                           absl::Time now, std::vector<AppendResult>* results);
  // What has become of the entries, where the last group was committed.
  absl::Status ResultsOf(absl::Span<const NewEntry* const> entries,
                         int64_t sequence_before,
                         std::vector<AppendResult>* results);
  // Places of entries that have one of the request keys.
  absl::StatusOr<std::map<int64_t, int64_t>> FindRequests(
      absl::Span<const NewEntry* const> entries);
  // Makes the writer's connection usable, or says why not.
  absl::Status Ready();
  // As the reader's connection runs it, which is opened again where it broke.
  absl::StatusOr<PostgresRows> Query(const char* sql,
                                     const Values& values) const
      ABSL_LOCKS_EXCLUDED(reader_mutex_);

  const PostgresStoreOptions options_;

  // The writer's own. Null where it has to be opened again.
  std::unique_ptr<PostgresConnection> writer_;
  // Names this replica, and each of its groups.
  std::string writer_id_;
  int64_t group_ = 0;

  mutable absl::Mutex reader_mutex_;
  mutable std::unique_ptr<PostgresConnection> reader_
      ABSL_GUARDED_BY(reader_mutex_);
};

absl::StatusOr<std::unique_ptr<PostgresConnection>>
PostgresDecisionStore::Connect() const {
  auto connection =
      PostgresConnection::Open(options_.connection, options_.timeout);
  if (!connection.ok()) return connection.status();
  if (absl::Status set = (*connection)->Execute("SET search_path = needlewise");
      !set.ok()) {
    return set;
  }
  return connection;
}

absl::Status PostgresDecisionStore::Open() {
  auto reader = Connect();
  if (!reader.ok()) return reader.status();
  {
    absl::MutexLock lock(&reader_mutex_);
    reader_ = *std::move(reader);
  }
  if (options_.read_only) return absl::OkStatus();
  if (absl::Status ready = Ready(); !ready.ok()) return ready;
  return MigratePostgresLog(writer_.get());
}

absl::Status PostgresDecisionStore::Ready() {
  if (writer_ != nullptr && !writer_->broken()) return absl::OkStatus();
  writer_.reset();
  auto writer = Connect();
  if (!writer.ok()) return writer.status();
  writer_ = *std::move(writer);
  return absl::OkStatus();
}

absl::StatusOr<std::map<int64_t, int64_t>> PostgresDecisionStore::FindRequests(
    absl::Span<const NewEntry* const> entries) {
  std::map<int64_t, int64_t> places;
  std::vector<int64_t> keys;
  for (const NewEntry* entry : entries) {
    if (entry->request_key != 0) {
      keys.push_back(static_cast<int64_t>(entry->request_key));
    }
  }
  if (keys.empty()) return places;
  const auto rows = writer_->Run(
      "SELECT request, sequence FROM entry WHERE request = ANY($1)",
      {PostgresValue::Numbers(keys)});
  if (!rows.ok()) return rows.status();
  for (int i = 0; i < rows->size(); ++i) {
    places[rows->Number(i, 0)] = rows->Number(i, 1);
  }
  return places;
}

absl::Status PostgresDecisionStore::ResultsOf(
    absl::Span<const NewEntry* const> entries, int64_t sequence_before,
    std::vector<AppendResult>* results) {
  const auto places = FindRequests(entries);
  if (!places.ok()) return places.status();
  int64_t next = sequence_before + 1;
  for (const NewEntry* entry : entries) {
    const auto place = places->find(static_cast<int64_t>(entry->request_key));
    if (entry->request_key != 0 && place != places->end() &&
        place->second != next) {
      results->push_back({place->second, true});
    } else {
      results->push_back({next++, false});
    }
  }
  return absl::OkStatus();
}

absl::Status PostgresDecisionStore::AppendGroup(
    absl::Span<const NewEntry* const> entries, absl::Time now,
    std::vector<AppendResult>* results) {
  results->clear();
  if (absl::Status ready = Ready(); !ready.ok()) return ready;
  if (absl::Status begun = writer_->Execute("BEGIN"); !begun.ok()) return begun;
  // From here on no other replica appends, nor a former connection of this one
  // of which the server has not yet noticed that it is gone.
  const auto chain =
      writer_->Run("SELECT sequence, link, time FROM chain FOR UPDATE");
  if (!chain.ok()) return chain.status();
  const auto last = writer_->Run(
      "SELECT sequence_before FROM writer WHERE writer = $1 AND "
      "last_group = $2",
      {PostgresValue::Bytes(writer_id_), PostgresValue::Number(group_)});
  if (!last.ok()) return last.status();
  if (last->size() == 1) {
    // It was committed, and only the word of it was lost.
    if (absl::Status read = ResultsOf(entries, last->Number(0, 0), results);
        !read.ok()) {
      return read;
    }
    return writer_->Execute("COMMIT");
  }
  auto places = FindRequests(entries);
  if (!places.ok()) return places.status();
  const int64_t sequence_before = chain->Number(0, 0);
  ChainEnd end = {sequence_before, std::string(chain->Bytes(0, 1)),
                  absl::FromUnixMicros(chain->Number(0, 2))};
  end.MoveTimeTo(now);
  std::string rows;
  std::map<int64_t, int64_t> counts;
  for (const NewEntry* entry : entries) {
    if (entry->request_key != 0) {
      const auto [place, added] = places->emplace(
          static_cast<int64_t>(entry->request_key), end.sequence + 1);
      if (!added) {
        results->push_back({place->second, true});
        continue;
      }
    }
    end.Add(entry->digest);
    PutRow(end, *entry, &rows);
    for (const Term tag : entry->tags) ++counts[static_cast<int64_t>(tag)];
    results->push_back({end.sequence, false});
  }
  if (end.sequence > sequence_before) {
    if (absl::Status copied = writer_->Copy(kCopyEntries, rows); !copied.ok()) {
      return copied;
    }
  }
  std::vector<int64_t> tags;
  std::vector<int64_t> numbers;
  for (const auto& [tag, count] : counts) {
    tags.push_back(tag);
    numbers.push_back(count);
  }
  const auto moved = writer_->Run(
      "WITH moved AS ("
      "  UPDATE chain SET sequence = $1, link = $2, time = $3),"
      "noted AS ("
      "  INSERT INTO writer VALUES($4, $5, $6) ON CONFLICT(writer) DO UPDATE "
      "  SET last_group = $5, sequence_before = $6)"
      "INSERT INTO tag_count SELECT tag, $7, count "
      "FROM unnest($8, $9) AS counted(tag, count) "
      "ON CONFLICT(tag, day) DO UPDATE "
      "SET count = tag_count.count + excluded.count",
      {PostgresValue::Number(end.sequence), PostgresValue::Bytes(end.link),
       PostgresValue::Number(absl::ToUnixMicros(end.time)),
       PostgresValue::Bytes(writer_id_), PostgresValue::Number(group_),
       PostgresValue::Number(sequence_before),
       PostgresValue::Number(DayOf(end.time)), PostgresValue::Numbers(tags),
       PostgresValue::Numbers(numbers)});
  if (!moved.ok()) return moved.status();
  return writer_->Execute("COMMIT");
}

absl::Status PostgresDecisionStore::PutArchive(absl::string_view digest,
                                               absl::string_view content) {
  if (absl::Status ready = Ready(); !ready.ok()) return ready;
  return writer_
      ->Run("INSERT INTO archive VALUES($1, $2) ON CONFLICT DO NOTHING",
            {PostgresValue::Bytes(digest), PostgresValue::Bytes(content)})
      .status();
}

absl::Status PostgresDecisionStore::Recover() {
  writer_.reset();
  if (absl::Status ready = Ready(); !ready.ok()) return ready;
  return writer_->Run("SELECT id FROM chain").status();
}

absl::StatusOr<PruneResult> PostgresDecisionStore::Prune(absl::Time before,
                                                         int64_t limit,
                                                         bool dry_run) {
  const PostgresValue micros =
      PostgresValue::Number(absl::ToUnixMicros(before));
  if (dry_run) {
    const auto count =
        Query("SELECT count(*) FROM entry WHERE time < $1", {micros});
    if (!count.ok()) return count.status();
    return PruneResult{count->Number(0, 0), false};
  }
  if (absl::Status ready = Ready(); !ready.ok()) return ready;
  if (absl::Status begun = writer_->Execute("BEGIN"); !begun.ok()) return begun;
  const auto last = writer_->Run(
      "SELECT entry.sequence, entry.link, chain.removed_to FROM chain, entry "
      "WHERE entry.sequence <= chain.removed_to + $1 AND entry.time < $2 "
      "ORDER BY entry.sequence DESC LIMIT 1 FOR UPDATE OF chain",
      {PostgresValue::Number(limit), micros});
  if (!last.ok()) return last.status();
  PruneResult result;
  if (last->size() == 1) {
    const int64_t removed_to = last->Number(0, 0);
    result.entries = removed_to - last->Number(0, 2);
    result.more = result.entries == limit;
    for (const auto& deleted :
         {writer_->Run("DELETE FROM entry WHERE sequence <= $1",
                       {PostgresValue::Number(removed_to)}),
          writer_->Run("UPDATE chain SET removed_to = $1, anchor = $2",
                       {PostgresValue::Number(removed_to),
                        PostgresValue::Bytes(last->Bytes(0, 1))})}) {
      if (!deleted.ok()) return deleted.status();
    }
  }
  if (absl::Status done = writer_->Execute("COMMIT"); !done.ok()) return done;
  return result;
}

absl::StatusOr<PostgresRows> PostgresDecisionStore::Query(
    const char* sql, const Values& values) const {
  absl::MutexLock lock(&reader_mutex_);
  if (reader_ != nullptr && !reader_->broken()) {
    auto rows = reader_->Run(sql, values);
    if (rows.ok()) return rows;
  }
  // It may have broken while nobody used it.
  reader_.reset();
  auto reader = Connect();
  if (!reader.ok()) return reader.status();
  reader_ = *std::move(reader);
  return reader_->Run(sql, values);
}

absl::StatusOr<std::string> PostgresDecisionStore::GetArchive(
    absl::string_view digest) const {
  const auto rows = Query("SELECT content FROM archive WHERE digest = $1",
                          {PostgresValue::Bytes(digest)});
  if (!rows.ok()) return rows.status();
  if (rows->size() == 0) return absl::NotFoundError("is not in the archive");
  return std::string(rows->Bytes(0, 0));
}

absl::StatusOr<EntryPage> PostgresDecisionStore::Find(
    const EntryQuery& query) const {
  std::string sql =
      "SELECT sequence, time, link, payload FROM entry WHERE sequence < $1 "
      "AND time >= $2 AND time < $3";
  Values values = {
      PostgresValue::Number(query.before_sequence),
      PostgresValue::Number(absl::ToUnixMicros(query.from)),
      PostgresValue::Number(absl::ToUnixMicros(query.before)),
  };
  for (const auto& [column, terms] : {std::make_pair("keys", &query.keys),
                                      std::make_pair("tags", &query.tags)}) {
    if (terms->empty()) continue;
    values.push_back(PostgresValue::Numbers(ToNumbers(*terms)));
    absl::StrAppend(&sql, " AND ", column, " @> $", values.size());
  }
  values.push_back(PostgresValue::Number(int64_t{query.limit} + 1));
  absl::StrAppend(&sql, " ORDER BY sequence DESC LIMIT $", values.size());
  const auto rows = Query(sql.c_str(), values);
  if (!rows.ok()) return rows.status();
  EntryPage page;
  page.entries = ToEntries(*rows, query.limit);
  if (rows->size() > query.limit) page.next = page.entries.back().sequence;
  return page;
}

absl::StatusOr<std::vector<StoredEntry>> PostgresDecisionStore::Read(
    int64_t from, int limit) const {
  const auto rows = Query(
      "SELECT sequence, time, link, payload FROM entry WHERE sequence >= $1 "
      "ORDER BY sequence LIMIT $2",
      {PostgresValue::Number(from), PostgresValue::Number(limit)});
  if (!rows.ok()) return rows.status();
  return ToEntries(*rows, limit);
}

absl::StatusOr<std::vector<TagCount>> PostgresDecisionStore::CountTags(
    absl::Span<const Term> tags, int64_t first_day, int64_t end_day) const {
  const auto rows = Query(
      "SELECT tag, day, count FROM tag_count WHERE tag = ANY($1) AND "
      "day >= $2 AND day < $3",
      {PostgresValue::Numbers({tags.begin(), tags.end()}),
       PostgresValue::Number(first_day), PostgresValue::Number(end_day)});
  if (!rows.ok()) return rows.status();
  std::map<std::pair<Term, int64_t>, int64_t> by_tag;
  for (int i = 0; i < rows->size(); ++i) {
    by_tag[{static_cast<Term>(rows->Number(i, 0)), rows->Number(i, 1)}] =
        rows->Number(i, 2);
  }
  std::vector<TagCount> counts;
  for (const Term tag : tags) {
    for (auto at = by_tag.lower_bound({tag, first_day});
         at != by_tag.end() && at->first.first == tag; ++at) {
      counts.push_back({tag, at->first.second, at->second});
    }
  }
  return counts;
}

absl::StatusOr<ChainEnds> PostgresDecisionStore::Chain() const {
  const auto rows =
      Query("SELECT removed_to, anchor, sequence, link FROM chain", {});
  if (!rows.ok()) return rows.status();
  if (rows->size() != 1) {
    return absl::DataLossError("the end of the chain is missing");
  }
  return ChainEnds{rows->Number(0, 0), std::string(rows->Bytes(0, 1)),
                   rows->Number(0, 2), std::string(rows->Bytes(0, 3))};
}

}  // namespace

absl::StatusOr<std::unique_ptr<DecisionStore>> OpenPostgresStore(
    const PostgresStoreOptions& options) {
  auto store = std::make_unique<PostgresDecisionStore>(options);
  if (absl::Status opened = store->Open(); !opened.ok()) return opened;
  return std::unique_ptr<DecisionStore>(std::move(store));
}

}  // namespace needlewise
