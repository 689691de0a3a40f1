#include "server/decision_log/decision_queries.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "needlewise/log/v1/log_entry.pb.h"
#include "rules/engine/partial_date.h"
#include "rules/engine/violation.h"
#include "server/decision_log/decision_recorder.h"
#include "server/decision_log/replay.h"
#include "server/decision_log/shadow.h"
#include "server/sha256.h"
#include "server/status.h"

namespace needlewise {
namespace {

constexpr int kUsualPage = 100;
constexpr int kLargestPage = 1000;
constexpr size_t kLongestToken = 128;
constexpr size_t kTokenHash = 12;
// How many entries a page may pass over that are no decisions, or only hash
// like what is sought.
constexpr int kMostPages = 8;

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  google::protobuf::Timestamp stamp;
  const int64_t micros = absl::ToUnixMicros(time);
  stamp.set_seconds(micros / 1000000);
  stamp.set_nanos(static_cast<int32_t>(micros % 1000000 * 1000));
  return stamp;
}

absl::Time FromTimestamp(const google::protobuf::Timestamp& stamp) {
  return absl::FromUnixSeconds(stamp.seconds()) +
         absl::Nanoseconds(stamp.nanos());
}

// Stands for the filter of a list.
std::string HashFilter(v1::ListDecisionsRequest filter) {
  filter.clear_page_size();
  filter.clear_page_token();
  return absl::BytesToHexString(
             Sha256().Add(filter.SerializeAsString()).Finish())
      .substr(0, kTokenHash);
}

std::string MakeToken(const v1::ListDecisionsRequest& request, int64_t next) {
  return absl::WebSafeBase64Escape(
      absl::StrCat(next, "/", HashFilter(request)));
}

// Where the page begins; a violation where the token is not one of ours.
int64_t ReadToken(const v1::ListDecisionsRequest& request,
                  Violations* violations) {
  std::string text;
  std::vector<absl::string_view> parts;
  int64_t next = 0;
  if (request.page_token().size() <= kLongestToken &&
      absl::WebSafeBase64Unescape(request.page_token(), &text)) {
    parts = absl::StrSplit(text, '/');
  }
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &next) || next <= 0) {
    violations->push_back(
        {"page_token", "is not the token of a page; leave it empty"});
  } else if (parts[1] != HashFilter(request)) {
    violations->push_back(
        {"page_token",
         "is of a list with another filter; start again without it"});
  }
  return next;
}

// Calls `visit` with each treatment of a record.
template <typename Visit>
void VisitTreatments(const v1::DecisionRecord& record, Visit visit) {
  for (const auto& treatment : record.decision().treatments()) {
    visit(treatment);
  }
  if (record.has_add_on_decision()) {
    visit(record.add_on_decision().base());
    for (const auto& add_on : record.add_on_decision().add_ons()) {
      visit(add_on.screening());
    }
    for (const auto& pair : record.add_on_decision().combinations()) {
      visit(pair.screening());
    }
  }
  for (const auto& screening : record.plan().screening()) visit(screening);
}

// What the terms, which are hashes, only make likely.
bool Matches(const v1::ListDecisionsRequest& filter,
             const v1::DecisionRecord& record) {
  if (!filter.caller().empty() && filter.caller() != record.caller()) {
    return false;
  }
  if (!filter.subject_hash().empty() &&
      filter.subject_hash() != record.subject_hash()) {
    return false;
  }
  bool verdict = filter.verdict() == v1::VERDICT_UNSPECIFIED;
  bool rule = filter.rule_id().empty();
  bool treatment = filter.treatment().empty();
  VisitTreatments(record, [&](const v1::TreatmentDecision& decided) {
    verdict = verdict || decided.verdict() == filter.verdict();
    treatment = treatment || decided.treatment() == filter.treatment();
    for (const v1::AreaDecision& area : decided.areas()) {
      for (const v1::FiredRule& fired : area.fired()) {
        rule = rule || fired.rule_id() == filter.rule_id();
      }
    }
  });
  return verdict && rule && treatment;
}

