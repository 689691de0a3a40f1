// Texts in other languages: what is refused, and what is shown.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/engine/catalog_loader.h"
#include "rules/engine/decide.h"
#include "rules/engine/phrases.h"
#include "rules/engine/translatable_texts.h"
#include "rules/engine/translation_checks.h"
#include "rules/engine/wording.h"
#include "tests/support/catalog_builder.h"
#include "tests/support/findings.h"
#include "tests/support/screening.h"
#include "tests/support/shipped_catalog.h"
#include "tests/support/test_case.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kDeclared[] = "languages { language: 'fr' display: 'x' }\n";

CatalogBuilder Itch() {
  return CatalogBuilder()
      .Condition("itch", "display: 'Itch' question: 'Does it itch?'")
      .Contraindication("itch-now", IsNow("itch"), "title: 'An itch.'");
}

std::string Text(const std::string& field, const std::string& english,
                 const std::string& text) {
  return absl::StrCat("texts { field: '", field, "' of: '",
                      DigestOfText(english), "' text: '", text, "' }\n");
}

std::string Into(const std::string& records, const std::string& record_id,
                 const std::string& texts, const std::string& language = "fr") {
  return absl::StrCat("translations {\n  language: '", language,
                      "'\n  records: '", records, "'\n  record_id: '",
                      record_id, "'\n  ", texts, "}\n");
}

LoadResult Load(const std::string& translations) {
  return LoadCatalog({Itch().File(), {"fr.textproto", translations}});
}

// The messages of a catalogue that must not load.
std::vector<std::string> FaultsOf(const std::string& translations) {
  const LoadResult loaded = Load(translations);
  EXPECT_EQ(loaded.catalog, nullptr);
  std::vector<std::string> messages;
  for (const v1::Diagnostic& d : loaded.diagnostics) {
    EXPECT_EQ(d.file(), "fr.textproto");
    EXPECT_GT(d.line(), 0) << d.message();
    messages.push_back(d.message());
  }
  return messages;
}

struct FaultCase : TestCase {
  std::string translations;
  std::string fault;
};

class TranslationFault : public ::testing::TestWithParam<FaultCase> {};

TEST_P(TranslationFault, IsReportedWithItsPlace) {
  EXPECT_THAT(FaultsOf(GetParam().translations),
              ElementsAre(HasSubstr(GetParam().fault)));
}

INSTANTIATE_TEST_SUITE_P(
    All, TranslationFault,
    ::testing::Values(
        FaultCase{{"UndeclaredLanguage"},
                  absl::StrCat(kDeclared,
                               Into("concepts", "itch",
                                    Text("display", "Itch", "Prurit"), "fra")),
                  "declares no language `fra`; did you mean `fr`?"},
        FaultCase{{"LanguageTwice"},
                  absl::StrCat(kDeclared, kDeclared),
                  "language `fr`: is declared twice"},
        FaultCase{{"English"},
                  "languages { language: 'en' display: 'English' }",
                  "the catalogue's own texts are in it"},
        FaultCase{{"LanguageInCapitals"},
                  "languages { language: 'FR' display: 'x' }",
                  "must be a BCP 47 tag in lower case"},
        FaultCase{{"LanguageWithoutName"},
                  "languages { language: 'fr' }",
                  "`display` is required"},
        FaultCase{
            {"UnknownRecords"},
            absl::StrCat(kDeclared, Into("concept", "itch",
                                         Text("display", "Itch", "Prurit"))),
            "has no texts in `concept`; did you mean"},
        FaultCase{
            {"UnknownRecord"},
            absl::StrCat(kDeclared, Into("concepts", "ich",
                                         Text("display", "Itch", "Prurit"))),
            "no such record is defined; did you mean `itch`?"},
        FaultCase{
            {"RecordThatIsGone"},
            absl::StrCat(kDeclared, Into("concepts", "something_else",
                                         Text("display", "Itch", "Prurit"))),
            "no such record is defined; correct it, or remove the "
            "translation"},
        FaultCase{
            {"UnknownField"},
            absl::StrCat(kDeclared, Into("concepts", "itch",
                                         Text("questions", "x", "Prurit"))),
            "has no text `questions`; did you mean `question`?"},
        FaultCase{{"FieldTwice"},
                  absl::StrCat(kDeclared,
                               Into("concepts", "itch",
                                    Text("display", "Itch", "Prurit")),
                               Into("concepts", "itch",
                                    Text("display", "Itch", "Prurit"))),
                  "`display` is translated twice"},
        FaultCase{{"EmptyText"},
                  absl::StrCat(kDeclared, Into("concepts", "itch",
                                               Text("display", "Itch", ""))),
                  "`display` is empty; translate it or remove it"},
        FaultCase{{"NoTexts"},
                  absl::StrCat(kDeclared, Into("concepts", "itch", "")),
                  "`texts` needs at least one text"},
        FaultCase{{"NoDigest"},
                  absl::StrCat(kDeclared,
                               Into("concepts", "itch",
                                    "texts { field: 'display' text: 'x' }")),
                  "must be the first eight digits of the SHA-256"},
        FaultCase{
            {"PlaceholderLost"},
            absl::StrCat(kDeclared, Into("phrases", "fact-where",
                                         Text("text", "$0 on $1", "$0 sur"))),
            "has the placeholders `$0` and the English `$0$1`"},
        FaultCase{{"UnknownPhrase"},
                  absl::StrCat(kDeclared,
                               Into("phrases", "fact-were",
                                    Text("text", "$0 on $1", "$0 sur $1"))),
                  "no such record is defined; did you mean `fact-where`"}),
    CaseName());

