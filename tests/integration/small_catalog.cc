#include "tests/integration/small_catalog.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace needlewise {
namespace {

constexpr char kText[] = R"(
manifest {
  version: "EDITION.0.0"
  effective_from: "2026-01-01"
  title: "Small catalogue"
  intended_use: "For tests."
}
sections { section_id: "history" display: "History" }
sections { section_id: "tests" display: "Tests" }
sections { section_id: "site" display: "The clinic" }
concepts {
  concept_id: "age"
  display: "Age"
  kind: CONCEPT_KIND_AGE
  scope: CONCEPT_SCOPE_PATIENT
  question: "How old are you?"
  tense: QUESTION_TENSE_NOW
  answer_sources: ANSWER_SOURCE_PATIENT
  section: "history"
  quantity { unit: "a" maximum: 130 whole_numbers: true }
}
concepts {
  concept_id: "keloid"
  display: "Keloid scar"
  kind: CONCEPT_KIND_CONDITION
  scope: CONCEPT_SCOPE_PATIENT
  question: "Have you ever had a keloid scar?"
  tense: QUESTION_TENSE_EVER
  answer_sources: ANSWER_SOURCE_PATIENT
  section: "history"
  codes {
    coding { system: "http://hl7.org/fhir/sid/icd-10-cm" code: "L91.0" }
    display: "Hypertrophic scar"
    verification: CODE_VERIFICATION_OFFICIAL
  }
}
concepts {
  concept_id: "pregnancy"
  display: "Pregnancy"
  kind: CONCEPT_KIND_CONDITION
  scope: CONCEPT_SCOPE_PATIENT
  question: "Are you pregnant?"
  tense: QUESTION_TENSE_NOW
  answer_sources: ANSWER_SOURCE_PATIENT
  section: "history"
}
concepts {
  concept_id: "active_acne"
  display: "Active acne"
  kind: CONCEPT_KIND_CONDITION
  scope: CONCEPT_SCOPE_TREATMENT_AREA
  question: "Do you have inflamed spots there now?"
  tense: QUESTION_TENSE_NOW
  answer_sources: ANSWER_SOURCE_EXAMINATION
  section: "history"
}
concepts {
  concept_id: "platelet_count"
  display: "Platelet count"
  kind: CONCEPT_KIND_QUANTITY
  scope: CONCEPT_SCOPE_PATIENT
  question: "What is the platelet count?"
  tense: QUESTION_TENSE_NOW
  answer_sources: ANSWER_SOURCE_TEST
  section: "tests"
  quantity {
    unit: "10*9/L"
    maximum: 2000
    conversions { unit: "10*3/uL" }
    conversions { unit: "/uL" denominator: 1000 }
  }
}
concepts {
  concept_id: "site_licensed_operator"
  display: "Licensed operator"
  kind: CONCEPT_KIND_SITE
  scope: CONCEPT_SCOPE_PATIENT
  question: "Does a licensed operator treat?"
  tense: QUESTION_TENSE_NOW
  answer_sources: ANSWER_SOURCE_SITE
  section: "site"
}
areas { area_id: "face" display: "Face" treatable: true }
areas { area_id: "cheeks" display: "Cheeks" parent: "face" treatable: true }
concerns { concern_id: "acne_scars" display: "Acne scars" }
treatments {
  treatment_id: "base_microneedling"
  display: "Microneedling"
  description: "Needling alone."
}
treatments {
  treatment_id: "prp"
  display: "PRP"
  description: "Needling with platelet-rich plasma."
  base: "base_microneedling"
  indications {
    concern: "acne_scars"
    strength: EVIDENCE_STRENGTH_STRONG
    text: "Trials favour it."
    citations { source: "M1" grade: EVIDENCE_GRADE_A }
  }
}
profiles { profile_id: "core" display: "Core" description: "The core." }
rules {
  rule_id: "keloid-ever"
  title: "Keloid scarring at any time."
  applies_to: "base_microneedling"
  profiles: "core"
  condition { finding { concept: "keloid" time: FINDING_TIME_EVER } }
  contraindication {}
  clinician_text: "Consider another treatment."
  cleared_by: "Nothing clears it."
  citations { source: "M1" grade: EVIDENCE_GRADE_A }
  conflicts: "C1"
  evidence_rows: "E01"
}
rules {
  rule_id: "pregnancy-now"
  title: "Pregnancy."
  applies_to: "base_microneedling"
  condition { finding { concept: "pregnancy" time: FINDING_TIME_NOW } }
  deferral {}
  clinician_text: "Consider waiting."
  cleared_by: "The end of the pregnancy."
  citations { source: "M1" grade: EVIDENCE_GRADE_A }
  evidence_rows: "E02"
}
rules {
  rule_id: "acne-active"
  title: "Active acne in the treatment area."
  applies_to: "base_microneedling"
  condition { finding { concept: "active_acne" time: FINDING_TIME_NOW } }
  precaution {}
  clinician_text: "Consider sparing the spots."
  cleared_by: "Clear skin."
  citations { source: "M1" grade: EVIDENCE_GRADE_B }
  evidence_rows: "E03"
}
rules {
  rule_id: "platelets-low"
  title: "Fewer than 100 platelets."
  applies_to: "prp"
  condition {
    quantity {
      concept: "platelet_count" comparison: COMPARISON_LESS value: 100
    }
  }
  contraindication {}
  clinician_text: "Consider treatment without plasma."
  cleared_by: "A higher count."
  citations { source: "M1" grade: EVIDENCE_GRADE_A }
  evidence_rows: "P01"
}
rules {
  rule_id: "operator-not-licensed"
  title: "No licensed operator."
  applies_to: "base_microneedling"
  condition {
    not {
      finding {
        concept: "site_licensed_operator" time: FINDING_TIME_NOW
      }
    }
  }
  review {}
  clinician_text: "Consider who treats."
  cleared_by: "A licensed operator."
  citations { source: "M1" grade: EVIDENCE_GRADE_A }
  evidence_rows: "E04"
}
rules {
  rule_id: "edition-EDITION"
  title: "Which edition this is."
  applies_to: "base_microneedling"
  condition { treatment_area { areas: "face" } }
  note {}
  clinician_text: "Edition EDITION."
  citations { source: "M1" grade: EVIDENCE_GRADE_A }
  evidence_rows: "E05"
}
courses {
  course_id: "any-concern"
  applies_to: "base_microneedling"
  applies_to: "prp"
  sessions_min: 3
  sessions_max: 4
  interval_min_days: 28
  interval_max_days: 42
  text: "Three sessions or four."
  citations { source: "M1" grade: EVIDENCE_GRADE_A }
  conflicts: "C1"
}
plan_items {
  item_id: "no-make-up"
  section: PLAN_SECTION_AFTER_CARE
  applies_to: "base_microneedling"
  until_hours: 24
  text: "No make-up for a day."
  citations { source: "M1" grade: EVIDENCE_GRADE_A }
  conflicts: "C1"
}
citations {
  citation_id: "M1"
  title: "A review"
  year: 2020
  provenance: CITATION_PROVENANCE_LOOKED_UP
}
conflicts {
  conflict_id: "C1"
  topic: "Whether keloid scars matter."
  positions { sources: "M1" statement: "They do." }
  resolution: "They do."
  rationale: "The other way harms."
}
)";