EntryQuery ToQuery(const v1::ListDecisionsRequest& request) {
  EntryQuery query;
  if (!request.subject_hash().empty()) {
    query.keys.push_back(MakeTerm(TermKind::kSubject, request.subject_hash()));
  }
  if (request.verdict() != v1::VERDICT_UNSPECIFIED) {
    query.tags.push_back(MakeTerm(
        TermKind::kVerdict, absl::StrCat(static_cast<int>(request.verdict()))));
  }
  if (!request.rule_id().empty()) {
    query.tags.push_back(MakeTerm(TermKind::kRuleFired, request.rule_id()));
  }
  if (!request.treatment().empty()) {
    query.tags.push_back(MakeTerm(TermKind::kTreatment, request.treatment()));
  }
  if (!request.caller().empty()) {
    query.tags.push_back(MakeTerm(TermKind::kCaller, request.caller()));
  }
  if (request.has_committed_from()) {
    query.from = FromTimestamp(request.committed_from());
  }
  if (request.has_committed_before()) {
    query.before = FromTimestamp(request.committed_before());
  }
  return query;
}

// Days since 1970, or a violation.
int64_t ReadDay(const std::string& text, const char* field, int64_t otherwise,
                Violations* violations) {
  if (text.empty()) return otherwise;
  const auto day = ParseWholeDate(text);
  if (day.has_value()) return *day;
  violations->push_back({field, "is not a date that exists; write YYYY-MM-DD"});
  return otherwise;
}

}  // namespace

absl::StatusOr<v1::DecisionRecord> ToDecisionRecord(const StoredEntry& entry) {
  log::v1::LogEntry parsed;
  if (!parsed.ParseFromString(entry.payload)) {
    return absl::DataLossError(
        absl::StrCat("entry ", entry.sequence, " of the log is damaged"));
  }
  if (!parsed.has_decision()) {
    return absl::NotFoundError("the entry is no decision");
  }
  v1::DecisionRecord record = std::move(*parsed.mutable_decision());
  record.set_sequence(entry.sequence);
  *record.mutable_committed_at() = ToTimestamp(entry.time);
  record.set_chain_hash(entry.link);
  return record;
}

absl::Status DecisionQueries::Failed(const absl::Status& status) const {
  log_->Write(LogSeverity::kError, "decision_store_not_read",
              {{"message", std::string(status.message())}});
  return StoreUnavailable();
}

absl::StatusOr<v1::DecisionRecord> DecisionQueries::FindDecision(
    const std::string& decision_id) const {
  return FindDecision(MakeTerm(TermKind::kDecision, decision_id),
                      [&decision_id](const v1::DecisionRecord& record) {
                        return record.decision_id() == decision_id;
                      });
}

absl::StatusOr<v1::DecisionRecord> DecisionQueries::FindDecision(
    Term key,
    absl::FunctionRef<bool(const v1::DecisionRecord&)> is_sought) const {
  EntryQuery query;
  query.keys.push_back(key);
  do {
    const absl::StatusOr<EntryPage> page = store_->Find(query);
    if (!page.ok()) return Failed(page.status());
    for (const StoredEntry& entry : page->entries) {
      absl::StatusOr<v1::DecisionRecord> record = ToDecisionRecord(entry);
      if (absl::IsDataLoss(record.status())) return Failed(record.status());
      if (record.ok() && is_sought(*record)) return record;
    }
    query.before_sequence = page->next;
  } while (query.before_sequence != 0);
  return DecisionNotFound();
}

absl::StatusOr<bool> DecisionQueries::HasKey(Term key) const {
  EntryQuery query;
  query.keys.push_back(key);
  query.limit = 1;
  do {
    const absl::StatusOr<EntryPage> page = store_->Find(query);
    if (!page.ok()) return Failed(page.status());
    if (!page->entries.empty()) return true;
    query.before_sequence = page->next;
  } while (query.before_sequence != 0);
  return false;
}

