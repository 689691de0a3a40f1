#include "server/fhir/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "server/fhir/json_document.h"

namespace needlewise {
namespace {

using ::testing::HasSubstr;

// The one violation of a text that is refused, as `place: what`.
std::string FaultOf(const std::string& text) {
  Violations violations;
  const absl::optional<JsonDocument> json = ParseJson(text, &violations);
  if (json.has_value() || violations.size() != 1) return "was read";
  return absl::StrCat(violations[0].field, ": ", violations[0].description);
}

TEST(ParseJsonTest, ReadsWhatIsWritten) {
  Violations violations;
  const std::string text =
      R"({"a":[1,-2,3.5,true,false,null,"\u00e9"],"b":{"c":{}}})";
  const absl::optional<JsonDocument> json = ParseJson(text, &violations);
  ASSERT_TRUE(json.has_value());
  EXPECT_EQ(WriteJson(json->root()),
            "{\"a\":[1,-2,3.5,true,false,null,\"\xC3\xA9\"],\"b\":{\"c\":{}}}");
}

TEST(ParseJsonTest, ReadsNumbersExactly) {
  Violations violations;
  const auto value = [&](const std::string& text) {
    const absl::optional<JsonDocument> json = ParseJson(text, &violations);
    return json.has_value() && json->root().IsNumber()
               ? json->root().GetDouble()
               : -12345;
  };
  EXPECT_EQ(value("0"), 0);
  EXPECT_EQ(value("-0"), 0);
  EXPECT_EQ(value("0e260"), 0);
  EXPECT_EQ(value("0E44"), 0);
  EXPECT_EQ(value("-1.5"), -1.5);
  EXPECT_EQ(value("0.1"), 0.1);
  EXPECT_EQ(value("149.99999999999997"), 149.99999999999997);
  EXPECT_EQ(value("9007199254740993"), 9007199254740992.0);
  EXPECT_EQ(value("1.7976931348623157e308"), 1.7976931348623157e308);
  EXPECT_EQ(value("5e-324"), 5e-324);
  EXPECT_EQ(value("1e-400"), 0);
  EXPECT_EQ(value("123456789012345678901234567890"), 1.2345678901234568e29);
  EXPECT_TRUE(violations.empty());
}

struct FaultCase {
  const char* name;
  std::string text;
  const char* fault;
};

class ParseJsonFaultTest : public ::testing::TestWithParam<FaultCase> {};

TEST_P(ParseJsonFaultTest, NamesThePlace) {
  EXPECT_THAT(FaultOf(GetParam().text), HasSubstr(GetParam().fault));
}

INSTANTIATE_TEST_SUITE_P(
    Json, ParseJsonFaultTest,
    ::testing::Values(
        FaultCase{"Nothing", "", ": is not JSON"},
        FaultCase{"Truncated", R"({"a":[{"b":1},{"c":)",
                  "a[1].c: is not JSON at byte"},
        FaultCase{"TrailingBytes", "{} x", ": is not JSON at byte"},
        FaultCase{"TwoValues", "{}{}", ": is not JSON"},
        FaultCase{"Comment", "{/**/}", ": is not JSON"},
        FaultCase{"TrailingComma", "[1,]", ": is not JSON"},
        FaultCase{"NotANumber", "[NaN]", ": is not JSON"},
        FaultCase{"TooLargeANumber", R"({"a":1e999})",
                  "a: is a number that is too large"},
        FaultCase{"InvalidUtf8", "{\"a\":\"\xC3\x28\"}", "a: is not JSON"},
        FaultCase{"Overlong", "{\"a\":\"\xC0\xAF\"}", "a: is not JSON"},
        FaultCase{"LoneSurrogate", R"({"a":"\ud800"})", "a: is not JSON"},
        FaultCase{"SurrogateInUtf8", "{\"a\":\"\xED\xA0\x80\"}",
                  "a: is not JSON"},
        FaultCase{"ByteOrderMark", "\xEF\xBB\xBF{}", "byte-order mark"},
        FaultCase{"MemberTwice", R"({"a":{"b":1,"b":2}})", "a.b: occurs twice"},
        FaultCase{"MemberTwiceByEscape", R"({"a":1,"\u0061":2})",
                  "a: occurs twice"},
        FaultCase{"TooDeep",
                  std::string(kDeepestJson + 1, '[') +
                      std::string(kDeepestJson + 1, ']'),
                  "is nested deeper than 64"},
        FaultCase{"MuchTooDeep", std::string(1000000, '['),
                  "is nested deeper than 64"},
        FaultCase{"LowSurrogateAlone", R"({"a":["\udc00"]})",
                  "a[0]: is not JSON"},
        FaultCase{"LoneSurrogateInAName", R"({"\ud800":1})", "is not JSON"},
        FaultCase{"ZeroByteAfterTheValue", std::string("{}\0", 3),
                  ": is not JSON at byte"},
        FaultCase{"ZeroByteInAText", std::string("[\"\0\"]", 5),
                  "[0]: is not JSON"},
        FaultCase{"MemberTwiceAmongMany",
                  R"({"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,)"
                  R"("j":1,"k":1,"l":1,"m":1,"n":1,"o":1,"p":1,"q":1,"a":2})",
                  "a: occurs twice"},
        FaultCase{"LastControlCharacterFarInAText",
                  absl::StrCat("[\"", std::string(40, 'x'), "\x1F",
                               std::string(40, 'x'), "\"]"),
                  "[0]: is not JSON"},
        FaultCase{"ControlCharacter", "[\"\x01\"]", ": is not JSON"}),
    [](const auto& info) { return info.param.name; });

TEST(ParseJsonTest, ReadsToTheDepthItSays) {
  Violations violations;
  EXPECT_TRUE(
      ParseJson(std::string(kDeepestJson, '[') + std::string(kDeepestJson, ']'),
                &violations)
          .has_value());
}

TEST(ParseJsonTest, RepeatsNoLongNames) {
  EXPECT_LT(FaultOf(absl::StrCat("{\"", std::string(10000, 'x'), "\":")).size(),
            200);
}

TEST(WriteJsonTest, EscapesControlCharacters) {
  const std::string around(40, 'x');
  for (char c = 1; c < 0x20; ++c) {
    const std::string text = around + c + around;
    EXPECT_EQ(Json::parse(WriteJson(Json(text))), text);
  }
}

TEST(WriteJsonTest, NeverFails) {
  EXPECT_EQ(WriteJson(Json("\xFF")), "\"\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace needlewise
