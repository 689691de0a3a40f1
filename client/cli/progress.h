#ifndef NEEDLEWISE_CLIENT_CLI_PROGRESS_H_
#define NEEDLEWISE_CLIENT_CLI_PROGRESS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "client/cli/terminal.h"

namespace needlewise {

// How far a long run has come, on standard error: a bar that redraws itself on
// a terminal, else a line with each tenth of the whole or every five seconds.
// Not safe for several threads at once.
class Progress final {
 public:
  // `total` in any unit; 0: not known. Where not `shown`, nothing is written.
  Progress(const Terminal& terminal, int64_t total, bool shown);

  // What has been done, in the unit of the total, and in lines.
  void Update(int64_t done, int64_t lines, int64_t failed);

  // Removes the bar, so that other text can follow.
  void Clear();

 private:
  std::string Text(int64_t done, int64_t lines, int64_t failed,
                   absl::Time now) const;

  const Terminal terminal_;
  const int64_t total_;
  const bool shown_;
  const absl::Time began_;
  absl::Time last_;
  int64_t last_tenth_ = 0;
  bool drawn_ = false;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_CLIENT_CLI_PROGRESS_H_
