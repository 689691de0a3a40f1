// The verbs that read a catalogue: check, test, coverage, explain, render.

#include <filesystem>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/catalog_loader.h"
#include "tests/tools/tool_run.h"

namespace needlewise {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kSmall[] = "tests/tools/small_catalog";
constexpr char kBroken[] = "tests/tools/broken_catalog";
constexpr char kShipped[] = "rules/catalog";

// Replaces the one place where `from` stands in a file.
void Replace(const std::string& file, const std::string& from,
             const std::string& to) {
  std::string text = TextOf(file);
  const size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  WriteText(file, text.replace(at, from.size(), to));
}

TEST(Check, SaysEveryFaultOfABrokenCatalogue) {
  const ToolResult result = RunRules({"check", "--catalog", InSource(kBroken)});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, IsEmpty());
  ExpectGoldenText("check_broken.txt", result.out);
}

TEST(Check, SaysWhichListsAreMissing) {
  const TempFolder folder;
  const std::string copy = folder.Copy(kSmall);
  const std::string file = copy + "/catalog.textproto";
  Replace(file, "  evidence_rows: \"E11\"\n", "");
  Replace(file, "  answer_sources: ANSWER_SOURCE_TEST\n", "");
  Replace(file,
          "  positions { sources: \"R1\" statement: \"They do not.\" }\n"
          "  positions { sources: \"R10\" statement: \"They do.\" }\n",
          "");
  Replace(file, "  implies { concept: \"platelet_count\" at_least: 150 }\n",
          "");
  const ToolResult result = RunRules({"check", "--catalog", copy});
  EXPECT_EQ(result.exit_code, 1);
  for (const char* list :
       {"evidence_rows", "answer_sources", "positions", "implies"}) {
    EXPECT_THAT(result.out, HasSubstr(absl::StrCat("`", list, "` needs ")));
  }
  EXPECT_THAT(result.out, HasSubstr(": 4 errors, 0 warnings\n"));
}

TEST(Check, SaysWhereAFileDoesNotParse) {
  const TempFolder folder;
  const std::string copy = folder.Copy(kSmall);
  Replace(copy + "/cases/patients.textproto", "vignette:", "vigniette:");
  const ToolResult result = RunRules({"check", "--catalog", copy});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out,
              HasSubstr("cases/patients.textproto:31:12: error: message type "
                        "\"needlewise.testing.v1.RuleCase\" has no field named "
                        "\"vigniette\"\n    vigniette: "));
}

TEST(Check, ColoursOnlyWhereAsked) {
  const ToolResult plain = RunRules({"check", "--catalog", InSource(kBroken)});
  EXPECT_THAT(plain.out, Not(HasSubstr("\033")));
  const ToolResult coloured =
      RunRules({"check", "--catalog", InSource(kBroken)}, "", true);
  EXPECT_EQ(coloured.exit_code, 1);
  EXPECT_THAT(coloured.out, HasSubstr("\033[31merror:\033[0m"));
}

TEST(Check, GivesJsonThatIsTheServersAnswer) {
  const ToolResult result =
      RunRules({"check", "--catalog", InSource(kBroken), "--output", "json"});
  EXPECT_EQ(result.exit_code, 1);
  v1::ValidateRuleCatalogResponse response;
  ASSERT_TRUE(
      google::protobuf::util::JsonStringToMessage(result.out, &response).ok());
  EXPECT_FALSE(response.valid());
  ASSERT_GT(response.diagnostics_size(), 5);
  EXPECT_EQ(response.diagnostics(0).severity(), v1::SEVERITY_ERROR);
  EXPECT_EQ(response.diagnostics(0).line(), 7);
}

