#include "server/telemetry/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"

namespace needlewise {
namespace {

// Seconds. A decision takes tens of microseconds, a large batch a second.
const prometheus::Histogram::BucketBoundaries& DurationBuckets() {
  static const auto& buckets = *new prometheus::Histogram::BucketBoundaries{
      0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
      0.025,   0.05,   0.1,     0.25,   0.5,   1,      2.5};
  return buckets;
}

// For instance `INVALID_ARGUMENT`.
std::string CodeName(absl::StatusCode code) {
  return absl::StatusCodeToString(code);
}

// For instance `deferred`.
std::string VerdictLabel(v1::Verdict verdict) {
  return absl::AsciiStrToLower(
      absl::StripPrefix(v1::Verdict_Name(verdict), "VERDICT_"));
}

// Values that are asked for when they are read.
class Readings final : public prometheus::Collectable {
 public:
  struct Entry {
    std::string name;
    std::string help;
    Metrics::Reading reading;
    std::function<Metrics::Labels()> labels;
  };

  void Add(Entry entry) { entries_.push_back(std::move(entry)); }

  std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<prometheus::MetricFamily> families;
    for (const Entry& entry : entries_) {
      prometheus::MetricFamily& family = families.emplace_back();
      family.name = entry.name;
      family.help = entry.help;
      prometheus::ClientMetric& metric = family.metric.emplace_back();
      if (entry.labels != nullptr) {
        for (const auto& [name, value] : entry.labels()) {
          metric.label.push_back({name, value});
        }
      }
      if (absl::EndsWith(entry.name, "_total")) {
        family.type = prometheus::MetricType::Counter;
        metric.counter.value = entry.reading();
      } else {
        family.type = prometheus::MetricType::Gauge;
        metric.gauge.value = entry.reading();
      }
    }
    return families;
  }

 private:
  std::vector<Entry> entries_;
};

// Counters by two labels, found without making a text of them.
class CounterTable {
 public:
  explicit CounterTable(prometheus::Family<prometheus::Counter>* family,
                        const char* first_label)
      : family_(*family), first_label_(first_label) {}

  void Increment(const std::string& first, v1::Verdict verdict) {
    Find(first, verdict).Increment();
  }

 private:
  prometheus::Counter& Find(const std::string& first, v1::Verdict verdict) {
    const std::pair<absl::string_view, int> key(first, verdict);
    {
      absl::ReaderMutexLock lock(&mutex_);
      const auto found = counters_.find(key);
      if (found != counters_.end()) return *found->second;
    }
    absl::MutexLock lock(&mutex_);
    const auto found = counters_.find(key);
    if (found != counters_.end()) return *found->second;
    const absl::string_view kept = *names_.insert(first).first;
    prometheus::Counter& made = family_.Add(
        {{first_label_, first}, {"verdict", VerdictLabel(verdict)}});
    counters_.emplace(std::make_pair(kept, static_cast<int>(verdict)), &made);
    return made;
  }

  prometheus::Family<prometheus::Counter>& family_;
  const char* const first_label_;
  absl::Mutex mutex_;
  // What the keys point to.
  std::set<std::string> names_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::pair<absl::string_view, int>, prometheus::Counter*>
      counters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

class Metrics::Series {
 public:
  struct Call {
    prometheus::Counter* total;
    prometheus::Histogram* duration;
  };

  Call Of(Door door, absl::string_view method, absl::StatusCode code) {
    const std::tuple<int, absl::string_view, int> key(
        static_cast<int>(door), method, static_cast<int>(code));
    {
      absl::ReaderMutexLock lock(&mutex_);
      const auto found = calls_.find(key);
      if (found != calls_.end()) return found->second;
    }
    absl::MutexLock lock(&mutex_);
    const auto found = calls_.find(key);
    if (found != calls_.end()) return found->second;
    const absl::string_view kept = *methods_.emplace(method).first;
    const prometheus::Labels labels = {
        {"door", door == Door::kGrpc ? "grpc" : "http"},
        {"method", std::string(method)},
        {"code", CodeName(code)}};
    const Call call = {&calls_total_.Add(labels),
                       &call_durations_.Add(labels, DurationBuckets())};
    calls_.emplace(std::make_tuple(std::get<0>(key), kept, std::get<2>(key)),
                   call);
    return call;
  }

  prometheus::Registry registry;
  Readings readings;

 private:
  prometheus::Family<prometheus::Counter>& calls_total_ =
      prometheus::BuildCounter()
          .Name("needlewise_calls_total")
          .Help("Calls that are over, by door, method and code.")
          .Register(registry);
  prometheus::Family<prometheus::Histogram>& call_durations_ =
      prometheus::BuildHistogram()
          .Name("needlewise_call_duration_seconds")
          .Help("From when a request had been read to its answer.")
          .Register(registry);
  absl::Mutex mutex_;
  // What the keys point to.
  std::set<std::string> methods_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::tuple<int, absl::string_view, int>, Call> calls_
      ABSL_GUARDED_BY(mutex_);

 public:
  CounterTable verdicts{&prometheus::BuildCounter()
                             .Name("needlewise_verdicts_total")
                             .Help("Treatments that were screened, by verdict.")
                             .Register(registry),
                        "treatment"};
  CounterTable rule_verdicts{
      &prometheus::BuildCounter()
           .Name("needlewise_rule_verdicts_total")
           .Help("Rules that fired, by the verdict of the treatment.")
           .Register(registry),
      "rule_id"};
  prometheus::Family<prometheus::Counter>& catalog_events =
      prometheus::BuildCounter()
          .Name("needlewise_catalog_events_total")
          .Help(
              "Catalogues that came into force, were refused, or of which "
              "more rules are past review.")
          .Register(registry);
};

Metrics::Metrics() : series_(std::make_unique<Series>()) {
  // There from the start, so that an alert can watch for its first change.
  for (const char* event : {"ACTIVATED", "REFUSED", "PAST_REVIEW"}) {
    series_->catalog_events.Add({{"event", event}});
  }
}

Metrics::~Metrics() = default;

void Metrics::CountCall(Door door, absl::string_view method,
                        absl::StatusCode code, absl::Duration duration) {
  const Series::Call call = series_->Of(door, method, code);
  call.total->Increment();
  call.duration->Observe(absl::ToDoubleSeconds(duration));
}

void Metrics::CountDecision(const v1::Decision& decision) {
  for (const v1::TreatmentDecision& treatment : decision.treatments()) {
    series_->verdicts.Increment(treatment.treatment(), treatment.verdict());
    // One rule may fire in several areas.
    std::set<absl::string_view> counted;
    for (const v1::AreaDecision& area : treatment.areas()) {
      for (const v1::FiredRule& rule : area.fired()) {
        if (!counted.insert(rule.rule_id()).second) continue;
        series_->rule_verdicts.Increment(rule.rule_id(), treatment.verdict());
      }
    }
  }
}

void Metrics::CountCatalogEvent(absl::string_view event) {
  series_->catalog_events.Add({{"event", std::string(event)}}).Increment();
}

void Metrics::AddReading(std::string name, std::string help, Reading reading,
                         std::function<Labels()> labels) {
  series_->readings.Add({std::move(name), std::move(help), std::move(reading),
                         std::move(labels)});
}

std::string Metrics::Text() const {
  std::vector<prometheus::MetricFamily> families = series_->registry.Collect();
  for (prometheus::MetricFamily& family : series_->readings.Collect()) {
    families.push_back(std::move(family));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace needlewise
