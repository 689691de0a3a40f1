// Structured log lines: one JSON object a line. Nothing that a caller sends
// belongs in a field: events are about the server and its catalogue.

#ifndef NEEDLEWISE_SERVER_TELEMETRY_JSON_LOG_H_
#define NEEDLEWISE_SERVER_TELEMETRY_JSON_LOG_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "server/clock.h"

namespace needlewise {

enum class LogSeverity { kDebug, kInfo, kWarning, kError };

// One named value of a log line. Refers to text that it does not own.
struct LogField {
  LogField(absl::string_view n, absl::string_view v) : name(n), value(v) {}
  LogField(absl::string_view n, const char* v)
      : name(n), value(absl::string_view(v)) {}
  LogField(absl::string_view n, const std::string& v)
      : name(n), value(absl::string_view(v)) {}
  LogField(absl::string_view n, int v) : name(n), value(int64_t{v}) {}
  LogField(absl::string_view n, int64_t v) : name(n), value(v) {}
  LogField(absl::string_view n, bool v) : name(n), value(v) {}

  absl::string_view name;
  std::variant<absl::string_view, int64_t, bool> value;
};

// Takes whole lines, each with its final newline. Called from any thread.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void Write(absl::string_view line) = 0;
};

// Writes to a file descriptor, which it does not own. A line is never mixed
// with another one of the same sink.
class DescriptorLogSink final : public LogSink {
 public:
  explicit DescriptorLogSink(int descriptor) : descriptor_(descriptor) {}
  void Write(absl::string_view line) override;

 private:
  const int descriptor_;
  absl::Mutex mutex_;
};

// Formats log lines. May be used from any thread.
class Log {
 public:
  // Leaves out what is less severe than `least`. Neither pointer is owned.
  Log(LogSink* sink, const Clock* clock, LogSeverity least)
      : sink_(sink), clock_(clock), least_(least) {}

  bool Writes(LogSeverity severity) const { return severity >= least_; }

  // Writes `time`, `severity`, `event` and the fields, in that order. `event`
  // is lower-case words joined by `_`.
  void Write(LogSeverity severity, absl::string_view event,
             std::initializer_list<LogField> fields = {}) const;

 private:
  LogSink* const sink_;
  const Clock* const clock_;
  const LogSeverity least_;
};

// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8
// become U+FFFD.
void AppendJsonString(absl::string_view text, std::string* out);

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_TELEMETRY_JSON_LOG_H_
