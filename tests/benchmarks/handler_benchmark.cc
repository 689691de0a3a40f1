// How long a whole screening takes without a network: from the request's bytes
// to the answer's, and the part of it between the two codecs; with the shipped
// catalogue and with ten times its rules.

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "needlewise/v1/screening.pb.h"
#include "server/call_arena.h"
#include "server/catalog_manager.h"
#include "server/clock.h"
#include "server/decision_support.h"
#include "server/message_codec.h"
#include "server/telemetry/json_log.h"
#include "server/unary_method.h"
#include "tests/benchmarks/sample_catalogs.h"
#include "tests/benchmarks/sample_requests.h"

namespace needlewise {
namespace {

constexpr int kTimes = 10;

[[noreturn]] void Fail(const std::string& why) {
  std::cerr << why << "\n";
  std::exit(1);
}

// A folder that is gone with the program.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "needlewise-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) Fail("cannot make a folder");
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// All that answers a screening in the server, without gRPC.
class Service {
 public:
  // `folder` of the catalogue; empty: the shipped one.
  Service(const std::string& folder, const Clock* clock, const Log* log)
      : catalogs_(ManagerOptions(folder), clock, log),
        support_(SupportOptions(), &catalogs_, clock, log) {
    if (!catalogs_.LoadFirst().ok()) Fail("the catalogue does not load");
  }

  const DecisionSupport& support() const { return support_; }
  const CompiledCatalog& catalog() const {
    return *catalogs_.Current()->compiled;
  }

  v1::ScreenEligibilityResponse Answer(
      const v1::ScreenEligibilityRequest& request) const {
    v1::ScreenEligibilityResponse response;
    if (const absl::Status status =
            support_.ScreenEligibility(request, &response);
        !status.ok()) {
      Fail(status.ToString());
    }
    return response;
  }

 private:
  static CatalogManager::Options ManagerOptions(const std::string& folder) {
    CatalogManager::Options options;
    options.folder = folder;
    options.load.run_cases = false;
    return options;
  }

  static DecisionSupport::Options SupportOptions() {
    DecisionSupport::Options options;
    options.site_findings = SampleSiteFindings();
    return options;
  }

  CatalogManager catalogs_;
  const DecisionSupport support_;
};

// From the request's message to the answer's.
void MeasureDecision(const std::string& name, const Service& service,
                     const v1::ScreenEligibilityRequest& request) {
  benchmark::RegisterBenchmark(
      name.c_str(), [&service, request](benchmark::State& state) {
        for (auto _ : state) {
          CallArena arena;
          auto* response = arena.Make<v1::ScreenEligibilityResponse>();
          benchmark::DoNotOptimize(
              service.support().ScreenEligibility(request, response));
          benchmark::DoNotOptimize(response);
        }
        state.counters["bytes"] =
            static_cast<double>(service.Answer(request).ByteSizeLong());
      });
}

// From the request's bytes to the answer's, as every call goes.
void MeasureHandler(const std::string& name, const Service& service,
                    const v1::ScreenEligibilityRequest& request) {
  benchmark::RegisterBenchmark(
      name.c_str(), [&service, request](benchmark::State& state) {
        using Request = v1::ScreenEligibilityRequest;
        using Response = v1::ScreenEligibilityResponse;
        const grpc::ByteBuffer in = EncodeMessage(request);
        for (auto _ : state) {
          grpc::ByteBuffer out;
          benchmark::DoNotOptimize(AnswerBytes<Request, Response>(
              in, &out, [&service](const Request& read, Response* response) {
                return service.support().ScreenEligibility(read, response);
              }));
          benchmark::DoNotOptimize(out);
        }
        state.counters["bytes"] =
            static_cast<double>(service.Answer(request).ByteSizeLong());
      });
}

// Ends the program unless both give the same answer but for the catalogue's
// name.
void CheckSame(const Service& shipped, const Service& tenfold,
               const v1::ScreenEligibilityRequest& request) {
  const auto answer = [&request](const Service& service) {
    v1::Decision decision = service.Answer(request).decision();
    decision.clear_catalog();
    decision.clear_rules_left_out();
    return decision.DebugString();
  };
  if (answer(shipped) != answer(tenfold)) {
    Fail("with ten times the rules the answer is another one");
  }
}

// Ends the program unless the sample is what its name says.
void CheckVerdict(const Service& service, Sample sample,
                  const v1::ScreenEligibilityRequest& request) {
  const v1::Verdict expected =
      sample == Sample::kComplete ? v1::VERDICT_DEFERRED
      : sample == Sample::kWell   ? v1::VERDICT_ELIGIBLE
                                  : v1::VERDICT_DATA_REQUIRED;
  const v1::ScreenEligibilityResponse answer = service.Answer(request);
  if (answer.decision().treatments(0).verdict() != expected) {
    Fail(absl::StrCat("the verdict on the sample `", NameOf(sample),
                      "` is not ", v1::Verdict_Name(expected), " but\n",
                      answer.DebugString()));
  }
}

void RegisterAll(const Service& shipped, const Service& tenfold,
                 absl::CivilDay today) {
  for (const Sample sample :
       {Sample::kComplete, Sample::kWell, Sample::kEmpty}) {
    for (const v1::View view : {v1::VIEW_FULL, v1::VIEW_BASIC}) {
      const v1::ScreenEligibilityRequest request =
          MakeRequest(sample, view, today);
      CheckVerdict(shipped, sample, request);
      const std::string name = absl::StrCat(
          NameOf(sample), view == v1::VIEW_FULL ? "/full" : "/basic");
      MeasureDecision(absl::StrCat("decision/", name), shipped, request);
      MeasureHandler(absl::StrCat("handler/", name), shipped, request);
      if (sample != Sample::kEmpty) CheckSame(shipped, tenfold, request);
      MeasureHandler(absl::StrCat("handler_tenfold/", name), tenfold, request);
    }
  }
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
  const Service shipped("", &clock, &log);
  const TemporaryFolder folder;
  {
    std::ofstream file(folder.path() + "/catalog.textproto");
    file << ToText(WithCopiedRules(shipped.catalog().catalog, kTimes));
    file.close();
    if (!file.good()) Fail("cannot write the larger catalogue");
  }
  const Service tenfold(folder.path(), &clock, &log);
  RegisterAll(shipped, tenfold,
              absl::ToCivilDay(clock.Now(), absl::LocalTimeZone()));
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
