#include "server/telemetry/library_logs.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include <string>

namespace needlewise {
namespace {

// Both libraries take a plain function, which has nowhere else to find the
// log.
const Log* library_log = nullptr;

void WriteGrpcLine(gpr_log_func_args* args) {
  const LogSeverity severity = args->severity == GPR_LOG_SEVERITY_ERROR
                                   ? LogSeverity::kWarning
                                   : LogSeverity::kDebug;
  library_log->Write(severity, "library",
                     {{"library", "grpc"},
                      {"file", args->file},
                      {"line", args->line},
                      {"message", args->message}});
}

void WriteProtobufLine(google::protobuf::LogLevel level, const char* file,
                       int line, const std::string& message) {
  const LogSeverity severity =
      level == google::protobuf::LOGLEVEL_FATAL  ? LogSeverity::kError
      : level == google::protobuf::LOGLEVEL_INFO ? LogSeverity::kDebug
                                                 : LogSeverity::kWarning;
  library_log->Write(severity, "library",
                     {{"library", "protobuf"},
                      {"file", file},
                      {"line", line},
                      {"message", message}});
}

}  // namespace

void RouteLibraryLogs(const Log* log) {
  library_log = log;
  gpr_set_log_function(WriteGrpcLine);
  google::protobuf::SetLogHandler(WriteProtobufLine);
}

}  // namespace needlewise
