#include "server/cds_hooks/client_token.h"

#include <cjose/cjose.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/fhir/json.h"
#include "tests/cds_hooks/hook_server.h"

namespace needlewise {
namespace {

using ::testing::HasSubstr;

constexpr char kIssuer[] = "https://ehr.test";
constexpr char kKeys[] = "https://ehr.test/jwks.json";
constexpr char kAudience[] =
    "https://cds.test/cds-services/needlewise-patient-view";

class Key {
 public:
  static Key Ec(cjose_jwk_ec_curve curve, const char* kid) {
    cjose_err error;
    return Key(cjose_jwk_create_EC_random(curve, &error), kid);
  }
  static Key Rsa(size_t bits, const char* kid) {
    cjose_err error;
    const uint8_t exponent[] = {1, 0, 1};
    return Key(cjose_jwk_create_RSA_random(bits, exponent, 3, &error), kid);
  }

  // Its public part, as JSON.
  std::string Public() const {
    cjose_err error;
    const std::unique_ptr<char, decltype(&free)> json(
        cjose_jwk_to_json(jwk_.get(), false, &error), &free);
    return json.get();
  }

  std::string Sign(const char* algorithm, const Json& claims,
                   const char* jku = nullptr) const {
    cjose_err error;
    cjose_header_t* header = cjose_header_new(&error);
    cjose_header_set(header, "alg", algorithm, &error);
    cjose_header_set(header, "typ", "JWT", &error);
    cjose_header_set(header, "kid", kid_.c_str(), &error);
    if (jku != nullptr) cjose_header_set(header, "jku", jku, &error);
    const std::string payload = WriteJson(claims);
    cjose_jws_t* jws = cjose_jws_sign(
        jwk_.get(), header, reinterpret_cast<const uint8_t*>(payload.data()),
        payload.size(), &error);
    const char* compact = nullptr;
    EXPECT_TRUE(cjose_jws_export(jws, &compact, &error)) << error.message;
    std::string token = compact;
    cjose_jws_release(jws);
    cjose_header_release(header);
    return token;
  }

 private:
  Key(cjose_jwk_t* jwk, const char* kid)
      : jwk_(jwk, cjose_jwk_release), kid_(kid) {
    cjose_err error;
    cjose_jwk_set_kid(jwk, kid, kid_.size(), &error);
  }

  std::shared_ptr<cjose_jwk_t> jwk_;
  std::string kid_;
};

std::string SetOf(const std::vector<Key>& keys) {
  std::string set = "{\"keys\":[";
  for (const Key& key : keys) {
    absl::StrAppend(&set, set.back() == '[' ? "" : ",", key.Public());
  }
  return set + "]}";
}

class TokenVerifierTest : public ::testing::Test {
 protected:
  TokenVerifierTest()
      : ec_(Key::Ec(CJOSE_JWK_EC_P_384, "ec")),
        rsa_(Key::Rsa(2048, "rsa")),
        set_(SetOf({ec_, rsa_})),
        verifier_(
            {{kIssuer, kKeys, ""}},
            [this](const std::string& url) -> absl::StatusOr<std::string> {
              ++fetches_;
              if (url != kKeys) return absl::UnavailableError("no");
              return set_;
            },
            &clock_) {}

  Json Claims() const {
    const int64_t now = absl::ToUnixSeconds(clock_.Now());
    return {{"iss", kIssuer},
            {"aud", kAudience},
            {"exp", now + 300},
            {"iat", now},
            {"jti", "1"}};
  }

  // What is said against a token; empty: nothing.
  std::string FaultOf(const std::string& token) {
    const absl::StatusOr<std::string> caller =
        verifier_.Verify(token, kAudience);
    if (caller.ok()) return "";
    EXPECT_EQ(caller.status().code(), absl::StatusCode::kUnauthenticated);
    return std::string(caller.status().message());
  }

