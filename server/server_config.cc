#include "server/server_config.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/optional.h"
#include "server/loopback.h"

namespace needlewise {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::TextFormat;

constexpr char kDefaultAddress[] = "127.0.0.1:7443";
constexpr absl::Duration kDefaultPollInterval = absl::Seconds(2);
constexpr absl::Duration kShortestPollInterval = absl::Milliseconds(10);
constexpr absl::Duration kLongestPollInterval = absl::Hours(24);
constexpr absl::Duration kDefaultDrainDeadline = absl::Seconds(10);
constexpr absl::Duration kLongestDrainDeadline = absl::Hours(1);

// A number of `Limits` with its default and its bounds.
struct LimitForm {
  const char* field;
  int32_t default_value;
  int32_t least;
  int32_t greatest;
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

void FillDefaults(config::v1::ServerConfig* config) {
  if (config->listener().address().empty()) {
    config->mutable_listener()->set_address(kDefaultAddress);
  }
  if (!config->catalog().has_poll_interval()) {
    SetDuration(kDefaultPollInterval,
                config->mutable_catalog()->mutable_poll_interval());
  }
  config::v1::Limits* limits = config->mutable_limits();
  for (const LimitForm& form : kLimits) {
    const FieldDescriptor* field =
        limits->GetDescriptor()->FindFieldByName(form.field);
    if (limits->GetReflection()->GetInt32(*limits, field) == 0) {
      limits->GetReflection()->SetInt32(limits, field, form.default_value);
    }
  }
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
    if (catalog.last_good_folder().empty()) return;
    if (catalog.folder().empty()) {
      Fault("catalog", "last_good_folder",
            "goes with `catalog.folder` only; the built-in catalogue is "
            "always there");
    } else if (catalog.folder() == catalog.last_good_folder()) {
      Fault("catalog", "last_good_folder", "is `catalog.folder` itself");
    }
  }

  void Limits() {
    const config::v1::Limits& limits = config_.limits();
    for (const LimitForm& form : kLimits) {
      const FieldDescriptor* field =
          limits.GetDescriptor()->FindFieldByName(form.field);
      const int32_t value = limits.GetReflection()->GetInt32(limits, field);
      if (value >= form.least && value <= form.greatest) continue;
      Fault("limits", form.field,
            absl::StrCat("must be from ", form.least, " to ", form.greatest,
                         ", or 0 for ", form.default_value));
    }
  }

  void Shutdown() {
    CheckDuration("shutdown", "drain_deadline",
                  config_.shutdown().drain_deadline(), kLongestDrainDeadline);
  }

  void Telemetry() {
    if (config::v1::LogLevel_IsValid(config_.telemetry().log_level())) return;
    Fault("telemetry", "log_level", "is not a log level");
  }

 private:
  // Reports a fault of `section.field`, at the field where it is written, else
  // at its section.
  void Fault(const char* section, const char* field,
             absl::string_view message) {
    const FieldDescriptor* outer =
        config_.GetDescriptor()->FindFieldByName(section);
    const FieldDescriptor* inner =
        outer->message_type()->FindFieldByName(field);
    TextFormat::ParseLocation location = tree_.GetLocation(outer, -1);
    if (const auto* nested = tree_.GetTreeForNested(outer, -1)) {
      const TextFormat::ParseLocation exact = nested->GetLocation(inner, -1);
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
    check.Catalog();
    check.Limits();
    check.Shutdown();
    check.Telemetry();
  }
  result.diagnostics = faults.TakeSorted();
  return result;
}

}  // namespace needlewise
