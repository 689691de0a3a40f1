#include "server/cds_hooks/hook_settings.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "server/cds_hooks/http_fetcher.h"
#include "server/loopback.h"
#include "server/server_config.h"

namespace needlewise {
namespace {

constexpr char kDefaultTreatment[] = "base_microneedling";
constexpr char kDefaultArea[] = "face";
constexpr char kDefaultWords[] = "microneedling";
constexpr int kDefaultFetchSeconds = 2;
constexpr absl::Duration kLongestFetch = absl::Seconds(60);
constexpr int kDefaultFetchBytes = 4194304;
constexpr int kLeastFetchBytes = 1024;

class Check {
 public:
  explicit Check(const config::v1::ServerConfig& config)
      : hooks_(config.cds_hooks()), http_(config.http_listener()) {}

  std::vector<HookSettingFault> Run() {
    Callers();
    for (int i = 0; i < hooks_.treatments_size(); ++i) Treatment(i);
    for (int i = 0; i < hooks_.clients_size(); ++i) Client(i);
    for (int i = 0; i < hooks_.fhir_servers_size(); ++i) {
      if (!IsBase(hooks_.fhir_servers(i))) {
        Fault("fhir_servers",
              "is not the base URL of a server; write `https://…`, or "
              "`http://…` on a loopback address, without a slash at the end",
              i);
      }
    }
    const absl::Duration timeout = ToDuration(hooks_.fetch_timeout());
    if (timeout <= absl::ZeroDuration() || timeout > kLongestFetch) {
      Fault("fetch_timeout", "must be above 0 and at most 1 min");
    }
    if (hooks_.max_fetch_bytes() < kLeastFetchBytes ||
        hooks_.max_fetch_bytes() > 1 << 30) {
      Fault("max_fetch_bytes", "must be from 1 KiB to 1 GiB, or 0 for 4 MiB");
    }
    return std::move(faults_);
  }

 private:
  void Fault(const char* field, std::string message, int index = -1) {
    faults_.push_back({field, index, std::move(message)});
  }

  static bool IsBase(const std::string& url) {
    return IsFetchable(url) && !absl::EndsWith(url, "/");
  }

  void Callers() {
    const char* without = "without_authentication_for_development";
    if (hooks_.without_authentication_for_development()) {
      const absl::optional<HostPort> address = SplitHostPort(http_.address());
      if (http_.address().empty()) {
        Fault(without, "goes with `http_listener.address`, which is empty");
      } else if (address.has_value() && !IsLoopback(address->host)) {
        Fault(without,
              "needs a loopback address in `http_listener.address`; elsewhere "
              "name the callers in `clients`");
      }
      if (!hooks_.clients().empty()) {
        Fault(without, "must be false with `clients`");
      }
    }
    if (!hooks_.clients().empty() &&
        (hooks_.base_url().empty() || absl::EndsWith(hooks_.base_url(), "/"))) {
      Fault("base_url",
            "is required with `clients`, without a slash at the end: tokens "
            "are made out to it");
    }
  }

  void Treatment(int i) {
    const config::v1::HookTreatment& known = hooks_.treatments(i);
    if (known.has_coding() == !known.words().empty()) {
      Fault("treatments", "needs either `coding` or `words`", i);
    }
    if (known.treatment().treatment().empty()) {
      Fault("treatments", "needs a `treatment`", i);
    }
  }

  void Client(int i) {
    const config::v1::HookClient& client = hooks_.clients(i);
    if (client.issuer().empty()) {
      Fault("clients", "needs an `issuer`", i);
    }
    if (client.jwks_url().empty() == client.jwks_file().empty()) {
      Fault("clients", "needs either `jwks_url` or `jwks_file`", i);
    } else if (!client.jwks_url().empty() && !IsFetchable(client.jwks_url())) {
      Fault("clients",
            "has a `jwks_url` that is neither `https://…` nor on a loopback "
            "address",
            i);
    }
  }

  const config::v1::CdsHooks& hooks_;
  const config::v1::HttpListener& http_;
  std::vector<HookSettingFault> faults_;
};

}  // namespace

void FillHookDefaults(config::v1::CdsHooks* hooks) {
  v1::TreatmentSelection* view = hooks->mutable_patient_view();
  if (view->treatment().empty()) view->set_treatment(kDefaultTreatment);
  if (view->areas().empty()) view->add_areas(kDefaultArea);
  if (hooks->treatments().empty()) {
    config::v1::HookTreatment* known = hooks->add_treatments();
    known->set_words(kDefaultWords);
    known->mutable_treatment()->set_treatment(kDefaultTreatment);
  }
  if (!hooks->has_fetch_timeout()) {
    hooks->mutable_fetch_timeout()->set_seconds(kDefaultFetchSeconds);
  }
  if (hooks->max_fetch_bytes() == 0) {
    hooks->set_max_fetch_bytes(kDefaultFetchBytes);
  }
}

std::vector<HookSettingFault> CheckHookSettings(
    const config::v1::ServerConfig& config) {
  return Check(config).Run();
}

}  // namespace needlewise
