#include "tests/lint/api_changes.h"

#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace needlewise {
namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::EnumDescriptorProto;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::MethodDescriptorProto;
using google::protobuf::TextFormat;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

FileDescriptorSet ReadDescriptor(const std::string& path) {
  FileDescriptorSet set;
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << "cannot read `" << path << "`";
  EXPECT_TRUE(set.ParseFromIstream(&in)) << "`" << path << "` is damaged";
  return set;
}

TEST(ApiTest, BreaksNothingOfTheLastRelease) {
  const FileDescriptorSet released =
      ReadDescriptor(NEEDLEWISE_RELEASED_DESCRIPTOR);
  ASSERT_GT(released.file_size(), 0);
  EXPECT_THAT(FindBreakingChanges(
                  released, ReadDescriptor(NEEDLEWISE_CURRENT_DESCRIPTOR)),
              IsEmpty())
      << "add beside what was released in " << NEEDLEWISE_RELEASED_DESCRIPTOR
      << " instead of changing it";
}

TEST(ApiTest, HasACommentOnEverything) {
  const FileDescriptorSet current =
      ReadDescriptor(NEEDLEWISE_CURRENT_DESCRIPTOR);
  ASSERT_GT(current.file_size(), 0);
  EXPECT_THAT(FindUndocumented(current), IsEmpty());
}

// A small API with one of each.
FileDescriptorSet SmallApi() {
  FileDescriptorSet set;
  EXPECT_TRUE(TextFormat::ParseFromString(
      R"pb(
        file {
          name: "a.proto"
          package: "a.v1"
          syntax: "proto3"
          message_type {
            name: "Request"
            field {
              name: "name"
              json_name: "name"
              number: 1
              type: TYPE_STRING
              label: LABEL_OPTIONAL
            }
            field {
              name: "color"
              json_name: "color"
              number: 2
              type: TYPE_ENUM
              type_name: ".a.v1.Color"
              label: LABEL_OPTIONAL
            }
            field {
              name: "left"
              json_name: "left"
              number: 3
              type: TYPE_INT32
              label: LABEL_OPTIONAL
              oneof_index: 0
            }
            field {
              name: "right"
              json_name: "right"
              number: 4
              type: TYPE_INT32
              label: LABEL_OPTIONAL
              oneof_index: 0
            }
            nested_type { name: "Inner" }
            oneof_decl { name: "side" }
            reserved_range { start: 10 end: 12 }
            reserved_name: "old"
          }
          message_type { name: "Response" }
          enum_type {
            name: "Color"
            value { name: "COLOR_UNSPECIFIED" number: 0 }
            value { name: "COLOR_RED" number: 1 }
          }
          service {
            name: "PaintService"
            method {
              name: "Paint"
              input_type: ".a.v1.Request"
              output_type: ".a.v1.Response"
            }
          }
        }
      )pb",
      &set));
  return set;
}

DescriptorProto* Request(FileDescriptorSet* set) {
  return set->mutable_file(0)->mutable_message_type(0);
}

FieldDescriptorProto* Field(FileDescriptorSet* set, int index) {
  return Request(set)->mutable_field(index);
}

EnumDescriptorProto* Color(FileDescriptorSet* set) {
  return set->mutable_file(0)->mutable_enum_type(0);
}

MethodDescriptorProto* Paint(FileDescriptorSet* set) {
  return set->mutable_file(0)->mutable_service(0)->mutable_method(0);
}

struct ChangeCase {
  std::string name;
  std::function<void(FileDescriptorSet*)> change;
  std::vector<std::string> expected;
};

class BreakingChangeTest : public testing::TestWithParam<ChangeCase> {};

