// Patients of every kind about whom a request can be made.

#ifndef NEEDLEWISE_TESTS_PROPERTY_RANDOM_PATIENT_H_
#define NEEDLEWISE_TESTS_PROPERTY_RANDOM_PATIENT_H_

#include <map>
#include <string>
#include <vector>

#include "needlewise/v1/patient.pb.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "rules/engine/partial_date.h"
#include "tests/property/random.h"

namespace needlewise {

// How a random patient is spoken of.
struct PatientStyle {
  // How likely a concept is mentioned at all.
  double mentioned = 0.5;
  // How likely each further statement on it is.
  double more_statements = 0.3;
  // How likely a section is closed.
  double section_closed = 0.3;
  // How likely a mention is by one of the concept's codes.
  double coded = 0.1;
};

// Makes patients that a catalogue can read without a fault.
class PatientMaker {
 public:
  explicit PatientMaker(const v1::RuleCatalog& catalog);

  // Statements on `today` and before, for a decision on `as_of`; most dates lie
  // where a window or a limit of freshness ends.
  v1::Patient Make(Day today, Day as_of, const PatientStyle& style,
                   Random* random) const;

  // One statement about one concept.
  v1::Finding MakeFinding(const v1::Concept& about, Day today, Day as_of,
                          Random* random) const;

 private:
  void Collect(const v1::Condition& condition);
  void AddAge(Day today, Day as_of, v1::Patient* patient, Random* random) const;
  void AddDates(const v1::Concept& about, Day today, Day as_of,
                v1::Finding* finding, Random* random) const;
  std::string MakeDate(const v1::Concept& about, Day today, Day as_of,
                       Random* random) const;

  const v1::RuleCatalog& catalog_;
  std::vector<std::string> areas_;
  // Days before `as_of` that matter to a concept.
  std::map<std::string, std::vector<int>> distances_;
  // Values that matter to a quantity.
  std::map<std::string, std::vector<double>> limits_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_PROPERTY_RANDOM_PATIENT_H_
