// Records in FHIR for tests, and what they map to as lines of text.

#ifndef NEEDLEWISE_TESTS_FHIR_MAPPED_H_
#define NEEDLEWISE_TESTS_FHIR_MAPPED_H_

#include <string>
#include <vector>

#include "server/fhir/mapping.h"

namespace needlewise {

// A Bundle of `Patient/p1`, born 1990-04-02, and of these resources. In each,
// `'` is written for `"`, and `~` for the reference to the patient:
// `'reference':'Patient/p1'`.
std::string RecordOf(const std::vector<std::string>& resources);

// A QuestionnaireResponse of the day of the tests that answers every question
// of the released catalogue but that for the age: nothing stands against the
// treatment. Written as above.
std::string WellAnswers();

// `text` with `"` for `'`, and the patient for `~`.
std::string Quoted(const std::string& text);

// What a record maps to with the released catalogue.
struct Mapped {
  // `keloid PRESENT face since 2020 last 2021 on 2022 by EHR`, each part where
  // it is given.
  std::vector<std::string> findings;
  // `Condition/c1 Condition.code.coding[0]`, for each finding.
  std::vector<std::string> origins;
  // `Condition/c1 Condition.code CODE_NOT_MAPPED system|code`.
  std::vector<std::string> not_used;
  // `bundle.entry[1].resource.status: must be a text`.
  std::vector<std::string> violations;
  MappedPatient patient;
};
Mapped MapRecord(const std::string& json);

// As above, of one resource.
Mapped MapResource(const std::string& resource);

// A Condition `c1` with a code and further members.
std::string ConditionOf(const std::string& system, const std::string& code,
                        const std::string& more);

inline constexpr char kIcd[] = "http://hl7.org/fhir/sid/icd-10-cm";
inline constexpr char kSct[] = "http://snomed.info/sct";
inline constexpr char kRx[] = "http://www.nlm.nih.gov/research/umls/rxnorm";
inline constexpr char kAtcSystem[] = "http://www.whocc.no/atc";
inline constexpr char kLn[] = "http://loinc.org";

// Members of a Condition.
inline constexpr char kActive[] =
    "'clinicalStatus':{'coding':[{'code':'active'}]}";
inline constexpr char kResolved[] =
    "'clinicalStatus':{'coding':[{'code':'resolved'}]}";

// `'code':{'coding':[{…}]}` of some other member's name.
std::string Coded(const std::string& member, const std::string& system,
                  const std::string& code);

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_FHIR_MAPPED_H_