TEST(Check, WarnsOfWhatIsNeverUsed) {
  const TempFolder folder;
  const std::string copy = folder.Copy(kSmall);
  const std::string file = copy + "/catalog.textproto";
  WriteText(file, TextOf(file) + R"(
citations {
  citation_id: "R2"
  title: "Cited nowhere"
  provenance: CITATION_PROVENANCE_LOOKED_UP
}
concepts {
  concept_id: "freckles"
  display: "Freckles"
  kind: CONCEPT_KIND_CONDITION
  scope: CONCEPT_SCOPE_PATIENT
  question: "Do you have freckles?"
  tense: QUESTION_TENSE_NOW
  answer_sources: ANSWER_SOURCE_PATIENT
  section: "history"
}
concerns { concern_id: "pores" display: "Pores" }
profiles { profile_id: "none" display: "None" description: "No rule." }
sections { section_id: "empty" display: "Empty" }
parameters {
  parameter_id: "unused"
  description: "Used nowhere."
  value: 1
  unit: "d"
  citations { source: "R1" grade: EVIDENCE_GRADE_A }
}
conflicts {
  conflict_id: "C9"
  topic: "Linked nowhere."
  positions { sources: "R1" statement: "So." }
  resolution: "So."
  rationale: "So."
}
devices {
  device_id: "plasma_kit"
  display: "Kit"
  treatments: "plasma"
  excluded_concepts: "cold_sore"
  citations { source: "R1" grade: EVIDENCE_GRADE_A }
}
plan_items {
  item_id: "never-shown"
  section: PLAN_SECTION_SESSION
  applies_to: "needling"
  areas: "lips"
  text: "On lips, which lie in the face."
  citations { source: "R1" grade: EVIDENCE_GRADE_A }
}
)");
  Replace(file, "label_excludes: \"nursing\"", "label_excludes: \"keloid\"");
  // A course of no concern is that of every other.
  EXPECT_THAT(RunRules({"check", "--catalog", copy}).out,
              Not(HasSubstr("concern `pores`")));
  Replace(file, "  course_id: \"usual\"\n",
          "  course_id: \"usual\"\n  concerns: \"scars\"\n");
  const ToolResult result = RunRules({"check", "--catalog", copy});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_EQ(RunRules({"check", "--strict", "--catalog", copy}).exit_code, 1);
  for (const char* warning :
       {"warning: citation `R2` is cited nowhere",
        "warning: concept `freckles` is asked by no rule",
        "warning: concern `pores` is named by no rule",
        "warning: profile `none` holds no rule",
        "warning: section `empty` holds no concept",
        "warning: parameter `unused` is used nowhere",
        "warning: source conflict `C9` is linked by no rule",
        "warning: device `plasma_kit`: its label excludes `cold_sore`",
        "warning: rule `nursing-label`: no device's label excludes `keloid`",
        "warning: rule `cold-sore-active` is named by no case",
        "warning: rule `platelets-low` is expected to fire in no case"}) {
    EXPECT_THAT(result.out, HasSubstr(warning));
  }
  // What is used is not warned of.
  EXPECT_THAT(result.out,
              AllOf(Not(HasSubstr("`R10`")), Not(HasSubstr("`age`")),
                    Not(HasSubstr("`platelet_problem`")),
                    Not(HasSubstr("`never-shown`"))));
}

TEST(Check, WarnsOfWhatTellsTooLittleOfItsOrigin) {
  const TempFolder folder;
  const std::string copy = folder.Copy(kSmall);
  const std::string file = copy + "/catalog.textproto";
  Replace(file, "  citation_id: \"R10\"\n",
          "  citation_id: \"R10\"\n  listed_because: \"To be read.\"\n");
  Replace(file, "  citation_id: \"G1\"\n",
          "  citation_id: \"G1\"\n  review_by: \"2026-11-20\"\n");
  const std::string out = RunRules({"check", "--catalog", copy}).out;
  for (const char* warning :
       {"warning: citation `R10` is cited; leave `listed_because` out",
        "warning: citation `G1` was to be read again by 2026-11-20",
        "warning: parameter `fresh_platelets` does not say which way is",
        "warning: concept `keloid`: code `L91.0` is said to be official; add "
        "the `source` it was seen in"}) {
    EXPECT_THAT(out, HasSubstr(warning));
  }
  EXPECT_THAT(RunRules({"check", "--catalog", copy, "--today=2026-11-20"}).out,
              Not(HasSubstr("was to be read again")));
}

