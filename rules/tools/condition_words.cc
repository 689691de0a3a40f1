#include "rules/tools/condition_words.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace needlewise {
namespace {

class Words {
 public:
  explicit Words(const CompiledCatalog& catalog) : catalog_(catalog) {}

  std::string Of(const v1::Condition& condition, bool inner) const {
    switch (condition.kind_case()) {
      case v1::Condition::kAllOf:
        return List(condition.all_of(), " and ", inner);
      case v1::Condition::kAnyOf:
        return List(condition.any_of(), " or ", inner);
      case v1::Condition::kNot:
        return absl::StrCat("not (", Of(condition.not_(), false), ")");
      case v1::Condition::kFinding:
        return Finding(condition.finding());
      case v1::Condition::kQuantity:
        return Quantity(condition.quantity());
      case v1::Condition::kTreatmentArea:
        return absl::StrCat("the treatment area is in: ",
                            Areas(condition.treatment_area().areas()));
      case v1::Condition::kDevice:
        return Device(condition.device());
      case v1::Condition::kConcern:
        return absl::StrCat("the treatment is wanted for ",
                            Concern(condition.concern().concern()));
      case v1::Condition::kLabel:
        return Label(condition.label().outside());
      case v1::Condition::KIND_NOT_SET:
        break;
    }
    return "nothing";
  }

 private:
  std::string List(const v1::ConditionList& list, const char* joiner,
                   bool inner) const {
    std::vector<std::string> parts;
    for (const v1::Condition& c : list.conditions()) {
      parts.push_back(Of(c, true));
    }
    const std::string joined = absl::StrJoin(parts, joiner);
    return inner && parts.size() > 1 ? absl::StrCat("(", joined, ")") : joined;
  }

  const v1::Concept& ConceptOf(const std::string& id) const {
    return *catalog_.concepts[catalog_.concept_index.at(id)].definition;
  }

  const std::string& Area(const std::string& id) const {
    return catalog_.areas[catalog_.area_index.at(id)].definition->display();
  }

  std::string Areas(
      const google::protobuf::RepeatedPtrField<std::string>& ids) const {
    std::vector<std::string> names;
    for (const std::string& id : ids) names.push_back(Area(id));
    return absl::StrJoin(names, " or ");
  }

  const std::string& Concern(const std::string& id) const {
    return catalog_.catalog.concerns(catalog_.concern_index.at(id)).display();
  }

  const v1::Parameter& ParameterOf(const std::string& id) const {
    return catalog_.catalog.parameters(catalog_.parameter_index.at(id));
  }

  std::string Finding(const v1::FindingCondition& finding) const {
    const v1::Concept& asked = ConceptOf(finding.concept());
    std::string text = asked.display();
    switch (finding.time()) {
      case v1::FINDING_TIME_NOW:
        text += ", now";
        break;
      case v1::FINDING_TIME_EVER:
        text += ", ever";
        break;
      case v1::FINDING_TIME_PAST:
        text += ", in the past and not now";
        break;
      case v1::FINDING_TIME_WITHIN:
        absl::StrAppend(&text, ", now or within the last ",
                        Window(finding.within()));
        break;
      case v1::FINDING_TIME_BEGAN_WITHIN:
        absl::StrAppend(&text, ", now and begun within the last ",
                        Window(finding.within()));
        break;
      default:
        break;
    }
    switch (finding.place()) {
      case v1::FINDING_PLACE_TREATMENT_AREA:
        text += ", in the treatment area";
        break;
      case v1::FINDING_PLACE_ANYWHERE:
        text += ", anywhere on the body";
        break;
      case v1::FINDING_PLACE_REGION:
        absl::StrAppend(
            &text, ", in the treatment area or, where that lies in ",
            Area(finding.region()), ", anywhere in ", Area(finding.region()));
        break;
      default:
        // Of the whole patient there is no place to name.
        if (asked.scope() == v1::CONCEPT_SCOPE_TREATMENT_AREA) {
          text += ", in the treatment area";
        }
        break;
    }
    return text;
  }

  std::string Window(const v1::Window& window) const {
    switch (window.length_case()) {
      case v1::Window::kHours:
        return ValueInWords(window.hours(), "h");
      case v1::Window::kDays:
        return ValueInWords(window.days(), "d");
      case v1::Window::kWeeks:
        return ValueInWords(window.weeks(), "wk");
      case v1::Window::kMonths:
        return ValueInWords(window.months(), "mo");
      case v1::Window::kParameter:
        return Parameter(window.parameter());
      case v1::Window::LENGTH_NOT_SET:
        break;
    }
    return "";
  }

  std::string Parameter(const std::string& id) const {
    const v1::Parameter& parameter = ParameterOf(id);
    return absl::StrCat(ValueInWords(parameter.value(), parameter.unit()), " (",
                        id, ")");
  }

  std::string Quantity(const v1::QuantityCondition& quantity) const {
    const v1::Concept& asked = ConceptOf(quantity.concept());
    const char* comparison = "";
    switch (quantity.comparison()) {
      case v1::COMPARISON_LESS:
        comparison = " below ";
        break;
      case v1::COMPARISON_LESS_OR_EQUAL:
        comparison = " at most ";
        break;
      case v1::COMPARISON_GREATER:
        comparison = " above ";
        break;
      case v1::COMPARISON_GREATER_OR_EQUAL:
        comparison = " at least ";
        break;
      default:
        break;
    }
    return absl::StrCat(
        asked.display(), comparison,
        quantity.limit_case() == v1::QuantityCondition::kParameter
            ? Parameter(quantity.parameter())
            : ValueInWords(quantity.value(), asked.quantity().unit()));
  }

