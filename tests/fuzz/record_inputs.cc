#include "tests/fuzz/record_inputs.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "rules/engine/catalog_loader.h"
#include "rules/engine/decide.h"
#include "server/cds_hooks/asked_treatments.h"
#include "server/cds_hooks/card_id.h"
#include "server/cds_hooks/feedback.h"
#include "server/cds_hooks/hook_record.h"
#include "server/cds_hooks/hook_request.h"
#include "server/cds_hooks/hook_settings.h"
#include "server/fhir/decision_resources.h"
#include "server/fhir/json.h"
#include "server/fhir/json_document.h"
#include "server/fhir/mapping.h"
#include "server/fhir/resource_set.h"

namespace needlewise {
namespace {

const CompiledCatalog& Catalog() {
  static const auto& loaded = *new LoadResult([] {
    LoadOptions options;
    options.run_cases = false;
    return LoadCatalog(BuiltInCatalog(), options);
  }());
  if (loaded.catalog == nullptr) std::abort();
  return *loaded.catalog;
}

void Must(bool holds) {
  if (!holds) std::abort();
}

// Decides on a patient as mapped, and writes the answer.
void Decide(const MappedPatient& mapped) {
  Must(mapped.origins.size() ==
       static_cast<size_t>(mapped.patient.findings_size()));
  Must(mapped.places.size() == mapped.origins.size());
  v1::ScreenEligibilityRequest request;
  *request.mutable_patient() = mapped.patient;
  request.set_view(v1::VIEW_FULL);
  request.add_treatments()->set_treatment("base_microneedling");
  request.mutable_treatments(0)->add_areas("face");
  Environment environment;
  environment.today = absl::CivilDay(2026, 6, 15);
  v1::Decision decision;
  Violations violations;
  const bool decided =
      Screen(Catalog(), environment, request, &decision, &violations);
  Must(decided == violations.empty());
  Must(PlaceViolations(mapped, violations).size() == violations.size());
  if (!decided) return;
  DecisionOfPatient answer;
  answer.catalog = &Catalog();
  answer.mapped = &mapped;
  answer.decision_id = "d";
  answer.decision = &decision;
  answer.subject = "Patient/p";
  Must(!WriteJson(MakeDecisionBundle(answer, nullptr)).empty());
}

}  // namespace

void TryRecord(absl::string_view bytes) {
  Violations violations;
  const absl::optional<JsonDocument> json = ParseJson(bytes, &violations);
  Must(json.has_value() == violations.empty());
  if (!json.has_value()) return;
  // Nothing is read that another strict reader refuses.
  Must(Json::accept(bytes.begin(), bytes.end()));
  // What was read can be written and read again.
  const std::string written = WriteJson(json->root());
  Violations none;
  const absl::optional<JsonDocument> again = ParseJson(written, &none);
  Must(again.has_value() && WriteJson(again->root()) == written);
  ResourceSet resources;
  resources.Add(json->root(), "bundle", &violations);
  const MappedPatient mapped =
      MapPatient(Catalog(), resources, "bundle", &violations);
  if (violations.empty()) Decide(mapped);
}

void TryHook(absl::string_view bytes) {
  config::v1::CdsHooks config;
  FillHookDefaults(&config);
  for (const HookService& service : HookServices()) {
    Violations violations;
    const auto request = ReadHookRequest(bytes, service, &violations);
    Must((request == nullptr) == !violations.empty());
    if (request == nullptr) continue;
    AskedTreatments(config, Catalog(), service, *request, &violations);
    HookRecord record;
    ReadHookRecord(config, Catalog(), *request, nullptr, &record, &violations);
    const MappedPatient mapped = MapPatient(Catalog(), record.resources,
                                            "prefetch.patient", &violations);
    if (violations.empty()) Decide(mapped);
  }
}

void TryFeedback(absl::string_view bytes) {
  Violations violations;
  const auto reports = ReadFeedback(
      bytes,
      [](absl::string_view card) -> absl::StatusOr<std::string> {
        DecisionTermIn(card);
        return std::string("d");
      },
      &violations);
  Must(reports.ok());
}

}  // namespace needlewise
