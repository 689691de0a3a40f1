// One request, read: the patient's facts for each treatment and area that it
// asks about.

#ifndef NEEDLEWISE_RULES_TOOLS_CONSULTATION_H_
#define NEEDLEWISE_RULES_TOOLS_CONSULTATION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "needlewise/v1/screening.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/engine/patient_facts.h"
#include "rules/engine/patient_intake.h"
#include "rules/engine/request_checks.h"
#include "rules/engine/violation.h"

namespace needlewise {

class Consultation {
 public:
  // Null where the request has faults, which are appended to `*violations`.
  // Refers to the catalogue.
  static std::unique_ptr<const Consultation> Create(
      const CompiledCatalog& catalog, v1::ScreenEligibilityRequest request,
      absl::CivilDay today, Violations* violations);

  Consultation(const Consultation&) = delete;
  Consultation& operator=(const Consultation&) = delete;

  // What is asked about, in one area.
  struct Visit {
    TreatmentContext context;
    const Program* program = nullptr;
    Facts facts;
  };

  const std::vector<Visit>& visits() const { return visits_; }

  // The same for another treatment of the patient's.
  std::vector<Visit> VisitsOf(const SelectedTreatment& selected) const;

  const PatientFacts& patient() const { return *patient_; }
  const v1::ScreenEligibilityRequest& request() const { return request_; }

 private:
  explicit Consultation(v1::ScreenEligibilityRequest request)
      : request_(std::move(request)) {}

  const v1::ScreenEligibilityRequest request_;
  PatientIntake intake_;
  std::unique_ptr<const PatientFacts> patient_;
  std::vector<Visit> visits_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_TOOLS_CONSULTATION_H_
