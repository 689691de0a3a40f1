#include "server/decision_log/decision_recorder.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "needlewise/log/v1/log_entry.pb.h"
#include "rules/engine/decide.h"
#include "rules/engine/patient_intake.h"
#include "server/call_arena.h"
#include "server/decision_id.h"
#include "server/decision_log/record_form.h"
#include "server/decision_log/replay.h"
#include "server/sha256.h"

namespace needlewise {
namespace {

using ::google::protobuf::RepeatedPtrField;

constexpr size_t kShortHash = 16;

void AddOnce(Term term, std::vector<Term>* terms) {
  if (std::find(terms->begin(), terms->end(), term) == terms->end()) {
    terms->push_back(term);
  }
}

// Copies what the engine read of a patient.
class PatientCopy {
 public:
  PatientCopy(const CompiledCatalog& catalog, Day as_of, absl::CivilDay today,
              const v1::Patient& patient)
      : catalog_(catalog), as_of_(as_of), patient_(patient) {
    Violations none;
    statements_ = ReadFindings(catalog, today, patient, as_of, &none);
  }

  void CopyTo(v1::DecisionRecord* record) const {
    CopyFacts(record);
    for (const v1::ClosedSection& closed : patient_.closed_sections()) {
      v1::RecordedSection* section = record->add_sections();
      section->set_section(closed.section());
      section->set_source(closed.source());
      if (const auto days = ParsePartialDate(closed.recorded())) {
        section->set_recorded_from_days(days->first - as_of_);
        section->set_recorded_to_days(days->last - as_of_);
      }
    }
    if (patient_.has_age_years()) {
      record->set_age_from_years(patient_.age_years());
      record->set_age_to_years(patient_.age_years());
    } else if (const auto birth = ParsePartialDate(patient_.birth_date())) {
      const AgeInterval age = AgeOn(*birth, as_of_);
      record->set_age_from_years(age.least);
      record->set_age_to_years(age.greatest);
    }
    if (!patient_.birth_date().empty()) {
      record->add_masked_fields("patient.birth_date");
    }
    if (!patient_.patient_reference().empty()) {
      record->add_masked_fields("patient.patient_reference");
    }
  }

 private:
  void CopyFacts(v1::DecisionRecord* record) const {
    record->mutable_facts()->Reserve(static_cast<int>(statements_.size()));
    auto statement = statements_.begin();
    bool codes = false;
    for (int i = 0; i < patient_.findings_size(); ++i) {
      const v1::Finding& finding = patient_.findings(i);
      codes = codes || finding.has_coding();
      if (statement == statements_.end() || statement->finding != i) {
        record->add_facts()->set_finding(i);
        continue;
      }
      for (; statement != statements_.end() && statement->finding == i;
           ++statement) {
        CopyFact(*statement, finding, record->add_facts());
      }
    }
    if (codes) record->add_masked_fields("patient.findings.coding");
  }

  void CopyFact(const Statement& statement, const v1::Finding& finding,
                v1::RecordedFact* fact) const {
    const CompiledConcept& about = catalog_.concepts[statement.concept_index];
    fact->set_concept(about.id);
    fact->set_status(finding.status());
    *fact->mutable_areas() = finding.areas();
    fact->set_areas_complete(finding.areas_complete());
    if (statement.has_onset) {
      fact->set_onset_from_days(statement.onset.first - as_of_);
      fact->set_onset_to_days(statement.onset.last - as_of_);
    }
    if (statement.has_last) {
      fact->set_last_from_days(statement.last.first - as_of_);
      fact->set_last_to_days(statement.last.last - as_of_);
    }
    // As stated, not as clipped: what a partial date was clipped to cannot be
    // written as a partial date.
    if (const auto days = ParsePartialDate(finding.recorded())) {
      fact->set_recorded_from_days(days->first - as_of_);
      fact->set_recorded_to_days(days->last - as_of_);
    }
    if (about.is_quantity && finding.has_quantity()) {
      fact->set_value(statement.value);
      fact->set_unit(about.definition->quantity().unit());
    }
    fact->set_source(finding.source());
    fact->set_finding(statement.finding);
  }

