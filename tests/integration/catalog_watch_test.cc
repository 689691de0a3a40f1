#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "tests/integration/test_server.h"

namespace needlewise {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

using Reader =
    std::unique_ptr<grpc::ClientReader<v1::WatchRuleCatalogResponse>>;

class CatalogWatchTest : public ::testing::Test {
 protected:
  Reader Watch(grpc::ClientContext* context) {
    return server_.catalog().WatchRuleCatalog(context, {});
  }

  TestServer server_{[](config::v1::ServerConfig* config) {
    config->mutable_limits()->set_max_watchers(2);
  }};
};

TEST_F(CatalogWatchTest, TellsWhatIsInForceAndThenEachChange) {
  grpc::ClientContext context;
  const Reader watch = Watch(&context);
  v1::WatchRuleCatalogResponse event;
  ASSERT_TRUE(watch->Read(&event));
  EXPECT_EQ(event.event(), v1::CATALOG_EVENT_IN_FORCE);
  EXPECT_EQ(event.version().version(), "1.0.0");

  server_.folder().Replace(SmallCatalog(2));
  server_.server().catalogs().CheckNow();
  ASSERT_TRUE(watch->Read(&event));
  EXPECT_EQ(event.event(), v1::CATALOG_EVENT_ACTIVATED);
  EXPECT_EQ(event.version().version(), "2.0.0");
  EXPECT_THAT(event.diagnostics(), IsEmpty());
  const std::string digest = event.version().digest();

  server_.folder().Replace(BrokenCatalog(3));
  server_.server().catalogs().CheckNow();
  ASSERT_TRUE(watch->Read(&event));
  EXPECT_EQ(event.event(), v1::CATALOG_EVENT_REFUSED);
  EXPECT_EQ(event.version().digest(), digest);
  EXPECT_EQ(event.diagnostics_size(), 2);
  EXPECT_EQ(event.time().substr(0, 7), "2026-06");

  // The same fault is not told twice.
  server_.server().catalogs().CheckNow();
  server_.folder().Replace(SmallCatalog(4));
  server_.server().catalogs().CheckNow();
  ASSERT_TRUE(watch->Read(&event));
  EXPECT_EQ(event.event(), v1::CATALOG_EVENT_ACTIVATED);
  EXPECT_EQ(event.version().version(), "4.0.0");
  context.TryCancel();
  while (watch->Read(&event)) {
  }
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(CatalogWatchTest, EndsWhenTheServerStops) {
  grpc::ClientContext context;
  const Reader watch = Watch(&context);
  v1::WatchRuleCatalogResponse event;
  ASSERT_TRUE(watch->Read(&event));
  std::thread stop([this] { server_.server().Drain(); });
  EXPECT_FALSE(watch->Read(&event));
  const grpc::Status status = watch->Finish();
  stop.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "SHUTTING_DOWN");
}

TEST_F(CatalogWatchTest, RefusesMoreThanConfiguredAndTakesOneBackForOneGone) {
  grpc::ClientContext first_context;
  grpc::ClientContext second_context;
  const Reader first = Watch(&first_context);
  const Reader second = Watch(&second_context);
  v1::WatchRuleCatalogResponse event;
  ASSERT_TRUE(first->Read(&event));
  ASSERT_TRUE(second->Read(&event));

  grpc::ClientContext third_context;
  const Reader third = Watch(&third_context);
  EXPECT_FALSE(third->Read(&event));
  const grpc::Status status = third->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "TOO_MANY_CALLS");
  EXPECT_TRUE(HasRetry(status));

  first_context.TryCancel();
  EXPECT_FALSE(first->Finish().ok());
  // The server learns of it in its own time.
  bool admitted = false;
  while (!admitted) {
    grpc::ClientContext context;
    const Reader again = Watch(&context);
    admitted = again->Read(&event);
    context.TryCancel();
    while (again->Read(&event)) {
    }
    EXPECT_THAT(again->Finish().ok(), Not(true));
  }
}

TEST_F(CatalogWatchTest, NoChangeIsMissedWhileWatchesBegin) {
  // Whatever a watch begins with, from there on the editions are without gaps.
  constexpr int kLast = 60;
  std::thread changes([this] {
    for (int edition = 2; edition <= kLast; ++edition) {
      server_.folder().Replace(SmallCatalog(edition));
      EXPECT_EQ(server_.server().catalogs().CheckNow(),
                CatalogManager::CheckOutcome::kActivated);
    }
  });
  grpc::ClientContext context;
  const Reader watch = Watch(&context);
  v1::WatchRuleCatalogResponse event;
  ASSERT_TRUE(watch->Read(&event));
  EXPECT_EQ(event.event(), v1::CATALOG_EVENT_IN_FORCE);
  int edition = std::stoi(event.version().version());
  while (edition < kLast) {
    ASSERT_TRUE(watch->Read(&event));
    EXPECT_EQ(event.event(), v1::CATALOG_EVENT_ACTIVATED);
    EXPECT_EQ(std::stoi(event.version().version()), ++edition);
  }
  changes.join();
  context.TryCancel();
  while (watch->Read(&event)) {
  }
  EXPECT_FALSE(watch->Finish().ok());
}

}  // namespace
}  // namespace needlewise
