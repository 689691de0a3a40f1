#include "server/server.h"

#include <grpc/impl/codegen/grpc_types.h>
#include <grpcpp/ext/channelz_service_plugin.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/fhir/screen_operation.h"
#include "server/grpc_services.h"
#include "server/http/connect_door.h"
#include "server/http/gateway_options.h"
#include "server/http/probes.h"
#include "server/server_config.h"
#include "server/site_findings.h"

namespace needlewise {
namespace {

// How long what is none of our services' may take to end when the server
// stops: watches of health, reflection.
constexpr std::chrono::milliseconds kForeignCallsGrace(250);
// A peer that is gone without a word is noticed within this and the timeout.
constexpr int kKeepaliveMilliseconds = 60 * 1000;
constexpr int kKeepaliveTimeoutMilliseconds = 20 * 1000;
// Clients may send keepalive pings this often.
constexpr int kLeastPingIntervalMilliseconds = 10 * 1000;
// Threads for reflection and channelz, the only services that take one each.
constexpr int kMostSyncThreads = 4;

DecisionSupport::Options SupportOptions(const config::v1::ServerConfig& config,
                                        Metrics* metrics) {
  DecisionSupport::Options options;
  options.metrics = metrics;
  options.site_findings.assign(config.site_findings().begin(),
                               config.site_findings().end());
  options.max_findings = config.limits().max_findings();
  options.max_batch_items = config.limits().max_batch_items();
  return options;
}

CatalogManager::Options WatchedCatalogOptions(
    const config::v1::ServerConfig& config, const Clock* clock,
    CatalogListener* listener) {
  CatalogManager::Options options = CatalogOptions(config, clock);
  options.listener = listener;
  return options;
}

// A catalogue before its day: somebody should look, but a machine whose clock
// is wrong must not be left without rules.
void WarnIfNotYetEffective(const CompiledCatalog& catalog, absl::CivilDay today,
                           std::vector<v1::Diagnostic>* faults) {
  const std::string& from = catalog.catalog.manifest().effective_from();
  // ISO 8601 sorts as text does.
  if (from <= absl::FormatCivilTime(today)) return;
  v1::Diagnostic& fault = faults->emplace_back();
  fault.set_severity(v1::SEVERITY_WARNING);
  fault.set_subject("manifest");
  fault.set_message(
      absl::StrCat("the catalogue may be used from ", from, ", after today"));
}

// A request somewhat above the limit is still read, to be answered with the
// reason; beyond this gRPC refuses it unread.
int LargestReadBytes(const config::v1::Limits& limits) {
  return static_cast<int>(std::min(int64_t{2} * limits.max_request_bytes(),
                                   int64_t{std::numeric_limits<int>::max()}));
}

// Streams of one connection: what a single client may use up, with room to be
// told that it was too much.
int MostStreams(const config::v1::Limits& limits) {
  return limits.max_concurrent_calls() + limits.max_watchers();
}

}  // namespace

CatalogManager::Options CatalogOptions(const config::v1::ServerConfig& config,
                                       const Clock* clock) {
  CatalogManager::Options options;
  options.folder = config.catalog().folder();
  options.poll_interval = ToDuration(config.catalog().poll_interval());
  options.last_good_folder = config.catalog().last_good_folder();
  options.overlay_files.assign(config.catalog().overlay_files().begin(),
                               config.catalog().overlay_files().end());
  options.trusted_key_files.assign(config.catalog().trusted_key_files().begin(),
                                   config.catalog().trusted_key_files().end());
  options.require_seal = config.catalog().require_seal();
  options.load.max_condition_depth = config.limits().max_condition_depth();
  const std::vector<v1::Finding> site_findings(config.site_findings().begin(),
                                               config.site_findings().end());
  options.accept = [site_findings, clock](const CompiledCatalog& catalog) {
    const absl::CivilDay today =
        absl::ToCivilDay(clock->Now(), absl::LocalTimeZone());
    std::vector<v1::Diagnostic> faults =
        CheckSiteFindings(site_findings, catalog, today);
    WarnIfNotYetEffective(catalog, today, &faults);
    return faults;
  };
  return options;
}

Server::Server(const config::v1::ServerConfig& config, const Clock* clock,
               const Log* log)
    : config_(config),
      clock_(clock),
      log_(log),
      metrics_(config.http_listener().address().empty()
                   ? nullptr
                   : std::make_unique<Metrics>()),
      watches_(config.limits().max_watchers(), clock),
      catalog_events_(metrics_.get(), &watches_),
      catalogs_(WatchedCatalogOptions(config, clock, &catalog_events_), clock,
                log),
      gate_(config.limits().max_concurrent_calls()),
      worker_(kMostWaitingCandidates),
      log_worker_(kMostWaitingQueries) {}

Server::~Server() { Drain(); }

absl::StatusOr<std::unique_ptr<Server>> Server::Start(
    const config::v1::ServerConfig& config, const Clock* clock,
    const Log* log) {
  auto server = std::unique_ptr<Server>(new Server(config, clock, log));
  if (absl::Status opened = server->OpenRecording(); !opened.ok()) {
    opened.SetPayload(kDecisionLogError, absl::Cord());
    return opened;
  }
  if (absl::Status loaded = server->catalogs_.LoadFirst(); !loaded.ok()) {
    return loaded;
  }
  if (absl::Status listening = server->Listen(); !listening.ok()) {
    return listening;
  }
  if (absl::Status listening = server->ListenForHttp(); !listening.ok()) {
    return listening;
  }
  server->SetServing(true);
  server->catalogs_.StartPolling();
  return server;
}

absl::Status Server::OpenRecording() {
  const config::v1::DecisionLog& log = config_.decision_log();
  DecisionSupport::Options options = SupportOptions(config_, metrics_.get());
  if (Records(log)) {
    std::vector<v1::Finding> site = options.site_findings;
    for (v1::Finding& finding : site) finding.set_source(v1::SOURCE_SITE);
    auto recording = Recording::Open(
        {log, std::move(site),
         [this](bool available) { OnStoreAvailability(available); }},
        clock_, log_);
    if (!recording.ok()) return recording.status();
    recording_ = *std::move(recording);
  }
  if (!log.receipt_key_file().empty()) {
    auto signer = ReceiptSigner::Open(log.receipt_key_file());
    if (!signer.ok()) return signer.status();
    signer_ = *std::move(signer);
  }
  support_ =
      std::make_unique<DecisionSupport>(std::move(options), &catalogs_, clock_,
                                        log_, recording_.get(), signer_.get());
  services_ =
      MakeServices({support_.get(), &catalogs_, &watches_, &gate_, &worker_,
                    log_, metrics_.get(), config_.limits().max_request_bytes(),
                    recording_.get(), &log_worker_});
  return absl::OkStatus();
}

void Server::OnStoreAvailability(bool available) {
  if (config_.decision_log().store_failure_health() ==
      config::v1::STORE_FAILURE_HEALTH_DEGRADED) {
    return;
  }
  absl::MutexLock lock(&health_mutex_);
  store_serves_.store(available);
  if (health_ == nullptr) return;
  for (const char* name : DecidingServiceNames()) {
    health_->SetServingStatus(name, available);
  }
}

absl::Status Server::Listen() {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  if (config_.telemetry().channelz()) {
    grpc::channelz::experimental::InitChannelzService();
  }
  const config::v1::Limits& limits = config_.limits();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(config_.listener().address(),
                           grpc::InsecureServerCredentials(), &port_);
  builder.SetMaxReceiveMessageSize(LargestReadBytes(limits));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             MostStreams(limits));
  // A second server on the same port is a mistake, and not a share of the
  // work.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ,
                             config_.telemetry().channelz() ? 1 : 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS,
                             kKeepaliveMilliseconds);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             kKeepaliveTimeoutMilliseconds);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      kLeastPingIntervalMilliseconds);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
  grpc::ResourceQuota quota("needlewise");
  quota.SetMaxThreads(kMostSyncThreads);
  builder.SetResourceQuota(quota);
  for (const auto& service : services_) builder.RegisterService(service.get());
  grpc_server_ = builder.BuildAndStart();
  if (grpc_server_ == nullptr || port_ == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on `", config_.listener().address(),
                     "`; is another server using the port?"));
  }
  return absl::OkStatus();
}