constexpr char kCases[] = R"(
as_of: "2026-06-15"
treatments { treatment: "base_microneedling" areas: "face" }
cases {
  name: "keloid"
  vignette: "Somebody with a keloid scar."
  patient { findings { concept: "keloid" status: FINDING_STATUS_PRESENT } }
  expect {
    treatment: "base_microneedling"
    verdict: VERDICT_CONTRAINDICATED
    fired: "keloid-ever"
  }
}
)";

}  // namespace

std::vector<CatalogFileText> SmallCatalog(int edition) {
  return {{"catalog.textproto",
           absl::StrReplaceAll(kText, {{"EDITION", absl::StrCat(edition)}})},
          {"cases/keloid.textproto", kCases}};
}

std::vector<CatalogFileText> BrokenCatalog(int edition) {
  std::vector<CatalogFileText> files = SmallCatalog(edition);
  absl::StrReplaceAll({{"concept: \"pregnancy\"", "concept: \"pregnency\""},
                       {"parent: \"face\"", "parent: \"faze\""}},
                      &files[0].content);
  return files;
}

std::vector<CatalogFileText> CatalogWithFailingCase(int edition) {
  std::vector<CatalogFileText> files = SmallCatalog(edition);
  absl::StrReplaceAll({{"VERDICT_CONTRAINDICATED", "VERDICT_ELIGIBLE"}},
                      &files[1].content);
  return files;
}

std::vector<CatalogFileText> PastReview(std::vector<CatalogFileText> files) {
  const std::string provenance = "provenance: CITATION_PROVENANCE_LOOKED_UP";
  for (CatalogFileText& file : files) {
    file.content = absl::StrReplaceAll(
        file.content,
        {{provenance, absl::StrCat(provenance, " review_by: '2001-01-01'")}});
  }
  return files;
}

}  // namespace needlewise
