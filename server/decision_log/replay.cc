#include "server/decision_log/replay.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "rules/engine/decide.h"
#include "server/decision_log/record_form.h"

namespace needlewise {
namespace {

using ::google::protobuf::RepeatedPtrField;

// Stands for what a record leaves out and the engine only asks to be there.
constexpr char kLeftOut[] = "-";

class RequestBuilder {
 public:
  RequestBuilder(const v1::DecisionRecord& record, Day as_of)
      : record_(record), as_of_(as_of) {}

  // False where the record makes no sense.
  bool BuildPatient(v1::Patient* patient) const {
    bool good = true;
    for (const v1::RecordedFact& fact : record_.facts()) {
      v1::Finding* finding = patient->add_findings();
      if (fact.concept().empty()) {
        // No catalogue maps it.
        finding->mutable_coding()->set_system(kLeftOut);
        finding->mutable_coding()->set_code(kLeftOut);
        finding->set_status(v1::FINDING_STATUS_UNKNOWN);
        continue;
      }
      finding->set_concept(fact.concept());
      finding->set_status(fact.status());
      *finding->mutable_areas() = fact.areas();
      finding->set_areas_complete(fact.areas_complete());
      if (fact.has_value()) {
        finding->mutable_quantity()->set_value(fact.value());
        finding->mutable_quantity()->set_unit(fact.unit());
      }
      finding->set_source(fact.source());
      if (fact.has_onset_from_days()) {
        good &= SetDate(fact.onset_from_days(), fact.onset_to_days(),
                        finding->mutable_onset());
      }
      if (fact.has_last_from_days()) {
        good &= SetDate(fact.last_from_days(), fact.last_to_days(),
                        finding->mutable_last());
      }
      if (fact.has_recorded_from_days()) {
        good &= SetDate(fact.recorded_from_days(), fact.recorded_to_days(),
                        finding->mutable_recorded());
      }
    }
    for (const v1::RecordedSection& section : record_.sections()) {
      v1::ClosedSection* closed = patient->add_closed_sections();
      closed->set_section(section.section());
      closed->set_source(section.source());
      if (section.has_recorded_from_days()) {
        good &= SetDate(section.recorded_from_days(),
                        section.recorded_to_days(), closed->mutable_recorded());
      }
    }
    return BuildAge(patient) && good;
  }

  void BuildAcknowledgements(
      RepeatedPtrField<v1::Acknowledgement>* acknowledgements) const {
    for (const std::string& rule : record_.acknowledged_rules()) {
      v1::Acknowledgement* given = acknowledgements->Add();
      given->set_rule_id(rule);
      given->set_clinician_reference(kLeftOut);
      given->set_reason(kLeftOut);
    }
  }

 private:
  bool BuildAge(v1::Patient* patient) const {
    if (record_.has_age_from_years() &&
        record_.age_from_years() == record_.age_to_years()) {
      patient->set_age_years(record_.age_from_years());
    } else if (record_.has_age_from_years() && !record_.has_birth_from_days()) {
      // A year of birth is what leaves two ages possible.
      const auto year = FromDay(as_of_).year() - record_.age_to_years();
      patient->set_birth_date(absl::StrCat(year));
    }
    if (!record_.has_birth_from_days()) return true;
    return SetDate(record_.birth_from_days(), record_.birth_to_days(),
                   patient->mutable_birth_date());
  }

  bool SetDate(int from_days, int to_days, std::string* text) const {
    *text = FormatPartialDate({as_of_ + from_days, as_of_ + to_days});
    return !text->empty();
  }

