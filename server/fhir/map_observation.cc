// Observations: a measurement, or an answer, or a finding that is there.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/fhir/known_codes.h"
#include "server/fhir/mapping_context.h"

namespace needlewise {
namespace {

bool StandsInObservation(const v1::Concept& about, absl::string_view system) {
  return about.kind() != v1::CONCEPT_KIND_AGE &&
         about.kind() != v1::CONCEPT_KIND_SITE &&
         about.kind() != v1::CONCEPT_KIND_ALLERGY && system != kAtc &&
         system != kRxNorm;
}

// The times and the source that an observation gives to all its parts.
struct Common {
  std::string recorded;
  ElementPath recorded_path;
  v1::Source source = v1::SOURCE_EHR;
  std::vector<Element> sites;
};

bool IsFinal(absl::string_view status) {
  return status == "final" || status == "amended" || status == "corrected";
}

Common ReadCommon(const FhirResource& resource, const Element& root,
                  MappingContext* context) {
  Common common;
  for (const char* name : {"effectiveDateTime", "effectiveInstant"}) {
    if (const absl::string_view text = root.Text(name); !text.empty()) {
      common.recorded = DayOf(text);
      common.recorded_path = root.Member(name).path();
    }
  }
  // Of a period its beginning: nothing measured in it is older than that.
  if (const Element period = root.Object("effectivePeriod"); period.exists()) {
    common.recorded = DayOf(period.Text("start"));
    common.recorded_path = period.Member("start").path();
  }
  if (root.HasMember("effectiveTiming")) {
    context->NotUsed(resource, root.Member("effectiveTiming").path(),
                     v1::FHIR_NOT_USED_REASON_TIME_NOT_MAPPED);
  }
  const Element performers = root.Array("performer");
  for (int i = 0; i < performers.size(); ++i) {
    if (NameInReference(performers.ObjectAt(i).Text("reference"))
            .substr(0, 8) == "Patient/") {
      common.source = v1::SOURCE_PATIENT;
    }
  }
  if (root.HasMember("bodySite")) {
    common.sites.push_back(root.Object("bodySite"));
  }
  return common;
}

class ObservationReader {
 public:
  ObservationReader(const FhirResource& resource, const Common& common,
                    MappingContext* context)
      : resource_(resource), common_(common), context_(*context) {}

  // Reads a code with its value: an observation's own, or a component's.
  void Read(const Element& part) {
    const Element code = part.Object("code");
    if (ReadAsked(part, code)) return;
    for (const CodedConcept& about :
         context_.Concepts(resource_, code, StandsInObservation)) {
      if (about.denied) {
        // The code itself says that it is not so.
        if (AnswerOf(part) == CodedAnswer::kNo) {
          NotUsed(about.path, v1::FHIR_NOT_USED_REASON_VALUE_NOT_USABLE);
        } else {
          Add(about, v1::FINDING_STATUS_ABSENT);
        }
      } else if (context_.catalog().concepts[about.concept_index].is_quantity) {
        ReadQuantity(part, about);
      } else {
        ReadPresence(part, about);
      }
    }
  }

 private:
  void NotUsed(const ElementPath& path, v1::FhirNotUsedReason reason) {
    context_.NotUsed(resource_, path, reason);
  }

  FindingDraft& Add(const CodedConcept& about, v1::FindingStatus status) {
    FindingDraft& draft =
        context_.Add(resource_, about, StatementKind::kAnswer, status);
    draft.finding.set_source(common_.source);
    draft.finding.set_recorded(common_.recorded);
    draft.recorded = common_.recorded_path;
    return draft;
  }

  // A code that asks: what the value says is the statement. True where the
  // code is one.
  bool ReadAsked(const Element& part, const Element& code) {
    const Element codings = code.Array("coding");
    for (int i = 0; i < codings.size(); ++i) {
      const v1::Coding coding = ReadCoding(codings.ObjectAt(i));
      const absl::string_view asked =
          AskedConcept(coding.system(), coding.code());
      if (asked.empty()) continue;
      CodedConcept about;
      about.concept_index = context_.ConceptIndex(asked);
      about.resource = &resource_;
      about.coding = coding;
      about.path = codings.Item(i).path();
      if (about.concept_index < 0) return false;
      ReadAnswer(part, about);
      return true;
    }
    return false;
  }

  void ReadAnswer(const Element& part, const CodedConcept& about) {
    if (const Element value = part.Object("valueCodeableConcept");
        value.exists()) {
      const Element codings = value.Array("coding");
      for (int i = 0; i < codings.size(); ++i) {
        const v1::Coding coding = ReadCoding(codings.ObjectAt(i));
        if (SaysUnknown(coding.system(), coding.code())) {
          Add(about, v1::FINDING_STATUS_UNKNOWN);
          return;
        }
      }
      if (AnswerOf(part) == CodedAnswer::kNone) {
        for (const CodedConcept& said :
             context_.Concepts(resource_, value, StandsInObservation)) {
          Add(said, said.denied ? v1::FINDING_STATUS_ABSENT
                                : v1::FINDING_STATUS_PRESENT);
        }
        return;
      }
    }
    switch (AnswerOf(part)) {
      case CodedAnswer::kYes:
        Add(about, v1::FINDING_STATUS_PRESENT);
        break;
      case CodedAnswer::kNo:
        Add(about, v1::FINDING_STATUS_ABSENT);
        break;
      case CodedAnswer::kNone:
        NotUsed(about.path, v1::FHIR_NOT_USED_REASON_VALUE_NOT_USABLE);
        break;
    }
  }

