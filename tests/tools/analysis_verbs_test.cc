// The verbs that prove: prove, lint, diff.

#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/tools/tool_run.h"

namespace needlewise {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kSmall[] = "tests/tools/small_catalog";

// A text in which everything took no time.
std::string WithoutTimes(const std::string& text) {
  static const std::regex seconds("[0-9]+\\.[0-9](?=\n| s)");
  return std::regex_replace(text, seconds, "0.0");
}

// Edits of one file of a catalogue: what stands there once, and what is to.
using Edits = std::vector<std::pair<std::string, std::string>>;

void Edit(const std::string& file, const Edits& edits) {
  std::string text = TextOf(file);
  for (const auto& [from, to] : edits) {
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    ASSERT_EQ(text.find(from, at + 1), std::string::npos) << from;
    text.replace(at, from.size(), to);
  }
  WriteText(file, text);
}

std::string Claim(const std::string& id, const std::string& rest) {
  return absl::StrCat(
      "invariants {\n  invariant_id: \"", id,
      "\"\n  statement: \"It is so.\"\n  treatments: \"needling\"\n  ", rest,
      "\n  citations { source: \"R1\" grade: EVIDENCE_GRADE_A }\n}\n");
}

constexpr char kKeloidEver[] =
    "premises { known { finding { concept: \"keloid\" time: FINDING_TIME_EVER "
    "place: FINDING_PLACE_ANYWHERE } } }";

TEST(Prove, ReportsWhatIsProved) {
  const TempFolder folder;
  const std::string copy = folder.Copy(kSmall);
  const std::string file = copy + "/catalog.textproto";
  WriteText(file,
            TextOf(file) +
                Claim("keloid-bars",
                      absl::StrCat(
                          kKeloidEver,
                          " verdict { at_least: EFFECT_KIND_CONTRAINDICATION "
                          "}")));
  const std::string report = folder / "proof.md";
  const std::string html = folder / "proof.html";
  const ToolResult result = RunRules({"prove", "--catalog", copy, "--jobs", "1",
                                      "--markdown", report, "--html", html});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  ExpectGoldenText("prove_small.txt", WithoutTimes(result.out));
  ExpectGoldenText("prove_small.md", WithoutTimes(TextOf(report)));
  EXPECT_THAT(TextOf(html), HasSubstr("<h2 id=\"signature\">"));
  // Progress, and nothing else.
  EXPECT_THAT(result.err, StartsWith("prove: 1/"));
  EXPECT_THAT(result.err, HasSubstr(" needling, "));
}

TEST(Prove, WritesAWitnessThatIsACase) {
  const TempFolder folder;
  const std::string copy = folder.Copy(kSmall);
  const std::string file = copy + "/catalog.textproto";
  WriteText(file,
            TextOf(file) + Claim("keloid-defers",
                                 "verdict { at_least: EFFECT_KIND_DEFERRAL }"));
  const std::string witnesses = copy + "/cases/witnesses.textproto";
  const ToolResult result =
      RunRules({"prove", "--catalog", copy, "--only", "keloid-defers",
                "--witnesses", witnesses});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("keloid-defers: refuted\n"));
  EXPECT_THAT(result.out, HasSubstr("0 of 1 properties proved"));
  // Beside the other cases, where it passes.
  const ToolResult tested = RunRules(
      {"test", "--catalog", copy, "--filter", "refutes-keloid-defers"});
  EXPECT_EQ(tested.exit_code, 0) << tested.out << tested.err;
  EXPECT_THAT(tested.out, HasSubstr("witnesses"));
}

