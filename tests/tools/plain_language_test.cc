#include "rules/tools/plain_language.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/engine/catalog_loader.h"
#include "rules/tools/readability.h"
#include "tests/tools/tool_run.h"

namespace needlewise {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// In English, or in another language of the catalogue.
const v1::RuleCatalog& Shipped(absl::string_view language = "") {
  static const auto& loaded = *new std::shared_ptr<const CompiledCatalog>([] {
    LoadOptions options;
    options.run_cases = false;
    return LoadCatalog(BuiltInCatalog(), options).catalog;
  }());
  return loaded->In(FindWording(loaded->wordings, language));
}

TEST(HardToRead, SaysTheGradeAndTheLimit) {
  EXPECT_THAT(HardToRead("Are you pregnant?", "en"), IsEmpty());
  EXPECT_THAT(
      HardToRead("Have you previously experienced haemodynamic instability "
                 "necessitating intervention?",
                 "en"),
      HasSubstr("and a patient should need no more than 7.0"));
}

TEST(HardToRead, DoesNotJudgeALanguageWithoutAFormula) {
  EXPECT_THAT(HardToRead("Donaudampfschifffahrtsgesellschaft?", "de"),
              IsEmpty());
}

TEST(PlainTerms, EachHasAReasonAndIsAsked) {
  const auto asked_in = [](absl::string_view language) {
    std::string asked;
    for (const v1::Concept& c : Shipped(language).concepts()) {
      if (!IsAskedOfPatients(c)) continue;
      absl::StrAppend(&asked, " ", absl::StrJoin(WordsOf(c.question()), " "),
                      " ");
    }
    return asked;
  };
  std::set<std::string> seen;
  for (const PlainTerm& term : PlainTerms()) {
    EXPECT_STRNE(term.reason, "");
    EXPECT_TRUE(seen.insert(absl::StrCat(term.language, " ", term.term)).second)
        << term.term;
    EXPECT_THAT(asked_in(term.language),
                HasSubstr(absl::StrJoin(WordsOf(term.term), " ")));
  }
}

TEST(ShippedQuestions, PatientsUnderstandThem) {
  int asked = 0;
  for (const v1::Concept& c : Shipped().concepts()) {
    if (!IsAskedOfPatients(c)) continue;
    ++asked;
    EXPECT_EQ(HardToRead(c.question(), "en"), "")
        << c.concept_id() << ": " << c.question();
  }
  EXPECT_GT(asked, 100);
}

TEST(ShippedQuestions, EndWithAQuestionMarkOrWhatItMeans) {
  for (const v1::Concept& c : Shipped().concepts()) {
    EXPECT_THAT(c.question(), HasSubstr("?")) << c.concept_id();
  }
}

struct CommandCase {
  const char* text;
  const char* language;
  // Empty: the text is good.
  const char* complaint;
};

class CommandInText : public ::testing::TestWithParam<CommandCase> {};

TEST_P(CommandInText, IsFound) {
  const CommandCase& c = GetParam();
  const std::string complaint = CommandIn(c.text, c.language);
  if (*c.complaint == '\0') {
    EXPECT_EQ(complaint, "") << c.text;
  } else {
    EXPECT_THAT(complaint, HasSubstr(c.complaint)) << c.text;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Texts, CommandInText,
    ::testing::Values(
        CommandCase{"Consider stopping it for a week.", "en", ""},
        CommandCase{"Ask when it was last taken; offer another day.", "en", ""},
        CommandCase{"Clinics do not treat active breakouts.", "en", ""},
        CommandCase{"Stop your retinoid.", "en", "`stop`"},
        CommandCase{"A review says so. Stop it.", "en", "`stop`"},
        CommandCase{"One source: do not treat.", "en", "`do`"},
        CommandCase{"Consider a break of your cream.", "en", "`your`"},
        CommandCase{"It is safe after six months.", "en", "`safe`"},
        CommandCase{"It may be used safely.", "en", "`safely`"},
        CommandCase{"Whether it is unsafe was not studied.", "en", ""},
        CommandCase{"Envisager de le suspendre.", "fr", ""},
        CommandCase{"Ne l'envisager qu'ensuite.", "fr", ""},
        CommandCase{"Ne faites rien.", "fr", "`faites`"},
        CommandCase{"Envisager un autre rendez-vous.", "fr", ""},
        CommandCase{"N'utilisez rien.", "fr", "`n'utilisez`"},
        CommandCase{"Une revue le dit. Arr\xC3\xAAtez-le.", "fr",
                    "`arr\xC3\xAAtez`"},
        CommandCase{"Envisager votre accord.", "fr", "`votre`"},
        CommandCase{"Ce geste est s\xC3\xBBr.", "fr", "`s\xC3\xBBr`"}));

TEST(ShippedTexts, LeaveTheDecisionWithTheClinician) {
  for (const v1::Rule& rule : Shipped().rules()) {
    EXPECT_EQ(CommandIn(rule.clinician_text(), "en"), "") << rule.rule_id();
    EXPECT_EQ(CommandIn(rule.cleared_by(), "en"), "") << rule.rule_id();
  }
}

TEST(Check, WarnsOfHardQuestionsAndOfCommands) {
  const TempFolder folder;
  const std::string copy = folder.Copy("tests/tools/small_catalog");
  const std::string file = copy + "/catalog.textproto";
  std::string text = TextOf(file);
  const auto replace_first = [&](const std::string& field,
                                 const std::string& value) {
    const size_t at = text.find(field + ": \"");
    ASSERT_NE(at, std::string::npos) << field;
    const size_t begin = at + field.size() + 3;
    text.replace(begin, text.find('"', begin) - begin, value);
  };
  replace_first("question",
                "Do you experience considerable photosensitivity symptoms?");
  replace_first("cleared_by", "Stop the treatment.");
  WriteText(file, text);
  const ToolResult result = RunRules({"check", "--catalog", copy});
  EXPECT_THAT(result.out, HasSubstr("warning: concept `"));
  EXPECT_THAT(result.out, HasSubstr("`: the question reads at grade "));
  EXPECT_THAT(result.out,
              HasSubstr("`cleared_by` begins a sentence with `stop`"));
}

}  // namespace
}  // namespace needlewise