absl::Status Server::ListenForHttp() {
  const config::v1::HttpListener& http = config_.http_listener();
  if (http.address().empty()) return absl::OkStatus();
  AddProbeRoutes([this] { return serving_.load() && store_serves_.load(); },
                 [this] { return Degradation(); }, &routes_);
  AddMetricReadings();
  AddMetricsRoute(metrics_.get(), &routes_);
  ConnectParts parts;
  parts.support = support_.get();
  parts.catalogs = &catalogs_;
  parts.worker = &worker_;
  parts.longest_worker_queue = kMostWaitingCandidates;
  parts.recording = recording_.get();
  parts.log_worker = &log_worker_;
  parts.longest_log_queue = kMostWaitingQueries;
  parts.max_body_bytes = http.max_body_bytes();
  parts.require_version = http.require_connect_protocol_version();
  AddConnectRoutes(parts, &routes_);
  AddScreenOperation({support_.get(), &catalogs_},
                     config_.cds_hooks().patient_view(), &routes_);
  absl::StatusOr<std::unique_ptr<HookDoor>> hooks =
      HookDoor::Create(config_.cds_hooks(), {support_.get(), &catalogs_},
                       recording_.get(), clock_);
  if (!hooks.ok()) return hooks.status();
  hooks_ = *std::move(hooks);
  hooks_->AddRoutes(&routes_);

  absl::StatusOr<HttpGateway::Options> options = ToGatewayOptions(http);
  if (!options.ok()) return options.status();
  options->routes = &routes_;
  options->gate = &gate_;
  options->log = log_;
  options->metrics = metrics_.get();
  absl::StatusOr<std::unique_ptr<HttpGateway>> gateway =
      HttpGateway::Start(*std::move(options));
  if (!gateway.ok()) return gateway.status();
  http_ = *std::move(gateway);
  return absl::OkStatus();
}

