#include "client/cli/batch.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/cli/names.h"
#include "client/cli/progress.h"
#include "client/cli/request_flags.h"
#include "client/needlewise_client.h"
#include "client/rpc_error.h"

namespace needlewise {
namespace {

constexpr int kDefaultInFlight = 64;
constexpr int kMostInFlight = 10000;
// How often a stream is opened again without an answer in between.
constexpr int kMostReopenings = 4;
constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
// Standard output holds every failure; the list at the end is to be read.
constexpr size_t kMostListedFailures = 50;

// A line of the input that has no answer yet.
struct PendingLine {
  int64_t number = 0;
  // Bytes of the input up to the end of the line.
  int64_t end = 0;
  // Empty where the line cannot be read; then `error` says why.
  std::optional<v1::ScreenEligibilityRequest> request;
  google::rpc::Status error;
};

struct FailedLine {
  int64_t number = 0;
  std::string message;
};

// An item's error in one line.
std::string InOneLine(const google::rpc::Status& status) {
  std::vector<std::string> parts;
  const google::rpc::BadRequest bad_request =
      ViolationsOf(ToAbslStatus(status));
  for (const auto& violation : bad_request.field_violations()) {
    parts.push_back(
        absl::StrCat(violation.field(), ": ", violation.description()));
  }
  return parts.empty() ? status.message() : absl::StrJoin(parts, "; ");
}

class BatchRun final {
 public:
  BatchRun(const Invocation& invocation, std::istream* input, std::string name,
           int64_t total_bytes, size_t in_flight)
      : invocation_(invocation),
        input_(*input),
        name_(std::move(name)),
        in_flight_(in_flight),
        // A bar would run into the results where both are on one terminal.
        progress_(invocation.err(), total_bytes,
                  !invocation.line().Has("no-progress") &&
                      !(invocation.out().is_terminal &&
                        invocation.err().is_terminal)) {}

  ExitCode Run() {
    Open();
    std::thread watchdog([this] { WatchForStalls(); });
    absl::Status status = Feed();
    if (status.ok()) status = Drain();
    if (!status.ok()) stream_->Cancel();
    reader_.join();
    // With every line answered, how the stream ended no longer matters.
    stream_->Finish().IgnoreError();
    {
      const absl::MutexLock lock(&mutex_);
      finished_ = true;
    }
    watchdog.join();
    progress_.Clear();
    return Conclude(status);
  }

 private:
  // Reads the input and sends it.
  absl::Status Feed() {
    std::string text;
    int64_t number = 0;
    int64_t end = 0;
    while (std::getline(input_, text)) {
      ++number;
      end += static_cast<int64_t>(text.size()) + 1;
      if (absl::StripAsciiWhitespace(text).empty()) continue;
      PendingLine line = Read(text, number, end);
      const absl::Status status = Send(std::move(line));
      if (!status.ok()) return status;
    }
    if (input_.bad()) {
      return absl::DataLossError(
          absl::StrCat("cannot read all of `", name_, "`"));
    }
    return absl::OkStatus();
  }

  PendingLine Read(const std::string& text, int64_t number, int64_t end) const {
    PendingLine line;
    line.number = number;
    line.end = end;
    v1::ScreenEligibilityRequest request;
    SourceMap map;
    std::vector<InputProblem> problems =
        ParseInput(InputText{name_, text}, InputFormat::kJson, &request, &map);
    if (problems.empty()) {
      const absl::Status applied =
          ApplyFlags(invocation_.line(), &request, &map);
      if (!applied.ok()) {
        problems.push_back({Position{}, std::string(applied.message())});
      }
    }
    if (problems.empty()) {
      request.set_view(invocation_.ViewOr(request.view()));
      line.request = std::move(request);
      return line;
    }
    std::vector<std::string> messages;
    for (const InputProblem& problem : problems) {
      messages.push_back(absl::StrCat("column ", problem.position.column, ": ",
                                      problem.message));
    }
    line.error.set_code(static_cast<int>(absl::StatusCode::kInvalidArgument));
    line.error.set_message(absl::StrJoin(messages, "; "));
    return line;
  }

  // Puts a line in its place and sends its request, if it has one. Blocks
  // while as many lines are pending as may be.
  absl::Status Send(PendingLine line) {
    std::optional<v1::StreamScreenEligibilityRequest> request;
    if (line.request.has_value()) {
      request.emplace();
      request->set_index(line.number);
      *request->mutable_request() = *line.request;
    }
    while (true) {
      {
        const absl::MutexLock lock(&mutex_);
        mutex_.Await(absl::Condition(this, &BatchRun::HasRoom));
        if (write_failed_) return absl::CancelledError("output is closed");
        if (!broken_) {
          if (pending_.empty()) last_answer_ = absl::Now();
          pending_.push_back(std::move(line));
          EmitUnreadable();
          break;
        }
      }
      const absl::Status status = Reopen();
      if (!status.ok()) return status;
    }
    // A failed write shows as a broken stream, and the line is still pending.
    if (request.has_value()) stream_->Write(*request);
    return absl::OkStatus();
  }

