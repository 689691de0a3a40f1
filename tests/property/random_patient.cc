#include "tests/property/random_patient.h"

#include <algorithm>
#include <cmath>

namespace needlewise {
namespace {

double ParameterOf(const v1::RuleCatalog& catalog, const std::string& id,
                   std::string* unit) {
  for (const v1::Parameter& p : catalog.parameters()) {
    if (p.parameter_id() != id) continue;
    *unit = p.unit();
    return p.value();
  }
  return 0;
}

int DaysIn(const v1::RuleCatalog& catalog, const v1::Window& window) {
  if (window.has_hours()) return (window.hours() + 23) / 24 + 1;
  if (window.has_days()) return window.days();
  if (window.has_weeks()) return 7 * window.weeks();
  if (window.has_months()) return 30 * window.months();
  std::string unit;
  const double value = ParameterOf(catalog, window.parameter(), &unit);
  const double length = unit == "h"    ? 1.0 / 24
                        : unit == "d"  ? 1.0
                        : unit == "wk" ? 7.0
                                       : 30.4;
  return static_cast<int>(std::ceil(value * length));
}

}  // namespace

PatientMaker::PatientMaker(const v1::RuleCatalog& catalog) : catalog_(catalog) {
  for (const v1::Area& area : catalog.areas()) {
    areas_.push_back(area.area_id());
  }
  for (const v1::Rule& rule : catalog.rules()) Collect(rule.condition());
  for (const v1::Concept& c : catalog.concepts()) {
    if (!c.has_freshness()) continue;
    std::string unit;
    distances_[c.concept_id()].push_back(
        c.freshness().has_parameter()
            ? static_cast<int>(
                  ParameterOf(catalog, c.freshness().parameter(), &unit))
            : c.freshness().days());
  }
  for (const v1::Implication& i : catalog.implications()) {
    for (const v1::ConceptState& implied : i.implies()) {
      if (implied.has_at_least()) {
        limits_[implied.concept()].push_back(implied.at_least());
      } else if (implied.has_at_most()) {
        limits_[implied.concept()].push_back(implied.at_most());
      }
    }
  }
}

void PatientMaker::Collect(const v1::Condition& condition) {
  for (const v1::Condition& c : condition.all_of().conditions()) Collect(c);
  for (const v1::Condition& c : condition.any_of().conditions()) Collect(c);
  if (condition.has_not_()) Collect(condition.not_());
  if (condition.finding().has_within()) {
    distances_[condition.finding().concept()].push_back(
        DaysIn(catalog_, condition.finding().within()));
  }
  if (condition.has_quantity()) {
    const v1::QuantityCondition& quantity = condition.quantity();
    std::string unit;
    limits_[quantity.concept()].push_back(
        quantity.has_parameter()
            ? ParameterOf(catalog_, quantity.parameter(), &unit)
            : quantity.value());
  }
}

v1::Patient PatientMaker::Make(Day today, Day as_of, const PatientStyle& style,
                               Random* random) const {
  v1::Patient patient;
  for (const v1::Concept& c : catalog_.concepts()) {
    if (!random->Chance(style.mentioned)) continue;
    if (c.kind() == v1::CONCEPT_KIND_AGE) {
      AddAge(today, as_of, &patient, random);
      continue;
    }
    do {
      v1::Finding finding = MakeFinding(c, today, as_of, random);
      if (!c.codes().empty() && random->Chance(style.coded)) {
        *finding.mutable_coding() = random->Pick(c.codes()).coding();
      }
      *patient.add_findings() = finding;
      if (random->Chance(0.05)) *patient.add_findings() = finding;
    } while (random->Chance(style.more_statements));
  }
  for (const v1::Section& section : catalog_.sections()) {
    if (!random->Chance(style.section_closed)) continue;
    v1::ClosedSection* closed = patient.add_closed_sections();
    closed->set_section(section.section_id());
    closed->set_source(static_cast<v1::Source>(random->Below(4)));
    if (random->Chance(0.3)) {
      closed->set_recorded(
          FormatDay(std::min(today, as_of) - random->Below(45)));
    }
  }
  return patient;
}

void PatientMaker::AddAge(Day today, Day as_of, v1::Patient* patient,
                          Random* random) const {
  int years = random->Below(90);
  const auto limits = limits_.find("age");
  if (limits != limits_.end() && random->Chance(0.7)) {
    years = std::max(0, static_cast<int>(random->Pick(limits->second)) +
                            random->Between(-1, 1));
  }
  const Day birth =
      std::min(today, as_of) - static_cast<Day>(365.2425 * years) -
      (random->Chance(0.5) ? random->Below(5) : random->Below(364));
  const std::string whole = FormatDay(birth);
  switch (random->Below(4)) {
    case 0:
      patient->set_age_years(years);
      break;
    case 1:
      patient->set_birth_date(whole);
      break;
    case 2:
      patient->set_birth_date(whole.substr(0, random->Chance(0.5) ? 4 : 7));
      break;
    default:
      patient->set_birth_date(whole.substr(0, random->Chance(0.5) ? 4 : 7));
      patient->set_age_years(AgeOn(DayInterval{birth, birth}, as_of).least);
      break;
  }
}

v1::Finding PatientMaker::MakeFinding(const v1::Concept& about, Day today,
                                      Day as_of, Random* random) const {
  v1::Finding finding;
  finding.set_concept(about.concept_id());
  finding.set_source(static_cast<v1::Source>(random->Below(4)));
  if (about.has_quantity()) {
    if (random->Chance(0.1)) {
      finding.set_status(v1::FINDING_STATUS_UNKNOWN);
    } else {
      const v1::QuantityForm& form = about.quantity();
      const auto limits = limits_.find(about.concept_id());
      double value =
          random->Between(static_cast<int>(std::ceil(form.minimum())),
                          static_cast<int>(form.maximum()));
      if (limits != limits_.end() && random->Chance(0.8)) {
        value = random->Pick(limits->second) + random->Between(-1, 1) * 0.5;
      }
      if (form.whole_numbers()) value = std::floor(value);
      value = std::min(std::max(value, form.minimum()), form.maximum());
      finding.mutable_quantity()->set_value(value);
      finding.mutable_quantity()->set_unit(form.unit());
      // The conversion of the small catalogues, whichever way it comes out.
      if (!form.conversions().empty() && form.conversions(0).unit() == "v" &&
          value > form.minimum() + 1 && random->Chance(0.3)) {
        finding.mutable_quantity()->set_value((value - 1) * 2);
        finding.mutable_quantity()->set_unit("v");
      }
    }
  } else {
    const v1::FindingStatus statuses[] = {
        v1::FINDING_STATUS_PRESENT, v1::FINDING_STATUS_PRESENT,
        v1::FINDING_STATUS_PRESENT, v1::FINDING_STATUS_PAST,
        v1::FINDING_STATUS_PAST,    v1::FINDING_STATUS_PAST,
        v1::FINDING_STATUS_ABSENT,  v1::FINDING_STATUS_ABSENT,
        v1::FINDING_STATUS_NEVER,   v1::FINDING_STATUS_NEVER,
        v1::FINDING_STATUS_UNKNOWN};
    finding.set_status(statuses[random->Below(11)]);
    if (random->Chance(0.6)) {
      const int count = random->Chance(0.75) ? 1 : 2;
      for (int i = 0; i < count; ++i) finding.add_areas(random->Pick(areas_));
      finding.set_areas_complete(
          (finding.status() == v1::FINDING_STATUS_PRESENT ||
           finding.status() == v1::FINDING_STATUS_PAST) &&
          random->Chance(0.35));
    }
  }
  AddDates(about, today, as_of, &finding, random);
  return finding;
}

void PatientMaker::AddDates(const v1::Concept& about, Day today, Day as_of,
                            v1::Finding* finding, Random* random) const {
  if (finding->status() == v1::FINDING_STATUS_PRESENT ||
      finding->status() == v1::FINDING_STATUS_PAST) {
    if (random->Chance(0.4)) {
      finding->set_onset(MakeDate(about, today, as_of, random));
    }
    if (random->Chance(finding->status() == v1::FINDING_STATUS_PAST ? 0.7
                                                                    : 0.1)) {
      finding->set_last(MakeDate(about, today, as_of, random));
    }
  } else if (finding->status() == v1::FINDING_STATUS_ABSENT &&
             random->Chance(0.2)) {
    finding->set_last(MakeDate(about, today, as_of, random));
  }
  if (!finding->onset().empty() && !finding->last().empty() &&
      ParsePartialDate(finding->onset())->first >
          ParsePartialDate(finding->last())->last) {
    finding->clear_onset();
  }
  if (random->Chance(0.4)) {
    finding->set_recorded(MakeDate(about, today, as_of, random));
  }
}

std::string PatientMaker::MakeDate(const v1::Concept& about, Day today,
                                   Day as_of, Random* random) const {
  const auto distances = distances_.find(about.concept_id());
  int before = random->Below(random->Chance(0.5) ? 30 : 700);
  if (distances != distances_.end() && random->Chance(0.7)) {
    before = random->Pick(distances->second) + random->Between(-2, 2);
  } else if (random->Chance(0.05)) {
    before = -random->Below(20);
  }
  const std::string whole = FormatDay(std::min(today, as_of - before));
  const int form = random->Below(10);
  return form < 7 ? whole : form < 9 ? whole.substr(0, 7) : whole.substr(0, 4);
}

}  // namespace needlewise