  FixedClock clock_;
  const Key ec_;
  const Key rsa_;
  std::string set_;
  int fetches_ = 0;
  TokenVerifier verifier_;
};

TEST_F(TokenVerifierTest, TakesEs384AndRs384) {
  Json claims = Claims();
  EXPECT_EQ(FaultOf(ec_.Sign("ES384", claims)), "");
  claims["jti"] = "2";
  EXPECT_EQ(FaultOf(rsa_.Sign("RS384", claims)), "");
  claims["jti"] = "3";
  claims["aud"] = {"https://other.test", kAudience};
  EXPECT_EQ(FaultOf(ec_.Sign("ES384", claims, kKeys)), "");
  EXPECT_EQ(
      *verifier_.Verify(
          ec_.Sign("ES384", Claims().patch(JsonOf(
                                "[{'op':'replace','path':'/jti','value':'4'"
                                "}]"))),
          kAudience),
      kIssuer);
  EXPECT_EQ(fetches_, 1);
}

TEST_F(TokenVerifierTest, RefusesAnyOtherSignature) {
  EXPECT_THAT(FaultOf(rsa_.Sign("RS256", Claims())), HasSubstr("ES384"));
  EXPECT_THAT(FaultOf(""), HasSubstr("missing"));
  EXPECT_THAT(FaultOf("a.b.c"), HasSubstr("no signed token"));
  // Unsigned, with the claims of a good one.
  const std::string payload = absl::WebSafeBase64Escape(WriteJson(Claims()));
  EXPECT_NE(FaultOf(absl::StrCat(
                absl::WebSafeBase64Escape("{\"alg\":\"none\",\"kid\":\"ec\"}"),
                ".", payload, ".")),
            "");
  // Signed with a secret that is the public key.
  EXPECT_NE(FaultOf(absl::StrCat(
                absl::WebSafeBase64Escape("{\"alg\":\"HS384\",\"kid\":\"ec\"}"),
                ".", payload, ".AAAA")),
            "");
  // The signature of other claims.
  const std::vector<std::string> good =
      absl::StrSplit(ec_.Sign("ES384", Claims()), '.');
  Json other = Claims();
  other["jti"] = "9";
  EXPECT_THAT(FaultOf(absl::StrCat(good[0], ".",
                                   absl::WebSafeBase64Escape(WriteJson(other)),
                                   ".", good[2])),
              HasSubstr("wrong signature"));
  // Somebody else's key under the same id.
  EXPECT_THAT(
      FaultOf(Key::Ec(CJOSE_JWK_EC_P_384, "ec").Sign("ES384", Claims())),
      HasSubstr("wrong signature"));
}

TEST_F(TokenVerifierTest, RefusesKeysThatDoNotFitTheAlgorithm) {
  const Key weak = Key::Rsa(1024, "weak");
  const Key p256 = Key::Ec(CJOSE_JWK_EC_P_256, "p256");
  set_ = SetOf({weak, p256});
  EXPECT_THAT(FaultOf(weak.Sign("RS384", Claims())), HasSubstr("not fit"));
  EXPECT_NE(FaultOf(p256.Sign("ES256", Claims())), "");
}

TEST_F(TokenVerifierTest, RefusesKeysOfAnotherPlace) {
  EXPECT_THAT(
      FaultOf(ec_.Sign("ES384", Claims(), "https://evil.test/jwks.json")),
      HasSubstr("another place"));
  EXPECT_EQ(fetches_, 0);
}

TEST_F(TokenVerifierTest, RefusesUnknownIssuersAndKeys) {
  Json claims = Claims();
  claims["iss"] = "https://evil.test";
  EXPECT_THAT(FaultOf(ec_.Sign("ES384", claims)), HasSubstr("unknown issuer"));
  EXPECT_THAT(FaultOf(Key::Ec(CJOSE_JWK_EC_P_384, "x").Sign("ES384", Claims())),
              HasSubstr("does not have"));
}

TEST_F(TokenVerifierTest, RefusesAnotherAudienceAndOtherTimes) {
  const int64_t now = absl::ToUnixSeconds(clock_.Now());
  const auto with = [&](const char* claim, const Json& value) {
    Json claims = Claims();
    claims[claim] = value;
    return FaultOf(ec_.Sign("ES384", claims));
  };
  EXPECT_THAT(with("aud", "https://cds.test/cds-services"),
              HasSubstr("another service"));
  EXPECT_THAT(with("exp", now - 31), HasSubstr("expired"));
  EXPECT_THAT(with("exp", now + 7200), HasSubstr("too long"));
  EXPECT_THAT(with("exp", "soon"), HasSubstr("does not say"));
  EXPECT_THAT(with("iat", now + 31), HasSubstr("future"));
  EXPECT_THAT(with("iat", nullptr), HasSubstr("does not say"));
  EXPECT_THAT(with("jti", ""), HasSubstr("no id"));
}

TEST_F(TokenVerifierTest, TakesATokenOnce) {
  const std::string token = ec_.Sign("ES384", Claims());
  EXPECT_EQ(FaultOf(token), "");
  EXPECT_THAT(FaultOf(token), HasSubstr("used before"));
  // Made anew, but with the id of the other.
  EXPECT_THAT(FaultOf(rsa_.Sign("RS384", Claims())), HasSubstr("used before"));
}

TEST(AuthenticationTest, LetsInWhoIsKnown) {
  const Key key = Key::Ec(CJOSE_JWK_EC_P_384, "ec");
  const TemporaryFolder folder;
  const std::string file = absl::StrCat(folder.path(), "/jwks.json");
  std::ofstream(file) << SetOf({key});
  HookServer server([&](config::v1::ServerConfig* config) {
    config::v1::CdsHooks* hooks = config->mutable_cds_hooks();
    hooks->set_without_authentication_for_development(false);
    hooks->set_base_url("https://cds.test");
    hooks->add_clients()->set_issuer(kIssuer);
    hooks->mutable_clients(0)->set_jwks_file(file);
  });
  const std::string body = WriteJson(ViewCall());
  const std::string path = absl::StrCat("/cds-services/", kView);
  const FixedClock clock;
  const int64_t now = absl::ToUnixSeconds(clock.Now());
  const std::string token = key.Sign("ES384", {{"iss", kIssuer},
                                               {"aud", kAudience},
                                               {"exp", now + 60},
                                               {"iat", now},
                                               {"jti", "1"}});

  HttpAnswer answer = server.Post(path, body);
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.headers["www-authenticate"], "Bearer");
  EXPECT_EQ(server.Post(absl::StrCat(path, "/feedback"), "{}").status, 401);
  EXPECT_EQ(server.Post(path, body, {{"authorization", "Bearer x.y.z"}}).status,
            401);
  const HttpHeaders good = {{"authorization", absl::StrCat("Bearer ", token)}};
  answer = server.Post(path, body, good);
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(server.Post(path, body, good).status, 401);
  // What there is may be read by anybody.
  EXPECT_EQ(server.Get("/cds-services").status, 200);
}

TEST(AuthenticationTest, LetsInNobodyByDefault) {
  HookServer server([](config::v1::ServerConfig* config) {
    config->mutable_cds_hooks()->set_without_authentication_for_development(
        false);
  });
  EXPECT_EQ(
      server.Post(absl::StrCat("/cds-services/", kView), WriteJson(ViewCall()))
          .status,
      401);
}

}  // namespace
}  // namespace needlewise
