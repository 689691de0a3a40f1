#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "server/last_good_store.h"
#include "tests/integration/test_server.h"

namespace needlewise {
namespace {

using ::testing::HasSubstr;
using Outcome = CatalogManager::CheckOutcome;

class CatalogReloadTest : public ::testing::Test {
 protected:
  // A manager of `folder_`, not loaded yet.
  std::unique_ptr<CatalogManager> Manager() {
    CatalogManager::Options options;
    options.folder = folder_.path();
    options.last_good_folder = last_good_.path();
    return std::make_unique<CatalogManager>(options, &clock_, &log_);
  }

  static std::string VersionOf(const CatalogManager& manager) {
    return manager.Current()->compiled->version.version();
  }

  FixedClock clock_;
  CapturedLog sink_;
  Log log_{&sink_, &clock_, LogSeverity::kInfo};
  CatalogFolder folder_{SmallCatalog(1)};
  TemporaryFolder last_good_;
};

TEST_F(CatalogReloadTest, ActivatesWhatIsGoodAndRefusesWhatIsBroken) {
  const auto manager = Manager();
  EXPECT_EQ(manager->Current(), nullptr);
  ASSERT_TRUE(manager->LoadFirst().ok());
  EXPECT_EQ(manager->CheckNow(), Outcome::kUnchanged);

  folder_.Replace(SmallCatalog(2));
  EXPECT_EQ(manager->CheckNow(), Outcome::kActivated);
  EXPECT_EQ(VersionOf(*manager), "2.0.0");

  folder_.Replace(BrokenCatalog(3));
  EXPECT_EQ(manager->CheckNow(), Outcome::kRefused);
  EXPECT_EQ(manager->CheckNow(), Outcome::kUnchanged);
  folder_.Replace(CatalogWithFailingCase(3));
  EXPECT_EQ(manager->CheckNow(), Outcome::kRefused);
  folder_.Remove();
  EXPECT_EQ(manager->CheckNow(), Outcome::kRefused);
  EXPECT_EQ(manager->CheckNow(), Outcome::kUnchanged);
  EXPECT_EQ(VersionOf(*manager), "2.0.0");
  EXPECT_EQ(sink_.Count("catalog_refused"), 3);
  EXPECT_THAT(sink_.Text(), HasSubstr("concept `pregnency` is not defined"));

  folder_.Replace(SmallCatalog(4));
  EXPECT_EQ(manager->CheckNow(), Outcome::kActivated);
  EXPECT_EQ(VersionOf(*manager), "4.0.0");
}

TEST_F(CatalogReloadTest, AnotherTextOfTheSameCatalogueChangesNothing) {
  const auto manager = Manager();
  ASSERT_TRUE(manager->LoadFirst().ok());
  const auto before = manager->Current();
  std::vector<CatalogFileText> files = SmallCatalog(1);
  files[0].content += "\n# A comment.\n";
  folder_.Replace(files);
  EXPECT_EQ(manager->CheckNow(), Outcome::kUnchanged);
  EXPECT_EQ(manager->Current(), before);
  EXPECT_EQ(sink_.Count("catalog_unchanged"), 1);
}

TEST_F(CatalogReloadTest,
       StartsFromTheLastGoodCatalogueWhereTheFolderIsBroken) {
  {
    const auto manager = Manager();
    ASSERT_TRUE(manager->LoadFirst().ok());
    folder_.Replace(SmallCatalog(2));
    ASSERT_EQ(manager->CheckNow(), Outcome::kActivated);
    folder_.Replace(BrokenCatalog(3));
    ASSERT_EQ(manager->CheckNow(), Outcome::kRefused);
  }
  const auto restarted = Manager();
  ASSERT_TRUE(restarted->LoadFirst().ok());
  EXPECT_EQ(VersionOf(*restarted), "2.0.0");
  EXPECT_THAT(sink_.Text(), HasSubstr("\"origin\":\"last_good\""));

  folder_.Replace(SmallCatalog(4));
  EXPECT_EQ(restarted->CheckNow(), Outcome::kActivated);
  EXPECT_EQ(VersionOf(*restarted), "4.0.0");
}

TEST_F(CatalogReloadTest, RefusesToStartWithNeither) {
  folder_.Replace(BrokenCatalog(1));
  const auto manager = Manager();
  const absl::Status status = manager->LoadFirst();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(manager->Current(), nullptr);
  EXPECT_EQ(sink_.Count("catalog_refused"), 1);
  EXPECT_EQ(sink_.Count("last_good_not_loaded"), 1);
}

TEST_F(CatalogReloadTest,
       LastGoodFolderHoldsOneCatalogueAndWhateverElseWasThere) {
  std::ofstream(last_good_.path() + "/note.txt") << "not ours";
  const auto manager = Manager();
  ASSERT_TRUE(manager->LoadFirst().ok());
  for (int edition = 2; edition < 5; ++edition) {
    folder_.Replace(SmallCatalog(edition));
    ASSERT_EQ(manager->CheckNow(), Outcome::kActivated);
  }
  int entries = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(last_good_.path())) {
    static_cast<void>(entry);
    ++entries;
  }
  // One catalogue, the link to it, and the note.
  EXPECT_EQ(entries, 3);
  const auto files = LastGoodStore(last_good_.path()).Load();
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(LoadCatalog(*files).version.version(), "4.0.0");
}

TEST_F(CatalogReloadTest, ServesOnWhereTheLastGoodCannotBeSaved) {
  CatalogManager::Options options;
  options.folder = folder_.path();
  options.last_good_folder = "/dev/null/last-good";
  CatalogManager manager(options, &clock_, &log_);
  ASSERT_TRUE(manager.LoadFirst().ok());
  EXPECT_EQ(sink_.Count("last_good_not_saved"), 1);
}

TEST_F(CatalogReloadTest, TheFolderIsWatched) {
  TestServer server([](config::v1::ServerConfig* config) {
    config->mutable_catalog()->mutable_poll_interval()->set_nanos(10000000);
  });
  grpc::ClientContext context;
  const auto watch = server.catalog().WatchRuleCatalog(&context, {});
  v1::WatchRuleCatalogResponse event;
  ASSERT_TRUE(watch->Read(&event));
  server.folder().Replace(SmallCatalog(2));
  ASSERT_TRUE(watch->Read(&event));
  EXPECT_EQ(event.event(), v1::CATALOG_EVENT_ACTIVATED);
  EXPECT_EQ(event.version().version(), "2.0.0");
  server.folder().Replace(BrokenCatalog(3));
  ASSERT_TRUE(watch->Read(&event));
  EXPECT_EQ(event.event(), v1::CATALOG_EVENT_REFUSED);
  context.TryCancel();
  while (watch->Read(&event)) {
  }
  EXPECT_FALSE(watch->Finish().ok());
}

// Calls that are always in flight, until stopped, each checked when it is
// answered.
class Load {
 public:
  Load(TestServer* server, int connections, int calls_per_connection) {
    for (int i = 0; i < connections; ++i) {
      stubs_.push_back(v1::ScreeningService::NewStub(server->Connect()));
    }
    calls_ = std::make_unique<absl::BlockingCounter>(connections *
                                                     calls_per_connection);
    for (const auto& stub : stubs_) {
      for (int i = 0; i < calls_per_connection; ++i) Begin(stub.get());
    }
  }

