#include "client/cli/request_flags.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace needlewise {
namespace {

constexpr char kNone[] = "none";

// Replaces a list by what a flag says; `none` empties it.
void Replace(const std::vector<std::string>& values,
             google::protobuf::RepeatedPtrField<std::string>* list) {
  list->Clear();
  if (values.size() == 1 && values[0] == kNone) return;
  for (const std::string& value : values) *list->Add() = value;
}

absl::Status ApplyToSelection(const CommandLine& line, const std::string& path,
                              v1::TreatmentSelection* selection,
                              SourceMap* map) {
  if (line.Has("area")) {
    Replace(line.List("area"), selection->mutable_areas());
    map->Forget(absl::StrCat(path, ".areas"));
  }
  if (line.Has("concern")) {
    Replace(line.List("concern"), selection->mutable_concerns());
    map->Forget(absl::StrCat(path, ".concerns"));
  }
  if (line.Has("device")) {
    map->Forget(absl::StrCat(path, ".device"));
    if (line.Get("device") == kNone) {
      selection->clear_device();
    } else {
      selection->mutable_device()->set_device(line.Get("device"));
    }
  }
  if (line.Has("depth")) {
    double depth = 0;
    if (!absl::SimpleAtod(line.Get("depth"), &depth)) {
      return absl::InvalidArgumentError(
          absl::StrCat("`--depth=", line.Get("depth"),
                       "`: expected millimetres, for instance 1.5"));
    }
    if (!selection->has_device()) {
      return absl::InvalidArgumentError(
          "`--depth` needs a device; name it with --device");
    }
    selection->mutable_device()->set_needle_depth_mm(depth);
    map->Forget(absl::StrCat(path, ".device.needle_depth_mm"));
  }
  return absl::OkStatus();
}

template <typename Request>
void ApplyDayAndProfile(const CommandLine& line, Request* request,
                        SourceMap* map) {
  if (line.Has("as-of")) {
    const std::string as_of = line.Get("as-of");
    request->set_as_of(as_of == "today" ? "" : as_of);
    map->Forget("as_of");
  }
  if (line.Has("profile")) {
    request->set_profile(line.Get("profile"));
    map->Forget("profile");
  }
  if (line.Has("language")) {
    request->set_language(line.Get("language"));
    map->Forget("language");
  }
}

template <typename Request>
absl::Status ApplyToBase(const CommandLine& line, Request* request,
                         SourceMap* map) {
  ApplyDayAndProfile(line, request, map);
  if (line.Has("treatment")) {
    request->mutable_base()->set_treatment(line.Get("treatment"));
    map->Forget("base.treatment");
  }
  const absl::Status status =
      ApplyToSelection(line, "base", request->mutable_base(), map);
  if (!status.ok()) return status;
  if (!line.Has("add-on-device")) return absl::OkStatus();
  request->clear_add_on_devices();
  map->Forget("add_on_devices");
  for (const std::string& pair : line.List("add-on-device")) {
    const size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0 ||
        equals + 1 == pair.size()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "`--add-on-device=", pair,
          "`: expected ADDON=DEVICE, for instance rf=inmode_morpheus8"));
    }
    v1::AddOnDevice* device = request->add_add_on_devices();
    device->set_add_on(pair.substr(0, equals));
    device->mutable_device()->set_device(pair.substr(equals + 1));
  }
  return absl::OkStatus();
}

template <typename Request>
void TakeFromScreening(const v1::ScreenEligibilityRequest& screening,
                       Request* request) {
  request->set_request_id(screening.request_id());
  request->set_as_of(screening.as_of());
  if (screening.has_patient()) {
    *request->mutable_patient() = screening.patient();
  }
  for (int i = 0; i < screening.treatments_size(); ++i) {
    const v1::TreatmentSelection& treatment = screening.treatments(i);
    if (i == 0) {
      *request->mutable_base() = treatment;
    } else if (treatment.has_device()) {
      v1::AddOnDevice* device = request->add_add_on_devices();
      device->set_add_on(treatment.treatment());
      *device->mutable_device() = treatment.device();
    }
  }
  request->set_profile(screening.profile());
  request->set_language(screening.language());
  request->set_rule_catalog_digest(screening.rule_catalog_digest());
  *request->mutable_acknowledgements() = screening.acknowledgements();
}

}  // namespace

absl::Status ApplyFlags(const CommandLine& line,
                        v1::ScreenEligibilityRequest* request, SourceMap* map) {
  ApplyDayAndProfile(line, request, map);
  const std::vector<std::string> treatments = line.List("treatment");
  if (!treatments.empty()) {
    const v1::TreatmentSelection first = request->treatments().empty()
                                             ? v1::TreatmentSelection()
                                             : request->treatments(0);
    request->clear_treatments();
    map->Forget("treatments");
    for (const std::string& treatment : treatments) {
      v1::TreatmentSelection* selection = request->add_treatments();
      *selection = first;
      selection->set_treatment(treatment);
    }
  }
  for (int i = 0; i < request->treatments_size(); ++i) {
    const absl::Status status =
        ApplyToSelection(line, absl::StrCat("treatments[", i, "]"),
                         request->mutable_treatments(i), map);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ApplyFlags(const CommandLine& line,
                        v1::RecommendAddOnsRequest* request, SourceMap* map) {
  return ApplyToBase(line, request, map);
}

absl::Status ApplyFlags(const CommandLine& line,
                        v1::PlanTreatmentRequest* request, SourceMap* map) {
  if (line.Has("add-on")) {
    Replace(line.List("add-on"), request->mutable_add_ons());
    map->Forget("add_ons");
  }
  return ApplyToBase(line, request, map);
}

void FromScreening(const v1::ScreenEligibilityRequest& screening,
                   v1::RecommendAddOnsRequest* request) {
  TakeFromScreening(screening, request);
  request->set_view(screening.view());
}

void FromScreening(const v1::ScreenEligibilityRequest& screening,
                   v1::PlanTreatmentRequest* request) {
  TakeFromScreening(screening, request);
}

}  // namespace needlewise
