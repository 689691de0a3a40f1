#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "server/call_gate.h"
#include "server/cds_hooks/http_fetcher.h"
#include "server/http/http_gateway.h"
#include "server/http/http_routes.h"
#include "tests/cds_hooks/hook_server.h"
#include "tests/fhir/mapped.h"

namespace needlewise {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// A small FHIR server on loopback.
class FhirServer {
 public:
  FhirServer() : log_(&sink_, &clock_, LogSeverity::kError), gate_(100) {
    routes_.Add("GET", "/r4/*", "Fhir",
                [this](const HttpRequest& request) { return Answer(request); });
    HttpGateway::Options options;
    options.routes = &routes_;
    options.gate = &gate_;
    options.log = &log_;
    gateway_ = *HttpGateway::Start(std::move(options));
  }
  ~FhirServer() {
    gate_.Close();
    gateway_->Stop();
  }

  std::string Url() const {
    return absl::StrCat("http://127.0.0.1:", gateway_->port(), "/r4");
  }

  // `path?query` of each request.
  std::vector<std::string> Requests() const {
    absl::MutexLock lock(&mutex_);
    return requests_;
  }

 private:
  HttpResponse Answer(const HttpRequest& request) {
    {
      absl::MutexLock lock(&mutex_);
      requests_.push_back(absl::StrCat(request.path, "?", request.query));
    }
    HttpResponse response;
    const auto authorization = request.headers.find("authorization");
    if (authorization == request.headers.end() ||
        authorization->second != "Bearer secret") {
      response.status = 401;
    } else if (request.path == "/r4/Flag") {
      response.status = 302;
      response.headers["location"] = "http://127.0.0.1:1/elsewhere";
    } else if (request.path == "/r4/Patient/p1") {
      response.body = Quoted(
          "{'resourceType':'Patient','id':'p1','birthDate':'1990-04-02'}");
    } else if (request.path == "/r4/Condition") {
      response.body =
          WriteJson(SearchsetOf({ConditionOf(kSct, "33659008", kActive)}));
    } else {
      response.body = Quoted("{'resourceType':'Bundle','type':'searchset'}");
    }
    return response;
  }

  FixedClock clock_;
  CapturedLog sink_;
  Log log_;
  CallGate gate_;
  HttpRoutes routes_;
  mutable absl::Mutex mutex_;
  std::vector<std::string> requests_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<HttpGateway> gateway_;
};

class FetchTest : public ::testing::Test {
 protected:
  Json CallWithoutPrefetch() const {
    Json call = ViewCall();
    call.erase("prefetch");
    call["fhirServer"] = fhir_.Url();
    call["fhirAuthorization"] = {{"access_token", "secret"},
                                 {"token_type", "Bearer"},
                                 {"expires_in", 300},
                                 {"scope", "patient/*.read"},
                                 {"subject", "needlewise"}};
    return call;
  }

