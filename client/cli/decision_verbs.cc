#include "client/cli/decision_verbs.h"

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "client/cli/input.h"
#include "client/cli/names.h"
#include "client/receipt_check.h"
#include "google/protobuf/util/json_util.h"
#include "needlewise/v1/decision_log.pb.h"
#include "proto/json/did_you_mean.h"

namespace needlewise {
namespace {

ExitCode Misused(const Invocation& invocation, std::string message) {
  return invocation.Fail(absl::InvalidArgumentError(std::move(message)));
}

// A value of an enum by its plain name, for instance `deferred`.
absl::StatusOr<int> ParseEnum(const google::protobuf::EnumDescriptor& type,
                              const std::string& flag,
                              const std::string& text) {
  std::string wanted = absl::AsciiStrToLower(text);
  std::replace(wanted.begin(), wanted.end(), '_', ' ');
  std::replace(wanted.begin(), wanted.end(), '-', ' ');
  std::vector<std::string> names;
  for (int i = 1; i < type.value_count(); ++i) {
    names.push_back(PlainEnumName(type, type.value(i)->number()));
    if (names.back() == wanted) return type.value(i)->number();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("`--", flag, "=", text, "`: expected ",
                   absl::StrJoin(names, ", "), DidYouMean(wanted, names)));
}

absl::Status ParseTime(const std::string& flag, const std::string& text,
                       google::protobuf::Timestamp* stamp) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error) &&
      !absl::ParseTime("%Y-%m-%d", text, &time, &error)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "`--", flag, "=", text, "`: expected YYYY-MM-DD or an RFC 3339 time"));
  }
  stamp->set_seconds(absl::ToUnixSeconds(time));
  return absl::OkStatus();
}

std::string FormatStamp(const google::protobuf::Timestamp& stamp) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%SZ",
                          absl::FromUnixSeconds(stamp.seconds()),
                          absl::UTCTimeZone());
}

std::string Decided(const v1::DecisionRecord& record) {
  std::vector<std::string> parts;
  const auto add = [&parts](const v1::TreatmentDecision& treatment) {
    parts.push_back(absl::StrCat(treatment.treatment(), " ",
                                 VerdictName(treatment.verdict())));
  };
  for (const auto& treatment : record.decision().treatments()) add(treatment);
  if (record.has_add_on_decision()) add(record.add_on_decision().base());
  for (const auto& add_on : record.add_on_decision().add_ons()) {
    parts.push_back(
        absl::StrCat(add_on.add_on(), " ", AddOnStatusName(add_on.status())));
  }
  for (const auto& screening : record.plan().screening()) add(screening);
  return absl::StrJoin(parts, ", ");
}

ExitCode List(const Invocation& invocation) {
  const CommandLine& line = invocation.line();
  v1::ListDecisionsRequest request;
  int left = 100;
  if (line.Has("limit") &&
      (!absl::SimpleAtoi(line.Get("limit"), &left) || left < 1)) {
    return Misused(invocation, "`--limit` needs a number from 1");
  }
  request.set_rule_id(line.Get("rule"));
  request.set_treatment(line.Get("treatment"));
  request.set_caller(line.Get("caller"));
  request.set_subject_hash(line.Get("subject"));
  if (line.Has("verdict")) {
    const auto verdict =
        ParseEnum(*v1::Verdict_descriptor(), "verdict", line.Get("verdict"));
    if (!verdict.ok()) return invocation.Fail(verdict.status());
    request.set_verdict(static_cast<v1::Verdict>(*verdict));
  }
  absl::Status times;
  if (line.Has("from")) {
    times.Update(
        ParseTime("from", line.Get("from"), request.mutable_committed_from()));
  }
  if (line.Has("before")) {
    times.Update(ParseTime("before", line.Get("before"),
                           request.mutable_committed_before()));
  }
  if (!times.ok()) return invocation.Fail(times);
  v1::ListDecisionsResponse all;
  do {
    request.set_page_size(std::min(left, 1000));
    const auto page = invocation.client().ListDecisions(request);
    if (!page.ok()) return invocation.Fail(page.status());
    left -= page->records_size();
    request.set_page_token(page->next_page_token());
    all.MergeFrom(*page);
  } while (!request.page_token().empty() && left > 0);
  all.clear_next_page_token();
  if (invocation.json()) return invocation.PrintJson(all);
  TextReport report(invocation.out());
  std::vector<std::vector<std::string>> rows;
  for (const v1::DecisionRecord& record : all.records()) {
    rows.push_back(
        {FormatStamp(record.committed_at()), record.decision_id(),
         PlainEnumName(*v1::DecisionMethod_descriptor(), record.method()),
         WithoutControls(Decided(record))});
  }
  if (rows.empty()) {
    report.Line("No decisions.");
  } else {
    report.Table(0, rows);
  }
  return invocation.PrintText(report.text());
}

