// needlewise-server: see `--help`.

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "rules/engine/catalog_loader.h"
#include "server/catalog_manager.h"
#include "server/clock.h"
#include "server/command_line.h"
#include "server/port_file.h"
#include "server/server.h"
#include "server/server_config.h"
#include "server/telemetry/json_log.h"
#include "server/telemetry/library_logs.h"

namespace needlewise {
namespace {

// A patient's whole record fits, and its pages need not be had anew each time.
constexpr int kLargestKeptBlockBytes = 2 * 1024 * 1024;

LogSeverity ToSeverity(config::v1::LogLevel level) {
  switch (level) {
    case config::v1::LOG_LEVEL_DEBUG:
      return LogSeverity::kDebug;
    case config::v1::LOG_LEVEL_WARNING:
      return LogSeverity::kWarning;
    case config::v1::LOG_LEVEL_ERROR:
      return LogSeverity::kError;
    default:
      return LogSeverity::kInfo;
  }
}

// Reads the settings. Prints what is wrong with them and returns false where
// they cannot be used.
bool ReadConfig(const std::string& file, config::v1::ServerConfig* config) {
  std::string text;
  if (!file.empty()) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream content;
    // Copying nothing would count as a failure.
    if (in.peek() != std::ifstream::traits_type::eof()) content << in.rdbuf();
    if (!in.is_open() || in.bad() || content.bad()) {
      std::cerr << "needlewise-server: cannot read `" << file << "`\n";
      return false;
    }
    text = content.str();
  }
  ConfigResult result =
      ParseServerConfig(text, file.empty() ? "default settings" : file);
  for (const v1::Diagnostic& fault : result.diagnostics) {
    std::cerr << FormatDiagnostic(fault) << "\n";
  }
  *config = std::move(result.config);
  return result.diagnostics.empty();
}

int CheckConfig(const config::v1::ServerConfig& config) {
  const SystemClock clock;
  DescriptorLogSink sink(STDERR_FILENO);
  const Log log(&sink, &clock, LogSeverity::kError);
  CatalogManager::Options options = CatalogOptions(config, &clock);
  // A check is of what the folder holds now, and leaves no trace.
  options.last_good_folder.clear();
  CatalogManager catalogs(options, &clock, &log);
  if (!catalogs.LoadFirst().ok()) return kExitCatalog;
  const v1::CatalogVersion& version = catalogs.Current()->compiled->version;
  std::cout << "settings are valid; catalogue " << version.version() << ", "
            << version.digest() << "\n";
  return kExitOk;
}

// Waits for SIGTERM or SIGINT, which are blocked in every thread.
void AwaitStop(const sigset_t& stop_signals) {
  int signal = 0;
  while (sigwait(&stop_signals, &signal) != 0) {
  }
  // From now on a second one has its usual effect, and ends the program.
  pthread_sigmask(SIG_UNBLOCK, &stop_signals, nullptr);
}

int Serve(const config::v1::ServerConfig& config) {
  // Before there is any other thread, which would inherit the mask.
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGTERM);
  sigaddset(&stop_signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  // A file that may not grow is an error of whoever writes it.
  signal(SIGXFSZ, SIG_IGN);
  // Left alone, the allocator raises this to the size of the largest block it
  // ever freed, and then keeps what a large batch took.
  mallopt(M_MMAP_THRESHOLD, kLargestKeptBlockBytes);

  // Libraries may log until the program is gone, so these are never freed.
  const auto* clock = new SystemClock();
  const auto* log = new Log(new DescriptorLogSink(STDERR_FILENO), clock,
                            ToSeverity(config.telemetry().log_level()));
  RouteLibraryLogs(log);

  const absl::Time start = clock->Now();
  absl::StatusOr<std::unique_ptr<Server>> server =
      Server::Start(config, clock, log);
  if (!server.ok()) {
    log->Write(LogSeverity::kError, "not_started",
               {{"message", std::string(server.status().message())}});
    if (server.status().GetPayload(kDecisionLogError).has_value()) {
      return kExitDecisionLog;
    }
    return absl::IsFailedPrecondition(server.status()) ? kExitCatalog
                                                       : kExitListen;
  }
  // The file of gRPC last: who waits for it finds the other one, too.
  const std::pair<std::string, int> ports[] = {
      {config.http_listener().port_file(), (*server)->http_port()},
      {config.listener().port_file(), (*server)->port()}};
  for (const auto& [port_file, port] : ports) {
    if (port_file.empty()) continue;
    if (absl::Status written = WritePortFile(port_file, port); !written.ok()) {
      log->Write(LogSeverity::kError, "not_started",
                 {{"message", std::string(written.message())}});
      return kExitListen;
    }
  }
  log->Write(LogSeverity::kInfo, "serving",
             {{"address", config.listener().address()},
              {"port", (*server)->port()},
              {"http_port", (*server)->http_port()},
              {"start_ms", absl::ToInt64Milliseconds(clock->Now() - start)}});

  AwaitStop(stop_signals);
  (*server)->Drain();
  for (const auto& [port_file, port] : ports) {
    if (port_file.empty()) continue;
    if (absl::Status removed = RemovePortFile(port_file); !removed.ok()) {
      log->Write(LogSeverity::kWarning, "port_file_not_removed",
                 {{"message", std::string(removed.message())}});
    }
  }
  return kExitOk;
}

int Run(const std::vector<std::string>& arguments) {
  const absl::StatusOr<CommandLine> line = ParseCommandLine(arguments);
  if (!line.ok()) {
    std::cerr << "needlewise-server: " << line.status().message() << "\n";
    return kExitUsage;
  }
  if (line->action == CommandLine::Action::kHelp) {
    std::cout << UsageText();
    return kExitOk;
  }
  if (line->action == CommandLine::Action::kPrintDefaultConfig) {
    std::cout << DefaultServerConfigText();
    return kExitOk;
  }
  config::v1::ServerConfig config;
  if (!ReadConfig(line->config_file, &config)) return kExitConfig;
  return line->action == CommandLine::Action::kCheckConfig ? CheckConfig(config)
                                                           : Serve(config);
}

}  // namespace
}  // namespace needlewise

int main(int argc, char** argv) {
  return needlewise::Run({argv + 1, argv + argc});
}
