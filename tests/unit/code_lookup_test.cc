#include "rules/engine/code_lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/shipped_catalog.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr char kIcd[] = "http://hl7.org/fhir/sid/icd-10-cm";
constexpr char kSnomed[] = "http://snomed.info/sct";

std::vector<std::string> Names(const char* system, const char* code) {
  std::vector<std::string> names;
  for (const int c : ConceptsOfCode(ShippedCatalog(), system, code)) {
    names.push_back(ShippedCatalog().concepts[c].id);
  }
  return names;
}

std::string AreaName(const char* system, const char* code) {
  const int area = AreaOfCode(ShippedCatalog(), system, code);
  return area < 0 ? "" : ShippedCatalog().areas[area].definition->area_id();
}

TEST(ConceptsOfCode, FindsWholeCodesAndPrefixes) {
  EXPECT_THAT(Names(kSnomed, "33659008"), ElementsAre("keloid"));
  EXPECT_THAT(Names(kIcd, "L40.59"), ElementsAre("psoriasis"));
  EXPECT_THAT(
      Names(kIcd, "D69.1"),
      UnorderedElementsAre("bleeding_disorder", "platelet_dysfunction"));
}

TEST(ConceptsOfCode, KeepsToTheSystemAndToTheExceptions) {
  EXPECT_THAT(Names("http://hl7.org/fhir/sid/icd-10", "L40.59"), IsEmpty());
  EXPECT_THAT(Names(kIcd, "D68.5"), IsEmpty());
  EXPECT_THAT(Names(kIcd, "33659008"), IsEmpty());
}

TEST(AreaOfCode, FindsBodySites) {
  EXPECT_EQ(AreaName(kSnomed, "89545001"), "face");
  EXPECT_EQ(AreaName(kSnomed, "73897004"), "face");
  EXPECT_EQ(AreaName(kSnomed, "45048000"), "neck");
  EXPECT_EQ(AreaName(kSnomed, "182245002"), "");
  EXPECT_EQ(AreaName("urn:other", "89545001"), "");
}

}  // namespace
}  // namespace needlewise
