#include "server/server_config.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"
#include "server/cds_hooks/hook_settings.h"
#include "server/loopback.h"

namespace needlewise {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::TextFormat;

constexpr absl::string_view kTextSuffix = ".textproto";
constexpr char kDefaultAddress[] = "127.0.0.1:7443";
constexpr absl::Duration kDefaultPollInterval = absl::Seconds(2);
constexpr absl::Duration kShortestPollInterval = absl::Milliseconds(10);
constexpr absl::Duration kLongestPollInterval = absl::Hours(24);
constexpr absl::Duration kDefaultDrainDeadline = absl::Seconds(10);
constexpr absl::Duration kLongestDrainDeadline = absl::Hours(1);
constexpr absl::Duration kDefaultReadTimeout = absl::Seconds(10);
constexpr absl::Duration kDefaultIdleTimeout = absl::Seconds(30);
constexpr absl::Duration kShortestHttpTimeout = absl::Milliseconds(10);
constexpr absl::Duration kLongestHttpTimeout = absl::Hours(1);

// A number of `Limits` with its default and its bounds.
struct LimitForm {
  const char* field;
  int32_t default_value;
  int32_t least;
  int32_t greatest;
};
constexpr LimitForm kHttpLimits[] = {
    {"max_body_bytes", 4194304, 1024, 1 << 30},
    {"max_connections", 1024, 1, 100000},
    {"threads", 8, 1, 256},
};
constexpr LimitForm kLimits[] = {
    {"max_request_bytes", 4194304, 1024, 1 << 30},
    {"max_batch_items", 1000, 1, 100000},
    {"max_concurrent_calls", 1024, 1, 1000000},
    {"max_condition_depth", 16, 1, 64},
    {"max_findings", 2000, 1, 100000},
    {"max_watchers", 256, 1, 100000},
};

void SetDuration(absl::Duration from, google::protobuf::Duration* to) {
  to->set_seconds(absl::ToInt64Seconds(from));
  to->set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(from - absl::Seconds(to->seconds()))));
}

// Writes the default of each of `forms` that `*section` leaves at 0.
template <size_t kCount>
void FillLimits(const LimitForm (&forms)[kCount], Message* section) {
  for (const LimitForm& form : forms) {
    const FieldDescriptor* field =
        section->GetDescriptor()->FindFieldByName(form.field);
    if (section->GetReflection()->GetInt32(*section, field) == 0) {
      section->GetReflection()->SetInt32(section, field, form.default_value);
    }
  }
}

constexpr int32_t kDefaultQueuedRecords = 65536;
constexpr int32_t kMostQueuedRecords = 10000000;
constexpr absl::Duration kDefaultStoreTimeout = absl::Seconds(5);
constexpr absl::Duration kLongestStoreTimeout = absl::Minutes(10);
constexpr absl::Duration kLongestRetention = absl::Hours(24 * 366 * 100);

void FillDecisionLog(config::v1::DecisionLog* log) {
  if (log->mode() == config::v1::DECISION_LOG_MODE_UNSPECIFIED) {
    log->set_mode(log->store_case() == config::v1::DecisionLog::STORE_NOT_SET
                      ? config::v1::DECISION_LOG_MODE_OFF
                      : config::v1::DECISION_LOG_MODE_COMMITTED);
  }
  if (log->max_queued_records() == 0) {
    log->set_max_queued_records(kDefaultQueuedRecords);
  }
  if (log->store_failure_health() ==
      config::v1::STORE_FAILURE_HEALTH_UNSPECIFIED) {
    log->set_store_failure_health(config::v1::STORE_FAILURE_HEALTH_NOT_SERVING);
  }
  if (!log->has_store_timeout()) {
    SetDuration(kDefaultStoreTimeout, log->mutable_store_timeout());
  }
  log->mutable_retention();
}

