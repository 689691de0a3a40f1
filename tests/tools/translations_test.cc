// `needlewise-rules translations`, and what `check` says of translations.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/engine/catalog_loader.h"
#include "rules/engine/translatable_texts.h"
#include "rules/tools/plain_language.h"
#include "tests/tools/tool_run.h"

namespace needlewise {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

using ::testing::Not;

constexpr char kSmall[] = "tests/tools/small_catalog";
constexpr char kDeclared[] =
    "languages { language: \"fr\" display: \"fran\xC3\xA7"
    "ais\" }\n";

std::string Translation(const std::string& records, const std::string& id,
                        const std::string& field, const std::string& english,
                        const std::string& text) {
  return absl::StrCat("translations {\n  language: \"fr\"\n  records: \"",
                      records, "\"\n  record_id: \"", id,
                      "\"\n  texts {\n    field: \"", field, "\"\n    of: \"",
                      DigestOfText(english), "\"\n    text: \"", text,
                      "\"\n  }\n}\n");
}

class TranslationsTest : public ::testing::Test {
 protected:
  void Write(const std::string& text) {
    WriteText(copy_ + "/fr.textproto", text);
  }
  ToolResult Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin() + 1, {"--catalog", copy_});
    return RunRules(arguments);
  }

  const TempFolder folder_;
  const std::string copy_ = folder_.Copy(kSmall);
};

TEST_F(TranslationsTest, AreCountedByRecords) {
  Write(absl::StrCat(kDeclared,
                     Translation("concepts", "age", "question",
                                 "How old are you?", "Quel \xC3\xA2ge ?"),
                     Translation("concepts", "age", "display", "Age in winters",
                                 "\xC3\x82ge")));
  const ToolResult result = Run({"translations"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("Language  Records"),
                    ContainsRegex("fr +concepts +[0-9]+ +1 +[0-9]+ +1\n"),
                    ContainsRegex("fr +all +[0-9]+ +1 +[0-9]+ +1\n")));
}

