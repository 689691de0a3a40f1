#include "rules/engine/nearest_names.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_case.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Names = std::vector<std::pair<std::string, std::string>>;

Names Conditions() {
  return {{"eczema", "eczema"},
          {"rosacea", "rosacea"},
          {"psoriasis", "psoriasis"},
          {"pregnancy", "pregnancy"},
          {"isotretinoin_oral", "isotretinoin_oral"},
          {"Accutane", "isotretinoin_oral"},
          {"active_acne", "active_acne"}};
}

struct NearCase : TestCase {
  const char* wanted;
  const char* nearest;
};

class NearestName : public ::testing::TestWithParam<NearCase> {};

TEST_P(NearestName, IsFirst) {
  const auto nearest = NearestNames(GetParam().wanted, Conditions());
  ASSERT_THAT(nearest, ::testing::Not(IsEmpty()));
  EXPECT_EQ(nearest[0], GetParam().nearest);
}

INSTANTIATE_TEST_SUITE_P(
    Names, NearestName,
    ::testing::Values(NearCase{{"ItsName"}, "eczema", "eczema"},
                      NearCase{{"AWrongLetter"}, "exzema", "eczema"},
                      NearCase{{"ALetterTooFew"}, "psorasis", "psoriasis"},
                      NearCase{{"ALetterTooMany"}, "rosaceaa", "rosacea"},
                      NearCase{{"AnotherCase"}, "Eczema", "eczema"},
                      NearCase{{"AHyphen"}, "active-acne", "active_acne"},
                      NearCase{{"ASpace"}, "active acne", "active_acne"},
                      NearCase{{"APartOfIt"}, "acne", "active_acne"},
                      NearCase{{"MoreThanIt"}, "pregnancy_status", "pregnancy"},
                      NearCase{{"ASynonym"}, "accutan", "isotretinoin_oral"}),
    CaseName());

struct FarCase : TestCase {
  std::string wanted;
};

class FarName : public ::testing::TestWithParam<FarCase> {};

TEST_P(FarName, HasNoNearest) {
  EXPECT_THAT(NearestNames(GetParam().wanted, Conditions()), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Names, FarName,
    ::testing::Values(FarCase{{"Nothing"}, ""},
                      FarCase{{"AnotherWord"}, "haemoglobin"},
                      FarCase{{"TwoLettersOfAWord"}, "ac"},
                      FarCase{{"AVeryLongText"}, std::string(100000, 'z')}),
    CaseName());

TEST(NearestNames, AreAtMostThreeWithTheNearestFirst) {
  const Names names = {{"scar_d", "scar_d"},
                       {"scar", "scar"},
                       {"scarred", "scarred"},
                       {"scar_a", "scar_a"},
                       {"scar_b", "scar_b"}};
  const auto nearest = NearestNames("scar", names);
  EXPECT_THAT(nearest, SizeIs(3));
  EXPECT_EQ(nearest[0], "scar");
}

TEST(NearestNames, NameAnIdOnceHoweverManyOfItsNamesAreNear) {
  EXPECT_THAT(
      NearestNames("keloid", {{"keloid", "keloid"}, {"keloids", "keloid"}}),
      ElementsAre("keloid"));
}

TEST(NearestNames, DoNotDependOnTheOrderOfTheNames) {
  Names backwards = Conditions();
  std::reverse(backwards.begin(), backwards.end());
  for (const char* wanted : {"acne", "rosacia", "oral"}) {
    EXPECT_EQ(NearestNames(wanted, Conditions()),
              NearestNames(wanted, backwards));
  }
}

TEST(DidYouMean, NamesWhatIsNear) {
  EXPECT_EQ(DidYouMean({"eczema"}), "; did you mean `eczema`?");
  EXPECT_EQ(DidYouMean({"eczema", "rosacea"}),
            "; did you mean `eczema`, `rosacea`?");
}

TEST(DidYouMean, SaysNothingWhereNothingIsNear) {
  EXPECT_EQ(DidYouMean({}), "");
}

}  // namespace
}  // namespace needlewise
