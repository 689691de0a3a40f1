#include "server/cds_hooks/hook_record.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "server/cds_hooks/prefetch.h"

namespace needlewise {
namespace {

bool IsOptional(const config::v1::CdsHooks& config, const std::string& key) {
  return std::find(config.optional_prefetch().begin(),
                   config.optional_prefetch().end(),
                   key) != config.optional_prefetch().end();
}

// Whether data may be fetched from where a call says, with the token that it
// brings: the server must be one of those that the settings name, letter for
// letter.
bool MayFetch(const config::v1::CdsHooks& config, const HookRequest& request,
              const HttpFetcher* fetcher) {
  return fetcher != nullptr && !request.access_token.empty() &&
         std::find(config.fhir_servers().begin(), config.fhir_servers().end(),
                   request.fhir_server) != config.fhir_servers().end();
}

// Fetches a document; nothing where that fails.
absl::optional<JsonDocument> Fetch(const HttpFetcher& fetcher,
                                   const HookRequest& request,
                                   const PrefetchTemplate& prefetch) {
  const absl::StatusOr<std::string> body =
      fetcher.Get(absl::StrCat(request.fhir_server, "/",
                               QueryFor(prefetch, request.patient_id)),
                  "application/fhir+json", request.access_token);
  if (!body.ok()) return absl::nullopt;
  Violations faults;
  return ParseJson(*body, &faults);
}

void CheckPatient(const HookRequest& request, const HookRecord& record,
                  Violations* violations) {
  for (const FhirResource& resource : record.resources.resources()) {
    if (resource.type == "Patient" && resource.id != request.patient_id) {
      violations->push_back(
          {absl::StrCat(resource.location, ".id"),
           "is not the patient of the context; send the record of that "
           "patient alone"});
    }
  }
}

}  // namespace

void ReadHookRecord(const config::v1::CdsHooks& config,
                    const CompiledCatalog& catalog, const HookRequest& request,
                    const HttpFetcher* fetcher, HookRecord* record,
                    Violations* violations) {
  const bool may_fetch = MayFetch(config, request, fetcher);
  for (const PrefetchTemplate& prefetch : PrefetchTemplates(catalog)) {
    const bool is_patient = prefetch.key == kPatientKey;
    const std::string location = absl::StrCat("prefetch.", prefetch.key);
    const JsonValue* value = request.Prefetch(prefetch.key);
    PrefetchState state = StateOf(value);
    std::string name(NameOf(state));
    if ((state == PrefetchState::kMissing || state == PrefetchState::kFailed) &&
        may_fetch) {
      if (absl::optional<JsonDocument> fetched =
              Fetch(*fetcher, request, prefetch)) {
        record->fetched.push_back(*std::move(fetched));
        value = &record->fetched.back().root();
        state = StateOf(value);
        name = state == PrefetchState::kGiven ? "fetched"
                                              : std::string(NameOf(state));
      }
    }
    record->states[prefetch.key] = name;
    const bool has_patient = is_patient && state == PrefetchState::kGiven;
    if (state == PrefetchState::kMissing ? !IsOptional(config, prefetch.key)
                                         : is_patient && !has_patient) {
      record->missing.push_back(
          {location, absl::StrCat("is needed: `", prefetch.query, "`")});
      continue;
    }
    if (state == PrefetchState::kGiven || state == PrefetchState::kFailed) {
      record->resources.Add(*value, location, violations);
    }
  }
  CheckPatient(request, *record, violations);
}

}  // namespace needlewise