  // Yes or no, as a Boolean, a code, or else the interpretation.
  CodedAnswer AnswerOf(const Element& part) const {
    if (const absl::optional<bool> value = part.Bool("valueBoolean");
        value.has_value()) {
      return *value ? CodedAnswer::kYes : CodedAnswer::kNo;
    }
    if (part.HasMember("dataAbsentReason")) return CodedAnswer::kNone;
    CodedAnswer answer = AnswerIn(part.Object("valueCodeableConcept"));
    if (HasValue(part)) return answer;
    const Element interpretations = part.Array("interpretation");
    for (int i = 0; i < interpretations.size(); ++i) {
      const CodedAnswer one = AnswerIn(interpretations.ObjectAt(i));
      if (one != CodedAnswer::kNone) answer = one;
    }
    return answer;
  }

  static CodedAnswer AnswerIn(const Element& codeable) {
    const Element codings = codeable.Array("coding");
    for (int i = 0; i < codings.size(); ++i) {
      const v1::Coding coding = ReadCoding(codings.ObjectAt(i));
      const CodedAnswer answer = AnswerOfCode(coding.system(), coding.code());
      if (answer != CodedAnswer::kNone) return answer;
    }
    return CodedAnswer::kNone;
  }

  static bool HasValue(const Element& part) {
    for (const char* name :
         {"valueQuantity", "valueCodeableConcept", "valueString",
          "valueBoolean", "valueInteger", "valueRange", "valueRatio",
          "valueSampledData", "valueTime", "valueDateTime", "valuePeriod"}) {
      if (part.HasMember(name)) return true;
    }
    return false;
  }

  // A code that stands for something: there with a yes, or with no value at
  // all; a no is about that one thing alone.
  void ReadPresence(const Element& part, const CodedConcept& about) {
    const CodedAnswer answer = AnswerOf(part);
    if (answer == CodedAnswer::kNo) {
      NotUsed(about.path, v1::FHIR_NOT_USED_REASON_NARROWER_DENIAL);
      return;
    }
    if (answer == CodedAnswer::kNone &&
        (HasValue(part) || part.HasMember("dataAbsentReason"))) {
      NotUsed(about.path, v1::FHIR_NOT_USED_REASON_VALUE_NOT_USABLE);
      return;
    }
    FindingDraft& draft = Add(about, v1::FINDING_STATUS_PRESENT);
    draft.kind = StatementKind::kThing;
    context_.ReadBodySites(resource_, common_.sites, &draft);
  }

  void ReadQuantity(const Element& part, const CodedConcept& about) {
    const v1::QuantityForm& form =
        context_.catalog().concepts[about.concept_index].definition->quantity();
    const Element value = part.Object("valueQuantity");
    const Element integer = part.Member("valueInteger");
    absl::optional<double> number;
    std::string unit;
    ElementPath path = value.path();
    if (value.exists()) {
      if (value.HasMember("comparator")) {
        NotUsed(value.Member("comparator").path(),
                v1::FHIR_NOT_USED_REASON_VALUE_NOT_USABLE);
        return;
      }
      number = value.Number("value");
      unit = UnitOf(value);
    } else if (integer.exists()) {
      number = part.Number("valueInteger");
      path = integer.path();
    }
    if (!number.has_value()) {
      NotUsed(HasValue(part) || !part.HasMember("dataAbsentReason")
                  ? about.path
                  : part.Member("dataAbsentReason").path(),
              v1::FHIR_NOT_USED_REASON_VALUE_NOT_USABLE);
      return;
    }
    if (!unit.empty() && !UnitConverts(form, unit)) {
      NotUsed(path, v1::FHIR_NOT_USED_REASON_UNIT_NOT_CONVERTIBLE);
      return;
    }
    FindingDraft& draft = Add(about, v1::FINDING_STATUS_UNSPECIFIED);
    draft.finding.mutable_quantity()->set_value(*number);
    draft.finding.mutable_quantity()->set_unit(std::move(unit));
    draft.quantity = path;
  }

  // The UCUM code, or the text of the unit where no code is given; the engine
  // takes it only where it is one that it knows. Empty: none.
  static std::string UnitOf(const Element& quantity) {
    const absl::string_view code = quantity.Text("code");
    const absl::string_view system = quantity.Text("system");
    if (!code.empty() && (system.empty() || system == kUcum)) {
      return std::string(code);
    }
    return std::string(quantity.Text("unit"));
  }

  const FhirResource& resource_;
  const Common& common_;
  MappingContext& context_;
};

}  // namespace

void MapObservation(const FhirResource& resource, MappingContext* context) {
  const Element root = context->Root(resource);
  const absl::string_view status = root.Text("status");
  if (!IsFinal(status)) {
    context->NotUsed(resource, root.Member("status").path(),
                     status == "entered-in-error" || status == "cancelled"
                         ? v1::FHIR_NOT_USED_REASON_VOID
                         : v1::FHIR_NOT_USED_REASON_NOT_CERTAIN);
    return;
  }
  const Common common = ReadCommon(resource, root, context);
  ObservationReader reader(resource, common, context);
  const Element components = root.Array("component");
  // The code of a panel stands for its components.
  if (components.size() == 0 || root.HasMember("valueQuantity") ||
      root.HasMember("valueCodeableConcept") ||
      root.HasMember("valueBoolean")) {
    reader.Read(root);
  }
  for (int i = 0; i < components.size(); ++i) {
    reader.Read(components.ObjectAt(i));
  }
}

}  // namespace needlewise