TEST_F(TranslationsTest, KnowNoOtherLanguageThanTheCatalogue) {
  Write(kDeclared);
  const ToolResult result = Run({"translations", "--language", "frr"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("`frr` is not a language of the catalogue; "
                                    "did you mean `fr`?"));
}

TEST_F(TranslationsTest, SkeletonFilledInMakesTheLanguageComplete) {
  Write(kDeclared);
  ToolResult result = Run({"translations", "--skeleton", "-"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("# How old are you?\n"));
  const std::string file = copy_ + "/fr_more.textproto";
  // As it is it is refused: nothing is translated into nothing.
  WriteText(file, result.out);
  EXPECT_THAT(Run({"check"}).out,
              HasSubstr("is empty; translate it or remove it"));
  WriteText(file, absl::StrReplaceAll(result.out,
                                      {{"text: \"\"", "text: \"$0$1$2\""}}));
  EXPECT_THAT(Run({"check"}).out, HasSubstr("has the placeholders `$0$1$2`"));
  // Phrases keep their English, which has the right placeholders.
  std::string filled;
  std::string english;
  for (absl::string_view rest = result.out; !rest.empty();) {
    const size_t end = rest.find('\n');
    const std::string line(rest.substr(0, end));
    rest.remove_prefix(end + 1);
    const size_t comment = line.find("  # ");
    if (comment == 0) english = line.substr(4);
    absl::StrAppend(
        &filled,
        absl::StrReplaceAll(
            line, {{"text: \"\"",
                    absl::StrCat("text: '",
                                 absl::StrReplaceAll(english, {{"'", "\\'"}}),
                                 "'")}}),
        "\n");
  }
  WriteText(file, filled);
  result = Run({"check", "--require-translations"});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_THAT(Run({"translations"}).out,
              ContainsRegex("fr +all +([0-9]+) +[0-9]+ +0 +0\n"));
}

TEST_F(TranslationsTest, SkeletonFilledInIsTakenOver) {
  const std::string before =
      absl::StrCat("# Kept.\n", kDeclared, "# Kept, too.\n",
                   Translation("concepts", "age", "question",
                               "How young are you?", "Quel \xC3\xA2ge ?"),
                   Translation("concepts", "keloid", "display", "Keloid",
                               "Ch\xC3\xA9lo\xC3\xAF"
                               "de"));
  Write(before);
  const std::string filled = folder_ / "filled.textproto";
  WriteText(filled,
            absl::StrCat(
                Translation("concepts", "age", "question", "How old are you?",
                            "Quel \xC3\xA2ge ?"),
                Translation("concepts", "age", "display", "Age", "\xC3\x82ge"),
                Translation("rules", "keloid-ever", "title",
                            "Keloid, at any time, anywhere.",
                            "Ch\xC3\xA9lo\xC3\xAF"
                            "de."),
                Translation("rules", "keloid-ever", "cleared_by",
                            "Nothing clears a keloid.", "")));
  const ToolResult result = Run({"translations", "--import", filled});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("2 added, 1 replaced, 0 unchanged, 1 still "
                                    "empty\n"));
  const std::string after = TextOf(copy_ + "/fr.textproto");
  EXPECT_THAT(after, AllOf(HasSubstr("# Kept.\n"), HasSubstr("# Kept, too.\n"),
                           HasSubstr(DigestOfText("How old are you?")),
                           Not(HasSubstr(DigestOfText("How young are you?"))),
                           HasSubstr("field: \"title\"")));
  EXPECT_EQ(RunRules({"format", "--check", copy_ + "/fr.textproto"}).exit_code,
            0);
  // Once more changes nothing.
  EXPECT_THAT(Run({"translations", "--import", filled}).out,
              HasSubstr("0 added, 0 replaced, 3 unchanged, 1 still empty\n"));
  EXPECT_EQ(TextOf(copy_ + "/fr.textproto"), after);
}

TEST_F(TranslationsTest, WhatDoesNotFitIsNotTakenOver) {
  const std::string before = absl::StrCat(
      kDeclared,
      Translation("concepts", "age", "display", "Age", "\xC3\x82ge"));
  Write(before);
  const std::string filled = folder_ / "filled.textproto";
  WriteText(filled,
            absl::StrCat(
                Translation("concepts", "age", "question", "How young are you?",
                            "Quel \xC3\xA2ge ?"),
                Translation("concepts", "aeg", "display", "Age", "\xC3\x82ge"),
                absl::StrReplaceAll(
                    Translation("concepts", "age", "display", "Age", "Alter"),
                    {{"\"fr\"", "\"de\""}})));
  const ToolResult result = Run({"translations", "--import", filled});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(
      result.err,
      AllOf(HasSubstr("`concepts` `age`, `question` in `fr`: the English is "
                      "another since the skeleton was written"),
            HasSubstr("`concepts` `aeg`, `display` in `fr`: the catalogue has "
                      "no such text; remove it"),
            HasSubstr("`concepts` `age`, `display` in `de`: the catalogue "
                      "declares no such language"),
            HasSubstr("nothing is taken over")));
  EXPECT_EQ(TextOf(copy_ + "/fr.textproto"), before);

  WriteText(filled, "translations { langage: \"fr\" }\n");
  EXPECT_THAT(Run({"translations", "--import", filled}).err,
              HasSubstr("filled.textproto:1:23: error: message type "));
}

TEST_F(TranslationsTest, MissingAndStaleOnesAreWarningsUnlessRequired) {
  Write(absl::StrCat(kDeclared,
                     Translation("concepts", "age", "question",
                                 "How young are you?", "Quel \xC3\xA2ge ?")));
  const ToolResult result = Run({"check"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr("warning: `concepts` `age`: no `display` in `fr`, where "
                      "the English is shown; translate it\n"),
            HasSubstr("/fr.textproto:"),
            HasSubstr("warning: `concepts` `age`: the `fr` of `question` is of "
                      "an English text that has changed")));
  const ToolResult required = Run({"check", "--require-translations"});
  EXPECT_EQ(required.exit_code, 1);
  EXPECT_THAT(required.out,
              HasSubstr("error: `concepts` `age`: no `display` in `fr`"));
}

TEST_F(TranslationsTest, HardQuestionsAndCommandsAreFoundInThem) {
  Write(absl::StrCat(
      kDeclared,
      Translation("concepts", "age", "question", "How old are you?",
                  "Pr\xC3\xA9sentez-vous une hypersensibilit\xC3\xA9 "
                  "constitutionnelle g\xC3\xA9n\xC3\xA9ralis\xC3\xA9"
                  "e ?")));
  EXPECT_THAT(Run({"check"}).out,
              HasSubstr("the `fr` of `question` has a reading ease of "));
}

// ---------------------------------------------------------------------------
// What is shipped.

v1::RuleCatalog French() {
  LoadOptions options;
  options.run_cases = false;
  return LoadCatalog(BuiltInCatalog(), options).catalog->In(1);
}

TEST(ShippedFrench, IsPlainToPatientsAndCommandsNobody) {
  const v1::RuleCatalog french = French();
  for (const v1::Concept& c : french.concepts()) {
    if (!IsAskedOfPatients(c)) continue;
    EXPECT_EQ(HardToRead(c.question(), "fr"), "")
        << c.concept_id() << ": " << c.question();
  }
  for (const v1::Rule& rule : french.rules()) {
    EXPECT_EQ(CommandIn(rule.clinician_text(), "fr"), "") << rule.rule_id();
    EXPECT_EQ(CommandIn(rule.cleared_by(), "fr"), "") << rule.rule_id();
  }
}

// No line breaks before these signs, and no typewriter's apostrophes.
TEST(ShippedFrench, IsSetAsFrenchIs) {
  VisitTexts(French(), [](const TextPlace& place, const std::string& text) {
    for (const char* wrong :
         {" :", " ;", " ?", " !", " %", " \xC2\xBB", "\xC2\xAB ", "'", "  "}) {
      EXPECT_THAT(text, Not(HasSubstr(wrong)))
          << place.records << " " << place.record_id;
    }
    for (const char* sign : {";", "?", "!"}) {
      for (size_t at = text.find(sign); at != std::string::npos;
           at = text.find(sign, at + 1)) {
        EXPECT_EQ(text.substr(at < 2 ? 0 : at - 2, 2), "\xC2\xA0")
            << place.records << " " << place.record_id << ": " << text;
      }
    }
  });
}

// A number of the English that the French lacks would change what it says.
TEST(ShippedFrench, HasTheNumbersOfTheEnglish) {
  LoadOptions options;
  options.run_cases = false;
  const auto loaded = LoadCatalog(BuiltInCatalog(), options).catalog;
  const auto digits = [](const v1::RuleCatalog& catalog) {
    std::vector<std::string> all;
    VisitTexts(catalog, [&](const TextPlace&, const std::string& text) {
      std::string sorted;
      for (const char c : text) {
        if (c >= '0' && c <= '9') sorted.push_back(c);
      }
      std::sort(sorted.begin(), sorted.end());
      all.push_back(sorted);
    });
    return all;
  };
  EXPECT_EQ(digits(loaded->In(0)), digits(loaded->In(1)));
}

}  // namespace
}  // namespace needlewise
