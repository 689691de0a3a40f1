// The canonical text of catalogue files: what it looks like, and that nothing
// is ever lost on the way there.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "needlewise/testing/v1/rule_case.pb.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/tools/text_format_printer.h"
#include "rules/tools/text_format_syntax.h"
#include "tests/tools/tool_run.h"

namespace needlewise {
namespace {

using google::protobuf::Message;
using google::protobuf::TextFormat;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct FormatCase {
  std::string name;
  std::string text;
  std::string formatted;
};

void PrintTo(const FormatCase& c, std::ostream* out) { *out << c.name; }

class Canonical : public ::testing::TestWithParam<FormatCase> {};

TEST_P(Canonical, IsAsExpectedAndStays) {
  const absl::StatusOr<std::string> formatted =
      FormatTextProto(GetParam().text, v1::RuleCatalog::default_instance());
  ASSERT_TRUE(formatted.ok()) << formatted.status();
  EXPECT_EQ(*formatted, GetParam().formatted);
  const absl::StatusOr<std::string> again =
      FormatTextProto(*formatted, v1::RuleCatalog::default_instance());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*again, *formatted);
}

INSTANTIATE_TEST_SUITE_P(
    Text, Canonical,
    ::testing::Values(
        FormatCase{"EmptyFileStaysEmpty", "", ""},
        FormatCase{"CommentsAlone", "\n\n# a  \r\n\n\n\n  # b", "# a\n\n# b\n"},
        FormatCase{"OneFieldALine", "manifest{version:'1' title:'t'\n}",
                   "manifest {\n  version: \"1\"\n  title: \"t\"\n}\n"},
        FormatCase{"OnOneLineStaysThereIfItFits",
                   "sections  {section_id:'a',display:'A';}",
                   "sections { section_id: \"a\" display: \"A\" }\n"},
        FormatCase{
            "OnOneLineAndTooLong",
            "citations { citation_id: \"A\" title: \"A title that makes the "
            "line too long\" year: 2026 }",
            "citations {\n  citation_id: \"A\"\n  title: \"A title that makes "
            "the line too long\"\n  year: 2026\n}\n"},
        FormatCase{"EightyColumnsFit",
                   "sections { section_id: \"a\" display: "
                   "\"234567890123456789012345678901234567\" }",
                   "sections { section_id: \"a\" display: "
                   "\"234567890123456789012345678901234567\" }\n"},
        FormatCase{"EmptyMessage", "rules { note {\n\n} }",
                   "rules {\n  note {}\n}\n"},
        FormatCase{"AngleBracketsAndColons", "rules: < note: <> rule_id: 'a' >",
                   "rules { note {} rule_id: \"a\" }\n"},
        FormatCase{"Numbers",
                   "plan_items { from_hours: - 48 maximum_depth_mm: 1.50 }",
                   "plan_items { from_hours: -48 maximum_depth_mm: 1.50 }\n"},
        FormatCase{"AtMostOneEmptyLine",
                   "sections { section_id: 'a' }\n\n\n\nsections {\n\n\n  "
                   "section_id: 'b'\n\n\n  display: 'B'\n\n}\n\n\n",
                   "sections { section_id: \"a\" }\n\nsections {\n  "
                   "section_id: \"b\"\n\n  display: \"B\"\n}\n"},
        FormatCase{"LongStringsInLiterals",
                   "manifest {\n title: 'Words of a title that goes on for so "
                   "long that one line cannot hold all of it'}",
                   "manifest {\n  title:\n    \"Words of a title that goes on "
                   "for so long that one line cannot hold all \"\n    \"of "
                   "it\"\n}\n"},
        FormatCase{"LiteralsAreJoined",
                   "manifest {\n title: \"a \" 'b '\n\n \"c\" }",
                   "manifest {\n  title: \"a b c\"\n}\n"},
        FormatCase{
            "WhatCannotBeBrokenIsNot",
            "citations {\n url: 'https://example.org/0123456789012345678901234"
            "56789012345678901234567890123456789'\n}",
            "citations {\n  url: \"https://example.org/01234567890123456789012"
            "3456789012345678901234567890123456789\"\n}\n"},
        FormatCase{"Escapes",
                   "manifest { title: 'say \"so\"\\x07\\303\\251\\'\\\\' "
                   "version: '\\t\xff' }",
                   "manifest { title: \"say \\\"so\\\"\\007é'\\\\\" "
                   "version: \"\\t\\377\" }\n"},
        FormatCase{"LineFeedsBreak",
                   "manifest {\n title: 'a line of some length\\nanother line "
                   "of some length\\nand a last one of the same'}",
                   "manifest {\n  title:\n    \"a line of some length\\n\"\n"
                   "    \"another line of some length\\n\"\n"
                   "    \"and a last one of the same\"\n}\n"},
        FormatCase{"ListsFit", "rules { conflicts: ['C1' , \"C2\"\n,'C3'] }",
                   "rules {\n  conflicts: [\"C1\", \"C2\", \"C3\"]\n}\n"},
        FormatCase{
            "LongListsAreFilled",
            "rules {\n conflicts: ['0123456789', '0123456789', '0123456789', "
            "'0123456789', '0123456789', '0123456789'] }",
            "rules {\n  conflicts: [\n    \"0123456789\", \"0123456789\", "
            "\"0123456789\", \"0123456789\", \"0123456789\",\n    "
            "\"0123456789\"\n  ]\n}\n"},
        FormatCase{"ListsOfMessages",
                   "sections: [{section_id:'a'}, {\n section_id:'b'}]",
                   "sections: [\n  { section_id: \"a\" },\n  {\n    "
                   "section_id: \"b\"\n  }\n]\n"},
        FormatCase{"EmptyList", "sections: [ ]", "sections: []\n"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Comments, Canonical,
    ::testing::Values(
        FormatCase{"BehindAFieldStayThere",
                   "manifest {   # open\n version: '1'# one\n # two\n}# end",
                   "manifest {  # open\n  version: \"1\"  # one\n  # two\n}"
                   "  # end\n"},
        FormatCase{"InAnEmptyMessage", "manifest { # a\n # b\n }",
                   "manifest {  # a\n  # b\n}\n"},
        FormatCase{"BetweenLiteralsPartThem",
                   "manifest {\n title: 'a' # one\n # two\n 'b' 'c' # three\n}",
                   "manifest {\n  title:\n    \"a\"  # one\n    # two\n    "
                   "\"bc\"  # three\n}\n"},
        FormatCase{"InTheMiddleOfAFieldGoAboveIt",
                   "manifest # 1\n # 2\n { version # 3\n : # 4\n '1' }",
                   "# 1\n# 2\nmanifest {\n  # 3\n  # 4\n  version: \"1\"\n}\n"},
        FormatCase{"InANumber", "plan_items { from_hours: - # why\n 48 }",
                   "plan_items {\n  # why\n  from_hours: -48\n}\n"},
        FormatCase{"InLists",
                   "rules { conflicts: [ # open\n 'C1', # one\n # two\n 'C2' # "
                   "three\n # last\n] }",
                   "rules {\n  conflicts: [  # open\n    \"C1\",  # one\n    # "
                   "two\n    \"C2\"  # three\n    # last\n  ]\n}\n"},
        FormatCase{"AroundSeparators",
                   "manifest { version: '1' # a\n # b\n , # c\n title: 't' }",
                   "manifest {\n  # b\n  # c\n  version: \"1\"  # a\n  title: "
                   "\"t\"\n}\n"},
        FormatCase{"HashesInStringsAreNone",
                   "manifest { title: '# not' version: \"#\" } # is",
                   "manifest { title: \"# not\" version: \"#\" }  # is\n"},
        FormatCase{"LongOnesAreLeftAlone",
                   "# " + std::string(100, 'x') + "\nmanifest {}",
                   "# " + std::string(100, 'x') + "\nmanifest {}\n"}),
    [](const auto& info) { return info.param.name; });

TEST(FormatTextProto, RefusesWhatDoesNotParse) {
  for (const char* text :
       {"manifest {", "manifest }", "nonsense: 1", "manifest { version: 1 }",
        "manifest { version: 'a }", "manifest { version: 'a' version", "\"",
        "rules: [{}, ]", "\x01"}) {
    const absl::StatusOr<std::string> formatted =
        FormatTextProto(text, v1::RuleCatalog::default_instance());
    EXPECT_TRUE(absl::IsInvalidArgument(formatted.status()))
        << text << ": " << formatted.status();
  }
}

// Every file of the repository that the formatter is for.
std::vector<std::string> ShippedFiles() {
  std::vector<std::string> files;
  for (const char* folder : {"rules/catalog", "tests/tools/small_catalog"}) {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(InSource(folder))) {
      if (entry.path().extension() == ".textproto") {
        files.push_back(entry.path().string());
      }
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

const Message& PrototypeOf(const std::string& file) {
  if (absl::StrContains(file, "/cases/")) {
    return testing::v1::RuleCaseSuite::default_instance();
  }
  return v1::RuleCatalog::default_instance();
}

// Comments as a reader sees them, found without the formatter: whatever
// follows a hash outside a string.
std::vector<std::string> CommentsSeen(const std::string& text) {
  std::vector<std::string> comments;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"' || text[i] == '\'') {
      const char quote = text[i];
      for (++i; i < text.size() && text[i] != quote; ++i) {
        if (text[i] == '\\') ++i;
      }
    } else if (text[i] == '#') {
      const size_t end = std::min(text.find('\n', i), text.size());
      comments.emplace_back(
          absl::StripTrailingAsciiWhitespace(text.substr(i, end - i)));
      i = end;
    }
  }
  std::sort(comments.begin(), comments.end());
  return comments;
}

void ExpectNothingLost(const std::string& text, const Message& prototype,
                       const std::string& where) {
  const absl::StatusOr<std::string> formatted =
      FormatTextProto(text, prototype);
  ASSERT_TRUE(formatted.ok()) << where << ": " << formatted.status();
  EXPECT_EQ(CommentsSeen(*formatted), CommentsSeen(text)) << where;
  const std::unique_ptr<Message> before(prototype.New());
  const std::unique_ptr<Message> after(prototype.New());
  ASSERT_TRUE(TextFormat::ParseFromString(text, before.get())) << where;
  ASSERT_TRUE(TextFormat::ParseFromString(*formatted, after.get())) << where;
  EXPECT_TRUE(
      google::protobuf::util::MessageDifferencer::Equals(*before, *after))
      << where;
  const absl::StatusOr<std::string> again =
      FormatTextProto(*formatted, prototype);
  ASSERT_TRUE(again.ok()) << where;
  EXPECT_EQ(*again, *formatted) << where;
}

TEST(FormatTextProto, LosesNothingOfAnyShippedFile) {
  const std::vector<std::string> files = ShippedFiles();
  ASSERT_GT(files.size(), 15u);
  for (const std::string& file : files) {
    ExpectNothingLost(TextOf(file), PrototypeOf(file), file);
  }
}

// A text with comments put into its gaps.
std::string WithComments(const std::string& text, uint32_t seed) {
  std::string commented;
  int count = 0;
  char quote = 0;
  bool in_comment = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    commented += c;
    if (quote != 0) {
      if (c == '\\') commented += text[++i];
      if (c == quote) quote = 0;
      continue;
    }
    if (in_comment) {
      in_comment = c != '\n';
      continue;
    }
    in_comment = c == '#';
    if (c == '"' || c == '\'') quote = c;
    const bool gap = c == ' ' || c == '\n' || c == ':' || c == '{' || c == '}';
    seed = seed * 1664525u + 1013904223u;
    if (gap && (seed >> 16) % 7 == 0) {
      absl::StrAppend(&commented, (seed >> 24) % 3 == 0 ? "\n\n" : "", "# c",
                      count++, " \n");
    }
  }
  return commented;
}

TEST(FormatTextProto, LosesNoCommentWhereverItIs) {
  for (const std::string& file : ShippedFiles()) {
    const std::string text = TextOf(file);
    for (const uint32_t seed : {1u, 2u, 3u}) {
      ExpectNothingLost(WithComments(text, seed), PrototypeOf(file),
                        absl::StrCat(file, " with comments ", seed));
    }
  }
}

TEST(Format, WritesInPlaceAndKeepsPermissions) {
  const TempFolder folder;
  const std::string file = folder / "a.textproto";
  WriteText(file, "manifest{version:'1'}");
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  const std::string link = folder / "link.textproto";
  std::filesystem::create_symlink(file, link);
  const ToolResult result = RunRules({"format", link});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_EQ(TextOf(file), "manifest { version: \"1\" }\n");
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_all);
  EXPECT_TRUE(std::filesystem::is_symlink(link));
}

TEST(Format, CheckListsWhatIsNotCanonicalAndWritesNothing) {
  const TempFolder folder;
  WriteText(folder / "a.textproto", "manifest{version:'1'}");
  WriteText(folder / "b.textproto", "manifest { version: \"1\" }\n");
  const ToolResult result = RunRules({"format", "--check", folder.path()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, absl::StrCat(folder / "a.textproto", "\n"));
  EXPECT_EQ(TextOf(folder / "a.textproto"), "manifest{version:'1'}");
}

TEST(Format, LeavesWhatDoesNotParseAloneAndGoesOn) {
  const TempFolder folder;
  WriteText(folder / "a.textproto", "manifest {\n  verzion: '1'\n}\n");
  WriteText(folder / "b.textproto", "manifest{version:'1'}");
  const ToolResult result = RunRules({"format", folder.path()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("a.textproto:2:10: error: message type"));
  EXPECT_THAT(result.err, HasSubstr("\n    verzion: '1'\n           ^\n"));
  EXPECT_EQ(TextOf(folder / "a.textproto"), "manifest {\n  verzion: '1'\n}\n");
  EXPECT_EQ(TextOf(folder / "b.textproto"), "manifest { version: \"1\" }\n");
}

TEST(Format, ReadsStandardInput) {
  const ToolResult result = RunRules({"format", "-"}, "manifest{version:'1'}");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "manifest { version: \"1\" }\n");
}

TEST(Format, KnowsTheMessageByItsHeader) {
  const ToolResult suite = RunRules(
      {"format", "-"}, "# proto-message: RuleCaseSuite\nas_of:'2026-11-20'");
  EXPECT_EQ(suite.exit_code, 0) << suite.err;
  EXPECT_EQ(suite.out,
            "# proto-message: RuleCaseSuite\nas_of: \"2026-11-20\"\n");
  const ToolResult unknown =
      RunRules({"format", "-"}, "# proto-message: Recipe\n");
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("Recipe"));
}

TEST(Format, SaysWhichFileCannotBeRead) {
  const ToolResult result = RunRules({"format", "no-such-file.textproto"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("no-such-file.textproto"));
}

}  // namespace
}  // namespace needlewise
