#include "server/fhir/element.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace needlewise {

std::string ElementPath::Text(absl::string_view root) const {
  std::string text(root);
  for (const Step& step : steps_) {
    if (step.name != nullptr) {
      absl::StrAppend(&text, text.empty() ? "" : ".", step.name);
    } else {
      absl::StrAppend(&text, "[", step.index, "]");
    }
  }
  return text;
}

Element Element::Member(const char* name) const {
  Element member = *this;
  member.path_.Enter(name);
  member.json_ = nullptr;
  if (json_ == nullptr) return member;
  const JsonValue* found = FindMember(*json_, name);
  if (found != nullptr && !found->IsNull()) member.json_ = found;
  return member;
}

Element Element::Object(const char* name) const {
  Element member = Member(name);
  if (member.json_ != nullptr && !member.json_->IsObject()) {
    member.Fault("must be an object");
    member.json_ = nullptr;
  }
  return member;
}

Element Element::Array(const char* name) const {
  Element member = Member(name);
  if (member.json_ != nullptr && !member.json_->IsArray()) {
    member.Fault("must be an array");
    member.json_ = nullptr;
  }
  return member;
}

absl::string_view Element::Text(const char* name) const {
  const Element member = Member(name);
  if (!member.exists()) return "";
  const absl::optional<absl::string_view> text = TextIn(*member.json_);
  if (!text.has_value()) {
    member.Fault("must be a text");
    return "";
  }
  return *text;
}

absl::optional<bool> Element::Bool(const char* name) const {
  const Element member = Member(name);
  if (!member.exists()) return absl::nullopt;
  if (!member.json_->IsBool()) {
    member.Fault("must be true or false");
    return absl::nullopt;
  }
  return member.json_->GetBool();
}

absl::optional<double> Element::Number(const char* name) const {
  const Element member = Member(name);
  if (!member.exists()) return absl::nullopt;
  if (!member.json_->IsNumber()) {
    member.Fault("must be a number");
    return absl::nullopt;
  }
  return member.json_->GetDouble();
}

int Element::size() const {
  return json_ != nullptr && json_->IsArray() ? static_cast<int>(json_->Size())
                                              : 0;
}

Element Element::Item(int index) const {
  Element item = *this;
  item.path_.Enter(index);
  item.json_ = index < size() ? &(*json_)[index] : nullptr;
  return item;
}

Element Element::ObjectAt(int index) const {
  Element item = Item(index);
  if (item.json_ != nullptr && !item.json_->IsObject()) {
    item.Fault("must be an object");
    item.json_ = nullptr;
  }
  return item;
}

void Element::Fault(std::string description) const {
  violations_->push_back({PathText(), std::move(description)});
}

}  // namespace needlewise
