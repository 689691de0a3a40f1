#ifndef NEEDLEWISE_TESTS_DOORS_RANDOM_RECORD_H_
#define NEEDLEWISE_TESTS_DOORS_RANDOM_RECORD_H_

#include <map>
#include <string>
#include <vector>

#include "needlewise/v1/rule_catalog.pb.h"
#include "server/fhir/json.h"
#include "tests/property/random.h"

namespace needlewise {

// Makes records of Patient/p1 in FHIR: any code of a catalogue, and some that
// are not in it, in resources of many types, with any status and dates around
// 2026-06-15; from nothing at all to an answer to every question. Must not
// outlive the catalogue.
class RecordMaker {
 public:
  explicit RecordMaker(const v1::RuleCatalog& catalog);

  // Searchsets by prefetch key.
  std::map<std::string, Json> Make(Random* random) const;

 private:
  Json Code(Random* random) const;
  Json Condition(int number, Random* random) const;
  Json Medicine(int number, Random* random) const;
  Json Observation(int number, Random* random) const;
  Json Allergy(int number, Random* random) const;
  Json Procedure(int number, Random* random) const;
  // Some questions, answered with yes or no.
  Json Answers(int number, Random* random) const;
  // Every question, nearly always answered with no.
  Json Intake(int number, Random* random) const;

  std::vector<v1::Coding> codes_;
  std::vector<const v1::Concept*> concepts_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_TESTS_DOORS_RANDOM_RECORD_H_
