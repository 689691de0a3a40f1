// The listener: what it does with requests before anything answers them.

#include "server/http/http_gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "server/http/content_coding.h"
#include "server/http/probes.h"
#include "tests/integration/http_client.h"
#include "tests/integration/test_server.h"

namespace needlewise {
namespace {

using ::testing::HasSubstr;

constexpr size_t kMaxBodyBytes = 4096;
constexpr int kMostCalls = 100;

// A gateway whose routes the test knows.
class HttpGatewayTest : public ::testing::Test {
 protected:
  HttpGatewayTest()
      : log_(&sink_, &clock_, LogSeverity::kDebug), gate_(kMostCalls) {
    routes_.Add("POST", "/echo", "echo", [](const HttpRequest& request) {
      HttpResponse response;
      response.headers["content-type"] = "text/plain";
      response.body = request.body;
      return response;
    });
    routes_.Add("GET", "/prefix/*", "prefix", [](const HttpRequest& request) {
      HttpResponse response;
      response.body = absl::StrCat(request.path, "|", request.query);
      return response;
    });
    routes_.AddAsync("GET", "/later",
                     {"later", [this](const HttpRequest&, HttpReply reply) {
                        later_ = std::make_unique<HttpReply>(std::move(reply));
                        later_came_.Notify();
                      }});
    routes_.AddAsync("GET", "/never",
                     {"never", [](const HttpRequest&, HttpReply) {}});
    AddProbeRoutes([] { return true; }, [] { return std::string(); }, &routes_);
    options_.routes = &routes_;
    options_.gate = &gate_;
    options_.log = &log_;
    options_.max_body_bytes = kMaxBodyBytes;
    options_.allowed_origins = {"https://tablet.example.org"};
  }

  int Start() {
    auto started = HttpGateway::Start(options_);
    EXPECT_TRUE(started.ok()) << started.status();
    gateway_ = *std::move(started);
    return gateway_->port();
  }