  FhirServer fhir_;
};

TEST_F(FetchTest, GetsWhatACallDoesNotBring) {
  HookServer server([this](config::v1::ServerConfig* config) {
    config->mutable_cds_hooks()->add_fhir_servers(fhir_.Url());
    config->mutable_cds_hooks()->add_optional_prefetch("flags");
  });
  const Json answer = server.View(CallWithoutPrefetch());
  EXPECT_EQ(answer["cards"][0]["indicator"], "critical");
  const Json& states = answer["extension"]["needlewise.v1"]["prefetch"];
  EXPECT_EQ(states["patient"], "fetched");
  EXPECT_EQ(states["conditions"], "fetched");
  EXPECT_EQ(states["allergies"], "empty");
  // A redirection is not followed.
  EXPECT_EQ(states["flags"], "missing");
  EXPECT_THAT(fhir_.Requests(), Contains("/r4/Condition?patient=p1"));
  EXPECT_THAT(server.server().log().Text(),
              ::testing::Not(HasSubstr("secret")));
}

TEST_F(FetchTest, LeavesAloneWhatACallBrings) {
  HookServer server([this](config::v1::ServerConfig* config) {
    config->mutable_cds_hooks()->add_fhir_servers(fhir_.Url());
  });
  Json call = ViewCall();
  call["fhirServer"] = fhir_.Url();
  call["fhirAuthorization"] = CallWithoutPrefetch()["fhirAuthorization"];
  call["prefetch"].erase("conditions");
  EXPECT_EQ(server.View(call)["cards"][0]["indicator"], "critical");
  EXPECT_THAT(fhir_.Requests(),
              UnorderedElementsAre("/r4/Condition?patient=p1"));
}

TEST_F(FetchTest, GoesNowhereThatIsNotNamed) {
  HookServer server([](config::v1::ServerConfig* config) {
    config->mutable_cds_hooks()->add_fhir_servers("http://127.0.0.1:1/r4");
  });
  const std::string path = absl::StrCat("/cds-services/", kView);
  EXPECT_EQ(server.Post(path, WriteJson(CallWithoutPrefetch())).status, 412);
  Json call = CallWithoutPrefetch();
  call["fhirServer"] =
      absl::StrCat("http://127.0.0.1:1/r4@", fhir_.Url().substr(7));
  EXPECT_EQ(server.Post(path, WriteJson(call)).status, 412);
  EXPECT_THAT(fhir_.Requests(), IsEmpty());
}

TEST_F(FetchTest, DoesNotGoWithoutATokenOrWhenTheServerRefusesIt) {
  HookServer server([this](config::v1::ServerConfig* config) {
    config->mutable_cds_hooks()->add_fhir_servers(fhir_.Url());
  });
  const std::string path = absl::StrCat("/cds-services/", kView);
  Json call = CallWithoutPrefetch();
  call.erase("fhirAuthorization");
  EXPECT_EQ(server.Post(path, WriteJson(call)).status, 412);
  EXPECT_THAT(fhir_.Requests(), IsEmpty());
  call = CallWithoutPrefetch();
  call["fhirAuthorization"]["access_token"] = "wrong";
  EXPECT_EQ(server.Post(path, WriteJson(call)).status, 412);
}

TEST(HttpFetcherTest, KeepsToItsLimits) {
  FhirServer fhir;
  HttpFetcher::Options small;
  small.max_bytes = 8;
  EXPECT_FALSE(
      HttpFetcher(small).Get(fhir.Url() + "/Patient/p1", "*/*", "secret").ok());
  EXPECT_TRUE(HttpFetcher(HttpFetcher::Options())
                  .Get(fhir.Url() + "/Patient/p1", "*/*", "secret")
                  .ok());
  EXPECT_FALSE(HttpFetcher(HttpFetcher::Options())
                   .Get(fhir.Url() + "/Flag", "*/*", "secret")
                   .ok());
  EXPECT_FALSE(HttpFetcher(HttpFetcher::Options())
                   .Get("file:///etc/hostname", "*/*", "")
                   .ok());
}

TEST(IsFetchableTest, WantsTlsOrLoopback) {
  EXPECT_TRUE(IsFetchable("https://ehr.test/r4"));
  EXPECT_TRUE(IsFetchable("http://127.0.0.1:8080/r4"));
  EXPECT_TRUE(IsFetchable("http://[::1]:8080/r4"));
  EXPECT_TRUE(IsFetchable("http://localhost/r4"));
  EXPECT_FALSE(IsFetchable("http://ehr.test/r4"));
  EXPECT_FALSE(IsFetchable("http://127.0.0.1@ehr.test/r4"));
  EXPECT_FALSE(IsFetchable("http://localhost.ehr.test/"));
  EXPECT_FALSE(IsFetchable("file:///etc/passwd"));
  EXPECT_FALSE(IsFetchable("ftp://127.0.0.1/"));
}

}  // namespace
}  // namespace needlewise
