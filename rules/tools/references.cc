#include "rules/tools/references.h"

#include <map>
#include <vector>

#include "needlewise/v1/rule.pb.h"

namespace needlewise {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Every field that holds an id, by its full name without the package.
const std::map<std::string, RecordKind>& ReferringFields() {
  static const auto* fields = new std::map<std::string, RecordKind>{
      {"Concept.section", RecordKind::kSection},
      {"ConceptCode.source", RecordKind::kCitation},
      {"NonRule.conflicts", RecordKind::kConflict},
      {"FindingCondition.concept", RecordKind::kConcept},
      {"QuantityCondition.concept", RecordKind::kConcept},
      {"DeviceCondition.label_excludes", RecordKind::kConcept},
      {"Device.excluded_concepts", RecordKind::kConcept},
      {"ConceptState.concept", RecordKind::kConcept},
      {"ConcernCondition.concern", RecordKind::kConcern},
      {"Indication.concern", RecordKind::kConcern},
      {"ClearedUse.concerns", RecordKind::kConcern},
      {"Course.concerns", RecordKind::kConcern},
      {"PlanItem.concerns", RecordKind::kConcern},
      {"Rule.profiles", RecordKind::kProfile},
      {"Window.parameter", RecordKind::kParameter},
      {"QuantityCondition.parameter", RecordKind::kParameter},
      {"Freshness.parameter", RecordKind::kParameter},
      {"SourceReference.source", RecordKind::kCitation},
      {"ConflictPosition.sources", RecordKind::kCitation},
      {"Rule.conflicts", RecordKind::kConflict},
      {"Indication.conflicts", RecordKind::kConflict},
      {"Course.conflicts", RecordKind::kConflict},
      {"PlanItem.conflicts", RecordKind::kConflict},
  };
  return *fields;
}

constexpr char kImplies[] = "needlewise.v1.Implication.implies";

// What a condition on the label of a device asks of the patient.
void VisitLabel(
    const v1::LabelCondition& label,
    const std::function<void(RecordKind, const std::string&)>& visit) {
  if (label.outside() == v1::LABEL_LIMIT_AGE) {
    visit(RecordKind::kConcept, "age");
  } else if (label.outside() == v1::LABEL_LIMIT_SKIN_TYPE) {
    visit(RecordKind::kConcept, "fitzpatrick_skin_type");
  }
}

}  // namespace

void VisitReferences(
    const Message& message,
    const std::function<void(RecordKind, const std::string&)>& visit) {
  if (message.GetDescriptor() == v1::LabelCondition::descriptor()) {
    VisitLabel(static_cast<const v1::LabelCondition&>(message), visit);
    return;
  }
  const Reflection* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const int count =
        field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (field->full_name() == kImplies) continue;
      for (int i = 0; i < count; ++i) {
        VisitReferences(field->is_repeated()
                            ? reflection->GetRepeatedMessage(message, field, i)
                            : reflection->GetMessage(message, field),
                        visit);
      }
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      const auto kind = ReferringFields().find(message.GetDescriptor()->name() +
                                               "." + field->name());
      if (kind == ReferringFields().end()) continue;
      for (int i = 0; i < count; ++i) {
        visit(kind->second,
              field->is_repeated()
                  ? reflection->GetRepeatedString(message, field, i)
                  : reflection->GetString(message, field));
      }
    }
  }
}

}  // namespace needlewise