ExitCode Show(const Invocation& invocation, const std::string& id) {
  v1::GetDecisionRequest request;
  request.set_decision_id(id);
  const auto response = invocation.client().GetDecision(request);
  if (!response.ok()) return invocation.Fail(response.status());
  if (invocation.json()) return invocation.PrintJson(*response);
  const v1::DecisionRecord& record = response->record();
  TextReport report(invocation.out());
  report.Line(absl::StrCat("Decision ", id, ", place ", record.sequence()));
  report.Item(2, "Committed", FormatStamp(record.committed_at()));
  report.Item(2, "Decided", WithoutControls(Decided(record)));
  report.Item(2, "Catalogue", record.rule_catalog_digest());
  report.Item(2, "Engine", WithoutControls(record.engine_version()));
  report.Item(2, "Caller", WithoutControls(record.caller()));
  report.Item(
      2, "Subject",
      record.subject_hash().empty() ? "not given" : record.subject_hash());
  for (const v1::RecordedFact& fact : record.facts()) {
    report.Item(
        2, "Fact",
        WithoutControls(absl::StrCat(
            fact.concept().empty() ? "a code of no concept" : fact.concept(),
            fact.has_value()
                ? absl::StrCat(" ", fact.value(), " ", fact.unit())
                : absl::StrCat(" ",
                               PlainEnumName(*v1::FindingStatus_descriptor(),
                                             fact.status())))));
  }
  for (const std::string& masked : record.masked_fields()) {
    report.Item(2, "Left out", WithoutControls(masked));
  }
  return invocation.PrintText(report.text());
}

ExitCode Replay(const Invocation& invocation, const std::string& id) {
  v1::ReplayDecisionRequest request;
  request.set_decision_id(id);
  request.set_rule_catalog_digest(invocation.line().Get("digest"));
  const auto response = invocation.client().ReplayDecision(request);
  if (!response.ok()) return invocation.Fail(response.status());
  ExitCode printed;
  if (invocation.json()) {
    printed = invocation.PrintJson(*response);
  } else {
    TextReport report(invocation.out());
    report.Line(response->identical() ? "The same bytes." : "Not the same:");
    for (const std::string& difference : response->differences()) {
      report.Line(absl::StrCat("  ", WithoutControls(difference)));
    }
    printed = invocation.PrintText(report.text());
  }
  if (printed != kExitOk) return printed;
  return response->identical() ? kExitOk : kExitNo;
}

// A UUID of version 4.
std::string MakeRequestId() {
  std::random_device random;
  const auto bits = [&random] { return static_cast<unsigned>(random()); };
  return absl::StrFormat("%08x-%04x-4%03x-%04x-%08x%04x", bits(),
                         bits() & 0xFFFF, bits() & 0xFFF,
                         (bits() & 0x3FFF) | 0x8000, bits(), bits() & 0xFFFF);
}

template <typename Answer>
absl::Status CheckAnswer(const Answer& answer,
                         const google::protobuf::Message& decision,
                         const google::protobuf::Message* request,
                         const std::string& key, v1::Receipt* receipt) {
  *receipt = answer.receipt();
  if (!answer.has_receipt()) {
    return absl::FailedPreconditionError(
        "the answer has no receipt; ask for one with `wants_receipt`");
  }
  return CheckReceipt(answer.receipt(), answer.decision_id(), decision, request,
                      key);
}

}  // namespace

