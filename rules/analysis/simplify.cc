#include "rules/analysis/simplify.h"

#include <algorithm>
#include <set>
#include <utility>

namespace needlewise::analysis {
namespace {

using google::protobuf::RepeatedPtrField;
using testing::v1::RuleCase;

bool IsUnknown(const v1::Finding& finding) {
  return finding.status() == v1::FINDING_STATUS_UNKNOWN;
}

class Simplifier {
 public:
  Simplifier(const v1::RuleCatalog& catalog, const StillShows& still_shows,
             RuleCase* rule_case)
      : catalog_(catalog), still_shows_(still_shows), case_(*rule_case) {}

  void Run() {
    // A patient who said no to everything else is the easiest to read.
    const bool all_closed = TryWith([&](RuleCase* c) { CloseSections(c); }) ||
                            TryWith([&](RuleCase* c) {
                              CloseSections(c);
                              DropUnknown(c);
                            });
    if (!all_closed) {
      for (const v1::Section& section : catalog_.sections()) {
        TryWith([&](RuleCase* c) { Close(section.section_id(), c); });
      }
    }
    // What is left may need less once something else is gone.
    for (bool again = true; again;) {
      again = Thin(&v1::Patient::mutable_findings);
      again = Thin(&v1::Patient::mutable_closed_sections) || again;
      again = ThinSelection() || again;
      again = BareFindings() || again;
    }
    SortSections();
  }

 private:
  // Makes a change, and keeps it where the case shows the same.
  template <typename Change>
  bool TryWith(const Change& change) {
    RuleCase changed = case_;
    change(&changed);
    if (!still_shows_(changed)) return false;
    case_ = std::move(changed);
    return true;
  }

  static void Close(const std::string& section, RuleCase* c) {
    v1::Patient& patient = *c->mutable_patient();
    for (const v1::ClosedSection& closed : patient.closed_sections()) {
      if (closed.section() == section) return;
    }
    patient.add_closed_sections()->set_section(section);
  }

  void CloseSections(RuleCase* c) const {
    for (const v1::Section& section : catalog_.sections()) {
      Close(section.section_id(), c);
    }
  }

  static void DropUnknown(RuleCase* c) {
    auto& findings = *c->mutable_patient()->mutable_findings();
    findings.erase(std::remove_if(findings.begin(), findings.end(), IsUnknown),
                   findings.end());
  }

  // In the order of the catalogue, whichever came first.
  void SortSections() {
    std::set<std::string> closed;
    for (const v1::ClosedSection& c : case_.patient().closed_sections()) {
      closed.insert(c.section());
    }
    case_.mutable_patient()->clear_closed_sections();
    for (const v1::Section& section : catalog_.sections()) {
      if (closed.count(section.section_id()) > 0) {
        Close(section.section_id(), &case_);
      }
    }
  }

  // Takes entries of a list out, first many at once, then ever fewer.
  template <typename T>
  bool Thin(RepeatedPtrField<T>* (v1::Patient::*list)()) {
    bool any = false;
    const auto size = [&] {
      return (case_.mutable_patient()->*list)()->size();
    };
    for (int step = std::max(size() / 2, 1);; step /= 2) {
      for (int i = 0; i < size();) {
        const bool out = TryWith([&](RuleCase* c) {
          RepeatedPtrField<T>& entries = *(c->mutable_patient()->*list)();
          entries.DeleteSubrange(i, std::min(step, entries.size() - i));
        });
        any = any || out;
        if (!out) i += step;
      }
      if (step <= 1) break;
    }
    return any;
  }

  bool ThinSelection() {
    bool any = false;
    if (case_.patient().has_age_years()) {
      any =
          TryWith([](RuleCase* c) { c->mutable_patient()->clear_age_years(); });
    }
    for (int t = 0; t < case_.treatments_size(); ++t) {
      const v1::TreatmentSelection& asked = case_.treatments(t);
      if (asked.concerns_size() > 0) {
        any = TryWith([&](RuleCase* c) {
                c->mutable_treatments(t)->clear_concerns();
              }) ||
              any;
      }
      if (asked.has_device()) {
        any = TryWith([&](RuleCase* c) {
                c->mutable_treatments(t)->clear_device();
              }) ||
              any;
      }
    }
    return any;
  }

  // Takes dates and areas off the findings that are left.
  bool BareFindings() {
    bool any = false;
    for (int i = 0; i < case_.patient().findings_size(); ++i) {
      const v1::Finding& finding = case_.patient().findings(i);
      if (!finding.onset().empty() || !finding.last().empty()) {
        any = TryWith([&](RuleCase* c) {
                v1::Finding* f = c->mutable_patient()->mutable_findings(i);
                f->clear_onset();
                f->clear_last();
              }) ||
              any;
      }
      if (!case_.patient().findings(i).areas().empty()) {
        any = TryWith([&](RuleCase* c) {
                v1::Finding* f = c->mutable_patient()->mutable_findings(i);
                f->clear_areas();
                f->clear_areas_complete();
              }) ||
              any;
      }
    }
    return any;
  }

  const v1::RuleCatalog& catalog_;
  const StillShows& still_shows_;
  RuleCase& case_;
};

}  // namespace

void Simplify(const v1::RuleCatalog& catalog, const StillShows& still_shows,
              RuleCase* rule_case) {
  Simplifier(catalog, still_shows, rule_case).Run();
}

std::vector<std::string> StatedIn(const v1::RuleCatalog& catalog,
                                  const RuleCase& rule_case) {
  std::set<std::string> stated;
  for (const v1::Finding& finding : rule_case.patient().findings()) {
    if (!IsUnknown(finding)) stated.insert(finding.concept());
  }
  if (rule_case.patient().has_age_years()) {
    for (const v1::Concept& about : catalog.concepts()) {
      if (about.kind() == v1::CONCEPT_KIND_AGE) {
        stated.insert(about.concept_id());
      }
    }
  }
  return {stated.begin(), stated.end()};
}

}  // namespace needlewise::analysis
