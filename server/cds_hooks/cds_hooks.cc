#include "server/cds_hooks/cds_hooks.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/cds_hooks/asked_treatments.h"
#include "server/cds_hooks/cards.h"
#include "server/cds_hooks/feedback.h"
#include "server/cds_hooks/hook_record.h"
#include "server/cds_hooks/prefetch.h"
#include "server/fhir/json.h"
#include "server/fhir/operation_outcome.h"
#include "server/status.h"

namespace needlewise {
namespace {

HttpResponse JsonResponse(const Json& json) {
  HttpResponse response;
  response.headers["content-type"] = "application/json";
  response.body = WriteJson(json);
  return response;
}

HttpResponse NotAllowed(const char* allowed) {
  HttpResponse response = OutcomeResponse(
      405, "not-supported", absl::StrCat("this takes ", allowed, " only"));
  response.headers["allow"] = allowed;
  return response;
}

bool IsJson(const HttpRequest& request) {
  const auto type = request.headers.find("content-type");
  if (type == request.headers.end()) return false;
  const absl::string_view value = type->second;
  const absl::string_view media =
      absl::StripAsciiWhitespace(value.substr(0, value.find(';')));
  return absl::EqualsIgnoreCase(media, "application/json");
}

// The treatments of one day.
struct DayGroup {
  std::string day;
  std::vector<const AskedTreatment*> treatments;
};

std::vector<DayGroup> ByDay(const std::vector<AskedTreatment>& asked) {
  std::vector<DayGroup> groups;
  for (const AskedTreatment& treatment : asked) {
    DayGroup* group = nullptr;
    for (DayGroup& other : groups) {
      if (other.day == treatment.day) group = &other;
    }
    if (group == nullptr) {
      group = &groups.emplace_back();
      group->day = treatment.day;
    }
    group->treatments.push_back(&treatment);
  }
  return groups;
}

// Cards of the decisions of a call, and what goes with them.
struct Answer {
  Json cards = Json::array();
  Json decisions = Json::array();
};

}  // namespace

CdsHooks::CdsHooks(config::v1::CdsHooks config, Parts parts)
    : config_(std::move(config)), parts_(std::move(parts)) {}

HttpResponse CdsHooks::Handle(const HttpRequest& request) const {
  absl::string_view path = request.path;
  absl::ConsumePrefix(&path, kCdsServicesPath);
  if (path.empty() || path == "/") {
    return request.method == "GET" || request.method == "HEAD"
               ? Discover()
               : NotAllowed("GET");
  }
  absl::ConsumePrefix(&path, "/");
  const bool feedback = absl::ConsumeSuffix(&path, "/feedback");
  const HookService* service = FindHookService(path);
  if (service == nullptr) {
    return OutcomeResponse(404, "not-found",
                           "there is no such service; GET /cds-services lists "
                           "those there are");
  }
  if (request.method != "POST") return NotAllowed("POST");
  return feedback ? TakeFeedback(request) : Call(*service, request);
}

HttpResponse CdsHooks::Discover() const {
  const auto active = parts_.screener.catalogs->Current();
  if (active == nullptr) return ErrorResponse(CatalogNotLoaded());
  Json prefetch = Json::object();
  for (const PrefetchTemplate& item : PrefetchTemplates(*active->compiled)) {
    prefetch[item.key] = item.query;
  }
  Json services = Json::array();
  for (const HookService& service : HookServices()) {
    services.push_back({{"hook", std::string(service.hook)},
                        {"id", std::string(service.id)},
                        {"title", std::string(service.title)},
                        {"description", std::string(service.description)},
                        {"prefetch", prefetch}});
  }
  return JsonResponse({{"services", std::move(services)}});
}

absl::Status CdsHooks::Authenticate(const HttpRequest& request,
                                    std::string* caller) const {
  if (parts_.tokens == nullptr) {
    if (config_.without_authentication_for_development()) {
      return absl::OkStatus();
    }
    return absl::UnauthenticatedError("no caller is known to this server");
  }
  const auto header = request.headers.find("authorization");
  absl::string_view token;
  if (header != request.headers.end()) token = header->second;
  constexpr absl::string_view kScheme = "Bearer ";
  if (!absl::StartsWithIgnoreCase(token, kScheme)) {
    return absl::UnauthenticatedError(
        "send a signed token as `Authorization: Bearer`");
  }
  token.remove_prefix(kScheme.size());
  absl::StatusOr<std::string> issuer = parts_.tokens->Verify(
      token, absl::StrCat(config_.base_url(), request.path));
  if (!issuer.ok()) return issuer.status();
  *caller = *std::move(issuer);
  return absl::OkStatus();
}

HttpResponse CdsHooks::Call(const HookService& service,
                            const HttpRequest& request) const {
  Caller caller;
  if (absl::Status known = Authenticate(request, &caller.name); !known.ok()) {
    if (known.code() != absl::StatusCode::kUnauthenticated) {
      return ErrorResponse(known);
    }
    HttpResponse refused = OutcomeResponse(401, "login", known.message());
    refused.headers["www-authenticate"] = "Bearer";
    return refused;
  }
  if (!IsJson(request)) {
    return OutcomeResponse(415, "structure",
                           "send the content type application/json");
  }
  const auto active = parts_.screener.catalogs->Current();
  if (active == nullptr) return ErrorResponse(CatalogNotLoaded());
  Violations violations;
  const std::unique_ptr<HookRequest> hook =
      ReadHookRequest(request.body, service, &violations);
  std::vector<AskedTreatment> asked;
  if (hook != nullptr) {
    asked = AskedTreatments(config_, *active->compiled, service, *hook,
                            &violations);
  }
  if (!violations.empty()) {
    return ViolationsResponse(400, "invalid", violations);
  }
  Answer answer;
  if (asked.empty()) return JsonResponse({{"cards", answer.cards}});

  HookRecord record;
  ReadHookRecord(config_, *active->compiled, *hook, parts_.fetcher, &record,
                 &violations);
  if (!violations.empty()) {
    return ViolationsResponse(400, "invalid", violations);
  }
  if (!record.missing.empty()) {
    return ViolationsResponse(412, "required", record.missing);
  }
  for (const DayGroup& group : ByDay(asked)) {
    v1::ScreenEligibilityRequest wanted;
    wanted.set_as_of(group.day);
    wanted.set_view(v1::VIEW_FULL);
    for (const AskedTreatment* treatment : group.treatments) {
      *wanted.add_treatments() = treatment->selection;
    }
    ScreenedRecord screened;
    absl::StatusOr<PendingAnswer> pending =
        StartScreenRecord(parts_.screener, caller, record.resources,
                          "prefetch.patient", &wanted, &screened);
    if (!pending.ok()) return ErrorResponse(pending.status());
    if (screened.mapped.deceased)
      return JsonResponse({{"cards", answer.cards}});
    if (const RecordOutcome outcome = std::move(*pending).Await();
        !outcome.status.ok()) {
      return ErrorResponse(outcome.status);
    }
    DecisionOfPatient decided;
    decided.catalog = screened.catalog->compiled.get();
    decided.mapped = &screened.mapped;
    decided.decision_id = screened.response.decision_id();
    decided.decision = &screened.response.decision();
    decided.subject = screened.subject;
    for (Json& card : MakeCards(decided)) {
      answer.cards.push_back(std::move(card));
    }
    answer.decisions.push_back(MakeDecisionExtension(decided));
  }
  return JsonResponse({{"cards", std::move(answer.cards)},
                       {"extension",
                        {{"needlewise.v1",
                          {{"prefetch", record.states},
                           {"decisions", std::move(answer.decisions)}}}}}});
}

HttpResponse CdsHooks::TakeFeedback(const HttpRequest& request) const {
  std::string caller = Caller().name;
  if (absl::Status known = Authenticate(request, &caller); !known.ok()) {
    if (known.code() != absl::StatusCode::kUnauthenticated) {
      return ErrorResponse(known);
    }
    HttpResponse refused = OutcomeResponse(401, "login", known.message());
    refused.headers["www-authenticate"] = "Bearer";
    return refused;
  }
  if (!IsJson(request)) {
    return OutcomeResponse(415, "structure",
                           "send the content type application/json");
  }
  if (!parts_.report) {
    return OutcomeResponse(501, "not-supported",
                           "this server keeps no decision log, so feedback "
                           "cannot be recorded");
  }
  Violations violations;
  const absl::StatusOr<std::vector<v1::ReportFeedbackRequest>> reports =
      ReadFeedback(request.body, parts_.decision_of, &violations);
  if (!reports.ok()) return ErrorResponse(reports.status());
  if (!violations.empty()) {
    return ViolationsResponse(400, "invalid", violations);
  }
  for (const v1::ReportFeedbackRequest& report : *reports) {
    if (absl::Status recorded = parts_.report(report, caller); !recorded.ok()) {
      return ErrorResponse(recorded);
    }
  }
  return HttpResponse();
}

}  // namespace needlewise