  const v1::DecisionRecord& record_;
  const Day as_of_;
};

// Numbers the findings as the request did, where a code stood for several.
void RenumberNotices(const v1::DecisionRecord& record,
                     RepeatedPtrField<v1::Notice>* notices) {
  for (v1::Notice& notice : *notices) {
    auto* findings = notice.mutable_findings();
    for (int& finding : *findings) {
      if (finding >= 0 && finding < record.facts_size()) {
        finding = record.facts(finding).finding();
      }
    }
    std::sort(findings->begin(), findings->end());
    findings->erase(std::unique(findings->begin(), findings->end()),
                    findings->end());
  }
}

absl::Status NoSense(const v1::DecisionRecord& record) {
  return absl::DataLossError(absl::StrCat("the record of decision `",
                                          record.decision_id(),
                                          "` holds dates that make no sense"));
}

absl::Status Undecidable(const Violations& violations) {
  std::string why;
  for (const FieldViolation& violation : violations) {
    if (!why.empty()) why += "; ";
    absl::StrAppend(&why, violation.field, " ", violation.description);
    // One tells where to look.
    break;
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the catalogue does not know what the record names: ", why));
}

// Fills what all three requests have.
template <typename Request>
bool BuildCommon(const RequestBuilder& builder,
                 const v1::DecisionRecord& record, const std::string& profile,
                 Request* request) {
  request->set_as_of(AsOf(record));
  request->set_profile(profile);
  builder.BuildAcknowledgements(request->mutable_acknowledgements());
  return builder.BuildPatient(request->mutable_patient());
}

template <typename Request>
void BuildBase(const v1::DecisionRecord& record, Request* request) {
  if (!record.treatments().empty()) {
    *request->mutable_base() = record.treatments(0);
  }
  *request->mutable_add_on_devices() = record.add_on_devices();
}

}  // namespace

const std::string& AsOf(const v1::DecisionRecord& record) {
  if (record.has_plan()) return record.plan().as_of();
  if (record.has_add_on_decision()) return record.add_on_decision().as_of();
  return record.decision().as_of();
}

std::string FormatPartialDate(DayInterval days) {
  const std::string first = FormatDay(days.first);
  for (const size_t length : {10, 7, 4}) {
    const std::string text = first.substr(0, length);
    const auto interval = ParsePartialDate(text);
    if (interval.has_value() && *interval == days) return text;
  }
  return "";
}

absl::StatusOr<v1::Patient> RebuildPatient(const v1::DecisionRecord& record) {
  const std::optional<Day> as_of = ParseWholeDate(AsOf(record));
  v1::Patient patient;
  if (!as_of.has_value() ||
      !RequestBuilder(record, *as_of).BuildPatient(&patient)) {
    return NoSense(record);
  }
  return patient;
}

absl::StatusOr<v1::DecisionRecord> DecideAgain(
    const CompiledCatalog& catalog, const std::vector<v1::Finding>& site,
    const v1::DecisionRecord& record) {
  const std::optional<Day> as_of = ParseWholeDate(AsOf(record));
  const std::optional<Day> today = ParseWholeDate(record.today());
  if (!as_of.has_value() || !today.has_value()) return NoSense(record);
  Environment environment;
  environment.today = FromDay(*today);
  environment.site_findings = &site;
  environment.max_findings = std::numeric_limits<int>::max();
  const RequestBuilder builder(record, *as_of);
  v1::DecisionRecord again;
  Violations violations;
  if (record.has_plan()) {
    v1::PlanTreatmentRequest request;
    BuildBase(record, &request);
    *request.mutable_add_ons() = record.add_ons();
    if (!BuildCommon(builder, record, record.plan().profile(), &request)) {
      return NoSense(record);
    }
    v1::TreatmentPlan plan;
    switch (PlanTreatment(catalog, environment, request, &plan, &violations)) {
      case PlanOutcome::kInvalid:
        return Undecidable(violations);
      case PlanOutcome::kNotSatisfied:
        plan.set_as_of(record.plan().as_of());
        plan.set_profile(record.plan().profile());
        *plan.mutable_catalog() = catalog.version;
        break;
      case PlanOutcome::kPlanned:
        break;
    }
    RenumberNotices(record, plan.mutable_notices());
    ToRecordForm(catalog, plan, again.mutable_plan());
    return again;
  }
  if (record.has_add_on_decision()) {
    v1::RecommendAddOnsRequest request;
    BuildBase(record, &request);
    if (!BuildCommon(builder, record, record.add_on_decision().profile(),
                     &request)) {
      return NoSense(record);
    }
    v1::AddOnDecision decision;
    if (!RecommendAddOns(catalog, environment, request, &decision,
                         &violations)) {
      return Undecidable(violations);
    }
    RenumberNotices(record, decision.mutable_notices());
    ToRecordForm(catalog, decision, again.mutable_add_on_decision());
    return again;
  }
  v1::ScreenEligibilityRequest request;
  *request.mutable_treatments() = record.treatments();
  if (!BuildCommon(builder, record, record.decision().profile(), &request)) {
    return NoSense(record);
  }
  v1::Decision decision;
  if (!Screen(catalog, environment, request, &decision, &violations)) {
    return Undecidable(violations);
  }
  RenumberNotices(record, decision.mutable_notices());
  ToRecordForm(catalog, decision, again.mutable_decision());
  return again;
}

std::vector<std::string> Differences(const v1::DecisionRecord& recorded,
                                     const v1::DecisionRecord& replayed) {
  if (DecisionBytes(recorded) == DecisionBytes(replayed)) return {};
  v1::DecisionRecord was;
  *was.mutable_decision() = recorded.decision();
  *was.mutable_add_on_decision() = recorded.add_on_decision();
  *was.mutable_plan() = recorded.plan();
  v1::DecisionRecord is;
  *is.mutable_decision() = replayed.decision();
  *is.mutable_add_on_decision() = replayed.add_on_decision();
  *is.mutable_plan() = replayed.plan();
  std::string report;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&report);
  differencer.Compare(was, is);
  std::vector<std::string> lines =
      absl::StrSplit(report, '\n', absl::SkipEmpty());
  // Equal messages of other bytes: unknown fields, of another version.
  if (lines.empty()) lines.push_back("fields that this version does not know");
  return lines;
}

}  // namespace needlewise