  FixedClock clock_;
  CapturedLog sink_;
  Log log_;
  CallGate gate_;
  HttpRoutes routes_;
  HttpGateway::Options options_;
  absl::Notification later_came_;
  std::unique_ptr<HttpReply> later_;
  std::unique_ptr<HttpGateway> gateway_;
};

TEST_F(HttpGatewayTest, KeepsAConnectionForTheNextRequest) {
  HttpConnection connection(Start());
  for (const char* body : {"one", "", "three"}) {
    const HttpAnswer answer = connection.Call("POST", "/echo", {}, body);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, body);
  }
  const HttpAnswer path = connection.Call("GET", "/prefix/a%20b?c=%26&d");
  EXPECT_EQ(path.body, "/prefix/a b|c=%26&d");
  EXPECT_EQ(connection.Call("HEAD", "/prefix/").status, 200);
  EXPECT_EQ(connection.Call("GET", "/prefix/").body, "/prefix/|");
}

TEST_F(HttpGatewayTest, TakesBodiesInPieces) {
  HttpConnection connection(Start());
  connection.Write(
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n");
  connection.Write("2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(connection.Read().body, "abcde");
}

TEST_F(HttpGatewayTest, AnswersLaterAndFromAnotherThread) {
  const int port = Start();
  HttpAnswer answer;
  std::thread caller([&] { answer = HttpCall(port, "GET", "/later"); });
  later_came_.WaitForNotification();
  // Meanwhile others are served.
  EXPECT_EQ(HttpCall(port, "POST", "/echo", {}, "x").body, "x");
  HttpResponse response;
  response.body = "at last";
  std::move(*later_).Send(std::move(response));
  caller.join();
  EXPECT_EQ(answer.body, "at last");
}

TEST_F(HttpGatewayTest, LeavesNobodyWithoutAnAnswer) {
  EXPECT_EQ(HttpCall(Start(), "GET", "/never").status, 500);
}

TEST_F(HttpGatewayTest, SaysWhatItDoesNotHave) {
  const int port = Start();
  EXPECT_EQ(HttpCall(port, "GET", "/nope").status, 404);
  EXPECT_EQ(HttpCall(port, "GET", "/echo/").status, 404);
  const HttpAnswer wrong_method = HttpCall(port, "GET", "/echo");
  EXPECT_EQ(wrong_method.status, 405);
  EXPECT_EQ(wrong_method.headers.at("allow"), "POST");
  EXPECT_EQ(HttpCall(port, "GET", "/prefix/%zz").status, 400);
  EXPECT_EQ(HttpCall(port, "GET", "/prefix/a%00b").status, 400);
}

TEST_F(HttpGatewayTest, SurvivesWhatIsNoHttp) {
  // Some of it could still become a request.
  options_.read_timeout = absl::Milliseconds(100);
  const int port = Start();
  for (const std::string& bytes :
       {std::string("\x16\x03\x01\x02\x00\x01\x00"), std::string("\r\n\r\n"),
        std::string("GET\r\n\r\n"), std::string(200000, 'a'),
        "GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(200000, 'b'),
        std::string("POST /echo HTTP/1.1\r\nHost: a\r\n"
                    "Content-Length: -5\r\n\r\n"),
        std::string("POST /echo HTTP/1.1\r\nHost: a\r\n"
                    "Transfer-Encoding: chunked\r\n\r\nzz\r\n")}) {
    HttpConnection connection(port);
    connection.Write(bytes);
    const int status = connection.Read().status;
    EXPECT_TRUE(status == 0 || status >= 400) << status;
  }
  EXPECT_EQ(HttpCall(port, "POST", "/echo", {}, "x").body, "x");
}

TEST_F(HttpGatewayTest, UndoesAndAppliesCompression) {
  const int port = Start();
  const std::string text(3000, 'z');
  const HttpAnswer plain = HttpCall(port, "POST", "/echo",
                                    {{"Content-Encoding", "gzip"}}, Gzip(text));
  EXPECT_EQ(plain.body, text);
  EXPECT_EQ(plain.headers.count("content-encoding"), 0u);
  const HttpAnswer packed = HttpCall(
      port, "POST", "/echo", {{"Accept-Encoding", "br, GZIP;q=0.5"}}, text);
  EXPECT_EQ(packed.headers.at("content-encoding"), "gzip");
  EXPECT_THAT(packed.headers.at("vary"), HasSubstr("Accept-Encoding"));
  EXPECT_LT(packed.body.size(), text.size());
  EXPECT_EQ(*Gunzip(packed.body, text.size()), text);
  // Not worth it.
  EXPECT_EQ(
      HttpCall(port, "POST", "/echo", {{"Accept-Encoding", "gzip"}}, "x").body,
      "x");
}

TEST_F(HttpGatewayTest, RefusesCompressionItDoesNotKnowOrThatIsDamaged) {
  const int port = Start();
  const auto call = [&](const char* coding, const std::string& body) {
    return HttpCall(port, "POST", "/echo", {{"Content-Encoding", coding}},
                    body);
  };
  const HttpAnswer unknown = call("br", "x");
  EXPECT_EQ(unknown.status, 501);
  EXPECT_EQ(unknown.headers.at("accept-encoding"), "gzip, identity");
  const std::string packed = Gzip("some text");
  EXPECT_EQ(call("gzip", packed.substr(0, packed.size() - 1)).status, 400);
  EXPECT_EQ(call("gzip", packed + "x").status, 400);
  EXPECT_EQ(call("gzip", "no gzip").status, 400);
  EXPECT_EQ(call("gzip", "").status, 200);
  EXPECT_EQ(call("identity", "x").body, "x");
}

TEST_F(HttpGatewayTest, LimitsBodiesAlsoOnceTheyAreDecompressed) {
  const int port = Start();
  EXPECT_EQ(HttpCall(port, "POST", "/echo", {}, std::string(kMaxBodyBytes, 'a'))
                .status,
            200);
  EXPECT_EQ(
      HttpCall(port, "POST", "/echo", {}, std::string(kMaxBodyBytes + 1, 'a'))
          .status,
      413);
  const std::string bomb = Gzip(std::string(100 * kMaxBodyBytes, 'a'));
  ASSERT_LT(bomb.size(), kMaxBodyBytes);
  EXPECT_EQ(
      HttpCall(port, "POST", "/echo", {{"Content-Encoding", "gzip"}}, bomb)
          .status,
      413);
  // Far too much is not even read: refused by its length, or cut off.
  HttpConnection announced(port);
  announced.Write(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9994000\r\n\r\n");
  EXPECT_EQ(announced.Read().status, 413);
  EXPECT_TRUE(announced.IsClosedByPeer());
  HttpConnection endless(port);
  endless.Write(
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk =
      absl::StrCat("400\r\n", std::string(0x400, 'a'), "\r\n");
  while (endless.Write(chunk)) {
  }
  EXPECT_EQ(HttpCall(port, "POST", "/echo", {}, "x").body, "x");
}

TEST_F(HttpGatewayTest, CutsOffSlowSenders) {
  options_.read_timeout = absl::Milliseconds(50);
  options_.idle_timeout = absl::Milliseconds(50);
  const int port = Start();
  // Nothing at all, half of the headers, half of the body, and nothing more
  // after a first request.
  for (const char* begin :
       {"", "POST /echo HTTP/1.1\r\nHost: a\r\nConte",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc"}) {
    HttpConnection connection(port);
    connection.Write(begin);
    EXPECT_EQ(connection.Read().status, 0) << begin;
  }
  HttpConnection idle(port);
  EXPECT_EQ(idle.Call("POST", "/echo", {}, "x").body, "x");
  EXPECT_TRUE(idle.IsClosedByPeer());
  // One that sends a byte whenever it could be taken for dead.
  HttpConnection dripping(port);
  dripping.Write(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4000\r\n"
      "\r\n");
  int sent = 0;
  while (!dripping.IsClosedWithin(absl::Milliseconds(5)) && sent < 4000) {
    dripping.Write("a");
    ++sent;
  }
  EXPECT_LT(sent, 4000);
}

TEST_F(HttpGatewayTest, LimitsCallsButNotProbes) {
  const int port = Start();
  std::vector<CallGate::Ticket> tickets;
  for (auto ticket = gate_.Enter(); ticket.ok(); ticket = gate_.Enter()) {
    tickets.push_back(*std::move(ticket));
  }
  const HttpAnswer refused = HttpCall(port, "POST", "/echo", {}, "x");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(ConnectErrorOf(refused).code, "resource_exhausted");
  EXPECT_EQ(ReasonOf(ConnectErrorOf(refused).status), "TOO_MANY_CALLS");
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  EXPECT_EQ(HttpCall(port, "GET", "/healthz").status, 200);
  tickets.pop_back();
  EXPECT_EQ(HttpCall(port, "POST", "/echo", {}, "x").status, 200);
  gate_.Close();
  const HttpAnswer closed = HttpCall(port, "POST", "/echo", {}, "x");
  EXPECT_EQ(closed.status, 503);
  EXPECT_EQ(ReasonOf(ConnectErrorOf(closed).status), "SHUTTING_DOWN");
}

TEST_F(HttpGatewayTest, LetsPagesOfAllowedOriginsCall) {
  const int port = Start();
  const auto preflight = [&](const char* origin, const char* method) {
    return HttpCall(
        port, "OPTIONS", "/echo",
        {{"Origin", origin}, {"Access-Control-Request-Method", method}});
  };
  const HttpAnswer allowed = preflight("https://tablet.example.org", "POST");
  EXPECT_EQ(allowed.status, 204);
  EXPECT_EQ(allowed.headers.at("access-control-allow-origin"),
            "https://tablet.example.org");
  EXPECT_EQ(allowed.headers.at("access-control-allow-methods"), "POST");
  EXPECT_THAT(allowed.headers.at("access-control-allow-headers"),
              HasSubstr("Connect-Protocol-Version"));
  EXPECT_EQ(preflight("https://tablet.example.org", "DELETE").status, 405);
  for (const char* origin :
       {"https://tablet.example.org.evil.example", "http://tablet.example.org",
        "https://TABLET.example.org", "null", "*"}) {
    const HttpAnswer refused = preflight(origin, "POST");
    EXPECT_EQ(refused.status, 403) << origin;
    EXPECT_EQ(refused.headers.count("access-control-allow-origin"), 0u);
    const HttpAnswer answer =
        HttpCall(port, "POST", "/echo", {{"Origin", origin}}, "x");
    EXPECT_EQ(answer.headers.count("access-control-allow-origin"), 0u);
    EXPECT_THAT(answer.headers.at("vary"), HasSubstr("Origin"));
  }
  EXPECT_EQ(HttpCall(port, "POST", "/echo",
                     {{"Origin", "https://tablet.example.org"}}, "x")
                .headers.at("access-control-allow-origin"),
            "https://tablet.example.org");
}

TEST_F(HttpGatewayTest, StopsOnlyWhenWhatItBeganIsAnswered) {
  const int port = Start();
  std::thread caller([&] { HttpCall(port, "GET", "/later"); });
  later_came_.WaitForNotification();
  std::thread stopper([&] { gateway_->Stop(); });
  std::move(*later_).Send({});
  stopper.join();
  caller.join();
}

TEST_F(HttpGatewayTest, SaysWhyItCannotListen) {
  options_.port = Start();
  const auto taken = HttpGateway::Start(options_);
  EXPECT_EQ(taken.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(taken.status().message()),
              HasSubstr(absl::StrCat("127.0.0.1:", options_.port)));
  options_.port = 0;
  options_.certificate = "no certificate";
  options_.private_key = "no key";
  EXPECT_FALSE(HttpGateway::Start(options_).ok());
}

TEST(HttpServerTest, DrainsInStepWithGrpc) {
  TestServer server([](config::v1::ServerConfig* config) {
    config->mutable_http_listener()->set_address("localhost:0");
    config->mutable_http_listener()->set_insecure_for_development(true);
  });
  const int port = server.server().http_port();
  EXPECT_NE(port, 0);
  EXPECT_EQ(HttpCall(port, "GET", "/readyz").status, 200);
  EXPECT_EQ(HttpCall(port, "GET", "/healthz").body, "ok\n");
  HttpConnection idle(port);
  EXPECT_EQ(idle.Call("GET", "/readyz").status, 200);
  server.server().Drain();
  EXPECT_TRUE(idle.IsClosedByPeer());
  EXPECT_EQ(server.server().http_port(), 0);
}

TEST(HttpServerTest, IsOffUnlessConfigured) {
  TestServer server;
  EXPECT_EQ(server.server().http_port(), 0);
}

}  // namespace
}  // namespace needlewise