  // Ends the load once every call under way is answered.
  void Stop() {
    stopping_ = true;
    calls_->Wait();
  }

  int answered() const { return answered_; }
  int failed() const { return failed_; }
  // Answers by edition. Only after `Stop`.
  const absl::flat_hash_map<std::string, int>& by_edition() const {
    return by_edition_;
  }
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  struct OneCall {
    grpc::ClientContext context;
    v1::ScreenEligibilityRequest request = ClearRequest();
    v1::ScreenEligibilityResponse response;
  };

  void Begin(v1::ScreeningService::Stub* stub) {
    auto* call = new OneCall();
    stub->async()->ScreenEligibility(
        &call->context, &call->request, &call->response,
        [this, stub, call](const grpc::Status& status) {
          Check(status, call->response);
          delete call;
          if (stopping_) {
            calls_->DecrementCount();
          } else {
            Begin(stub);
          }
        });
  }

  // The note that fired, the version and the digest must be of one edition.
  void Check(const grpc::Status& status,
             const v1::ScreenEligibilityResponse& response) {
    ++answered_;
    if (!status.ok()) {
      ++failed_;
      absl::MutexLock lock(&mutex_);
      faults_.push_back(status.error_message());
      return;
    }
    const v1::Decision& decision = response.decision();
    const v1::AreaDecision& area = decision.treatments(0).areas(0);
    absl::MutexLock lock(&mutex_);
    const std::string& version = decision.catalog().version();
    const auto [digest, first] =
        digests_.emplace(version, decision.catalog().digest());
    if (area.fired_size() != 1 ||
        absl::StrCat(area.fired(0).rule_id(), ".0.0") !=
            absl::StrCat("edition-", version) ||
        digest->second != decision.catalog().digest() ||
        area.verdict() != v1::VERDICT_ELIGIBLE) {
      faults_.push_back(decision.ShortDebugString());
    }
    ++by_edition_[version];
  }

