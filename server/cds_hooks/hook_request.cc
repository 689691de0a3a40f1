#include "server/cds_hooks/hook_request.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/fhir/element.h"

namespace needlewise {
namespace {

constexpr size_t kLongestFhirId = 64;
constexpr size_t kLongestToken = 16384;

constexpr const char* kNothingMore[] = {nullptr};
constexpr const char* kAppointments[] = {"appointments", nullptr};
constexpr const char* kSelectedOrders[] = {"selections", "draftOrders",
                                           nullptr};
constexpr const char* kOrders[] = {"draftOrders", nullptr};

bool IsUuid(absl::string_view text) {
  absl::ConsumePrefix(&text, "urn:uuid:");
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !absl::ascii_isxdigit(text[i])) return false;
  }
  return true;
}

// A header must not be split by what stands in it.
bool IsVisibleAscii(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isgraph(c)) return false;
  }
  return true;
}

void ReadContext(const Element& root, const HookService& service,
                 HookRequest* request) {
  const Element context = root.Object("context");
  if (!context.exists()) {
    root.Member("context").Fault("is required and must be an object");
    return;
  }
  request->patient_id = std::string(context.Text("patientId"));
  if (!IsFhirId(request->patient_id)) {
    context.Member("patientId").Fault("is required and must be a FHIR id");
  }
  if (context.Text("userId").empty()) {
    context.Member("userId").Fault("is required");
  }
  for (const char* const* name = service.required_context; *name != nullptr;
       ++name) {
    if (!context.HasMember(*name)) {
      context.Member(*name).Fault("is required by the hook");
    }
  }
}

void ReadAuthorization(const Element& root, HookRequest* request) {
  absl::string_view server = root.Text("fhirServer");
  absl::ConsumeSuffix(&server, "/");
  request->fhir_server = std::string(server);
  const Element authorization = root.Object("fhirAuthorization");
  if (!authorization.exists()) return;
  if (server.empty()) {
    root.Member("fhirServer").Fault("is required with `fhirAuthorization`");
  }
  request->access_token = std::string(authorization.Text("access_token"));
  if (request->access_token.empty() ||
      request->access_token.size() > kLongestToken ||
      !IsVisibleAscii(request->access_token)) {
    authorization.Member("access_token")
        .Fault("is required and must be a token of visible characters");
  }
  if (!absl::EqualsIgnoreCase(authorization.Text("token_type"), "Bearer")) {
    authorization.Member("token_type").Fault("must be `Bearer`");
  }
}

}  // namespace

bool IsFhirId(absl::string_view text) {
  if (text.empty() || text.size() > kLongestFhirId) return false;
  for (const char c : text) {
    if (!absl::ascii_isalnum(c) && c != '-' && c != '.') return false;
  }
  return true;
}

const std::vector<HookService>& HookServices() {
  static const auto& services = *new std::vector<HookService>{
      {"needlewise-appointment-book", "appointment-book",
       "Microneedling: may the appointment go ahead?",
       "Screens the patient for the needling treatments of the appointments "
       "on their days: what stands against them, until when, and which facts "
       "are missing.",
       kAppointments},
      {"needlewise-order-select", "order-select",
       "Microneedling: what stands against the order?",
       "Screens the patient for the needling treatments among the selected "
       "orders.",
       kSelectedOrders},
      {"needlewise-order-sign", "order-sign",
       "Microneedling: may the order be signed?",
       "Screens the patient for the needling treatments among the orders to "
       "be signed.",
       kOrders},
      {"needlewise-patient-view", "patient-view",
       "Microneedling: is the patient eligible?",
       "Screens the patient for the needling treatment that the clinic has "
       "configured.",
       kNothingMore},
  };
  return services;
}

const HookService* FindHookService(absl::string_view id) {
  for (const HookService& service : HookServices()) {
    if (service.id == id) return &service;
  }
  return nullptr;
}

const JsonValue* HookRequest::Prefetch(absl::string_view key) const {
  const JsonValue* prefetch = FindMember(document.root(), "prefetch");
  return prefetch == nullptr ? nullptr : FindMember(*prefetch, key);
}

std::unique_ptr<HookRequest> ReadHookRequest(absl::string_view body,
                                             const HookService& service,
                                             Violations* violations) {
  absl::optional<JsonDocument> document = ParseJson(body, violations);
  if (!document.has_value()) return nullptr;
  auto request = std::make_unique<HookRequest>();
  request->document = *std::move(document);
  const Element root(&request->document.root(), "", violations);
  if (!request->document.root().IsObject()) {
    root.Fault("must be an object");
    return nullptr;
  }
  if (root.Text("hook") != service.hook) {
    root.Member("hook").Fault(absl::StrCat("must be `", service.hook,
                                           "`, which this service is for"));
  }
  request->hook_instance = std::string(root.Text("hookInstance"));
  if (!IsUuid(request->hook_instance)) {
    root.Member("hookInstance").Fault("is required and must be a UUID");
  }
  ReadContext(root, service, request.get());
  ReadAuthorization(root, request.get());
  root.Object("prefetch");
  if (!violations->empty()) return nullptr;
  return request;
}

}  // namespace needlewise
