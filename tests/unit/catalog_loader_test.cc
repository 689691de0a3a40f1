#include "rules/engine/catalog_loader.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/catalog_builder.h"
#include "tests/support/golden.h"
#include "tests/support/test_case.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr v1::FindingStatus kNever = v1::FINDING_STATUS_NEVER;

std::vector<std::string> FormattedOf(const LoadResult& loaded) {
  std::vector<std::string> lines;
  for (const v1::Diagnostic& d : loaded.diagnostics) {
    lines.push_back(FormatDiagnostic(d));
  }
  return lines;
}

CatalogBuilder Itch() {
  return CatalogBuilder().Condition("itch").Contraindication("itch-now",
                                                             IsNow("itch"));
}

CatalogFileText Suite(const std::string& cases) {
  return {"cases/itch.textproto",
          absl::StrCat("as_of: \"2026-11-20\"\n"
                       "treatments { treatment: \"needling\" areas: \"nose\" "
                       "}\n",
                       cases)};
}

// ---------------------------------------------------------------------------
// Text that does not parse.

struct SyntaxCase : TestCase {
  std::string text;
  std::string diagnostic;
};

class SyntaxError : public ::testing::TestWithParam<SyntaxCase> {};

TEST_P(SyntaxError, IsReportedWithItsLineAndColumn) {
  const LoadResult loaded =
      LoadCatalog({{"z.textproto", GetParam().text}, Itch().File()});
  EXPECT_EQ(loaded.catalog, nullptr);
  EXPECT_THAT(loaded.version.digest(), IsEmpty());
  EXPECT_THAT(FormattedOf(loaded), ElementsAre(GetParam().diagnostic));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, SyntaxError,
    ::testing::Values(
        SyntaxCase{{"AnUnknownField"},
                   "concerns {\n  concern_id: \"a\"\n  displya: \"A\"\n}\n",
                   "z.textproto:3:10: error: message type "
                   "\"needlewise.v1.Concern\" has no field named \"displya\"\n"
                   "    displya: \"A\"\n"
                   "           ^"},
        SyntaxCase{{"AnUnknownEnumerator"},
                   "plan_items { section: PLAN_SECTION_NEVER }\n",
                   "z.textproto:1:42: error: unknown enumeration value of "
                   "\"PLAN_SECTION_NEVER\" for field \"section\"\n"
                   "  plan_items { section: PLAN_SECTION_NEVER }\n"
                   "                                           ^"},
        SyntaxCase{{"ATextForANumber"},
                   "courses { sessions_min: \"two\" }\n",
                   "z.textproto:1:25: error: expected integer, got: \"two\"\n"
                   "  courses { sessions_min: \"two\" }\n"
                   "                          ^"},
        SyntaxCase{{"AMissingBrace"},
                   "concerns {\n  concern_id: \"a\"\n",
                   "z.textproto:3:1: error: expected identifier, got: "}),
    CaseName());

TEST(SyntaxError, DoesNotHideFaultsOfOtherFiles) {
  const LoadResult loaded = LoadCatalog(
      {{"b.textproto", "concerns { nonsense }"},
       {"a.textproto", "concerns { concern_id: \"A\" display: \"A\" }"},
       Itch().File("c.textproto")});
  ASSERT_THAT(loaded.diagnostics, SizeIs(2));
  EXPECT_EQ(loaded.diagnostics[0].file(), "a.textproto");
  EXPECT_EQ(loaded.diagnostics[1].file(), "b.textproto");
}

TEST(SyntaxError, OfASuiteIsReportedToo) {
  const LoadResult loaded =
      LoadCatalog({Itch().File(), Suite("cases { nam: \"x\" }\n")});
  EXPECT_EQ(loaded.catalog, nullptr);
  EXPECT_THAT(FormattedOf(loaded),
              ElementsAre("cases/itch.textproto:3:12: error: message type "
                          "\"needlewise.testing.v1.RuleCase\" has no field "
                          "named \"nam\"\n"
                          "  cases { nam: \"x\" }\n"
                          "             ^"));
}

// ---------------------------------------------------------------------------
// What only the whole can show.

struct WholeCase : TestCase {
  CatalogBuilder catalog;
  std::string message;
  std::string subject;
};

class FaultOfTheWhole : public ::testing::TestWithParam<WholeCase> {};

TEST_P(FaultOfTheWhole, IsReportedAtTheRecord) {
  const LoadResult loaded = LoadCatalog({GetParam().catalog.File()});
  EXPECT_EQ(loaded.catalog, nullptr);
  ASSERT_THAT(FormattedOf(loaded), SizeIs(1));
  EXPECT_EQ(loaded.diagnostics[0].message(), GetParam().message);
  EXPECT_EQ(loaded.diagnostics[0].subject(), GetParam().subject);
  EXPECT_EQ(loaded.diagnostics[0].file(), "catalog.textproto");
  EXPECT_EQ(loaded.diagnostics[0].severity(), v1::SEVERITY_ERROR);
}