absl::StatusOr<std::string> DecisionQueries::StateOf(
    const v1::DecisionRecord& record, const std::string& rule_id) const {
  const auto catalog = archive_->Catalog(record.rule_catalog_digest());
  if (absl::IsNotFound(catalog.status()) ||
      absl::IsFailedPrecondition(catalog.status())) {
    return CatalogNotArchived(record.rule_catalog_digest());
  }
  if (!catalog.ok()) return Failed(catalog.status());
  const auto rule = (*catalog)->rule_index.find(rule_id);
  if (rule == (*catalog)->rule_index.end()) return RuleNotFound(rule_id, {});
  const absl::StatusOr<v1::Patient> patient = RebuildPatient(record);
  if (!patient.ok()) return Failed(patient.status());
  return AcknowledgedState(**catalog, (*catalog)->rules[rule->second], *patient,
                           *ParseWholeDate(AsOf(record)),
                           FromDay(*ParseWholeDate(record.today())),
                           record.treatments());
}

absl::Status DecisionQueries::Get(const v1::GetDecisionRequest& request,
                                  v1::GetDecisionResponse* response) const {
  if (request.decision_id().empty()) {
    return FieldsInvalid({{"decision_id", "is required"}});
  }
  absl::StatusOr<v1::DecisionRecord> record =
      FindDecision(request.decision_id());
  if (!record.ok()) return record.status();
  *response->mutable_record() = *std::move(record);
  return absl::OkStatus();
}

absl::Status DecisionQueries::List(const v1::ListDecisionsRequest& request,
                                   v1::ListDecisionsResponse* response) const {
  Violations violations;
  if (request.page_size() < 0) {
    violations.push_back({"page_size", "must not be negative"});
  }
  if (!v1::Verdict_IsValid(request.verdict())) {
    violations.push_back({"verdict", "is not a verdict"});
  }
  EntryQuery query = ToQuery(request);
  if (!request.page_token().empty()) {
    query.before_sequence = ReadToken(request, &violations);
  }
  if (!violations.empty()) return FieldsInvalid(violations);
  const int size = request.page_size() == 0
                       ? kUsualPage
                       : std::min(request.page_size(), kLargestPage);
  for (int pages = 0; pages < kMostPages; ++pages) {
    query.limit = size - response->records_size();
    const absl::StatusOr<EntryPage> page = store_->Find(query);
    if (!page.ok()) return Failed(page.status());
    for (const StoredEntry& entry : page->entries) {
      absl::StatusOr<v1::DecisionRecord> record = ToDecisionRecord(entry);
      if (absl::IsDataLoss(record.status())) return Failed(record.status());
      if (record.ok() && Matches(request, *record)) {
        *response->add_records() = *std::move(record);
      }
    }
    if (page->next == 0) return absl::OkStatus();
    query.before_sequence = page->next;
    if (response->records_size() == size) break;
  }
  response->set_next_page_token(MakeToken(request, query.before_sequence));
  return absl::OkStatus();
}

absl::Status DecisionQueries::Replay(
    const v1::ReplayDecisionRequest& request,
    v1::ReplayDecisionResponse* response) const {
  if (request.decision_id().empty()) {
    return FieldsInvalid({{"decision_id", "is required"}});
  }
  const absl::StatusOr<v1::DecisionRecord> record =
      FindDecision(request.decision_id());
  if (!record.ok()) return record.status();
  const std::string& digest = request.rule_catalog_digest().empty()
                                  ? record->rule_catalog_digest()
                                  : request.rule_catalog_digest();
  const auto catalog = archive_->Catalog(digest);
  if (absl::IsNotFound(catalog.status()) ||
      absl::IsFailedPrecondition(catalog.status())) {
    return CatalogNotArchived(digest);
  }
  if (!catalog.ok()) return Failed(catalog.status());
  const auto site = archive_->SiteFacts(record->site_digest());
  if (!site.ok()) return Failed(site.status());
  const auto again = DecideAgain(**catalog, *site, *record);
  if (absl::IsFailedPrecondition(again.status())) {
    return CatalogNotArchived(digest);
  }
  if (!again.ok()) return Failed(again.status());
  for (std::string& line : Differences(*record, *again)) {
    response->add_differences(std::move(line));
  }
  response->set_identical(response->differences().empty());
  if (record->has_decision()) {
    *response->mutable_recorded() = record->decision();
    *response->mutable_replayed() = again->decision();
  }
  return absl::OkStatus();
}

