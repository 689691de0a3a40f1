// What the server counts, in the text form that Prometheus reads. The only part
// of the server that includes Prometheus' library.

#ifndef NEEDLEWISE_SERVER_TELEMETRY_METRICS_H_
#define NEEDLEWISE_SERVER_TELEMETRY_METRICS_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "needlewise/v1/screening.pb.h"

namespace needlewise {

// Which way a call came in.
enum class Door { kGrpc, kHttp };

// All methods may be called from any thread. Counting costs a look-up or two:
// series are made when they are first counted, and labels are method names,
// codes and what catalogues name, so that there are never many.
class Metrics {
 public:
  // A value that is asked for when somebody reads the metrics. Must not block.
  using Reading = std::function<double()>;

  Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;
  ~Metrics();

  // A call that is over: `needlewise_calls_total` and
  // `needlewise_call_duration_seconds`, by door, method and code.
  void CountCall(Door door, absl::string_view method, absl::StatusCode code,
                 absl::Duration duration);

  // A screening that was answered: `needlewise_verdicts_total` by treatment
  // and verdict, and `needlewise_rule_verdicts_total` by each rule that fired
  // and the verdict of its treatment.
  void CountDecision(const v1::Decision& decision);

  // What became of a catalogue: `needlewise_catalog_events_total` by event, for
  // instance `REFUSED`.
  void CountCatalogEvent(absl::string_view event);

  // Adds a value of its own: a counter where the name ends in `_total`, else a
  // gauge. `labels` may be null; it is asked with the value. Not to be called
  // once somebody reads.
  using Labels = std::map<std::string, std::string>;
  void AddReading(std::string name, std::string help, Reading reading,
                  std::function<Labels()> labels = nullptr);

  // All of it, in the text format 0.0.4.
  std::string Text() const;

 private:
  class Series;

  const std::unique_ptr<Series> series_;
};

// The `Content-Type` of `Metrics::Text`.
inline constexpr char kMetricsContentType[] =
    "text/plain; version=0.0.4; charset=utf-8";

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_TELEMETRY_METRICS_H_