TEST(Prove, FailsWhereAPropertyIsNotDecided) {
  const TempFolder folder;
  const std::string copy = folder.Copy(kSmall);
  const std::string file = copy + "/catalog.textproto";
  WriteText(
      file,
      TextOf(file) +
          Claim("nobody",
                absl::StrCat(
                    kKeloidEver,
                    " premises { known { not { finding { concept: \"keloid\" "
                    "time: FINDING_TIME_EVER place: FINDING_PLACE_ANYWHERE } } "
                    "} } verdict { at_least: EFFECT_KIND_CONTRAINDICATION }")));
  const ToolResult result =
      RunRules({"prove", "--catalog", copy, "--only", "nobody"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("nobody: not decided\n"));
  EXPECT_THAT(result.out, HasSubstr("0 of 1 properties proved"));
}

TEST(Prove, SaysWhatIsNoProperty) {
  const ToolResult result =
      RunRules({"prove", "--catalog", InSource(kSmall), "--only", "L9"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--only `L9` is neither a law nor an"));
}

TEST(Lint, ShowsWhatIsOdd) {
  const ToolResult none = RunRules({"lint", "--catalog", InSource(kSmall)});
  EXPECT_EQ(none.exit_code, 0);
  EXPECT_EQ(none.out, "0 oddities\n");
  const TempFolder folder;
  const std::string copy = folder.Copy(kSmall);
  const std::string file = copy + "/catalog.textproto";
  WriteText(file, TextOf(file) + R"(
rules {
  rule_id: "platelets-lower"
  title: "Platelet count below 40."
  applies_to: "needling"
  condition {
    quantity {
      concept: "platelet_count"
      comparison: COMPARISON_LESS
      value: 40
    }
  }
  review {}
  clinician_text: "Consider finding the cause."
  cleared_by: "A fresh count of 40 or more."
  citations { source: "R1" grade: EVIDENCE_GRADE_A }
  evidence_rows: "E22"
}
)");
  const ToolResult result = RunRules({"lint", "--catalog", copy});
  EXPECT_EQ(result.exit_code, 0);
  ExpectGoldenText("lint_small.txt", result.out);
  EXPECT_THAT(result.err, StartsWith("lint: 1/"));
  EXPECT_EQ(RunRules({"lint", "--catalog", copy, "--strict"}).exit_code, 1);
}

// The rules of the small catalogue with a shorter wait, which is laxer, and a
// higher limit, which is not.
TEST(Diff, SaysWhatChanges) {
  const TempFolder folder;
  const std::string copy = folder.Copy(kSmall);
  Edit(
      copy + "/catalog.textproto",
      {{"  value: 6\n  unit: \"mo\"", "  value: 5\n  unit: \"mo\""},
       {"  value: 50\n  unit: \"10*9/L\"", "  value: 60\n  unit: \"10*9/L\""}});
  const ToolResult text =
      RunRules({"diff", InSource(kSmall), copy, "--jobs", "1"});
  EXPECT_EQ(text.exit_code, 1);
  ExpectGoldenText("diff_small.txt", text.out);
  EXPECT_THAT(text.err, StartsWith("diff: 1/"));
  const ToolResult json =
      RunRules({"diff", InSource(kSmall), copy, "--output", "json"});
  EXPECT_EQ(json.exit_code, 1);
  ExpectGoldenText("diff_small.json", json.out);
}

TEST(Diff, IsNoFaultWhereNothingIsLaxer) {
  const TempFolder folder;
  const std::string copy = folder.Copy(kSmall);
  Edit(copy + "/catalog.textproto", {{"  value: 50\n  unit: \"10*9/L\"",
                                      "  value: 60\n  unit: \"10*9/L\""}});
  const ToolResult stricter = RunRules({"diff", InSource(kSmall), copy});
  EXPECT_EQ(stricter.exit_code, 0);
  EXPECT_THAT(stricter.out, HasSubstr("0 to a laxer verdict\n"
                                      "no other patient changes: proved\n"));
  const ToolResult back = RunRules({"diff", copy, InSource(kSmall)});
  EXPECT_EQ(back.exit_code, 1);
  const ToolResult same = RunRules({"diff", copy, copy});
  EXPECT_EQ(same.exit_code, 0);
  EXPECT_THAT(same.out, HasSubstr("0 classes of patients change"));
}

}  // namespace
}  // namespace needlewise
