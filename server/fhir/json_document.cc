#include "server/fhir/json_document.h"

#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <vector>

#include "absl/strings/charconv.h"
#include "absl/strings/numbers.h"
#include "server/fhir/json_fault.h"
#include "server/utf8.h"

namespace needlewise {
namespace {

using rapidjson::SizeType;

// Objects of at most so many members are searched for twins pair by pair.
constexpr SizeType kFewMembers = 16;

// Texts are decoded where they stand, and numbers are read here: the library
// reads `0e260` by an undefined operation. It is not to be compiled with
// RAPIDJSON_SSE2, which lets 0x1A to 0x1F pass in a text.
constexpr unsigned kStrict =
    rapidjson::kParseInsituFlag | rapidjson::kParseNumbersAsStringsFlag;

absl::string_view NameOf(const JsonValue::Member& member) {
  return {member.name.GetString(), member.name.GetStringLength()};
}

bool AreTwins(const JsonValue::Member& a, const JsonValue::Member& b) {
  // Most differ in length or in their first letter.
  const absl::string_view x = NameOf(a);
  const absl::string_view y = NameOf(b);
  return x.size() == y.size() && (x.empty() || (x[0] == y[0] && x == y));
}

bool HasTwins(const JsonValue& object) {
  const SizeType count = object.MemberCount();
  const auto begin = object.MemberBegin();
  if (count <= kFewMembers) {
    for (SizeType i = 1; i < count; ++i) {
      for (SizeType j = 0; j < i; ++j) {
        if (AreTwins(begin[i], begin[j])) return true;
      }
    }
    return false;
  }
  std::vector<absl::string_view> names;
  names.reserve(count);
  for (SizeType i = 0; i < count; ++i) names.push_back(NameOf(begin[i]));
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

// The library takes half of a surrogate pair by itself, and writes it as what
// is not UTF-8.
bool HasHalfSurrogate(const JsonValue& value) {
  // Its three bytes: ED, then A0 to BF.
  const char* const begin = value.GetString();
  const char* const end = begin + value.GetStringLength();
  for (const char* at = begin; at != end; ++at) {
    at = static_cast<const char*>(std::memchr(at, 0xED, end - at));
    if (at == nullptr || at + 1 == end) return false;
    if (static_cast<uint8_t>(at[1]) >= 0xA0) return true;
  }
  return false;
}

// Passes on what the reader finds, no deeper than allowed, so that its
// recursion is bounded, too.
class Builder {
 public:
  explicit Builder(rapidjson::Document* document) : document_(*document) {}

  bool Null() { return document_.Null(); }
  bool Bool(bool value) { return document_.Bool(value); }
  // A whole number, or else the nearest double; none that is beyond one.
  bool RawNumber(const char* text, SizeType length, bool /*copy*/) {
    int64_t whole = 0;
    const absl::string_view number(text, length);
    if (number != "-0" && absl::SimpleAtoi(number, &whole)) {
      return document_.Int64(whole);
    }
    double value = 0;
    const auto read = absl::from_chars(text, text + length, value);
    // One too small to tell from zero is out of range as well.
    const bool is_too_large =
        read.ec == std::errc::result_out_of_range && std::abs(value) > 1;
    return !is_too_large && document_.Double(value);
  }
  // What the library makes of numbers itself, which it is told not to.
  bool Int(int /*value*/) { return false; }
  bool Uint(unsigned /*value*/) { return false; }
  bool Int64(int64_t /*value*/) { return false; }
  bool Uint64(uint64_t /*value*/) { return false; }
  bool Double(double /*value*/) { return false; }
  bool String(const char* text, SizeType length, bool copy) {
    return document_.String(text, length, copy);
  }
  bool Key(const char* text, SizeType length, bool copy) {
    return document_.Key(text, length, copy);
  }
  bool StartObject() { return Deeper() && document_.StartObject(); }
  bool StartArray() { return Deeper() && document_.StartArray(); }
  bool EndObject(SizeType count) {
    --depth_;
    return document_.EndObject(count);
  }
  bool EndArray(SizeType count) {
    --depth_;
    return document_.EndArray(count);
  }

 private:
  bool Deeper() { return ++depth_ <= kDeepestJson; }

  rapidjson::Document& document_;
  int depth_ = 0;
};

// Without what the library lets pass: members of the same name and, where the
// text has escapes in hexadecimal, half surrogates. As deep as the document,
// which is bounded.
bool IsStrict(const JsonValue& value, bool has_escapes) {
  if (value.IsString()) return !(has_escapes && HasHalfSurrogate(value));
  if (value.IsArray()) {
    return std::all_of(value.Begin(), value.End(), [&](const JsonValue& item) {
      return IsStrict(item, has_escapes);
    });
  }
  if (!value.IsObject()) return true;
  if (HasTwins(value)) return false;
  return std::all_of(value.MemberBegin(), value.MemberEnd(),
                     [&](const JsonValue::Member& member) {
                       return IsStrict(member.name, has_escapes) &&
                              IsStrict(member.value, has_escapes);
                     });
}

}  // namespace

absl::optional<JsonDocument> ParseJson(absl::string_view text,
                                       Violations* violations) {
  auto document = std::make_unique<rapidjson::Document>();
  std::unique_ptr<char[]> copy(new char[text.size() + 1]);
  std::memcpy(copy.get(), text.data(), text.size());
  copy[text.size()] = '\0';
  bool read = false;
  const auto build = [&](rapidjson::Document& into) {
    Builder builder(&into);
    rapidjson::Reader reader;
    rapidjson::InsituStringStream stream(copy.get());
    // A zero byte reads as the end of the text, wherever it is.
    read = !reader.Parse<kStrict>(stream, builder).IsError() &&
           stream.Tell() == text.size();
    return read;
  };
  if (IsUtf8(text)) {
    document->Populate(build);
  }
  if (!read ||
      !IsStrict(*document, text.find("\\u") != absl::string_view::npos)) {
    violations->push_back(JsonFaultIn(text));
    return absl::nullopt;
  }
  return JsonDocument(std::move(copy), std::move(document));
}

const JsonValue* FindMember(const JsonValue& object, absl::string_view name) {
  if (!object.IsObject()) return nullptr;
  for (auto it = object.MemberBegin(); it != object.MemberEnd(); ++it) {
    if (NameOf(*it) == name) return &it->value;
  }
  return nullptr;
}

absl::optional<absl::string_view> TextIn(const JsonValue& value) {
  if (!value.IsString()) return absl::nullopt;
  return absl::string_view(value.GetString(), value.GetStringLength());
}

std::string WriteJson(const JsonValue& value) {
  rapidjson::StringBuffer text;
  rapidjson::Writer<rapidjson::StringBuffer> writer(text);
  value.Accept(writer);
  return {text.GetString(), text.GetSize()};
}

}  // namespace needlewise