void FillDefaults(config::v1::ServerConfig* config) {
  FillDecisionLog(config->mutable_decision_log());
  if (config->listener().address().empty()) {
    config->mutable_listener()->set_address(kDefaultAddress);
  }
  if (!config->catalog().has_poll_interval()) {
    SetDuration(kDefaultPollInterval,
                config->mutable_catalog()->mutable_poll_interval());
  }
  config::v1::HttpListener* http = config->mutable_http_listener();
  FillLimits(kHttpLimits, http);
  if (!http->has_read_timeout()) {
    SetDuration(kDefaultReadTimeout, http->mutable_read_timeout());
  }
  if (!http->has_idle_timeout()) {
    SetDuration(kDefaultIdleTimeout, http->mutable_idle_timeout());
  }
  FillHookDefaults(config->mutable_cds_hooks());
  FillLimits(kLimits, config->mutable_limits());
  if (!config->shutdown().has_drain_deadline()) {
    SetDuration(kDefaultDrainDeadline,
                config->mutable_shutdown()->mutable_drain_deadline());
  }
  if (config->telemetry().log_level() == config::v1::LOG_LEVEL_UNSPECIFIED) {
    config->mutable_telemetry()->set_log_level(config::v1::LOG_LEVEL_INFO);
  }
}

// Collects the faults of one file, with the line each is in.
class Faults {
 public:
  Faults(absl::string_view text, absl::string_view file)
      : lines_(absl::StrSplit(text, '\n')), file_(file) {}

  // `line` and `column` count from 0; a line of -1 is the file as a whole.
  void Add(int line, int column, absl::string_view subject,
           absl::string_view message) {
    v1::Diagnostic& fault = list_.emplace_back();
    fault.set_severity(v1::SEVERITY_ERROR);
    fault.set_file(file_);
    fault.set_line(line + 1);
    fault.set_column(line < 0 ? 0 : column + 1);
    fault.set_subject(std::string(subject));
    fault.set_message(std::string(message));
    if (line >= 0 && static_cast<size_t>(line) < lines_.size()) {
      fault.set_source_line(lines_[line]);
    }
  }

  bool empty() const { return list_.empty(); }

  std::vector<v1::Diagnostic> TakeSorted() {
    std::stable_sort(list_.begin(), list_.end(),
                     [](const v1::Diagnostic& a, const v1::Diagnostic& b) {
                       return std::make_pair(a.line(), a.column()) <
                              std::make_pair(b.line(), b.column());
                     });
    return std::move(list_);
  }

 private:
  const std::vector<std::string> lines_;
  const std::string file_;
  std::vector<v1::Diagnostic> list_;
};

// Takes what the parser reports. Unknown fields come as warnings, since that
// way it goes on and reports them all; here they are errors.
class FaultCollector final : public google::protobuf::io::ErrorCollector {
 public:
  explicit FaultCollector(Faults* faults) : faults_(*faults) {}
  void AddError(int line, int column, const std::string& message) override {
    faults_.Add(line, column, "", message);
  }
  void AddWarning(int line, int column, const std::string& message) override {
    faults_.Add(line, column, "", message);
  }

 private:
  Faults& faults_;
};

// Checks what a configuration says, field by field.
class ConfigCheck {
 public:
  ConfigCheck(const config::v1::ServerConfig& config,
              const TextFormat::ParseInfoTree& tree, Faults* faults)
      : config_(config), tree_(tree), faults_(*faults) {}

  void Listener() {
    const config::v1::Listener& listener = config_.listener();
    if (!listener.insecure_for_development()) {
      Fault("listener", "insecure_for_development",
            "must be true: this server has no TLS, so it listens without it, "
            "on a loopback address only, and only when told to");
    }
    const absl::optional<HostPort> address = SplitHostPort(listener.address());
    if (!address.has_value()) {
      Fault("listener", "address",
            absl::StrCat("`", listener.address(),
                         "` is not `host:port` with a port from 0 to 65535"));
    } else if (!IsLoopback(address->host)) {
      Fault("listener", "address",
            absl::StrCat("`", address->host,
                         "` is not a loopback address; without TLS use "
                         "127.0.0.1, [::1] or localhost"));
    }
  }