CatalogBuilder ManyWindows() {
  CatalogBuilder builder;
  builder.SkinCondition("rash");
  for (int days = 7; days <= 28; days += 7) {
    const std::string id = absl::StrCat("rash-", days);
    const std::string window = absl::StrCat("days: ", days);
    builder.Note(absl::StrCat(id, "-here"), IsWithin("rash", window))
        .Note(absl::StrCat(id, "-face"), IsWithin("rash", window, kOnTheFace))
        .Note(absl::StrCat(id, "-any"), IsWithin("rash", window, kAnywhere));
  }
  return builder;
}

CatalogBuilder ManyLimits() {
  CatalogBuilder builder;
  builder.Quantity("count", "1", 1000);
  for (int i = 1; i <= 32; ++i) {
    builder.Note(absl::StrCat("count-", i), IsBelow("count", i));
  }
  return builder;
}

CatalogBuilder Many(const std::string& record, int count) {
  CatalogBuilder builder;
  for (int i = 0; i < count; ++i) {
    builder.Add(absl::StrCat(
        record, "_id: 'x", i, "' display: 'X' ",
        record == "devices { device" ? "treatments: 'needling' }" : "}"));
  }
  return builder;
}

INSTANTIATE_TEST_SUITE_P(
    Catalogues, FaultOfTheWhole,
    ::testing::Values(
        WholeCase{{"AnAreaInItself"},
                  CatalogBuilder().Add(
                      "areas { area_id: 'hand' display: 'Hand' parent: 'hand' "
                      "}"),
                  "`hand`: the area lies in itself; correct its parents",
                  "hand"},
        WholeCase{{"TooManyAreas"},
                  Many("areas { area", 58),
                  "`areas`: the catalogue has 66 areas; at most 64 are "
                  "possible",
                  "areas"},
        WholeCase{{"TooManyDevices"},
                  Many("devices { device", 63),
                  "`devices`: at most 62 devices are possible",
                  "devices"},
        WholeCase{{"ImplicationsInACircle"},
                  CatalogBuilder()
                      .Condition("a")
                      .Condition("b")
                      .Implies("a", kNever, "b", kNever)
                      .Implies("b", kNever, "a", kNever),
                  "`implications`: the implications run in a circle; break it",
                  "implications"},
        WholeCase{{"TooManyPlacesAndWindows"},
                  ManyWindows(),
                  "`rash`: the rules ask it in too many places and windows; "
                  "use fewer",
                  "rash"},
        WholeCase{{"TooManyLimits"},
                  ManyLimits(),
                  "`count`: the rules compare it with too many limits; at most "
                  "31 are possible",
                  "count"},
        WholeCase{{"WindowsThatCannotBeOrdered"},
                  CatalogBuilder()
                      .Condition("itch")
                      .Note("by-days", IsWithin("itch", "days: 30"))
                      .Note("by-months", IsWithin("itch", "months: 1")),
                  "`itch`: two windows on it are of nearly the same length in "
                  "different units, so neither is the longer; use one unit",
                  "itch"}),
    CaseName());

TEST(FaultOfTheWhole, PointsAtTheRecordItIsAbout) {
  CatalogFileText file = CatalogBuilder().File("a.textproto");
  const LoadResult loaded = LoadCatalog(
      {file,
       {"b.textproto",
        "# Areas.\nareas { area_id: \"hand\" display: \"Hand\" parent: "
        "\"hand\" }\n"}});
  EXPECT_THAT(FormattedOf(loaded),
              ElementsAre("b.textproto:2:1: error: `hand`: the area lies in "
                          "itself; correct its parents\n"
                          "  areas { area_id: \"hand\" display: \"Hand\" "
                          "parent: \"hand\" }\n"
                          "  ^"));
}

TEST(Windows, OfTheSameLengthInOneUnitAreOneWindow) {
  const auto catalog = CatalogBuilder()
                           .Condition("itch")
                           .Note("by-days", IsWithin("itch", "days: 14"))
                           .Note("by-weeks", IsWithin("itch", "weeks: 2"))
                           .Build();
  EXPECT_THAT(catalog->concepts[catalog->concept_index.at("itch")].end_windows,
              ElementsAre(TimeSpan{14, 0}));
}

// ---------------------------------------------------------------------------
// The catalogue's own cases.