TEST(Check, WarnsOfPlanItemsThatNobodyIsShown) {
  const TempFolder folder;
  const std::string copy = folder.Copy(kSmall);
  const std::string file = copy + "/catalog.textproto";
  WriteText(file, TextOf(file) + R"(
areas { area_id: "nails" display: "Nails" }
devices {
  device_id: "kit"
  display: "Kit"
  treatments: "plasma"
}
plan_items {
  item_id: "on-nails"
  section: PLAN_SECTION_SESSION
  applies_to: "needling"
  areas: "nails"
  text: "Nobody needles nails."
  citations { source: "R1" grade: EVIDENCE_GRADE_A }
}
plan_items {
  item_id: "with-kit"
  section: PLAN_SECTION_SESSION
  applies_to: "plasma"
  devices: "pen"
  text: "The pen is not for plasma."
  citations { source: "R1" grade: EVIDENCE_GRADE_A }
}
)");
  const ToolResult result = RunRules({"check", "--catalog", copy});
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("plan item `on-nails` is never shown"),
                    HasSubstr("plan item `with-kit` is never shown"),
                    Not(HasSubstr("plan item `depth-cheeks`"))));
}

TEST(Check, CountsAFailingCaseAsAnError) {
  const TempFolder folder;
  const std::string copy = folder.Copy(kSmall);
  Replace(copy + "/cases/patients.textproto", "verdict: VERDICT_ELIGIBLE",
          "verdict: VERDICT_DEFERRED");
  const ToolResult result = RunRules({"check", "--catalog", copy});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("error: case `well`"),
                                HasSubstr("expected VERDICT_DEFERRED, found "
                                          "VERDICT_ELIGIBLE"),
                                // Warnings stand beside it.
                                HasSubstr("warning: rule `cold-sore-active`")));
}

TEST(Check, FindsNoErrorInWhatIsShipped) {
  const ToolResult result =
      RunRules({"check", "--catalog", InSource(kShipped)});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_THAT(result.out, HasSubstr(": 0 errors, "));
}

