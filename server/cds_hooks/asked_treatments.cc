#include "server/cds_hooks/asked_treatments.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rules/engine/code_lookup.h"
#include "rules/engine/partial_date.h"
#include "server/fhir/element.h"
#include "server/fhir/mapping_context.h"
#include "server/fhir/questionnaire.h"
#include "server/fhir/resource_set.h"

namespace needlewise {
namespace {

// Most treatments that one decision is about.
constexpr size_t kMostTreatments = 16;

bool ContainsIgnoringCase(absl::string_view text, absl::string_view words) {
  return !words.empty() && absl::StrContains(absl::AsciiStrToLower(text),
                                             absl::AsciiStrToLower(words));
}

class TreatmentFinder {
 public:
  TreatmentFinder(const config::v1::CdsHooks& config,
                  const CompiledCatalog& catalog, const std::string& patient_id,
                  std::vector<AskedTreatment>* asked)
      : config_(config),
        catalog_(catalog),
        patient_id_(patient_id),
        asked_(*asked) {}

  // An Appointment or an order.
  void Read(const Element& resource) {
    const std::string type(resource.Text("resourceType"));
    CheckPatient(resource, type);
    v1::TreatmentSelection selection;
    if (!FindTreatment(resource, type, &selection)) return;
    ReadAreas(resource, &selection);
    if (selection.areas().empty()) {
      *selection.mutable_areas() = config_.patient_view().areas();
    }
    if (!selection.has_device() && config_.patient_view().has_device()) {
      *selection.mutable_device() = config_.patient_view().device();
    }
    AskedTreatment made;
    made.selection = std::move(selection);
    made.day = DayFor(resource, type);
    if (const absl::string_view id = resource.Text("id"); !id.empty()) {
      made.resource = absl::StrCat(type, "/", id);
    }
    const bool asked_already =
        std::any_of(asked_.begin(), asked_.end(), [&](const auto& other) {
          return other.day == made.day &&
                 other.selection.SerializeAsString() ==
                     made.selection.SerializeAsString();
        });
    if (!asked_already && asked_.size() < kMostTreatments) {
      asked_.push_back(std::move(made));
    }
  }

 private:
  // An appointment names its patients among the participants, an order in its
  // subject. Who is named must be the patient of the context.
  void CheckPatient(const Element& resource, const std::string& type) {
    if (type == "Appointment") {
      const Element participants = resource.Array("participant");
      for (int i = 0; i < participants.size(); ++i) {
        CheckReference(participants.ObjectAt(i).Object("actor"));
      }
      return;
    }
    CheckReference(resource.Object("subject"));
    CheckReference(resource.Object("patient"));
  }

  void CheckReference(const Element& reference) {
    const absl::string_view name = NameInReference(reference.Text("reference"));
    if (!absl::StartsWith(name, "Patient/")) return;
    if (name.substr(8) != patient_id_) {
      reference.Member("reference")
          .Fault("is not the patient of the context; call once for each");
    }
  }

  bool FindTreatment(const Element& resource, const std::string& type,
                     v1::TreatmentSelection* selection) const {
    std::vector<Element> codeables;
    for (const char* name : {"serviceType", "reasonCode", "specialty"}) {
      AddItems(resource, name, &codeables);
    }
    for (const char* name :
         {"code", "appointmentType", "medicationCodeableConcept",
          "codeCodeableConcept", "productCodeableConcept"}) {
      const Element codeable = resource.Member(name);
      if (codeable.exists() && codeable.json()->IsObject()) {
        codeables.push_back(codeable);
      }
    }
    for (const Element& codeable : codeables) {
      if (FromCodeable(codeable, selection)) return true;
    }
    // Of an appointment the words may stand in its description.
    return type == "Appointment" &&
           FromWords(resource.Text("description"), selection);
  }

  static void AddItems(const Element& resource, const char* name,
                       std::vector<Element>* codeables) {
    const Element items = resource.Member(name);
    if (!items.exists()) return;
    if (items.json()->IsObject()) codeables->push_back(items);
    for (int i = 0; i < items.size(); ++i) {
      codeables->push_back(items.ObjectAt(i));
    }
  }

