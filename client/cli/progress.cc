#include "client/cli/progress.h"

#include <algorithm>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace needlewise {
namespace {

constexpr int kBarColumns = 24;
constexpr absl::Duration kRedraw = absl::Milliseconds(100);
constexpr absl::Duration kLineEvery = absl::Seconds(5);

}  // namespace

Progress::Progress(const Terminal& terminal, int64_t total, bool shown)
    : terminal_(terminal),
      total_(total),
      shown_(shown),
      began_(absl::Now()),
      last_(began_) {}

std::string Progress::Text(int64_t done, int64_t lines, int64_t failed,
                           absl::Time now) const {
  std::string text;
  if (total_ > 0) {
    const int64_t percent = std::min<int64_t>(100, done * 100 / total_);
    if (terminal_.is_terminal) {
      const int filled = static_cast<int>(percent * kBarColumns / 100);
      absl::StrAppend(&text, "[", std::string(filled, '#'),
                      std::string(kBarColumns - filled, '.'), "] ");
    }
    absl::StrAppendFormat(&text, "%3d %%  ", percent);
  }
  absl::StrAppend(&text, lines, lines == 1 ? " line" : " lines");
  if (failed > 0) absl::StrAppend(&text, ", ", failed, " failed");
  const double seconds = absl::ToDoubleSeconds(now - began_);
  if (seconds >= 1) {
    absl::StrAppendFormat(&text, ", %.0f a second", lines / seconds);
  }
  return text;
}

void Progress::Update(int64_t done, int64_t lines, int64_t failed) {
  if (!shown_) return;
  const absl::Time now = absl::Now();
  if (terminal_.is_terminal) {
    if (drawn_ && now - last_ < kRedraw) return;
    std::cerr << "\r\033[K" << Text(done, lines, failed, now) << std::flush;
    drawn_ = true;
    last_ = now;
    return;
  }
  const int64_t tenth =
      total_ > 0 ? std::min<int64_t>(10, done * 10 / total_) : 0;
  if (tenth == last_tenth_ && now - last_ < kLineEvery) return;
  last_tenth_ = tenth;
  last_ = now;
  std::cerr << Text(done, lines, failed, now) << std::endl;
}

void Progress::Clear() {
  if (!drawn_) return;
  std::cerr << "\r\033[K" << std::flush;
  drawn_ = false;
}

}  // namespace needlewise