TEST(RuleCasesOfACatalogue, AreRunWhenItIsLoaded) {
  const LoadResult loaded = LoadCatalog({Itch().File(), Suite(R"(
cases {
  name: "itching"
  vignette: "Itches."
  patient { findings { concept: "itch" status: FINDING_STATUS_PRESENT } }
  expect { treatment: "needling" verdict: VERDICT_CONTRAINDICATED }
}
)")});
  EXPECT_THAT(FormattedOf(loaded), IsEmpty());
  EXPECT_NE(loaded.catalog, nullptr);
}

TEST(RuleCasesOfACatalogue, ThatFailKeepItOut) {
  const std::vector<CatalogFileText> files = {Itch().File(), Suite(R"(
cases {
  name: "fine"
  vignette: "Does not itch."
  patient { findings { concept: "itch" status: FINDING_STATUS_NEVER } }
  expect { treatment: "needling" verdict: VERDICT_ELIGIBLE }
}
cases {
  name: "forgotten"
  vignette: "Nobody asked."
  expect { treatment: "needling" verdict: VERDICT_ELIGIBLE }
}
)")};
  const LoadResult loaded = LoadCatalog(files);
  EXPECT_EQ(loaded.catalog, nullptr);
  EXPECT_THAT(FormattedOf(loaded),
              ElementsAre("cases/itch.textproto:10:1: error: case `forgotten`: "
                          "needling on nose: verdict: expected "
                          "VERDICT_ELIGIBLE, found VERDICT_DATA_REQUIRED\n"
                          "  cases {\n"
                          "  ^"));
  EXPECT_EQ(loaded.diagnostics[0].subject(), "forgotten");
  LoadOptions options;
  options.run_cases = false;
  EXPECT_NE(LoadCatalog(files, options).catalog, nullptr);
}

// ---------------------------------------------------------------------------
// Files and their order.

TEST(LoadCatalog, GivesTheSameWhateverTheOrderTheNamesAndTheLayoutOfFiles) {
  const CatalogFileText whole = Itch().File();
  const CatalogFileText part{"part.textproto",
                             "concerns { concern_id: \"a\" display: \"A\" }\n"
                             "concerns { concern_id: \"b\" display: \"B\" }"};
  const CatalogFileText other{"a_part.textproto",
                              "# A comment.\n"
                              "concerns {\n  display: 'B'\n  concern_id: 'b'\n}"
                              "\n\n"
                              "concerns {\n  display: 'A'\n  concern_id: "
                              "'a'\n}"};
  const LoadResult one = LoadCatalog({whole, part});
  const LoadResult two = LoadCatalog({part, whole});
  const LoadResult three = LoadCatalog({whole, other});
  EXPECT_THAT(one.diagnostics, IsEmpty());
  EXPECT_EQ(one.version.digest(), two.version.digest());
  EXPECT_EQ(one.version.digest(), three.version.digest());
  EXPECT_EQ(one.catalog->version.digest(), one.version.digest());
  EXPECT_EQ(one.version.version(), "1.0.0-test");
}

TEST(LoadCatalog, GivesAnotherDigestForAnotherCatalogue) {
  const std::string digest = LoadCatalog({Itch().File()}).version.digest();
  EXPECT_EQ(digest.size(), 64u);
  EXPECT_NE(LoadCatalog({Itch().Condition("spot").File()}).version.digest(),
            digest);
  // Cases are no part of it.
  EXPECT_EQ(LoadCatalog({Itch().File(), Suite("")}).version.digest(), digest);
}

TEST(LoadCatalog, NamesTheVersionOfWhatParsesThoughItIsFaulty) {
  const LoadResult loaded = LoadCatalog(
      {Itch().File(), {"z.textproto", "concerns { concern_id: \"Z\" }"}});
  EXPECT_EQ(loaded.catalog, nullptr);
  EXPECT_EQ(loaded.version.version(), "1.0.0-test");
  EXPECT_EQ(loaded.version.digest().size(), 64u);
}

TEST(LoadCatalog, OfNoFilesHasNoManifest) {
  const LoadResult loaded = LoadCatalog({});
  EXPECT_EQ(loaded.catalog, nullptr);
  ASSERT_THAT(loaded.diagnostics, SizeIs(1));
  EXPECT_THAT(loaded.diagnostics[0].message(), HasSubstr("no `manifest`"));
}

TEST(LoadCatalog, SortsDiagnosticsByFileLineAndColumn) {
  const LoadResult loaded =
      LoadCatalog({{"c.textproto", "concerns { concern_id: \"C\" }"},
                   {"b.textproto",
                    "\n\nconcerns { concern_id: \"B\" display: \"B\" }\n"
                    "concerns { concern_id: \"b\" }\n"},
                   Itch().File("a.textproto")});
  std::vector<std::string> places;
  for (const v1::Diagnostic& d : loaded.diagnostics) {
    places.push_back(absl::StrCat(d.file(), ":", d.line(), ":", d.column()));
  }
  EXPECT_THAT(places, ElementsAre("b.textproto:3:12", "b.textproto:4:1",
                                  "c.textproto:1:1", "c.textproto:1:12"));
}

// ---------------------------------------------------------------------------
// Folders.

// A folder of its own for a test, removed with it.
class Folder {
 public:
  Folder() {
    std::string path = absl::StrCat(::testing::TempDir(), "catalogXXXXXX");
    path_ = mkdtemp(path.data());
  }
  ~Folder() {
    for (auto file = made_.rbegin(); file != made_.rend(); ++file) {
      if (unlink(file->c_str()) != 0) rmdir(file->c_str());
    }
    rmdir(path_.c_str());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::string& path() const { return path_; }

  void Write(const std::string& name, const std::string& content) {
    const std::string path = absl::StrCat(path_, "/", name);
    std::ofstream(path, std::ios::binary) << content;
    made_.push_back(path);
  }
  void Make(const std::string& name) {
    const std::string path = absl::StrCat(path_, "/", name);
    ASSERT_EQ(mkdir(path.c_str(), 0700), 0);
    made_.push_back(path);
  }

 private:
  std::string path_;
  std::vector<std::string> made_;
};

TEST(ReadCatalogFolder, ReadsFilesAndCasesInOrderOfName) {
  Folder folder;
  folder.Make("cases");
  folder.Write("b.textproto", "b");
  folder.Write("a.textproto", "a");
  folder.Write("cases/c.textproto", "c");
  folder.Write("README.md", "no");
  folder.Write(".hidden.textproto", "no");
  const auto files = ReadCatalogFolder(folder.path());
  ASSERT_TRUE(files.ok()) << files.status();
  ASSERT_THAT(*files, SizeIs(3));
  EXPECT_EQ((*files)[0].name, "a.textproto");
  EXPECT_EQ((*files)[0].content, "a");
  EXPECT_EQ((*files)[1].name, "b.textproto");
  EXPECT_EQ((*files)[2].name, "cases/c.textproto");
  EXPECT_EQ((*files)[2].content, "c");
}

TEST(ReadCatalogFolder, NeedsNoCases) {
  Folder folder;
  folder.Write("a.textproto", "");
  EXPECT_TRUE(ReadCatalogFolder(folder.path()).ok());
}

TEST(ReadCatalogFolder, SaysThatThereIsNone) {
  Folder folder;
  const std::string missing = absl::StrCat(folder.path(), "/missing");
  const auto files = ReadCatalogFolder(missing);
  EXPECT_EQ(files.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(files.status().message(),
            absl::StrCat("folder `", missing, "` cannot be opened"));
}

TEST(ReadCatalogFolder, SaysThatItHoldsNothing) {
  Folder folder;
  folder.Write("README.md", "");
  const auto files = ReadCatalogFolder(folder.path());
  EXPECT_EQ(files.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(
      files.status().message(),
      absl::StrCat("folder `", folder.path(), "` holds no `.textproto` file"));
}

// ---------------------------------------------------------------------------
// Diagnostics as text.

v1::Diagnostic At(int line, int column, const std::string& source_line) {
  v1::Diagnostic diagnostic;
  diagnostic.set_severity(v1::SEVERITY_ERROR);
  diagnostic.set_file("f");
  diagnostic.set_line(line);
  diagnostic.set_column(column);
  diagnostic.set_message("wrong");
  diagnostic.set_source_line(source_line);
  return diagnostic;
}

TEST(FormatDiagnostic, PointsAtTheColumn) {
  EXPECT_EQ(FormatDiagnostic(At(3, 5, "abcdefg")),
            "f:3:5: error: wrong\n  abcdefg\n      ^");
}

TEST(FormatDiagnostic, KeepsTabsSoThatTheCaretStaysBelow) {
  EXPECT_EQ(FormatDiagnostic(At(3, 17, "\t\tx")),
            "f:3:17: error: wrong\n  \t\tx\n  \t\t^");
}

TEST(FormatDiagnostic, SaysWhatIsOnlyAWarning) {
  v1::Diagnostic diagnostic = At(1, 1, "x");
  diagnostic.set_severity(v1::SEVERITY_WARNING);
  EXPECT_EQ(FormatDiagnostic(diagnostic), "f:1:1: warning: wrong\n  x\n  ^");
}

TEST(FormatDiagnostic, LeavesOutAPlaceThatIsNotKnown) {
  EXPECT_EQ(FormatDiagnostic(At(0, 0, "")), "f: error: wrong");
}

}  // namespace
}  // namespace needlewise