  const CompiledCatalog& catalog_;
  const Day as_of_;
  const v1::Patient& patient_;
  std::vector<Statement> statements_;
};

void CopyDevice(const CompiledCatalog& catalog, const v1::DeviceSelection& from,
                v1::DeviceSelection* to) {
  to->set_device(DeviceName(catalog, from.device()));
  if (from.has_needle_depth_mm()) {
    to->set_needle_depth_mm(from.needle_depth_mm());
  }
}

void CopySelection(const CompiledCatalog& catalog,
                   const v1::TreatmentSelection& from,
                   v1::TreatmentSelection* to) {
  to->set_treatment(from.treatment());
  *to->mutable_areas() = from.areas();
  *to->mutable_concerns() = from.concerns();
  if (from.has_device()) {
    CopyDevice(catalog, from.device(), to->mutable_device());
  }
}

void CopyAddOnDevices(const CompiledCatalog& catalog,
                      const RepeatedPtrField<v1::AddOnDevice>& from,
                      v1::DecisionRecord* record) {
  for (const v1::AddOnDevice& device : from) {
    v1::AddOnDevice* copy = record->add_add_on_devices();
    copy->set_add_on(device.add_on());
    CopyDevice(catalog, device.device(), copy->mutable_device());
  }
}

void CopyAsked(const CompiledCatalog& catalog,
               const v1::ScreenEligibilityRequest& request,
               v1::DecisionRecord* record) {
  for (const v1::TreatmentSelection& selection : request.treatments()) {
    CopySelection(catalog, selection, record->add_treatments());
  }
}

void CopyAsked(const CompiledCatalog& catalog,
               const v1::RecommendAddOnsRequest& request,
               v1::DecisionRecord* record) {
  CopySelection(catalog, request.base(), record->add_treatments());
  CopyAddOnDevices(catalog, request.add_on_devices(), record);
}

void CopyAsked(const CompiledCatalog& catalog,
               const v1::PlanTreatmentRequest& request,
               v1::DecisionRecord* record) {
  CopySelection(catalog, request.base(), record->add_treatments());
  CopyAddOnDevices(catalog, request.add_on_devices(), record);
  *record->mutable_add_ons() = request.add_ons();
}

void CopyDecision(const CompiledCatalog& catalog, const v1::Decision& decision,
                  v1::DecisionRecord* record) {
  ToRecordForm(catalog, decision, record->mutable_decision());
}
void CopyDecision(const CompiledCatalog& catalog,
                  const v1::AddOnDecision& decision,
                  v1::DecisionRecord* record) {
  ToRecordForm(catalog, decision, record->mutable_add_on_decision());
}
void CopyDecision(const CompiledCatalog& catalog, const v1::TreatmentPlan& plan,
                  v1::DecisionRecord* record) {
  ToRecordForm(catalog, plan, record->mutable_plan());
}

// Calls `visit` with every decision on a treatment that a record holds.
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

// The terms by which a decision is listed and counted. Sets `*dated` where a
// deferral fired, so that what holds on later days counted.
void AddTerms(const v1::DecisionRecord& record, NewEntry* entry, bool* dated) {
  entry->keys.push_back(MakeTerm(TermKind::kDecision, record.decision_id()));
  if (!record.subject_hash().empty()) {
    entry->keys.push_back(MakeTerm(TermKind::kSubject, record.subject_hash()));
  }
  entry->tags.push_back(MakeTerm(
      TermKind::kMethod, absl::StrCat(static_cast<int>(record.method()))));
  entry->tags.push_back(MakeTerm(TermKind::kCaller, record.caller()));
  VisitTreatments(record, [&](const v1::TreatmentDecision& treatment) {
    AddOnce(MakeTerm(TermKind::kTreatment, treatment.treatment()),
            &entry->tags);
    const char verdict = static_cast<char>('0' + treatment.verdict());
    AddOnce(MakeTerm(TermKind::kVerdict, absl::string_view(&verdict, 1)),
            &entry->tags);
    for (const v1::AreaDecision& area : treatment.areas()) {
      for (const v1::FiredRule& fired : area.fired()) {
        *dated = *dated || fired.effect() == v1::EFFECT_KIND_DEFERRAL;
        AddOnce(MakeTerm(TermKind::kRuleFired, fired.rule_id()), &entry->tags);
        if (fired.acknowledged()) {
          AddOnce(MakeTerm(TermKind::kRuleAcknowledged, fired.rule_id()),
                  &entry->tags);
        }
      }
    }
  });
  for (const v1::RecordedAcknowledgement& given : record.acknowledgements()) {
    if (record.subject_hash().empty() || given.recalled()) continue;
    entry->keys.push_back(AcknowledgementKey(record.subject_hash(),
                                             given.rule_id(), given.state()));
  }
}

// Adds as much of the birth date as the decision's dates rest on.
void AddBirth(const CompiledCatalog& catalog,
              const std::vector<v1::Finding>& site, const std::string& birth,
              Day as_of, v1::DecisionRecord* record) {
  const std::string decided = DecisionBytes(*record);
  for (const size_t length : {0, 4, 7, 10}) {
    if (length > birth.size()) return;
    if (length > 0) {
      const DayInterval days = *ParsePartialDate(birth.substr(0, length));
      record->set_birth_from_days(days.first - as_of);
      record->set_birth_to_days(days.last - as_of);
    }
    const auto again = DecideAgain(catalog, site, *record);
    if (again.ok() && DecisionBytes(*again) == decided) return;
  }
}

RepeatedPtrField<v1::TreatmentSelection> Asked(
    const v1::ScreenEligibilityRequest& request) {
  return request.treatments();
}
template <typename Request>
RepeatedPtrField<v1::TreatmentSelection> Asked(const Request& request) {
  RepeatedPtrField<v1::TreatmentSelection> asked;
  *asked.Add() = request.base();
  return asked;
}

// Concepts that a rule asks about, and those whose answers imply something of
// them.
std::vector<int32_t> RelevantConcepts(const CompiledCatalog& catalog,
                                      const CompiledRule& rule) {
  std::vector<int32_t> concepts = rule.concepts;
  for (size_t i = 0; i < concepts.size(); ++i) {
    for (const int arc : catalog.implications_to[concepts[i]]) {
      const int32_t gate = catalog.implications[arc].gate;
      if (std::find(concepts.begin(), concepts.end(), gate) == concepts.end()) {
        concepts.push_back(gate);
      }
    }
  }
  std::sort(concepts.begin(), concepts.end());
  return concepts;
}

}  // namespace

absl::string_view EngineVersion() { return NEEDLEWISE_VERSION; }

std::string AcknowledgedState(
    const CompiledCatalog& catalog, const CompiledRule& rule,
    const v1::Patient& patient, Day as_of, absl::CivilDay today,
    const RepeatedPtrField<v1::TreatmentSelection>& asked) {
  const std::vector<int32_t> concepts = RelevantConcepts(catalog, rule);
  Violations none;
  // A line for each fact; their order and repetitions do not count.
  std::vector<std::string> facts;
  for (const Statement& s :
       ReadFindings(catalog, today, patient, as_of, &none)) {
    if (!std::binary_search(concepts.begin(), concepts.end(),
                            s.concept_index)) {
      continue;
    }
    facts.push_back(absl::StrCat(
        catalog.concepts[s.concept_index].id, " ", s.status, " ", s.areas, " ",
        s.areas_complete, " ", s.has_onset ? s.onset.first : 0, " ",
        s.has_onset ? s.onset.last : 0, " ", s.has_last ? s.last.first : 0, " ",
        s.has_last ? s.last.last : 0, " ", s.value));
  }
  for (const v1::ClosedSection& closed : patient.closed_sections()) {
    const auto section = catalog.section_index.find(closed.section());
    if (section == catalog.section_index.end()) continue;
    for (const int32_t c : catalog.concepts_by_section[section->second]) {
      if (std::binary_search(concepts.begin(), concepts.end(), c)) {
        facts.push_back(absl::StrCat(catalog.concepts[c].id, " closed"));
      }
    }
  }
  if (std::binary_search(concepts.begin(), concepts.end(),
                         catalog.age_concept)) {
    const auto birth = ParsePartialDate(patient.birth_date());
    const AgeInterval age =
        patient.has_age_years()
            ? AgeInterval{patient.age_years(), patient.age_years()}
        : birth.has_value() ? AgeOn(*birth, as_of)
                            : AgeInterval{0, -1};
    facts.push_back(absl::StrCat("age ", age.least, " ", age.greatest));
  }
  std::sort(facts.begin(), facts.end());
  facts.erase(std::unique(facts.begin(), facts.end()), facts.end());
  Sha256 hash;
  hash.Add(SerializeDeterministically(*rule.rule));
  // A rule may measure with any of them.
  for (const auto& parameter : catalog.catalog.parameters()) {
    hash.Add(SerializeDeterministically(parameter));
  }
  for (const v1::TreatmentSelection& selection : asked) {
    v1::TreatmentSelection recorded;
    CopySelection(catalog, selection, &recorded);
    hash.Add(SerializeDeterministically(recorded));
  }
  for (const std::string& fact : facts) hash.Add(fact);
  return hash.Finish().substr(0, kShortHash);
}

Term AcknowledgementKey(absl::string_view subject_hash,
                        absl::string_view rule_id, absl::string_view state) {
  return MakeTerm(TermKind::kAcknowledgedState,
                  absl::StrCat(subject_hash, "|", rule_id, "|", state));
}

RequestKey MakeRequestKey(absl::string_view what, absl::string_view caller,
                          absl::string_view request_id) {
  if (request_id.empty()) return {};
  RequestKey made;
  made.hash = Sha256()
                  .Add(what)
                  .Add(caller)
                  .Add(request_id)
                  .Finish()
                  .substr(0, kShortHash);
  for (size_t i = 0; i < sizeof(made.key); ++i) {
    made.key = made.key << 8 | static_cast<unsigned char>(made.hash[i]);
  }
  made.key = std::max<uint64_t>(made.key, 1);
  return made;
}

DecisionRecorder::DecisionRecorder(Options options)
    : options_(std::move(options)) {
  if (options_.site_findings.empty()) return;
  log::v1::SiteFacts site;
  site.mutable_findings()->Add(options_.site_findings.begin(),
                               options_.site_findings.end());
  site_content_ = SerializeDeterministically(site);
  site_digest_ = PayloadDigest(site_content_).substr(0, kShortHash);
}

template <typename Request, typename Decision>
NewEntry DecisionRecorder::Make(const RecordContext& context,
                                const Request& request,
                                const Decision& decision) const {
  const CompiledCatalog& catalog = *context.catalog;
  // What the engine accepted is a whole date.
  const Day as_of = *ParseWholeDate(decision.as_of());
  CallArena arena;
  auto* entry = arena.Make<log::v1::LogEntry>();
  v1::DecisionRecord* record = entry->mutable_decision();
  record->set_decision_id(context.decision_id.data(),
                          context.decision_id.size());
  record->set_method(context.method);
  PatientCopy(catalog, as_of, context.today, request.patient()).CopyTo(record);
  CopyAsked(catalog, request, record);
  CopyDecision(catalog, decision, record);
  record->set_caller(context.caller.data(), context.caller.size());
  const std::string& reference = request.patient().patient_reference();
  if (!reference.empty() && !options_.subject_keys.empty()) {
    const SubjectKeys::Hash hash = options_.subject_keys.HashOf(reference);
    record->set_subject_hash(hash.hash);
    record->set_subject_key_id(hash.key_id);
  }
  const int64_t nanos = absl::ToInt64Nanoseconds(context.latency);
  record->mutable_latency()->set_seconds(nanos / 1000000000);
  record->mutable_latency()->set_nanos(static_cast<int>(nanos % 1000000000));
  record->set_today(FormatDay(ToDay(context.today)));
  record->set_rule_catalog_digest(catalog.version.digest());
  record->set_engine_version(EngineVersion().data(), EngineVersion().size());
  record->set_site_digest(site_digest_);
  for (const v1::Acknowledgement& given : request.acknowledgements()) {
    record->add_acknowledged_rules(given.rule_id());
    v1::RecordedAcknowledgement* kept = record->add_acknowledgements();
    kept->set_rule_id(given.rule_id());
    kept->set_recalled(context.recalled != nullptr &&
                       std::find(context.recalled->begin(),
                                 context.recalled->end(),
                                 given.rule_id()) != context.recalled->end());
    kept->set_state(AcknowledgedState(
        catalog, catalog.rules[catalog.rule_index.at(given.rule_id())],
        request.patient(), as_of, context.today, Asked(request)));
  }
  if (!request.acknowledgements().empty()) {
    record->add_masked_fields("acknowledgements.clinician_reference");
    record->add_masked_fields("acknowledgements.reason");
  }
  NewEntry made;
  const RequestKey key =
      MakeRequestKey("decision", context.caller, request.request_id());
  made.request_key = key.key;
  record->set_request_hash(key.hash);
  bool dated = false;
  AddTerms(*record, &made, &dated);
  if (dated && !request.patient().birth_date().empty()) {
    AddBirth(catalog, options_.site_findings, request.patient().birth_date(),
             as_of, record);
  }
  entry->SerializeToString(&made.payload);
  made.digest = PayloadDigest(made.payload);
  return made;
}

NewEntry DecisionRecorder::Record(const RecordContext& context,
                                  const v1::ScreenEligibilityRequest& request,
                                  const v1::Decision& decision) const {
  return Make(context, request, decision);
}

NewEntry DecisionRecorder::Record(const RecordContext& context,
                                  const v1::RecommendAddOnsRequest& request,
                                  const v1::AddOnDecision& decision) const {
  return Make(context, request, decision);
}

NewEntry DecisionRecorder::Record(const RecordContext& context,
                                  const v1::PlanTreatmentRequest& request,
                                  const v1::TreatmentPlan& plan) const {
  return Make(context, request, plan);
}

NewEntry MakeFeedbackEntry(const v1::FeedbackRecord& feedback,
                           uint64_t request_key) {
  NewEntry made;
  made.request_key = request_key;
  made.keys.push_back(MakeTerm(TermKind::kFeedbackOf, feedback.decision_id()));
  if (!feedback.rule_id().empty()) {
    if (feedback.outcome() == v1::FEEDBACK_OUTCOME_OVERRIDDEN) {
      made.tags.push_back(
          MakeTerm(TermKind::kRuleOverridden, feedback.rule_id()));
    } else if (feedback.outcome() == v1::FEEDBACK_OUTCOME_ACKNOWLEDGED) {
      made.tags.push_back(
          MakeTerm(TermKind::kRuleAcknowledged, feedback.rule_id()));
    }
  }
  if (feedback.has_acknowledgement() && !feedback.subject_hash().empty()) {
    made.keys.push_back(AcknowledgementKey(feedback.subject_hash(),
                                           feedback.rule_id(),
                                           feedback.acknowledgement().state()));
  }
  log::v1::LogEntry entry;
  *entry.mutable_feedback() = feedback;
  made.payload = entry.SerializeAsString();
  made.digest = PayloadDigest(made.payload);
  return made;
}

}  // namespace needlewise
