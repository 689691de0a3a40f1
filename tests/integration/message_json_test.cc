// The server writes JSON of messages as protobuf's own library does.

#include "server/http/message_json.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "needlewise/v1/decision_log.pb.h"
#include "needlewise/v1/fhir.pb.h"
#include "needlewise/v1/recommendation.pb.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "tests/property/random.h"

namespace needlewise {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;

constexpr int kUsualMessages = 300;
constexpr int kDeepest = 4;

std::string RandomText(Random* random) {
  const std::vector<std::string> parts = {"a",
                                          "keloid",
                                          "\"",
                                          "\\",
                                          "/",
                                          "\n",
                                          "\x01",
                                          "\x7F",
                                          "\xC3\xA9",
                                          "<&>",
                                          "\xE2\x80\xA8",
                                          " ",
                                          "$0",
                                          "\t",
                                          "\xF0\x9F\x98\x80",
                                          "'"};
  std::string text;
  while (random->Chance(0.7)) text += random->Pick(parts);
  return text;
}

double RandomNumber(Random* random) {
  const std::vector<double> numbers = {
      0.1,
      1.0 / 3,
      1e21,
      1e-7,
      2,
      -0.5,
      123456789.123456789,
      5e-324,
      std::numeric_limits<double>::max(),
      std::numeric_limits<double>::infinity(),
      -std::numeric_limits<double>::infinity()};
  return random->Pick(numbers);
}

void Fill(int depth, Random* random, Message* message);

// Sets a field, or adds to it.
void FillField(const FieldDescriptor* field, int depth, Random* random,
               Message* message) {
  const Reflection* write = message->GetReflection();
  const bool many = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: {
      const int value = random->Between(-5, 2000000000);
      many ? write->AddInt32(message, field, value)
           : write->SetInt32(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      const int64_t value = static_cast<int64_t>((*random->engine())());
      many ? write->AddInt64(message, field, value)
           : write->SetInt64(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      const double value = RandomNumber(random);
      many ? write->AddDouble(message, field, value)
           : write->SetDouble(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_BOOL: {
      const bool value = random->Chance(0.5);
      many ? write->AddBool(message, field, value)
           : write->SetBool(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      // Now and then one of a later version.
      const int value = random->Below(field->enum_type()->value_count() + 3);
      many ? write->AddEnumValue(message, field, value)
           : write->SetEnumValue(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string value = field->type() == FieldDescriptor::TYPE_BYTES
                                    ? std::string("\x00\xFF\x80", 3)
                                    : RandomText(random);
      many ? write->AddString(message, field, value)
           : write->SetString(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (depth >= kDeepest) break;
      Fill(depth + 1, random,
           many ? write->AddMessage(message, field)
                : write->MutableMessage(message, field));
      break;
    default:
      FAIL() << field->full_name() << ": teach the test this type";
  }
}

void Fill(int depth, Random* random, Message* message) {
  const Descriptor* type = message->GetDescriptor();
  if (type->full_name() == "google.protobuf.Any") {
    google::rpc::ErrorInfo info;
    Fill(depth + 1, random, &info);
    static_cast<google::protobuf::Any*>(message)->PackFrom(info);
    return;
  }
  if (type->file()->package() == "google.protobuf") {
    // A time or a duration, with what both allow.
    const Reflection* write = message->GetReflection();
    write->SetInt64(message, type->FindFieldByName("seconds"),
                    random->Below(2000000000));
    write->SetInt32(message, type->FindFieldByName("nanos"),
                    random->Below(1000) * 1000);
    return;
  }
  for (int f = 0; f < type->field_count(); ++f) {
    const FieldDescriptor* field = type->field(f);
    if (!random->Chance(0.5 / (1 + depth))) continue;
    // A map is written in any order.
    const bool many = field->is_repeated() && !field->is_map();
    const int times = many ? random->Between(1, 2) : 1;
    for (int i = 0; i < times; ++i) FillField(field, depth, random, message);
  }
}

// Every message of the API, and what errors carry.
std::vector<const Message*> Prototypes() {
  std::vector<const Message*> prototypes;
  for (const Descriptor* one :
       {v1::ScreenEligibilityResponse::descriptor(),
        v1::RecommendAddOnsResponse::descriptor(),
        v1::RuleCatalog::descriptor(), v1::DecisionRecord::descriptor(),
        v1::ScreenFhirBundleResponse::descriptor(),
        google::rpc::BadRequest::descriptor(),
        google::rpc::Status::descriptor()}) {
    for (int i = 0; i < one->file()->message_type_count(); ++i) {
      prototypes.push_back(
          google::protobuf::MessageFactory::generated_factory()->GetPrototype(
              one->file()->message_type(i)));
    }
  }
  return prototypes;
}

TEST(WriteJsonTest, WritesWhatTheLibraryWrites) {
  const std::vector<const Message*> prototypes = Prototypes();
  ForEachSeed(kUsualMessages, [&](Random* random) {
    const std::unique_ptr<Message> message(random->Pick(prototypes)->New());
    Fill(0, random, message.get());
    std::string library;
    ASSERT_TRUE(
        google::protobuf::util::MessageToJsonString(*message, &library).ok())
        << message->DebugString();
    const std::string ours = WriteJson(*message);
    // Both escape what they need not.
    ASSERT_EQ(nlohmann::json::parse(ours, nullptr, false),
              nlohmann::json::parse(library, nullptr, false))
        << ours << "\n"
        << library;
    // In the same order, too.
    ASSERT_EQ(nlohmann::ordered_json::parse(ours, nullptr, false).dump(),
              nlohmann::ordered_json::parse(library, nullptr, false).dump());
    const std::unique_ptr<Message> again(message->New());
    ASSERT_TRUE(
        google::protobuf::util::JsonStringToMessage(ours, again.get()).ok())
        << ours;
    ASSERT_EQ(again->SerializeAsString(), message->SerializeAsString());
  });
}

TEST(WriteJsonTest, WritesAnEmptyMessage) {
  EXPECT_EQ(WriteJson(v1::Finding()), "{}");
}

TEST(QuoteJsonTest, EscapesWhatJsonWants) {
  EXPECT_EQ(QuoteJson("a\"b\\c\n\x01\x7F\xC3\xA9"),
            "\"a\\\"b\\\\c\\u000a\\u0001\\u007f\xC3\xA9\"");
}

}  // namespace
}  // namespace needlewise