absl::Status DecisionQueries::CountRules(
    const CompiledCatalog& in_force, const v1::ListRuleCountsRequest& request,
    v1::ListRuleCountsResponse* response) const {
  Violations violations;
  const int64_t from = ReadDay(request.from(), "from", 0, &violations);
  const int64_t before =
      ReadDay(request.before(), "before", kLatestDay, &violations);
  if (!violations.empty()) return FieldsInvalid(violations);
  std::vector<std::string> rules;
  if (!request.rule_id().empty()) {
    rules.push_back(request.rule_id());
  } else {
    for (const v1::Rule& rule : in_force.catalog.rules()) {
      rules.push_back(rule.rule_id());
    }
  }
  // What a tag counts, and of which rule.
  using Setter = void (v1::RuleCount::*)(int64_t);
  std::map<Term, std::pair<std::string, Setter>> meanings;
  std::vector<Term> tags;
  for (const std::string& rule : rules) {
    for (const auto& [kind, setter] :
         {std::pair<TermKind, Setter>{TermKind::kRuleFired,
                                      &v1::RuleCount::set_fired},
          {TermKind::kRuleAcknowledged, &v1::RuleCount::set_acknowledged},
          {TermKind::kRuleOverridden, &v1::RuleCount::set_overridden}}) {
      const Term tag = MakeTerm(kind, rule);
      tags.push_back(tag);
      meanings.emplace(tag, std::make_pair(rule, setter));
    }
  }
  const auto counts = store_->CountTags(tags, from, before);
  if (!counts.ok()) return Failed(counts.status());
  std::map<std::pair<std::string, int64_t>, v1::RuleCount> by_rule;
  for (const TagCount& count : *counts) {
    const auto& [rule, setter] = meanings.at(count.tag);
    v1::RuleCount& out = by_rule[{rule, count.day}];
    out.set_rule_id(rule);
    out.set_day(FormatDay(static_cast<Day>(count.day)));
    (out.*setter)(count.count);
  }
  for (auto& [key, count] : by_rule) {
    *response->add_counts() = std::move(count);
  }
  return absl::OkStatus();
}

absl::Status DecisionQueries::Evaluate(
    const CompiledCatalog& candidate, int max_decisions,
    absl::FunctionRef<absl::Status()> may_go_on,
    v1::EvaluateCandidateResponse* response) const {
  *response->mutable_candidate() = candidate.version;
  ShadowEvaluation shadow;
  EntryQuery query;
  int left = max_decisions;
  while (left > 0) {
    if (absl::Status go_on = may_go_on(); !go_on.ok()) return go_on;
    query.limit = std::min(left, kLargestPage);
    const absl::StatusOr<EntryPage> page = store_->Find(query);
    if (!page.ok()) return Failed(page.status());
    for (const StoredEntry& entry : page->entries) {
      const absl::StatusOr<v1::DecisionRecord> record = ToDecisionRecord(entry);
      if (absl::IsDataLoss(record.status())) return Failed(record.status());
      if (!record.ok()) continue;
      --left;
      const auto site = archive_->SiteFacts(record->site_digest());
      if (!site.ok()) return Failed(site.status());
      const auto again = DecideAgain(candidate, *site, *record);
      if (again.ok()) {
        shadow.Add(*record, *again);
      } else {
        shadow.AddUndecidable();
      }
    }
    if (page->next == 0) break;
    query.before_sequence = page->next;
  }
  shadow.Fill(response);
  return absl::OkStatus();
}

}  // namespace needlewise