  void HttpListener() {
    const config::v1::HttpListener& http = config_.http_listener();
    CheckLimits("http_listener", kHttpLimits, http);
    for (const auto& [field, timeout] :
         {std::make_pair("read_timeout", &http.read_timeout()),
          std::make_pair("idle_timeout", &http.idle_timeout())}) {
      if (CheckDuration("http_listener", field, *timeout,
                        kLongestHttpTimeout) &&
          ToDuration(*timeout) < kShortestHttpTimeout) {
        Fault("http_listener", field,
              absl::StrCat("is shorter than ",
                           absl::FormatDuration(kShortestHttpTimeout)));
      }
    }
    for (int i = 0; i < http.allowed_origins_size(); ++i) {
      const std::string& origin = http.allowed_origins(i);
      if (IsOrigin(origin)) continue;
      Fault("http_listener", "allowed_origins",
            absl::StrCat("holds `", origin,
                         "`, which is no origin; write `https://host` or "
                         "`https://host:port`, without a path"),
            i);
    }
    if (http.address().empty()) {
      UnusedHttpSettings(http);
    } else {
      HttpAddress(http);
    }
  }

  void CdsHooks() {
    for (const HookSettingFault& fault : CheckHookSettings(config_)) {
      Fault("cds_hooks", fault.field, fault.message, fault.index);
    }
  }

  void Catalog() {
    const config::v1::Catalog& catalog = config_.catalog();
    if (CheckDuration("catalog", "poll_interval", catalog.poll_interval(),
                      kLongestPollInterval)) {
      const absl::Duration interval = ToDuration(catalog.poll_interval());
      if (interval > absl::ZeroDuration() && interval < kShortestPollInterval) {
        Fault("catalog", "poll_interval",
              absl::StrCat("is shorter than ",
                           absl::FormatDuration(kShortestPollInterval),
                           "; 0 is never"));
      }
    }
    OverlaysAndSeal(catalog);
    if (catalog.last_good_folder().empty()) return;
    if (catalog.folder().empty()) {
      Fault("catalog", "last_good_folder",
            "goes with `catalog.folder` only; the built-in catalogue is "
            "always there");
    } else if (catalog.folder() == catalog.last_good_folder()) {
      Fault("catalog", "last_good_folder", "is `catalog.folder` itself");
    }
  }

  void Limits() { CheckLimits("limits", kLimits, config_.limits()); }

  void Shutdown() {
    CheckDuration("shutdown", "drain_deadline",
                  config_.shutdown().drain_deadline(), kLongestDrainDeadline);
  }

  void DecisionLog() {
    const config::v1::DecisionLog& log = config_.decision_log();
    const bool has_store =
        log.store_case() != config::v1::DecisionLog::STORE_NOT_SET;
    if (!config::v1::DecisionLogMode_IsValid(log.mode())) {
      Fault("decision_log", "mode", "is not a mode");
    } else if (!has_store && log.mode() != config::v1::DECISION_LOG_MODE_OFF) {
      Fault("decision_log", "mode",
            "records decisions, and no store is named; set `sqlite_file` or "
            "`postgres`, or the mode to DECISION_LOG_MODE_OFF");
    }
    if (has_store && log.sqlite_file().empty() && log.postgres().empty()) {
      Fault("decision_log",
            log.store_case() == config::v1::DecisionLog::kSqliteFile
                ? "sqlite_file"
                : "postgres",
            "is empty; leave it out to record nothing");
    }
    if (log.max_queued_records() < 1 ||
        log.max_queued_records() > kMostQueuedRecords) {
      Fault("decision_log", "max_queued_records",
            absl::StrCat("must be from 1 to ", kMostQueuedRecords,
                         ", or 0 for ", kDefaultQueuedRecords));
    } else if (log.max_queued_records() < config_.limits().max_batch_items() &&
               has_store) {
      Fault("decision_log", "max_queued_records",
            "must not be less than `limits.max_batch_items`: a batch is "
            "recorded together");
    }
    std::vector<std::string> ids;
    for (const config::v1::SubjectKey& key : log.subject_keys()) {
      if (key.key_id().empty() || key.file().empty() ||
          std::find(ids.begin(), ids.end(), key.key_id()) != ids.end()) {
        Fault("decision_log", "subject_keys",
              "each needs a `key_id` of its own and a `file`");
        break;
      }
      ids.push_back(key.key_id());
    }
    if (!config::v1::StoreFailureHealth_IsValid(log.store_failure_health())) {
      Fault("decision_log", "store_failure_health", "is not one of its values");
    }
    CheckDuration("decision_log", "retention", log.retention(),
                  kLongestRetention);
    CheckDuration("decision_log", "store_timeout", log.store_timeout(),
                  kLongestStoreTimeout);
  }