  // Waits for the rest of the answers.
  absl::Status Drain() {
    while (true) {
      stream_->WritesDone();
      {
        const absl::MutexLock lock(&mutex_);
        draining_ = true;
        mutex_.Await(absl::Condition(this, &BatchRun::IsDrained));
        if (write_failed_) return absl::CancelledError("output is closed");
        if (pending_.empty()) return absl::OkStatus();
      }
      const absl::Status status = Reopen();
      if (!status.ok()) return status;
    }
  }

  void Open() {
    auto stream = invocation_.client().StreamScreenEligibility();
    {
      const absl::MutexLock lock(&mutex_);
      stream_ = std::move(stream);
      broken_ = false;
      last_answer_ = absl::Now();
    }
    reader_ = std::thread([this] { Receive(); });
  }

  // After a stream broke: opens another and sends again what has no answer.
  absl::Status Reopen() {
    reader_.join();
    const absl::Status ended = stream_->Finish();
    std::vector<v1::StreamScreenEligibilityRequest> again;
    absl::Status status = ended;
    {
      const absl::MutexLock lock(&mutex_);
      if (stalled_) {
        status = absl::DeadlineExceededError("no answer on the stream");
      } else if (disordered_) {
        status = absl::InternalError("the server answered out of order");
      } else if (ended.ok()) {
        status = absl::InternalError(
            "the server ended the stream before it had answered every line");
      }
      for (const PendingLine& line : pending_) {
        if (!line.request.has_value()) continue;
        again.emplace_back();
        again.back().set_index(line.number);
        *again.back().mutable_request() = *line.request;
      }
    }
    if (!absl::IsUnavailable(status) || reopenings_ == kMostReopenings) {
      // The stream is finished; what follows joins and finishes a last one.
      OpenCancelled();
      return status;
    }
    absl::SleepFor(kFirstPause * (1 << reopenings_));
    ++reopenings_;
    Open();
    for (const v1::StreamScreenEligibilityRequest& request : again) {
      if (!stream_->Write(request)) break;
    }
    return absl::OkStatus();
  }

  void OpenCancelled() {
    Open();
    stream_->Cancel();
  }

  // Takes the answers, on a thread of its own.
  void Receive() {
    v1::StreamScreenEligibilityResponse response;
    while (stream_->Read(&response)) {
      const absl::MutexLock lock(&mutex_);
      if (pending_.empty() || pending_.front().number != response.index()) {
        disordered_ = true;
        stream_->Cancel();
        break;
      }
      reopenings_ = 0;
      last_answer_ = absl::Now();
      Emit(response);
      EmitUnreadable();
    }
    // Drains what a cancelled stream may still hold.
    while (stream_->Read(&response)) {
    }
    const absl::MutexLock lock(&mutex_);
    broken_ = true;
  }

  // Breaks the stream off when no answer comes for as long as `--deadline`.
  void WatchForStalls() {
    const absl::MutexLock lock(&mutex_);
    while (!finished_) {
      const absl::Duration waited = absl::Now() - last_answer_;
      const bool waiting = (!pending_.empty() || draining_) && !broken_;
      if (waiting && waited >= invocation_.deadline()) {
        stalled_ = true;
        stream_->Cancel();
        return;
      }
      mutex_.AwaitWithTimeout(
          absl::Condition(&finished_),
          waiting ? invocation_.deadline() - waited : invocation_.deadline());
    }
  }

  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return pending_.size() < in_flight_ || broken_ || write_failed_;
  }

  bool IsDrained() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return pending_.empty() || broken_ || write_failed_;
  }

