#include "rules/engine/code_checks.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_case.h"

namespace needlewise {
namespace {

constexpr char kSnomed[] = "http://snomed.info/sct";
constexpr char kLoinc[] = "http://loinc.org";
constexpr char kIcd[] = "http://hl7.org/fhir/sid/icd-10-cm";
constexpr char kAtc[] = "http://www.whocc.no/atc";
constexpr char kRxNorm[] = "http://www.nlm.nih.gov/research/umls/rxnorm";

struct CodeCase : TestCase {
  const char* system;
  const char* code;
  const char* fault = "";
  bool prefix = false;
};

class CodeOfATerminology : public ::testing::TestWithParam<CodeCase> {};

TEST_P(CodeOfATerminology, HasItsFormAndItsCheckDigit) {
  const CodeCase& c = GetParam();
  EXPECT_EQ(FaultOfCode(c.system, c.code, c.prefix), c.fault);
}

INSTANTIATE_TEST_SUITE_P(
    Sound, CodeOfATerminology,
    ::testing::Values(
        CodeCase{{"Snomed"}, kSnomed, "24079001"},
        CodeCase{{"SnomedOfAnExtension"}, kSnomed, "999000011000000103"},
        CodeCase{{"LoincOfThreeDigits"}, kLoinc, "777-3"},
        CodeCase{{"LoincOfFiveDigits"}, kLoinc, "26515-7"},
        CodeCase{{"LoincAnswer"}, kLoinc, "LA9633-4"},
        CodeCase{{"Icd"}, kIcd, "L20.9"},
        CodeCase{{"IcdOfThreeCharacters"}, kIcd, "L20"},
        CodeCase{{"IcdWithALetter"}, kIcd, "C4A.0"},
        CodeCase{{"IcdPrefix"}, kIcd, "O", "", true},
        CodeCase{{"AtcOfASubstance"}, kAtc, "D10BA01"},
        CodeCase{{"AtcOfAGroup"}, kAtc, "B01A", "", true},
        CodeCase{{"RxNorm"}, kRxNorm, "6064"},
        CodeCase{{"OfASystemThatIsNotKnown"}, "http://example.org", "?!"}),
    CaseName());

constexpr char kWrongDigit[] =
    "the last digit is not the check digit; look the code up again";
constexpr char kWrongLoincDigit[] =
    "the digit after the hyphen is not the check digit; look the code up again";
constexpr char kSnomedLength[] = "a SNOMED CT identifier is 6 to 18 digits";
constexpr char kNotIcd[] = "does not have the form of an ICD-10-CM code";
constexpr char kNotAtc[] = "does not have the form of an ATC code";
constexpr char kNotRxNorm[] =
    "an RxNorm concept is a whole number, and no prefix";

INSTANTIATE_TEST_SUITE_P(
    Faulty, CodeOfATerminology,
    ::testing::Values(
        CodeCase{{"SnomedWithAWrongDigit"}, kSnomed, "24079002", kWrongDigit},
        CodeCase{
            {"SnomedWithTwoDigitsSwapped"}, kSnomed, "24070901", kWrongDigit},
        CodeCase{{"SnomedTooShort"}, kSnomed, "24079", kSnomedLength},
        CodeCase{{"SnomedWithALetter"}, kSnomed, "2407900X", kSnomedLength},
        CodeCase{{"SnomedPrefix"},
                 kSnomed,
                 "24079001",
                 "SNOMED CT has no hierarchy in its digits; no prefixes",
                 true},
        CodeCase{{"LoincWithAWrongDigit"}, kLoinc, "777-4", kWrongLoincDigit},
        CodeCase{{"LoincWithoutAHyphen"}, kLoinc, "7773", kWrongLoincDigit},
        CodeCase{{"LoincPrefix"},
                 kLoinc,
                 "777-3",
                 "LOINC has no hierarchy in its digits; no prefixes",
                 true},
        CodeCase{{"IcdInLowerCase"}, kIcd, "l20.9", kNotIcd},
        CodeCase{{"IcdThatBeginsWithADigit"}, kIcd, "020.9", kNotIcd},
        CodeCase{{"IcdWithoutItsPoint"}, kIcd, "L209", kNotIcd},
        CodeCase{{"IcdTooLong"}, kIcd, "L20.90000", kNotIcd},
        CodeCase{{"AtcInLowerCase"}, kAtc, "d10ba01", kNotAtc},
        CodeCase{{"AtcTooLong"}, kAtc, "D10BA011", kNotAtc},
        CodeCase{{"RxNormWithALetter"}, kRxNorm, "6064a", kNotRxNorm},
        CodeCase{{"RxNormPrefix"}, kRxNorm, "60", kNotRxNorm, true}),
    CaseName());

TEST(CheckDigit, OfVerhoeffFindsEveryWrongDigitAndEverySwap) {
  const std::string code = "24079001";
  ASSERT_TRUE(HasVerhoeffCheckDigit(code));
  for (size_t i = 0; i < code.size(); ++i) {
    for (char digit = '0'; digit <= '9'; ++digit) {
      std::string wrong = code;
      wrong[i] = digit;
      EXPECT_EQ(HasVerhoeffCheckDigit(wrong), wrong == code) << wrong;
    }
    if (i + 1 == code.size() || code[i] == code[i + 1]) continue;
    std::string swapped = code;
    std::swap(swapped[i], swapped[i + 1]);
    EXPECT_FALSE(HasVerhoeffCheckDigit(swapped)) << swapped;
  }
}

TEST(CheckDigit, OfLoincFindsEveryWrongDigit) {
  const std::string code = "26515-7";
  ASSERT_TRUE(HasLoincCheckDigit(code));
  for (size_t i = 0; i < code.size(); ++i) {
    if (code[i] == '-') continue;
    for (char digit = '0'; digit <= '9'; ++digit) {
      std::string wrong = code;
      wrong[i] = digit;
      EXPECT_EQ(HasLoincCheckDigit(wrong), wrong == code) << wrong;
    }
  }
}

TEST(CheckDigit, IsNotInATextOfAnotherForm) {
  EXPECT_FALSE(HasVerhoeffCheckDigit(""));
  EXPECT_FALSE(HasVerhoeffCheckDigit("24 079001"));
  EXPECT_FALSE(HasLoincCheckDigit(""));
  EXPECT_FALSE(HasLoincCheckDigit("-7"));
  EXPECT_FALSE(HasLoincCheckDigit("26515-77"));
}

}  // namespace
}  // namespace needlewise
