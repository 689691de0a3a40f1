#include "rules/tools/readability.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct SyllablesCase {
  const char* word;
  int syllables;
};

class EnglishSyllables : public ::testing::TestWithParam<SyllablesCase> {};

TEST_P(EnglishSyllables, AreThoseOfTheDictionary) {
  EXPECT_EQ(CountEnglishSyllables(GetParam().word), GetParam().syllables)
      << GetParam().word;
}

INSTANTIATE_TEST_SUITE_P(
    Words, EnglishSyllables,
    ::testing::Values(SyllablesCase{"a", 1}, SyllablesCase{"the", 1},
                      SyllablesCase{"acne", 1}, SyllablesCase{"skin", 1},
                      SyllablesCase{"name", 1}, SyllablesCase{"names", 1},
                      SyllablesCase{"table", 2}, SyllablesCase{"treated", 2},
                      SyllablesCase{"numbed", 1}, SyllablesCase{"needed", 2},
                      SyllablesCase{"lashes", 2}, SyllablesCase{"pregnant", 2},
                      SyllablesCase{"medicine", 3}, SyllablesCase{"allergy", 3},
                      SyllablesCase{"infection", 3}, SyllablesCase{"yellow", 2},
                      SyllablesCase{"bell's", 1},
                      SyllablesCase{"anaesthetic", 4}));

class FrenchSyllables : public ::testing::TestWithParam<SyllablesCase> {};

TEST_P(FrenchSyllables, AreThoseOfTheDictionary) {
  EXPECT_EQ(CountFrenchSyllables(GetParam().word), GetParam().syllables)
      << GetParam().word;
}

INSTANTIATE_TEST_SUITE_P(
    Words, FrenchSyllables,
    ::testing::Values(SyllablesCase{"le", 1}, SyllablesCase{"peau", 1},
                      SyllablesCase{"place", 1}, SyllablesCase{"places", 1},
                      SyllablesCase{"acné", 2}, SyllablesCase{"l'acné", 2},
                      SyllablesCase{"maladie", 3}, SyllablesCase{"enceinte", 2},
                      SyllablesCase{"médicament", 4}, SyllablesCase{"néon", 2},
                      SyllablesCase{"noël", 2}, SyllablesCase{"œil", 1},
                      SyllablesCase{"allergie", 3}));

TEST(WordsOf, KeepsApostrophesPartsHyphensAndLowersAccents) {
  EXPECT_THAT(WordsOf("Bell's palsy, long-lasting? 2 \xC3\x89t\xC3\xA9s."),
              ElementsAre("bell's", "palsy", "long", "lasting", "2",
                          "\xC3\xA9t\xC3\xA9s"));
  EXPECT_THAT(WordsOf("l\xE2\x80\x99"
                      "acn\xC3\xA9"),
              ElementsAre("l'acn\xC3\xA9"));
  EXPECT_THAT(WordsOf(" ,; "), IsEmpty());
  // Half a character at the end.
  EXPECT_THAT(WordsOf("a \xC3"), ::testing::SizeIs(::testing::Ge(1)));
}

TEST(MeasureText, CountsSentencesWordsAndSyllables) {
  const TextMeasure measure = MeasureText("The cat sat. Did it? Yes!", "en");
  EXPECT_EQ(measure.sentences, 3);
  EXPECT_EQ(measure.words, 6);
  EXPECT_EQ(measure.syllables, 6);
}

TEST(MeasureText, TakesNoSentenceFromANumberOrAnAbsentStop) {
  EXPECT_EQ(MeasureText("At 1.5 mm or less", "en").sentences, 1);
}

TEST(MeasureText, CountsATermAsOneWordOfTwoSyllables) {
  const TextMeasure measure =
      MeasureText("Do you have von Willebrand disease?", "en",
                  {"von willebrand disease", "disease"});
  EXPECT_EQ(measure.words, 4);
  EXPECT_EQ(measure.syllables, 5);
}

TEST(MeasureText, FindsATermBehindAnElidedArticle) {
  EXPECT_EQ(MeasureText("l'apixaban", "fr").syllables, 4);
  EXPECT_EQ(MeasureText("l'apixaban", "fr", {"apixaban"}).syllables, 2);
}

// Published values of the formulas.
TEST(FleschKincaidGrade, IsThatOfKnownTexts) {
  // 6 words of one syllable each: 0.39 * 6 + 11.8 - 15.59.
  EXPECT_NEAR(FleschKincaidGrade(MeasureText("The cat sat on the mat.", "en")),
              -1.45, 0.005);
  // The sentence that encyclopaedias give: 13 words, 24 syllables.
  EXPECT_NEAR(FleschKincaidGrade({1, 13, 24}),
              0.39 * 13 + 11.8 * 24 / 13 - 15.59, 0.005);
  EXPECT_GT(FleschKincaidGrade(MeasureText(
                "The Australian platypus is seemingly a hybrid of a mammal and "
                "reptilian creature.",
                "en")),
            10.0);
  EXPECT_EQ(FleschKincaidGrade({}), 0);
}

TEST(KandelMolesEase, IsHigherForPlainerTexts) {
  // 207 - 1.015 * 10 - 73.6 * 1.5.
  EXPECT_NEAR(KandelMolesEase({2, 20, 30}), 86.45, 0.005);
  const double plain =
      KandelMolesEase(MeasureText("Avez-vous mal \xC3\xA0 la peau ?", "fr"));
  const double hard = KandelMolesEase(MeasureText(
      "Pr\xC3\xA9sentez-vous une m\xC3\xA9th\xC3\xA9moglobin\xC3\xA9mie "
      "constitutionnelle?",
      "fr"));
  EXPECT_GT(plain, 80);
  EXPECT_LT(hard, 20);
  EXPECT_EQ(KandelMolesEase({}), 100);
}

}  // namespace
}  // namespace needlewise