  // Writes lines at the front that have nothing to wait for.
  void EmitUnreadable() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    while (!pending_.empty() && !pending_.front().request.has_value()) {
      v1::StreamScreenEligibilityResponse response;
      response.set_index(pending_.front().number);
      *response.mutable_status() = pending_.front().error;
      Emit(response);
    }
  }

  // Writes the answer to the line at the front.
  void Emit(const v1::StreamScreenEligibilityResponse& response)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const PendingLine& line = pending_.front();
    ++lines_;
    if (response.status().code() != 0) {
      failures_.push_back({line.number, InOneLine(response.status())});
    } else {
      ++verdicts_[StrictestOf(response.response().decision())];
    }
    std::cout << ToJson(response, /*one_line=*/true) << '\n';
    // Whoever follows the output sees each answer as it comes.
    if (pending_.size() == 1) std::cout.flush();
    if (!std::cout) write_failed_ = true;
    const int64_t done = line.end;
    pending_.pop_front();
    progress_.Update(done, lines_, static_cast<int64_t>(failures_.size()));
  }

  static v1::Verdict StrictestOf(const v1::Decision& decision) {
    v1::Verdict strictest = v1::VERDICT_UNSPECIFIED;
    for (const v1::TreatmentDecision& treatment : decision.treatments()) {
      strictest = std::max(strictest, treatment.verdict());
    }
    return strictest;
  }

  // Says how it went.
  ExitCode Conclude(const absl::Status& status) {
    const absl::MutexLock lock(&mutex_);
    std::cout.flush();
    const Terminal& err = invocation_.err();
    std::vector<std::string> counts;
    for (const auto& [verdict, count] : verdicts_) {
      counts.push_back(absl::StrCat(
          count, " ", absl::AsciiStrToLower(VerdictName(verdict))));
    }
    std::cerr << lines_ << (lines_ == 1 ? " line" : " lines") << " answered"
              << (counts.empty() ? "" : ": ") << absl::StrJoin(counts, ", ")
              << "\n";
    if (!failures_.empty()) {
      TextReport report(err);
      report.Line(Paint(err, Tone::kStop,
                        absl::StrCat(failures_.size(), failures_.size() == 1
                                                           ? " line failed"
                                                           : " lines failed")));
      std::vector<std::vector<std::string>> rows;
      for (const FailedLine& failure : failures_) {
        if (rows.size() == kMostListedFailures) break;
        rows.push_back(
            {absl::StrCat("line ", failure.number), failure.message});
      }
      report.Table(2, rows);
      if (failures_.size() > rows.size()) {
        report.Item(2, "",
                    absl::StrCat("and ", failures_.size() - rows.size(),
                                 " more; standard output has them all"));
      }
      std::cerr << report.text();
    }
    if (write_failed_ || !std::cout) {
      std::cerr << "needlewise: cannot write to standard output\n";
      return kExitRefused;
    }
    if (!status.ok()) {
      const int64_t next = pending_.empty() ? 0 : pending_.front().number;
      const ExitCode code = invocation_.Fail(status);
      if (next > 0) {
        std::cerr << "the lines from " << next
                  << " on have no answer; start again there\n";
      }
      return code;
    }
    return failures_.empty() ? kExitOk : kExitPartialFailure;
  }

  const Invocation& invocation_;
  std::istream& input_;
  const std::string name_;
  const size_t in_flight_;

  // Set by the feeding thread, while no reader runs.
  std::unique_ptr<ScreeningStream> stream_;
  std::thread reader_;

  absl::Mutex mutex_;
  std::deque<PendingLine> pending_ ABSL_GUARDED_BY(mutex_);
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
  bool stalled_ ABSL_GUARDED_BY(mutex_) = false;
  bool disordered_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool write_failed_ ABSL_GUARDED_BY(mutex_) = false;
  int reopenings_ = 0;
  absl::Time last_answer_ ABSL_GUARDED_BY(mutex_);
  int64_t lines_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<v1::Verdict, int64_t> verdicts_ ABSL_GUARDED_BY(mutex_);
  std::vector<FailedLine> failures_ ABSL_GUARDED_BY(mutex_);
  Progress progress_;
};

}  // namespace

ExitCode RunBatch(const Invocation& invocation) {
  const CommandLine& line = invocation.line();
  if (line.Get("output") == "table") {
    return invocation.Fail(absl::InvalidArgumentError(
        "`--batch` writes JSON, one line for each; leave --output out"));
  }
  if (invocation.format() == InputFormat::kTextproto) {
    return invocation.Fail(absl::InvalidArgumentError(
        "`--batch` reads JSON, one request a line; leave --format out"));
  }
  int in_flight = kDefaultInFlight;
  if (line.Has("in-flight") &&
      (!absl::SimpleAtoi(line.Get("in-flight"), &in_flight) || in_flight < 1 ||
       in_flight > kMostInFlight)) {
    return invocation.Fail(absl::InvalidArgumentError(
        absl::StrCat("`--in-flight=", line.Get("in-flight"),
                     "`: expected a number from 1 to ", kMostInFlight)));
  }

  const std::string& path = line.arguments()[0];
  if (path == "-") {
    return BatchRun(invocation, &std::cin, "<standard input>", 0, in_flight)
        .Run();
  }
  struct stat about = {};
  std::ifstream file(path, std::ios::binary);
  if (!file || stat(path.c_str(), &about) != 0 || S_ISDIR(about.st_mode)) {
    return invocation.Fail(absl::InvalidArgumentError(absl::StrCat(
        "cannot read `", path, "`: ",
        S_ISDIR(about.st_mode) ? "it is a folder" : std::strerror(errno))));
  }
  const int64_t total = S_ISREG(about.st_mode) ? about.st_size : 0;
  return BatchRun(invocation, &file, path, total, in_flight).Run();
}

}  // namespace needlewise
