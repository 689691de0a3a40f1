// What the program makes of its arguments.

#include "rules/tools/command_line.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/tools/catalog_document.h"
#include "rules/tools/document.h"
#include "tests/tools/tool_run.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(CommandLine, TakesFlagsInBothForms) {
  const auto line = ParseCommandLine(
      {"explain", "--case=a=b", "--area", "cheeks", "--area=chin", "--all"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->case_name, "a=b");
  EXPECT_THAT(line->areas, ElementsAre("cheeks", "chin"));
  EXPECT_TRUE(line->all);
}

TEST(CommandLine, TakesSeveralVerbsThatFollowEachOther) {
  const auto line =
      ParseCommandLine({"check", "test", "coverage", "--junit", "a.xml"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_THAT(line->verbs, ElementsAre("check", "test", "coverage"));
  EXPECT_EQ(line->junit, "a.xml");
}

TEST(CommandLine, TakesFilesAfterFormat) {
  const auto line = ParseCommandLine({"format", "test", "-", "--", "--check"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_THAT(line->operands, ElementsAre("test", "-", "--check"));
  EXPECT_FALSE(line->check);
}

TEST(CommandLine, RefusesWhatItDoesNotKnow) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"chek"},
      {"--catalog", "a"},
      {"check", "--junit", "a"},
      {"check", "--catalog"},
      {"check", "--catalog="},
      {"check", "--catalog", "a", "--catalog", "b"},
      {"check", "--strict=yes"},
      {"check", "--output", "xml"},
      {"check", "render"},
      {"check", "a.textproto"},
      {"check", "test", "--output=json"},
      {"test", "coverage", "--junit", "-"},
      {"explain"},
      {"explain", "--case", "a", "--patient", "b"},
  };
  for (const std::vector<std::string>& arguments : wrong) {
    const ToolResult result = RunRules(arguments);
    EXPECT_EQ(result.exit_code, 2) << ::testing::PrintToString(arguments);
    EXPECT_THAT(result.err, HasSubstr("needlewise-rules: "));
    EXPECT_EQ(result.out, "");
  }
}

TEST(CommandLine, SuggestsTheNearestName) {
  EXPECT_THAT(RunRules({"chek"}).err, HasSubstr("did you mean `check`?"));
  EXPECT_THAT(RunRules({"test", "--filtr", "a"}).err,
              HasSubstr("did you mean `--filter`?"));
}

TEST(Help, DescribesTheProgramAndEachVerb) {
  std::string text;
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"help"},
                                             {"help", "check"},
                                             {"help", "format"},
                                             {"help", "test"},
                                             {"help", "coverage"},
                                             {"help", "explain"},
                                             {"help", "render"},
                                             {"help", "seal"},
                                             {"help", "verify-seal"},
                                             {"help", "keygen"},
                                             {"help", "replay"},
                                             {"help", "audit"},
                                             {"help", "retention"},
                                             {"help", "translations"},
                                             {"help", "prove"},
                                             {"help", "lint"},
                                             {"help", "diff"}}) {
    const ToolResult result = RunRules(arguments);
    EXPECT_EQ(result.exit_code, 0);
    text += result.out;
  }
  ExpectGoldenText("help.txt", text);
  EXPECT_EQ(RunRules({"--help"}).out, RunRules({"help"}).out);
  EXPECT_EQ(RunRules({"explain", "--help"}).out,
            RunRules({"help", "explain"}).out);
  EXPECT_EQ(RunRules({"help", "chek"}).exit_code, 2);
}

// What a document may hold that is markup elsewhere.
Document Tricky() {
  Document document("A <title> & *more*");
  document.Contents();
  document.Heading(2, "one", Inline("1. One_two and ").Code("a`b"));
  document.Paragraph(
      "1. Not a list & no <b>tag</b> [link](x) ~~out~~ \\ &amp;");
  document.Paragraph("# not a heading");
  document.Paragraph("- not an item");
  document.Paragraph("_not emphasis_ but snake_case");
  document.List({{"an item", {{"inner\nitem", {}}}}, {"another", {}}});
  document.Table({"a | b"},
                 {{Inline("c | d").Link("x|y", "https://x/?a|b c")}});
  document.Table({"never"}, {});
  document.Heading(3, "inner", "Inner");
  document.Heading(2, "two", "Two");
  document.Paragraph(
      Inline().Link("here", "#one").Link(" no script", "javascript:alert(1)"));
  return document;
}

TEST(DocumentWriters, EscapeWhatIsMarkup) {
  ExpectGoldenText("tricky.md", ToMarkdown(Tricky()));
  ExpectGoldenText("tricky.html", ToHtml(Tricky()));
}

TEST(NaturallyLess, CountsDigitsAsNumbers) {
  const std::vector<std::string> ordered = {"",    "C2",  "C02b",   "C3",
                                            "C3b", "C10", "CLINICS"};
  for (size_t i = 0; i < ordered.size(); ++i) {
    for (size_t j = 0; j < ordered.size(); ++j) {
      EXPECT_EQ(NaturallyLess(ordered[i], ordered[j]), i < j)
          << ordered[i] << " " << ordered[j];
    }
  }
}

}  // namespace
}  // namespace needlewise
