#include "rules/engine/translatable_texts.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "rules/engine/phrases.h"

namespace needlewise {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kDigestDigits = 8;

// Fields that hold a text for readers, as `Message.field`.
constexpr absl::string_view kTexts[] = {
    "Area.display",
    "Concept.display",
    "Concept.question",
    "Concern.display",
    "ConflictPosition.statement",
    "Course.text",
    "Device.display",
    "Device.text",
    "DeviceCriterion.answer",
    "Implication.rationale",
    "Indication.text",
    "Manifest.intended_use",
    "Manifest.title",
    "NonRule.rationale",
    "NonRule.topic",
    "Parameter.description",
    "PlanItem.text",
    "Profile.description",
    "Profile.display",
    "Rule.cleared_by",
    "Rule.clinician_text",
    "Rule.title",
    "Section.display",
    "SourceAttribute.answer",
    "SourceConflict.rationale",
    "SourceConflict.resolution",
    "SourceConflict.topic",
    "SourceReference.note",
    "Treatment.description",
    "Treatment.display",
};

bool IsText(const FieldDescriptor& field) {
  const std::string name =
      absl::StrCat(field.containing_type()->name(), ".", field.name());
  return std::binary_search(std::begin(kTexts), std::end(kTexts), name);
}

// What of a message is to be walked: its texts and the messages with texts.
struct Plan {
  struct Part {
    const FieldDescriptor* field;
    // Unset for a text.
    std::unique_ptr<Plan> inner;
  };
  std::vector<Part> parts;
};

Plan PlanFor(const Descriptor& type) {
  Plan plan;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (IsText(*field)) {
      plan.parts.push_back({field, nullptr});
      continue;
    }
    // Conditions nest in themselves and hold no text.
    if (field->message_type() == nullptr ||
        field->message_type() == v1::Condition::descriptor()) {
      continue;
    }
    Plan inner = PlanFor(*field->message_type());
    if (inner.parts.empty()) continue;
    plan.parts.push_back({field, std::make_unique<Plan>(std::move(inner))});
  }
  return plan;
}

const Plan& PlanOfCatalog() {
  static const Plan& plan = *new Plan(PlanFor(*v1::RuleCatalog::descriptor()));
  return plan;
}

template <typename Visit>
void Walk(const Plan& plan, const Message& message, TextPlace place,
          const std::string& path, const Visit& visit) {
  const Reflection& reflection = *message.GetReflection();
  for (const Plan::Part& part : plan.parts) {
    const FieldDescriptor* field = part.field;
    const std::string at = absl::StrCat(path, field->name());
    if (part.inner == nullptr) {
      std::string scratch;
      const std::string& text =
          reflection.GetStringReference(message, field, &scratch);
      if (text.empty()) continue;
      place.field = at;
      visit(place, message, *field, text);
    } else if (field->is_repeated()) {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        Walk(*part.inner, reflection.GetRepeatedMessage(message, field, i),
             place, absl::StrCat(at, "[", i, "]."), visit);
      }
    } else if (reflection.HasField(message, field)) {
      Walk(*part.inner, reflection.GetMessage(message, field), place,
           absl::StrCat(at, "."), visit);
    }
  }
}

template <typename Visit>
void WalkCatalog(const v1::RuleCatalog& catalog, const Visit& visit) {
  const Reflection& reflection = *catalog.GetReflection();
  for (const Plan::Part& part : PlanOfCatalog().parts) {
    const FieldDescriptor* field = part.field;
    TextPlace place;
    place.records = field->name();
    if (!field->is_repeated()) {
      if (!reflection.HasField(catalog, field)) continue;
      Walk(*part.inner, reflection.GetMessage(catalog, field), place, "",
           visit);
      continue;
    }
    // A record's id is its first field.
    const FieldDescriptor* id = field->message_type()->field(0);
    for (int i = 0; i < reflection.FieldSize(catalog, field); ++i) {
      const Message& record = reflection.GetRepeatedMessage(catalog, field, i);
      std::string scratch;
      place.record_id =
          record.GetReflection()->GetStringReference(record, id, &scratch);
      Walk(*part.inner, record, place, "", visit);
    }
  }
}

}  // namespace

void VisitTexts(
    const v1::RuleCatalog& catalog,
    const std::function<void(const TextPlace&, const std::string&)>& visit) {
  WalkCatalog(catalog, [&](const TextPlace& place, const Message&,
                           const FieldDescriptor&,
                           const std::string& text) { visit(place, text); });
}

void VisitMutableTexts(
    v1::RuleCatalog* catalog,
    const std::function<void(const TextPlace&, std::string*)>& visit) {
  WalkCatalog(*catalog,
              [&](const TextPlace& place, const Message& message,
                  const FieldDescriptor& field, const std::string& text) {
                std::string changed = text;
                visit(place, &changed);
                if (changed == text) return;
                // The whole catalogue is the caller's to write.
                message.GetReflection()->SetString(
                    const_cast<Message*>(&message), &field, std::move(changed));
              });
}

void VisitPhrases(
    const std::function<void(const TextPlace&, const std::string&)>& visit) {
  for (size_t i = 0; i < kPhraseCount; ++i) {
    const PhraseText& phrase = TextOf(static_cast<Phrase>(i));
    visit({kPhraseRecords, phrase.id, "text"}, std::string(phrase.english));
  }
}

std::string DigestOfText(absl::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash;
  unsigned int length = 0;
  EVP_Digest(text.data(), text.size(), hash.data(), &length, EVP_sha256(),
             nullptr);
  return absl::BytesToHexString(
             absl::string_view(reinterpret_cast<const char*>(hash.data()),
                               length))
      .substr(0, kDigestDigits);
}

}  // namespace needlewise
