#include "server/fhir/mapping_context.h"

#include <algorithm>
#include <utility>

#include "rules/engine/code_lookup.h"
#include "server/fhir/known_codes.h"

namespace needlewise {
namespace {

bool IsPresent(const FindingDraft& draft) {
  return draft.finding.status() == v1::FINDING_STATUS_PRESENT;
}

bool IsPast(const FindingDraft& draft) {
  return draft.finding.status() == v1::FINDING_STATUS_PAST;
}

bool IsDenial(const FindingDraft& draft) {
  return draft.finding.status() == v1::FINDING_STATUS_ABSENT ||
         draft.finding.status() == v1::FINDING_STATUS_NEVER;
}

}  // namespace

v1::Coding ReadCoding(const Element& coding) {
  v1::Coding read;
  read.set_system(std::string(coding.Text("system")));
  read.set_code(std::string(coding.Text("code")));
  return read;
}

absl::string_view RequiredCode(const Element& codeable) {
  return codeable.Array("coding").ObjectAt(0).Text("code");
}

bool HasCode(const Element& codeable, absl::string_view code) {
  const Element codings = codeable.Array("coding");
  for (int i = 0; i < codings.size(); ++i) {
    if (codings.ObjectAt(i).Text("code") == code) return true;
  }
  return false;
}

std::string DayOf(absl::string_view date_time) {
  return std::string(date_time.substr(0, date_time.find('T')));
}

bool UnitConverts(const v1::QuantityForm& form, const std::string& unit) {
  return unit == form.unit() ||
         std::any_of(form.conversions().begin(), form.conversions().end(),
                     [&](const v1::UnitConversion& conversion) {
                       return conversion.unit() == unit;
                     });
}

int MappingContext::ConceptIndex(absl::string_view concept_id) const {
  const auto found = catalog_.concept_index.find(concept_id);
  return found == catalog_.concept_index.end() ? -1 : found->second;
}

int MappingContext::IndexOf(const FhirResource& resource) const {
  return static_cast<int>(&resource - resources_.resources().data());
}

void MappingContext::NotUsed(const FhirResource& resource,
                             const ElementPath& path,
                             v1::FhirNotUsedReason reason,
                             const v1::Coding* coding) {
  v1::FhirNotUsed not_used;
  not_used.set_resource(resource.label);
  not_used.set_path(path.Text(resource.type));
  not_used.set_reason(reason);
  if (coding != nullptr) *not_used.mutable_coding() = *coding;
  not_used_.emplace_back(IndexOf(resource), std::move(not_used));
}

std::vector<CodedConcept> MappingContext::Concepts(const FhirResource& resource,
                                                   const Element& codeable,
                                                   ConceptFilter filter) {
  std::vector<CodedConcept> concepts;
  const Element codings = codeable.Array("coding");
  std::vector<std::pair<ElementPath, v1::Coding>> unmapped;
  for (int i = 0; i < codings.size(); ++i) {
    const Element item = codings.ObjectAt(i);
    CodedConcept coded;
    coded.resource = &resource;
    coded.coding = ReadCoding(item);
    coded.path = item.path();
    const std::string& system = coded.coding.system();
    const std::string& code = coded.coding.code();
    if (code.empty()) continue;
    const size_t before = concepts.size();
    if (const absl::string_view denied = DeniedConcept(system, code);
        !denied.empty()) {
      coded.denied = true;
      coded.concept_index = ConceptIndex(denied);
      if (coded.concept_index >= 0) concepts.push_back(coded);
    } else {
      for (const int c : ConceptsOfCode(catalog_, system, code)) {
        const v1::Concept* definition = catalog_.concepts[c].definition;
        if (definition == nullptr || !filter(*definition, system)) continue;
        coded.concept_index = c;
        concepts.push_back(coded);
      }
    }
    if (concepts.size() == before) {
      unmapped.emplace_back(std::move(coded.path), std::move(coded.coding));
    }
  }
  for (const auto& [path, coding] : unmapped) {
    NotUsed(resource, path,
            concepts.empty() ? v1::FHIR_NOT_USED_REASON_CODE_NOT_MAPPED
                             : v1::FHIR_NOT_USED_REASON_OTHER_CODE_USED,
            &coding);
  }
  if (concepts.empty() && unmapped.empty()) {
    NotUsed(resource, codeable.path(), v1::FHIR_NOT_USED_REASON_TEXT_ONLY);
  }
  // Two codes of one element that stand for the same concept say one thing.
  std::vector<CodedConcept> once;
  for (CodedConcept& coded : concepts) {
    const bool said =
        std::any_of(once.begin(), once.end(), [&](const CodedConcept& other) {
          return other.concept_index == coded.concept_index &&
                 other.denied == coded.denied;
        });
    if (!said) once.push_back(std::move(coded));
  }
  return once;
}

FindingDraft& MappingContext::Add(const FhirResource& resource,
                                  const CodedConcept& about, StatementKind kind,
                                  v1::FindingStatus status) {
  FindingDraft& draft = drafts_.emplace_back();
  draft.concept_index = about.concept_index;
  draft.kind = kind;
  draft.resource = &resource;
  draft.code_resource = about.resource;
  draft.coding = about.coding;
  draft.code = about.path;
  draft.finding.set_concept(catalog_.concepts[about.concept_index].id);
  draft.finding.set_status(status);
  draft.finding.set_source(v1::SOURCE_EHR);
  return draft;
}

bool MappingContext::ReadBodySites(const FhirResource& resource,
                                   const std::vector<Element>& sites,
                                   FindingDraft* draft) {
  bool all_mapped = true;
  std::vector<std::string> areas;
  for (const Element& site : sites) {
    const Element codings = site.Array("coding");
    int area = -1;
    for (int i = 0; i < codings.size() && area < 0; ++i) {
      const v1::Coding coding = ReadCoding(codings.ObjectAt(i));
      area = AreaOfCode(catalog_, coding.system(), coding.code());
    }
    if (area >= 0) {
      areas.push_back(catalog_.areas[area].definition->area_id());
      continue;
    }
    all_mapped = false;
    const v1::Coding coding = ReadCoding(codings.ObjectAt(0));
    NotUsed(resource, site.path(),
            v1::FHIR_NOT_USED_REASON_BODY_SITE_NOT_MAPPED,
            coding.code().empty() ? nullptr : &coding);
  }
  std::sort(areas.begin(), areas.end());
  areas.erase(std::unique(areas.begin(), areas.end()), areas.end());
  for (std::string& area : areas) draft->finding.add_areas(std::move(area));
  if (all_mapped || !IsDenial(*draft) || !draft->finding.areas().empty()) {
    return true;
  }
  DropLast();
  return false;
}

void MappingContext::Contradict(absl::string_view concept_id) {
  contradicted_.emplace_back(concept_id);
}

void MappingContext::Finish(MappedPatient* mapped) {
  ResolveEvents();
  DropContradictedDenials();
  LetPresencesStand();
  DropUndated();
  for (const FindingDraft& draft : drafts_) Write(draft, mapped);
  std::stable_sort(
      not_used_.begin(), not_used_.end(),
      [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [index, not_used] : not_used_) {
    mapped->not_used.push_back(std::move(not_used));
  }
}

// That a dose was given on a day leaves open whether it still is. Beside a
// statement that it is over, the day counts as one on which it was so.
void MappingContext::ResolveEvents() {
  std::vector<bool> over(catalog_.concepts.size(), false);
  for (const FindingDraft& draft : drafts_) {
    if (draft.kind != StatementKind::kEvent &&
        (IsPast(draft) || IsDenial(draft))) {
      over[draft.concept_index] = true;
    }
  }
  for (FindingDraft& draft : drafts_) {
    if (draft.kind != StatementKind::kEvent) continue;
    if (over[draft.concept_index]) {
      draft.finding.set_status(v1::FINDING_STATUS_PAST);
      continue;
    }
    draft.finding.set_status(v1::FINDING_STATUS_UNKNOWN);
    draft.finding.clear_last();
    NotUsed(*draft.resource, draft.code, v1::FHIR_NOT_USED_REASON_NOT_CERTAIN,
            &draft.coding);
  }
}

void MappingContext::Drop(FindingDraft* draft, v1::FhirNotUsedReason reason) {
  NotUsed(*draft->resource, draft->code, reason, &draft->coding);
  draft->concept_index = -1;
}

void MappingContext::DropContradictedDenials() {
  for (FindingDraft& draft : drafts_) {
    if (draft.kind != StatementKind::kNothingKnown) continue;
    if (std::find(contradicted_.begin(), contradicted_.end(),
                  draft.finding.concept()) != contradicted_.end()) {
      Drop(&draft, v1::FHIR_NOT_USED_REASON_SAID_TO_BE_PRESENT);
    }
  }
}

// Of two things that stand for one concept the one that is over does not end
// the other: a rule of dates, which is right for two statements about one
// thing, must not come to it.
void MappingContext::LetPresencesStand() {
  // For each concept, the areas that one of its presences touches: all, where
  // one does not say where.
  std::vector<WorldSet> present(catalog_.concepts.size(), 0);
  for (const FindingDraft& draft : drafts_) {
    if (draft.concept_index < 0 || draft.kind != StatementKind::kThing ||
        !IsPresent(draft)) {
      continue;
    }
    WorldSet& touched = present[draft.concept_index];
    if (draft.finding.areas().empty()) touched = ~WorldSet{0};
    for (const std::string& id : draft.finding.areas()) {
      const CompiledArea& area = catalog_.areas[catalog_.area_index.at(id)];
      touched |= area.holds | area.held_by;
    }
  }
  for (FindingDraft& draft : drafts_) {
    if (draft.concept_index < 0 || draft.kind == StatementKind::kAnswer ||
        !IsPast(draft)) {
      continue;
    }
    WorldSet areas = draft.finding.areas().empty() ? ~WorldSet{0} : 0;
    for (const std::string& id : draft.finding.areas()) {
      areas |= WorldSet{1} << catalog_.area_index.at(id);
    }
    if ((areas & present[draft.concept_index]) != 0) {
      Drop(&draft, v1::FHIR_NOT_USED_REASON_SAID_TO_BE_PRESENT);
    }
  }
}

// The engine takes an undated statement for one of today, which nothing in a
// record warrants for what goes stale.
void MappingContext::DropUndated() {
  for (FindingDraft& draft : drafts_) {
    if (draft.concept_index < 0 || !draft.finding.recorded().empty()) continue;
    const CompiledConcept& about = catalog_.concepts[draft.concept_index];
    if (about.freshness_days == 0) continue;
    if (about.only_denials_go_stale && !IsDenial(draft) && !IsPast(draft)) {
      continue;
    }
    if (draft.finding.status() == v1::FINDING_STATUS_UNKNOWN) continue;
    Drop(&draft, v1::FHIR_NOT_USED_REASON_UNDATED);
  }
}

void MappingContext::Write(const FindingDraft& draft,
                           MappedPatient* mapped) const {
  if (draft.concept_index < 0) return;
  *mapped->patient.add_findings() = draft.finding;
  v1::FhirOrigin& origin = mapped->origins.emplace_back();
  origin.set_resource(draft.resource->label);
  origin.set_path(draft.code.Text(draft.code_resource->type));
  FindingPlaces& places = mapped->places.emplace_back();
  const std::string& location = draft.resource->location;
  places.finding = draft.code.Text(draft.code_resource->location);
  // What the resource does not give has no place, and cannot be wrong.
  const auto place = [&](const ElementPath& path) {
    return path.empty() ? std::string() : path.Text(location);
  };
  places.onset = place(draft.onset);
  places.last = place(draft.last);
  places.recorded = place(draft.recorded);
  places.quantity = place(draft.quantity);
}

}  // namespace needlewise
