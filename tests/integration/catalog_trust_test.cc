// Overlays, seals and review dates, as a server meets them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/catalog_manager.h"
#include "server/catalog_queries.h"
#include "tests/integration/test_server.h"
#include "tests/support/seal_key.h"

namespace needlewise {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Outcome = CatalogManager::CheckOutcome;

class KeptEvents final : public CatalogListener {
 public:
  void OnCatalogEvent(const v1::WatchRuleCatalogResponse& event) override {
    events.push_back(event);
  }
  std::vector<v1::WatchRuleCatalogResponse> events;
};

class CatalogTrustTest : public ::testing::Test {
 protected:
  CatalogTrustTest() {
    options_.folder = folder_.path();
    options_.last_good_folder = last_good_.path();
    options_.listener = &events_;
  }

  std::unique_ptr<CatalogManager> Manager() {
    return std::make_unique<CatalogManager>(options_, &clock_, &log_);
  }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = absl::StrCat(files_.path(), "/", name);
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  // A rule of the small catalogue made stricter, or looser without approval.
  std::string Overlay(const std::string& effect) {
    const v1::Rule rule = SmallReview();
    return absl::StrCat("overlay_id: 'clinic' title: 'A clinic' rules { ",
                        "rule_id: '", rule.rule_id(), "' effect: EFFECT_KIND_",
                        effect, " reason: 'So it is here.' }");
  }

  // Some review of the small catalogue.
  static v1::Rule SmallReview() {
    LoadOptions options;
    options.run_cases = false;
    const LoadResult loaded = LoadCatalog(SmallCatalog(1), options);
    for (const v1::Rule& rule : loaded.catalog->catalog.rules()) {
      if (rule.has_review()) return rule;
    }
    ADD_FAILURE() << "the small catalogue has no review";
    return {};
  }

  v1::GetRuleCatalogResponse Told(const CatalogManager& manager) {
    v1::GetRuleCatalogRequest request;
    v1::GetRuleCatalogResponse response;
    GetRuleCatalog(*manager.Current(), manager.Today(), request, &response);
    return response;
  }

  void Trust() {
    options_.require_seal = true;
    options_.trusted_key_files = {Write("key.pem", key_.PublicPem())};
  }
  // A seal that is in force on the clock's day, whatever that is.
  std::vector<CatalogFileText> SealedCatalog(int version) {
    const std::vector<CatalogFileText> files = SmallCatalog(version);
    v1::CatalogSeal seal = key_.SealOf(files);
    seal.set_effective_from("2000-01-01");
    seal.set_effective_until("2100-01-01");
    key_.Sign(&seal);
    return Sealed(files, seal);
  }

