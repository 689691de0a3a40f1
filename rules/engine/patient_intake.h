// Reads what a caller states of a patient: checks every field, reports every
// fault at once, and turns findings into statements about concepts.

#ifndef NEEDLEWISE_RULES_ENGINE_PATIENT_INTAKE_H_
#define NEEDLEWISE_RULES_ENGINE_PATIENT_INTAKE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "needlewise/v1/patient.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "rules/engine/compiled_catalog.h"
#include "rules/engine/partial_date.h"
#include "rules/engine/violation.h"

namespace needlewise {

// What a decision rests on beside the request and the catalogue.
struct Environment {
  // The day of the call. Statements without a date were made on it; nothing
  // may be dated after it.
  absl::CivilDay today;
  // Standing facts about the site, which join each request. May be null. Not
  // owned.
  const std::vector<v1::Finding>* site_findings = nullptr;
  // Most findings of one patient.
  int max_findings = 2000;
};

// One statement about one concept. A finding whose code stands for several
// concepts makes several.
struct Statement {
  int concept_index = -1;
  // PRESENT, PAST, ABSENT, NEVER or UNKNOWN; unset for a quantity.
  v1::FindingStatus status = v1::FINDING_STATUS_UNSPECIFIED;
  // Bits of `CompiledCatalog::areas`; 0: no area given.
  WorldSet areas = 0;
  bool areas_complete = false;
  // When it began, and when it was last so; wide open where not stated.
  bool has_onset = false;
  DayInterval onset;
  bool has_last = false;
  DayInterval last;
  // In the concept's own unit.
  double value = 0;
  v1::Source source = v1::SOURCE_UNSPECIFIED;
  DayInterval recorded;
  // Index in `patient.findings`; -1 for a closed section or a site fact.
  int finding = -1;
  // Index in the catalogue's sections, for a closed section; else -1.
  int closed_section = -1;
  // The finding as given; null for a closed section. Not owned.
  const v1::Finding* given = nullptr;
};

// A questionnaire section that somebody closed: each of its concepts that it
// denies is denied, by the source and on the day given here.
struct Closure {
  int section = -1;
  v1::Source source = v1::SOURCE_UNSPECIFIED;
  DayInterval recorded;
};

// A patient as read. Refers to the request, which must outlive it.
struct PatientIntake {
  // The position in the catalogue's wordings of the language to answer in.
  int language = 0;
  Day as_of = 0;
  Day today = 0;
  // What findings state, in their order.
  std::vector<Statement> statements;
  std::vector<Closure> closures;
  // Concepts of which closing their section says nothing, since a statement
  // mentions them or denies what they would imply. In order of index.
  std::vector<int32_t> not_closed;
  std::optional<DayInterval> birth;
  std::optional<int> age_years;
  // Codes that stand for no concept.
  std::vector<v1::Notice> notices;
};

// What a closed section states of one of its concepts.
Statement StatementOf(const Closure& closure, const CompiledCatalog& catalog,
                      int concept_index);

// Everything stated about a concept, used or not: by findings, then by closed
// sections.
std::vector<Statement> StatementsAbout(const CompiledCatalog& catalog,
                                       const PatientIntake& intake,
                                       int concept_index);

// Reads `as_of`: empty is `today`. Appends a violation where it is malformed.
Day ReadAsOf(const std::string& as_of, Day today, Violations* violations);

// Reads a patient. Every fault is appended to `*violations`; what is faulty is
// left out of the result, which must not be used then. `language` is a position
// in the catalogue's wordings.
PatientIntake ReadPatient(const CompiledCatalog& catalog,
                          const Environment& environment,
                          const v1::Patient& patient, Day as_of,
                          Violations* violations, int language = 0);

// Reads only what the findings of a patient state, and not what closed sections
// and the site's facts add. Otherwise as `ReadPatient`.
std::vector<Statement> ReadFindings(const CompiledCatalog& catalog,
                                    absl::CivilDay today,
                                    const v1::Patient& patient, Day as_of,
                                    Violations* violations);

}  // namespace needlewise

#endif  // NEEDLEWISE_RULES_ENGINE_PATIENT_INTAKE_H_
