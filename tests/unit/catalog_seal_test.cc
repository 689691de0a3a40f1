#include "rules/engine/catalog_seal.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/engine/catalog_loader.h"
#include "tests/support/catalog_builder.h"
#include "tests/support/seal_key.h"

namespace needlewise {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SealTest : public ::testing::Test {
 protected:
  std::vector<CatalogFileText> Files() const {
    return {CatalogBuilder()
                .Condition("itch")
                .Review("itch-now", IsNow("itch"))
                .File(),
            {"cases/none.textproto", "as_of: '2026-11-20'\n"}};
  }

  // Loads as a server does that requires a seal of `trusted_`.
  LoadResult Load(const std::vector<CatalogFileText>& files,
                  absl::CivilDay today = absl::CivilDay(2026, 11, 28)) const {
    LoadOptions options;
    options.seal.required = true;
    options.seal.keys = {trusted_.public_key()};
    options.today = today;
    return LoadCatalog(files, options);
  }

  static std::string Told(const LoadResult& loaded) {
    EXPECT_EQ(loaded.catalog, nullptr);
    EXPECT_FALSE(loaded.seal_trusted);
    return absl::StrJoin(loaded.diagnostics, "\n",
                         [](std::string* out, const v1::Diagnostic& d) {
                           absl::StrAppend(out, FormatDiagnostic(d));
                         });
  }

