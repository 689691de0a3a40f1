#include "tests/property/random_inquiry.h"

#include <string>
#include <vector>

namespace needlewise {
namespace {

constexpr Day kToday = 20777;  // 2026-11-20.

std::vector<std::string> TreatableAreas(const v1::RuleCatalog& catalog) {
  std::vector<std::string> areas;
  for (const v1::Area& area : catalog.areas()) {
    if (area.treatable()) areas.push_back(area.area_id());
  }
  return areas;
}

}  // namespace

PatientStyle RandomStyle(Random* random) {
  PatientStyle style;
  style.mentioned = random->Chance(0.2) ? 0.95 : 0.6;
  style.more_statements = random->Chance(0.5) ? 0.1 : 0.5;
  return style;
}

oracle::Inquiry RandomInquiry(const v1::RuleCatalog& catalog,
                              const PatientMaker& maker,
                              const PatientStyle& style, Random* random) {
  oracle::Inquiry inquiry;
  inquiry.today = kToday;
  inquiry.as_of = kToday + (random->Chance(0.6)   ? 0
                            : random->Chance(0.5) ? random->Below(60)
                                                  : -random->Below(60));
  inquiry.patient = maker.Make(inquiry.today, inquiry.as_of, style, random);
  if (random->Chance(0.1)) {
    v1::Finding* stray = inquiry.patient.add_findings();
    stray->mutable_coding()->set_system("http://codes.test");
    stray->mutable_coding()->set_code("N");
    stray->set_status(v1::FINDING_STATUS_PRESENT);
  }
  if (random->Chance(0.2)) {
    const v1::Concept& about = random->Pick(catalog.concepts());
    if (about.kind() != v1::CONCEPT_KIND_AGE) {
      inquiry.site_findings.push_back(
          maker.MakeFinding(about, inquiry.today, inquiry.as_of, random));
      inquiry.site_findings.back().set_source(v1::SOURCE_SITE);
    }
  }
  inquiry.treatment = random->Pick(catalog.treatments()).treatment_id();
  inquiry.area = random->Pick(TreatableAreas(catalog));
  // None, one of the catalogue, or one that it does not list.
  const int device = random->Below(catalog.devices_size() + 2) - 1;
  if (device >= 0) {
    inquiry.device = device < catalog.devices_size()
                         ? catalog.devices(device).device_id()
                         : "hammer";
    if (random->Chance(0.5)) {
      inquiry.needle_depth_mm = random->Below(4) * 0.5 + 0.5;
    }
  }
  const double concern_stated = 1.0 / catalog.concerns_size();
  for (const v1::Concern& concern : catalog.concerns()) {
    if (random->Chance(concern_stated)) {
      inquiry.concerns.insert(concern.concern_id());
    }
  }
  if (random->Chance(0.2)) inquiry.profile = "core";
  for (const v1::Rule& rule : catalog.rules()) {
    if ((rule.has_review() || rule.has_precaution()) && random->Chance(0.1)) {
      inquiry.acknowledged.insert(rule.rule_id());
    }
  }
  return inquiry;
}

}  // namespace needlewise
