// The verbs that look at a clinic's overlay, and those that seal.

#include <sys/stat.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/tools/console.h"
#include "tests/tools/tool_run.h"

namespace needlewise {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kCatalog = "--catalog=" + InSource("rules/catalog");

constexpr char kOverlay[] = R"(# proto-message: CatalogOverlay

overlay_id: "city-clinic"
title: "City clinic"
parameters {
  parameter_id: "platelets_contraindicated"
  value: 70
  reason: "We have no haematologist."
}
rules {
  rule_id: "suspicious-lesion"
  effect: EFFECT_KIND_DEFERRAL
  reason: "Always seen by a dermatologist first."
}
)";

class OverlayTest : public ::testing::Test {
 protected:
  std::string File(const std::string& text) {
    const std::string path = folder_ / "clinic.textproto";
    WriteText(path, text);
    return "--overlay=" + path;
  }
  TempFolder folder_;
};

TEST_F(OverlayTest, ThatMakesRulesStricterIsAccepted) {
  const ToolResult result = RunRules({"check", kCatalog, File(kOverlay)});
  EXPECT_EQ(result.exit_code, kExitOk) << result.out;
  EXPECT_NE(result.out, RunRules({"check", kCatalog}).out);
}

TEST_F(OverlayTest, ThatRelaxesARuleIsRefusedAtItsPlace) {
  const ToolResult result = RunRules(
      {"check", kCatalog, File(absl::StrReplaceAll(kOverlay, {{"70", "30"}}))});
  EXPECT_EQ(result.exit_code, kExitFault);
  EXPECT_THAT(
      result.out,
      HasSubstr(absl::StrCat(
          folder_ / "clinic.textproto",
          ":7:3: error: parameter `platelets_contraindicated`: 30 10*9/L "
          "instead of 50 10*9/L relaxes rules `platelets-low`, "
          "`platelets-reduced`; add `approval` with `approver`, `approved_on` "
          "and `reason`, or give a value above 50 10*9/L")));
}

TEST_F(OverlayTest, IsShownInTheDocument) {
  const ToolResult result = RunRules({"render", kCatalog, File(kOverlay)});
  EXPECT_EQ(result.exit_code, kExitOk) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("What overlays change"),
                                HasSubstr("We have no haematologist.")));
  EXPECT_THAT(RunRules({"render", kCatalog}).out,
              Not(HasSubstr("What overlays change")));
}

TEST_F(OverlayTest, ShowsWhatItChangesInTheCases) {
  const ToolResult result =
      RunRules({"test", kCatalog, "--filter=platelet|lesion", File(kOverlay)});
  EXPECT_EQ(result.exit_code, kExitFault);
  EXPECT_THAT(result.out, HasSubstr("failed"));
}

class SealVerbsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const ToolResult made =
        RunRules({"keygen", "--key", key_, "--public-key", public_key_});
    ASSERT_EQ(made.exit_code, kExitOk) << made.err;
  }
  ToolResult Seal(const std::string& today = "2026-11-28") {
    return RunRules({"seal", "--catalog", catalog_, "--key", key_, "--approver",
                     "Dr A. Director, medical director", "--effective-from",
                     "2026-12-01", "--effective-until", "2027-11-30", "--today",
                     today});
  }
  ToolResult Verify(const std::string& today = "2026-12-01") {
    return RunRules({"verify-seal", "--catalog", catalog_, "--trusted-key",
                     public_key_, "--today", today});
  }

  TempFolder folder_;
  const std::string key_ = folder_ / "key.pem";
  const std::string public_key_ = folder_ / "public.pem";
  const std::string catalog_ = folder_.Copy("tests/tools/small_catalog");
};

