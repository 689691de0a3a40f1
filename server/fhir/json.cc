#include "server/fhir/json.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "absl/strings/string_view.h"
#include "server/utf8.h"

namespace needlewise {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

bool WriteText(absl::string_view text, bool is_name, Writer* writer) {
  const auto length = static_cast<rapidjson::SizeType>(text.size());
  if (!IsUtf8(text)) {
    return false;
  }
  return is_name ? writer->Key(text.data(), length)
                 : writer->String(text.data(), length);
}

// False where a text is not UTF-8. As deep as the value.
bool Write(const Json& json, Writer* writer) {
  switch (json.type()) {
    case Json::value_t::object:
      writer->StartObject();
      for (const auto& [name, member] : json.get_ref<const Json::object_t&>()) {
        if (!WriteText(name, true, writer) || !Write(member, writer)) {
          return false;
        }
      }
      return writer->EndObject();
    case Json::value_t::array:
      writer->StartArray();
      for (const Json& item : json) {
        if (!Write(item, writer)) return false;
      }
      return writer->EndArray();
    case Json::value_t::string:
      return WriteText(json.get_ref<const std::string&>(), false, writer);
    case Json::value_t::boolean:
      return writer->Bool(json.get<bool>());
    case Json::value_t::number_integer:
      return writer->Int64(json.get<int64_t>());
    case Json::value_t::number_unsigned:
      return writer->Uint64(json.get<uint64_t>());
    case Json::value_t::number_float:
      return writer->Double(json.get<double>());
    default:
      return writer->Null();
  }
}

}  // namespace

std::string WriteJson(const Json& json) {
  rapidjson::StringBuffer text;
  Writer writer(text);
  if (Write(json, &writer)) return {text.GetString(), text.GetSize()};
  // Slower, and it can replace what is not UTF-8.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace needlewise