TEST(Translations, AreShownAndTheRestIsEnglish) {
  const LoadResult loaded = Load(absl::StrCat(
      kDeclared, Into("concepts", "itch", Text("display", "Itch", "Prurit")),
      Into("phrases", "status-present",
           Text("text", "present", "actuellement"))));
  ASSERT_NE(loaded.catalog, nullptr);
  v1::ScreenEligibilityRequest request =
      RequestFor(PatientWith({Present("itch")}));
  request.set_view(v1::VIEW_FULL);
  request.set_language("fr");
  const v1::AreaDecision decision = MustDecide(*loaded.catalog, request);
  ASSERT_EQ(decision.fired_size(), 1);
  EXPECT_EQ(decision.fired(0).title(), "An itch.");
  EXPECT_THAT(decision.fired(0).facts(0).text(),
              HasSubstr("Prurit: actuellement"));
  EXPECT_EQ(decision.fired(0).facts(0).display(), "Prurit");
  EXPECT_GT(loaded.catalog->wordings[1].untranslated, 10);
}

TEST(Translations, GiveWayToTheEnglishWhereThatHasChanged) {
  const LoadResult loaded = Load(absl::StrCat(
      kDeclared, Into("rules", "itch-now",
                      Text("title", "Some other itch.", "Un prurit."))));
  ASSERT_NE(loaded.catalog, nullptr);
  EXPECT_EQ(loaded.catalog->rules[0].explanations[1].title(), "An itch.");
  const std::vector<TranslationGap> gaps =
      FindTranslationGaps(loaded.catalog->catalog);
  int stale = 0;
  for (const TranslationGap& gap : gaps) {
    if (!gap.stale) continue;
    ++stale;
    EXPECT_EQ(gap.record_id, "itch-now");
    EXPECT_EQ(gap.field, "title");
    EXPECT_EQ(gap.english, "An itch.");
  }
  EXPECT_EQ(stale, 1);
  EXPECT_EQ(static_cast<int>(gaps.size()),
            loaded.catalog->wordings[1].untranslated);
}

TEST(Translations, BelongToTheDigestWhateverTheirOrder) {
  const std::string display =
      Into("concepts", "itch", Text("display", "Itch", "Prurit"));
  const std::string title =
      Into("rules", "itch-now", Text("title", "An itch.", "Un prurit."));
  const std::string question = Into(
      "concepts", "itch", Text("question", "Does it itch?", "Gratte-t-il ?"));
  const std::string digest =
      Load(absl::StrCat(kDeclared, display, title, question)).version.digest();
  EXPECT_EQ(
      Load(absl::StrCat(question, title, display, kDeclared)).version.digest(),
      digest);
  EXPECT_NE(Load(absl::StrCat(kDeclared, display, title)).version.digest(),
            digest);
}

TEST(FindWording, LooksUpAsBcp47Does) {
  std::vector<Wording> wordings(2);
  wordings[0].language = "en";
  wordings[1].language = "fr";
  EXPECT_EQ(FindWording(wordings, ""), 0);
  EXPECT_EQ(FindWording(wordings, "en-GB"), 0);
  EXPECT_EQ(FindWording(wordings, "fr"), 1);
  EXPECT_EQ(FindWording(wordings, "FR"), 1);
  EXPECT_EQ(FindWording(wordings, "fr-CA"), 1);
  EXPECT_EQ(FindWording(wordings, "fr-Latn-CA"), 1);
  EXPECT_EQ(FindWording(wordings, "fra"), -1);
  EXPECT_EQ(FindWording(wordings, "-"), -1);
}

TEST(ReadLanguage, ListsTheLanguagesWhereOneIsNotOffered) {
  const LoadResult loaded = Load(kDeclared);
  ASSERT_NE(loaded.catalog, nullptr);
  v1::ScreenEligibilityRequest request = RequestFor(v1::Patient());
  request.set_language("de");
  v1::Decision decision;
  Violations violations;
  EXPECT_FALSE(Screen(*loaded.catalog, EnvironmentOn(), request, &decision,
                      &violations));
  EXPECT_THAT(Lines(violations),
              ElementsAre("language: is not a language of the catalogue; use "
                          "one of en, fr"));
}

TEST(VisitTexts, LeavesOutTerminologiesAndTitlesOfSources) {
  int texts = 0;
  VisitTexts(ShippedCatalog().catalog, [&](const TextPlace& place,
                                           const std::string& text) {
    ++texts;
    EXPECT_NE(place.records, "citations") << text;
    EXPECT_THAT(std::string(place.field), ::testing::Not(HasSubstr("codes")));
    EXPECT_THAT(text, ::testing::Not(IsEmpty()));
  });
  EXPECT_GT(texts, 1400);
}

TEST(Phrases, EachHasAnIdOfItsOwn) {
  std::vector<std::string> ids;
  VisitPhrases([&](const TextPlace& place, const std::string&) {
    ids.emplace_back(place.record_id);
  });
  ASSERT_THAT(ids, SizeIs(kPhraseCount));
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end());
}

TEST(ShippedTranslations, AreComplete) {
  const std::vector<TranslationGap> gaps =
      FindTranslationGaps(ShippedCatalog().catalog);
  for (const TranslationGap& gap : gaps) {
    ADD_FAILURE() << gap.language << ": " << gap.records << " " << gap.record_id
                  << " " << gap.field
                  << (gap.stale ? " is stale" : " is missing");
  }
  ASSERT_THAT(ShippedCatalog().wordings, SizeIs(2));
  EXPECT_EQ(ShippedCatalog().wordings[1].language, "fr");
  EXPECT_EQ(ShippedCatalog().wordings[1].untranslated, 0);
}

}  // namespace
}  // namespace needlewise
