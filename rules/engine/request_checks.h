// Reads what a request asks about: treatments, areas, devices, concerns,
// profile, acknowledgements. Reports every fault at once.

#ifndef NEEDLEWISE_RULES_ENGINE_REQUEST_CHECKS_H_
#define NEEDLEWISE_RULES_ENGINE_REQUEST_CHECKS_H_

#include <string>
#include <vector>

#include "needlewise/v1/recommendation.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/engine/patient_facts.h"
#include "rules/engine/violation.h"

namespace needlewise {

// One treatment that is asked about.
struct SelectedTreatment {
  // All but `area`, which is one of `areas`.
  TreatmentContext context;
  // Indices of areas, in the order of the request, each once.
  std::vector<int> areas;
  // As given; empty: none named.
  std::string device;
};

// Longest request id.
inline constexpr size_t kLongestRequestId = 128;

SelectedTreatment ReadTreatment(const CompiledCatalog& catalog,
                                const v1::TreatmentSelection& selection,
                                const std::string& path, int profile,
                                Violations* violations);

std::vector<SelectedTreatment> ReadTreatments(
    const CompiledCatalog& catalog,
    const google::protobuf::RepeatedPtrField<v1::TreatmentSelection>&
        selections,
    int profile, Violations* violations);

// Index of the profile; empty text is `standard`.
int ReadProfile(const CompiledCatalog& catalog, const std::string& profile,
                Violations* violations);

// The position in the catalogue's wordings of the language asked for; empty is
// English.
int ReadLanguage(const CompiledCatalog& catalog, const std::string& language,
                 Violations* violations);

// Indices of the acknowledged rules, in `catalog.rules`.
std::vector<int> ReadAcknowledgements(
    const CompiledCatalog& catalog,
    const google::protobuf::RepeatedPtrField<v1::Acknowledgement>&
        acknowledgements,
    Violations* violations);

void CheckRequestId(const std::string& request_id, Violations* violations);

// World of the device concept for a device used for a treatment: one that the
// catalogue lists for another treatment only counts as not listed.
int DeviceWorld(const CompiledCatalog& catalog, int treatment,
                const std::string& device);

// Checks a device on its own. Empty device texts are faults.
void CheckDevice(const v1::DeviceSelection& device, const std::string& path,
                 Violations* violations);

// The index of a treatment, or -1 and a violation at `path`.
int FindTreatment(const CompiledCatalog& catalog, const std::string& id,
                  const std::string& path, Violations* violations);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_REQUEST_CHECKS_H_
