// The verbs that ask the solver: prove, lint, diff.

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "needlewise/testing/v1/catalog_diff.pb.h"
#include "needlewise/testing/v1/rule_case.pb.h"
#include "tests/tools/tool_run.h"

namespace needlewise {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kSmall[] = "tests/tools/small_catalog";
// What decides of the rules as they were first released: without cases,
// invariants, plan items and translations.
constexpr char kFirstEdition[] = "tests/tools/edition_1.0.0";
constexpr char kShipped[] = "rules/catalog";

// Replaces the one place where `from` stands in the small catalogue.
std::string SmallWith(const TempFolder& folder, const std::string& from,
                      const std::string& to) {
  const std::string copy = folder.Copy(kSmall);
  const std::string file = copy + "/catalog.textproto";
  std::string text = TextOf(file);
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos)
    WriteText(file, text.replace(at, from.size(), to));
  return copy;
}

TEST(DiffVerb, SaysWhatTheShippedRulesChangedSinceTheFirstEdition) {
  const ToolResult result =
      RunRules({"diff", InSource(kFirstEdition), InSource(kShipped)});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("1.0.0 ("));
  // Without the digests, which a change of any text moves.
  ExpectGoldenText("changes_since_1.0.0.txt",
                   result.out.substr(result.out.find('\n') + 2));
  EXPECT_THAT(result.err, HasSubstr("diff: 8/8 "));
}

TEST(DiffVerb, ExitsWithOneWhereAVerdictIsLaxer) {
  const TempFolder folder;
  const std::string laxer =
      SmallWith(folder, "value: 6\n  unit: \"mo\"", "value: 3\n  unit: \"mo\"");
  const ToolResult result = RunRules({"diff", InSource(kSmall), laxer});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("isotretinoin-recent\nlaxer  needling: "),
                    HasSubstr("to a laxer verdict\n"),
                    HasSubstr("no other patient changes: proved\n")));
  // The other way round it is stricter.
  EXPECT_EQ(RunRules({"diff", laxer, InSource(kSmall)}).exit_code, 0);
}

TEST(DiffVerb, WritesJson) {
  const TempFolder folder;
  const std::string other = SmallWith(folder, "value: 50\n", "value: 60\n");
  const ToolResult result =
      RunRules({"diff", "--output", "json", InSource(kSmall), other});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  testing::v1::CatalogDiff diff;
  ASSERT_TRUE(
      google::protobuf::util::JsonStringToMessage(result.out, &diff).ok())
      << result.out;
  EXPECT_TRUE(diff.no_other_change());
  ASSERT_GT(diff.changes_size(), 0);
  for (const testing::v1::VerdictChange& change : diff.changes()) {
    EXPECT_EQ(change.rule_id(), "platelets-low");
    EXPECT_EQ(change.direction(), testing::v1::CHANGE_DIRECTION_STRICTER);
    EXPECT_EQ(change.new_verdict(), v1::VERDICT_CONTRAINDICATED);
    EXPECT_THAT(change.facts(), ::testing::Contains("platelet_count"));
  }
}

TEST(ProveVerb, ProvesTheSmallCatalogueAndSaysSoInADocument) {
  const TempFolder folder;
  const std::string html = folder / "proof.html";
  const ToolResult result =
      RunRules({"prove", "--html", html, "--catalog", InSource(kSmall)});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("7 of 7 properties proved in "));
  EXPECT_THAT(result.err, HasSubstr("prove: 8/8 "));
  EXPECT_THAT(TextOf(html), AllOf(HasSubstr("proved"), HasSubstr("L3")));
}

TEST(ProveVerb, ShowsThePatientWhoRefutesAnInvariant) {
  const TempFolder folder;
  const std::string wrong =
      SmallWith(folder, "implications {\n  implication_id: \"never-a-raised",
                "invariants {\n"
                "  invariant_id: \"cold-sores-contraindicate\"\n"
                "  statement: \"Cold sores on the face bar needling.\"\n"
                "  premises {\n"
                "    known {\n"
                "      finding {\n"
                "        concept: \"cold_sore\"\n"
                "        time: FINDING_TIME_NOW\n"
                "        place: FINDING_PLACE_REGION\n"
                "        region: \"face\"\n"
                "      }\n"
                "    }\n"
                "  }\n"
                "  verdict { at_least: EFFECT_KIND_CONTRAINDICATION }\n"
                "  citations { source: \"R1\" grade: EVIDENCE_GRADE_A }\n"
                "}\n"
                "implications {\n  implication_id: \"never-a-raised");
  const std::string witnesses = folder / "witnesses.textproto";
  const ToolResult result =
      RunRules({"prove", "--only", "cold-sores-contraindicate", "--witnesses",
                witnesses, "--catalog", wrong});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("cold-sores-contraindicate: refuted"),
                                HasSubstr("0 of 1 properties proved")));
  testing::v1::RuleCaseSuite suite;
  ASSERT_TRUE(
      google::protobuf::TextFormat::ParseFromString(TextOf(witnesses), &suite));
  ASSERT_EQ(suite.cases_size(), 1);
  EXPECT_TRUE(absl::StrContains(suite.DebugString(), "cold_sore"));
  // It is a case as it stands, which the rules pass.
  WriteText(wrong + "/cases/witnesses.textproto", TextOf(witnesses));
  EXPECT_EQ(RunRules({"test", "--catalog", wrong}).exit_code, 0);
}

TEST(ProveVerb, RefusesANameThatIsNoProperty) {
  const ToolResult result =
      RunRules({"prove", "--only", "L99", "--catalog", InSource(kSmall)});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("`L99` is neither a law nor an invariant"));
}

TEST(LintVerb, ShowsARuleThatAStricterOneShadows) {
  const ToolResult clean = RunRules({"lint", "--catalog", InSource(kSmall)});
  EXPECT_EQ(clean.exit_code, 0) << clean.out;
  EXPECT_THAT(clean.out, HasSubstr("0 oddities"));
  const TempFolder folder;
  const std::string odd =
      SmallWith(folder, "rules {\n  rule_id: \"cold-sore-active\"",
                "rules {\n"
                "  rule_id: \"keloid-now\"\n"
                "  title: \"Keloid, now, in the treatment area.\"\n"
                "  applies_to: \"needling\"\n"
                "  condition {\n"
                "    finding { concept: \"keloid\" time: FINDING_TIME_NOW }\n"
                "  }\n"
                "  review {}\n"
                "  clinician_text: \"Look at it.\"\n"
                "  cleared_by: \"It is none.\"\n"
                "  citations { source: \"R1\" grade: EVIDENCE_GRADE_A }\n"
                "  evidence_rows: \"E08\"\n"
                "}\n"
                "rules {\n  rule_id: \"cold-sore-active\"");
  const ToolResult shadowed = RunRules({"lint", "--catalog", odd});
  EXPECT_THAT(shadowed.out,
              AllOf(HasSubstr("keloid-now"), HasSubstr("keloid-ever"),
                    Not(HasSubstr("0 oddities"))));
}

}  // namespace
}  // namespace needlewise
