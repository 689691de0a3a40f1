#include "rules/engine/request_checks.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/engine/nearest_names.h"

namespace needlewise {
namespace {

constexpr int kMostTreatments = 16;
constexpr int kMostAreas = 32;
constexpr size_t kLongestDevice = 64;
constexpr size_t kLongestReference = 256;
constexpr size_t kLongestReason = 2000;
constexpr double kDeepestNeedle = 10;

using Names = std::vector<std::pair<std::string, std::string>>;

template <typename Records, typename Id>
std::string Nearest(const std::string& wanted, const Records& records, Id id) {
  Names names;
  for (const auto& record : records) {
    names.emplace_back(id(record), id(record));
    names.emplace_back(record.display(), id(record));
  }
  return DidYouMean(NearestNames(wanted, names));
}

}  // namespace

void CheckRequestId(const std::string& request_id, Violations* violations) {
  if (request_id.size() > kLongestRequestId) {
    violations->push_back(
        {"request_id",
         absl::StrCat("is longer than ", kLongestRequestId, " bytes")});
  }
}

int DeviceWorld(const CompiledCatalog& catalog, int treatment,
                const std::string& device) {
  if (device.empty()) return CompiledCatalog::kNoDevice;
  const auto found = catalog.device_index.find(device);
  if (found == catalog.device_index.end()) {
    return CompiledCatalog::kUnlistedDevice;
  }
  const v1::Treatment& wanted = *catalog.treatments[treatment].definition;
  const auto& uses = catalog.catalog.devices(found->second).treatments();
  const bool used =
      std::any_of(uses.begin(), uses.end(), [&](const std::string& use) {
        return use == wanted.treatment_id() ||
               std::find(wanted.combines().begin(), wanted.combines().end(),
                         use) != wanted.combines().end();
      });
  return used ? 2 + found->second : CompiledCatalog::kUnlistedDevice;
}

void CheckDevice(const v1::DeviceSelection& device, const std::string& path,
                 Violations* violations) {
  if (device.device().empty() || device.device().size() > kLongestDevice) {
    violations->push_back(
        {absl::StrCat(path, ".device"),
         absl::StrCat("needs a device id of at most ", kLongestDevice,
                      " bytes; leave the device out if none is named")});
  }
  if (device.has_needle_depth_mm() &&
      !(device.needle_depth_mm() >= 0 &&
        device.needle_depth_mm() <= kDeepestNeedle)) {
    violations->push_back(
        {absl::StrCat(path, ".needle_depth_mm"),
         absl::StrCat("must be from 0 to ", kDeepestNeedle, " mm")});
  }
}

int FindTreatment(const CompiledCatalog& catalog, const std::string& id,
                  const std::string& path, Violations* violations) {
  const auto found = catalog.treatment_index.find(id);
  if (found != catalog.treatment_index.end()) return found->second;
  violations->push_back(
      {path,
       absl::StrCat("is not a treatment of the catalogue",
                    Nearest(id, catalog.catalog.treatments(),
                            [](const auto& t) { return t.treatment_id(); }))});
  return -1;
}

SelectedTreatment ReadTreatment(const CompiledCatalog& catalog,
                                const v1::TreatmentSelection& selection,
                                const std::string& path, int profile,
                                Violations* violations) {
  SelectedTreatment selected;
  selected.context.profile = profile;
  selected.context.treatment =
      FindTreatment(catalog, selection.treatment(),
                    absl::StrCat(path, ".treatment"), violations);
  if (selection.areas().empty() || selection.areas_size() > kMostAreas) {
    violations->push_back(
        {absl::StrCat(path, ".areas"),
         absl::StrCat("needs from 1 to ", kMostAreas, " areas")});
  }
  for (int i = 0; i < std::min(selection.areas_size(), kMostAreas); ++i) {
    const auto area = catalog.area_index.find(selection.areas(i));
    const std::string at = absl::StrCat(path, ".areas[", i, "]");
    if (area == catalog.area_index.end()) {
      violations->push_back(
          {at,
           absl::StrCat("is not an area of the catalogue",
                        Nearest(selection.areas(i), catalog.catalog.areas(),
                                [](const auto& a) { return a.area_id(); }))});
    } else if (!catalog.areas[area->second].definition->treatable()) {
      violations->push_back(
          {at,
           "can be named in findings but not treated; choose an area that "
           "can"});
    } else if (std::find(selected.areas.begin(), selected.areas.end(),
                         area->second) == selected.areas.end()) {
      selected.areas.push_back(area->second);
    }
  }
  for (int i = 0; i < selection.concerns_size(); ++i) {
    const auto concern = catalog.concern_index.find(selection.concerns(i));
    if (concern == catalog.concern_index.end()) {
      violations->push_back(
          {absl::StrCat(path, ".concerns[", i, "]"),
           absl::StrCat(
               "is not a concern of the catalogue",
               Nearest(selection.concerns(i), catalog.catalog.concerns(),
                       [](const auto& c) { return c.concern_id(); }))});
    } else {
      selected.context.concerns.push_back(concern->second);
    }
  }
  if (selection.has_device()) {
    CheckDevice(selection.device(), absl::StrCat(path, ".device"), violations);
    selected.device = selection.device().device();
    if (selected.context.treatment >= 0) {
      selected.context.device_world =
          DeviceWorld(catalog, selected.context.treatment, selected.device);
    }
    if (selection.device().has_needle_depth_mm()) {
      selected.context.needle_depth_mm = selection.device().needle_depth_mm();
    }
  }
  return selected;
}

std::vector<SelectedTreatment> ReadTreatments(
    const CompiledCatalog& catalog,
    const google::protobuf::RepeatedPtrField<v1::TreatmentSelection>&
        selections,
    int profile, Violations* violations) {
  std::vector<SelectedTreatment> selected;
  if (selections.empty() || selections.size() > kMostTreatments) {
    violations->push_back(
        {"treatments",
         absl::StrCat("needs from 1 to ", kMostTreatments, " treatments")});
    return selected;
  }
  for (int i = 0; i < selections.size(); ++i) {
    selected.push_back(ReadTreatment(catalog, selections[i],
                                     absl::StrCat("treatments[", i, "]"),
                                     profile, violations));
  }
  return selected;
}

int ReadProfile(const CompiledCatalog& catalog, const std::string& profile,
                Violations* violations) {
  if (profile.empty()) return 0;
  Names names;
  for (size_t i = 0; i < catalog.profiles.size(); ++i) {
    if (catalog.profiles[i] == profile) return static_cast<int>(i);
    names.emplace_back(catalog.profiles[i], catalog.profiles[i]);
  }
  violations->push_back(
      {"profile", absl::StrCat("is not a profile of the catalogue",
                               DidYouMean(NearestNames(profile, names)))});
  return 0;
}

int ReadLanguage(const CompiledCatalog& catalog, const std::string& language,
                 Violations* violations) {
  const int found = FindWording(catalog.wordings, language);
  if (found >= 0) return found;
  violations->push_back(
      {"language",
       absl::StrCat("is not a language of the catalogue; use one of ",
                    absl::StrJoin(catalog.wordings, ", ",
                                  [](std::string* out, const Wording& wording) {
                                    out->append(wording.language);
                                  }))});
  return 0;
}

std::vector<int> ReadAcknowledgements(
    const CompiledCatalog& catalog,
    const google::protobuf::RepeatedPtrField<v1::Acknowledgement>&
        acknowledgements,
    Violations* violations) {
  std::vector<int> rules;
  for (int i = 0; i < acknowledgements.size(); ++i) {
    const v1::Acknowledgement& given = acknowledgements[i];
    const std::string path = absl::StrCat("acknowledgements[", i, "]");
    const auto rule = catalog.rule_index.find(given.rule_id());
    if (rule == catalog.rule_index.end()) {
      Names names;
      for (const v1::Rule& r : catalog.catalog.rules()) {
        names.emplace_back(r.rule_id(), r.rule_id());
      }
      violations->push_back(
          {absl::StrCat(path, ".rule_id"),
           absl::StrCat("is not a rule of the catalogue",
                        DidYouMean(NearestNames(given.rule_id(), names)))});
    } else {
      const Strictness strictness = catalog.rules[rule->second].strictness;
      if (strictness != Strictness::kReview &&
          strictness != Strictness::kPrecaution) {
        violations->push_back(
            {absl::StrCat(path, ".rule_id"),
             "names a rule that is neither a review nor a precaution; only "
             "those can be acknowledged"});
      } else {
        rules.push_back(rule->second);
      }
    }
    if (given.clinician_reference().empty() ||
        given.clinician_reference().size() > kLongestReference) {
      violations->push_back(
          {absl::StrCat(path, ".clinician_reference"),
           absl::StrCat("is required, at most ", kLongestReference, " bytes")});
    }
    if (given.reason().empty() || given.reason().size() > kLongestReason) {
      violations->push_back(
          {absl::StrCat(path, ".reason"),
           absl::StrCat("is required, at most ", kLongestReason, " bytes")});
    }
  }
  return rules;
}

}  // namespace needlewise