TEST_F(SealVerbsTest, SealWhatThenHolds) {
  struct stat info;
  ASSERT_EQ(stat(key_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);

  const ToolResult sealed = Seal();
  ASSERT_EQ(sealed.exit_code, kExitOk) << sealed.err;
  EXPECT_THAT(sealed.out, HasSubstr("2 files, signed with key "));
  const ToolResult holds = Verify();
  EXPECT_EQ(holds.exit_code, kExitOk) << holds.out;
  EXPECT_THAT(holds.out,
              AllOf(HasSubstr("the seal holds"),
                    HasSubstr("by Dr A. Director, medical director, sealed on "
                              "2026-11-28"),
                    HasSubstr("from 2026-12-01 until 2027-11-30")));
  // It is canonical, and no part of the catalogue.
  EXPECT_EQ(RunRules({"format", "--check", catalog_}).exit_code, kExitOk);
  EXPECT_EQ(RunRules({"check", "--catalog", catalog_}).exit_code, kExitOk);
  // Sealing again replaces it.
  EXPECT_EQ(Seal("2026-11-29").exit_code, kExitOk);
  EXPECT_EQ(Verify().exit_code, kExitOk);
}

TEST_F(SealVerbsTest, FindAFileThatWasChanged) {
  ASSERT_EQ(Seal().exit_code, kExitOk);
  const std::string file = absl::StrCat(catalog_, "/catalog.textproto");
  WriteText(file, TextOf(file) + "# A comment.\n");
  const ToolResult result = Verify();
  EXPECT_EQ(result.exit_code, kExitFault);
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("`catalog.textproto` was changed after"),
                    HasSubstr("the seal does not hold")));
}

TEST_F(SealVerbsTest, KeepToTheDays) {
  ASSERT_EQ(Seal().exit_code, kExitOk);
  EXPECT_EQ(Verify("2026-11-30").exit_code, kExitFault);
  EXPECT_EQ(Verify("2027-12-01").exit_code, kExitFault);
}

TEST_F(SealVerbsTest, FindNoSeal) {
  const ToolResult result = Verify();
  EXPECT_EQ(result.exit_code, kExitFault);
  EXPECT_THAT(result.out, HasSubstr("the catalogue carries no seal"));
}

TEST_F(SealVerbsTest, RefuseAReviewDateInThePast) {
  const std::string file = absl::StrCat(catalog_, "/catalog.textproto");
  WriteText(file,
            absl::StrReplaceAll(TextOf(file), {{"2027-11-20", "2026-11-27"}}));
  const ToolResult result = Seal();
  EXPECT_EQ(result.exit_code, kExitFault);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("was to be read again by 2026-11-27, and these "
                              "rules rest on it: "),
                    HasSubstr("read it, then move `last_reviewed` and "
                              "`review_by`"),
                    HasSubstr("not sealed; correct the errors above")));
  EXPECT_EQ(Verify().exit_code, kExitFault);
  EXPECT_EQ(Seal("2026-11-27").exit_code, kExitOk);
}

TEST_F(SealVerbsTest, RefuseACatalogueWithAnError) {
  const std::string file = absl::StrCat(catalog_, "/catalog.textproto");
  WriteText(file, absl::StrReplaceAll(TextOf(file), {{"cleared_by", "title"}}));
  const ToolResult result = Seal();
  EXPECT_EQ(result.exit_code, kExitFault);
  EXPECT_THAT(result.err, HasSubstr("not sealed; correct the errors above"));
}

TEST_F(SealVerbsTest, KeepAKeyThatExists) {
  const std::string before = TextOf(key_);
  const ToolResult again =
      RunRules({"keygen", "--key", key_, "--public-key", public_key_});
  EXPECT_EQ(again.exit_code, kExitUsage);
  EXPECT_THAT(again.err, HasSubstr("File exists"));
  EXPECT_EQ(TextOf(key_), before);
}

TEST_F(SealVerbsTest, RefuseWhatIsNoKey) {
  const ToolResult sealed =
      RunRules({"seal", "--catalog", catalog_, "--key", public_key_,
                "--approver", "A", "--effective-from", "2026-12-01"});
  EXPECT_EQ(sealed.exit_code, kExitUsage);
  EXPECT_THAT(sealed.err, HasSubstr("is not an Ed25519 private key in PEM"));
  const ToolResult verified =
      RunRules({"verify-seal", "--catalog", catalog_, "--trusted-key", key_});
  EXPECT_EQ(verified.exit_code, kExitUsage);
  EXPECT_THAT(verified.err, HasSubstr("is not an Ed25519 public key in PEM"));
}

TEST(SealVerbs, SayWhatTheyNeed) {
  EXPECT_THAT(RunRules({"seal", "--key", "k"}).err,
              HasSubstr("seal needs --approver"));
  EXPECT_THAT(RunRules({"verify-seal"}).err,
              HasSubstr("verify-seal needs --trusted-key"));
  EXPECT_THAT(RunRules({"keygen", "--key", "k"}).err,
              HasSubstr("keygen needs --public-key"));
  EXPECT_THAT(RunRules({"keygen", "--help"}).err, IsEmpty());
}

}  // namespace
}  // namespace needlewise