ExitCode RunVerify(const Invocation& invocation) {
  const CommandLine& line = invocation.line();
  // Also as `decisions verify FILE`.
  if (line.arguments().empty() || !line.Has("key")) {
    return Misused(invocation,
                   "needs the answer's file and `--key=FILE`; see `needlewise "
                   "help verify`");
  }
  const auto answer = ReadInput(line.arguments().back());
  const auto key = ReadInput(line.Get("key"));
  for (const auto* read : {&answer, &key}) {
    if (!read->ok()) {
      return Misused(invocation, std::string(read->status().message()));
    }
  }
  InputText request_text;
  if (line.Has("request")) {
    auto read = ReadInput(line.Get("request"));
    if (!read.ok()) {
      return Misused(invocation, std::string(read.status().message()));
    }
    request_text = *std::move(read);
  }
  const bool has_request = line.Has("request");
  absl::Status checked;
  v1::Receipt receipt;
  // Reads the answer and the request, and checks them.
  const auto check = [&](auto answer_message, auto request_message,
                         auto decision_of) -> ExitCode {
    // Answers hold times, which people do not write.
    const auto parsed = google::protobuf::util::JsonStringToMessage(
        answer->content, &answer_message);
    if (!parsed.ok()) {
      return Misused(invocation,
                     absl::StrCat("`", answer->name, "` is no answer in JSON: ",
                                  parsed.message().ToString()));
    }
    if (has_request) {
      SourceMap map;
      const std::vector<InputProblem> problems = ParseInput(
          request_text, InputFormat::kDetect, &request_message, &map);
      if (!problems.empty()) return invocation.Fail(request_text, problems);
    }
    checked = CheckAnswer(answer_message, decision_of(answer_message),
                          has_request ? &request_message : nullptr,
                          key->content, &receipt);
    return kExitOk;
  };
  ExitCode read;
  if (SetsField(*answer, InputFormat::kDetect, "plan")) {
    read = check(v1::PlanTreatmentResponse(), v1::PlanTreatmentRequest(),
                 [](const auto& a) { return a.plan(); });
  } else if (answer->content.find("\"addOns\"") != std::string::npos) {
    read = check(v1::RecommendAddOnsResponse(), v1::RecommendAddOnsRequest(),
                 [](const auto& a) { return a.decision(); });
  } else {
    read =
        check(v1::ScreenEligibilityResponse(), v1::ScreenEligibilityRequest(),
              [](const auto& a) { return a.decision(); });
  }
  if (read != kExitOk) return read;
  if (absl::IsInvalidArgument(checked)) return invocation.Fail(checked);
  TextReport report(invocation.out());
  if (checked.ok()) {
    report.Line(absl::StrCat(
        "The receipt holds: ", WithoutControls(receipt.outcome()), ", decided ",
        FormatStamp(receipt.decided_at()), " with catalogue ",
        WithoutControls(receipt.rule_catalog_digest())));
  } else {
    report.Line(absl::StrCat("The receipt does not hold: ", checked.message()));
  }
  const ExitCode printed = invocation.PrintText(report.text());
  if (printed != kExitOk) return printed;
  return checked.ok() ? kExitOk : kExitNo;
}

ExitCode RunDecisions(const Invocation& invocation) {
  const std::vector<std::string>& words = invocation.line().arguments();
  const std::string what = words.empty() ? "" : words[0];
  if (what == "list" && words.size() == 1) return List(invocation);
  if (what == "show" && words.size() == 2) return Show(invocation, words[1]);
  if (what == "replay" && words.size() == 2) {
    return Replay(invocation, words[1]);
  }
  if (what == "verify" && words.size() == 2) return RunVerify(invocation);
  return Misused(
      invocation,
      absl::StrCat("`decisions` takes `list`, `show ID`, `replay "
                   "ID` or `verify FILE`",
                   DidYouMean(what, {"list", "show", "replay", "verify"})));
}

ExitCode RunFeedback(const Invocation& invocation) {
  const CommandLine& line = invocation.line();
  if (line.arguments().size() != 2) {
    return Misused(invocation,
                   "`feedback` needs a decision's id and what became of it: "
                   "accepted, overridden or acknowledged");
  }
  v1::ReportFeedbackRequest request;
  request.set_decision_id(line.arguments()[0]);
  const auto outcome = ParseEnum(*v1::FeedbackOutcome_descriptor(), "outcome",
                                 line.arguments()[1]);
  if (!outcome.ok()) return invocation.Fail(outcome.status());
  request.set_outcome(static_cast<v1::FeedbackOutcome>(*outcome));
  request.set_rule_id(line.Get("rule"));
  if (line.Has("reason")) {
    const auto reason = ParseEnum(*v1::OverrideReason_descriptor(), "reason",
                                  line.Get("reason"));
    if (!reason.ok()) return invocation.Fail(reason.status());
    request.set_override_reason(static_cast<v1::OverrideReason>(*reason));
  }
  request.set_request_id(line.Get("request-id", MakeRequestId()));
  const auto response = invocation.client().ReportFeedback(request);
  if (!response.ok()) return invocation.Fail(response.status());
  if (invocation.json()) return invocation.PrintJson(*response);
  TextReport report(invocation.out());
  report.Line(response->already_recorded() ? "It had been recorded before."
                                           : "Recorded.");
  return invocation.PrintText(report.text());
}

}  // namespace needlewise
