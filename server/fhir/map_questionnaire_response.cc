// Answers to a Questionnaire whose link ids are ids of concepts, as the one
// that goes out with a decision has them.

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/fhir/mapping_context.h"
#include "server/fhir/questionnaire.h"

namespace needlewise {
namespace {

// A questionnaire in groups in groups is as deep as anybody writes.
constexpr int kDeepestGroup = 8;

class AnswerReader {
 public:
  AnswerReader(const FhirResource& resource, v1::Source source,
               std::string recorded, ElementPath recorded_path,
               MappingContext* context, MappedPatient* mapped)
      : resource_(resource),
        source_(source),
        recorded_(std::move(recorded)),
        recorded_path_(std::move(recorded_path)),
        context_(*context),
        mapped_(*mapped) {}

  void ReadItems(const Element& items, int depth) {
    for (int i = 0; i < items.size(); ++i) ReadItem(items.ObjectAt(i), depth);
  }

 private:
  void NotUsed(const ElementPath& path, v1::FhirNotUsedReason reason) {
    context_.NotUsed(resource_, path, reason);
  }

  void ReadItem(const Element& item, int depth) {
    if (depth >= kDeepestGroup) {
      NotUsed(item.path(), v1::FHIR_NOT_USED_REASON_CODE_NOT_MAPPED);
      return;
    }
    const Element answers = item.Array("answer");
    const absl::string_view link_id = item.Text("linkId");
    const int about = context_.ConceptIndex(link_id);
    const bool is_concept =
        about >= 0 && context_.catalog().concepts[about].definition != nullptr;
    if (answers.size() == 0) {
      ReadItems(item.Array("item"), depth + 1);
      return;
    }
    if (!is_concept) {
      NotUsed(item.path(), v1::FHIR_NOT_USED_REASON_CODE_NOT_MAPPED);
    } else if (answers.size() > 1) {
      NotUsed(answers.path(), v1::FHIR_NOT_USED_REASON_VALUE_NOT_USABLE);
    } else {
      ReadAnswer(item, answers.ObjectAt(0), about);
    }
    for (int i = 0; i < answers.size(); ++i) {
      // Below a concept's answer are its parts, read with it.
      if (!is_concept) ReadItems(answers.ObjectAt(i).Array("item"), depth + 1);
    }
  }

  void ReadAnswer(const Element& item, const Element& answer, int about) {
    const CompiledConcept& asked = context_.catalog().concepts[about];
    if (asked.definition->kind() == v1::CONCEPT_KIND_AGE) {
      ReadAge(answer);
      return;
    }
    CodedConcept coded;
    coded.concept_index = about;
    coded.resource = &resource_;
    coded.path = item.path();
    if (asked.is_quantity) {
      ReadQuantity(answer, coded);
      return;
    }
    const v1::FindingStatus status = StatusOf(answer, *asked.definition);
    if (status == v1::FINDING_STATUS_UNSPECIFIED) {
      NotUsed(answer.path(), v1::FHIR_NOT_USED_REASON_VALUE_NOT_USABLE);
      return;
    }
    FindingDraft& draft = Add(coded, status);
    ReadParts(answer, status, &draft);
  }

  FindingDraft& Add(const CodedConcept& about, v1::FindingStatus status) {
    FindingDraft& draft =
        context_.Add(resource_, about, StatementKind::kAnswer, status);
    draft.finding.set_source(source_);
    draft.finding.set_recorded(recorded_);
    draft.recorded = recorded_path_;
    return draft;
  }

  static v1::FindingStatus StatusOf(const Element& answer,
                                    const v1::Concept& asked) {
    if (const absl::optional<bool> yes = answer.Bool("valueBoolean");
        yes.has_value()) {
      if (!*yes) {
        return asked.tense() == v1::QUESTION_TENSE_EVER
                   ? v1::FINDING_STATUS_NEVER
                   : v1::FINDING_STATUS_ABSENT;
      }
      // A yes to "ever" does not say whether it is so now.
      return asked.tense() == v1::QUESTION_TENSE_EVER
                 ? v1::FINDING_STATUS_UNSPECIFIED
                 : v1::FINDING_STATUS_PRESENT;
    }
    const Element coding = answer.Object("valueCoding");
    if (coding.Text("system") != kFindingStatusSystem) {
      return v1::FINDING_STATUS_UNSPECIFIED;
    }
    return StatusOfCode(coding.Text("code"));
  }