TEST(Check, SaysWhichFolderCannotBeRead) {
  const ToolResult result = RunRules({"check", "--catalog", "no-such-folder"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("no-such-folder"));
}

TEST(Test, PrintsATableOfTheSuites) {
  const TempFolder folder;
  const ToolResult result = RunRules(
      {"test", "--catalog", InSource(kSmall), "--junit", folder / "junit.xml"});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  ExpectGoldenText("test_small.txt", result.out);
  ExpectGoldenText(
      "test_small_junit.xml",
      absl::StrReplaceAll(TextOf(folder / "junit.xml"), {{InSource(""), ""}}));
}

TEST(Test, ShowsEachFailureWithItsPlaceAndVignette) {
  const TempFolder folder;
  const std::string copy = folder.Copy(kSmall);
  const std::string cases = copy + "/cases/patients.textproto";
  Replace(cases, "verdict: VERDICT_ELIGIBLE", "verdict: VERDICT_DEFERRED");
  Replace(cases, "fired: \"no-device\"", "fired: \"keloid-ever\"");
  Replace(cases, "A well patient who", "A \\\"well\\\" <patient> & who");
  const ToolResult result =
      RunRules({"test", "--catalog", copy, "--junit", folder / "junit.xml"});
  EXPECT_EQ(result.exit_code, 1);
  const auto without_folder = [&](const std::string& text) {
    return absl::StrReplaceAll(text, {{copy + "/", ""}});
  };
  ExpectGoldenText("test_failing.txt", without_folder(result.out));
  ExpectGoldenText("test_failing_junit.xml",
                   without_folder(TextOf(folder / "junit.xml")));
}

TEST(Test, RunsOnlyWhatTheFilterFinds) {
  const ToolResult result = RunRules(
      {"test", "--catalog", InSource(kSmall), "--filter", "^patients/keloid"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("total         1       1       0\n"));
}

TEST(Test, FailsWhereNoCaseRan) {
  const ToolResult result = RunRules(
      {"test", "--catalog", InSource(kSmall), "--filter", "no such case"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("no case ran"));
  const TempFolder folder;
  const std::string copy = folder.Copy(kSmall);
  std::filesystem::remove_all(copy + "/cases");
  EXPECT_EQ(RunRules({"test", "--catalog", copy}).exit_code, 1);
  EXPECT_EQ(RunRules({"coverage", "--catalog", copy}).exit_code, 1);
}

TEST(Test, RefusesAFilterThatIsNoExpression) {
  const ToolResult result =
      RunRules({"test", "--catalog", InSource(kSmall), "--filter", "("});
  EXPECT_EQ(result.exit_code, 2);
}

TEST(Test, SaysWhyACatalogueDoesNotLoad) {
  for (const char* verb : {"test", "coverage", "render"}) {
    const ToolResult result = RunRules({verb, "--catalog", InSource(kBroken)});
    EXPECT_EQ(result.exit_code, 1) << verb;
    EXPECT_THAT(result.err, AllOf(HasSubstr("catalog.textproto:37:25: error:"),
                                  HasSubstr("does not load")));
  }
}

TEST(Coverage, SaysWhatTheCasesHaveSeen) {
  const TempFolder folder;
  const ToolResult result =
      RunRules({"coverage", "--catalog", InSource(kSmall), "--all", "--html",
                folder / "coverage.html"});
  EXPECT_EQ(result.exit_code, 1);
  ExpectGoldenText("coverage_small.txt", result.out);
  ExpectGoldenText("coverage_small.html",
                   absl::StrReplaceAll(TextOf(folder / "coverage.html"),
                                       {{InSource(""), ""}}));
}

TEST(Coverage, CountsAddOnsThatACaseExpectsSomethingOf) {
  const TempFolder folder;
  const std::string copy = folder.Copy(kSmall);
  const ToolResult before = RunRules({"coverage", "--catalog", copy});
  EXPECT_THAT(before.out, HasSubstr("plasma-platelets: never true, never "
                                    "false"));
  Replace(copy + "/cases/patients.textproto", "not_fired: \"off-label\"\n  }",
          "not_fired: \"off-label\"\n  }\n  expect_add_ons { add_on: "
          "\"plasma\" status: ADD_ON_STATUS_RECOMMENDED }");
  EXPECT_EQ(RunRules({"test", "--catalog", copy}).exit_code, 0);
  const ToolResult after = RunRules({"coverage", "--catalog", copy});
  EXPECT_THAT(after.out, HasSubstr("plasma-platelets: never true  "));
}

TEST(Coverage, PassesWhereEnoughIsSeen) {
  EXPECT_EQ(
      RunRules({"coverage", "--catalog", InSource(kSmall), "--minimum", "60"})
          .exit_code,
      0);
  EXPECT_EQ(
      RunRules({"coverage", "--catalog", InSource(kSmall), "--minimum", "99.5"})
          .exit_code,
      1);
  EXPECT_EQ(
      RunRules({"coverage", "--catalog", InSource(kSmall), "--minimum", "most"})
          .exit_code,
      2);
}

TEST(Coverage, SeesEveryShippedRuleFire) {
  const ToolResult result =
      RunRules({"coverage", "--catalog", InSource(kShipped)});
  EXPECT_THAT(result.out, Not(HasSubstr("contraindication: never true")));
  EXPECT_THAT(result.out, HasSubstr("all rules"));
}

TEST(Explain, ShowsTheTreeOfEachRuleOfACase) {
  const ToolResult result =
      RunRules({"explain", "--catalog", InSource(kSmall), "--case",
                "isotretinoin-in-may", "--all"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  ExpectGoldenText("explain_isotretinoin.txt", result.out);
}

TEST(Explain, SaysWhyAFactIsUnknown) {
  const ToolResult result = RunRules({"explain", "--catalog", InSource(kSmall),
                                      "--case", "patients/old-platelet-count"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  ExpectGoldenText("explain_old_platelet_count.txt", result.out);
}

constexpr char kPatientText[] = R"(
patient {
  age_years: 20
  findings {
    concept: "platelet_problem"
    status: FINDING_STATUS_NEVER
    source: SOURCE_PATIENT
    recorded: "2026-11-01"
  }
  findings {
    concept: "platelet_count"
    quantity { value: 40 unit: "10*9/L" }
  }
}
treatments { treatment: "needling" areas: "cheeks" }
)";

TEST(Explain, TakesTextAndJsonAlike) {
  const TempFolder folder;
  WriteText(folder / "patient.textproto", kPatientText);
  v1::ScreenEligibilityRequest request;
  const ToolResult from_text =
      RunRules({"explain", "--catalog", InSource(kSmall), "--patient",
                folder / "patient.textproto"});
  EXPECT_EQ(from_text.exit_code, 0) << from_text.err;
  const ToolResult from_json =
      RunRules({"explain", "--catalog", InSource(kSmall), "--patient", "-"},
               R"json( {"patient": {"ageYears": 20, "findings": [
          {"concept": "platelet_problem", "status": "FINDING_STATUS_NEVER",
           "source": "SOURCE_PATIENT", "recorded": "2026-11-01"},
          {"concept": "platelet_count",
           "quantity": {"value": 40, "unit": "10*9/L"}}]},
          "treatments": [{"treatment": "needling", "areas": ["cheeks"]}]}
      )json");
  EXPECT_EQ(from_json.exit_code, 0) << from_json.err;
  EXPECT_EQ(from_json.out, from_text.out);
  EXPECT_THAT(from_text.out,
              AllOf(HasSubstr("Needling, Cheeks, 2026-11-21: "),
                    HasSubstr("contradicts what another answer implies")));
}

TEST(Explain, PutsTheCommandLineInPlaceOfTheRequest) {
  const ToolResult result = RunRules({"explain",
                                      "--catalog",
                                      InSource(kSmall),
                                      "--patient",
                                      "-",
                                      "--treatment",
                                      "plasma",
                                      "--area",
                                      "back",
                                      "--area",
                                      "face",
                                      "--device",
                                      "pen",
                                      "--concern",
                                      "scars",
                                      "--rule",
                                      "plasma-platelets",
                                      "--rule",
                                      "off-label",
                                      "--today",
                                      "2026-12-24"},
                                     kPatientText);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  ExpectGoldenText("explain_overridden.txt", result.out);
}

TEST(Explain, SaysWhatIsWrongWithAPatient) {
  const std::string catalog = InSource(kSmall);
  const auto explain = [&](const std::string& input) {
    return RunRules({"explain", "--catalog", catalog, "--patient", "-"}, input);
  };
  const ToolResult misspelt = explain("pateint {}");
  EXPECT_EQ(misspelt.exit_code, 1);
  EXPECT_THAT(misspelt.err, HasSubstr("line 1, column"));
  const ToolResult not_json = explain("{ \"patient\": ");
  EXPECT_EQ(not_json.exit_code, 1);
  EXPECT_THAT(not_json.err, HasSubstr("in JSON"));
  const ToolResult faulty = explain(
      "patient { findings { concept: 'keloyd' } } "
      "treatments { treatment: 'needling' areas: 'knee' }");
  EXPECT_EQ(faulty.exit_code, 1);
  EXPECT_THAT(faulty.err, AllOf(HasSubstr("`patient.findings[0].concept`"),
                                HasSubstr("`treatments[0].areas[0]`")));
}

TEST(Explain, SuggestsNamesThatAreNear) {
  const ToolResult no_case = RunRules(
      {"explain", "--catalog", InSource(kSmall), "--case", "nothing-knwon"});
  EXPECT_EQ(no_case.exit_code, 2);
  EXPECT_THAT(no_case.err, HasSubstr("`patients/nothing-known`"));
  const ToolResult no_rule =
      RunRules({"explain", "--catalog", InSource(kSmall), "--case", "well",
                "--rule", "keloid-evre"});
  EXPECT_EQ(no_rule.exit_code, 2);
  EXPECT_THAT(no_rule.err, HasSubstr("`keloid-ever`"));
}

TEST(Render, IsAReadableDocument) {
  const TempFolder folder;
  const ToolResult result =
      RunRules({"render", "--catalog", InSource(kSmall), "--markdown",
                folder / "rules.md", "--html", folder / "rules.html"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, IsEmpty());
  ExpectGoldenText("render_small.md", TextOf(folder / "rules.md"));
  ExpectGoldenText("render_small.html", TextOf(folder / "rules.html"));
}

TEST(Render, DoesNotDependOnFilesOrOrder) {
  const TempFolder folder;
  const std::string copy = folder.Copy(kSmall);
  const std::string file = copy + "/catalog.textproto";
  const std::string text = TextOf(file);
  const size_t middle = text.find("rules {");
  WriteText(copy + "/a.textproto", text.substr(middle));
  WriteText(file, text.substr(0, middle));
  EXPECT_EQ(RunRules({"render", "--catalog", copy}).out,
            RunRules({"render", "--catalog", InSource(kSmall)}).out);
}

TEST(Render, NamesEveryRecordThatIsShipped) {
  const ToolResult markdown =
      RunRules({"render", "--catalog", InSource(kShipped)});
  ASSERT_EQ(markdown.exit_code, 0) << markdown.err;
  EXPECT_EQ(RunRules({"render", "--catalog", InSource(kShipped)}).out,
            markdown.out);
  const ToolResult html =
      RunRules({"render", "--catalog", InSource(kShipped), "--html", "-"});
  const auto files = ReadCatalogFolder(InSource(kShipped));
  ASSERT_TRUE(files.ok()) << files.status();
  LoadOptions options;
  options.run_cases = false;
  const LoadResult loaded = LoadCatalog(*files, options);
  ASSERT_NE(loaded.catalog, nullptr);
  const v1::RuleCatalog& catalog = loaded.catalog->catalog;
  ASSERT_GT(catalog.rules_size(), 0);
  const auto expect_anchor = [&](const std::string& anchor) {
    EXPECT_TRUE(absl::StrContains(markdown.out,
                                  absl::StrCat("<a id=\"", anchor, "\"></a>")))
        << anchor;
    EXPECT_TRUE(
        absl::StrContains(html.out, absl::StrCat(" id=\"", anchor, "\"")))
        << anchor;
  };
  for (const auto& r : catalog.rules()) expect_anchor("rule-" + r.rule_id());
  for (const auto& r : catalog.concepts()) {
    expect_anchor("concept-" + r.concept_id());
  }
  for (const auto& r : catalog.citations()) {
    expect_anchor("citation-" + r.citation_id());
  }
  for (const auto& r : catalog.conflicts()) {
    expect_anchor("conflict-" + r.conflict_id());
  }
  for (const auto& r : catalog.devices()) {
    expect_anchor("device-" + r.device_id());
  }
  for (const auto& r : catalog.parameters()) {
    expect_anchor("parameter-" + r.parameter_id());
  }
  for (const auto& r : catalog.implications()) {
    expect_anchor("gate-" + r.implication_id());
  }
  for (const auto& r : catalog.plan_items()) {
    EXPECT_TRUE(
        absl::StrContains(markdown.out, absl::StrCat("`", r.item_id(), "`")))
        << r.item_id();
  }
  EXPECT_THAT(markdown.out, HasSubstr(loaded.catalog->version.digest()));
}

TEST(Render, SaysWhichFileCannotBeWritten) {
  const ToolResult result = RunRules({"render", "--catalog", InSource(kSmall),
                                      "--html", "no-such-folder/rules.html"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("no-such-folder/rules.html"));
}

}  // namespace
}  // namespace needlewise
