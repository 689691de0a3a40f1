#include "server/telemetry/json_log.h"

#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace needlewise {
namespace {

constexpr absl::string_view kReplacement = "\xEF\xBF\xBD";

const char* ToText(LogSeverity severity) {
  switch (severity) {
    case LogSeverity::kDebug:
      return "DEBUG";
    case LogSeverity::kInfo:
      return "INFO";
    case LogSeverity::kWarning:
      return "WARNING";
    case LogSeverity::kError:
      return "ERROR";
  }
  return "ERROR";
}

bool IsContinuation(unsigned char c) { return (c & 0xC0) == 0x80; }

// Length of the well-formed UTF-8 sequence that `text` begins with; 0 where it
// begins with none.
size_t SequenceLength(absl::string_view text) {
  const auto byte = [&](size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const unsigned char first = byte(0);
  size_t length = 0;
  unsigned char least = 0x80;
  unsigned char greatest = 0xBF;
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    // Neither overlong forms nor surrogates.
    if (first == 0xE0) least = 0xA0;
    if (first == 0xED) greatest = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    // Neither overlong forms nor anything past U+10FFFF.
    if (first == 0xF0) least = 0x90;
    if (first == 0xF4) greatest = 0x8F;
  } else {
    return 0;
  }
  if (text.size() < length) return 0;
  if (byte(1) < least || byte(1) > greatest) return 0;
  for (size_t i = 2; i < length; ++i) {
    if (!IsContinuation(byte(i))) return 0;
  }
  return length;
}

}  // namespace

void AppendJsonString(absl::string_view text, std::string* out) {
  out->push_back('"');
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 0) {
      absl::StrAppend(out, kReplacement);
      text.remove_prefix(1);
      continue;
    }
    const char c = text[0];
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (c == '\n') {
      out->append("\\n");
    } else if (c == '\t') {
      out->append("\\t");
    } else if (length == 1 &&
               (static_cast<unsigned char>(c) < 0x20 || c == '\x7F')) {
      absl::StrAppendFormat(out, "\\u%04x", static_cast<unsigned char>(c));
    } else {
      out->append(text.data(), length);
    }
    text.remove_prefix(length);
  }
  out->push_back('"');
}

void DescriptorLogSink::Write(absl::string_view line) {
  absl::MutexLock lock(&mutex_);
  while (!line.empty()) {
    const ssize_t written = ::write(descriptor_, line.data(), line.size());
    // There is nobody left to tell that the log cannot be written.
    if (written < 0 && errno != EINTR) return;
    if (written > 0) line.remove_prefix(static_cast<size_t>(written));
  }
}

void Log::Write(LogSeverity severity, absl::string_view event,
                std::initializer_list<LogField> fields) const {
  if (!Writes(severity)) return;
  std::string line =
      absl::StrCat("{\"time\":\"", ToRfc3339(clock_->Now()),
                   "\",\"severity\":\"", ToText(severity), "\",\"event\":");
  AppendJsonString(event, &line);
  for (const LogField& field : fields) {
    line.push_back(',');
    AppendJsonString(field.name, &line);
    line.push_back(':');
    if (const auto* text = std::get_if<absl::string_view>(&field.value)) {
      AppendJsonString(*text, &line);
    } else if (const auto* number = std::get_if<int64_t>(&field.value)) {
      absl::StrAppend(&line, *number);
    } else {
      line.append(std::get<bool>(field.value) ? "true" : "false");
    }
  }
  line.append("}\n");
  sink_->Write(line);
}

}  // namespace needlewise