  std::string Device(const v1::DeviceCondition& device) const {
    switch (device.test_case()) {
      case v1::DeviceCondition::kDevice:
        return absl::StrCat(
            "the device is ",
            catalog_.catalog.devices(catalog_.device_index.at(device.device()))
                .display());
      case v1::DeviceCondition::kListed:
        return device.listed()
                   ? "the device is one that the catalogue lists"
                   : "no device is named, or one that the catalogue does not "
                     "list";
      case v1::DeviceCondition::kNamed:
        return device.named() ? "a device is named" : "no device is named";
      case v1::DeviceCondition::kLabelExcludes:
        return absl::StrCat("the label of the device excludes ",
                            ConceptOf(device.label_excludes()).display());
      case v1::DeviceCondition::TEST_NOT_SET:
        break;
    }
    return "";
  }

  static std::string Label(v1::LabelLimit limit) {
    switch (limit) {
      case v1::LABEL_LIMIT_AREA:
        return "the label of the device does not cover the treatment area";
      case v1::LABEL_LIMIT_AGE:
        return "the patient is younger than the label of the device allows for "
               "the treatment area";
      case v1::LABEL_LIMIT_SKIN_TYPE:
        return "the skin type lies outside what the label of the device covers "
               "for the treatment area";
      case v1::LABEL_LIMIT_DEPTH:
        return "the planned needle depth is greater than the label of the "
               "device evaluates for the treatment area";
      case v1::LABEL_LIMIT_CONCERN:
        return "the label of the device covers none of the stated concerns in "
               "the treatment area";
      default:
        return "";
    }
  }

  const CompiledCatalog& catalog_;
};

struct Unit {
  const char* ucum;
  const char* one;
  const char* many;
};

constexpr Unit kUnits[] = {
    {"1", "", ""},
    {"%", " %", " %"},
    {"h", " hour", " hours"},
    {"d", " day", " days"},
    {"wk", " week", " weeks"},
    {"mo", " month", " months"},
    {"a", " year", " years"},
    {"10*9/L", " × 10⁹/L", " × 10⁹/L"},
    {"10*3/uL", " × 10³/µL", " × 10³/µL"},
};

}  // namespace

std::string InWords(const CompiledCatalog& catalog,
                    const v1::Condition& condition) {
  return Words(catalog).Of(condition, false);
}

std::string HeadingOf(const v1::Condition& condition) {
  if (condition.has_all_of()) return "all of";
  if (condition.has_any_of()) return "any of";
  return condition.has_not_() ? "not" : "";
}

std::string ValueInWords(double value, absl::string_view unit) {
  for (const Unit& u : kUnits) {
    if (unit == u.ucum) {
      return absl::StrCat(value, value == 1 ? u.one : u.many);
    }
  }
  return absl::StrCat(value, " ", unit);
}

std::string StateInWords(const CompiledCatalog& catalog,
                         const v1::ConceptState& state) {
  const v1::Concept& about =
      *catalog.concepts[catalog.concept_index.at(state.concept())].definition;
  switch (state.state_case()) {
    case v1::ConceptState::kAtLeast:
      return absl::StrCat(
          "at least ", ValueInWords(state.at_least(), about.quantity().unit()));
    case v1::ConceptState::kAtMost:
      return absl::StrCat(
          "at most ", ValueInWords(state.at_most(), about.quantity().unit()));
    default:
      break;
  }
  switch (state.status()) {
    case v1::FINDING_STATUS_PRESENT:
      return "present";
    case v1::FINDING_STATUS_ABSENT:
      return "not now";
    case v1::FINDING_STATUS_NEVER:
      return "never";
    default:
      return "";
  }
}

std::string EffectInWords(v1::EffectKind effect) {
  switch (effect) {
    case v1::EFFECT_KIND_CONTRAINDICATION:
      return "contraindication";
    case v1::EFFECT_KIND_DEFERRAL:
      return "deferral";
    case v1::EFFECT_KIND_REVIEW:
      return "review";
    case v1::EFFECT_KIND_PRECAUTION:
      return "precaution";
    default:
      return "note";
  }
}

std::string GradeInWords(v1::EvidenceGrade grade) {
  switch (grade) {
    case v1::EVIDENCE_GRADE_A:
      return "A";
    case v1::EVIDENCE_GRADE_B:
      return "B";
    case v1::EVIDENCE_GRADE_C:
      return "C";
    case v1::EVIDENCE_GRADE_D:
      return "D";
    case v1::EVIDENCE_GRADE_G:
      return "G";
    default:
      return "";
  }
}

std::string VerdictInWords(v1::Verdict verdict) {
  switch (verdict) {
    case v1::VERDICT_ELIGIBLE:
      return "eligible";
    case v1::VERDICT_ELIGIBLE_WITH_PRECAUTIONS:
      return "eligible with precautions";
    case v1::VERDICT_REVIEW_REQUIRED:
      return "review required";
    case v1::VERDICT_DATA_REQUIRED:
      return "data required";
    case v1::VERDICT_DEFERRED:
      return "deferred";
    case v1::VERDICT_CONTRAINDICATED:
      return "contraindicated";
    default:
      return "";
  }
}

std::string SourceInWords(v1::Source source) {
  switch (source) {
    case v1::SOURCE_EHR:
      return "record";
    case v1::SOURCE_PATIENT:
      return "patient";
    case v1::SOURCE_CLINICIAN:
      return "clinician";
    case v1::SOURCE_SITE:
      return "clinic";
    default:
      return "source not stated";
  }
}

std::string TruthInWords(Truth truth) {
  switch (truth) {
    case Truth::kTrue:
      return "true";
    case Truth::kFalse:
      return "false";
    case Truth::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace needlewise