  void Telemetry() {
    if (config::v1::LogLevel_IsValid(config_.telemetry().log_level())) return;
    Fault("telemetry", "log_level", "is not a log level");
  }

 private:
  // HTTP is off: what is set all the same was meant for something.
  void UnusedHttpSettings(const config::v1::HttpListener& http) {
    constexpr char kMessage[] =
        "goes with `http_listener.address`, which is empty";
    if (http.insecure_for_development()) {
      Fault("http_listener", "insecure_for_development", kMessage);
    }
    for (const auto& [field, value] :
         {std::make_pair("port_file", &http.port_file()),
          std::make_pair("certificate_file", &http.certificate_file()),
          std::make_pair("private_key_file", &http.private_key_file()),
          std::make_pair("client_ca_file", &http.client_ca_file())}) {
      if (!value->empty()) Fault("http_listener", field, kMessage);
    }
    if (!http.allowed_origins().empty()) {
      Fault("http_listener", "allowed_origins", kMessage, 0);
    }
  }

  void HttpAddress(const config::v1::HttpListener& http) {
    const bool has_certificate = !http.certificate_file().empty();
    const bool has_key = !http.private_key_file().empty();
    const bool has_tls = has_certificate && has_key;
    if (has_certificate != has_key) {
      Fault("http_listener",
            has_certificate ? "private_key_file" : "certificate_file",
            has_certificate ? "must go with `certificate_file`"
                            : "must go with `private_key_file`");
    }
    if (!http.client_ca_file().empty() && !has_certificate && !has_key) {
      Fault("http_listener", "client_ca_file",
            "goes with `certificate_file` and `private_key_file`");
    }
    if (has_tls && http.insecure_for_development()) {
      Fault("http_listener", "insecure_for_development",
            "must be false with a certificate: it is for a listener without "
            "TLS");
    }
    const bool without_tls = !has_certificate && !has_key;
    if (without_tls && !http.insecure_for_development()) {
      Fault("http_listener", "insecure_for_development",
            "must be true without a certificate: it then listens without TLS, "
            "on a loopback address only, and only when told to");
    }
    const absl::optional<HostPort> address = SplitHostPort(http.address());
    if (!address.has_value()) {
      Fault("http_listener", "address",
            absl::StrCat("`", http.address(),
                         "` is not `host:port` with a port from 0 to 65535"));
    } else if (without_tls && !IsLoopback(address->host)) {
      Fault("http_listener", "address",
            absl::StrCat("`", address->host,
                         "` is not a loopback address; without TLS use "
                         "127.0.0.1, [::1] or localhost"));
    }
  }

  // Whether a browser could send it as the origin of a page.
  static bool IsOrigin(absl::string_view origin) {
    if (!absl::ConsumePrefix(&origin, "https://") &&
        !absl::ConsumePrefix(&origin, "http://")) {
      return false;
    }
    return !origin.empty() &&
           std::all_of(origin.begin(), origin.end(), [](unsigned char c) {
             return absl::ascii_islower(c) || absl::ascii_isdigit(c) ||
                    absl::StrContains("-.:[]", c);
           });
  }

  template <size_t kCount>
  void CheckLimits(const char* section, const LimitForm (&forms)[kCount],
                   const Message& limits) {
    for (const LimitForm& form : forms) {
      const FieldDescriptor* field =
          limits.GetDescriptor()->FindFieldByName(form.field);
      const int32_t value = limits.GetReflection()->GetInt32(limits, field);
      if (value >= form.least && value <= form.greatest) continue;
      Fault(section, form.field,
            absl::StrCat("must be from ", form.least, " to ", form.greatest,
                         ", or 0 for ", form.default_value));
    }
  }