  bool FromCodeable(const Element& codeable,
                    v1::TreatmentSelection* selection) const {
    const Element codings = codeable.Array("coding");
    for (int i = 0; i < codings.size(); ++i) {
      const Element item = codings.ObjectAt(i);
      const v1::Coding coding = ReadCoding(item);
      if (coding.system() == kTreatmentSystem &&
          catalog_.treatment_index.contains(coding.code())) {
        selection->set_treatment(coding.code());
        return true;
      }
      for (const config::v1::HookTreatment& known : config_.treatments()) {
        if (!known.has_coding() || known.coding().system() != coding.system() ||
            known.coding().code() != coding.code()) {
          continue;
        }
        *selection = known.treatment();
        return true;
      }
      if (FromWords(item.Text("display"), selection)) return true;
    }
    return FromWords(codeable.Text("text"), selection);
  }

  bool FromWords(absl::string_view text,
                 v1::TreatmentSelection* selection) const {
    for (const config::v1::HookTreatment& known : config_.treatments()) {
      if (!ContainsIgnoringCase(text, known.words())) continue;
      *selection = known.treatment();
      return true;
    }
    return false;
  }

  void ReadAreas(const Element& resource,
                 v1::TreatmentSelection* selection) const {
    std::vector<Element> sites;
    AddItems(resource, "bodySite", &sites);
    std::vector<std::string> areas;
    for (const Element& site : sites) {
      const Element codings = site.Array("coding");
      for (int i = 0; i < codings.size(); ++i) {
        const v1::Coding coding = ReadCoding(codings.ObjectAt(i));
        if (coding.system() == kAreaSystem &&
            catalog_.area_index.contains(coding.code())) {
          areas.push_back(coding.code());
          continue;
        }
        const int area = AreaOfCode(catalog_, coding.system(), coding.code());
        if (area >= 0) {
          areas.push_back(catalog_.areas[area].definition->area_id());
        }
      }
    }
    if (areas.empty()) return;
    selection->clear_areas();
    for (const std::string& area : areas) {
      if (std::find(selection->areas().begin(), selection->areas().end(),
                    area) == selection->areas().end()) {
        selection->add_areas(area);
      }
    }
  }

  // The day of an appointment or order, where it is a whole one.
  static std::string DayFor(const Element& resource, const std::string& type) {
    std::string day;
    if (type == "Appointment") {
      day = DayOf(resource.Text("start"));
    } else {
      day = DayOf(resource.Text("occurrenceDateTime"));
      if (day.empty()) {
        day = DayOf(resource.Object("occurrencePeriod").Text("start"));
      }
    }
    return ParseWholeDate(day).has_value() ? day : "";
  }

  const config::v1::CdsHooks& config_;
  const CompiledCatalog& catalog_;
  const std::string& patient_id_;
  std::vector<AskedTreatment>& asked_;
};

// The selected of the draft orders; all where none of the selections is one.
bool IsSelected(const Element& selections, const Element& order) {
  const std::string name =
      absl::StrCat(order.Text("resourceType"), "/", order.Text("id"));
  for (int i = 0; i < selections.size(); ++i) {
    const absl::optional<absl::string_view> text =
        TextIn(*selections.Item(i).json());
    if (text.has_value() && NameInReference(*text) == name) return true;
  }
  return false;
}

}  // namespace

std::vector<AskedTreatment> AskedTreatments(const config::v1::CdsHooks& config,
                                            const CompiledCatalog& catalog,
                                            const HookService& service,
                                            const HookRequest& request,
                                            Violations* violations) {
  std::vector<AskedTreatment> asked;
  if (service.hook == "patient-view") {
    asked.emplace_back().selection = config.patient_view();
    return asked;
  }
  const Element root(&request.document.root(), "", violations);
  const Element context = root.Object("context");
  const Element bundle = context.Object(
      service.hook == "appointment-book" ? "appointments" : "draftOrders");
  const Element selections = context.Array("selections");
  TreatmentFinder finder(config, catalog, request.patient_id, &asked);
  const Element entries = bundle.Array("entry");
  for (int i = 0; i < entries.size(); ++i) {
    const Element resource = entries.ObjectAt(i).Object("resource");
    if (!resource.exists()) continue;
    if (service.hook == "order-select" && !IsSelected(selections, resource)) {
      continue;
    }
    finder.Read(resource);
  }
  return asked;
}

}  // namespace needlewise
