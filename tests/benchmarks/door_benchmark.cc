// What the doors over HTTP cost beside the decision, without a network: JSON in
// and out, and a whole call of a hook with a long record.

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "absl/strings/match.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "needlewise/v1/screening.pb.h"
#include "server/catalog_manager.h"
#include "server/cds_hooks/cds_hooks.h"
#include "server/cds_hooks/hook_settings.h"
#include "server/clock.h"
#include "server/decision_support.h"
#include "server/fhir/json_document.h"
#include "server/http/message_json.h"
#include "server/telemetry/json_log.h"
#include "tests/benchmarks/sample_record.h"
#include "tests/benchmarks/sample_requests.h"

namespace needlewise {
namespace {

constexpr int kResources = 500;

[[noreturn]] void Fail(const std::string& why) {
  std::cerr << why << "\n";
  std::exit(1);
}

void MeasureJson(const DecisionSupport& support, absl::CivilDay today) {
  const v1::ScreenEligibilityRequest request =
      MakeRequest(Sample::kComplete, v1::VIEW_FULL, today);
  v1::ScreenEligibilityResponse response;
  if (!support.ScreenEligibility(request, &response).ok()) {
    Fail("the sample is refused");
  }
  const std::string text = WriteJson(request);
  benchmark::RegisterBenchmark(
      "json_read/complete_full", [text](benchmark::State& state) {
        for (auto _ : state) {
          v1::ScreenEligibilityRequest read;
          benchmark::DoNotOptimize(ReadJson(text, &read));
        }
      });
  benchmark::RegisterBenchmark(
      "json_write/complete_full", [response](benchmark::State& state) {
        for (auto _ : state) {
          benchmark::DoNotOptimize(WriteJson(response));
        }
      });
}

void MeasureHook(const CdsHooks& hooks, absl::CivilDay today) {
  HttpRequest call;
  call.method = "POST";
  call.path = kHookPath;
  call.headers["content-type"] = "application/json";
  call.body = MakeHookCall(kResources, today);
  const HttpResponse answer = hooks.Handle(call);
  if (answer.status != 200 ||
      !absl::StrContains(answer.body, "facts are missing")) {
    Fail(answer.body);
  }
  benchmark::RegisterBenchmark(
      "hook_json/500", [call](benchmark::State& state) {
        for (auto _ : state) {
          Violations violations;
          benchmark::DoNotOptimize(ParseJson(call.body, &violations));
        }
        state.counters["bytes"] = static_cast<double>(call.body.size());
      });
  benchmark::RegisterBenchmark("hook/500",
                               [&hooks, call](benchmark::State& state) {
                                 for (auto _ : state) {
                                   benchmark::DoNotOptimize(hooks.Handle(call));
                                 }
                               });
}

}  // namespace
}  // namespace needlewise

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  using namespace needlewise;  // NOLINT
  const SystemClock clock;
  DescriptorLogSink sink(STDERR_FILENO);
  const Log log(&sink, &clock, LogSeverity::kError);
  CatalogManager::Options catalog;
  catalog.load.run_cases = false;
  CatalogManager catalogs(catalog, &clock, &log);
  if (!catalogs.LoadFirst().ok()) Fail("the catalogue does not load");
  DecisionSupport::Options options;
  options.site_findings = SampleSiteFindings();
  const DecisionSupport support(options, &catalogs, &clock, &log);
  config::v1::CdsHooks config;
  FillHookDefaults(&config);
  config.set_without_authentication_for_development(true);
  CdsHooks::Parts parts;
  parts.screener = {&support, &catalogs};
  const CdsHooks hooks(config, parts);
  const absl::CivilDay today =
      absl::ToCivilDay(clock.Now(), absl::LocalTimeZone());
  MeasureJson(support, today);
  MeasureHook(hooks, today);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
