#include "rules/tools/consultation.h"

#include <utility>

namespace needlewise {

std::unique_ptr<const Consultation> Consultation::Create(
    const CompiledCatalog& catalog, v1::ScreenEligibilityRequest request,
    absl::CivilDay today, Violations* violations) {
  std::unique_ptr<Consultation> made(new Consultation(std::move(request)));
  const v1::ScreenEligibilityRequest& asked = made->request_;
  const size_t faults = violations->size();
  Environment environment;
  environment.today = today;
  const Day as_of = ReadAsOf(asked.as_of(), ToDay(today), violations);
  made->intake_ =
      ReadPatient(catalog, environment, asked.patient(), as_of, violations);
  const int profile = ReadProfile(catalog, asked.profile(), violations);
  const std::vector<SelectedTreatment> selected =
      ReadTreatments(catalog, asked.treatments(), profile, violations);
  if (violations->size() > faults) return nullptr;

  made->patient_ =
      std::make_unique<PatientFacts>(catalog, made->intake_, as_of, as_of);
  for (const SelectedTreatment& s : selected) {
    for (Visit& visit : made->VisitsOf(s)) {
      made->visits_.push_back(std::move(visit));
    }
  }
  return made;
}

std::vector<Consultation::Visit> Consultation::VisitsOf(
    const SelectedTreatment& selected) const {
  const CompiledTreatment& treatment =
      patient_->catalog().treatments[selected.context.treatment];
  std::vector<Visit> visits;
  for (const int area : selected.areas) {
    Visit visit;
    visit.context = selected.context;
    visit.context.area = area;
    visit.program = &treatment.programs[selected.context.profile];
    visit.facts = patient_->ForContext(visit.context);
    visits.push_back(std::move(visit));
  }
  return visits;
}

}  // namespace needlewise
