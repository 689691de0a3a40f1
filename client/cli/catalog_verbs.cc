#include "client/cli/catalog_verbs.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/cli/catalog_report.h"
#include "client/cli/decision_report.h"
#include "client/cli/names.h"
#include "client/rpc_error.h"
#include "google/protobuf/struct.pb.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "proto/json/did_you_mean.h"

namespace needlewise {
namespace {

constexpr int kPageSize = 1000;
constexpr absl::Duration kHealthPause = absl::Milliseconds(50);

// What health is asked of, beside the server as a whole.
constexpr const char* kServices[] = {"needlewise.v1.ScreeningService",
                                     "needlewise.v1.RecommendationService",
                                     "needlewise.v1.RuleCatalogService"};

ExitCode Misused(const Invocation& invocation, std::string message) {
  return invocation.Fail(absl::InvalidArgumentError(std::move(message)));
}

absl::StatusOr<v1::EffectKind> ParseEffect(const std::string& text) {
  std::vector<std::string> names;
  for (int i = v1::EFFECT_KIND_CONTRAINDICATION; i <= v1::EFFECT_KIND_NOTE;
       ++i) {
    names.push_back(PlainEnumName(*v1::EffectKind_descriptor(), i));
    if (absl::AsciiStrToLower(text) == names.back()) {
      return static_cast<v1::EffectKind>(i);
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("`--effect=", text, "`: expected ",
                   absl::StrJoin(names, ", "), DidYouMean(text, names)));
}

ExitCode ListRules(const Invocation& invocation) {
  const CommandLine& line = invocation.line();
  v1::ListRulesRequest request;
  request.set_page_size(kPageSize);
  request.set_treatment(line.Get("treatment"));
  request.set_concept(line.Get("concept"));
  request.set_profile(line.Get("profile"));
  request.set_language(line.Get("language"));
  request.set_citation(line.Get("citation"));
  request.set_conflict(line.Get("conflict"));
  if (line.Has("effect")) {
    const auto effect = ParseEffect(line.Get("effect"));
    if (!effect.ok()) return invocation.Fail(effect.status());
    request.set_effect(*effect);
  }
  v1::ListRulesResponse all;
  do {
    const auto page = invocation.client().ListRules(request);
    if (!page.ok()) return invocation.Fail(page.status());
    request.set_page_token(page->next_page_token());
    all.MergeFrom(*page);
  } while (!request.page_token().empty());
  all.clear_next_page_token();
  if (invocation.json()) return invocation.PrintJson(all);
  TextReport report(invocation.out());
  ReportRules(all, &report);
  return invocation.PrintText(report.text());
}

ExitCode ShowRule(const Invocation& invocation, const std::string& rule_id) {
  v1::GetRuleRequest request;
  request.set_rule_id(rule_id);
  request.set_language(invocation.line().Get("language"));
  const auto response = invocation.client().GetRule(request);
  if (!response.ok()) return invocation.Fail(response.status());
  if (invocation.json()) return invocation.PrintJson(*response);
  TextReport report(invocation.out());
  ReportRule(*response, &report);
  return invocation.PrintText(report.text());
}

// Written to by the handler of the signals that end a watch.
int signal_pipe[2] = {-1, -1};

void OnSignal(int) {
  const char byte = 0;
  // Nothing can be done about a failure here, and the next signal tries again.
  [[maybe_unused]] const ssize_t written = write(signal_pipe[1], &byte, 1);
}

// Runs `on_stop` on another thread when Ctrl-C or SIGTERM arrives.
class StopSignal final {
 public:
  template <typename OnStop>
  explicit StopSignal(OnStop on_stop) {
    if (pipe(signal_pipe) != 0) return;
    thread_ = std::thread([on_stop] {
      char byte = 0;
      while (read(signal_pipe[0], &byte, 1) < 0 && errno == EINTR) {
      }
      if (byte == 0) on_stop();
    });
    std::signal(SIGINT, OnSignal);
    std::signal(SIGTERM, OnSignal);
  }

  ~StopSignal() {
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    if (!thread_.joinable()) return;
    const char byte = 1;
    if (write(signal_pipe[1], &byte, 1) != 1) close(signal_pipe[1]);
    thread_.join();
  }

 private:
  std::thread thread_;
};

std::string HealthName(Health health) {
  switch (health) {
    case Health::kServing:
      return "SERVING";
    case Health::kNotServing:
      return "NOT_SERVING";
    case Health::kUnknown:
      return "UNKNOWN";
  }
  return "UNKNOWN";
}

Tone HealthTone(Health health) {
  return health == Health::kServing      ? Tone::kGood
         : health == Health::kNotServing ? Tone::kStop
                                         : Tone::kCaution;
}

// Asks about the server as a whole; with `wait`, until it is serving.
absl::StatusOr<Health> AskUntilServing(const Invocation& invocation,
                                       absl::Duration wait) {
  const absl::Time end = absl::Now() + wait;
  while (true) {
    CallOptions call;
    call.deadline = invocation.deadline();
    const absl::StatusOr<Health> health =
        invocation.client().CheckHealth("", call);
    if (health.ok() && *health == Health::kServing) return health;
    if (absl::Now() >= end) return health;
    absl::SleepFor(kHealthPause);
  }
}

}  // namespace

ExitCode RunRules(const Invocation& invocation) {
  const std::vector<std::string>& words = invocation.line().arguments();
  const std::string what = words.empty() ? "" : words[0];
  if (what == "list" && words.size() == 1) return ListRules(invocation);
  if (what == "show" && words.size() == 2) {
    return ShowRule(invocation, words[1]);
  }
  if (what == "show") {
    return Misused(invocation,
                   "`rules show` needs the id of a rule; `needlewise rules "
                   "list` lists them");
  }
  return Misused(invocation, absl::StrCat("`rules` needs `list` or `show RULE`",
                                          DidYouMean(what, {"list", "show"})));
}

ExitCode RunConflicts(const Invocation& invocation) {
  v1::ListSourceConflictsRequest request;
  request.set_language(invocation.line().Get("language"));
  request.set_page_size(kPageSize);
  v1::ListSourceConflictsResponse all;
  do {
    const auto page = invocation.client().ListSourceConflicts(request);
    if (!page.ok()) return invocation.Fail(page.status());
    request.set_page_token(page->next_page_token());
    all.MergeFrom(*page);
  } while (!request.page_token().empty());
  all.clear_next_page_token();

  const std::vector<std::string>& wanted = invocation.line().arguments();
  if (!wanted.empty()) {
    std::vector<std::string> known;
    std::map<std::string, v1::SourceConflictUse> by_id;
    for (const v1::SourceConflictUse& use : all.conflicts()) {
      known.push_back(use.conflict().conflict_id());
      by_id[known.back()] = use;
    }
    all.clear_conflicts();
    for (const std::string& id : wanted) {
      const auto found = by_id.find(id);
      if (found == by_id.end()) {
        return Misused(invocation, absl::StrCat("`", id,
                                                "` is not a source conflict of "
                                                "the catalogue",
                                                DidYouMean(id, known)));
      }
      *all.add_conflicts() = found->second;
    }
    all.set_total_size(all.conflicts_size());
  }
  if (invocation.json()) return invocation.PrintJson(all);
  TextReport report(invocation.out());
  ReportConflicts(all, &report);
  return invocation.PrintText(report.text());
}

ExitCode RunWatch(const Invocation& invocation) {
  int count = 0;
  if (invocation.line().Has("count") &&
      (!absl::SimpleAtoi(invocation.line().Get("count"), &count) ||
       count < 1)) {
    return Misused(invocation,
                   absl::StrCat("`--count=", invocation.line().Get("count"),
                                "`: expected a number from 1"));
  }
  const std::unique_ptr<CatalogWatch> watch =
      invocation.client().WatchRuleCatalog();
  const StopSignal stop([&watch] { watch->Cancel(); });
  v1::WatchRuleCatalogResponse event;
  for (int seen = 0; watch->Read(&event);) {
    ExitCode printed;
    if (invocation.json()) {
      printed = invocation.PrintJson(event, /*one_line=*/true);
    } else {
      TextReport report(invocation.out());
      ReportEvent(event, &report);
      printed = invocation.PrintText(report.text());
    }
    if (printed != kExitOk) return printed;
    if (++seen == count) watch->Cancel();
  }
  const absl::Status status = watch->Finish();
  // Only this program cancels.
  if (status.ok() || absl::IsCancelled(status)) return kExitOk;
  return invocation.Fail(status);
}

ExitCode RunHealth(const Invocation& invocation) {
  absl::Duration wait = absl::ZeroDuration();
  if (invocation.line().Has("wait") &&
      (!absl::ParseDuration(invocation.line().Get("wait"), &wait) ||
       wait < absl::ZeroDuration())) {
    return Misused(invocation,
                   absl::StrCat("`--wait=", invocation.line().Get("wait"),
                                "`: expected a duration with its unit, for "
                                "instance 10s"));
  }
  const absl::StatusOr<Health> overall = AskUntilServing(invocation, wait);
  if (!overall.ok()) return invocation.Fail(overall.status());

  std::vector<std::pair<std::string, Health>> services;
  bool serving = *overall == Health::kServing;
  for (const char* service : kServices) {
    const absl::StatusOr<Health> health =
        invocation.client().CheckHealth(service);
    if (!health.ok()) return invocation.Fail(health.status());
    services.emplace_back(service, *health);
    serving = serving && *health != Health::kNotServing;
  }

  // A server that is not serving has no catalogue to tell of.
  v1::GetRuleCatalogResponse catalog;
  if (serving) {
    v1::GetRuleCatalogRequest request;
    request.set_version_only(true);
    auto response = invocation.client().GetRuleCatalog(request);
    if (!response.ok()) return invocation.Fail(response.status());
    catalog = *std::move(response);
  }

  ExitCode printed;
  if (invocation.json()) {
    google::protobuf::Struct root;
    auto& fields = *root.mutable_fields();
    fields["address"].set_string_value(invocation.address());
    fields["status"].set_string_value(HealthName(*overall));
    auto& by_service =
        *fields["services"].mutable_struct_value()->mutable_fields();
    for (const auto& [service, health] : services) {
      by_service[service].set_string_value(HealthName(health));
    }
    if (serving) {
      auto& about = *fields["catalog"].mutable_struct_value()->mutable_fields();
      about["version"].set_string_value(catalog.version().version());
      about["digest"].set_string_value(catalog.version().digest());
      about["ruleCount"].set_number_value(catalog.rule_count());
      about["conceptCount"].set_number_value(catalog.concept_count());
      about["activatedAt"].set_string_value(catalog.activated_at());
      about["rulesPastReview"].set_number_value(
          catalog.rules_past_review_size());
      about["sealTrusted"].set_bool_value(catalog.seal_trusted());
      auto* overlays = about["overlays"].mutable_list_value()->mutable_values();
      for (const std::string& overlay : catalog.overlay_ids()) {
        overlays->Add()->set_string_value(overlay);
      }
    }
    printed = invocation.PrintJson(root);
  } else {
    TextReport report(invocation.out());
    report.Item(0, absl::StrCat(invocation.address(), "  "),
                HealthName(*overall), HealthTone(*overall), Tone::kBold);
    for (const auto& [service, health] : services) {
      report.Item(2, absl::StrCat(service, "  "), HealthName(health),
                  HealthTone(health));
    }
    if (serving) {
      report.Item(
          2, "",
          absl::StrCat(CatalogLine(catalog.version(), "", 0), ", ",
                       catalog.rule_count(), " rules on ",
                       catalog.concept_count(), " concepts, in force since ",
                       catalog.activated_at()),
          Tone::kDim);
      if (!catalog.overlay_ids().empty()) {
        report.Item(2, "",
                    absl::StrCat("overlays: ",
                                 absl::StrJoin(catalog.overlay_ids(), ", ")),
                    Tone::kDim);
      }
      if (catalog.has_seal()) {
        report.Item(2, "",
                    absl::StrCat("sealed by ", catalog.seal().approver(),
                                 catalog.seal_trusted() ? ", with a trusted key"
                                                        : ", not judged"),
                    Tone::kDim);
      }
      if (!catalog.rules_past_review().empty()) {
        report.Item(
            2, "degraded  ",
            absl::StrCat(PastReviewLine(catalog.rules_past_review_size()), ": ",
                         absl::StrJoin(catalog.rules_past_review(), ", ")),
            Tone::kWarning);
      }
    }
    printed = invocation.PrintText(report.text());
  }
  if (printed != kExitOk) return printed;
  return serving ? kExitOk : kExitNo;
}

}  // namespace needlewise
