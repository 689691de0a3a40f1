#include "server/site_findings.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/engine/nearest_names.h"
#include "rules/engine/partial_date.h"

namespace needlewise {
namespace {

// Collects the faults of one site finding.
class FindingCheck {
 public:
  FindingCheck(size_t index, const v1::Finding& finding,
               const CompiledCatalog& catalog, absl::CivilDay today,
               std::vector<v1::Diagnostic>* faults)
      : path_(absl::StrCat("site_findings[", index, "]")),
        finding_(finding),
        catalog_(catalog),
        today_(ToDay(today)),
        faults_(*faults) {}

  void Concept() {
    if (finding_.subject_case() != v1::Finding::kConcept) {
      Fault("concept", "is required; a coding will not do");
      return;
    }
    const auto found = catalog_.concept_index.find(finding_.concept());
    const v1::Concept* definition =
        found == catalog_.concept_index.end()
            ? nullptr
            : catalog_.concepts[found->second].definition;
    if (definition != nullptr && definition->kind() == v1::CONCEPT_KIND_SITE) {
      return;
    }
    std::vector<std::pair<std::string, std::string>> names;
    for (const v1::Concept& c : catalog_.catalog.concepts()) {
      if (c.kind() != v1::CONCEPT_KIND_SITE) continue;
      names.emplace_back(c.concept_id(), c.concept_id());
    }
    Fault("concept",
          absl::StrCat("`", finding_.concept(),
                       "` is not a concept of kind SITE of the catalogue",
                       DidYouMean(NearestNames(finding_.concept(), names))));
  }

  void Status() {
    if (finding_.status() == v1::FINDING_STATUS_UNSPECIFIED ||
        !v1::FindingStatus_IsValid(finding_.status())) {
      Fault("status", "is required; PRESENT, PAST, ABSENT, NEVER or UNKNOWN");
    }
    if (finding_.has_quantity()) {
      Fault("quantity", "does not go with a fact about the site");
    }
  }

  void Place() {
    if (!finding_.areas().empty() || finding_.areas_complete()) {
      Fault("areas", "do not go with a fact about the site");
    }
  }

  void Origin() {
    if (finding_.source() != v1::SOURCE_UNSPECIFIED &&
        finding_.source() != v1::SOURCE_SITE) {
      Fault("source", "is the site; leave it unset");
    }
  }

  void Dates() {
    Date("onset", finding_.onset());
    Date("last", finding_.last());
    Date("recorded", finding_.recorded());
    if (!finding_.last().empty() &&
        (finding_.status() == v1::FINDING_STATUS_NEVER ||
         finding_.status() == v1::FINDING_STATUS_UNKNOWN)) {
      Fault("last", "does not go with NEVER or UNKNOWN");
    }
    if (!finding_.onset().empty() &&
        (finding_.status() == v1::FINDING_STATUS_NEVER ||
         finding_.status() == v1::FINDING_STATUS_UNKNOWN)) {
      Fault("onset", "does not go with NEVER or UNKNOWN");
    }
  }

 private:
  void Date(absl::string_view field, const std::string& text) {
    if (text.empty()) return;
    const std::optional<DayInterval> days = ParsePartialDate(text);
    if (!days.has_value()) {
      Fault(field, "is not a date; write YYYY, YYYY-MM or YYYY-MM-DD");
    } else if (days->first > today_) {
      Fault(field, "lies after today");
    }
  }

  void Fault(absl::string_view field, absl::string_view what) {
    v1::Diagnostic& fault = faults_.emplace_back();
    fault.set_severity(v1::SEVERITY_ERROR);
    fault.set_file("server configuration");
    fault.set_message(absl::StrCat("`", path_, ".", field, "` ", what));
    fault.set_subject(finding_.concept());
  }

  const std::string path_;
  const v1::Finding& finding_;
  const CompiledCatalog& catalog_;
  const Day today_;
  std::vector<v1::Diagnostic>& faults_;
};

}  // namespace

std::vector<v1::Diagnostic> CheckSiteFindings(
    absl::Span<const v1::Finding> findings, const CompiledCatalog& catalog,
    absl::CivilDay today) {
  std::vector<v1::Diagnostic> faults;
  for (size_t i = 0; i < findings.size(); ++i) {
    FindingCheck check(i, findings[i], catalog, today, &faults);
    check.Concept();
    check.Status();
    check.Place();
    check.Origin();
    check.Dates();
  }
  return faults;
}

}  // namespace needlewise
