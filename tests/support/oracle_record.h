// What is said of a patient, as the oracle reads it: statements, which of them
// hold, and what is odd about them. Written from the meaning of the messages,
// without the engine, to be compared with it.

#ifndef NEEDLEWISE_TESTS_SUPPORT_ORACLE_RECORD_H_
#define NEEDLEWISE_TESTS_SUPPORT_ORACLE_RECORD_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "needlewise/v1/patient.pb.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "needlewise/v1/screening.pb.h"
#include "rules/engine/partial_date.h"

namespace needlewise::oracle {

// What is asked of one patient: one treatment in one area.
struct Inquiry {
  // Days since 1970-01-01.
  Day today = 0;
  Day as_of = 0;
  // Valid: the oracle reports no faults.
  v1::Patient patient;
  std::vector<v1::Finding> site_findings;
  std::string treatment;
  std::string area;
  // Empty: none named.
  std::string device;
  std::optional<double> needle_depth_mm;
  std::set<std::string> concerns;
  // Empty: `standard`.
  std::string profile;
  // Ids of acknowledged rules.
  std::set<std::string> acknowledged;
};

// One statement about one concept.
struct Said {
  enum class Standing {
    kHolds,
    // Stale, or dated after the day of the decision.
    kDropped,
    // Lost against a statement that contradicts it, or an older measurement.
    kLost,
    // Contradicted, and nothing settles which is right.
    kContested,
  };
  std::string concept_id;
  v1::FindingStatus status = v1::FINDING_STATUS_UNSPECIFIED;
  std::set<std::string> areas;
  bool areas_complete = false;
  std::optional<DayInterval> onset;
  std::optional<DayInterval> last;
  std::optional<double> value;
  v1::Source source = v1::SOURCE_UNSPECIFIED;
  DayInterval recorded;
  // Index in the patient's findings; -1: a closed section or a site fact.
  int finding = -1;
  Standing standing = Standing::kHolds;
};

// A notice as it is compared: kind, concept or code, indices of findings.
using NoticeLine = std::tuple<v1::NoticeKind, std::string, std::set<int>>;

// A catalogue by id.
class Index {
 public:
  explicit Index(const v1::RuleCatalog& catalog);

  // Whether area `inner` is `outer` or lies in it. Empty: the whole body, with
  // places that no area names.
  bool Holds(const std::string& outer, const std::string& inner) const;

  // A number, or the value of a parameter.
  double Parameter(const std::string& id) const;

  static bool IsQuantity(const v1::Concept& c);

  const v1::RuleCatalog& catalog;
  std::map<std::string, const v1::Concept*> concepts;
  std::map<std::string, const v1::Treatment*> treatments;
  std::map<std::string, const v1::Device*> devices;

 private:
  std::map<std::string, std::string> parents_;
  std::map<std::string, double> parameters_;
};

// The statements about a patient, reconciled. What is stale on `fresh_on` is
// dropped.
class Record {
 public:
  Record(const Index& index, const Inquiry& inquiry, Day fresh_on);

  // Every statement, in no particular order.
  const std::vector<Said>& said() const { return said_; }

  // Everything odd, implications apart, each kind once for each concept.
  std::set<NoticeLine> Notices() const;

 private:
  void Read(const v1::Finding& finding, int index);
  void Close(const v1::ClosedSection& closed);
  std::vector<const v1::Concept*> SubjectsOf(const v1::Finding& finding) const;
  DayInterval Recorded(const std::string& text) const;
  bool NoIsContradicted(const std::string& gate,
                        v1::FindingStatus answer) const;
  void Drop(Day fresh_on);
  void Reconcile(const std::string& concept_id);
  void ReconcileQuantity(const std::string& concept_id);
  void Note(v1::NoticeKind kind, const std::string& about, int finding);

  const Index& index_;
  const Inquiry& inquiry_;
  std::vector<Said> said_;
  std::vector<Said> closed_;
  std::map<std::pair<v1::NoticeKind, std::string>, std::set<int>> notices_;
};

}  // namespace needlewise::oracle

#endif  // NEEDLEWISE_TESTS_SUPPORT_ORACLE_RECORD_H_