  void OverlaysAndSeal(const config::v1::Catalog& catalog) {
    std::set<std::string> names;
    for (int i = 0; i < catalog.overlay_files_size(); ++i) {
      const std::string& path = catalog.overlay_files(i);
      const std::string name = std::filesystem::path(path).filename().string();
      if (name.size() <= kTextSuffix.size() || name[0] == '.' ||
          !absl::EndsWith(name, kTextSuffix)) {
        Fault("catalog", "overlay_files",
              absl::StrCat("holds `", path, "`; a file's name ends with `",
                           kTextSuffix, "`"),
              i);
      } else if (!names.insert(name).second) {
        Fault("catalog", "overlay_files",
              absl::StrCat("holds two files of the name `", name,
                           "`; rename one"),
              i);
      }
    }
    for (int i = 0; i < catalog.trusted_key_files_size(); ++i) {
      if (!catalog.trusted_key_files(i).empty()) continue;
      Fault("catalog", "trusted_key_files", "holds a name that is no file", i);
    }
    if (!catalog.require_seal()) return;
    if (catalog.trusted_key_files().empty()) {
      Fault("catalog", "require_seal",
            "needs `catalog.trusted_key_files`; without a key no seal can be "
            "trusted");
    }
    if (catalog.folder().empty()) {
      Fault("catalog", "require_seal",
            "goes with `catalog.folder` only; the built-in catalogue carries "
            "no seal");
    }
  }

  // Reports a fault of `section.field`, at the field where it is written, else
  // at its section. `index` is that of a repeated field.
  void Fault(const char* section, const char* field, absl::string_view message,
             int index = -1) {
    const FieldDescriptor* outer =
        config_.GetDescriptor()->FindFieldByName(section);
    const FieldDescriptor* inner =
        outer->message_type()->FindFieldByName(field);
    TextFormat::ParseLocation location = tree_.GetLocation(outer, -1);
    if (const auto* nested = tree_.GetTreeForNested(outer, -1)) {
      const TextFormat::ParseLocation exact = nested->GetLocation(inner, index);
      if (exact.line >= 0) location = exact;
    }
    const std::string path = absl::StrCat(section, ".", field);
    faults_.Add(location.line, location.column, path,
                absl::StrCat("`", path, "` ", message));
  }

  bool CheckDuration(const char* section, const char* field,
                     const google::protobuf::Duration& duration,
                     absl::Duration longest) {
    const bool valid = duration.seconds() >= 0 && duration.nanos() >= 0 &&
                       duration.nanos() < 1000000000 &&
                       duration.seconds() <= absl::ToInt64Seconds(longest);
    if (!valid) {
      Fault(section, field,
            absl::StrCat("must be from 0 to ", absl::FormatDuration(longest)));
    }
    return valid;
  }

  const config::v1::ServerConfig& config_;
  const TextFormat::ParseInfoTree& tree_;
  Faults& faults_;
};

}  // namespace

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

ConfigResult ParseServerConfig(absl::string_view text,
                               absl::string_view file_name) {
  ConfigResult result;
  Faults faults(text, file_name);
  FaultCollector collector(&faults);
  TextFormat::ParseInfoTree tree;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&collector);
  parser.WriteLocationsTo(&tree);
  parser.AllowUnknownField(true);
  const bool parsed = parser.ParseFromString(std::string(text), &result.config);
  // What could not be read to its end is not judged: what is missing from it
  // may stand below.
  if (parsed) {
    FillDefaults(&result.config);
    ConfigCheck check(result.config, tree, &faults);
    check.Listener();
    check.HttpListener();
    check.CdsHooks();
    check.Catalog();
    check.Limits();
    check.Shutdown();
    check.DecisionLog();
    check.Telemetry();
  }
  result.diagnostics = faults.TakeSorted();
  return result;
}

}  // namespace needlewise