  FixedClock clock_;
  CapturedLog sink_;
  Log log_{&sink_, &clock_, LogSeverity::kInfo};
  CatalogFolder folder_{SmallCatalog(1)};
  TemporaryFolder last_good_;
  TemporaryFolder files_;
  KeptEvents events_;
  const TestSealKey key_{'k'};
  CatalogManager::Options options_;
};

TEST_F(CatalogTrustTest, AnOverlayIsInForceShownAndReloaded) {
  options_.overlay_files = {Write("clinic.textproto", Overlay("DEFERRAL"))};
  const auto manager = Manager();
  ASSERT_TRUE(manager->LoadFirst().ok()) << sink_.Text();
  const v1::GetRuleCatalogResponse told = Told(*manager);
  EXPECT_THAT(told.overlay_ids(), ElementsAre("clinic"));
  EXPECT_EQ(told.catalog().overlays(0).rules(0).released_effect(),
            v1::EFFECT_KIND_REVIEW);
  EXPECT_EQ(told.version().digest(), events_.events.back().version().digest());
  EXPECT_NE(told.version().digest(),
            told.catalog().overlays(0).released_digest());

  Write("clinic.textproto", Overlay("CONTRAINDICATION"));
  EXPECT_EQ(manager->CheckNow(), Outcome::kActivated);
  EXPECT_NE(Told(*manager).version().digest(), told.version().digest());

  // What relaxes a rule changes nothing.
  Write("clinic.textproto", Overlay("NOTE"));
  EXPECT_EQ(manager->CheckNow(), Outcome::kRefused);
  EXPECT_EQ(Told(*manager).catalog().overlays(0).rules(0).effect(),
            v1::EFFECT_KIND_CONTRAINDICATION);
  EXPECT_THAT(sink_.Text(), HasSubstr("note instead of review relaxes it"));
}

TEST_F(CatalogTrustTest, TheLastGoodCatalogueKeepsItsOverlay) {
  options_.overlay_files = {Write("clinic.textproto", Overlay("DEFERRAL"))};
  std::string digest;
  {
    const auto manager = Manager();
    ASSERT_TRUE(manager->LoadFirst().ok());
    digest = manager->Current()->compiled->version.digest();
  }
  Write("clinic.textproto", Overlay("NOTE"));
  const auto restarted = Manager();
  ASSERT_TRUE(restarted->LoadFirst().ok());
  EXPECT_EQ(restarted->Current()->compiled->version.digest(), digest);
}

TEST_F(CatalogTrustTest, AnOverlayThatCannotBeReadRefusesTheCatalogue) {
  options_.overlay_files = {absl::StrCat(files_.path(), "/none.textproto")};
  EXPECT_FALSE(Manager()->LoadFirst().ok());
  EXPECT_THAT(sink_.Text(), HasSubstr("none.textproto` cannot be read"));
}

TEST_F(CatalogTrustTest, AnOverlayAppliesToTheBuiltInCatalogueAndCandidates) {
  options_.folder.clear();
  options_.last_good_folder.clear();
  options_.overlay_files = {
      Write("clinic.textproto",
            "overlay_id: 'clinic' title: 'A clinic' parameters { "
            "parameter_id: 'hba1c_review' value: 7.5 reason: 'Ours.' }")};
  const auto manager = Manager();
  ASSERT_TRUE(manager->LoadFirst().ok()) << sink_.Text();
  EXPECT_THAT(Told(*manager).overlay_ids(), ElementsAre("clinic"));
  EXPECT_EQ(manager->Validate(BuiltInCatalog()).version.digest(),
            manager->Current()->compiled->version.digest());
}

TEST_F(CatalogTrustTest, OnlyASealedCatalogueIsPutInForce) {
  Trust();
  EXPECT_FALSE(Manager()->LoadFirst().ok());
  EXPECT_THAT(sink_.Text(), HasSubstr("the catalogue carries no seal"));

  folder_.Replace(SealedCatalog(1));
  const auto manager = Manager();
  ASSERT_TRUE(manager->LoadFirst().ok()) << sink_.Text();
  EXPECT_TRUE(Told(*manager).seal_trusted());
  EXPECT_EQ(Told(*manager).seal().approver(),
            "Dr A. Director, medical director");

  // Each of these leaves the former one in force.
  std::vector<CatalogFileText> tampered = SealedCatalog(2);
  tampered[0].content += "# A comment.\n";
  folder_.Replace(tampered);
  EXPECT_EQ(manager->CheckNow(), Outcome::kRefused);
  EXPECT_THAT(sink_.Text(), HasSubstr("was changed after the catalogue was"));

  const std::vector<CatalogFileText> files = SmallCatalog(3);
  folder_.Replace(Sealed(files, TestSealKey('s').SealOf(files)));
  EXPECT_EQ(manager->CheckNow(), Outcome::kRefused);
  EXPECT_THAT(sink_.Text(), HasSubstr("which is not trusted"));

  v1::CatalogSeal future = key_.SealOf(files);
  future.set_effective_from("2099-01-01");
  future.set_effective_until("2100-01-01");
  key_.Sign(&future);
  folder_.Replace(Sealed(files, future));
  EXPECT_EQ(manager->CheckNow(), Outcome::kRefused);
  EXPECT_THAT(sink_.Text(), HasSubstr("may be used from 2099-01-01, after"));

  v1::CatalogSeal past = key_.SealOf(files);
  past.set_effective_from("2000-01-01");
  past.set_effective_until("2000-12-31");
  key_.Sign(&past);
  folder_.Replace(Sealed(files, past));
  EXPECT_EQ(manager->CheckNow(), Outcome::kRefused);
  EXPECT_THAT(sink_.Text(), HasSubstr("might be used until 2000-12-31"));
  EXPECT_EQ(Told(*manager).version().version(), "1.0.0");
  EXPECT_TRUE(Told(*manager).seal_trusted());

  folder_.Replace(SealedCatalog(4));
  EXPECT_EQ(manager->CheckNow(), Outcome::kActivated);
  EXPECT_EQ(Told(*manager).version().version(), "4.0.0");
}

TEST_F(CatalogTrustTest, TheSameCatalogueCanBeSealedAgain) {
  Trust();
  folder_.Replace(SealedCatalog(1));
  const auto manager = Manager();
  ASSERT_TRUE(manager->LoadFirst().ok()) << sink_.Text();
  const std::vector<CatalogFileText> files = SmallCatalog(1);
  v1::CatalogSeal seal = key_.SealOf(files);
  seal.set_effective_from("2000-01-01");
  seal.set_effective_until("2100-01-01");
  seal.set_approver("Dr B. Successor, medical director");
  key_.Sign(&seal);
  folder_.Replace(Sealed(files, seal));
  EXPECT_EQ(manager->CheckNow(), Outcome::kUnchanged);
  EXPECT_EQ(Told(*manager).seal().approver(),
            "Dr B. Successor, medical director");
  EXPECT_EQ(sink_.Count("catalog_resealed"), 1);
}

TEST_F(CatalogTrustTest, DoesNotStartWithAKeyThatIsNone) {
  options_.require_seal = true;
  options_.trusted_key_files = {Write("key.pem", "no key")};
  const absl::Status started = Manager()->LoadFirst();
  EXPECT_THAT(std::string(started.message()),
              HasSubstr("is not an Ed25519 public key in PEM"));
  EXPECT_EQ(sink_.Count("trusted_key_not_read"), 1);
}

TEST_F(CatalogTrustTest, SaysWhichRulesArePastTheirReviewDate) {
  const auto manager = Manager();
  ASSERT_TRUE(manager->LoadFirst().ok());
  EXPECT_THAT(manager->RulesPastReview(), IsEmpty());
  EXPECT_EQ(sink_.Count("rules_past_review"), 0);
  EXPECT_EQ(events_.events.back().rules_past_review(), 0);

  folder_.Replace(PastReview(SmallCatalog(2)));
  ASSERT_EQ(manager->CheckNow(), Outcome::kActivated) << sink_.Text();
  EXPECT_THAT(manager->RulesPastReview(), Not(IsEmpty()));
  EXPECT_EQ(Told(*manager).rules_past_review_size(),
            static_cast<int>(manager->RulesPastReview().size()));
  EXPECT_EQ(sink_.Count("rules_past_review"), 1);
  EXPECT_EQ(events_.events.back().event(), v1::CATALOG_EVENT_PAST_REVIEW);
  EXPECT_EQ(events_.events.back().rules_past_review(),
            static_cast<int>(manager->RulesPastReview().size()));
}

}  // namespace
}  // namespace needlewise
