// A large log: fills it with decisions on a year of patients, and measures how
// long one record, and a page of them, takes to find by every kind of filter,
// among the newest and anywhere.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "tests/benchmarks/recorded_service.h"
#include "tests/benchmarks/sample_requests.h"

namespace needlewise {
namespace {

constexpr int kBatch = 1000;
constexpr int kCallers = 16;
constexpr int kVisits = 5;
constexpr int kThreads = 2;
constexpr int kLookUps = 500;
constexpr int kReportedBatches = 500;
const absl::Duration kSpan = absl::Hours(24 * 365);

// As far as the log has been filled.
class FilledClock final : public Clock {
 public:
  explicit FilledClock(absl::Time start) : micros_(absl::ToUnixMicros(start)) {}
  absl::Time Now() const override {
    return absl::FromUnixMicros(micros_.load());
  }
  void MoveTo(absl::Time time) {
    const int64_t to = absl::ToUnixMicros(time);
    int64_t from = micros_.load();
    while (from < to && !micros_.compare_exchange_weak(from, to)) {
    }
  }

 private:
  std::atomic<int64_t> micros_;
};

std::string PatientOf(int64_t record) {
  return absl::StrCat("patient ", record / kVisits);
}

// Most patients are well, some have something to report, a few may not be
// treated; one in seven wants plasma, too.
void Vary(int64_t record, absl::CivilDay today,
          v1::ScreenEligibilityRequest* request) {
  *request = MakeRequest(record % 10 == 3 ? Sample::kComplete : Sample::kWell,
                         v1::VIEW_BASIC, today);
  request->clear_request_id();
  v1::Patient* patient = request->mutable_patient();
  patient->set_patient_reference(PatientOf(record));
  patient->set_age_years(static_cast<int32_t>(20 + record % 60));
  if (record % 97 == 0) {
    v1::Finding* keloid = patient->add_findings();
    keloid->set_concept("keloid");
    keloid->set_status(v1::FINDING_STATUS_PRESENT);
    keloid->set_source(v1::SOURCE_CLINICIAN);
  }
  if (record % 7 == 0) {
    *request->add_treatments() = request->treatments(0);
    request->mutable_treatments(1)->set_treatment("prp");
  }
}

void FillBatch(const RecordedService& service, int64_t batch, absl::Time now) {
  const absl::CivilDay today = absl::ToCivilDay(now, absl::LocalTimeZone());
  v1::BatchScreenEligibilityRequest request;
  for (int64_t i = 0; i < kBatch; ++i) {
    Vary(batch * kBatch + i, today, request.add_requests());
  }
  Caller caller;
  caller.name = absl::StrCat("clinic-", batch % kCallers);
  v1::BatchScreenEligibilityResponse response;
  const absl::Status status = service.support().BatchScreenEligibility(
      request, [] { return absl::OkStatus(); }, &response, caller);
  if (!status.ok()) Fail(std::string(status.message()));
  for (const auto& result : response.results()) {
    if (result.status().code() != 0) Fail(result.status().message());
  }
}

void Fill(const RecordedService& service, int64_t batches, FilledClock* clock) {
  const absl::Time start = clock->Now();
  std::atomic<int64_t> next{0};
  const double seconds = SecondsOf([&] {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int64_t batch = next++; batch < batches; batch = next++) {
          clock->MoveTo(start + kSpan * batch / batches);
          FillBatch(service, batch, clock->Now());
          if (batch % kReportedBatches == 0) {
            std::cerr << "filled " << batch * kBatch << "\n";
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  std::printf("filled with %lld records, %.0f a second; resident %lld MiB\n",
              static_cast<long long>(batches * kBatch),
              static_cast<double>(batches * kBatch) / seconds,
              static_cast<long long>(ResidentMib()));
}

class LookUps {
 public:
  LookUps(const DecisionQueries& queries, absl::Time first, absl::Time last)
      : queries_(queries), first_(first), last_(last) {}

  void Run() {
    std::printf("%-44s %8s %8s %8s  %s\n", "", "median", "p99", "slowest",
                "records");
    Lists("list, no filter", [](auto*) {});
    Lists("list by verdict, nine in ten have it", [this](auto* list) {
      list->set_verdict(common_.decision().treatments(0).verdict());
    });
    Lists("list by verdict, one in a hundred has it",
          [](auto* list) { list->set_verdict(v1::VERDICT_CONTRAINDICATED); });
    Lists("list by rule, one in a hundred",
          [this](auto* list) { list->set_rule_id(RareRule()); });
    Lists("list by rule, never fired",
          [](auto* list) { list->set_rule_id("no-such-rule"); });
    Lists("list by treatment, all have it",
          [](auto* list) { list->set_treatment("base_microneedling"); });
    Lists("list by treatment, one in seven",
          [](auto* list) { list->set_treatment("prp"); });
    Lists("list by caller, one in sixteen", [this](auto* list) {
      list->set_caller(absl::StrCat("clinic-", random_() % kCallers));
    });
    Lists("list by subject, five records", [this](auto* list) {
      list->set_subject_hash(RandomRecord().subject_hash());
    });
    Lists("list by subject, unknown", [this](auto* list) {
      list->set_subject_hash(absl::StrCat(random_()));
    });
    Lists("list by verdict, rule, treatment and caller", [this](auto* list) {
      list->set_verdict(v1::VERDICT_CONTRAINDICATED);
      list->set_rule_id(RareRule());
      list->set_treatment("prp");
      list->set_caller("clinic-3");
    });
    Lists("list by verdict and rule, never together", [this](auto* list) {
      list->set_verdict(common_.decision().treatments(0).verdict());
      list->set_rule_id(RareRule());
    });
    Measure("list an hour", [this](auto* list) {
      const absl::Time from = RandomTime();
      list->mutable_committed_from()->set_seconds(absl::ToUnixSeconds(from));
      list->mutable_committed_before()->set_seconds(
          absl::ToUnixSeconds(from + absl::Hours(1)));
    });
    Gets("get", [this] { return RandomRecord().decision_id(); });
    Gets("get, unknown", [this] { return absl::StrCat(random_()); });
  }

 private:
  using Filter = std::function<void(v1::ListDecisionsRequest*)>;

  // The newest, and those before any moment.
  void Lists(const std::string& what, const Filter& filter) {
    if (common_.decision_id().empty()) common_ = FindCommon();
    Measure(what + ": newest", filter);
    Measure(what + ": anywhere", [&](v1::ListDecisionsRequest* list) {
      filter(list);
      list->mutable_committed_before()->set_seconds(
          absl::ToUnixSeconds(RandomTime()));
    });
  }

  void Measure(const std::string& what, const Filter& filter) {
    std::vector<double> seconds;
    int64_t found = 0;
    for (int i = 0; i < kLookUps; ++i) {
      v1::ListDecisionsRequest list;
      filter(&list);
      v1::ListDecisionsResponse page;
      seconds.push_back(SecondsOf([&] {
        if (!queries_.List(list, &page).ok()) Fail("cannot list");
      }));
      found += page.records_size();
    }
    Print(what, std::move(seconds), found);
  }

  void Gets(const std::string& what, const std::function<std::string()>& id) {
    std::vector<double> seconds;
    int64_t found = 0;
    for (int i = 0; i < kLookUps; ++i) {
      v1::GetDecisionRequest get;
      get.set_decision_id(id());
      v1::GetDecisionResponse response;
      seconds.push_back(
          SecondsOf([&] { queries_.Get(get, &response).IgnoreError(); }));
      if (response.has_record()) ++found;
    }
    Print(what, std::move(seconds), found);
  }

  void Print(const std::string& what, std::vector<double> seconds,
             int64_t found) {
    std::sort(seconds.begin(), seconds.end());
    std::printf(
        "%-44s %8.2f %8.2f %8.2f  %.1f\n", what.c_str(),
        1000 * seconds[seconds.size() / 2],
        1000 * seconds[seconds.size() * 99 / 100], 1000 * seconds.back(),
        static_cast<double>(found) / static_cast<double>(seconds.size()));
  }

  absl::Time RandomTime() {
    return first_ +
           (last_ - first_) * std::uniform_real_distribution<>(0.1, 1)(random_);
  }

  // The last before any moment.
  v1::DecisionRecord RandomRecord() {
    v1::ListDecisionsRequest list;
    list.set_page_size(1 + static_cast<int>(random_() % 100));
    list.mutable_committed_before()->set_seconds(
        absl::ToUnixSeconds(RandomTime()));
    v1::ListDecisionsResponse page;
    if (!queries_.List(list, &page).ok() || page.records().empty()) {
      Fail("cannot find any record");
    }
    return page.records(page.records_size() - 1);
  }

  v1::DecisionRecord FindCommon() {
    v1::ListDecisionsRequest list;
    v1::ListDecisionsResponse page;
    if (!queries_.List(list, &page).ok()) Fail("cannot list");
    for (const auto& record : page.records()) {
      if (record.decision().treatments_size() == 1 &&
          record.decision().treatments(0).verdict() !=
              v1::VERDICT_CONTRAINDICATED) {
        return record;
      }
    }
    Fail("finds no common record");
  }

  std::string RareRule() {
    if (!rare_rule_.empty()) return rare_rule_;
    v1::ListDecisionsRequest list;
    list.set_verdict(v1::VERDICT_CONTRAINDICATED);
    list.set_page_size(1);
    v1::ListDecisionsResponse page;
    if (!queries_.List(list, &page).ok() || page.records().empty()) {
      Fail("finds no contraindication");
    }
    for (const auto& fired :
         page.records(0).decision().treatments(0).areas(0).fired()) {
      if (fired.effect() == v1::EFFECT_KIND_CONTRAINDICATION) {
        rare_rule_ = fired.rule_id();
      }
    }
    return rare_rule_;
  }

  const DecisionQueries& queries_;
  const absl::Time first_;
  const absl::Time last_;
  std::mt19937_64 random_{20261128};
  v1::DecisionRecord common_;
  std::string rare_rule_;
};

int Run(int64_t records, const std::string& folder) {
  // Each line as it comes: all of it takes minutes.
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  std::filesystem::create_directories(folder);
  const absl::Time start =
      absl::FromCivil(absl::CivilDay(2026, 1, 1), absl::LocalTimeZone());
  FilledClock clock(start);
  const RecordedService service(folder, &clock);
  const DecisionQueries& queries = service.recording().queries();
  v1::ListDecisionsRequest any;
  any.set_page_size(1);
  v1::ListDecisionsResponse newest;
  if (!queries.List(any, &newest).ok()) Fail("cannot list");
  // A log that was filled before is only looked into.
  if (newest.records().empty()) {
    Fill(service, std::max<int64_t>(1, records / kBatch), &clock);
    if (!queries.List(any, &newest).ok()) Fail("cannot list");
  }
  const v1::DecisionRecord& last = newest.records(0);
  std::printf(
      "%lld records, %.0f bytes each on disk\n",
      static_cast<long long>(last.sequence()),
      static_cast<double>(std::filesystem::file_size(folder + "/log.db")) /
          static_cast<double>(last.sequence()));
  std::printf("milliseconds of %d look-ups each, pages of 100\n", kLookUps);
  LookUps(queries, start, absl::FromUnixSeconds(last.committed_at().seconds()))
      .Run();
  std::printf("resident %lld MiB\n", static_cast<long long>(ResidentMib()));
  return 0;
}

}  // namespace
}  // namespace needlewise

int main(int argc, char** argv) {
  int64_t records = 0;
  if (argc != 3 || !absl::SimpleAtoi(argv[1], &records) || records < 1) {
    std::cerr << "usage: decision_log_scale RECORDS FOLDER\n";
    return 2;
  }
  return needlewise::Run(records, argv[2]);
}