std::string Server::Degradation() const {
  const size_t rules = catalogs_.RulesPastReview().size();
  if (rules == 0) return "";
  return absl::StrCat(rules, rules == 1 ? " rule cites" : " rules cite",
                      " a source past its review date");
}

void Server::AddMetricReadings() {
  metrics_->AddReading(
      "needlewise_catalog_info",
      "1, with the version and the digest of the catalogue in force.",
      [] { return 1; },
      [this]() -> Metrics::Labels {
        const v1::CatalogVersion& version =
            catalogs_.Current()->compiled->version;
        return {{"version", version.version()}, {"digest", version.digest()}};
      });
  metrics_->AddReading("needlewise_catalog_age_seconds",
                       "How long the catalogue has been in force here.",
                       [this] {
                         return absl::ToDoubleSeconds(
                             clock_->Now() - catalogs_.Current()->activated_at);
                       });
  metrics_->AddReading(
      "needlewise_rules_past_review",
      "Rules in force that cite a source past its review date.", [this] {
        return static_cast<double>(catalogs_.RulesPastReview().size());
      });
  metrics_->AddReading("needlewise_calls_in_progress",
                       "Calls that are being answered, through any door.",
                       [this] { return gate_.in_progress(); });
  if (recording_ != nullptr) AddLogReadings();
  metrics_->AddReading("needlewise_serving",
                       "1 while the server says that it serves, else 0.",
                       [this] { return serving_.load() ? 1 : 0; });
}

void Server::AddLogReadings() {
  const auto add = [this](const char* name, const char* help,
                          double (*read)(const DecisionLogStats&)) {
    metrics_->AddReading(absl::StrCat("needlewise_decision_log_", name), help,
                         [this, read] { return read(recording_->Stats()); });
  };
  using Stats = DecisionLogStats;
  add("queued", "Records that wait to be committed.",
      [](const Stats& s) { return static_cast<double>(s.queued); });
  add("max_queued", "How many may wait.",
      [](const Stats& s) { return static_cast<double>(s.max_queued); });
  add("store_available", "1 while the store can be written, else 0.",
      [](const Stats& s) { return s.store_available ? 1.0 : 0.0; });
  add("appended_total", "Records that were committed.",
      [](const Stats& s) { return static_cast<double>(s.appended); });
  add("refused_busy_total", "Calls refused because the queue was full.",
      [](const Stats& s) { return static_cast<double>(s.refused_busy); });
  add("refused_unavailable_total",
      "Calls refused because the store could not be written.",
      [](const Stats& s) {
        return static_cast<double>(s.refused_unavailable);
      });
  add("store_failures_total", "Transactions that failed.",
      [](const Stats& s) { return static_cast<double>(s.store_failures); });
}

void Server::SetServing(bool serving) {
  serving_.store(serving);
  absl::MutexLock lock(&health_mutex_);
  if (!serving) {
    if (health_ != nullptr) health_->Shutdown();
    health_ = nullptr;
    return;
  }
  health_ = grpc_server_->GetHealthCheckService();
  for (const char* name : ServiceNames()) {
    health_->SetServingStatus(name, true);
  }
  for (const char* name : DecidingServiceNames()) {
    health_->SetServingStatus(name, store_serves_.load());
  }
}

void Server::Drain() {
  if (grpc_server_ == nullptr) return;
  log_->Write(LogSeverity::kInfo, "draining");
  SetServing(false);
  gate_.Close();
  watches_.Close();
  const int cut_off = gate_.AwaitEmpty(
      absl::Now() + ToDuration(config_.shutdown().drain_deadline()));
  if (cut_off > 0) {
    log_->Write(LogSeverity::kWarning, "calls_cut_off", {{"calls", cut_off}});
  }
  if (http_ != nullptr) {
    http_->Stop();
    http_.reset();
  }
  grpc_server_->Shutdown(std::chrono::system_clock::now() + kForeignCallsGrace);
  grpc_server_->Wait();
  grpc_server_.reset();
  log_->Write(LogSeverity::kInfo, "stopped");
}

}  // namespace needlewise
