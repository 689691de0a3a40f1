#include "server/http/message_json.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "proto/json/json_check.h"

namespace needlewise {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;

void AppendMessage(const Message& message, std::string* json);

void AppendQuoted(absl::string_view text, std::string* json) {
  json->push_back('"');
  size_t written = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7F) continue;
    json->append(text.data() + written, i - written);
    written = i + 1;
    if (c == '"' || c == '\\') {
      json->push_back('\\');
      json->push_back(text[i]);
    } else {
      absl::StrAppendFormat(json, "\\u%04x", c);
    }
  }
  json->append(text.data() + written, text.size() - written);
  json->push_back('"');
}

// The shortest of 15 and 17 digits that reads back as the same number.
void AppendNumber(double value, std::string* json) {
  if (!std::isfinite(value)) {
    absl::StrAppend(json, std::isnan(value) ? "\"NaN\""
                          : value > 0       ? "\"Infinity\""
                                            : "\"-Infinity\"");
    return;
  }
  std::string text = absl::StrFormat("%.15g", value);
  double read = 0;
  if (!absl::SimpleAtod(text, &read) || read != value) {
    text = absl::StrFormat("%.17g", value);
  }
  json->append(text);
}

// A value of a field: of the one at `index` where the field is repeated.
void AppendValue(const Message& message, const FieldDescriptor& field,
                 int index, std::string* json) {
  const Reflection& read = *message.GetReflection();
  const bool many = field.is_repeated();
  const auto get = [&](auto one, auto item) {
    return many ? (read.*item)(message, &field, index)
                : (read.*one)(message, &field);
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      absl::StrAppend(
          json, get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32));
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      absl::StrAppend(
          json, get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32));
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      absl::StrAppend(json, "\"",
                      get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64),
                      "\"");
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      absl::StrAppend(
          json, "\"",
          get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64), "\"");
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      AppendNumber(get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble),
                   json);
      break;
    case FieldDescriptor::CPPTYPE_FLOAT:
      AppendNumber(get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat),
                   json);
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      absl::StrAppend(json,
                      get(&Reflection::GetBool, &Reflection::GetRepeatedBool)
                          ? "true"
                          : "false");
      break;
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int number =
          get(&Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue);
      const auto* value = field.enum_type()->FindValueByNumber(number);
      if (value == nullptr) {
        absl::StrAppend(json, number);
      } else {
        AppendQuoted(value->name(), json);
      }
      break;
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch;
      const std::string& text =
          many ? read.GetRepeatedStringReference(message, &field, index,
                                                 &scratch)
               : read.GetStringReference(message, &field, &scratch);
      AppendQuoted(field.type() == FieldDescriptor::TYPE_BYTES
                       ? absl::Base64Escape(text)
                       : absl::string_view(text),
                   json);
      break;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      AppendMessage(many ? read.GetRepeatedMessage(message, &field, index)
                         : read.GetMessage(message, &field),
                    json);
      break;
  }
}

// Whether the library has to write a message: its own types, and maps.
bool IsForLibrary(const Message& message,
                  const std::vector<const FieldDescriptor*>& fields) {
  return message.GetDescriptor()->file()->package() == "google.protobuf" ||
         std::any_of(fields.begin(), fields.end(),
                     [](const auto* field) { return field->is_map(); });
}

// The library describes each type anew for each message that it writes, which
// takes several times as long as the writing.
void AppendMessage(const Message& message, std::string* json) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  if (IsForLibrary(message, fields)) {
    std::string written;
    // INVARIANT: fails only for messages in `Any` that the program does not
    // know.
    const bool known =
        google::protobuf::util::MessageToJsonString(message, &written).ok();
    json->append(known ? written : "{}");
    return;
  }
  char separator = '{';
  for (const FieldDescriptor* field : fields) {
    json->push_back(separator);
    separator = ',';
    AppendQuoted(field->json_name(), json);
    json->push_back(':');
    if (!field->is_repeated()) {
      AppendValue(message, *field, 0, json);
      continue;
    }
    const int size = message.GetReflection()->FieldSize(message, field);
    for (int i = 0; i < size; ++i) {
      json->push_back(i == 0 ? '[' : ',');
      AppendValue(message, *field, i, json);
    }
    json->push_back(']');
  }
  json->append(fields.empty() ? "{}" : "}");
}

}  // namespace

Violations ReadJson(absl::string_view text,
                    google::protobuf::Message* message) {
  Violations violations;
  for (const InputProblem& problem :
       CheckJson(text, *message->GetDescriptor(), JsonAuthor::kProgram,
                 /*map=*/nullptr)) {
    violations.push_back(
        {problem.path,
         absl::StrCat(problem.message, " (line ", problem.position.line,
                      ", column ", problem.position.column, ")")});
  }
  if (!violations.empty()) return violations;
  google::protobuf::util::JsonParseOptions options;
  options.case_insensitive_enum_parsing = false;
  if (!google::protobuf::util::JsonStringToMessage({text.data(), text.size()},
                                                   message, options)
           .ok()) {
    // The library's own words may repeat a value.
    violations.push_back(
        {"", absl::StrCat("the JSON is not a `",
                          message->GetDescriptor()->full_name(), "`")});
  }
  return violations;
}

std::string WriteJson(const Message& message) {
  std::string json;
  AppendMessage(message, &json);
  return json;
}

std::string QuoteJson(absl::string_view text) {
  std::string quoted;
  AppendQuoted(text, &quoted);
  return quoted;
}

}  // namespace needlewise
