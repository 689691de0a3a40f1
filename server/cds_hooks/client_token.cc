#include "server/cds_hooks/client_token.h"

#include <cjose/cjose.h>

#include <cmath>
#include <cstdlib>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "server/fhir/element.h"
#include "server/fhir/json_document.h"

namespace needlewise {
namespace {

// How far two clocks may be apart.
constexpr absl::Duration kLeeway = absl::Seconds(30);
// Longest life of a token that is accepted: each is remembered for as long.
constexpr absl::Duration kLongestLife = absl::Hours(1);
constexpr absl::Duration kKeySetLife = absl::Minutes(10);
// A token with an unknown key makes the set be fetched anew at most this often.
constexpr absl::Duration kKeySetRest = absl::Seconds(30);
constexpr size_t kLongestToken = 16384;
constexpr size_t kLongestId = 256;
constexpr size_t kMostUsed = 200000;
constexpr size_t kLeastRsaBits = 2048;
constexpr size_t kEs384Bits = 384;

struct FreeJws {
  void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
};
struct FreeJwk {
  void operator()(cjose_jwk_t* jwk) const { cjose_jwk_release(jwk); }
};

absl::Status Refused(absl::string_view why) {
  return absl::UnauthenticatedError(absl::StrCat("the token ", why));
}

std::string HeaderText(cjose_header_t* header, const char* name) {
  cjose_err error;
  const char* value = cjose_header_get(header, name, &error);
  return value == nullptr ? "" : value;
}

// The key of a set that has this id.
absl::optional<std::string> KeyIn(const std::string& jwks,
                                  const std::string& kid) {
  Violations faults;
  const absl::optional<JsonDocument> set = ParseJson(jwks, &faults);
  if (!set.has_value()) return absl::nullopt;
  const Element keys = Element(&set->root(), "", &faults).Array("keys");
  for (int i = 0; i < keys.size(); ++i) {
    if (keys.ObjectAt(i).Text("kid") == kid) {
      return WriteJson(*keys.Item(i).json());
    }
  }
  return absl::nullopt;
}

// Whether a key is of the kind that the algorithm wants: nothing of a token
// may choose how a key is used.
bool Fits(const cjose_jwk_t* key, const std::string& algorithm) {
  cjose_err error;
  const cjose_jwk_kty_t kind = cjose_jwk_get_kty(key, &error);
  const size_t bits = cjose_jwk_get_keysize(key, &error);
  if (algorithm == CJOSE_HDR_ALG_ES384) {
    return kind == CJOSE_JWK_KTY_EC && bits == kEs384Bits;
  }
  return algorithm == CJOSE_HDR_ALG_RS384 && kind == CJOSE_JWK_KTY_RSA &&
         bits >= kLeastRsaBits;
}

bool IsForAudience(const Element& claims, const std::string& audience) {
  const Element member = claims.Member("aud");
  if (!member.exists()) return false;
  if (member.json()->IsString()) return TextIn(*member.json()) == audience;
  for (int i = 0; i < member.size(); ++i) {
    if (TextIn(*member.Item(i).json()) == audience) return true;
  }
  return false;
}

absl::optional<absl::Time> TimeIn(const Element& claims, const char* name) {
  const absl::optional<double> seconds = claims.Number(name);
  constexpr double kLastYear = 253402300799.0;
  if (!seconds.has_value() || !(*seconds >= 0) || *seconds > kLastYear) {
    return absl::nullopt;
  }
  return absl::UnixEpoch() + absl::Seconds(std::floor(*seconds));
}

}  // namespace

TokenVerifier::TokenVerifier(std::vector<TokenClient> clients, FetchKeys fetch,
                             const Clock* clock)
    : clients_([&] {
        std::map<std::string, TokenClient> by_issuer;
        for (TokenClient& client : clients) {
          const std::string issuer = client.issuer;
          by_issuer.emplace(issuer, std::move(client));
        }
        return by_issuer;
      }()),
      fetch_(std::move(fetch)),
      clock_(clock) {}

absl::StatusOr<std::string> TokenVerifier::Verify(absl::string_view token,
                                                  const std::string& audience) {
  if (token.empty() || token.size() > kLongestToken) {
    return Refused("is missing or too long");
  }
  cjose_err error;
  const std::unique_ptr<cjose_jws_t, FreeJws> jws(
      cjose_jws_import(token.data(), token.size(), &error));
  if (jws == nullptr) return Refused("is no signed token");
  cjose_header_t* header = cjose_jws_get_protected(jws.get());
  const std::string algorithm = HeaderText(header, CJOSE_HDR_ALG);
  if (algorithm != CJOSE_HDR_ALG_ES384 && algorithm != CJOSE_HDR_ALG_RS384) {
    return Refused("must be signed by ES384 or RS384");
  }
  const std::string kid = HeaderText(header, CJOSE_HDR_KID);
  if (kid.empty()) return Refused("names no key");

  // Read before it is verified, to know whose keys to try; nothing of it is
  // believed until then.
  uint8_t* bytes = nullptr;
  size_t length = 0;
  if (!cjose_jws_get_plaintext(jws.get(), &bytes, &length, &error)) {
    return Refused("holds nothing");
  }
  Violations faults;
  const absl::optional<JsonDocument> payload = ParseJson(
      absl::string_view(reinterpret_cast<const char*>(bytes), length), &faults);
  if (!payload.has_value() || !payload->root().IsObject()) {
    return Refused("holds no claims");
  }
  const Element claims(&payload->root(), "", &faults);
  const auto client = clients_.find(std::string(claims.Text("iss")));
  if (client == clients_.end()) return Refused("is of an unknown issuer");
  if (const std::string jku = HeaderText(header, "jku");
      !jku.empty() && jku != client->second.jwks_url) {
    return Refused("names keys of another place than its issuer's");
  }
  const absl::StatusOr<std::string> key = FindKey(client->second, kid);
  if (!key.ok()) return key.status();
  const std::unique_ptr<cjose_jwk_t, FreeJwk> jwk(
      cjose_jwk_import(key->data(), key->size(), &error));
  if (jwk == nullptr || !Fits(jwk.get(), algorithm)) {
    return Refused("is signed with a key that does not fit");
  }
  if (!cjose_jws_verify(jws.get(), jwk.get(), &error)) {
    return Refused("has a wrong signature");
  }

  if (!IsForAudience(claims, audience)) {
    return Refused("is made out to another service");
  }
  const absl::Time now = clock_->Now();
  const absl::optional<absl::Time> expires = TimeIn(claims, "exp");
  const absl::optional<absl::Time> issued = TimeIn(claims, "iat");
  if (!expires.has_value() || !issued.has_value()) {
    return Refused("does not say when it was issued and when it expires");
  }
  if (*expires + kLeeway <= now) return Refused("has expired");
  if (*issued > now + kLeeway) return Refused("is issued in the future");
  if (*expires > now + kLongestLife) return Refused("is valid for too long");
  const std::string id(claims.Text("jti"));
  if (id.empty() || id.size() > kLongestId) return Refused("has no id");
  if (absl::Status once = UseOnce(client->first, id, *expires + 2 * kLeeway);
      !once.ok()) {
    return once;
  }
  return client->first;
}

absl::StatusOr<std::string> TokenVerifier::FindKey(const TokenClient& client,
                                                   const std::string& kid) {
  if (client.jwks_url.empty()) {
    const absl::optional<std::string> key = KeyIn(client.jwks, kid);
    return key.has_value()
               ? absl::StatusOr<std::string>(*key)
               : Refused("is signed with a key that its issuer does not have");
  }
  const absl::Time now = clock_->Now();
  KeySet known;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = key_sets_.find(client.jwks_url);
    if (found != key_sets_.end()) known = found->second;
  }
  const absl::Duration age = now - known.fetched;
  absl::optional<std::string> key;
  if (!known.json.empty() && age < kKeySetLife) {
    key = KeyIn(known.json, kid);
    if (key.has_value()) return *key;
    if (age < kKeySetRest) {
      return Refused("is signed with a key that its issuer does not have");
    }
  }
  // Two calls may fetch at once; the later set stays.
  absl::StatusOr<std::string> fetched = fetch_(client.jwks_url);
  if (!fetched.ok()) {
    return absl::UnavailableError("the keys of the issuer cannot be had");
  }
  key = KeyIn(*fetched, kid);
  absl::MutexLock lock(&mutex_);
  key_sets_[client.jwks_url] = {*std::move(fetched), now};
  return key.has_value()
             ? absl::StatusOr<std::string>(*std::move(key))
             : Refused("is signed with a key that its issuer does not have");
}

absl::Status TokenVerifier::UseOnce(const std::string& issuer,
                                    const std::string& id, absl::Time until) {
  const absl::Time now = clock_->Now();
  absl::MutexLock lock(&mutex_);
  if (used_.size() >= kMostUsed) {
    absl::erase_if(used_, [&](const auto& used) { return used.second <= now; });
    if (used_.size() >= kMostUsed) {
      return absl::UnavailableError("too many tokens at once");
    }
  }
  const auto [used, is_new] =
      used_.emplace(absl::StrCat(issuer.size(), ":", issuer, id), until);
  if (is_new) return absl::OkStatus();
  if (used->second > now) return Refused("was used before");
  used->second = until;
  return absl::OkStatus();
}

}  // namespace needlewise
