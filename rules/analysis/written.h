// A catalogue as it is written: what its records say, read anew and not from
// the compiled form, which is what the analysis has to distrust.

#ifndef NEEDLEWISE_RULES_ANALYSIS_WRITTEN_H_
#define NEEDLEWISE_RULES_ANALYSIS_WRITTEN_H_

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "needlewise/v1/rule_catalog.pb.h"

namespace needlewise::analysis {

// A length of time: whole days during which a window blocks, the day of the
// event counted, or calendar months.
struct Length {
  int days = 0;
  int months = 0;
};
inline bool operator<(const Length& a, const Length& b) {
  return a.months != b.months ? a.months < b.months : a.days < b.days;
}

// A place that conditions look at. `kTreated` is the treatment area itself,
// whichever it is, empty is the whole body, any other is an area that holds
// the treatment area and more.
using PlaceId = std::string;
inline constexpr char kTreated[] = "@";
inline constexpr char kAnywhere[] = "";

// Treatment areas that the rules cannot tell apart but by their name: the same
// regions hold them.
struct AreaClass {
  std::vector<std::string> areas;
  // Regions that hold these areas and more.
  std::set<std::string> held_by;

  // What to call it, for a report.
  std::string Name() const;
};

// Refers to the catalogue. Immutable.
class Written {
 public:
  explicit Written(const v1::RuleCatalog& catalog);

  const v1::RuleCatalog& catalog() const { return catalog_; }
  const v1::Concept* FindConcept(const std::string& id) const;
  const v1::Treatment& treatment(const std::string& id) const {
    return *treatments_.at(id);
  }
  const v1::Device* FindDevice(const std::string& id) const;
  const v1::Rule* FindRule(const std::string& id) const;

  Length LengthOf(const v1::Window& window) const;
  double LimitOf(const v1::QuantityCondition& quantity) const;
  double Parameter(const std::string& id) const;

  // Whether area `inner` is `outer` or lies in it.
  bool Holds(const std::string& outer, const std::string& inner) const;
  // The same of places, in areas of a class.
  bool PlaceHolds(const PlaceId& outer, const PlaceId& inner) const;

  // Every treatable area, by what the regions of the rules hold.
  std::vector<AreaClass> AreaClasses() const;

  // Where a finding looks, in areas of a class.
  PlaceId PlaceOf(const v1::FindingCondition& finding,
                  const AreaClass& areas) const;
  // Where a concept is looked for that no condition asks about.
  PlaceId OwnPlace(const v1::Concept& asked) const;

  // This treatment and every one whose rules apply to it.
  std::set<std::string> Lineage(const std::string& treatment) const;
  // The rules of a treatment under a profile, in order of id.
  std::vector<const v1::Rule*> RulesOf(const std::string& treatment,
                                       const std::string& profile) const;
  // Devices that are listed for a treatment.
  std::set<std::string> DevicesOf(const std::string& treatment) const;

  // Every condition that makes the compiler look somewhere: of rules and plan
  // items; and those of invariants.
  void ForEachCondition(
      const std::function<void(const v1::Condition&)>& visit) const;

 private:
  const v1::RuleCatalog& catalog_;
  std::map<std::string, const v1::Concept*> concepts_;
  std::map<std::string, const v1::Treatment*> treatments_;
  std::map<std::string, const v1::Device*> devices_;
  std::map<std::string, const v1::Rule*> rules_;
  std::map<std::string, const v1::Parameter*> parameters_;
  std::map<std::string, std::string> parents_;
};

// Calls `visit` for a condition and every one in it.
void VisitConditions(const v1::Condition& condition,
                     const std::function<void(const v1::Condition&)>& visit);

// Whether a rule can block: anything but a precaution and a note.
bool Blocks(const v1::Rule& rule);

bool IsQuantity(const v1::Concept& asked);

}  // namespace needlewise::analysis

#endif  // NEEDLEWISE_RULES_ANALYSIS_WRITTEN_H_