TEST_P(BreakingChangeTest, IsFound) {
  FileDescriptorSet current = SmallApi();
  GetParam().change(&current);
  EXPECT_THAT(FindBreakingChanges(SmallApi(), current),
              ElementsAreArray(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    OfEachKind, BreakingChangeTest,
    testing::Values(
        ChangeCase{"FileGone",
                   [](FileDescriptorSet* set) { set->clear_file(); },
                   {"file a.proto is gone"}},
        ChangeCase{"FileRenamed",
                   [](FileDescriptorSet* set) {
                     set->mutable_file(0)->set_name("b.proto");
                   },
                   {"file a.proto is gone"}},
        ChangeCase{
            "MessageGone",
            [](FileDescriptorSet* set) { Request(set)->clear_nested_type(); },
            {"message a.v1.Request.Inner is gone"}},
        ChangeCase{"MessageRenamed",
                   [](FileDescriptorSet* set) {
                     Request(set)->mutable_nested_type(0)->set_name("Other");
                   },
                   {"message a.v1.Request.Inner is gone"}},
        ChangeCase{"FieldGone",
                   [](FileDescriptorSet* set) {
                     Request(set)->mutable_field()->DeleteSubrange(0, 1);
                   },
                   {"field a.v1.Request.name = 1 is gone"}},
        ChangeCase{"FieldRenumbered",
                   [](FileDescriptorSet* set) { Field(set, 0)->set_number(7); },
                   {"field a.v1.Request.name = 1 is gone"}},
        ChangeCase{
            "FieldRenamed",
            [](FileDescriptorSet* set) { Field(set, 0)->set_name("title"); },
            {"field 1 of a.v1.Request: name was name, and is title"}},
        ChangeCase{
            "FieldRenamedInJson",
            [](FileDescriptorSet* set) {
              Field(set, 0)->set_json_name("title");
            },
            {"field 1 of a.v1.Request: JSON name was name, and is title"}},
        ChangeCase{"FieldOfOtherType",
                   [](FileDescriptorSet* set) {
                     Field(set, 0)->set_type(FieldDescriptorProto::TYPE_BYTES);
                   },
                   {"field 1 of a.v1.Request: type was string, and is bytes"}},
        ChangeCase{"FieldRepeated",
                   [](FileDescriptorSet* set) {
                     Field(set, 0)->set_label(
                         FieldDescriptorProto::LABEL_REPEATED);
                   },
                   {"field 1 of a.v1.Request: cardinality was singular, and is "
                    "repeated"}},
        ChangeCase{"OneofRenamed",
                   [](FileDescriptorSet* set) {
                     Request(set)->mutable_oneof_decl(0)->set_name("hand");
                   },
                   {"field 3 of a.v1.Request: oneof was side, and is hand",
                    "field 4 of a.v1.Request: oneof was side, and is hand",
                    "oneof a.v1.Request.side is gone"}},
        ChangeCase{"ReservedNumberGone",
                   [](FileDescriptorSet* set) {
                     Request(set)->mutable_reserved_range(0)->set_end(11);
                   },
                   {"reserved number a.v1.Request 11 is gone"}},
        ChangeCase{
            "ReservedNameGone",
            [](FileDescriptorSet* set) { Request(set)->clear_reserved_name(); },
            {"reserved name a.v1.Request old is gone"}},
        ChangeCase{
            "EnumGone",
            [](FileDescriptorSet* set) {
              Field(set, 1)->set_type_name(".a.v1.Hue");
              Color(set)->set_name("Hue");
            },
            {"field 2 of a.v1.Request: type was a.v1.Color, and is a.v1.Hue",
             "enum a.v1.Color is gone"}},
        ChangeCase{"EnumValueGone",
                   [](FileDescriptorSet* set) {
                     Color(set)->mutable_value()->RemoveLast();
                   },
                   {"enum value a.v1.Color.COLOR_RED is gone"}},
        ChangeCase{
            "EnumValueRenamed",
            [](FileDescriptorSet* set) {
              Color(set)->mutable_value(1)->set_name("COLOR_PINK");
            },
            {"value 1 of a.v1.Color: name was COLOR_RED, and is COLOR_PINK"}},
        ChangeCase{"ServiceGone",
                   [](FileDescriptorSet* set) {
                     set->mutable_file(0)->clear_service();
                   },
                   {"service a.v1.PaintService is gone"}},
        ChangeCase{"MethodGone",
                   [](FileDescriptorSet* set) {
                     set->mutable_file(0)->mutable_service(0)->clear_method();
                   },
                   {"method a.v1.PaintService.Paint is gone"}},
        ChangeCase{"RequestOfOtherType",
                   [](FileDescriptorSet* set) {
                     Paint(set)->set_input_type(".a.v1.Response");
                   },
                   {"a.v1.PaintService.Paint: request was a.v1.Request, and is "
                    "a.v1.Response"}},
        ChangeCase{"ResponseOfOtherType",
                   [](FileDescriptorSet* set) {
                     Paint(set)->set_output_type(".a.v1.Request");
                   },
                   {"a.v1.PaintService.Paint: response was a.v1.Response, and "
                    "is a.v1.Request"}},
        ChangeCase{
            "ClientStreaming",
            [](FileDescriptorSet* set) {
              Paint(set)->set_client_streaming(true);
            },
            {"a.v1.PaintService.Paint: client streaming was no, and is yes"}},
        ChangeCase{
            "ServerStreaming",
            [](FileDescriptorSet* set) {
              Paint(set)->set_server_streaming(true);
            },
            {"a.v1.PaintService.Paint: server streaming was no, and is yes"}}),
    [](const auto& info) { return info.param.name; });

TEST(FindBreakingChangesTest, FindsAMoveToAnotherFile) {
  FileDescriptorSet current = SmallApi();
  FileDescriptorProto* other = current.add_file();
  other->set_name("b.proto");
  other->set_package("a.v1");
  other->set_syntax("proto3");
  other->add_message_type()->set_name("Response");
  // What uses it imports it, so the new file comes first.
  current.mutable_file()->SwapElements(0, 1);
  current.mutable_file(1)->add_dependency("b.proto");
  current.mutable_file(1)->mutable_message_type()->RemoveLast();
  EXPECT_THAT(FindBreakingChanges(SmallApi(), current),
              ElementsAre("message a.v1.Response is gone"));
}

TEST(FindBreakingChangesTest, FindsAFieldWhosePresenceCanNowBeSeen) {
  FileDescriptorSet current = SmallApi();
  Field(&current, 0)->set_proto3_optional(true);
  Field(&current, 0)->set_oneof_index(1);
  Request(&current)->add_oneof_decl()->set_name("_name");
  EXPECT_THAT(FindBreakingChanges(SmallApi(), current),
              ElementsAre("field 1 of a.v1.Request: cardinality was singular, "
                          "and is singular with presence"));
}

TEST(FindBreakingChangesTest, AllowsAdditions) {
  FileDescriptorSet current = SmallApi();
  FieldDescriptorProto* field = Request(&current)->add_field();
  field->set_name("size");
  field->set_number(5);
  field->set_type(FieldDescriptorProto::TYPE_INT32);
  field->set_label(FieldDescriptorProto::LABEL_OPTIONAL);
  auto* value = Color(&current)->add_value();
  value->set_name("COLOR_BLUE");
  value->set_number(2);
  MethodDescriptorProto* method =
      current.mutable_file(0)->mutable_service(0)->add_method();
  *method = *Paint(&current);
  method->set_name("Scrape");
  Request(&current)->mutable_reserved_range(0)->set_end(20);
  current.mutable_file(0)->add_message_type()->set_name("Brush");
  EXPECT_THAT(FindBreakingChanges(SmallApi(), current), IsEmpty());
}

TEST(FindUndocumentedTest, NamesWhatHasNoCommentAndItsLine) {
  FileDescriptorSet set = SmallApi();
  FileDescriptorProto* file = set.mutable_file(0);
  file->clear_service();
  file->clear_enum_type();
  file->mutable_message_type()->RemoveLast();
  Request(&set)->mutable_field()->DeleteSubrange(1, 3);
  Request(&set)->clear_nested_type();
  Request(&set)->clear_oneof_decl();
  ASSERT_TRUE(TextFormat::ParseFromString(
      R"pb(
        location {
          path: [ 4, 0 ]
          span: [ 3, 0, 20 ]
          leading_comments: " What to paint.\n"
        }
        location {
          path: [ 4, 0, 2, 0 ]
          span: [ 4, 2, 20 ]
          trailing_comments: " Not before it.\n"
        }
      )pb",
      file->mutable_source_code_info()));
  EXPECT_THAT(
      FindUndocumented(set),
      ElementsAre(
          "proto/a.proto:5: a.v1.Request.name has no comment before it"));
}

}  // namespace
}  // namespace needlewise