  std::vector<std::unique_ptr<v1::ScreeningService::Stub>> stubs_;
  std::unique_ptr<absl::BlockingCounter> calls_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> answered_{0};
  std::atomic<int> failed_{0};
  absl::Mutex mutex_;
  std::vector<std::string> faults_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, int> by_edition_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::string> digests_
      ABSL_GUARDED_BY(mutex_);
};

TEST(CatalogReloadUnderLoadTest, NoCallFailsAndNoneSeesAMixture) {
  constexpr int kConnections = 4;
  constexpr int kCallsPerConnection = 500;
  constexpr int kSwaps = 100;
  TestServer server([](config::v1::ServerConfig* config) {
    config->mutable_limits()->set_max_concurrent_calls(2 * kConnections *
                                                       kCallsPerConnection);
  });
  grpc::ClientContext watch_context;
  const auto watch = server.catalog().WatchRuleCatalog(&watch_context, {});
  v1::WatchRuleCatalogResponse event;
  ASSERT_TRUE(watch->Read(&event));

  Load load(&server, kConnections, kCallsPerConnection);
  for (int swap = 1; swap <= kSwaps; ++swap) {
    const bool broken = swap % 2 == 0;
    server.folder().Replace(broken ? BrokenCatalog(swap)
                                   : SmallCatalog(swap + 1));
    ASSERT_EQ(server.server().catalogs().CheckNow(),
              broken ? Outcome::kRefused : Outcome::kActivated);
    // The watch tells of each, broken or not, while the load goes on.
    ASSERT_TRUE(watch->Read(&event));
    EXPECT_EQ(event.event(),
              broken ? v1::CATALOG_EVENT_REFUSED : v1::CATALOG_EVENT_ACTIVATED);
    EXPECT_EQ(event.diagnostics_size(), broken ? 2 : 0);
  }
  load.Stop();
  watch_context.TryCancel();
  while (watch->Read(&event)) {
  }
  EXPECT_FALSE(watch->Finish().ok());

  EXPECT_EQ(load.failed(), 0);
  EXPECT_THAT(load.faults(), ::testing::IsEmpty());
  EXPECT_GE(load.answered(), kConnections * kCallsPerConnection);
  EXPECT_GT(load.by_edition().size(), 1);
  EXPECT_EQ(server.log().Count("catalog_refused"), kSwaps / 2);
}

}  // namespace
}  // namespace needlewise