  // The parts of an answer: where, since when, when last.
  void ReadParts(const Element& answer, v1::FindingStatus status,
                 FindingDraft* draft) {
    const Element parts = answer.Array("item");
    for (int i = 0; i < parts.size(); ++i) {
      const Element part = parts.ObjectAt(i);
      const Element values = part.Array("answer");
      const std::string link_id(part.Text("linkId"));
      const std::string& concept_id = draft->finding.concept();
      const bool has_time = status == v1::FINDING_STATUS_PRESENT ||
                            status == v1::FINDING_STATUS_PAST;
      if (link_id == absl::StrCat(concept_id, kLastSuffix) && has_time) {
        const Element value = values.ObjectAt(0);
        draft->finding.set_last(DayOf(value.Text("valueDate")));
        draft->last = value.Member("valueDate").path();
      } else if (link_id == absl::StrCat(concept_id, kOnsetSuffix) &&
                 has_time) {
        const Element value = values.ObjectAt(0);
        draft->finding.set_onset(DayOf(value.Text("valueDate")));
        draft->onset = value.Member("valueDate").path();
      } else if (link_id == absl::StrCat(concept_id, kAreasSuffix)) {
        ReadAreas(values, draft);
      } else {
        NotUsed(part.path(), v1::FHIR_NOT_USED_REASON_CODE_NOT_MAPPED);
      }
    }
  }

  void ReadAreas(const Element& values, FindingDraft* draft) {
    for (int i = 0; i < values.size(); ++i) {
      const Element coding = values.ObjectAt(i).Object("valueCoding");
      const std::string code(coding.Text("code"));
      if (coding.Text("system") == kAreaSystem &&
          context_.catalog().area_index.contains(code)) {
        draft->finding.add_areas(code);
      } else {
        NotUsed(values.Item(i).path(),
                v1::FHIR_NOT_USED_REASON_BODY_SITE_NOT_MAPPED);
      }
    }
    // An absence of places that are not known would be one everywhere.
    const bool denies = draft->finding.status() == v1::FINDING_STATUS_ABSENT ||
                        draft->finding.status() == v1::FINDING_STATUS_NEVER;
    if (denies && values.size() > 0 && draft->finding.areas().empty()) {
      draft->finding.set_status(v1::FINDING_STATUS_UNKNOWN);
    }
  }

  void ReadQuantity(const Element& answer, const CodedConcept& about) {
    const Element quantity = answer.Object("valueQuantity");
    absl::optional<double> number = quantity.Number("value");
    std::string unit(quantity.Text("code"));
    if (unit.empty()) unit = std::string(quantity.Text("unit"));
    ElementPath path = quantity.path();
    for (const char* name : {"valueInteger", "valueDecimal"}) {
      if (number.has_value() || !answer.HasMember(name)) continue;
      number = answer.Number(name);
      path = answer.Member(name).path();
    }
    if (!number.has_value() || quantity.HasMember("comparator")) {
      NotUsed(answer.path(), v1::FHIR_NOT_USED_REASON_VALUE_NOT_USABLE);
      return;
    }
    const v1::QuantityForm& form =
        context_.catalog().concepts[about.concept_index].definition->quantity();
    if (!unit.empty() && !UnitConverts(form, unit)) {
      NotUsed(path, v1::FHIR_NOT_USED_REASON_UNIT_NOT_CONVERTIBLE);
      return;
    }
    FindingDraft& draft = Add(about, v1::FINDING_STATUS_UNSPECIFIED);
    draft.finding.mutable_quantity()->set_value(*number);
    draft.finding.mutable_quantity()->set_unit(std::move(unit));
    draft.quantity = path;
  }

  // The birth date says more, and the two would have to agree on a day that
  // the answer does not tell.
  void ReadAge(const Element& answer) {
    const absl::optional<double> years = answer.Number("valueInteger");
    if (!years.has_value() || !mapped_.patient.birth_date().empty()) {
      NotUsed(answer.path(), v1::FHIR_NOT_USED_REASON_VALUE_NOT_USABLE);
      return;
    }
    constexpr double kBeyondAnyAge = 1000;
    mapped_.patient.set_age_years(static_cast<int>(
        *years >= 0 && *years < kBeyondAnyAge ? *years : kBeyondAnyAge));
  }

  const FhirResource& resource_;
  const v1::Source source_;
  const std::string recorded_;
  const ElementPath recorded_path_;
  MappingContext& context_;
  MappedPatient& mapped_;
};

v1::Source SourceOf(const Element& root) {
  for (const char* member : {"source", "author"}) {
    const absl::string_view name =
        NameInReference(root.Object(member).Text("reference"));
    if (absl::StartsWith(name, "Patient/") ||
        absl::StartsWith(name, "RelatedPerson/")) {
      return v1::SOURCE_PATIENT;
    }
    if (absl::StartsWith(name, "Practitioner")) return v1::SOURCE_CLINICIAN;
  }
  return v1::SOURCE_EHR;
}

}  // namespace

void MapQuestionnaireResponse(const FhirResource& resource,
                              MappingContext* context, MappedPatient* mapped) {
  const Element root = context->Root(resource);
  const absl::string_view status = root.Text("status");
  if (status != "completed" && status != "amended") {
    context->NotUsed(resource, root.Member("status").path(),
                     status == "entered-in-error"
                         ? v1::FHIR_NOT_USED_REASON_VOID
                         : v1::FHIR_NOT_USED_REASON_NOT_CERTAIN);
    return;
  }
  AnswerReader reader(resource, SourceOf(root), DayOf(root.Text("authored")),
                      root.Member("authored").path(), context, mapped);
  reader.ReadItems(root.Array("item"), 0);
}

}  // namespace needlewise