  const TestSealKey trusted_{'t'};
  const TestSealKey other_{'o'};
};

TEST_F(SealTest, HoldsWhereNothingWasChanged) {
  const LoadResult loaded = Load(Sealed(Files(), trusted_.SealOf(Files())));
  EXPECT_NE(loaded.catalog, nullptr);
  EXPECT_TRUE(loaded.seal_trusted);
  EXPECT_EQ(loaded.seal->approver(), "Dr A. Director, medical director");
  EXPECT_THAT(loaded.diagnostics, IsEmpty());
}

TEST_F(SealTest, LeavesTheDigestOfTheCatalogueAsItIs) {
  EXPECT_EQ(Load(Sealed(Files(), trusted_.SealOf(Files()))).version.digest(),
            LoadCatalog(Files()).version.digest());
}

TEST_F(SealTest, IsRequired) {
  EXPECT_THAT(Told(Load(Files())),
              HasSubstr("seal.textproto: error: the catalogue carries no seal; "
                        "have it sealed with `needlewise-rules seal`"));
}

TEST_F(SealTest, IsMissedWhereAKeyIsTrustedAndNoSealRequired) {
  LoadOptions options;
  options.seal.keys = {trusted_.public_key()};
  const LoadResult loaded = LoadCatalog(Files(), options);
  EXPECT_NE(loaded.catalog, nullptr);
  ASSERT_EQ(loaded.diagnostics.size(), 1u);
  EXPECT_EQ(loaded.diagnostics[0].severity(), v1::SEVERITY_WARNING);
}

TEST_F(SealTest, IsNotJudgedWithoutATrustedKey) {
  v1::CatalogSeal seal = other_.SealOf(Files());
  seal.set_approver("Somebody else");
  const LoadResult loaded = LoadCatalog(Sealed(Files(), seal));
  EXPECT_NE(loaded.catalog, nullptr);
  EXPECT_FALSE(loaded.seal_trusted);
  EXPECT_THAT(loaded.diagnostics, IsEmpty());
}

TEST_F(SealTest, OfAnUnknownKeyIsRefused) {
  EXPECT_THAT(Told(Load(Sealed(Files(), other_.SealOf(Files())))),
              AllOf(HasSubstr("seal.textproto:"),
                    HasSubstr(absl::StrCat("the seal is signed with the key `",
                                           KeyIdOf(other_.public_key()),
                                           "`, which is not trusted; "))));
}

TEST_F(SealTest, WhoseTextWasChangedIsRefused) {
  v1::CatalogSeal seal = trusted_.SealOf(Files());
  seal.set_effective_until("2030-12-31");
  EXPECT_THAT(Told(Load(Sealed(Files(), seal))),
              HasSubstr("the signature is not that of this seal: something in "
                        "it was changed after it was signed; "));
}

TEST_F(SealTest, SaysWhichFileWasChangedUnderAValidSignature) {
  const v1::CatalogSeal seal = trusted_.SealOf(Files());
  std::vector<CatalogFileText> files = Files();
  files[0].content += "# A comment.\n";
  EXPECT_THAT(Told(Load(Sealed(files, seal))),
              HasSubstr("error: `catalog.textproto` was changed after the "
                        "catalogue was sealed; restore it, or have the "
                        "catalogue sealed again"));
}

TEST_F(SealTest, SaysWhichFileWasRemovedOrAdded) {
  const v1::CatalogSeal seal = trusted_.SealOf(Files());
  std::vector<CatalogFileText> files = {Files()[0],
                                        {"more.textproto", "# Nothing.\n"}};
  EXPECT_THAT(Told(Load(Sealed(files, seal))),
              AllOf(HasSubstr("`cases/none.textproto` was removed after"),
                    HasSubstr("more.textproto: error: `more.textproto` was "
                              "added after the catalogue was sealed")));
}

TEST_F(SealTest, IsInForceOnItsDaysAlone) {
  const std::vector<CatalogFileText> files =
      Sealed(Files(), trusted_.SealOf(Files()));
  EXPECT_THAT(Told(Load(files, absl::CivilDay(2025, 12, 31))),
              HasSubstr("the catalogue may be used from 2026-01-01, after "
                        "today; wait, or have it sealed for an earlier day"));
  EXPECT_NE(Load(files, absl::CivilDay(2026, 1, 1)).catalog, nullptr);
  EXPECT_NE(Load(files, absl::CivilDay(2026, 12, 31)).catalog, nullptr);
  EXPECT_THAT(Told(Load(files, absl::CivilDay(2027, 1, 1))),
              HasSubstr("the catalogue might be used until 2026-12-31; have it "
                        "reviewed and sealed again"));
}

TEST_F(SealTest, IsNotInForceWhereTheDayIsNotKnown) {
  LoadOptions options;
  options.seal.keys = {trusted_.public_key()};
  EXPECT_EQ(
      LoadCatalog(Sealed(Files(), trusted_.SealOf(Files())), options).catalog,
      nullptr);
}

TEST_F(SealTest, OfACatalogueThatWasAcceptedBeforeMayHaveRunOut) {
  LoadOptions options;
  options.seal.required = true;
  options.seal.keys = {trusted_.public_key()};
  options.seal.dates_only_warn = true;
  options.today = absl::CivilDay(2027, 1, 1);
  const LoadResult loaded =
      LoadCatalog(Sealed(Files(), trusted_.SealOf(Files())), options);
  EXPECT_NE(loaded.catalog, nullptr);
  ASSERT_EQ(loaded.diagnostics.size(), 1u);
  EXPECT_EQ(loaded.diagnostics[0].severity(), v1::SEVERITY_WARNING);
}

TEST_F(SealTest, DoesNotCoverTheClinicsOverlays) {
  std::vector<CatalogFileText> files =
      Sealed(Files(), trusted_.SealOf(Files()));
  files.push_back({"overlays/clinic.textproto",
                   "overlay_id: 'clinic' title: 'A clinic' rules { rule_id: "
                   "'itch-now' effect: EFFECT_KIND_DEFERRAL reason: 'X.' }"});
  const LoadResult loaded = Load(files);
  EXPECT_NE(loaded.catalog, nullptr);
  EXPECT_TRUE(loaded.seal_trusted);
}

TEST_F(SealTest, WithAMissingOrMalformedFieldIsRefused) {
  v1::CatalogSeal seal = trusted_.SealOf(Files());
  seal.clear_approver();
  seal.set_effective_from("soon");
  seal.mutable_files(0)->set_sha256("ABC");
  seal.set_signature("12");
  EXPECT_THAT(
      Told(Load(Sealed(Files(), seal))),
      AllOf(HasSubstr("`approver` is required"),
            HasSubstr("`effective_from` must be a date, YYYY-MM-DD"),
            HasSubstr("a sealed file is a name and 64 lower-case"),
            HasSubstr("`signature` must be 128 lower-case hexadecimal")));
}

TEST_F(SealTest, CannotSmuggleALineIntoItsStatement) {
  v1::CatalogSeal seal = trusted_.SealOf(Files());
  seal.set_approver("Dr A\nsealed on: 2020-01-01");
  trusted_.Sign(&seal);
  EXPECT_THAT(Told(Load(Sealed(Files(), seal))),
              HasSubstr("`approver` holds a control character"));
}

TEST_F(SealTest, KeyIsReadFromPem) {
  const absl::StatusOr<SealKey> read = ReadSealKey(trusted_.PublicPem());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->bytes, trusted_.public_key().bytes);
  EXPECT_EQ(ReadSealKey("no key").status().message(),
            "is not an Ed25519 public key in PEM; `needlewise-rules keygen` "
            "makes one");
}

}  // namespace
}  // namespace needlewise
