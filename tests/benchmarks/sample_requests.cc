#include "tests/benchmarks/sample_requests.h"

#include "absl/time/time.h"

namespace needlewise {
namespace {

v1::Finding* AddFinding(const char* about, v1::FindingStatus status,
                        v1::Patient* patient) {
  v1::Finding* finding = patient->add_findings();
  finding->set_concept(about);
  finding->set_status(status);
  finding->set_source(v1::SOURCE_PATIENT);
  return finding;
}

void AnswerEverySection(int skin_type, v1::Patient* patient) {
  patient->set_age_years(34);
  v1::Finding* skin = patient->add_findings();
  skin->set_concept("fitzpatrick_skin_type");
  skin->mutable_quantity()->set_value(skin_type);
  skin->set_source(v1::SOURCE_CLINICIAN);
  for (const char* section :
       {"about_you", "skin_today", "skin_history", "medical_history",
        "medicines", "allergies", "procedures", "implants", "lifestyle"}) {
    v1::ClosedSection* closed = patient->add_closed_sections();
    closed->set_section(section);
    closed->set_source(v1::SOURCE_PATIENT);
  }
}

void AddReport(absl::CivilDay today, v1::Patient* patient) {
  v1::Finding* cold_sore =
      AddFinding("herpes_simplex", v1::FINDING_STATUS_PAST, patient);
  cold_sore->add_areas("lips");
  cold_sore->set_areas_complete(true);
  cold_sore->set_last(absl::FormatCivilTime(absl::CivilYear(today) - 2));
  v1::Finding* retinoid =
      AddFinding("topical_retinoid", v1::FINDING_STATUS_PAST, patient);
  retinoid->add_areas("face");
  retinoid->set_last(absl::FormatCivilTime(today - 3));
  AddFinding("skin_procedure", v1::FINDING_STATUS_PAST, patient);
  v1::Finding* peel =
      AddFinding("superficial_peel", v1::FINDING_STATUS_PAST, patient);
  peel->add_areas("cheeks");
  peel->set_last(absl::FormatCivilTime(absl::CivilMonth(today) - 4));
  AddFinding("smoking", v1::FINDING_STATUS_PRESENT, patient);
}

}  // namespace

const char* NameOf(Sample sample) {
  switch (sample) {
    case Sample::kComplete:
      return "complete";
    case Sample::kWell:
      return "well";
    case Sample::kEmpty:
      break;
  }
  return "empty";
}

v1::ScreenEligibilityRequest MakeRequest(Sample sample, v1::View view,
                                         absl::CivilDay today) {
  v1::ScreenEligibilityRequest request;
  request.set_request_id("7d1f8a52-5b3e-4c49-9d0a-2f6f0c1e8b37");
  request.set_view(view);
  v1::TreatmentSelection* treatment = request.add_treatments();
  treatment->set_treatment("base_microneedling");
  treatment->add_areas("cheeks");
  treatment->add_concerns("acne_scars");
  treatment->mutable_device()->set_device("skinpen_precision");
  treatment->mutable_device()->set_needle_depth_mm(1.0);
  v1::Patient* patient = request.mutable_patient();
  switch (sample) {
    case Sample::kComplete:
      AnswerEverySection(4, patient);
      AddReport(today, patient);
      break;
    case Sample::kWell:
      AnswerEverySection(2, patient);
      break;
    case Sample::kEmpty:
      break;
  }
  return request;
}

std::vector<v1::Finding> SampleSiteFindings() {
  std::vector<v1::Finding> findings;
  for (const char* about :
       {"site_licensed_operator", "site_sterile_single_use",
        "site_approved_sterile_products_only", "site_blood_handling_licensed",
        "site_autologous_chain_of_custody", "site_rf_medical_supervision"}) {
    v1::Finding finding;
    finding.set_concept(about);
    finding.set_status(v1::FINDING_STATUS_PRESENT);
    finding.set_source(v1::SOURCE_SITE);
    findings.push_back(finding);
  }
  return findings;
}

}  // namespace needlewise
