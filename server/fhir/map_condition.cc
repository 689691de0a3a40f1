// Conditions: a diagnosis or problem, with how sure and how current it is.

#include <initializer_list>
#include <string>
#include <vector>

#include "server/fhir/known_codes.h"
#include "server/fhir/mapping_context.h"

namespace needlewise {
namespace {

// A code of a condition may say that a medicine is taken or a device is there
// (`Z79.01`, `Z95.0`), but never is the medicine's own.
bool StandsInCondition(const v1::Concept& about, absl::string_view system) {
  switch (about.kind()) {
    case v1::CONCEPT_KIND_QUANTITY:
    case v1::CONCEPT_KIND_AGE:
    case v1::CONCEPT_KIND_SITE:
      return false;
    default:
      return system != kAtc && system != kRxNorm;
  }
}

// A time that is one of several types: the part that gives a day, and that
// there is one which does not.
struct ReadTime {
  std::string day;
  ElementPath path;
};

// `period_end`: of a period, its end; else its beginning.
ReadTime ReadTimeOf(const FhirResource& resource, const Element& root,
                    const char* date_time, const char* period,
                    std::initializer_list<const char*> not_days,
                    bool period_end, MappingContext* context) {
  ReadTime time;
  if (const absl::string_view text = root.Text(date_time); !text.empty()) {
    return {DayOf(text), root.Member(date_time).path()};
  }
  if (const Element element = root.Object(period); element.exists()) {
    const char* end = period_end ? "end" : "start";
    if (const absl::string_view text = element.Text(end); !text.empty()) {
      return {DayOf(text), element.Member(end).path()};
    }
    context->NotUsed(resource, element.path(),
                     v1::FHIR_NOT_USED_REASON_TIME_NOT_MAPPED);
  }
  for (const char* name : not_days) {
    if (!root.HasMember(name)) continue;
    context->NotUsed(resource, root.Member(name).path(),
                     v1::FHIR_NOT_USED_REASON_TIME_NOT_MAPPED);
  }
  return time;
}

// What the clinical status says, with an end that was given. UNSPECIFIED: it
// is not one of FHIR's.
v1::FindingStatus StatusOf(absl::string_view clinical, bool has_end) {
  if (clinical == "active" || clinical == "recurrence" ||
      clinical == "relapse") {
    return v1::FINDING_STATUS_PRESENT;
  }
  if (clinical == "inactive" || clinical == "remission" ||
      clinical == "resolved") {
    return v1::FINDING_STATUS_PAST;
  }
  if (!clinical.empty()) return v1::FINDING_STATUS_UNSPECIFIED;
  // Left out, as with many diagnoses of an encounter: it stands until
  // something says that it ended.
  return has_end ? v1::FINDING_STATUS_PAST : v1::FINDING_STATUS_PRESENT;
}

}  // namespace

void MapCondition(const FhirResource& resource, MappingContext* context) {
  const Element root = context->Root(resource);
  const Element verification = root.Object("verificationStatus");
  const Element clinical = root.Object("clinicalStatus");
  const absl::string_view verified = RequiredCode(verification);
  if (verified == "entered-in-error" || verified == "refuted") {
    context->NotUsed(resource, verification.path(),
                     v1::FHIR_NOT_USED_REASON_VOID);
    return;
  }
  const std::vector<CodedConcept> concepts =
      context->Concepts(resource, root.Object("code"), StandsInCondition);
  if (concepts.empty()) return;
  const bool certain = verified.empty() || verified == "confirmed";
  if (!certain) {
    context->NotUsed(resource, verification.path(),
                     v1::FHIR_NOT_USED_REASON_NOT_CERTAIN);
  }
  const ReadTime onset = ReadTimeOf(
      resource, root, "onsetDateTime", "onsetPeriod",
      {"onsetAge", "onsetRange", "onsetString"}, /*period_end=*/false, context);
  const ReadTime end =
      ReadTimeOf(resource, root, "abatementDateTime", "abatementPeriod",
                 {"abatementAge", "abatementRange", "abatementString"},
                 /*period_end=*/true, context);
  const bool has_end = !end.day.empty() || root.HasMember("abatementPeriod") ||
                       root.HasMember("abatementAge") ||
                       root.HasMember("abatementRange") ||
                       root.HasMember("abatementString");
  v1::FindingStatus status = StatusOf(RequiredCode(clinical), has_end);
  if (status == v1::FINDING_STATUS_UNSPECIFIED) {
    context->NotUsed(resource, clinical.path(),
                     v1::FHIR_NOT_USED_REASON_VALUE_NOT_USABLE);
    status = v1::FINDING_STATUS_UNKNOWN;
  }
  if (!certain) status = v1::FINDING_STATUS_UNKNOWN;
  const std::string recorded = DayOf(root.Text("recordedDate"));
  const bool said_by_patient =
      NameInReference(root.Object("asserter").Text("reference")).substr(0, 8) ==
      "Patient/";
  std::vector<Element> sites;
  const Element body_sites = root.Array("bodySite");
  for (int i = 0; i < body_sites.size(); ++i) {
    sites.push_back(body_sites.ObjectAt(i));
  }

  for (const CodedConcept& about : concepts) {
    v1::FindingStatus said = status;
    if (about.denied) {
      // "Not pregnant", as a condition that is over, says nothing.
      if (status != v1::FINDING_STATUS_PRESENT) {
        context->NotUsed(resource, about.path,
                         v1::FHIR_NOT_USED_REASON_VALUE_NOT_USABLE,
                         &about.coding);
        continue;
      }
      said = v1::FINDING_STATUS_ABSENT;
    }
    FindingDraft& draft = context->Add(
        resource, about,
        about.denied ? StatementKind::kAnswer : StatementKind::kThing, said);
    if (said_by_patient) draft.finding.set_source(v1::SOURCE_PATIENT);
    if (!recorded.empty()) {
      draft.finding.set_recorded(recorded);
      draft.recorded = root.Member("recordedDate").path();
    }
    if (said == v1::FINDING_STATUS_PRESENT || said == v1::FINDING_STATUS_PAST) {
      draft.finding.set_onset(onset.day);
      draft.onset = onset.path;
    }
    if (said == v1::FINDING_STATUS_PAST) {
      draft.finding.set_last(end.day);
      draft.last = end.path;
    }
    context->ReadBodySites(resource, sites, &draft);
  }
}

}  // namespace needlewise
